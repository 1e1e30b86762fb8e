"""How large and how slow a request body may be. Decided before anything is read or stored."""

from __future__ import annotations

import re

from django.conf import settings

DEFAULT_BYTES = 2 * 2**20
FORM_BYTES = 2**20  # the other fields of an upload form, and its boundaries

UPLOAD_PATHS = tuple(
    re.compile(pattern)
    for pattern in (
        r"/api/v1/uploads/?",
        r"/api/v1/sources/upload/?",
        r"/sources/upload/",
        r"/wizard/sessions/[0-9a-f-]{36}/upload/",
    )
)

GRACE_SECONDS = 30.0
SLOWEST_BYTES_PER_SECOND = 4096
HEADER_SECONDS = 60.0
LINGER_SECONDS = 5.0


def allowed_bytes(target: bytes) -> int:
    """The limit for a request target as it came over the wire (``/path?query``)."""
    path = target.partition(b"?")[0].decode("latin-1")
    if any(pattern.fullmatch(path) for pattern in UPLOAD_PATHS):
        return int(settings.MAX_UPLOAD_MB) * 2**20 + FORM_BYTES
    return DEFAULT_BYTES


def too_slow(received: int, seconds: float) -> bool:
    return seconds > GRACE_SECONDS and received < seconds * SLOWEST_BYTES_PER_SECOND
