"""Where each door is."""

from django.urls import include, path

from dunlin.api import health, provider

urlpatterns = [
    path("healthz", health.healthz),
    path("provider/stripe/", provider.stripe, name="provider_stripe"),
    path("sign-in/", include("allauth.urls")),
    path("portal/", include("dunlin.portal.urls")),
    path("", include("dunlin.desk.urls")),
]

handler400 = "dunlin.config.problems.bad_request"
handler403 = "dunlin.config.problems.forbidden"
handler404 = "dunlin.config.problems.not_found"
handler500 = "dunlin.config.problems.broken"
