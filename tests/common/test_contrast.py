"""Contrast of every theme, computed from the tokens in static/css/tokens.css."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from common.shell import THEMES, Theme

CSS = Path(__file__).resolve().parents[2] / "static" / "css" / "tokens.css"
TEXT = 4.5
GRAPHIC = 3.0
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
PAIR = re.compile(r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
MIX = re.compile(r"color-mix\(in oklab, var\((--[\w-]+)\) (\d+)%, var\((--[\w-]+)\)\)")

Rgb = tuple[float, float, float]


def tokens(theme: str, scheme: str) -> dict[str, str]:
    """Declarations that hold for a theme in a scheme, later rules over earlier ones."""
    text = re.sub(r"/\*.*?\*/", "", CSS.read_text("utf-8"), flags=re.DOTALL)
    found: dict[str, str] = {}
    for selectors, body in RULE.findall(text):
        names = [name.strip() for name in selectors.split(",")]
        if f'[data-rm-theme="{theme}"]' in names or ":root" in names:
            found |= dict(re.findall(r"(--[\w-]+):\s*([^;]+);", body))
    index = 0 if scheme == "light" else 1
    return {name: PAIR.sub(lambda m: m.groups()[index], value) for name, value in found.items()}


def rgb(value: str, known: dict[str, str]) -> Rgb:
    value = value.strip()
    if mixed := MIX.fullmatch(value):
        first, share, second = mixed.groups()
        return mix(rgb(known[first], known), rgb(known[second], known), int(share) / 100)
    if reference := re.fullmatch(r"var\((--[\w-]+)\)", value):
        return rgb(known[reference.group(1)], known)
    assert re.fullmatch(r"#[0-9a-f]{6}", value), f"{value} is no colour this test can read"
    red, green, blue = (int(value[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def gamma(channel: float) -> float:
    channel = min(max(channel, 0.0), 1.0)
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def oklab(colour: Rgb) -> Rgb:
    """Björn Ottosson's OKLab, the space color-mix() works in."""
    r, g, b = map(linear, colour)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def from_oklab(colour: Rgb) -> Rgb:
    lightness, a, b = colour
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        gamma(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        gamma(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        gamma(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    pairs = zip(oklab(first), oklab(second), strict=True)
    mixed = [a * share + b * (1 - share) for a, b in pairs]
    return from_oklab((mixed[0], mixed[1], mixed[2]))


def contrast(first: Rgb, second: Rgb) -> float:
    light, dark = sorted(map(luminance, (first, second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Rgb) -> float:
    red, green, blue = map(linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


GROUNDS = ("page", "surface", "sunken")
READ_ON_GROUNDS = ("text", "muted", "heading", "accent-text", "ok", "warn", "bad", "info")
OTHER_TEXT = [
    ("on-accent", "accent"),
    ("heading", "accent-soft"),
    ("accent-text", "accent-soft"),
    ("text", "accent-soft"),
    ("muted", "accent-soft"),
    ("muted", "muted-soft"),
    *((name, f"{name}-soft") for name in ("ok", "warn", "bad", "info")),
    *(("text", f"{name}-soft") for name in ("ok", "warn", "bad", "info")),
]
VARIANTS = [
    (theme.key, scheme)
    for theme in THEMES
    for scheme in ([theme.scheme] if theme.scheme else ["light", "dark"])
]


def ratio(first: str, second: str, known: dict[str, str]) -> float:
    return contrast(rgb(known[f"--rm-{first}"], known), rgb(known[f"--rm-{second}"], known))


def test_known_ratios() -> None:
    black, white = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(rgb("#767676", {}), white) == pytest.approx(4.54, abs=0.01)
    assert mix(black, white, 1) == pytest.approx(black, abs=1e-6)
    # Chromium: color-mix(in oklab, #ff0000 50%, #0000ff) is rgb(140, 83, 162).
    assert [round(c * 255) for c in mix((1, 0, 0), (0, 0, 1), 0.5)] == [140, 83, 162]
    soft = mix(rgb("#6ea8fe", {}), rgb("#1f2329", {}), 0.12)
    assert [round(c * 255) for c in soft] == [40, 49, 63]


@pytest.mark.parametrize(("theme", "scheme"), VARIANTS)
def test_text_can_be_read(theme: str, scheme: str) -> None:
    known = tokens(theme, scheme)
    pairs = [*product(READ_ON_GROUNDS, GROUNDS), *OTHER_TEXT]
    weak = {pair: round(value, 2) for pair in pairs if (value := ratio(*pair, known)) < TEXT}
    assert not weak


@pytest.mark.parametrize(("theme", "scheme"), VARIANTS)
def test_controls_and_charts_can_be_seen(theme: str, scheme: str) -> None:
    known = tokens(theme, scheme)
    colours = ["control-border", "accent-text", *(f"chart-{number}" for number in range(1, 9))]
    pairs = [*product(colours, ["surface"]), ("control-border", "page")]
    weak = {pair: round(value, 2) for pair in pairs if (value := ratio(*pair, known)) < GRAPHIC}
    assert not weak


@pytest.mark.parametrize("theme", [theme for theme in THEMES if theme.scheme])
def test_a_theme_says_its_scheme(theme: Theme) -> None:
    text = CSS.read_text("utf-8")
    rule = text.split(f'[data-rm-theme="{theme.key}"] {{', 1)[1].split("}", 1)[0]
    assert f"color-scheme: {theme.scheme};" in rule
