"""What issuing and crediting rest on: certificates, the lines of an invoice, what of them was credited, invoices like another (P36)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from dunlin.records.models import Document, IssuedDocument, Item, ItemLine
from dunlin.rules.crediting import credit_amount, left_of
from dunlin.rules.invoicing import Certificate, Line
from dunlin.rules.money import Money

CREDITED_KINDS = ("invoice", "debit_memo")


@dataclass(frozen=True)
class Creditable:
    """An invoice with what may still be credited of it. `items` are its rows (several of instalments), `lines` as issued, `left` what
    is left of each, `memos` the credit memos that correct it already."""

    items: tuple[Item, ...]
    lines: tuple[Line, ...]
    left: tuple[Line, ...]
    memos: tuple[Item, ...]

    @property
    def first(self) -> Item:
        return self.items[0]

    @property
    def currency(self) -> str:
        return self.first.currency

    @property
    def total(self) -> Money:
        return Money(sum(item.amount for item in self.items), self.currency)

    @property
    def open(self) -> Money:
        return Money(sum(item.open for item in self.items), self.currency)

    @property
    def rest(self) -> Money:
        """What may still be credited, paid or not."""
        return Money(sum(line.gross for line in self.left), self.currency)

    @property
    def stated(self) -> bool:
        """Whether the lines are the document's own, with prices and rates; one that came without any has one made of its sums."""
        return all(line.unit_price is not None for line in self.lines)


def creditable(item: Item) -> Creditable:
    """The document of `item` as a whole, as it stands now. Four queries. The caller has checked the kind."""
    items = rows_of(item)
    lines = lines_of(items)
    memos = Item.objects.filter(corrects__in=[each.pk for each in items], kind="credit_memo").order_by("pk")
    credited = _credited(lines, list(memos), item.currency)
    return Creditable(items, lines, left_of(lines, credited), tuple(memos))


def rows_of(item: Item) -> tuple[Item, ...]:
    """The rows of a document: itself, or all its instalments, in their order."""
    if not item.instalment or not item.number:
        return (item,)
    rows = Item.objects.filter(
        customer=item.customer_id, entity=item.entity_id, kind=item.kind, number=item.number, instalment__gt=0,
        document_on=item.document_on,
    )  # fmt: skip
    return tuple(rows.order_by("instalment", "pk"))


def lines_of(items: Sequence[Item]) -> tuple[Line, ...]:
    """The lines of a document; when its source gave none that add up, one over all of it."""
    first = items[0]
    found = tuple(
        line_of(each)
        for each in ItemLine.objects.filter(item__in=[item.pk for item in items]).select_related(
            "certificate"
        )
    )
    amount, tax = sum(item.amount for item in items), sum(item.tax for item in items)
    if sum(line.gross for line in found) == amount and sum(line.tax for line in found) == tax and found:
        return found
    what = first.description or first.kind.replace("_", " ").capitalize()
    return (Line(position=1, description=f"{what} {first.number}".strip(), net=amount - tax, tax=tax),)


def line_of(row: ItemLine) -> Line:
    """A stored line as the rules take it."""
    service = (row.service_from, row.service_to) if row.service_from and row.service_to else None
    return Line(
        position=row.position, description=row.description, net=row.amount, tax=row.tax, quantity=row.quantity,
        unit_price=row.unit_price, tax_pct=row.tax_pct, jurisdiction=row.jurisdiction,
        certificate=certificate_of(row.certificate) if row.certificate else None, service=service, days=row.days,
        of_days=row.of_days, credits=row.credits,
    )  # fmt: skip


def certificates_of(customer_id: int) -> tuple[Certificate, ...]:
    """The certificates that may exempt: in force, with a last day, and looked at by one of us; what a customer handed in alone
    exempts nothing before somebody approved it."""
    rows = Document.objects.filter(
        customer=customer_id, kind="tax_exempt_certificate", withdrawn_at=None, expires_on__isnull=False
    ).filter(Q(added_by__isnull=False) | Q(approved_at__isnull=False))
    return tuple(certificate_of(row) for row in rows.order_by("pk"))


def certificate_of(row: Document) -> Certificate:
    """A kept certificate as the rules take it; without a number of its own it goes by its title."""
    return Certificate(
        row.pk, row.number or row.title, row.jurisdiction, row.valid_from, row.expires_on or date.max
    )


def like_another(
    customer_id: int, amount: Money, references: Iterable[str], on: date, days: int, but: Iterable[int] = ()
) -> Item | None:
    """An invoice of the customer over the same amount with one of the references, not older than `days`; the newest."""
    wanted = [each for each in references if each.strip()]
    if not days or not wanted:
        return None
    found = Item.objects.filter(
        customer=customer_id, kind__in=CREDITED_KINDS, currency=amount.currency, document_on__gt=on - timedelta(days),
    ).filter(Q(po_number__in=wanted) | Q(reference__in=wanted) | Q(order_number__in=wanted))  # fmt: skip
    credited = Item.objects.filter(kind="credit_memo", corrects__isnull=False, customer=customer_id)
    for item in found.exclude(pk__in=list(but)).order_by("-document_on", "-pk"):
        rows = rows_of(item)
        if sum(row.amount for row in rows) == amount.minor:
            taken = sum(
                credited.filter(corrects__in=[row.pk for row in rows]).values_list("amount", flat=True)
            )
            if taken < amount.minor:
                return item
    return None


def chain_of(item: Item) -> dict[str, Any]:
    """What a document corrects and what corrected it: the item, its corrections (memos and invoices that bill anew), oldest first."""
    ids = [row.pk for row in rows_of(item)]
    after = Item.objects.filter(
        corrects__in=ids, kind__in=("credit_memo", *CREDITED_KINDS), instalment__lte=1
    )
    return {"before": item.corrects, "after": list(after.order_by("pk"))}


def issued_of(item: Item) -> IssuedDocument | None:
    """How it was issued, when it was by Dunlin."""
    return (
        IssuedDocument.objects.filter(item=rows_of(item)[0])
        .select_related("item", "entity", "issued_by")
        .first()
    )


def papers_of(item: Item) -> list[Document]:
    """The kept papers of a document, newest first."""
    found = Document.objects.filter(item=rows_of(item)[0], withdrawn_at=None, kind=item.kind)
    return list(found.select_related("file").order_by("-pk"))


def _credited(lines: tuple[Line, ...], memos: Sequence[Item], currency: str) -> list[Line]:
    """What earlier memos took of the lines. One without lines took its amount of all in proportion, so that nothing is taken twice."""
    credited: list[Line] = []
    of: dict[int, list[Line]] = {}
    for row in ItemLine.objects.filter(item__in=[memo.pk for memo in memos]).select_related("certificate"):
        of.setdefault(row.item_id, []).append(line_of(row))
    for memo in memos:
        if memo.pk in of:
            credited += of[memo.pk]
            continue
        left = left_of(lines, credited)
        amount = min(memo.amount, sum(line.gross for line in left))
        if amount > 0:
            credited += credit_amount(currency, left, Money(amount, currency)).lines
    return credited
