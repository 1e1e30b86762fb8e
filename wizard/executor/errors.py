"""What can go wrong with a plan under way, as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from catalog.connectors.base import SourceError
from catalog.intake.errors import IntakeError
from common.http.codes import CODES
from common.http.problems import Problem
from common.jobs import JobCancelled, JobFailed, LeaseLost
from wizard.plan.model import Step

log = structlog.get_logger(__name__)


class PlanRefused(JobFailed):
    """The plan as a whole cannot be carried out (any more)."""


class StepFailed(JobFailed):
    """One step could not be done, and so none is."""

    def __init__(self, step: str, message: str, *, code: str = "JOB_FAILED") -> None:
        super().__init__(message, code=code)
        self.step = step


@contextmanager
def failing(step: Step) -> Iterator[None]:
    """Whatever fails inside is this step's failure. What the job engine deals with passes: a lost
    database is tried again, a lost lease is somebody else's turn."""
    try:
        yield
    except (JobFailed, JobCancelled, LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as error:
        sentence, code = explain(error)
        raise StepFailed(step.id, sentence, code=code) from error


def explain(error: Exception) -> tuple[str, str]:
    """A sentence for people and a code; the stack of what nobody foresaw goes to the log."""
    if isinstance(error, Problem):
        return error.detail or str(CODES[error.code].message), error.code
    if isinstance(error, SourceError | IntakeError):
        return f"{error.message} {error.hint}".strip(), "SOURCE_FAILED"
    if isinstance(error, PermissionDenied):
        return str(error), "PERMISSION_DENIED"
    log.exception("a step failed unexpectedly")
    return _("Something went wrong on our side. Try again, or report it."), "INTERNAL_ERROR"
