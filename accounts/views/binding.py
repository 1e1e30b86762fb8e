"""What a view says about a form that was not right."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.http.problems import Problem

INVALID = 422


def add_errors(form: BaseForm, error: ValidationError) -> None:
    """An action's refusal as errors of the form: at the field it names, else above all."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def too_many(request: HttpRequest, template: str, form: BaseForm, problem: Problem) -> HttpResponse:
    """The page again, saying that there were too many attempts and when to try again."""
    form.add_error(None, problem.detail)
    response = render(request, template, {"form": form}, status=429)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def status_of(form: BaseForm) -> int:
    return INVALID if form.is_bound and form.errors else 200
