from django.urls import path

from llm.views import health, models, pulls, trial
from llm.views.settings import (
    access,
    advanced,
    connection,
    generation,
    preferences,
    providers,
)

app_name = "llm"

urlpatterns = [
    path("", models.model_list, name="model-list"),
    path("detail/", models.model_detail, name="model-detail"),
    path("setting/", models.model_setting, name="model-setting"),
    path("loading/", models.model_loading, name="model-loading"),
    path("unloading/", models.model_unloading, name="model-unloading"),
    path("deletion/", models.model_deletion, name="model-deletion"),
    path("trial/", trial.model_trial, name="model-trial"),
    path("pulls/", pulls.pull_create, name="pull-create"),
    path("pulls/<uuid:pk>/cancellation/", pulls.pull_cancellation, name="pull-cancellation"),
    path("pulls/<uuid:pk>/resumption/", pulls.pull_resumption, name="pull-resumption"),
    path("pulls/<uuid:pk>/dismissal/", pulls.pull_dismissal, name="pull-dismissal"),
    path("health/", health.health, name="health"),
    path("settings/", connection.connection, name="settings-connection"),
    path("settings/providers/new/", providers.provider_create, name="provider-create"),
    path("settings/providers/test/", providers.provider_test, name="provider-test"),
    path("settings/providers/<int:pk>/", providers.provider_edit, name="provider-edit"),
    path("settings/providers/<int:pk>/test/", providers.provider_test, name="provider-test"),
    path(
        "settings/providers/<int:pk>/deletion/",
        providers.provider_deletion,
        name="provider-deletion",
    ),
    path("settings/providers/<int:pk>/order/", connection.provider_order, name="provider-order"),
    path("settings/generation/", generation.generation, name="settings-generation"),
    path("settings/preferences/", preferences.preferences, name="settings-preferences"),
    path("settings/access/", access.access, name="settings-access"),
    path("settings/access/<int:pk>/", access.access_rule, name="settings-access-rule"),
    path("settings/advanced/", advanced.advanced, name="settings-advanced"),
]
