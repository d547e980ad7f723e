"""Letters: what is due, batches printed with their manifest and labels, and whether they were posted (C8)."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_q.tasks import async_task

from dunlin.actions.make_mailing import drop_mailing, make_mailing, post_mailing
from dunlin.desk.acts import allow
from dunlin.desk.answers import done, show
from dunlin.desk.documents import handed_out
from dunlin.desk.office import office_act, seeing
from dunlin.records.models import Mailing, Message
from dunlin.rules.codes import Refused

HERE_MAX = 60  # letters printed while one waits; more are printed by a job
_FILES = {"letters": "letters_file", "manifest": "manifest_file", "labels": "labels_file"}


@require_safe
def mailings(request: HttpRequest) -> HttpResponse:
    """The letters that are due, and the batches, newest first; asks again by itself while one is being made."""
    seeing(request, "see_processes")
    due = Message.objects.filter(channel="letter", state="decided")
    rows = list(Mailing.objects.select_related("made_by", "posted_by")[:50])
    waiting = Message.objects.filter(channel="letter", state="waiting").count()
    facts = {
        "due": due.count(), "waiting": waiting, "rows": rows, "moving": any(row.state == "making" for row in rows),
        "seen": request.door.may("see_all_customers"),  # type: ignore[attr-defined]
    }  # fmt: skip
    return show(request, "sending/mailings.html", facts, part="results")


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Print what is due: here when it is little, else by a job while the page tells how far it is."""
    allow(request, "make_mailing")
    door = request.door  # type: ignore[attr-defined]
    there = reverse("mailings")
    due = Message.objects.filter(channel="letter", state="decided").count()
    if due > HERE_MAX:
        async_task("dunlin.actions.make_mailing.make_mailing_later", door.who.user_id, door.today.isoformat())
        return done(
            request,
            f"{due:,} letters are being printed; this page tells how far it is, and may be left.",
            there,
        )
    made = make_mailing(door.who)
    parts = [
        f"{made.letters} printed",
        f"{made.withdrawn} withdrawn",
        f"{made.put_off} put off",
        f"{made.failed} not printable",
    ]
    told = ", ".join(part for part in parts if not part.startswith("0 ")) or "Nothing was due any more"
    return done(request, f"{told}.", there)


@require_POST
def posted(request: HttpRequest, pk: int) -> HttpResponse:
    """The batch was handed to the post."""
    allow(request, "make_mailing")
    row = post_mailing(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, f"{row.letters_done:,} letters are sent.", reverse("mailings"))


def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """It is not posted; its letters are due again."""
    row = Mailing.objects.filter(pk=pk).first()
    if row is None:
        raise Refused("mailing_unknown", mailing=pk)

    def do(typed: Mapping[str, str]) -> str:
        again = drop_mailing(request.door.who, pk, typed.get("why", ""))  # type: ignore[attr-defined]
        return f"{again:,} letters are due again."

    return office_act(
        request, "make_mailing", "sending/mailing_drop.html", reverse("mailings"), do,
        beside={"not_blank": "why"}, facts=lambda typed: {"row": row},
    )  # fmt: skip


@require_safe
def mailing_file(request: HttpRequest, pk: int, which: str) -> FileResponse:
    """The letters, the manifest or the labels of a batch. It holds all customers' letters, so it is for who sees all."""
    allow(request, "see_all_customers")
    row = Mailing.objects.select_related(*_FILES.values()).filter(pk=pk).first()
    stored = getattr(row, _FILES.get(which, ""), None) if row is not None else None
    if stored is None:
        raise Refused("mailing_unknown", mailing=pk)
    ending = "zip" if which == "letters" else "pdf"
    return handed_out(stored, f"{which}-{pk}.{ending}")
