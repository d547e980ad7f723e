"""Putting a document out: its number, its posting, its lines and what its paper says, inside the frame of the act that issues it (A6, P36)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from dunlin.actions.doing import Who
from dunlin.actions.post_item import by_terms, parts_of
from dunlin.actions.postings import Draft, check_posting_day, post
from dunlin.records.models import Customer, Entity, IssuedDocument, Item, ItemLine, NumberRange, PaymentTerms
from dunlin.reports.issue_facts import certificates_of, like_another
from dunlin.reports.recipients import Recipient, recipients
from dunlin.rules.codes import Refused
from dunlin.rules.invoicing import ISSUED_KINDS, Bill, Charge, bill, problems_of
from dunlin.rules.issue_checks import Check, IssueFacts, checks, stopping
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.terms import in_words, terms_of

PREFIXES = {"invoice": "INV", "credit_memo": "CM", "debit_memo": "DM"}
SOURCE = "issued"


@dataclass(frozen=True, kw_only=True)
class Issue:
    """A document to be issued of charges. `terms_id` None: those of the customer; `due_on` goes before terms. `reason` is a code,
    `note` the words of it on the paper; `confirmed` holds the codes of checks that somebody answered."""

    kind: str
    customer_id: int
    entity_id: int
    currency: str
    charges: tuple[Charge, ...]
    document_on: date
    terms_id: int | None = None
    due_on: date | None = None
    po_number: str = ""
    order_number: str = ""
    reference: str = ""
    description: str = ""
    invoice_class: str = ""
    service_month: date | None = None
    reason: str = ""
    note: str = ""
    corrects_id: int | None = None
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Prepared:
    """What would be put out: amounts, rows with their due dates, and every finding of the checks."""

    issue: Issue
    bill: Bill
    draft: Draft
    instalments: tuple[tuple[date, Money], ...]
    checks: tuple[Check, ...]
    recipient: Recipient

    @property
    def total(self) -> Money:
        return Money(self.bill.total, self.bill.currency)

    @property
    def due_on(self) -> date | None:
        """The day it is due; of instalments the last."""
        return self.instalments[-1][0] if self.instalments else self.draft.due_on


@dataclass(frozen=True)
class PutOut:
    """The rows a document became, its number and its total."""

    items: tuple[Item, ...]
    number: str
    total: Money


def prepare(who: Who, issue: Issue, policy: Policy, *, but: Sequence[int] = ()) -> Prepared:
    """Compute and check without writing. `but`: items that do not count as another like it (those this one bills anew).

    Refused: issue_kind_unknown, customer_unknown, entity_unknown, terms_unknown, what `bill` refuses, and posting_in_future for a
    day that has not come. What the checks found is in the answer; `put_out` refuses what stops.
    """
    if issue.kind not in ISSUED_KINDS:
        raise Refused("issue_kind_unknown", kind=issue.kind, kinds=", ".join(ISSUED_KINDS))
    customer = Customer.objects.filter(pk=issue.customer_id).first()
    if customer is None:
        raise Refused("customer_unknown", customer=issue.customer_id)
    if not Entity.objects.filter(pk=issue.entity_id).exists():
        raise Refused("entity_unknown", entity=issue.entity_id)
    if issue.document_on > who.today:
        raise Refused("posting_in_future", posted_on=issue.document_on, today=who.today)
    if issue.terms_id is None and issue.kind != "credit_memo":
        issue = replace(issue, terms_id=customer.terms_id)
    if issue.terms_id is not None and not PaymentTerms.objects.filter(pk=issue.terms_id).exists():
        raise Refused("terms_unknown")
    made = bill(
        issue.charges, issue.currency, on=issue.document_on, certificates=certificates_of(customer.pk),
        rounding="line" if policy.invoice_tax_rounding == "line" else "document",
    )  # fmt: skip
    return _prepared(issue, made, customer, policy, but)


def prepare_credit(issue: Issue, made: Bill, policy: Policy) -> Prepared:
    """A credit memo over what is taken back of an invoice: its amounts are computed already."""
    customer = Customer.objects.get(pk=issue.customer_id)
    return _prepared(issue, made, customer, policy, ())


def charge_problems(issue: Issue) -> list[Any]:
    """Every problem of the charges, for a form or a file that shows all of them at once."""
    return problems_of(
        issue.charges, issue.currency, on=issue.document_on, certificates=certificates_of(issue.customer_id)
    )


def put_out(who: Who, prepared: Prepared, policy: Policy) -> PutOut:
    """Take the number, post the rows and lines, keep what the paper says. The caller holds the customer's lock and ends with
    `facts_changed`. Refused: the first check that stops, period_locked, and what posting refuses."""
    issue = prepared.issue
    for finding in stopping(prepared.checks, issue.confirmed):
        raise finding.refusal
    check_posting_day(who, issue.entity_id, issue.document_on)
    number = take_number(issue.entity_id, issue.kind, policy)
    draft = replace(prepared.draft, number=number)
    items = tuple(post(who, part, in_open_period=True) for part in parts_of(draft, prepared.instalments))
    ItemLine.objects.bulk_create(
        ItemLine(
            item=items[0], position=line.position, description=mask_card_numbers(line.description)[:300], quantity=line.quantity,
            amount=line.net, tax=line.tax, unit_price=line.unit_price, tax_pct=line.tax_pct, jurisdiction=line.jurisdiction[:60],
            certificate_id=line.certificate.id if line.certificate else None,
            service_from=line.service[0] if line.service else None, service_to=line.service[1] if line.service else None,
            days=line.days, of_days=line.of_days, credits=line.credits,
        )
        for line in prepared.bill.lines
    )  # fmt: skip
    IssuedDocument.objects.create(
        item=items[0], entity_id=issue.entity_id, kind=issue.kind, number=number, net=prepared.bill.net,
        tax=prepared.bill.tax, total=prepared.bill.total, note=mask_card_numbers(issue.note.strip())[:300],
        paper=_paper(prepared, items), issued_at=who.now, issued_by_id=who.user_id,
    )  # fmt: skip
    return PutOut(items, number, prepared.total)


def take_number(entity_id: int, kind: str, policy: Policy) -> str:
    """The next number of the range, which is made with its first use; held under its lock to the end of the transaction.

    A number that a document of the entity bears already, taken in from another system, is passed over.
    """
    found = NumberRange.objects.select_for_update().filter(entity=entity_id, kind=kind).first()
    if found is None:
        _make_range(entity_id, kind, policy)
        found = NumberRange.objects.select_for_update().get(entity=entity_id, kind=kind)
    while Item.objects.filter(
        entity=entity_id, number=found.shown, side=-1 if kind == "credit_memo" else 1
    ).exists():
        found.next += 1
    number = found.shown
    found.next += 1
    found.save(update_fields=["next"])
    return number


def range_for(entity: Entity, kind: str, policy: Policy) -> NumberRange:
    """The range as it is, or as its first use would make it (not saved)."""
    found = NumberRange.objects.filter(entity=entity, kind=kind).first()
    return found or NumberRange(
        entity=entity,
        kind=kind,
        prefix=f"{entity.code[:14]}-{PREFIXES[kind]}-",
        width=policy.invoice_number_width,
    )


def _make_range(entity_id: int, kind: str, policy: Policy) -> None:
    try:
        with transaction.atomic():
            range_for(Entity.objects.get(pk=entity_id), kind, policy).save(force_insert=True)
    except IntegrityError:
        pass  # somebody else issued the first one meanwhile


def _prepared(issue: Issue, made: Bill, customer: Customer, policy: Policy, but: Sequence[int]) -> Prepared:
    amount = Money(made.total, made.currency)
    draft = Draft(
        customer_id=issue.customer_id, entity_id=issue.entity_id, kind=issue.kind, amount=amount, document_on=issue.document_on,
        due_on=issue.due_on, invoice_class=issue.invoice_class or ("standard" if issue.kind == "invoice" else ""), tax=made.tax,
        service_month=issue.service_month, terms_id=issue.terms_id if issue.kind != "credit_memo" else None,
        po_number=issue.po_number.strip()[:64], order_number=issue.order_number.strip()[:64],
        reference=issue.reference.strip()[:140], description=issue.description.strip()[:200], reason=issue.reason[:24],
        corrects_id=issue.corrects_id, source=SOURCE,
    )  # fmt: skip
    parts: tuple[tuple[date, Money], ...] = ()
    try:
        draft, given = by_terms(draft, ())
        parts = tuple(given)
    except Refused as refused:
        if refused.code != "terms_without_due_date":
            raise
    like = None
    if issue.kind != "credit_memo":
        references = (issue.po_number, issue.reference, issue.order_number)
        like = like_another(
            customer.pk, amount, references, issue.document_on, policy.invoice_duplicate_days, but
        )
    recipient = recipients([customer.pk])[customer.pk]
    found = checks(
        IssueFacts(
            kind=issue.kind, customer=customer.name, status=customer.status, bill_to=recipient.address,
            reached_by=recipient.channel, amount=amount, document_on=issue.document_on,
            due_on=parts[-1][0] if parts else draft.due_on, po_required=customer.po_required, po_number=issue.po_number,
            like=like.number if like else "", like_on=like.document_on if like else None,
        )
    )  # fmt: skip
    return Prepared(issue, made, draft, parts, found, recipient)


def _paper(prepared: Prepared, items: Sequence[Item]) -> dict[str, Any]:
    """What the paper says beside the lines, as it is today: kept, so that it says the same when it is printed again."""
    issue, to, first = prepared.issue, prepared.recipient, items[0]
    entity = Entity.objects.get(pk=issue.entity_id)
    terms = PaymentTerms.objects.filter(pk=first.terms_id).first() if first.terms_id else None
    rule = terms_of(terms.code, terms.rule) if terms else None
    corrected = Item.objects.filter(pk=issue.corrects_id).first() if issue.corrects_id else None
    certificates = {
        str(line.certificate.id): [line.certificate.number, line.certificate.jurisdiction]
        for line in prepared.bill.lines
        if line.certificate
    }
    return {
        "sender": {
            "name": entity.name, "lines": entity.address.splitlines(), "country": entity.country,
            "contact": [each for each in (entity.phone, entity.sender_address) if each],
            "legal": [entity.tax_number] if entity.tax_number else [],
        },
        "to": {"number": to.number, "name": to.name, "lines": list(to.address[:6]), "country": to.country},
        "language": to.language,
        "terms": in_words(rule) if rule else "",
        "due": [[item.due_on.isoformat(), item.amount] for item in items] if first.side == 1 else [],
        "discount": [sum(item.discount for item in items), first.discount_until.isoformat()] if first.discount_until else None,
        "certificates": certificates,
        "corrects": [corrected.kind, corrected.number, corrected.document_on.isoformat()] if corrected else None,
        "pay": entity.payment_instructions.splitlines(),
    }  # fmt: skip
