"""Give a user a role from the command line, for when no Admin can log in."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions import change_role
from accounts.models import User
from accounts.roles import ROLES


class Command(BaseCommand):
    help = "Gives a member exactly one role: Viewer, Analyst or Admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the user's e-mail address")
        parser.add_argument("role", type=str.capitalize, choices=ROLES)

    def handle(self, *args: Any, email: str, role: str, **_: Any) -> None:
        user = User.objects.filter(email__iexact=email, organization__isnull=False).first()
        if user is None:
            raise CommandError(f"There is no member of an organization with the address {email}.")
        try:
            change_role(actor=None, user=user, role=role)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{user.email} is {role}.")
