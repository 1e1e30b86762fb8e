"""Between a request and a form: what was posted, what an action refuses, the status of it all."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from common.http.codes import CODES
from common.http.problems import Problem
from llm.forms.base import ActionForm


def posted(request: HttpRequest) -> QueryDict | None:
    """For a form; a form of which nothing is filled in was posted too."""
    return request.POST if request.method == "POST" else None


def refused(form: ActionForm, problem: Problem) -> int:
    """The problem is in the form now; the status to answer with."""
    form.take(problem)
    return CODES[problem.code].status


def status_of(form: ActionForm) -> int:
    return 422 if form.is_bound and form.errors else 200
