from django.apps import AppConfig


class ReportManagerConfig(AppConfig):
    name = "reportmanager"
    label = "reportmanager"
