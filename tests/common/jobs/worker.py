"""A process for the crash tests: knows the test kinds and runs one command.

python -m tests.common.jobs.worker run_worker
python -m tests.common.jobs.worker submit tests.steps '{"path": "…", "count": 3}'
    python -m tests.common.jobs.worker publish open:1 changed
"""

from __future__ import annotations

import json
import os
import sys

import django


def main(command: str, *arguments: str) -> None:
    from django.core.management import call_command

    from tests.common.jobs import kinds  # noqa: F401  (registers them)

    if command == "submit":
        from common.jobs import submit

        kind, payload = arguments
        sys.stdout.write(f"{submit(kind, payload=json.loads(payload)).pk}\n")
    elif command == "publish":
        from common.realtime import publish_now

        topic, event = arguments
        publish_now(topic, event, {})
    else:
        call_command(command, *arguments)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reportmanager.settings")
    django.setup()
    main(*sys.argv[1:])
