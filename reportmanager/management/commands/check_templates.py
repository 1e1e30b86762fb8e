"""``manage.py check_templates``: every template compiles and keeps to what the CSP allows."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reportmanager import checks


class Command(BaseCommand):
    help = "Compile every template; refuse inline code, |safe and unknown icons."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = checks.template_findings()
        for finding in findings:
            self.stderr.write(str(finding))
        if findings:
            raise CommandError(f"{len(findings)} finding(s) in the templates.")
        self.stdout.write("Templates: fine.")
