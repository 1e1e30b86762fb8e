"""The documentation says what the code does, or the build fails."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from common.http.codes import CODES

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
VARIABLE = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
CODE = re.compile(r"^\| `([A-Z_]+)` \| (\d{3}) \| (.+?) \| (.+?) \|$", re.MULTILINE)
ELSEWHERE = {"WEB_CONCURRENCY"}  # read by a system check
READERS = {
    *("text", "choice", "boolean", "integer", "number", "names", "url", "rates", "seconds"),
    *("directory", "keys", "field_keys", "database", "email"),
}


def variables_read() -> set[str]:
    """Names given to the readers of ``reportmanager.environment`` anywhere in the settings."""
    found = set()
    for name in ("settings.py", "environment.py"):
        tree = ast.parse((ROOT / "reportmanager" / name).read_text("utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            first = node.args[0] if node.args else None
            if (
                node.func.attr in READERS
                and isinstance(first, ast.Constant)
                and isinstance(first.value, str)
                and first.value.isupper()
            ):
                found.add(first.value)
    return found


def documented() -> dict[str, tuple[str, str]]:
    rows = VARIABLE.findall((DOCS / "configuration.md").read_text("utf-8"))
    return {name: (default, meaning) for name, default, meaning in rows}


def test_the_reader_of_settings_finds_them() -> None:
    assert {"RM_MODE", "DATABASE_URL", "DATABASE_POOL_SIZE", "FIELD_KEYS"} <= variables_read()


def test_every_variable_is_documented_and_no_other() -> None:
    assert documented().keys() == variables_read() | ELSEWHERE


def test_plain_defaults_are_the_real_ones() -> None:
    """Those that are a single literal in the settings."""
    text = (ROOT / "reportmanager" / "settings.py").read_text("utf-8")
    pattern = re.compile(r'"([A-Z_]+)",(?: \([^)]*\),)? default=("[^"{]*"|[\d_.]+|True|False)')
    shown = documented()
    checked = 0
    for name, literal in pattern.findall(text):
        value = ast.literal_eval(literal)
        word = (
            str(value).lower()
            if isinstance(value, bool)
            else f"{value:g}"
            if isinstance(value, float)
            else str(value)
        )
        assert shown[name][0] == (f"`{word}`" if word else "none"), name
        checked += 1
    assert checked > 15


def test_the_example_file_lists_every_variable() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    assert set(re.findall(r"^#([A-Z_]+)=", text, re.MULTILINE)) == documented().keys()
    assert all(line.startswith("#") for line in text.splitlines() if line)


def test_every_error_code_is_documented_in_its_own_words() -> None:
    rows = CODE.findall((DOCS / "errors.md").read_text("utf-8"))
    assert {name: (int(status), message, step) for name, status, message, step in rows} == {
        name: (code.status, str(code.message), str(code.next_step)) for name, code in CODES.items()
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text("utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_named_in_code_style_exist(page: Path) -> None:
    for name in re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|md|xsd|json))`", page.read_text("utf-8")):
        assert (ROOT / name).exists() or (page.parent / name).exists(), name


def test_decisions_are_numbered_and_have_the_same_parts() -> None:
    pages = sorted((DOCS / "decisions").glob("*.md"))
    for number, page in enumerate(pages, 1):
        text = page.read_text("utf-8")
        assert page.name.startswith(f"{number:04d}-")
        assert text.startswith(f"# {number}. ")
        for part in ("Context", "Decision", "Consequences", "Considered"):
            assert f"\n## {part}\n" in text, f"{page.name} lacks {part}"


def test_the_layers_in_the_picture_are_the_contract() -> None:
    text = (DOCS / "architecture.md").read_text("utf-8")
    contract = re.search(
        r"^layers = \[(.+)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE
    )
    assert contract
    layers = re.findall(r'"([^"]+)"', contract[1])
    drawn = re.findall(r"^    │ (\w+) ", text, re.MULTILINE)
    positions = [
        next(n for n, names in enumerate(layers) if name in re.split(r"[ |]+", names))
        for name in drawn
    ]
    assert positions == sorted(positions)
    assert len(set(positions)) == len(layers)
