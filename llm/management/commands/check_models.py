"""``manage.py check_models``: ask every provider and say plainly what was found."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand, CommandError

from llm.actions.probe import probe
from llm.models import Provider


class Command(BaseCommand):
    help = "Ask every language model server that is set up, and say what it answers."

    def handle(self, *args: Any, **options: Any) -> None:
        providers = list(Provider.objects.filter(enabled=True).select_related("organization"))
        answering = [self._say(provider) for provider in providers]
        if not any(answering):
            raise CommandError(
                "No language model answers. Guided mode and everything else work without one."
            )

    def _say(self, provider: Provider) -> bool:
        owner = str(provider.organization or "shared")
        found = async_to_sync(probe)(provider)
        style = self.style.SUCCESS if found.ok else self.style.WARNING
        self.stdout.write(style(f"{provider.name} ({owner})"))
        for sentence in found.sentences:
            self.stdout.write(f"  {sentence}")
        return found.ok
