"""Which provider is asked first: own ones move among each other and among the shared ones."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from llm.actions.providers import update_provider
from llm.models import Provider


def move(*, actor: User, provider: Provider, up: bool) -> bool:
    """One place up or down; False where there is none. Shared ones keep the operator's number."""
    rows = list(Provider.objects.visible_to(actor))
    wanted = numbers(rows, provider.pk, up=up)
    if wanted is None:
        return False
    with transaction.atomic():
        for row in rows:
            if wanted.get(row.pk, row.order) != row.order:
                update_provider(actor=actor, provider=row, order=wanted[row.pk])
    return True


def numbers(rows: Sequence[Provider], pk: int, *, up: bool) -> dict[int, int] | None:
    """New numbers of the own ones, by key. Between shared ones of the same number nothing fits:
    then it goes past both."""
    place = next(n for n, row in enumerate(rows) if row.pk == pk)
    rest = [row for row in rows if row.pk != pk]
    places = range(place - 1, -1, -1) if up else range(place + 1, len(rows))
    for at in places:
        found = _numbered([*rest[:at], rows[place], *rest[at:]])
        if found is not None:
            return found
    return None


def _numbered(rows: Sequence[Provider]) -> dict[int, int] | None:
    """Ascending numbers for this sequence; None where the shared ones leave no room."""
    found: dict[int, int] = {}
    last, lowest = -1, 0
    for row in rows:
        if not row.is_shared:
            found[row.pk] = last = lowest
            lowest += 1
        elif row.order <= last:
            return None
        else:
            lowest = row.order + 1
    return found
