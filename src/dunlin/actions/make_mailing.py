"""Print the letters that are due: facts read again, one PDF each, a manifest and address labels; then say that they were posted.

A letter counts as sent, and uses up its level, when somebody says that the batch was posted. Until then it can be taken back.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import Who, doing
from dunlin.actions.message_content import Content, after_sent, fresh_content, keep
from dunlin.actions.messages import happened, withdraw
from dunlin.actions.store_file import file_bytes, store_bytes
from dunlin.actions.writing_gate import gate
from dunlin.connectors.print_shop import Refused as NotPrinted
from dunlin.connectors.print_shop import print_batch
from dunlin.formats.letter_blocks import letter_body
from dunlin.formats.letter_paper import Letter
from dunlin.formats.mailing_paper import Mailing as Batch
from dunlin.formats.mailing_paper import MailPiece, manifest_csv, print_labels, print_manifest
from dunlin.formats.paper import Printed
from dunlin.formats.paper_frame import Recipient, Sender
from dunlin.records import clock
from dunlin.records.locks import lock_customers
from dunlin.records.models import Address, Entity, Mailing, Message, MessageFile, User
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused, sentence

LETTERS_MAX = 5_000  # of one batch; what is left is the next one's
Progress = Callable[[int, int], None]  # done, of how many


@dataclass(frozen=True)
class MailingMade:
    """How many letters the batch holds, and how many were withdrawn, put off or could not be printed. None without letters."""

    mailing_id: int | None
    letters: int
    withdrawn: int
    put_off: int
    failed: int


@dataclass
class _Piece:
    message: Message
    letter: Letter | None  # None: its PDF is there already
    to: Recipient
    pdf: bytes = b""
    pages: int = 1


def make_mailing(who: Who, *, limit: int = LETTERS_MAX, progress: Progress | None = None) -> MailingMade:
    """Print every letter that is due, oldest first. Refused: not_permitted."""
    with doing(who, "make_mailing") as act:
        mailing = Mailing.objects.create(
            made_at=who.now, made_by_id=who.user_id, what=f"Letters of {who.today}"
        )
        act.tell(about=f"mailing:{mailing.pk}")
    due = list(
        Message.objects.filter(channel="letter", state="decided")
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    pieces: list[_Piece] = []
    counts = {"withdrawn": 0, "put_off": 0, "failed": 0}
    for pk in due:
        outcome = _claim(who, pk, mailing)
        if isinstance(outcome, _Piece):
            pieces.append(outcome)
        else:
            counts[outcome] += 1
    mailing.letters_total = len(pieces)
    mailing.save(update_fields=["letters_total"])
    printed = _print(who, mailing, pieces, progress)
    counts["failed"] += len(pieces) - len(printed)
    if not printed:
        Message.objects.filter(mailing=mailing).update(mailing=None)
        mailing.delete()
        return MailingMade(None, 0, counts["withdrawn"], counts["put_off"], counts["failed"])
    _bind(who, mailing, printed)
    return MailingMade(mailing.pk, len(printed), counts["withdrawn"], counts["put_off"], counts["failed"])


def post_mailing(who: Who, mailing_id: int) -> Mailing:
    """The batch was handed to the post: its letters are sent. Refused: mailing_unknown, mailing_in_other_state."""
    with doing(who, "make_mailing", cause="posted") as act:
        mailing = _locked(mailing_id, "made")
        for message in mailing.letters.filter(state="claimed").order_by("customer", "pk"):
            lock_customers([message.customer_id] if message.customer_id else [])
            message.state, message.sent_at, message.handed_over_at = "sent", who.now, who.now
            message.save(update_fields=["state", "sent_at", "handed_over_at"])
            happened(message, who.now, "sent", f"posted with mailing {mailing.pk}", who.user_id)
            after_sent(act, message)
            if message.customer_id:
                decide_again(who, message.customer_id)
        mailing.state, mailing.posted_at, mailing.posted_by_id = "posted", who.now, who.user_id
        mailing.save(update_fields=["state", "posted_at", "posted_by"])
        act.tell(about=f"mailing:{mailing.pk}", after={"posted": mailing.letters_done})
    return mailing


def drop_mailing(who: Who, mailing_id: int, why: str) -> int:
    """The batch is not posted: its letters are due again, with the facts as they are then; how many.

    Refused: mailing_unknown, mailing_in_other_state, not_blank.
    """
    if not why.strip():
        raise Refused("not_blank", field="why")
    with doing(who, "make_mailing", cause=why) as act:
        mailing = _locked(mailing_id, "made", "making")
        letters = list(mailing.letters.filter(state="claimed"))
        for message in letters:
            message.state, message.claimed_by, message.mailing = "decided", "", None
            message.save(update_fields=["state", "claimed_by", "mailing"])
            message.files.filter(name__endswith=_MADE).delete()
            happened(message, who.now, "released", why, who.user_id)
        mailing.state, mailing.message = "failed", why.strip()[:300]
        mailing.save(update_fields=["state", "message"])
        act.tell(about=f"mailing:{mailing.pk}", after={"dropped": len(letters)})
    return len(letters)


_MADE = ".letter.pdf"  # the PDFs a mailing makes, apart from files that were there before


def _locked(mailing_id: int, *states: str) -> Mailing:
    mailing = Mailing.objects.select_for_update().filter(pk=mailing_id).first()
    if mailing is None:
        raise Refused("mailing_unknown", mailing=mailing_id)
    if mailing.state not in states:
        raise Refused("mailing_in_other_state", state=mailing.state)
    return mailing


def _claim(who: Who, pk: int, mailing: Mailing) -> _Piece | str:
    """As for a mail: read again under the customer's lock; withdrawn, put off, or ready to print."""
    policy = current_policy()
    with transaction.atomic():
        customer = Message.objects.filter(pk=pk).values_list("customer", flat=True).first()
        lock_customers([customer] if customer else [])
        message = (
            Message.objects.select_for_update(of=("self",)).select_related("customer", "entity").get(pk=pk)
        )
        if message.state != "decided":
            return "put_off"
        content = fresh_content(who, message, policy)
        if not isinstance(content, Content):
            withdraw(message, who.now, content.code, content.facts)
            return "withdrawn"
        verdict = gate(message, who.now, policy)
        if not verdict.allowed:
            if verdict.next_at is not None:
                return "put_off"
            withdraw(message, who.now, verdict.code, verdict.facts)
            return "withdrawn"
        to = _to(message)
        if to is None:
            withdraw(message, who.now, "letter_without_address", {})
            return "withdrawn"
        keep(message, content)
        message.to = [{"name": to.name, "address": ", ".join(to.lines)}]
        message.state, message.claimed_at, message.claimed_by = "claimed", who.now, f"mailing {mailing.pk}"
        message.mailing, message.attempts = mailing, message.attempts + 1
        message.save()
        happened(message, who.now, "claimed", f"printed with mailing {mailing.pk}", who.user_id)
    there = message.files.select_related("file").order_by("pk").first()
    if (
        there is not None
        and there.file.type == "application/pdf"
        and message.purpose in ("statement", "copies")
    ):
        return _Piece(message, None, to, file_bytes(there.file), int(message.facts.get("pages", 1)))
    return _Piece(message, _letter(message, content, to, who.now), to)


def _to(message: Message) -> Recipient | None:
    customer = message.customer
    if customer is None:
        return None
    found = Address.objects.filter(customer=customer).order_by("pk")
    chosen = next((each for each in found if each.kind == "billing"), None) or found.first()
    if chosen is None:
        return None
    town = " ".join(part for part in (chosen.city, chosen.region, chosen.postcode) if part)
    lines = (*chosen.lines.splitlines(), town)
    return Recipient(
        customer.number, customer.name, tuple(line for line in lines if line.strip()), chosen.country
    )


def _letter(message: Message, content: Content, to: Recipient, at: datetime) -> Letter:
    language = message.language or "en"
    body = letter_body(content.blocks, language) if content.blocks else tuple(content.text.split("\n\n"))
    return Letter(_sender(message.entity, message), to, at.date(), language, message.subject, body)


def _sender(entity: Entity | None, message: Message) -> Sender:
    if entity is None:
        return Sender(message.sender_name or message.sender_address, (), "")
    contact = tuple(part for part in (entity.phone, message.reply_to or message.sender_address) if part)
    return Sender(
        entity.name,
        tuple(entity.address.splitlines()),
        entity.country,
        contact,
        (entity.tax_number,) if entity.tax_number else (),
    )


def _print(who: Who, mailing: Mailing, pieces: Sequence[_Piece], progress: Progress | None) -> list[_Piece]:
    """Print what has no PDF yet, some at a time on every core; what cannot be printed fails by name and stops nothing."""
    todo = [piece for piece in pieces if piece.letter is not None]
    done = [piece for piece in pieces if piece.letter is None]
    counted = len(done)
    for index, result in print_batch(_letters(todo)):
        piece = todo[index]
        if isinstance(result, NotPrinted):
            facts = {
                "answer": sentence(
                    result.code, {"document": result.document, "why": result.why, "seconds": result.seconds}
                )
            }
            Message.objects.filter(pk=piece.message.pk).update(
                state="failed", why="message_failed", why_facts=facts, mailing=None
            )
            happened(piece.message, who.now, "failed", facts["answer"])
            continue
        piece.pdf, piece.pages = result.pdf, result.pages
        stored = store_bytes(piece.pdf, "application/pdf", who.now)
        MessageFile.objects.create(message=piece.message, file=stored, name=f"{piece.message.pk}{_MADE}")
        done.append(piece)
        counted += 1
        if counted % 20 == 0 or counted == len(pieces):
            Mailing.objects.filter(pk=mailing.pk).update(letters_done=counted)
        if progress:
            progress(counted, len(pieces))
    return sorted(done, key=lambda piece: (piece.to.country, piece.message.pk))


def _letters(pieces: Sequence[_Piece]) -> Iterator[Letter]:
    for piece in pieces:
        assert piece.letter is not None
        yield piece.letter


def _bind(who: Who, mailing: Mailing, pieces: Sequence[_Piece]) -> None:
    """The batch as files: the letters in the order of the manifest, the manifest itself, the address labels."""
    sender = _sender(pieces[0].message.entity, pieces[0].message)
    listed = tuple(
        MailPiece(number, piece.to, piece.message.subject or "Statement of account", piece.pages)
        for number, piece in enumerate(pieces, 1)
    )
    batch = Batch(mailing.what, sender, who.today, listed)
    letters = io.BytesIO()
    manifest: Printed = print_manifest(batch)
    with zipfile.ZipFile(letters, "w", zipfile.ZIP_STORED) as archive:
        for each, piece in zip(listed, pieces):
            archive.writestr(f"{each.number:05d}-{piece.to.number}.pdf", piece.pdf)
        archive.writestr("manifest.csv", manifest_csv(batch))
    labels = print_labels(sender, [piece.to for piece in pieces], who.today)
    mailing.letters_file = store_bytes(letters.getvalue(), "application/zip", who.now)
    mailing.manifest_file = store_bytes(manifest.pdf, "application/pdf", who.now)
    mailing.labels_file = store_bytes(labels.pdf, "application/pdf", who.now)
    mailing.letters_total = mailing.letters_done = len(pieces)
    mailing.pages, mailing.state = sum(piece.pages for piece in pieces), "made"
    mailing.save()


def make_mailing_later(user_id: int, day: str) -> str:
    """The job behind the button: what `make_mailing` does, by the person who pressed it."""
    user = User.objects.get(pk=user_id)
    made = make_mailing(Who(user.pk, user.name, user.role, "desk", date.fromisoformat(day), clock.now()))
    return f"{made.letters} letters, {made.withdrawn} withdrawn, {made.failed} failed"
