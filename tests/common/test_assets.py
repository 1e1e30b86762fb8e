"""The asset step: which files it takes from the packages, and how it changes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reportmanager import assets

ICON = """<svg
  xmlns="http://www.w3.org/2000/svg"
  width="24"
>
  <path stroke="none" d="M0 0h24v24H0z" fill="none" />
  <path d="M4 6h16" />
</svg>"""
FONT = "@font-face { src: url(./files/inter-latin.woff2) format('woff2-variations'); }"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    folder = tmp_path / "node_modules"
    for source in assets.FILES:
        ending = "\n/*# sourceMappingURL=x.map */" if source.endswith("css") else ""
        write(folder / source, f"content{ending or chr(10) + '//# sourceMappingURL=x.js.map'}")
    for package, (_, sheet) in assets.FONTS.items():
        write(folder / package / sheet, FONT)
        write(folder / package / "files" / "inter-latin.woff2", "glyphs")
        write(folder / package / "LICENSE", "OFL")
    write(folder / "@tabler/icons/icons/outline/menu.svg", ICON)
    write(folder / "@tabler/icons/icons/filled/star.svg", ICON)
    return folder


def test_only_the_allowed_files_are_copied(modules: Path, tmp_path: Path) -> None:
    target = tmp_path / "vendor"
    assets.write_vendor(modules, target, ["menu"])
    found = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    licenses = {name for name in found if name.startswith("licenses/")}
    assert found - licenses == {
        *assets.FILES.values(),
        "inter.css",
        "jetbrains-mono.css",
        "fonts/inter-latin.woff2",
        "icons.svg",
    }
    assert "licenses/fontsource-variable-inter-LICENSE.txt" in licenses


def test_source_maps_are_not_named(modules: Path, tmp_path: Path) -> None:
    assets.write_vendor(modules, tmp_path / "vendor", [])
    for name in assets.FILES.values():
        assert (tmp_path / "vendor" / name).read_text("utf-8") == "content"


def test_fonts_are_looked_for_beside_their_sheet(modules: Path, tmp_path: Path) -> None:
    assets.write_vendor(modules, tmp_path / "vendor", [])
    assert "url(fonts/inter-latin.woff2)" in (tmp_path / "vendor" / "inter.css").read_text("utf-8")


def test_the_sprite_holds_the_drawings_alone(modules: Path) -> None:
    text = assets.sprite(modules / "@tabler/icons/icons", ["menu", "filled/star"])
    assert '<symbol id="menu" viewBox="0 0 24 24"><path d="M4 6h16" /></symbol>' in text
    assert '<symbol id="star-filled" viewBox="0 0 24 24" fill="currentColor"' in text


def test_an_unknown_icon_is_named(modules: Path) -> None:
    with pytest.raises(assets.AssetError, match="unicorn"):
        assets.sprite(modules / "@tabler/icons/icons", ["unicorn"])


def test_a_missing_file_is_named(modules: Path, tmp_path: Path) -> None:
    (modules / "echarts/dist/echarts.min.js").unlink()
    with pytest.raises(assets.AssetError, match=r"echarts\.min\.js"):
        assets.write_vendor(modules, tmp_path / "vendor", [])


def test_the_icon_list_may_have_comments() -> None:
    assert assets.icon_names("# used\n\nhome\n filled/star \n") == ["home", "filled/star"]


def test_packages_are_pinned_and_the_lock_names_no_server() -> None:
    package = json.loads((assets.ROOT / "package.json").read_text("utf-8"))
    lock = json.loads(assets.LOCK.read_text("utf-8"))
    wanted = package["dependencies"] | package["devDependencies"]
    assert all(version[0].isdigit() for version in wanted.values())
    for name, version in wanted.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)
