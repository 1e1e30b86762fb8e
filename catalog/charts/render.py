"""Pictures of charts for pages without JavaScript, documents and mail."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from catalog.charts.errors import ChartRenderError
from common.sandbox import Pool, SandboxError

STATIC = Path(__file__).resolve().parents[2] / "static"
# What the embedded V8 runs, in this order.
SCRIPTS = (STATIC / "vendor" / "echarts.min.js", STATIC / "js" / "chart-drawing.js")
TIMEOUT = 20.0


def render_svg(option: dict[str, Any], width: int, height: int, dark: bool = False) -> bytes:
    """Raises ``ChartRenderError`` for what is wrong with the chart, another ``SandboxError`` when
    the machine is busy or the child died."""
    arguments = {
        "option": _still(option),
        "width": width,
        "height": height,
        "dark": dark,
        "scripts": [str(script) for script in SCRIPTS],
    }
    try:
        svg: str = _pool().call("catalog.charts.svg:render", arguments, timeout=TIMEOUT)
    except SandboxError as error:
        if error.type != ChartRenderError.__name__:
            raise
        raise ChartRenderError(**error.data) from error
    return svg.encode("utf-8")


def _still(option: dict[str, Any]) -> dict[str, Any]:
    """A picture cannot be paged: its legend shows every entry."""
    if not (option.get("legend") or {}).get("show"):
        return option
    return {**option, "legend": {**option["legend"], "type": "plain"}}


@functools.cache
def _pool() -> Pool:
    """One child: V8 needs an address space without limit, so it shares with nobody."""
    return Pool(name="svg", size=1, memory_bytes=None, recycle_after=1_000)
