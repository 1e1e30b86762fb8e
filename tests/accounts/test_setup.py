"""The first run."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.test import Client

from accounts.actions import first_run_token
from accounts.models import AuditEntry, Project, User
from tests.world import World


@pytest.fixture
def token_file(settings, tmp_path: Path, db: None) -> Path:  # type: ignore[no-untyped-def]
    settings.DATA_DIR = tmp_path
    return tmp_path / "setup.token"


def _form(token: str, **changes: str) -> dict[str, str]:
    return {
        "token": token,
        "organization_name": "First Ltd.",
        "name": "Ada",
        "email": "Ada@First.example.org",
        "password": "correct-horse-battery",
        "repeated": "correct-horse-battery",
    } | changes


def test_the_token_is_in_a_file_for_its_owner_only(token_file: Path) -> None:
    token = first_run_token()
    assert token == token_file.read_text()
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    assert first_run_token() == token


def test_it_makes_the_organization_and_its_admin_and_closes(token_file: Path) -> None:
    browser = Client()
    response = browser.post("/setup/", _form(first_run_token() or ""))
    assert response.status_code == 303
    admin = User.objects.get()
    assert (admin.email, admin.role, admin.is_staff) == ("ada@first.example.org", "Admin", True)
    assert admin.is_superuser is False
    assert Project.objects.get(organization=admin.organization).is_default
    assert browser.get("/settings/").status_code == 200
    assert not token_file.exists()
    assert Client().get("/setup/").status_code == 404
    assert first_run_token() is None
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {"organization.created", "user.created"}


def test_a_wrong_token_makes_nothing(token_file: Path) -> None:
    first_run_token()
    response = Client().post("/setup/", _form("guess"))
    assert response.status_code == 422
    assert "not the token" in response.content.decode()
    assert not User.objects.exists()


def test_an_empty_token_makes_nothing(token_file: Path) -> None:
    assert Client().post("/setup/", _form("")).status_code == 422
    assert not User.objects.exists()


def test_guessing_is_slowed_down(token_file: Path) -> None:
    first_run_token()
    answers = [Client().post("/setup/", _form("guess")).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


def test_a_weak_password_is_refused(token_file: Path) -> None:
    form = _form(first_run_token() or "", password="password123", repeated="password123")
    response = Client().post("/setup/", form)
    assert response.status_code == 422
    assert "too common" in response.content.decode()


def test_the_login_page_leads_there(token_file: Path) -> None:
    assert 'href="/setup/"' in Client().get("/login/").content.decode()


def test_it_is_gone_when_there_are_users(world: World) -> None:
    assert world.client().get("/setup/").status_code == 404
    assert world.client().post("/setup/", _form("x")).status_code == 404
