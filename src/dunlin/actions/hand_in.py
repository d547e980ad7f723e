"""What a customer hands in through the portal: a dispute with its evidence, a tax-exempt certificate. Somebody is told at once (E7, P13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from dunlin.actions.addresses import tell_owner
from dunlin.actions.doing import Who, doing
from dunlin.actions.keep_documents import DocumentAsked, add_document
from dunlin.actions.open_dispute import Disputed, open_dispute
from dunlin.actions.write_message import UPLOADS_MAX, UploadedFile
from dunlin.records.models import DiaryLine, Document, Item
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money


@dataclass(frozen=True)
class Objection:
    """What is contested of an item: `amount` or all of it that is open, why (a reason's code), in the customer's words."""

    item_id: int
    reason: str
    note: str
    raised_by: str
    amount: Money | None = None


def dispute_with_files(
    who: Who,
    customer_id: int,
    objection: Objection,
    uploads: Sequence[UploadedFile],
    *,
    key: str | None = None,
) -> Disputed:
    """The dispute and its files together, or nothing of it. Of another customer's item: item_unknown.

    Refused as `open_dispute` and `add_document`, and files_too_many.
    """
    if len(uploads) > UPLOADS_MAX:
        raise Refused("files_too_many", count=len(uploads), limit=UPLOADS_MAX)
    with transaction.atomic():
        item = Item.objects.filter(pk=objection.item_id, customer=customer_id).first()
        if item is None:
            raise Refused("item_unknown", item=objection.item_id)
        number = item.number or f"#{item.pk}"
        already = key is not None and _done(key)
        for each in () if already else uploads:
            title = f"Evidence for the dispute of {number}: {each.name}"
            add_document(
                who, customer_id, each.name, each.content, DocumentAsked("proof", title, objection.item_id)
            )
        made = open_dispute(
            who, objection.item_id, objection.amount, reason=objection.reason, note=objection.note,
            raised_by=objection.raised_by, key=key,
        )  # fmt: skip
        if not already:
            what = f"{objection.raised_by} disputes {made.amount} of {number} in the portal: {objection.note}"
            _tell(who, "open_dispute", customer_id, what)
    return made


def hand_in_certificate(
    who: Who, customer_id: int, upload: UploadedFile, expires_on: date, jurisdiction: str, by: str
) -> Document:
    """Keep a certificate; somebody looks at it. Refused as `add_document`."""
    with transaction.atomic():
        asked = DocumentAsked("tax_exempt_certificate", "", None, expires_on, jurisdiction)
        row = add_document(who, customer_id, upload.name, upload.content, asked)
        _tell(
            who,
            "add_document",
            customer_id,
            f"Check the tax certificate {by} put into the portal: {row.title}",
        )
    return row


def _tell(who: Who, verb: str, customer_id: int, what: str) -> None:
    with doing(who, verb, customers=[customer_id]) as act:
        tell_owner(act, customer_id, what)


def _done(key: str) -> bool:
    """Whether this very form was sent before."""
    return DiaryLine.objects.filter(key=key).exists()
