"""The catalog over the API: uploads, sources, reports."""

from __future__ import annotations

from ninja import Router

from catalog.api.reports import router as reports
from catalog.api.sources import router as sources

router = Router()
router.add_router("", sources, tags=["sources"])
router.add_router("/reports", reports, tags=["reports"])
