"""One conversation: what do they want, what do we say, by when? The thread, the account beside, and every act on it (B5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Q
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dunlin.actions import handle_conversation as handling
from dunlin.actions.answer_mail import answer_mail
from dunlin.actions.note_conversation import note_conversation
from dunlin.actions.store_file import path_of
from dunlin.desk import access
from dunlin.desk.acts import Unclear, address, allow, day_in, needed, typed_in
from dunlin.desk.answering import BESIDE, answer_in, composer_facts
from dunlin.desk.answers import done, show
from dunlin.desk.documents import handed_out
from dunlin.desk.doors import Standing
from dunlin.desk.inbox import WORDS, left_words
from dunlin.desk.office import number_in, office_act, seeing
from dunlin.desk.proposals import ACTION_WORDS, FORMS, facts_in_words
from dunlin.desk.triage import offered
from dunlin.records.models import Conversation, User
from dunlin.reports.conversation import MailShown, conversation_shown
from dunlin.reports.inbox import conversations_of, live
from dunlin.rules.codes import Refused
from dunlin.rules.plain_words import in_words
from dunlin.rules.roles import ROLES

CLOSE_REASONS = ("No answer needed", "Answered by phone", "Advertisement or spam", "Sent to us by mistake")
_FOLDED_AFTER = 3  # entries shown in full; older ones are one line each until opened


@require_safe
def conversation(request: HttpRequest, pk: int) -> HttpResponse:
    """The page."""
    seeing(request, "see_inbox")
    return page_of(request, access.conversation_for(request, pk))


def page_of(
    request: HttpRequest,
    row: Conversation,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The page as it stands, with what was typed into the answer and what is wrong with it."""
    door: Standing = request.door  # type: ignore[attr-defined]
    it = conversation_shown(row, door.today, door.who.now, door.policy)
    facts: dict[str, Any] = {
        "it": it, "row": row, "words": WORDS, "left_words": left_words, "zone": door.policy.ledger_time_zone,
        "unfolded": {(type(each).__name__, each.id) for each in it.entries[-_FOLDED_AFTER:]}, "forms": FORMS,
        "actions": ACTION_WORDS, "facts_in_words": facts_in_words, "workers": workers(), "reasons": CLOSE_REASONS,
        "others": [each for each in conversations_of(row.customer_id) if each.id != row.pk] if row.customer_id else [],
        "candidates": offered(request, row) if row.customer_id is None else [],
        "came": [one for each in it.entries if isinstance(each, MailShown) for one in each.files if not one.refused],
        "over": row.state in ("answered", "closed"), "next": _next(request, row),
        **composer_facts(request, row, it, typed or {}, errors or {}),
    }  # fmt: skip
    return show(request, "inbox/conversation.html", facts, status=422 if errors else 200)


def _next(request: HttpRequest, row: Conversation) -> int | None:
    """The conversation to go on with: what of mine is due next, else of all in sight."""
    door: Standing = request.door  # type: ignore[attr-defined]
    waits = Conversation.objects.filter(access.conversations_in_sight(door), live(door.who.now)).exclude(
        pk=row.pk
    )
    own = waits.filter(Q(owner=door.who.user_id) | Q(owner=None))
    return own.order_by("due_at", "pk").values_list("pk", flat=True).first()


def workers() -> list[tuple[int, str]]:
    """People whose hands a conversation can be in, by name."""
    roles = [role for role, verbs in ROLES.items() if "handle_conversation" in verbs]
    people = User.objects.filter(is_active=True, role__in=roles)
    return sorted(((each.pk, each.name) for each in people), key=lambda pair: pair[1].casefold())


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the answer; what was typed stays when it cannot go."""
    allow(request, "answer_mail")
    row = access.conversation_for(request, pk)
    door: Standing = request.door  # type: ignore[attr-defined]
    typed = typed_in(request)
    try:
        sent = answer_mail(door.who, pk, answer_in(request, typed), key=typed.get("key") or None)
    except Unclear as unclear:
        return page_of(request, row, typed, {unclear.field: unclear.problem})
    except Refused as refused:
        if refused.code in ("not_permitted", "conversation_unknown"):
            raise
        return page_of(request, row, typed, {BESIDE.get(refused.code, "form"): str(refused)})
    to = reverse("inbox") if "onward" in request.POST else reverse("conversation", args=[pk])
    late = " It came after its time." if sent.late else ""
    return done(
        request, f"Your answer is on its way.{late}", to, link=reverse("message", args=[sent.message_id])
    )


@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Into my hands, with one key."""
    allow(request, "handle_conversation")
    row = access.conversation_for(request, pk)
    handling.take(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, f"{row.subject or 'It'} is yours now.", _back(request, pk))


def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Into somebody's hands."""

    def do(row: Conversation, typed: Mapping[str, str]) -> str:
        owner = number_in(typed, "owner", "Choose who takes it.") if typed.get("owner") != "nobody" else None
        handling.assign(request.door.who, pk, owner)  # type: ignore[attr-defined]
        name = dict(workers()).get(owner or 0)
        return f"It is {name}’s now." if name else "It is nobody’s now."

    return _act(request, pk, "assign", do, beside={"user_unknown": "owner", "user_is_inactive": "owner"})


def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Aside until a day."""

    def do(row: Conversation, typed: Mapping[str, str]) -> str:
        door: Standing = request.door  # type: ignore[attr-defined]
        needed(typed, "until", "Write the day it comes back: fri, 2 weeks, 30/6.")
        until = day_in(typed, "until", door.today)
        assert until is not None  # something was typed, and what cannot be read is refused beside its field
        handling.snooze(door.who, pk, until)
        return f"Snoozed until {in_words(until, door.today)}. Its clock runs on."

    return _act(request, pk, "snooze", do, beside={"snooze_not_later": "until"}, onward=True)


def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Over without an answer, and why."""

    def do(row: Conversation, typed: Mapping[str, str]) -> str:
        why = typed.get("other", "") or typed.get("why", "")
        handling.close(request.door.who, pk, why)  # type: ignore[attr-defined]
        return f"Closed: {why}."

    return _act(request, pk, "close", do, beside={"not_blank": "why"}, onward=True)


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    allow(request, "handle_conversation")
    access.conversation_for(request, pk)
    handling.reopen(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, "It is open again.", reverse("conversation", args=[pk]))


def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it part of another of the same customer."""

    def do(row: Conversation, typed: Mapping[str, str]) -> str:
        into = number_in(typed, "into", "Choose the conversation it belongs to.")
        other = access.conversation_for(request, into)
        handling.merge(request.door.who, pk, into)  # type: ignore[attr-defined]
        return f"Merged into {other.subject or 'the other one'}."

    beside = {"merge_into_itself": "into", "merge_other_customer": "into", "conversation_unknown": "into"}
    return _act(request, pk, "merge", do, beside=beside)


def note(request: HttpRequest, pk: int) -> HttpResponse:
    """A remark for colleagues."""

    def do(row: Conversation, typed: Mapping[str, str]) -> str:
        note_conversation(request.door.who, pk, typed.get("text", ""))  # type: ignore[attr-defined]
        return "Note kept; only the team sees it."

    return _act(request, pk, "note", do, beside={"not_blank": "text"})


@require_safe
def mail_file(request: HttpRequest, pk: int) -> FileResponse:
    """A file that came with a mail, as a download; one that is refused is never handed out."""
    seeing(request, "see_inbox")
    found = access.mail_file_for(request, pk)
    return handed_out(found.file, found.name)


@require_safe
def mail_raw(request: HttpRequest, pk: int) -> FileResponse:
    """The mail as it came, as a download."""
    seeing(request, "see_inbox")
    mail = access.mail_for(request, pk)
    path = path_of(mail.raw)
    if not path.is_file():
        raise Refused("file_unknown", file=f"mail-{mail.pk}.eml")
    answer = FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"mail-{mail.pk}.eml",
        content_type="application/octet-stream",
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as it was set, made safe, in a frame that may do nothing and load nothing."""
    seeing(request, "see_inbox")
    mail = access.mail_for(request, pk)
    answer = HttpResponse(mail.html or "<p>This mail has no HTML part.</p>")
    answer["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    )
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _act(
    request: HttpRequest,
    pk: int,
    form: str,
    do: Callable[[Conversation, Mapping[str, str]], str],
    *,
    beside: Mapping[str, str],
    onward: bool = False,
) -> HttpResponse:
    """A form about one conversation, as a page of its own; the same form stands in a dialog on the conversation."""
    allow(request, "handle_conversation")
    row = access.conversation_for(request, pk)

    def facts(typed: Mapping[str, str]) -> dict[str, Any]:
        others = conversations_of(row.customer_id) if row.customer_id else ()
        return {
            "row": row, "form": form, "workers": workers(), "reasons": CLOSE_REASONS, "back": typed_in(request).get("back", ""),
            "others": [each for each in others if each.id != pk], "zone": request.door.policy.ledger_time_zone,  # type: ignore[attr-defined]
        }  # fmt: skip

    to = _onward(request, pk) if onward else _back(request, pk)
    return office_act(
        request,
        "handle_conversation",
        "inbox/act.html",
        to,
        lambda typed: do(row, typed),
        beside=beside,
        facts=facts,
    )


def _back(request: HttpRequest, pk: int) -> str:
    """Where the act was asked from: the list, or the conversation."""
    back = request.POST.get("back", "") or request.GET.get("back", "")
    return reverse("inbox") if back == "inbox" else address("conversation", pk)


def _onward(request: HttpRequest, pk: int) -> str:
    """What is put away is out of the way: on to the queue."""
    return reverse("inbox")
