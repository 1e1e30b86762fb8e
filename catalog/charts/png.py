"""SVG to PNG, for mail and downloads, with a font we ship: servers often have none."""

from __future__ import annotations

from pathlib import Path

import resvg_py

FONT_FILE = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
FONT_FAMILY = "DejaVu Sans"


def to_png(svg: str | bytes, *, zoom: float = 2.0, background: str | None = "#ffffff") -> bytes:
    """``background`` None keeps the picture transparent. Raises ``ValueError`` for broken SVG."""
    text = svg.decode("utf-8") if isinstance(svg, bytes) else svg
    png = resvg_py.svg_to_bytes(
        svg_string=text,
        zoom=zoom,
        background=background,
        skip_system_fonts=True,
        font_files=[str(FONT_FILE)],
        font_family=FONT_FAMILY,
        sans_serif_family=FONT_FAMILY,
    )
    return bytes(png)
