"""A worker process whose data sources are slow to prepare or to apply, so that it can be killed.

python -m tests.wizard.execution.worker prepare|apply|plain LOG
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import django


def main(slow: str, log: str) -> None:
    from django.core.management import call_command

    from tests.common.jobs.kinds import note
    from wizard import operations
    from wizard.operations.contexts import RunContext
    from wizard.operations.sources import CreateSource
    from wizard.plan.model import Step

    class SlowSource(CreateSource):
        def prepare(self, step: Step, run: RunContext) -> Any:
            note(log, f"prepare {os.getpid()}")
            if slow == "prepare":
                time.sleep(60)
            return super().prepare(step, run)

        def apply(self, step: Step, run: RunContext) -> Any:
            item = super().apply(step, run)
            note(log, f"apply {os.getpid()}")
            if slow == "apply":
                time.sleep(60)
            return item

    operations.register(SlowSource())
    call_command("run_worker")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reportmanager.settings")
    django.setup()
    main(*sys.argv[1:])
