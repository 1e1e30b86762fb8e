"""Projects and their members, for an organisation's Admins."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import member, requires
from accounts.actions import (
    create_project,
    remove_project_member,
    set_project_member,
    update_project,
)
from accounts.forms import ProjectForm, ProjectMemberForm
from accounts.models import Project, User
from accounts.views.binding import add_errors, status_of
from common.http.htmx import redirect


@require_safe
@requires("accounts.view_project")
def listing(request: HttpRequest) -> HttpResponse:
    projects = Project.objects.visible_to(member(request)).annotate(people=Count("members"))
    return render(request, "accounts/project_list.html", {"projects": projects})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("accounts.add_project")
def create(request: HttpRequest) -> HttpResponse:
    form = ProjectForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            project = create_project(actor=member(request), **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The project is created. Add its members here."))
            return redirect(request, reverse("accounts:project-update", args=[project.pk]))
    return render(request, "accounts/project_create.html", {"form": form}, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@requires("accounts.change_project")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    project = _load(request, pk)
    form = ProjectForm(
        request.POST or None, initial={"name": project.name, "access": project.access}
    )
    if form.is_bound and form.is_valid():
        try:
            update_project(actor=member(request), project=project, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The project is saved."))
            return redirect(request, reverse("accounts:project-list"))
    return _page(request, project, form, ProjectMemberForm(member(request)))


@require_POST
@requires("accounts.change_projectmember")
def set_member(request: HttpRequest, pk: int) -> HttpResponse:
    project = _load(request, pk)
    form = ProjectMemberForm(member(request), request.POST)
    if form.is_valid():
        set_project_member(actor=member(request), project=project, **form.cleaned_data)
        messages.success(
            request, _("%(user)s is in the project.") % {"user": form.cleaned_data["user"]}
        )
        return redirect(request, reverse("accounts:project-update", args=[pk]))
    settings_form = ProjectForm(initial={"name": project.name, "access": project.access})
    return _page(request, project, settings_form, form)


@require_POST
@requires("accounts.delete_projectmember")
def remove_member(request: HttpRequest, pk: int, user_pk: int) -> HttpResponse:
    project = _load(request, pk)
    user = get_object_or_404(User.objects.visible_to(member(request)), pk=user_pk)
    remove_project_member(actor=member(request), project=project, user=user)
    messages.success(request, _("%(user)s is no longer in the project.") % {"user": user})
    return redirect(request, reverse("accounts:project-update", args=[pk]))


def _load(request: HttpRequest, pk: int) -> Project:
    return get_object_or_404(Project.objects.visible_to(member(request)), pk=pk)


def _page(
    request: HttpRequest, project: Project, form: ProjectForm, member_form: ProjectMemberForm
) -> HttpResponse:
    context = {
        "project": project,
        "form": form,
        "member_form": member_form,
        "members": project.members.select_related("user").order_by("user__name"),
    }
    status = max(status_of(form), status_of(member_form))
    return render(request, "accounts/project_update.html", context, status=status)
