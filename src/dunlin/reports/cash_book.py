"""The books as cash application asks for them: payers known, open items, what forbids acting alone (rules/cash, P26, P27).

Every answer is bounded: the open items of a few customers, the items of a few numbers. Customers' names are read once, when the
first payer is looked for by name. Ids are texts here, as the rules take them from files too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import islice
from typing import Any

from django.db.models import Q

from dunlin.records.models import Block, Customer, Item, PayerAlias, Receipt, RemittanceAdvice
from dunlin.rules.cash.facts import Earlier, Habits, Known, OpenItem, Payment, RemittanceLine, Standing
from dunlin.rules.cash.learning import Trust, related
from dunlin.rules.cash.matching import references_of
from dunlin.rules.cash.payer import Names
from dunlin.rules.cash.references import digits_of
from dunlin.rules.policy import Policy

FAMILY_MAX = 200
ITEMS_MAX = 3_000
NUMBERS_READ = 2_000  # of the newest documents, to know how numbers of this book look
SHAPES_MAX = 12
DUPLICATE_DAYS = 5
# An item under one of these is nobody's to pay off by itself, and who is insolvent is a person's decision (DOMAIN section 6).
_HOLDING = ("legal", "agency")
_FIELDS = (
    "pk", "number", "reference", "customer_id", "side", "open", "disputed", "currency", "document_on", "due_on", "po_number", "discount",
    "discount_until",
)  # fmt: skip


class CashBook:
    """The books on a day. `refresh` after something was posted."""

    def __init__(self, today: date, policy: Policy) -> None:
        self.today, self.policy = today, policy
        self._items: dict[str, tuple[OpenItem, ...]] = {}
        self._families: dict[str, tuple[str, ...]] = {}

    def refresh(self) -> None:
        """Forget what was open; who is who stays."""
        self._items.clear()

    # --- who ------------------------------------------------------------------------------------------------------

    def by_account(self, account: str) -> Sequence[Known]:
        """Customers an account was learnt for, the most trusted first."""
        rows = PayerAlias.objects.filter(kind="account", value=account, revoked_at=None)
        known = [
            Known(str(row.customer_id), Trust(row.right, row.wrong).sure, "account") for row in rows[:20]
        ]
        return sorted((each for each in known if each.sure), key=lambda each: -each.sure)

    def shared_account(self, account: str) -> bool:
        """Whether it was learnt for customers that are of different groups."""
        rows = PayerAlias.objects.filter(kind="account", value=account, revoked_at=None, right__gt=0)
        parents = {
            str(pk): str(parent or pk) for pk, parent in rows.values_list("customer", "customer__parent")[:20]
        }
        return not related(parents, parents)

    def by_name(self, name: str) -> Sequence[Known]:
        """Customers whose name, or a name learnt for them, it may be."""
        return self._names.find(name)

    @cached_property
    def _names(self) -> Names:
        learnt = PayerAlias.objects.filter(kind="name", revoked_at=None, right__gt=0)
        rows = [
            (str(pk), name)
            for pk, name in Customer.objects.values_list("pk", "name").iterator(chunk_size=5000)
        ]
        rows += [
            (str(pk), name) for pk, name in learnt.values_list("customer", "shown").iterator(chunk_size=5000)
        ]
        return Names(rows)

    def by_number(self, number: str) -> str | None:
        """The customer of this number."""
        found = Customer.objects.filter(number=number).values_list("pk", flat=True).first()
        return str(found) if found is not None else None

    def family(self, customer: str) -> Sequence[str]:
        """The customer, its parent and the parent's other accounts; the customer first."""
        if customer not in self._families:
            head = Customer.objects.filter(pk=customer).values_list("parent", flat=True).first() or int(
                customer
            )
            others = (
                Customer.objects.filter(Q(pk=head) | Q(parent=head))
                .order_by("pk")
                .values_list("pk", flat=True)
            )
            found = dict.fromkeys([customer, *(str(pk) for pk in others[:FAMILY_MAX])])
            self._families[customer] = tuple(found)
        return self._families[customer]

    def standing(self, customer: str) -> Standing:
        """Whether money of this customer is a person's to place."""
        kinds = Block.objects.filter(
            customer=int(customer), item=None, kind="insolvency", lifted_at=None, from_on__lte=self.today
        )
        return Standing(insolvent=kinds.filter(Q(until_on=None) | Q(until_on__gte=self.today)).exists())

    def habits(self, customer: str) -> Habits:
        """Small differences written off in the last 90 days; discounts stand with the items themselves."""
        since = self.today - timedelta(90)
        small = Item.objects.filter(customer=int(customer), kind="write_off", posted_on__gte=since).count()
        return Habits(small_differences=small)

    # --- what -----------------------------------------------------------------------------------------------------

    def items_of(self, customer: str) -> Sequence[OpenItem]:
        """Open debits and credit memos, oldest due first. Money that is unapplied already is not offered to pay with."""
        if customer not in self._items:
            rows = Item.objects.filter(customer=int(customer), open__gt=0).filter(
                Q(side=1) | Q(kind="credit_memo")
            )
            self._items[customer] = self._open(rows.order_by("due_on", "pk"))
        return self._items[customer]

    def items_named(self, form: str) -> Sequence[OpenItem]:
        """Open items of anybody with this number, written as this book writes its numbers."""
        digits = digits_of(form)
        if not digits:
            return ()
        spelt = [head + digits.zfill(width) for head, width in self._shapes if len(digits) <= width]
        rows = Item.objects.filter(number__in=dict.fromkeys([form, digits, *spelt]), open__gt=0)
        return self._open(rows.filter(Q(side=1) | Q(kind="credit_memo")).order_by("due_on", "pk"))

    def number_like(self, digits: str) -> bool:
        """Whether this could be a document's number here: as many digits, and the same first two."""
        return (len(digits), digits[:2]) in self._looks

    @cached_property
    def _numbers(self) -> list[str]:
        newest = Item.objects.filter(side=1, number__gt="").order_by("-pk").values_list("number", flat=True)
        return list(newest[:NUMBERS_READ])

    @cached_property
    def _shapes(self) -> list[tuple[str, int]]:
        """(what stands before the digits, how many digits) of this book's numbers, the most frequent first."""
        seen: dict[tuple[str, int], int] = {}
        for number in self._numbers:
            tail = len(number) - len(number.rstrip("0123456789"))
            if tail:
                shape = (number[: len(number) - tail], tail)
                seen[shape] = seen.get(shape, 0) + 1
        return sorted(seen, key=lambda shape: -seen[shape])[:SHAPES_MAX]

    @cached_property
    def _looks(self) -> set[tuple[int, str]]:
        return {(len(digits), digits[:2]) for digits in map(digits_of, self._numbers) if digits}

    def _open(self, rows: object) -> tuple[OpenItem, ...]:
        found = list(islice(rows.values_list(*_FIELDS), ITEMS_MAX))  # type: ignore[attr-defined]
        held = self._held([row[0] for row in found], {row[3] for row in found}) if found else {}
        return tuple(
            OpenItem(
                id=str(pk), number=number or reference, customer=str(customer), open=side * open_, currency=currency,
                issued_on=document_on, due_on=due_on, po_number=po, held="disputed" if disputed else held.get(pk, held.get(-customer, "")),
                discount_offered=discount if until else 0, discount_until=until,
            )
            for pk, number, reference, customer, side, open_, disputed, currency, document_on, due_on, po, discount, until in found
        )  # fmt: skip

    def _held(self, items: Sequence[int], customers: set[int]) -> dict[int, str]:
        """Why an item, or (under minus its number) all of a customer's, is not paid off by itself. One query."""
        blocks = Block.objects.filter(
            kind__in=_HOLDING, customer__in=customers, lifted_at=None, from_on__lte=self.today
        )
        blocks = blocks.filter(Q(until_on=None) | Q(until_on__gte=self.today))
        return {
            item or -customer: kind for item, customer, kind in blocks.values_list("item", "customer", "kind")
        }

    # --- before ---------------------------------------------------------------------------------------------------

    def earlier(self, payment: Payment) -> Sequence[Earlier]:
        """Receipts of the same amount in the days before, from the same account or, without one, the same name."""
        since = payment.on - timedelta(DUPLICATE_DAYS + 2)
        rows = Receipt.objects.filter(
            kind="credit",
            currency=payment.currency,
            amount=payment.amount,
            booked_on__range=(since, payment.on),
        ).exclude(pk=payment.id)
        same = (
            Q(payer_fingerprint=payment.account)
            if payment.account
            else Q(payer_name__iexact=payment.payer_name)
        )
        return [
            Earlier(str(row.pk), row.booked_on, row.amount, row.currency, references_of(payment_of(row)))
            for row in rows.filter(same).order_by("-booked_on", "-pk")[:20]
        ]


def payment_of(row: Receipt, advice: RemittanceAdvice | None = None) -> Payment:
    """A receipt as the rules take it, with the lines of the advice linked to it, where these are what the advice says they make."""
    lines = row.documents if advice is None or advice.adds_up is False else advice.lines
    memo = " ".join([row.text, *(each for each in row.references if each not in row.text)])
    return Payment(
        str(row.pk),
        row.booked_on,
        row.amount,
        row.currency,
        row.payer_name or (advice.payer_name if advice is not None else ""),
        row.payer_fingerprint,
        "bank",
        memo,
        tuple(_line(each) for each in lines if each.get("number") and each.get("paid") is not None),
        str(advice.customer_id) if advice is not None and advice.customer_id is not None else "",
    )


def _line(said: Mapping[str, Any]) -> RemittanceLine:
    """A discount the payer states in full is the reason of what is missing, where no other is given."""
    reason, due, discount = said.get("reason", ""), said.get("due"), said.get("discount")
    if not reason and due is not None and discount and due - discount == said["paid"]:
        reason = "discount"
    return RemittanceLine(said["number"], said["paid"], reason, due)
