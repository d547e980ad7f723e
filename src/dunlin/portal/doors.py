"""The portal's door: who is signed in with which address, for which customers, in which language. Views read `request.portal`.

A session of the portal is a cookie of its own. A user of the desk has none, and who has one is no user of the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from dunlin.actions.doing import Who
from dunlin.actions.sign_in_to_portal import session_of
from dunlin.formats.client_address import client_address, network_of
from dunlin.portal.problems import problem, refusal
from dunlin.portal.words import Words, language_of, words_in
from dunlin.records.clock import now, today
from dunlin.records.models import Contact, Entity, Item, PortalSession
from dunlin.records.policies import current_policy
from dunlin.reports.portal_people import people_with
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy

ROOT = "/portal/"
COOKIE = "dunlin_portal"
LANGUAGE_COOKIE = "dunlin_portal_language"
_FOR_STRANGERS = (f"{ROOT}sign-in", f"{ROOT}link/", f"{ROOT}language")
BODY_BYTES_MAX = 80 << 20  # a form with its files; each file has its own limit (actions/keep_documents.py)
_HEADERS = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "same-origin"}


@dataclass(frozen=True)
class Standing:
    """One request's standing. `people` are the contacts with the address that signed in, one a customer; none: a stranger."""

    who: Who
    policy: Policy
    today: date
    now: datetime
    words: Words
    company: str  # whose portal it is to them
    chosen: str  # language chosen in this browser, "" for that of the customer
    accepted: str  # languages the browser asks for
    address: str = ""
    people: tuple[Contact, ...] = ()

    @property
    def signed_in(self) -> bool:
        return bool(self.people)

    def words_for(self, contact: Contact) -> Words:
        """The words of a page about one account: in the language of its person, figures as in its country."""
        customer = contact.customer
        tag = language_of(self.chosen, [contact.language, customer.language], self.accepted)
        return words_in(tag, customer.country)


class Door:
    """Puts the standing on requests to the portal, leads strangers to the sign-in, and says refusals in the customer's words."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ROOT):
            return self.answer(request)
        answer = self._answer(request)
        for name, value in _HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

    def _answer(self, request: HttpRequest) -> HttpResponse:
        standing = _standing(request)
        request.portal = standing  # type: ignore[attr-defined]
        if not standing.policy.portal_open:
            return problem(request, 404)
        if _length_of(request) > BODY_BYTES_MAX:
            return problem(request, 413)
        if not standing.signed_in and not request.path.startswith(_FOR_STRANGERS):
            return redirect(reverse("portal_sign_in"))
        return self.answer(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        if not request.path.startswith(ROOT):
            return None
        if isinstance(fault, Refused):
            return refusal(request, fault)
        return problem(request, 404) if isinstance(fault, Http404) else None


def _length_of(request: HttpRequest) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or 0)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _standing(request: HttpRequest) -> Standing:
    policy, moment = current_policy(), now()
    day = today(policy.ledger_time_zone)
    session: PortalSession | None = session_of(request.COOKIES.get(COOKIE, ""), moment)
    people = tuple(people_with(session.address)) if session is not None else ()
    address = session.address if session is not None and people else ""
    who = Who(
        None, people[0].name if people else "customer", "customer", "portal", day, moment,
        request_id=request.id,  # type: ignore[attr-defined]
        contact_id=people[0].pk if people else None,
    )  # fmt: skip
    chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
    accepted = request.headers.get("Accept-Language", "")
    own = [tag for each in people for tag in (each.language, each.customer.language)]
    countries = {each.customer.country for each in people}
    words = words_in(language_of(chosen, own, accepted), countries.pop() if len(countries) == 1 else "")
    return Standing(who, policy, day, moment, words, _company(people), chosen, accepted, address, people)


def _company(people: Sequence[Contact]) -> str:
    """The name above the page: who issued the newest document of theirs; to strangers that of our first entity."""
    newest = Item.objects.filter(customer__in=[each.customer_id for each in people]).order_by("-pk")
    name = newest.values_list("entity__name", flat=True).first() if people else None
    return name or Entity.objects.order_by("pk").values_list("name", flat=True).first() or "Dunlin"


def client_of(request: HttpRequest) -> str:
    """Where the request came from, as limits count it: an address, of IPv6 its network."""
    remote, forwarded = str(request.META.get("REMOTE_ADDR", "")), request.headers.get("X-Forwarded-For", "")
    return network_of(client_address(remote, forwarded, settings.ENVIRONMENT.behind_https_proxy))
