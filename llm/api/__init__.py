"""Models, downloads, settings and versions over the API. Names hold slashes: they travel in the
query or the body."""

from __future__ import annotations

from ninja import Router

from llm.api.config import router as config
from llm.api.models import router as models
from llm.api.pulls import router as pulls

router = Router(tags=["models"])
router.add_router("", models)
router.add_router("", pulls)
router.add_router("", config)
