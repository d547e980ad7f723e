"""Sign in by a link that is sent to an address; out again; in which language. The answer never tells whether an address is known."""

from __future__ import annotations

from urllib.parse import urljoin

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from dunlin.actions.send_portal_link import LINK_MINUTES, send_portal_link
from dunlin.actions.sign_in_to_portal import link_is_good, sign_out_of_portal, use_portal_link
from dunlin.formats.mail_addresses import address_problem
from dunlin.portal.answers import show
from dunlin.portal.doors import COOKIE, LANGUAGE_COOKIE, ROOT, Standing, client_of
from dunlin.portal.words import LANGUAGES
from dunlin.rules.codes import Refused

_YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for the address, and say that a link is on its way if it is known."""
    standing: Standing = request.portal  # type: ignore[attr-defined]
    if standing.signed_in and request.method != "POST":
        return redirect(reverse("portal"))
    typed = request.POST.get("address", "").strip()[:254]
    facts = {"typed": {"address": typed}, "errors": {}, "minutes": LINK_MINUTES}
    if request.method != "POST":
        return show(request, "sign_in.html", facts)
    words = standing.words
    if address_problem(typed):
        return show(request, "sign_in.html", facts | {"errors": {"address": words("address_wrong")}}, 422)

    def place(token: str) -> str:
        path = reverse("portal_link", args=[token])
        return urljoin(settings.PORTAL_URL, path) if settings.PORTAL_URL else request.build_absolute_uri(path)

    try:
        send_portal_link(standing.who, typed, client_of(request), place, words.tag)
    except Refused as refused:
        if refused.code != "portal_asked_too_often":
            raise
        often = words("refused_portal_asked_too_often", minutes=LINK_MINUTES)
        return show(request, "sign_in.html", facts | {"errors": {"address": often}}, 429)
    return show(request, "sent.html", facts)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Opened, the link only asks to go on: programs that look through mail open it too. The button uses it up."""
    standing: Standing = request.portal  # type: ignore[attr-defined]
    over = show(request, "link_over.html", {"minutes": LINK_MINUTES}, 410)
    over.headers["Referrer-Policy"] = "no-referrer"
    if request.method != "POST":
        if not link_is_good(token, standing.now):
            return over
        answer = show(request, "link.html")
        answer.headers["Referrer-Policy"] = "same-origin"
        return answer
    try:
        secret = use_portal_link(standing.who, token)
    except Refused as refused:
        if refused.code != "portal_link_over":
            raise
        return over
    answer = redirect(reverse("portal"))
    _leave(request)  # whoever was signed in here before is not any more
    answer.set_cookie(
        COOKIE, secret, max_age=standing.policy.portal_session_hours * 3600, path=ROOT, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    return answer


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """The session is over, here and wherever its cookie is."""
    _leave(request)
    answer = redirect(reverse("portal_sign_in"))
    answer.delete_cookie(COOKIE, path=ROOT, samesite="Lax")
    return answer


def _leave(request: HttpRequest) -> None:
    secret = request.COOKIES.get(COOKIE, "")
    if secret:
        sign_out_of_portal(request.portal.who, secret)  # type: ignore[attr-defined]


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The portal in another language, in this browser."""
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith(ROOT)
    answer = redirect(back if safe else reverse("portal"))
    wanted = request.POST.get("language", "")
    if wanted in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE, wanted, max_age=_YEAR, path=ROOT, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return answer
