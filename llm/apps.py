from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LlmConfig(AppConfig):
    name = "llm"
    verbose_name = _("Language models")

    def ready(self) -> None:
        from llm import registration

        registration.register()
        post_migrate.connect(_add_builtin_provider, sender=self)


def _add_builtin_provider(**signal: Any) -> None:
    """The model server of this machine, tried while nothing else is set up."""
    model = signal["apps"].get_model("llm", "Provider") if signal.get("apps") else None
    if model is not None:
        model.objects.get_or_create(
            builtin=True, defaults={"name": "Ollama", "kind": "ollama", "order": 1000}
        )
