"""The wizard over the API."""

from ninja import Router

router = Router(tags=["wizard"])
