"""The document store: add a file to an account, approve it for sending, withdraw it, warn before it expires (A5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dunlin.actions.addresses import tell_owner
from dunlin.actions.doing import Who, doing
from dunlin.actions.store_file import store_bytes
from dunlin.formats.attachments import judge_attachment
from dunlin.records.documents import DOCUMENT_KINDS, EXPIRES, NEEDS_APPROVAL
from dunlin.records.models import Customer, Document, Item
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused, sentence
from dunlin.rules.masking import mask_card_numbers

DOCUMENT_BYTES_MAX = 20 << 20


@dataclass(frozen=True)
class DocumentAsked:
    """What the file is: `kind` of DOCUMENT_KINDS, a title (the file's name when empty), the item it belongs to, the last day it
    holds; of a certificate where, its number and its first day."""

    kind: str
    title: str = ""
    item_id: int | None = None
    expires_on: date | None = None
    jurisdiction: str = ""
    number: str = ""
    valid_from: date | None = None


def add_document(who: Who, customer_id: int, name: str, content: bytes, asked: DocumentAsked) -> Document:
    """Keep the file. What needs no approval by its kind may be sent at once.

    Refused: customer_unknown, item_unknown, document_kind_unknown, document_without_expiry, file_empty_upload, files_too_large,
    file_refused (programs, macros, nested archives).
    """
    with doing(who, "add_document", customers=[customer_id]) as act:
        if not Customer.objects.filter(pk=customer_id).exists():
            raise Refused("customer_unknown", customer=customer_id)
        if (
            asked.item_id is not None
            and not Item.objects.filter(pk=asked.item_id, customer=customer_id).exists()
        ):
            raise Refused("item_unknown", item=asked.item_id)
        if asked.kind not in DOCUMENT_KINDS:
            raise Refused("document_kind_unknown", kind=asked.kind, kinds=", ".join(DOCUMENT_KINDS))
        if asked.kind == "tax_exempt_certificate" and asked.expires_on is None:
            raise Refused("document_without_expiry")
        if not content:
            raise Refused("file_has_nothing", file=name)
        if len(content) > DOCUMENT_BYTES_MAX:
            raise Refused("files_too_large", size=len(content) >> 20, limit=DOCUMENT_BYTES_MAX >> 20)
        judged = judge_attachment(name, "", content)
        if judged.refused:
            raise Refused("file_refused", file=judged.safe_name, why=sentence(judged.refused, {}))
        row = Document.objects.create(
            customer_id=customer_id, item_id=asked.item_id, kind=asked.kind,
            title=mask_card_numbers(asked.title.strip() or judged.safe_name)[:200],
            file=store_bytes(content, judged.type, who.now), file_name=judged.safe_name,
            jurisdiction=asked.jurisdiction.strip()[:60], number=mask_card_numbers(asked.number.strip())[:64],
            valid_from=asked.valid_from if asked.kind in EXPIRES else None,
            expires_on=asked.expires_on if asked.kind in EXPIRES else None, added_at=who.now, added_by_id=who.user_id,
        )  # fmt: skip
        act.tell(
            about=f"document:{row.pk}",
            after={"kind": row.kind, "title": row.title, "item": row.item_id, "expires_on": row.expires_on},
        )
    return row


def approve_document(who: Who, document_id: int) -> Document:
    """Approve it for sending to the customer; a certificate that a customer handed in: it was looked at, and exempts from now on.
    Nobody approves what they added themselves.

    Refused: document_unknown, document_withdrawn, document_needs_no_approval, document_own_approval.
    """
    row = _row(document_id)
    with doing(who, "approve_document", customers=[row.customer_id]) as act:
        row = _row(document_id)
        if row.withdrawn_at is not None:
            raise Refused("document_withdrawn", document=row.title)
        handed_in = row.kind == "tax_exempt_certificate" and row.added_by_id is None
        if (row.kind not in NEEDS_APPROVAL and not handed_in) or row.approved_at is not None:
            raise Refused("document_needs_no_approval", document=row.title)
        if row.added_by_id is not None and row.added_by_id == who.user_id:
            raise Refused("document_own_approval", document=row.title)
        row.approved_at, row.approved_by_id = who.now, who.user_id
        row.save(update_fields=["approved_at", "approved_by"])
        act.tell(about=f"document:{row.pk}", after={"approved": True})
    return row


def withdraw_document(who: Who, document_id: int, why: str) -> Document:
    """No longer offered or sent; what was sent with it stays. Refused: document_unknown, document_withdrawn, not_blank."""
    if not why.strip():
        raise Refused("not_blank", field="why")
    row = _row(document_id)
    with doing(who, "withdraw_document", customers=[row.customer_id], cause=why) as act:
        row = _row(document_id)
        if row.withdrawn_at is not None:
            raise Refused("document_withdrawn", document=row.title)
        row.withdrawn_at, row.withdrawn_why = who.now, mask_card_numbers(why.strip())[:200]
        row.save(update_fields=["withdrawn_at", "withdrawn_why"])
        act.tell(about=f"document:{row.pk}", after={"withdrawn": True})
    return row


def warn_of_expiry(who: Who) -> int:
    """A follow-up for every certificate or contract that ends within the warning time, once each; how many.

    The warning is of the customers still doing business: with something open, or active.
    """
    policy = current_policy()
    soon = who.today + timedelta(days=policy.document_expiry_warning_days)
    ending = Document.objects.filter(
        expires_on__gte=who.today, expires_on__lte=soon, withdrawn_at=None, customer__status="active"
    ).select_related("customer")
    warned = 0
    for row in ending.order_by("expires_on", "pk"):
        key = f"document-expiry:{row.pk}:{row.expires_on.isoformat() if row.expires_on else ''}"
        with doing(who, "run_daily", customers=[row.customer_id], key=key, asked=key) as act:
            if act.answered:
                continue
            newer = Document.objects.filter(
                customer=row.customer_id,
                kind=row.kind,
                jurisdiction=row.jurisdiction,
                expires_on__gt=soon,
                withdrawn_at=None,
            )
            if newer.exists():
                act.answer = {"told": False}
                continue
            kind = row.kind.replace("_", " ")
            tell_owner(
                act, row.customer_id, f"{row.title} ({kind}) ends on {row.expires_on}: ask for the next one"
            )
            act.answer = {"told": True}
            warned += 1
    return warned


def _row(document_id: int) -> Document:
    row = Document.objects.filter(pk=document_id).first()
    if row is None:
        raise Refused("document_unknown", document=document_id)
    return row
