"""What a receipt is to settle, as typed or as proposed: the group's open documents, the credit memos used along, and the sum of it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest

from dunlin.actions.process_receipt import Placing
from dunlin.actions.take_payment import Use
from dunlin.desk.access import customers_of
from dunlin.desk.acts import Unclear
from dunlin.desk.applying import Line, line_of
from dunlin.records.models import Customer, Entity, Item, Receipt
from dunlin.rules.applying import Along, Owed, propose
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

MOST = 100
CREDITS_MOST = 30
FIELD = "amount-"
CREDIT_FIELD = "credit-"


@dataclass(frozen=True)
class ReceiptPlan:
    """`lines` are documents, `along` credit memos with what is used of each. `money` + `credits` = `used` + `left`, in minor units of
    `credit`, the payment as it would be. `more`: open documents beyond those shown. `basis`: proposed, named, oldest, typed. `small` says what difference is settled with it."""

    credit: Item
    lines: tuple[Line, ...]
    along: tuple[Line, ...]
    basis: str
    money: int
    credits: int
    used: int
    left: int
    discount: int
    earns: bool
    more: int
    small: str

    @property
    def several(self) -> bool:
        """Documents of more than one account are shown."""
        return len({line.item.customer_id for line in (*self.lines, *self.along)}) > 1


def plan_of(
    request: HttpRequest, row: Receipt, customer: Customer, typed: Mapping[str, str], proposing: bool
) -> ReceiptPlan:
    """What was typed; before anything was, when `proposing`: the proposal kept, else what the payer's text names, else oldest first."""
    debits, credits_, more = _open_items(request, row, customer, typed)
    sent = {name[len(FIELD) :]: text for name, text in typed.items() if name.startswith(FIELD)}
    used_along = {
        name[len(CREDIT_FIELD) :]: text for name, text in typed.items() if name.startswith(CREDIT_FIELD)
    }
    typing = bool(sent or used_along)
    texts = {item.pk: sent.get(str(item.pk), "") for item in debits}
    memo_texts = {item.pk: used_along.get(str(item.pk), "") for item in credits_}
    basis = "typed"
    if not typing and proposing:
        basis, minors, memos = _proposed(row, debits, credits_, customer)
        texts = {pk: _plain(minor, row.currency) for pk, minor in minors.items()}
        memo_texts = {pk: _plain(minor, row.currency) for pk, minor in memos.items()}
    granting = not typing or typed.get("discount") == "1"
    money = _money(row, customer)
    along = tuple(line_of(money, item, memo_texts.get(item.pk, ""), granting=False) for item in credits_)
    credits_used = sum(line.amount for line in along)
    lines = tuple(line_of(money, item, texts.get(item.pk, ""), granting) for item in debits)
    used = sum(line.amount for line in lines)
    earns = any(
        item.discount and item.discount_until and row.value_on <= item.discount_until for item in debits
    )
    return ReceiptPlan(
        money, lines, along, basis, row.amount, credits_used, used, row.amount + credits_used - used,
        sum(line.discount for line in lines), earns, more,
        _small_told(request.door.policy, row.currency),  # type: ignore[attr-defined]
    )  # fmt: skip


def placing_of(plan: ReceiptPlan, customer: Customer, typed: Mapping[str, str]) -> Placing:
    """What is to be posted. Unclear beside the field that cannot be read, or above the form when the sum is more than there is."""
    currency = plan.credit.currency
    for prefix, lines in ((FIELD, plan.lines), (CREDIT_FIELD, plan.along)):
        for line in lines:
            if line.typed and (not line.amount or line.problem):
                raise Unclear(f"{prefix}{line.item.pk}", line.problem)
    if plan.left < 0:
        there = Money(plan.money + plan.credits, currency)
        raise Unclear("form", f"{Money(plan.used, currency)} is more than the {there} there is to use.")
    granting = typed.get("discount") == "1"
    uses = [
        Use(line.item.pk, Money(line.amount, currency), granting and bool(line.discount))
        for line in plan.lines
        if line.amount
    ]
    along = [Along(line.item.pk, line.amount, line.item.corrects_id) for line in plan.along if line.amount]
    note = typed.get("note", "") or "placed by hand"
    return Placing(
        customer.pk, uses, short_reason=typed.get("short_reason", ""), small=typed.get("small") == "1",
        question=typed.get("question", ""), evidence=note, along=along,
    )  # fmt: skip


def _small_told(policy: Policy, currency: str) -> str:
    """The tolerances of the currency in words; "" where there are none."""
    short, over = dict(policy.small_under).get(currency), dict(policy.small_over).get(currency)
    parts = [f"short by up to {short}"] if short else []
    return " or ".join([*parts, *([f"over by up to {over}"] if over else [])])


def _money(row: Receipt, customer: Customer) -> Item:
    """The payment as it would be posted."""
    entity = row.account.entity if row.account else None
    return Item(
        customer=customer, entity=entity or Entity(), kind="payment", side=-1, currency=row.currency, amount=row.amount, open=row.amount,
        value_on=row.value_on, posted_on=row.booked_on, document_on=row.booked_on,
    )  # fmt: skip


def _open_items(
    request: HttpRequest, row: Receipt, customer: Customer, typed: Mapping[str, str]
) -> tuple[list[Item], list[Item], int]:
    """The customer's open documents oldest first, then those of its payer group in sight, with all that the proposal or the form names
    among them; open credit memos; and how many documents are not shown."""
    heads = [each for each in (customer.parent_id, customer.pk) if each]
    group = customers_of(request).filter(Q(pk__in=heads) | Q(parent__in=heads)).values("pk")
    fit = Item.objects.filter(customer__in=group, currency=row.currency, open__gt=0).select_related(
        "customer"
    )
    if row.account is not None and row.account.entity_id is not None:
        fit = fit.filter(entity=row.account.entity_id)
    wanted = _named_ids(row, typed)
    debits = fit.filter(side=1)
    named = list(debits.filter(pk__in=wanted).order_by("due_on", "pk")[:MOST])
    own = list(debits.filter(customer=customer).exclude(pk__in=wanted).order_by("due_on", "pk")[:MOST])
    theirs = list(debits.exclude(customer=customer).exclude(pk__in=wanted).order_by("due_on", "pk")[:MOST])
    shown = sorted(
        [*named, *own, *theirs][:MOST],
        key=lambda item: (item.customer_id != customer.pk, item.due_on, item.pk),
    )
    memos = list(fit.filter(side=-1, kind="credit_memo").order_by("document_on", "pk")[:CREDITS_MOST])
    count = debits.count() if len(shown) == MOST else len(shown)
    return shown, memos, count - len(shown)


def _named_ids(row: Receipt, typed: Mapping[str, str]) -> list[int]:
    proposed = [line["item"] for line in (row.proposal or {}).get("lines", [])]
    sent = [name[len(FIELD) :] for name in typed if name.startswith(FIELD)]
    return [*proposed, *(int(each) for each in sent if each.isascii() and each.isdigit() and len(each) < 12)][
        :500
    ]


def _proposed(
    row: Receipt, debits: Sequence[Item], credits_: Sequence[Item], customer: Customer
) -> tuple[str, dict[int, int], dict[int, int]]:
    if row.proposal and row.proposal.get("lines"):
        owed = {item.pk: item.open for item in debits}
        unused = {item.pk: item.open for item in credits_}
        lines = {line["item"]: line["amount"] for line in row.proposal["lines"]}
        return (
            "proposed",
            {pk: min(minor, owed[pk]) for pk, minor in lines.items() if minor > 0 and pk in owed},
            {pk: min(-minor, unused[pk]) for pk, minor in lines.items() if minor < 0 and pk in unused},
        )
    own = [item for item in debits if item.customer_id == customer.pk]
    named = " ".join([row.text, *row.references, *(each["number"] for each in row.documents)])
    found = propose(
        row.amount, [Owed(i.pk, i.number, i.open, i.disputed) for i in own], chosen=(), named=(), text=named
    )
    return found.basis, dict(found.amounts), {}


def _plain(minor: int, currency: str) -> str:
    return str(Money(minor, currency)).rsplit(" ", 1)[0]
