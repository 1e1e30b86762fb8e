"""ECharts in an embedded V8: an option becomes SVG text. Runs in a sandbox child of its own, since
V8 cannot live under an address-space limit; its heap and its time are limited here.

Text in an option is escaped by ECharts, colours are not (``red" onload="…``). So colours are judged
before, and of what comes back only a known list of elements and attributes is kept.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from py_mini_racer import JSEvalException, JSOOMException, JSTimeoutException, MiniRacer

from catalog.charts.errors import ChartRenderError
from catalog.charts.palette import is_colour

FONT = "DejaVu Sans"
HEAP_BYTES = 512 * 2**20
RENDER_SECONDS = 10.0
RECYCLE_AFTER = 200
SIDES = range(40, 4001)

LIGHT_INK = {"text": "#1f2937", "muted": "#4b5563", "border": "#dfe3e8", "card": "#ffffff"}
DARK_INK = {"text": "#e5e7eb", "muted": "#aeb6c2", "border": "#3b424d", "card": "#1f2329"}

_SVG = "http://www.w3.org/2000/svg"
_ELEMENTS = frozenset(
    {
        "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text",
        "tspan", "defs", "clipPath",
    }
)  # fmt: skip
_ATTRIBUTES = frozenset(
    {
        "width", "height", "viewBox", "version", "d", "x", "y", "x1", "y1", "x2", "y2", "cx",
        "cy", "r", "rx", "ry", "points", "transform", "id", "clip-path", "clip-rule", "fill",
        "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity",
        "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin",
        "stroke-miterlimit", "opacity", "paint-order", "dominant-baseline", "text-anchor",
        "font-family", "font-size", "font-weight", "font-style",
    }
)  # fmt: skip
_STYLES = frozenset({"font-family", "font-size", "font-weight", "font-style"})
_PASSING = frozenset({"transparent", "none", "inherit"})
# Keys by which an option could fetch, link or run something.
_FORBIDDEN = frozenset({"link", "sublink", "graphic", "toolbox", "renderItem", "media", "geo"})

# How wide printable ASCII is in DejaVu Sans, in hundredths of its size: no DOM is there to ask.
_WIDTHS = [
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79,
    60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63,
    63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
]  # fmt: skip

_SCRIPT = """
const widths = %s;
echarts.setPlatformAPI({measureText(text, font) {
  const size = parseFloat((font || "").match(/([\\d.]+)px/)?.[1] ?? 12);
  let width = 0;
  for (const letter of text || "") {
    const code = letter.codePointAt(0);
    width += widths[code - 32] ?? (code < 0x1100 ? 66 : 100);
  }
  return {width: width * size / 100};
}});
function render(json, ink, width, height) {
  const option = rmCharts.prepare(JSON.parse(json));
  const chart = echarts.init(null, rmCharts.theme(JSON.parse(ink)), {
    renderer: "svg", ssr: true, width, height,
  });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
    for (const key in {}) throw new Error(`The prototype of objects has got ${key}.`);
  }
}
"""


def render(
    option: dict[str, Any], width: int, height: int, *, scripts: list[str], dark: bool = False
) -> str:
    """SVG text of ``option``, sizes in pixels. ``scripts`` are the files of ECharts and of
    ``chart-drawing.js``. Raises ``ChartRenderError``."""
    if width not in SIDES or height not in SIDES:
        raise ChartRenderError(f"A picture has sides of {SIDES[0]} to {SIDES[-1]} pixels.")
    judge(option)
    ink = {**(DARK_INK if dark else LIGHT_INK), "font": FONT}
    engine = _engines.get(tuple(scripts))
    try:
        text = engine.call(
            "render",
            json.dumps(_still(option), allow_nan=False),
            json.dumps(ink),
            width,
            height,
            timeout_sec=RENDER_SECONDS,
        )
    except (JSTimeoutException, JSOOMException) as error:
        _engines.drop()
        raise ChartRenderError(
            "The picture was not finished in time. Draw fewer points.", code="CHART_TOO_LARGE"
        ) from error
    except JSEvalException as error:
        _engines.drop()
        raise ChartRenderError("The chart could not be drawn as a picture.") from error
    try:
        return clean(str(text))
    except ChartRenderError:
        _engines.drop()
        raise


def judge(part: Any, key: str = "") -> None:
    """Refuse an option that names a colour, picture or link we did not put there."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name in _FORBIDDEN:
                raise ChartRenderError(f"A chart may not use {name}.")
            judge(value, name)
    elif isinstance(part, list):
        for value in part:
            judge(value, key)
    elif isinstance(part, str):
        _judge_text(part, key)


def clean(text: str) -> str:
    """The SVG with nothing but shapes and text: no style, script, link or handler."""
    if "<!" in text.replace("<![CDATA[", ""):
        raise ChartRenderError("The picture holds declarations.")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no declarations, see above
    except ET.ParseError as error:
        raise ChartRenderError("The picture is no valid SVG.") from error
    if root.tag != f"{{{_SVG}}}svg":
        raise ChartRenderError("The picture is no SVG.")
    _clean(root)
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")


def _judge_text(text: str, key: str) -> None:
    lowered = key.lower()
    if (lowered == "color" or lowered.endswith("color")) and text not in _PASSING:
        if not is_colour(text):
            raise ChartRenderError(f"{text[:40]!r} is not a colour of the form #rrggbb.")
    elif lowered in {"symbol", "icon", "image"} and "://" in text:
        raise ChartRenderError("A chart may not load pictures.")


def _still(option: dict[str, Any]) -> dict[str, Any]:
    """Without what only a living chart has, and without the room for its slider."""
    living = {"tooltip", "dataZoom", "aria"}
    still = {key: part for key, part in option.items() if key not in living}
    if option.get("dataZoom") and isinstance(option.get("grid"), dict):
        still["grid"] = {**option["grid"], "bottom": 4}
    return still | {"animation": False}


def _clean(element: ET.Element) -> None:
    for child in list(element):
        if child.tag.removeprefix(f"{{{_SVG}}}") not in _ELEMENTS:
            element.remove(child)
        else:
            _clean(child)
    style = element.attrib.pop("style", "")
    for name, value in _declarations(style):
        element.attrib.setdefault(name, value)
    for name in list(element.attrib):
        if name not in _ATTRIBUTES or not _is_harmless(element.attrib[name]):
            del element.attrib[name]


def _declarations(style: str) -> list[tuple[str, str]]:
    """Fonts as attributes: a content policy without inline styles leaves them alone."""
    pairs = (part.partition(":") for part in style.split(";"))
    return [(name.strip(), value.strip()) for name, _, value in pairs if name.strip() in _STYLES]


def _is_harmless(value: str) -> bool:
    return "url(" not in value or value.startswith("url(#")


class _Engines:
    """One V8 in this process, started at the first picture (never before a fork)."""

    def __init__(self) -> None:
        self._engine: MiniRacer | None = None
        self._scripts: tuple[str, ...] = ()
        self._calls = 0

    def get(self, scripts: tuple[str, ...]) -> MiniRacer:
        if self._engine is None or self._scripts != scripts or self._calls >= RECYCLE_AFTER:
            self.drop()
            self._engine, self._scripts = _start(scripts), scripts
        self._calls += 1
        return self._engine

    def drop(self) -> None:
        if self._engine is not None:
            self._engine.close()
        self._engine, self._calls = None, 0


def _start(scripts: tuple[str, ...]) -> MiniRacer:
    engine = MiniRacer()
    engine.set_hard_memory_limit(HEAP_BYTES)
    try:
        for script in scripts:
            engine.eval(Path(script).read_text("utf-8"))
    except OSError as error:
        raise ChartRenderError(
            "The chart library is not installed, so there is no picture.", code="CHART_LIBRARY"
        ) from error
    engine.eval(_SCRIPT % json.dumps(_WIDTHS))
    return engine


_engines = _Engines()
