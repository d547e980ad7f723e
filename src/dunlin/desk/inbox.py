"""Inbox: what must be answered and by when? The queue, calls to return, the mailboxes it comes from (B5, P14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dunlin.actions.queue_call import queue_call
from dunlin.actions.take_mail import take_mail
from dunlin.desk import access
from dunlin.desk.acts import Unclear, allow, needed
from dunlin.desk.answers import done, show
from dunlin.desk.doors import Standing
from dunlin.desk.office import office_act, seeing
from dunlin.desk.tables import Pages
from dunlin.records.models import Customer, Mailbox
from dunlin.reports.answer_times import AnswerTimes, answer_times
from dunlin.reports.inbox import PAGE_SIZE, VIEWS, Asked, Inbox, inbox

VIEW_WORDS = {
    "mine": "Mine", "unassigned": "Nobody’s", "all": "All", "triage": "Whose is it?", "snoozed": "Snoozed", "late": "Late",
    "answered": "Answered",
}  # fmt: skip
KIND_WORDS = {"mail": "E-mail", "voicemail": "Voicemail", "call": "Call to return"}
INTENT_WORDS = {
    "promise_to_pay": "promises to pay", "dispute": "disputes", "invoice_copy_request": "wants copies",
    "statement_request": "wants a statement", "remittance_advice": "payment advice", "already_paid": "says paid",
    "contact_change": "new contact", "out_of_office": "out of office", "bounce": "address failed",
    "payment_plan_request": "asks for a plan", "fee_waiver_request": "asks to waive a fee", "tax_certificate": "tax certificate",
    "portal_help": "portal help", "refund_request": "asks for a refund", "cancel_service": "wants to cancel",
    "legal_threat": "legal threat", "other": "to read",
}  # fmt: skip
# Those that want care are marked as such; a word says it, the colour only helps.
INTENT_LOOKS = {
    "promise_to_pay": "good", "remittance_advice": "good", "already_paid": "info", "dispute": "warn", "legal_threat": "bad",
    "cancel_service": "warn", "payment_plan_request": "warn", "refund_request": "warn",
}  # fmt: skip
CALL_KINDS = (("call", "They rang"), ("voicemail", "They left a voicemail"))


def left_words(minutes: int) -> str:
    """Open minutes as people say them: 45 min, 3 h."""
    size = abs(minutes)
    return f"{size} min" if size < 100 else f"{size // 60} h"


@dataclass(frozen=True)
class Words:
    """The words and looks every page of the inbox uses."""

    kinds: Mapping[str, str]
    intents: Mapping[str, str]
    looks: Mapping[str, str]


WORDS = Words(KIND_WORDS, INTENT_WORDS, INTENT_LOOKS)


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """One view of the queue. Without a choice: mine, or, when nothing of mine waits, all."""
    seeing(request, "see_inbox")
    door: Standing = request.door  # type: ignore[attr-defined]
    view = request.GET.get("view", "")
    found = _read(request, view if view in VIEWS else "mine")
    if view not in VIEWS and not found[1].total and found[1].counts["all"]:
        found = _read(request, "all")
    asked, read = found
    facts = {
        "asked": asked, "inbox": read, "pages": Pages(read.total, read.page, PAGE_SIZE), "words": WORDS, "left_words": left_words,
        "views": [(key, VIEW_WORDS[key], read.counts.get(key)) for key in VIEWS], "kinds": tuple(KIND_WORDS.items()),
        "times": _times(request), "zone": door.policy.ledger_time_zone, "boxes": _boxes() if not read.total else [],
    }  # fmt: skip
    return show(request, "inbox/queue.html", facts, part="results")


def _read(request: HttpRequest, view: str) -> tuple[Asked, Inbox]:
    door: Standing = request.door  # type: ignore[attr-defined]
    text = request.GET.get("page", "1")
    asked = Asked(
        view, request.GET.get("mailbox", "")[:20], request.GET.get("kind", "")[:9], request.GET.get("q", "").strip()[:100],
        int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1,
    )  # fmt: skip
    scope = access.conversations_in_sight(door)
    return asked, inbox(
        asked,
        scope=scope,
        user_id=door.who.user_id or 0,
        today=door.today,
        now=door.who.now,
        policy=door.policy,
    )


def _times(request: HttpRequest) -> AnswerTimes:
    """How fast answers went today, of what is in sight."""
    door: Standing = request.door  # type: ignore[attr-defined]
    return answer_times(
        door.today,
        door.today,
        door.who.now,
        door.policy.ledger_time_zone,
        scope=access.conversations_in_sight(door),
    )


def _boxes() -> list[Mailbox]:
    return list(Mailbox.objects.filter(active=True).order_by("key"))


def call_queue(request: HttpRequest) -> HttpResponse:
    """Put a call to return into the queue: heard on the general line, or as a voicemail on the phone."""

    def do(typed: Mapping[str, str]) -> str:
        phone = needed(typed, "phone", "Write the number to call back.")
        kind = typed.get("kind", "call")
        door: Standing = request.door  # type: ignore[attr-defined]
        queued = queue_call(
            door.who, phone, typed.get("about", ""), caller=typed.get("caller", ""), customer_id=_customer(request, typed),
            kind=kind if kind in dict(CALL_KINDS) else "call", key=typed.get("key") or None,
        )  # fmt: skip
        whose = (
            Customer.objects.get(pk=queued.customer_id).name
            if queued.customer_id
            else "somebody not known yet"
        )
        return f"{phone} is to be called back: {whose}."

    beside = {"not_blank": "phone", "customer_unknown": "customer"}
    return office_act(
        request,
        "queue_call",
        "inbox/call.html",
        reverse("inbox"),
        do,
        beside=beside,
        facts=lambda typed: {"kinds": CALL_KINDS},
    )


def _customer(request: HttpRequest, typed: Mapping[str, str]) -> int | None:
    """The account typed by number or whole name; None when none was. Unclear when it is not one."""
    text = typed.get("customer", "")
    if not text:
        return None
    seen = access.customers_of(request)
    found = list(seen.filter(number__iexact=text)[:1]) or list(seen.filter(name__iexact=text)[:2])
    if len(found) != 1:
        raise Unclear("customer", f"No account in your sight has the number or name ‘{text[:60]}’.")
    return found[0].pk


@require_safe
def mailboxes(request: HttpRequest) -> HttpResponse:
    """The mailboxes mail comes from: when each was read last, and what went wrong."""
    seeing(request, "see_inbox")
    door: Standing = request.door  # type: ignore[attr-defined]
    facts = {"boxes": list(Mailbox.objects.order_by("-active", "key")), "zone": door.policy.ledger_time_zone}
    return show(request, "inbox/mailboxes.html", facts)


@require_POST
def read_now(request: HttpRequest) -> HttpResponse:
    """Read the mailboxes at once, without waiting for the next round."""
    allow(request, "take_mail")
    taken = take_mail(request.door.who)  # type: ignore[attr-defined]
    there = reverse("mail_settings" if request.POST.get("back") == "settings" else "mailboxes")
    if not taken.mailboxes:
        return done(request, "No mailbox is set up to be read.", there)
    came = f"{taken.new} new {'mail' if taken.new == 1 else 'mails'}" if taken.new else "Nothing new"
    failed = f"; {len(taken.problems)} could not be read" if taken.problems else ""
    return done(request, f"{came}{failed}.", there)
