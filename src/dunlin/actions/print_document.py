"""Print an issued document and keep it in the store; print it again and it is the same. Send it (A5, A6, C6)."""

from __future__ import annotations

import logging
from datetime import date
from functools import partial

from django.db import transaction

from dunlin.actions.doing import Who, doing
from dunlin.actions.messages import Draft, Line, make_message
from dunlin.actions.store_file import store_bytes
from dunlin.actions.writing_gate import gate
from dunlin.connectors import print_shop
from dunlin.formats.attachments import safe_name
from dunlin.formats.invoice_paper import Amounts, InvoicePaper
from dunlin.formats.paper_frame import Recipient, Sender
from dunlin.records.models import Customer, Document, IssuedDocument, Item, ItemLine, Message, User
from dunlin.records.policies import current_policy
from dunlin.reports.canned_answers import filled, wording_in_force
from dunlin.reports.issue_facts import issued_of, line_of
from dunlin.reports.recipients import recipients
from dunlin.rules.codes import Refused
from dunlin.rules.creditor_references import in_groups, reference_of_document
from dunlin.rules.invoicing import Bill
from dunlin.rules.reasons import reason

TEMPLATE = "issued_document"
_log = logging.getLogger(__name__)


def print_document(who: Who, item_id: int) -> Document:
    """The paper of an issued document in the store, made when it is not there. It may be sent: what it says was checked when it was
    issued. Refused: item_unknown, document_not_issued, paper_not_printed."""
    row = _issued(item_id)
    with doing(who, "print_document", customers=[row.item.customer_id]) as act:
        paper = paper_of(row)
        try:
            pdf = print_shop.print_one(paper).pdf
        except ValueError as problem:
            raise Refused("paper_not_printed", document=paper.title, why=str(problem)) from None
        stored = store_bytes(pdf, "application/pdf", who.now)
        there = Document.objects.filter(item=row.item, kind=row.kind, file=stored, withdrawn_at=None).first()
        if there is not None:
            act.tell(
                about=f"document:{there.pk}", after={"printed_again": row.number, "sha256": stored.sha256}
            )
            return there
        kind = row.kind.replace("_", " ").capitalize()
        made = Document.objects.create(
            customer_id=row.item.customer_id, item=row.item, kind=row.kind, title=f"{kind} {row.number}"[:200], file=stored,
            file_name=safe_name(f"{row.kind.replace('_', '-')}-{row.number}.pdf"), added_at=who.now, added_by_id=who.user_id,
        )  # fmt: skip
        act.tell(
            about=f"document:{made.pk}",
            after={"kind": row.kind, "title": made.title, "item": row.item_id, "sha256": stored.sha256},
        )
        return made


def paper_when_it_stands(who: Who, item_id: int) -> None:
    """Print once the transaction is committed; what fails then is printed by the night (`print_missing`)."""
    transaction.on_commit(partial(_quietly, who, item_id))


def print_missing(who: Who, limit: int = 500) -> int:
    """Papers of issued documents that the store has not, oldest first; how many were made."""
    lacking = IssuedDocument.objects.exclude(
        item__documents__kind__in=("invoice", "credit_memo", "debit_memo")
    )
    return sum(
        _quietly(who, item_id) for item_id in lacking.order_by("pk").values_list("item_id", flat=True)[:limit]
    )


def send_document(who: Who, item_id: int, *, key: str | None = None) -> Message:
    """Send the paper the way the customer is written to: by e-mail with the PDF, or with the next letters. It goes with the next sending.

    Refused: document_not_issued, paper_not_printed, nobody_to_write_to, message_not_allowed, template_missing.
    """
    document = print_document(who, item_id)
    row = _issued(item_id)
    customer = Customer.objects.get(pk=row.item.customer_id)
    with doing(
        who, "send_message", customers=[customer.pk], key=key, asked=["send_document", item_id]
    ) as act:
        if act.answered:
            return Message.objects.get(pk=act.answer)
        to = recipients([customer.pk])[customer.pk]
        channel = to.channel or ("email" if to.can_email else "letter" if to.can_letter else "")
        if not channel:
            raise Refused("nobody_to_write_to")
        verdict = gate(
            Message(customer_id=customer.pk, channel=channel, purpose="copies"), who.now, current_policy()
        )
        if not verdict.allowed:
            raise Refused("message_not_allowed", why=reason(verdict.code, verdict.facts))
        wording = wording_in_force(TEMPLATE, to.language)
        if wording is None:
            raise Refused("template_unknown", template=TEMPLATE)
        words = filled(
            wording, customer, today=who.today, by=User.objects.filter(pk=who.user_id or 0).first(),
            item_ids=[row.item_id], documents=[document.file_name],
        )  # fmt: skip
        message = make_message(act, Draft(
            customer.pk, "copies", channel, subject=words.subject, text=words.text, html=words.html, to=to.to,
            contact_id=to.contact_id, entity_id=row.entity_id, document_ids=[document.pk], language=to.language,
            lines=[Line(row.item_id, row.item.open)] if row.item.side == 1 else (), template_id=wording.version_id,
            facts={"document": row.number},
        ))  # fmt: skip
        act.answer = message.pk
    return message


def paper_of(row: IssuedDocument) -> InvoicePaper:
    """The paper as data: a function of what was kept when it was issued, and of nothing else."""
    kept, item = row.paper, row.item
    lines = tuple(line_of(each) for each in ItemLine.objects.filter(item=item).select_related("certificate"))
    corrects = kept["corrects"]
    sender = kept["sender"]
    reference = reference_of_document(row.number) if item.side == 1 else ""
    return InvoicePaper(
        kind=row.kind, number=row.number, on=item.document_on, language=kept["language"],
        sender=Sender(sender["name"], tuple(sender["lines"]), sender["country"], tuple(sender["contact"]), tuple(sender["legal"])),
        to=Recipient(kept["to"]["number"], kept["to"]["name"], tuple(kept["to"]["lines"]), kept["to"]["country"]),
        bill=Bill(item.currency, lines), amounts=Amounts(row.net, row.tax, row.total),
        po_number=item.po_number, order_number=item.order_number, terms=kept["terms"],
        due=tuple((date.fromisoformat(on), minor) for on, minor in kept["due"]),
        discount=(kept["discount"][0], date.fromisoformat(kept["discount"][1])) if kept["discount"] else None,
        certificates={int(pk): (number, place) for pk, (number, place) in kept["certificates"].items()},
        corrects=(corrects[0], corrects[1], date.fromisoformat(corrects[2])) if corrects else None,
        note=row.note, pay=tuple(line for line in kept["pay"] if line.strip()) if item.side == 1 else (),
        reference=in_groups(reference) if reference else "",
    )  # fmt: skip


def _issued(item_id: int) -> IssuedDocument:
    item = Item.objects.filter(pk=item_id).first()
    if item is None:
        raise Refused("item_unknown", item=item_id)
    row = issued_of(item)
    if row is None:
        raise Refused("document_not_issued", document=item.number or f"#{item.pk}")
    return row


def _quietly(who: Who, item_id: int) -> bool:
    """One that cannot be printed is told of in the log and stops nothing that was posted."""
    try:
        print_document(who, item_id)
    except Exception:
        _log.exception("the paper of item %s could not be made", item_id)
        return False
    return True
