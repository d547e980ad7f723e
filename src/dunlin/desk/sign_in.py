"""How staff sign in: the library does it; these two say that nobody signs up by themselves."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):
    """An administrator makes users; there is no open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class CompanyAccounts(DefaultSocialAccountAdapter):
    """Single sign-on admits people an administrator has made, matched by a verified e-mail address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False
