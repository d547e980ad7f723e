"""Call: what do I say, what did they say? One page a call, the whole of it on the keyboard, and then the next (B3, B4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from dunlin.actions.correct_contact import correct_point
from dunlin.actions.log_call import MAY_OVERRIDE, CallLogged, call_verdict, log_call, place_of
from dunlin.desk.access import customer_for
from dunlin.desk.acts import Unclear, allow, needed, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.doors import Standing
from dunlin.desk.follow_ups import follow_up_in
from dunlin.desk.places import Clock, clock_there
from dunlin.desk.preview import usable_contacts
from dunlin.desk.promises import BESIDE, promise_in, said_back
from dunlin.records.models import Call, Contact, ContactPoint, Customer
from dunlin.reports.call_guide import call_guide, owed_now
from dunlin.reports.call_wording import call_wording
from dunlin.reports.situations import situation
from dunlin.reports.why import why
from dunlin.reports.worklist import campaign_size, day_counts, next_on_list, worklist
from dunlin.rules.codes import Refused
from dunlin.rules.conduct import Verdict, window_for, zone_of
from dunlin.rules.money import Money
from dunlin.rules.plain_words import in_words
from dunlin.rules.reasons import reason

# "They called" is not an outcome of ours but the other direction of one.
THEY_CALLED = "they_called"
OUTCOMES = (
    ("reached", "Reached", "1"), ("voicemail", "Voicemail", "2"), ("no_answer", "No answer", "3"), ("busy", "Busy", "4"),
    ("wrong_number", "Wrong number", "5"), ("refused", "Refused", "6"), ("gatekeeper", "Gatekeeper", "7"),
    (THEY_CALLED, "They called", "8"),
)  # fmt: skip
_BESIDE = {
    **BESIDE, "call_not_allowed": "outcome", "call_outcome_unknown": "outcome", "user_unknown": "what", "user_is_inactive": "what",
    "contact_of_other_customer": "point",
}  # fmt: skip


@dataclass(frozen=True)
class Dial:
    """Whom to dial: the contacts there are, the number chosen, the clock at its contact, and what the conduct gate says now."""

    contacts: tuple[tuple[Contact, tuple[ContactPoint, ...]], ...]
    point: ContactPoint | None
    contact: Contact | None
    clock: Clock
    verdict: Verdict
    why: str
    opens_again: str
    may_override: bool


@require_safe
def call_next(request: HttpRequest) -> HttpResponse:
    """On to whom my list says to call next."""
    allow(request, "log_call")
    door: Standing = request.door  # type: ignore[attr-defined]
    upcoming = next_on_list(worklist(door.today, door.who.user_id, door.policy), 0, door.who.now)
    return redirect(_onward(request, upcoming))


@require_safe
def call_skip(request: HttpRequest, pk: int) -> HttpResponse:
    """On to the one after this customer; nothing is logged, the customer stays to do."""
    allow(request, "log_call")
    door: Standing = request.door  # type: ignore[attr-defined]
    upcoming = next_on_list(worklist(door.today, door.who.user_id, door.policy), pk, door.who.now)
    return redirect(_onward(request, upcoming))


def call(request: HttpRequest, pk: int) -> HttpResponse:
    """The page, its answer to another number chosen, what a promise is understood as, and the logging."""
    allow(request, "log_call")
    door: Standing = request.door  # type: ignore[attr-defined]
    customer = customer_for(request, pk)
    if request.method == "POST":
        return _log(request, customer)
    target = (request.htmx.target or "") if request.htmx else ""  # type: ignore[attr-defined]
    if target == "f-promise-understood":
        return said_back(request, pk, door.today, owed_now(pk, door.today, customer.currency))
    if target == "dial":
        return show(
            request,
            "call.html",
            {"customer": customer, "dial": _dial(request, customer, typed_in(request))},
            part="dial",
        )
    return _page(request, customer, typed_in(request), {})


def _page(
    request: HttpRequest, customer: Customer, typed: Mapping[str, str], errors: Mapping[str, str]
) -> HttpResponse:
    door: Standing = request.door  # type: ignore[attr-defined]
    dial = _dial(request, customer, typed)
    facts: dict[str, Any] = {
        "customer": customer,
        "zone": zone_of(place_of(customer, None), door.policy).name,
        "typed": typed,
        "errors": errors,
        "key": uuid4().hex,
        "dial": dial,
        "guide": call_guide(customer.pk, door.today),
        "wording": call_wording(customer, dial.contact, request.user, door.today, dial.clock.time),  # type: ignore[arg-type]
        "why": why(customer.pk, door.today, door.policy),
        "counts": day_counts(door.today, door.who.user_id, campaign_size(door.who.user_id, door.policy)),
        "attempts": list(
            Call.objects.filter(customer=customer.pk, day=door.today)
            .select_related("by")
            .order_by("started_at")
        ),
        "outcomes": OUTCOMES,
    }
    return show(request, "call.html", facts, status=422 if errors else 200)


def _dial(request: HttpRequest, customer: Customer, typed: Mapping[str, str]) -> Dial:
    door: Standing = request.door  # type: ignore[attr-defined]
    contacts = usable_contacts(customer.pk)
    phones = [(who, point) for who, points in contacts for point in points if point.kind == "phone"]
    free = [pair for pair in phones if not (pair[0].do_not_call or pair[0].cease_contact)]
    asked = [pair for pair in phones if str(pair[1].pk) == typed.get("point", "")]
    contact, point = next(iter(asked or free or phones), (None, None))
    facts = situation(customer.pk, door.today, door.policy)
    verdict = call_verdict(customer, contact, facts, door.who.now, door.policy, point.value if point else "")
    there = place_of(customer, contact)
    zone, (opens, closes) = zone_of(there, door.policy), window_for(there, door.policy)
    may_override = not verdict.allowed and verdict.code in MAY_OVERRIDE and door.may("pin_customer")
    return Dial(
        contacts, point, contact, clock_there(zone, customer.country, door.who.now, opens, closes), verdict,
        reason(verdict.code, verdict.facts), _again(verdict), may_override,
    )  # fmt: skip


def _again(verdict: Verdict) -> str:
    """When a call would be allowed, in the time there; empty while it is, or when it never is."""
    if verdict.allowed or verdict.next_at is None:
        return ""
    return f"{verdict.next_at:%a} {verdict.next_at.day} {verdict.next_at:%b %H:%M} there"


def _log(request: HttpRequest, customer: Customer) -> HttpResponse:
    door: Standing = request.door  # type: ignore[attr-defined]
    typed = typed_in(request)
    try:
        logged, sentence = _logged(door, customer, typed)
    except Unclear as unclear:
        return _page(request, customer, typed, {unclear.field: unclear.problem})
    except Refused as refused:
        if refused.code == "not_permitted":
            raise
        return _page(request, customer, typed, {_BESIDE.get(refused.code, "form"): str(refused)})
    account = reverse("account", args=[customer.pk])
    if "stay" in request.POST:
        return done(request, sentence, account)
    return done(request, sentence, _onward(request, logged.next_customer_id), link=account)


def _logged(door: Standing, customer: Customer, typed: Mapping[str, str]) -> tuple[CallLogged, str]:
    """Log what was typed and correct the number if a right one was given; all of it or nothing."""
    outcome = needed(typed, "outcome", "What came of the call? Press 1 to 8.")
    owed = owed_now(customer.pk, door.today, customer.currency)
    promise = promise_in(typed, door.today, owed)
    follow_up = follow_up_in(typed, door.today)
    point = (
        ContactPoint.objects.filter(pk=_id(typed, "point"), contact__customer=customer.pk)
        .select_related("contact")
        .first()
    )
    inbound = outcome == THEY_CALLED
    with transaction.atomic():
        logged = log_call(
            door.who, customer.pk, "reached" if inbound else outcome,
            contact_id=point.contact_id if point else None,
            spoke_to=typed.get("spoke_to", ""),
            number=point.value if point else typed.get("number", ""),
            direction="in" if inbound else "out",
            note=typed.get("note", ""), promise=promise, follow_up=follow_up, override=typed.get("override", ""),
            conversation_id=_id(typed, "conversation") or None,
            key=typed.get("key") or None,
        )  # fmt: skip
        right = " ".join(typed.get("right_number", "").split())
        if outcome == "wrong_number" and right and point and not _known(customer.pk, right):
            correct_point(door.who, customer.pk, point.contact_id, point_id=point.pk, value=right)
    return logged, _said(customer, outcome, logged, promise is not None, door)


def _said(customer: Customer, outcome: str, logged: CallLogged, promised: bool, door: Standing) -> str:
    """What happened, in one sentence."""
    words = {value: label for value, label, _ in OUTCOMES}[outcome].lower()
    parts = [f"{customer.name}: {words}"]
    if logged.promise_id and promised:
        promise = Call.objects.get(pk=logged.call_id).promises.get(pk=logged.promise_id)
        amount = Money(promise.amount, promise.currency) if promise.amount is not None else "all of it"
        parts.append(f"{amount} promised for {in_words(promise.due_on, door.today)}")
    if logged.follow_up_id:
        parts.append("follow-up planned")
    if logged.wrong_point_ids:
        parts.append("the number is marked wrong")
    return "; ".join(parts) + "."


def _onward(request: HttpRequest, upcoming: int | None) -> str:
    if upcoming is not None:
        return reverse("call", args=[upcoming])
    messages.info(request, "Nobody on the list can be called now.")
    return reverse("today")


def _known(customer_id: int, value: str) -> bool:
    """A request sent twice must not add the number twice."""
    return ContactPoint.objects.filter(contact__customer=customer_id, value=value, state="ok").exists()


def _id(typed: Mapping[str, str], name: str) -> int:
    text = typed.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
