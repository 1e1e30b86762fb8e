"""Make an API token for a user and print its text, and nothing else, to standard output."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions import create_token
from accounts.models import ApiToken, User
from common import clock


class Command(BaseCommand):
    help = "Makes an API token for a user and prints only its text. It cannot be had again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the user's e-mail address")
        parser.add_argument("--name", default="command line", help="what the token is for")
        parser.add_argument("--days", type=int, default=90, help="days it works; 0 for ever")
        parser.add_argument(
            "--scopes", default="read,write", help=f"of {', '.join(ApiToken.SCOPES)}; comma between"
        )

    def handle(self, *args: Any, email: str, name: str, days: int, scopes: str, **_: Any) -> None:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user with the address {email}.")
        if days < 0:
            raise CommandError("--days must not be negative.")
        expires_at = clock.now() + timedelta(days=days) if days else None
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        try:
            _token, text = create_token(actor=user, name=name, scopes=wanted, expires_at=expires_at)
        except PermissionDenied as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(text)
