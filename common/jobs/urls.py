from django.urls import path

from common.jobs import views

app_name = "jobs"
urlpatterns = [
    path("<uuid:job_id>/", views.job_detail, name="job-detail"),
    path("<uuid:job_id>/cancellation/", views.job_cancellation, name="job-cancellation"),
]
