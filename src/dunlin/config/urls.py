"""Where each door is."""

from django.urls import include, path

from dunlin.api import health

urlpatterns = [
    path("healthz", health.healthz),
    path("sign-in/", include("allauth.urls")),
    path("", include("dunlin.desk.urls")),
]

handler400 = "dunlin.desk.problems.bad_request"
handler403 = "dunlin.desk.problems.forbidden"
handler404 = "dunlin.desk.problems.not_found"
handler500 = "dunlin.desk.problems.broken"
