"""The catalog over the API."""

from ninja import Router

router = Router(tags=["catalog"])
