"""Which door says that a page does not exist, was refused or broke: the portal in the customer's words, else the desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dunlin.desk import problems as desk
from dunlin.portal.doors import ROOT
from dunlin.portal.problems import problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 400) if _portal(request) else desk.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 403) if _portal(request) else desk.forbidden(request, exception)


def without_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is missing or old."""
    return problem(request, 403) if _portal(request) else desk.without_token(request, reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 404) if _portal(request) else desk.not_found(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    return problem(request, 500) if _portal(request) else desk.broken(request)


def _portal(request: HttpRequest) -> bool:
    return request.path.startswith(ROOT)
