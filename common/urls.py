"""The frame's own addresses."""

from django.urls import path

from common.views import notices

urlpatterns = [
    path("notices/<slug:key>/dismissal/", notices.notice_dismissal, name="notice-dismissal"),
]
