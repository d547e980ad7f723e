"""How staff sign in: the library does it; these two say where one lands and that nobody signs up by themselves."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from dunlin.desk.shell import RAIL
from dunlin.formats.client_address import client_address
from dunlin.rules.roles import may


class Adapter(DefaultAccountAdapter):
    """An administrator makes users; there is no open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whose tries the limits of sign-in count; behind a proxy the library would count everybody's as the proxy's."""
        return client_of(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Each person lands where their work is: collectors on Today, others on the first page they may open."""
        role = request.user.role  # type: ignore[union-attr]
        return reverse(next(entry.name for entry in RAIL if may(role, entry.verb)))


def client_of(request: HttpRequest) -> str:
    """Where the request came from."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return client_address(
        str(request.META.get("REMOTE_ADDR", "")), forwarded, settings.ENVIRONMENT.behind_https_proxy
    )


class CompanyAccounts(DefaultSocialAccountAdapter):
    """Single sign-on admits people an administrator has made, matched by a verified e-mail address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False
