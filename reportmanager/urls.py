from django.contrib import admin
from django.urls import include, path

from reportmanager import views
from reportmanager.api import api

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("palette/", views.palette, name="palette"),
    path("", include("common.urls")),
    path("", include("accounts.urls")),
    path("jobs/", include("common.jobs.urls")),
    path("", include("catalog.urls")),
    path("models/", include("llm.urls")),
    path("wizard/", include("wizard.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
]
handler400 = "common.views.errors.bad_request"
handler403 = "common.views.errors.forbidden"
handler404 = "common.views.errors.not_found"
handler500 = "common.views.errors.server_error"
