from django.urls import path, register_converter

from catalog.loaders import MODELS
from catalog.views import builder, dashboards, reports, schedules, sources, trash

app_name = "catalog"


class KindConverter:
    regex = "|".join(MODELS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(KindConverter, "kind")

urlpatterns = [
    path("sources/", sources.source_list, name="source-list"),
    path("sources/upload/", sources.upload, name="upload"),
    path("sources/uploads/<uuid:pk>/", sources.intake, name="intake"),
    path("sources/<int:pk>/", sources.source_detail, name="source-detail"),
    path("sources/<int:pk>/preview/", sources.source_preview, name="source-preview"),
    path("sources/<int:pk>/edit/", sources.source_edit, name="source-edit"),
    path("sources/<int:pk>/suggestion/", sources.source_suggestion, name="source-suggestion"),
    path("reports/", reports.report_list, name="report-list"),
    path("reports/new/", builder.report_create, name="report-create"),
    path("reports/preview/", builder.report_preview, name="report-preview"),
    path("reports/<int:pk>/", reports.report_detail, name="report-detail"),
    path("reports/<int:pk>/result/", reports.report_result, name="report-result"),
    path("reports/<int:pk>/chart.svg", reports.report_svg, name="report-svg"),
    path("reports/<int:pk>/edit/", builder.report_edit, name="report-edit"),
    path("dashboards/", dashboards.dashboard_list, name="dashboard-list"),
    path("dashboards/new/", dashboards.dashboard_create, name="dashboard-create"),
    path("dashboards/<int:pk>/", dashboards.dashboard_detail, name="dashboard-detail"),
    path("dashboards/<int:pk>/edit/", dashboards.dashboard_edit, name="dashboard-edit"),
    path(
        "dashboards/<int:pk>/widgets/<int:widget_pk>/",
        dashboards.widget_result,
        name="widget-result",
    ),
    path("schedules/", schedules.schedule_list, name="schedule-list"),
    path("schedules/new/", schedules.schedule_create, name="schedule-create"),
    path("schedules/<int:pk>/", schedules.schedule_detail, name="schedule-detail"),
    path("schedules/<int:pk>/edit/", schedules.schedule_edit, name="schedule-edit"),
    path(
        "schedules/<int:pk>/activation/",
        schedules.schedule_activation,
        name="schedule-activation",
    ),
    path("schedules/<int:pk>/runs/", schedules.schedule_run, name="schedule-run"),
    path("trash/", trash.trash, name="trash"),
    path("<kind:kind>s/<int:pk>/trash/", trash.item_trash, name="item-trash"),
    path("<kind:kind>s/<int:pk>/restoration/", trash.item_restore, name="item-restore"),
    path("<kind:kind>s/<int:pk>/deletion/", trash.item_purge, name="item-purge"),
]
