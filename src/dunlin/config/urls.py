"""Where each door is."""

from django.urls import include, path

from dunlin.api import health

urlpatterns = [
    path("healthz", health.healthz),
    path("sign-in/", include("allauth.urls")),
    path("", include("dunlin.desk.urls")),
]
