"""Apply a credit to what is owed, looked at before it is done, and undo an application (A3, E2, B9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from dunlin.actions.apply_credit import Applied
from dunlin.actions.apply_credit import apply_credit as apply_one
from dunlin.actions.granted import earned_discount, uses_granted_beside
from dunlin.actions.reverse_application import reverse_application as reverse
from dunlin.desk.access import application_for, customer_for, customers_of
from dunlin.desk.acts import Unclear, act, allow, money_in, needed, numbers_in, typed_in
from dunlin.desk.answers import show
from dunlin.records.items import MONEY_KINDS
from dunlin.records.models import Customer, Item
from dunlin.rules.applying import Owed, propose
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money, total

_MOST = 100
_FIELD = "amount-"


@dataclass(frozen=True)
class Line:
    """One document and what is to be used for it; `after` is what is open then, minor units, None while unclear."""

    item: Item
    typed: str
    amount: int
    discount: int
    after: int | None
    problem: str


@dataclass(frozen=True)
class Plan:
    """A credit spread over documents. `basis` says what the amounts go by: chosen, named, oldest, deposit, typed; `left` of the
    credit is negative when more is asked than it has; `unfit` chosen documents cannot take it."""

    credit: Item
    lines: tuple[Line, ...]
    basis: str
    used: int
    left: int
    discount: int
    unfit: int
    earns: bool  # some document offers a discount that this money could earn


def apply_credit(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the credit, spread it over the documents, see what is open afterwards; htmx gets that alone while one types.

    `credit` comes chosen or is the oldest; `item` are the documents ticked.
    """
    customer = customer_for(request, pk)
    allow(request, "apply_credit")
    typed, chosen = typed_in(request), numbers_in(request, "item")
    credits_ = _credits(request, customer)
    credit = _credit_in(credits_, typed, chosen)
    # What is posted is what a person wrote; a proposal is only ever shown.
    plan = _plan(customer, credit, typed, chosen, proposing=request.method != "POST") if credit else None
    if request.htmx:  # type: ignore[attr-defined]
        return show(request, "applied.html", {"plan": plan})

    def do(typed: Mapping[str, str]) -> str:
        if plan is None:
            raise Unclear("form", "This credit is not there any more; go back to the account.")
        made = _apply(request, plan, typed)
        return _told(plan, made)

    facts = {"credits": credits_, "plan": plan, "chosen": chosen, "key": typed.get("key") or uuid4().hex}
    return act(request, customer, "apply_credit", "apply", do, facts=facts)


def _credits(request: HttpRequest, customer: Customer) -> list[Item]:
    """What may be applied here, oldest first: the account's own open credits, then those of its group that are in sight.

    When a form is sent, also the one it was made for, used up or not: a form sent twice answers the same.
    """
    heads = [each for each in (customer.parent_id, customer.pk) if each]
    group = customers_of(request).filter(Q(pk__in=heads) | Q(parent__in=heads)).values("pk")
    sent = numbers_in(request, "credit") if request.method == "POST" else ()
    found = Item.objects.filter(Q(open__gt=0) | Q(pk__in=sent), customer__in=group, side=-1)
    rows = list(found.select_related("customer", "entity").order_by("value_on", "pk")[: 2 * _MOST])
    # A deposit belongs to its order: it is the last that is offered.
    return sorted(rows, key=lambda row: (row.customer_id != customer.pk, row.kind == "deposit"))


def _credit_in(credits_: Sequence[Item], typed: Mapping[str, str], chosen: Sequence[int]) -> Item | None:
    """The credit asked for; else the first that can settle a ticked document; else the first."""
    text = typed.get("credit", "")
    if text:
        return next((each for each in credits_ if str(each.pk) == text), None)
    books = set(Item.objects.filter(pk__in=chosen, side=1).values_list("currency", "entity_id"))
    fits = (each for each in credits_ if (each.currency, each.entity_id) in books)
    return next(fits, credits_[0] if credits_ else None)


def _plan(
    customer: Customer, credit: Item, typed: Mapping[str, str], chosen: Sequence[int], proposing: bool
) -> Plan:
    """What was typed, or before anything was, when `proposing`, what the rule proposes."""
    sent = {name[len(_FIELD) :]: text for name, text in typed.items() if name.startswith(_FIELD)}
    fit = Item.objects.filter(
        customer=customer, side=1, currency=credit.currency, entity=credit.entity_id
    ).order_by("due_on", "pk")
    if sent or not proposing:
        items = list(fit.filter(pk__in=[int(pk) for pk in sent if pk.isascii() and pk.isdigit()][:_MOST]))
        basis, texts = "typed", {item.pk: sent[str(item.pk)] for item in items}
    else:
        items = list(fit.filter(open__gt=0, pk__in=chosen)[:_MOST]) or list(fit.filter(open__gt=0)[:_MOST])
        owed = [Owed(item.pk, item.number, item.open, item.disputed) for item in items]
        found = propose(
            credit.open, owed, chosen=chosen, named=_named_by(credit, items), text=f"{credit.reference} {credit.description}"
        )  # fmt: skip
        basis, texts = found.basis, {pk: _plain(minor, credit) for pk, minor in found.amounts.items()}
        if credit.kind == "deposit" and basis == "oldest":
            # It belongs to its order; nothing else is proposed for it.
            basis, texts = "deposit", {}
    money, granting = credit.kind in MONEY_KINDS, not sent or typed.get("discount") == "1"
    lines = tuple(line_of(credit, item, texts.get(item.pk, ""), money and granting) for item in items)
    used = sum(line.amount for line in lines)
    earns = money and any(item.discount and item.discount_until and credit.value_on <= item.discount_until for item in items)  # fmt: skip
    unfit = len(set(chosen) - {item.pk for item in items}) if not sent else 0
    return Plan(
        credit, lines, basis, used, credit.open - used, sum(line.discount for line in lines), unfit, earns
    )


def _named_by(credit: Item, items: Sequence[Item]) -> list[int]:
    """The document that a memo corrects, and those of the credit's own order."""
    order = credit.order_number
    return [
        item.pk for item in items if item.pk == credit.corrects_id or (order and item.order_number == order)
    ]


def line_of(credit: Item, item: Item, text: str, granting: bool) -> Line:
    """What `text` asks of a document, checked against what is open; `granting` adds the discount the credit earns on it."""
    try:
        asked = money_in({"amount": text}, "amount", credit.currency)
    except Unclear as unclear:
        return Line(item, text, 0, 0, None, unclear.problem)
    if asked is None:
        return Line(item, text, 0, 0, item.open, "")
    if asked.minor <= 0:
        return Line(item, text, 0, 0, None, "Write an amount above zero, or nothing.")
    if asked.minor > item.open:
        return Line(item, text, asked.minor, 0, None, f"{Money(item.open, item.currency)} is open, no more.")
    earned = earned_discount(credit, item, asked.minor) if granting and item.discount else 0
    return Line(item, text, asked.minor, earned, item.open - asked.minor - earned, "")


def _apply(request: HttpRequest, plan: Plan, typed: Mapping[str, str]) -> list[tuple[Line, Applied]]:
    """Every line that has an amount, or none of them. The action has the last word on how much is open."""
    wanted = [line for line in plan.lines if line.typed]
    for line in wanted:
        if not line.amount:
            raise Unclear(f"{_FIELD}{line.item.pk}", line.problem)
    if not wanted:
        raise Unclear("form", "Write beside at least one document how much of the credit is for it.")
    made, note, key = [], typed.get("note", ""), typed.get("key", "")
    with transaction.atomic():
        for line in wanted:
            try:
                applied = apply_one(
                    request.door.who, plan.credit.pk, line.item.pk, Money(line.amount, plan.credit.currency),  # type: ignore[attr-defined]
                    discount=typed.get("discount") == "1", evidence=note, cause=note,
                    key=f"{key}/{line.item.pk}" if key else None,
                )  # fmt: skip
            except Refused as refused:
                if not refused.code.startswith("application_"):
                    raise
                raise Unclear(f"{_FIELD}{line.item.pk}", str(refused)) from None
            made.append((line, applied))
    return made


def _told(plan: Plan, made: Sequence[tuple[Line, Applied]]) -> str:
    currency = plan.credit.currency
    used = total((applied.amount for _, applied in made), currency)
    granted = total((applied.discount for _, applied in made), currency)
    where = made[0][0].item.number or "a document" if len(made) == 1 else f"{len(made)} documents"
    left = Money(Item.objects.values_list("open", flat=True).get(pk=plan.credit.pk), currency)
    parts = [f"{used} applied to {where}"]
    if granted.minor:
        parts.append(f"{granted} of discount granted")
    parts.append(f"{left} of the credit is unused" if left.minor else "the credit is used up")
    return "; ".join(parts) + "."


def _plain(minor: int, credit: Item) -> str:
    return str(Money(minor, credit.currency)).rsplit(" ", 1)[0]


def reverse_application(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo one application, after saying what will be open again."""
    application = application_for(request, pk)
    debit, credit = application.debit, application.credit

    def do(typed: Mapping[str, str]) -> str:
        reason = needed(typed, "reason", "Say why it is undone.")
        did = reverse(request.door.who, pk, reason=reason, key=typed.get("key") or None)  # type: ignore[attr-defined]
        also = f", with {did.granted} that had been granted with it" if did.granted.minor else ""
        return f"{did.amount} of {debit.number or 'the document'} is owed again and the credit unused again{also}."

    facts = {
        "application": application,
        "debit": debit,
        "credit": credit,
        "granted": sum(use.amount for use in uses_granted_beside(application)),
        "key": typed_in(request).get("key") or uuid4().hex,
    }
    beside = {"reason_missing": "reason"}
    return act(
        request, debit.customer, "reverse_application", "reverse_application", do, beside=beside, facts=facts
    )
