"""``manage.py validate_plan FILE [--user EMAIL]``: exit status 0 for a valid plan only."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from wizard.checks import check_document
from wizard.plan.envelope import MAX_BYTES
from wizard.plan.model import Finding
from wizard.plan.validate import has_errors, validate_document


class Command(BaseCommand):
    help = "Check a task plan and print what is to be said of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", metavar="EMAIL", default="", help="whose plan it would be")

    def handle(self, *args: Any, file: Path, user: str, **options: Any) -> None:
        raw = _read(file)
        findings = check_document(raw, _person(user)) if user else validate_document(raw)[1]
        for finding in findings:
            self.stdout.write(_line(finding))
        if not user:
            self.stdout.write(
                "Checked without a user: layers 1 to 5 of 8. Name one with --user to check the "
                "database, permissions and the impact as well."
            )
        if has_errors(findings):
            raise CommandError("The plan is not valid.")
        self.stdout.write("The plan is valid.")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from None


def _person(email: str) -> User:
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user with the address {email}.")
    return user


def _line(finding: Finding) -> str:
    where = f" [{finding.path}]" if finding.path else ""
    hint = f" {finding.hint}" if finding.hint else ""
    return f"{finding.severity} {finding.layer}/{finding.code}{where}: {finding.message}{hint}"
