"""What a load balancer asks."""

from __future__ import annotations

from django.test import Client


def test_healthz_needs_neither_login_nor_database() -> None:
    response = Client().get("/healthz")
    assert response.json() == {"status": "ok"}


def test_readyz_names_what_it_checked(db: None) -> None:
    response = Client().get("/readyz")
    checks = response.json()["checks"]
    assert checks["database"] == "ok"
    assert "jobs" in checks
    assert response.status_code == (200 if set(checks.values()) == {"ok"} else 503)
