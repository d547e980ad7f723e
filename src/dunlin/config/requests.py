"""What every request gets: an id in its logs and answer, and a strict content policy."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
# The path of a calendar's feed, and of a link to the portal, holds its secret.
_SECRET = re.compile(r"^(/follow-ups/feed/|/portal/link/).+")
log = structlog.get_logger("dunlin.requests")


STRIPE_PAGES = "https://checkout.stripe.com"


@cache
def content_policy(*led_to: str) -> str:
    """Everything comes from ourselves; no inline script or style, no frame, no plug-in. A form may also lead to the company's
    sign-in provider and to the pages where cards are typed, if there are some (`led_to`): browsers hold the redirect that follows a
    form to the same list."""
    places = [urlsplit(each) for each in led_to]
    also = "".join(f" {place.scheme}://{place.netloc}" for place in places if place.netloc)
    return (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
        f"base-uri 'none'; form-action 'self'{also}; frame-ancestors 'none'"
    )


class RequestIds:
    """Takes the id a proxy gave, or makes one; logs method, path, status and milliseconds. Never the query's text."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.id)  # type: ignore[attr-defined]
        started = time.perf_counter()
        response = self.answer(request)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        if not request.path.startswith(("/static/", "/healthz")):
            log.info(
                "request",
                method=request.method,
                path=_SECRET.sub(r"\1…", request.path),
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
        return response


class ContentSecurityPolicy:
    """Sets the policy on every answer that has none of its own."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        stripe = settings.STRIPE
        pages = (stripe["base"] or STRIPE_PAGES) if stripe else ""
        response.setdefault("Content-Security-Policy", content_policy(settings.ENVIRONMENT.oidc_url, pages))
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
        return response
