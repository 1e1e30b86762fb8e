"""Each URL has a contract, and keeps it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.roles import ADMIN, ANALYST
from tests import contracts
from tests.contracts import PUBLIC, Contract
from tests.world import World

OWN_TESTS = ("admin", "api")
CONTRACTS = contracts.all_contracts()


def _those(condition: Callable[[Contract], object]) -> pytest.MarkDecorator:
    names = [name for name, entry in CONTRACTS.items() if not entry.elsewhere and condition(entry)]
    return pytest.mark.parametrize("name", sorted(names))


def test_every_url_has_a_contract() -> None:
    names = set(contracts.named_urls(skip=OWN_TESTS))
    missing, gone = names - CONTRACTS.keys(), CONTRACTS.keys() - names
    assert not missing, f"say in tests/url_contracts what these promise: {sorted(missing)}"
    assert not gone, f"these contracts are about no URL: {sorted(gone)}"


@_those(lambda entry: entry.role != PUBLIC)
def test_a_login_is_asked_for(name: str, world: World) -> None:
    contracts.check_login_is_asked(name, CONTRACTS[name], world)


@_those(lambda entry: entry.args)
def test_another_organisations_object_is_not_found(name: str, world: World) -> None:
    contracts.check_stranger_finds_nothing(name, CONTRACTS[name], world)


@_those(lambda entry: entry.private)
def test_a_teammates_private_object_is_not_found(name: str, world: World) -> None:
    contracts.check_teammate_finds_nothing(name, CONTRACTS[name], world)


@_those(lambda entry: entry.role in {ANALYST, ADMIN})
def test_a_role_too_low_is_refused(name: str, world: World) -> None:
    contracts.check_low_role_is_refused(name, CONTRACTS[name], world)


@_those(lambda entry: True)
def test_other_methods_are_not_allowed(name: str, world: World) -> None:
    contracts.check_wrong_method(name, CONTRACTS[name], world)


@_those(lambda entry: "GET" in entry.methods)
def test_the_page_comes(name: str, world: World) -> None:
    contracts.check_page(name, CONTRACTS[name], world)


@_those(lambda entry: entry.fragment)
def test_htmx_gets_the_fragment(name: str, world: World) -> None:
    contracts.check_fragment(name, CONTRACTS[name], world)


@_those(lambda entry: entry.invalid is not None)
def test_an_invalid_form_is_shown_again(name: str, world: World) -> None:
    contracts.check_invalid_form(name, CONTRACTS[name], world)
