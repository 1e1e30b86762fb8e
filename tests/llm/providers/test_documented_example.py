"""The provider of docs/write-a-provider.md is one, and the tests the page gives it pass."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from llm.providers.base import Provider

PAGE = Path(__file__).resolve().parents[3] / "docs" / "write-a-provider.md"
NAME = "llm.providers.parrot"


def blocks() -> list[str]:
    """The example and its tests: what is indented, to the next heading."""
    found = re.findall(r'^    (?:"""|import ).*?(?=^\S|\Z)', PAGE.read_text("utf-8"), re.M | re.S)
    return [textwrap.dedent(block) for block in found]


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that the page writes."""
    module = ModuleType(NAME)
    monkeypatch.setitem(sys.modules, NAME, module)
    exec(compile(blocks()[0], str(PAGE), "exec"), module.__dict__)  # noqa: S102
    return module


def test_it_is_a_provider(parrot: ModuleType) -> None:
    wanted = {name for name in vars(Provider) if not name.startswith("_")}
    wanted |= set(Provider.__annotations__)
    assert wanted <= set(dir(parrot.ParrotProvider))


async def test_its_tests_pass(parrot: ModuleType) -> None:
    names: dict[str, Any] = {"__name__": "documented"}
    exec(compile(blocks()[1], str(PAGE), "exec"), names)  # noqa: S102
    tests = [test for name, test in names.items() if name.startswith("test_")]
    assert len(tests) >= 3
    for test in tests:
        await test()
