"""API tokens."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from accounts.actions import create_token, revoke_token
from accounts.models import ApiToken, AuditEntry
from common import clock
from tests.world import World

TEXT = re.compile(r"rm_[\w-]{43}")


def test_the_text_is_shown_once_and_only_its_hash_is_kept(world: World) -> None:
    browser = world.client(world.alice)
    form = {"name": "Nightly", "scope": "read", "days": "30"}
    response = browser.post("/settings/tokens/new/", form)
    assert response.status_code == 201
    (text,) = set(TEXT.findall(response.content.decode()))
    token = ApiToken.objects.get()
    assert (token.user, token.organization, token.scopes) == (world.alice, world.acme, ["read"])
    assert text not in str(ApiToken.objects.values().get())
    assert ApiToken.objects.matching(text) == token
    listing = browser.get("/settings/tokens/").content.decode()
    assert token.prefix in listing
    assert text not in listing
    assert text not in str(list(AuditEntry.objects.values()))


def test_it_stops_when_revoked_expired_or_its_user_is_out(world: World) -> None:
    soon = clock.now() + timedelta(days=1)
    token, text = create_token(actor=world.alice, name="x", scopes=["read"], expires_at=soon)
    with clock.frozen(soon + timedelta(seconds=1)):
        assert ApiToken.objects.matching(text) is None
        assert token.state == "expired"
    assert ApiToken.objects.matching(text) == token
    assert ApiToken.objects.matching(text[:-1] + "!") is None
    world.alice.is_active = False
    world.alice.save()
    assert ApiToken.objects.matching(text) is None
    world.alice.is_active = True
    world.alice.save()
    browser = world.client(world.alice)
    assert browser.post(f"/settings/tokens/{token.pk}/revocation/").status_code == 303
    assert ApiToken.objects.matching(text) is None
    assert "Revoked" in browser.get("/settings/tokens/").content.decode()


def test_only_its_user_an_admin_or_an_operator_revokes(world: World) -> None:
    for actor in (world.dave, world.charlie, world.carl):
        token, _text = create_token(actor=world.alice, name="x", scopes=["read"], expires_at=None)
        with pytest.raises(PermissionDenied):
            revoke_token(actor=actor, token=token)
    for actor in (world.alice, world.amy, world.operator):
        assert revoke_token(actor=actor, token=token).state == "revoked"


def test_operators_have_none(world: World) -> None:
    form = {"name": "x", "scope": "read", "days": "30"}
    assert world.client(world.operator).post("/settings/tokens/new/", form).status_code == 403


def test_the_command_prints_the_text_and_nothing_else(world: World, capsys) -> None:  # type: ignore[no-untyped-def]
    call_command("create_api_token", world.alice.email.upper(), "--days=1", "--scopes=read")
    printed = capsys.readouterr().out
    assert TEXT.fullmatch(printed.strip())
    token = ApiToken.objects.matching(printed.strip())
    assert token is not None
    assert (token.user, token.scopes) == (world.alice, ["read"])


@pytest.mark.parametrize(
    "arguments",
    [["nobody@example.org"], ["operator@example.org"], ["alice@acme.example.org", "--scopes=root"]],
)
def test_the_command_says_what_is_wrong(world: World, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("create_api_token", *arguments)
    assert not ApiToken.objects.exists()
