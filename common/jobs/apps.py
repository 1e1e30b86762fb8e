from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "common.jobs"
    label = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        from common.jobs import checks, live, upkeep  # noqa: F401  (they register themselves)

        autodiscover_modules("tasks")
