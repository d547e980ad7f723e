"""The outbox: what is to go, what waits for an approval, what was cut off or failed, what went; and each message with its steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dunlin.actions.approve_message import approve_message, send_again, withdraw_message
from dunlin.actions.message_content import Content
from dunlin.actions.preview_message import preview_message
from dunlin.actions.send_portal_link import without_secret
from dunlin.actions.settle_message import settle_message
from dunlin.desk.access import in_sight, message_for
from dunlin.desk.acts import allow
from dunlin.desk.answers import done, show
from dunlin.desk.documents import handed_out
from dunlin.desk.office import any_day_in, office_act, seeing
from dunlin.records.messages import PURPOSES
from dunlin.records.models import Message, MessageFile
from dunlin.reports.outbox import TABS, counts_of_day, outbox_page
from dunlin.rules.codes import Refused
from dunlin.rules.reasons import reason

TAB_WORDS = (
    ("to_go", "To go"), ("waiting", "To approve"), ("cut_off", "Cut off"), ("failed", "Failed"), ("sent", "Sent"),
    ("withdrawn", "Withdrawn"),
)  # fmt: skip
PURPOSE_WORDS = {
    "notice": "Notice", "statement": "Statement", "finals": "Final invoice received?", "mrr": "Recurring invoices",
    "not_reached": "Not reached by phone", "suspension": "Suspension", "answer": "Answer", "copies": "Copies",
    "written": "Written by hand", "request": "Request to a department", "internal": "To colleagues",
    "portal_link": "Link to the portal", "payment": "Payment that failed",
}  # fmt: skip
STATE_LOOKS = {
    "waiting": "warn", "decided": "info", "claimed": "warn", "sent": "good", "failed": "bad", "bounced": "bad", "withdrawn": "",
}  # fmt: skip


@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """One tab; open work of any day, what is over of the day chosen."""
    seeing(request, "see_processes")
    door = request.door  # type: ignore[attr-defined]
    day = any_day_in(request.GET, "day", door.as_of) or door.as_of
    counts = counts_of_day(day)
    tab = request.GET.get("tab", "")
    if tab not in TABS:
        tab = next((each for each in ("cut_off", "waiting", "to_go", "failed") if counts[each]), "sent")
    purpose = request.GET.get("purpose", "")
    after = request.GET.get("after", "")
    page = outbox_page(
        tab, day, _visible(request), purpose=purpose if purpose in PURPOSES else "",
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 12 else None,
    )  # fmt: skip
    facts = {
        "page": page, "tab": tab, "tabs": TAB_WORDS, "counts": counts, "day": day, "purpose": purpose,
        "purposes": PURPOSE_WORDS, "looks": STATE_LOOKS, "said": _said, "dated": tab not in ("to_go", "waiting", "cut_off"),
    }  # fmt: skip
    return show(request, "sending/outbox.html", facts, part="results")


@require_safe
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message as it goes or went, with every step."""
    seeing(request, "see_processes")
    row = message_for(request, pk)
    preview, stops = _preview(request, row)
    lines = list(row.items.select_related("item").order_by("left_out", "item__due_on", "pk")[:500])
    facts = {
        "row": row, "steps": list(row.events.select_related("by")), "files": list(row.files.select_related("file")),
        "carried": [each for each in lines if not each.left_out], "left_out": [each for each in lines if each.left_out],
        "purposes": PURPOSE_WORDS, "looks": STATE_LOOKS, "why": _said(row.why, row.why_facts),
        "cut_off": row.state == "claimed" and row.handed_over_at is not None, "text": _seen(row, preview.text if preview else row.text),
        "subject": preview.subject if preview else row.subject, "has_html": bool(preview.html if preview else row.html),
        "stops": stops,
    }  # fmt: skip
    return show(request, "sending/message.html", facts)


@require_safe
def message_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of a message on its own, in a frame that may do nothing."""
    seeing(request, "see_processes")
    row = message_for(request, pk)
    preview, _ = _preview(request, row)
    answer = HttpResponse(
        _seen(row, preview.html if preview else row.html) or "<p>This message has no HTML part.</p>"
    )
    answer["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def message_file(request: HttpRequest, pk: int, file: int) -> FileResponse:
    """A file that goes, or went, with a message."""
    seeing(request, "see_processes")
    row = message_for(request, pk)
    found = MessageFile.objects.filter(message=row, pk=file).select_related("file").first()
    if found is None:
        raise Refused("file_unknown", file=file)
    return handed_out(found.file, found.name)


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one that waits go."""
    allow(request, "approve_message")
    message_for(request, pk)
    row = approve_message(request.door.who, pk)  # type: ignore[attr-defined]
    return done(
        request,
        f"Approved: {row.subject or 'the message'} goes with the next sending.",
        reverse("message", args=[pk]),
    )


@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Try one that failed once more."""
    allow(request, "withdraw_message")
    message_for(request, pk)
    send_again(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, "It is tried again with the next sending.", reverse("message", args=[pk]))


def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep one from going."""
    row = message_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        withdraw_message(request.door.who, pk, typed.get("why", ""))  # type: ignore[attr-defined]
        return "Withdrawn; it does not go."

    return office_act(
        request, "withdraw_message", "sending/withdraw.html", reverse("message", args=[pk]), do,
        beside={"not_blank": "why"}, facts=lambda typed: {"row": row},
    )  # fmt: skip


def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what became of one whose sending was cut off."""
    row = message_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        went = typed.get("went") == "yes"
        settle_message(request.door.who, pk, went, typed.get("because", ""))  # type: ignore[attr-defined]
        return "It counts as sent." if went else "It goes again with the next sending."

    return office_act(
        request, "settle_message", "sending/settle.html", reverse("message", args=[pk]), do,
        beside={"not_blank": "because"}, facts=lambda typed: {"row": row},
    )  # fmt: skip


def _seen(row: Message, text: str) -> str:
    """What a colleague may read. A link to sign in is its reader's own; only where no mail server is set up (a demo) nobody would see
    it otherwise."""
    return without_secret(text) if row.purpose == "portal_link" and settings.SMTP else text


def _preview(request: HttpRequest, row: Message) -> tuple[Content | None, str]:
    """What a message that is still to go would say now, or why it would be withdrawn; neither for one that went."""
    if row.state not in ("waiting", "decided"):
        return None, ""
    found = preview_message(request.door.who, row.pk)  # type: ignore[attr-defined]
    return (found, "") if isinstance(found, Content) else (None, _said(found.code, found.facts))


def _visible(request: HttpRequest) -> Q:
    door = request.door  # type: ignore[attr-defined]
    seen = in_sight(door, "customer")
    return seen | Q(customer=None) if door.may("see_all_customers") and seen else seen


def _said(code: str, facts: Mapping[str, Any]) -> str:
    """A reason in words; a code of an older version stands as it is."""
    try:
        return reason(code, facts) if code else ""
    except (KeyError, IndexError):
        return code.replace("_", " ")


def recent_of(customer_id: int) -> list[Message]:
    """The newest messages to an account."""
    return list(Message.objects.filter(customer=customer_id).order_by("-created_at")[:20])
