"""Issue a document from charges, credit one, bill one anew: both documents are looked at with their arithmetic before anything is posted (A6, P36)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dunlin.actions.credit_document import REASONS, Credit, credit_document, prepare_memo
from dunlin.actions.issue_document import issue_document, may_alone
from dunlin.actions.issuing import Issue, Prepared, prepare
from dunlin.actions.print_document import print_document, send_document
from dunlin.actions.rebill import Rebill, prepare_rebill, rebill
from dunlin.desk.access import customer_for, item_for
from dunlin.desk.acts import Unclear, act, allow, money_in, needed, typed_in
from dunlin.desk.answers import done, show
from dunlin.formats.charges import ChargeUnreadable, charge_of
from dunlin.records.models import Customer, Entity, Item, PaymentTerms
from dunlin.reports.issue_facts import Creditable, creditable
from dunlin.rules.codes import Refused
from dunlin.rules.invoicing import Charge, Line
from dunlin.rules.issue_checks import stopping
from dunlin.rules.money import Money

KINDS = (("invoice", "Invoice"), ("debit_memo", "Debit memo"), ("credit_memo", "Credit memo"))
COLUMNS = ("description", "quantity", "unit_price", "tax_pct", "jurisdiction")
_EMPTY_ROWS, _ROWS_MOST = 3, 100
_BESIDE = {"reason_missing": "reason", "credit_exceeds_rest": "amount", "issue_po_missing": "po"}


@dataclass(frozen=True)
class Seen:
    """What would be put out, as it is shown: amounts, what the checks say, whether somebody must allow it."""

    total: Money
    net: Money
    tax: Money
    due_on: Any
    said: tuple[str, ...]
    asks: tuple[str, ...]
    alone: bool


@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """An invoice or memo of its own, from charges."""
    customer = customer_for(request, pk)
    who = request.door.who  # type: ignore[attr-defined]
    typed = typed_in(request)

    def made(typed: Mapping[str, str]) -> Issue:
        entity = _entity(typed)
        return Issue(
            kind=typed.get("kind") or "invoice", customer_id=pk, entity_id=entity.pk, currency=customer.currency or entity.currency,
            charges=_charges(typed), document_on=who.today, terms_id=int(typed["terms"]) if typed.get("terms", "").isdigit() else None,
            po_number=typed.get("po", "")[:64], reason=typed.get("reason", ""), note=typed.get("note", ""), confirmed=_confirmed(typed),
        )  # fmt: skip

    def look() -> Mapping[str, Any]:
        return {"new": _seen(request, prepare(who, made(typed), request.door.policy))}  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        issued = issue_document(who, made(typed), key=typed.get("key") or None)
        return (
            _asked(issued.total)
            if issued.approval_id
            else f"{issued.number} is issued: {issued.total}. Its PDF is in the documents."
        )

    facts = {
        "rows": _rows(typed, ()), "kinds": KINDS, "reasons": [("", "None"), *REASONS.items()],
        "entities": [(str(each.pk), f"{each.code} {each.name}") for each in Entity.objects.order_by("code")],
        "terms": [("", "Those of the customer"), *((str(each.pk), each.code) for each in PaymentTerms.objects.order_by("code"))],
    }  # fmt: skip
    return _act(request, customer, "issue_document", "issue", look, do, facts)


@require_http_methods(["GET", "HEAD", "POST"])
def credit(request: HttpRequest, pk: int) -> HttpResponse:
    """Credit all that is left of a document, lines of it, or an amount."""
    item = item_for(request, pk)
    who, policy = request.door.who, request.door.policy  # type: ignore[attr-defined]
    typed = typed_in(request)
    of = _creditable(item)

    def wanted(typed: Mapping[str, str]) -> Credit:
        lines = {
            line.position: _quantity(typed, line) for line in of.left if typed.get(f"line-{line.position}")
        }
        amount = None if lines else money_in(typed, "amount", of.currency)
        return Credit(
            item_id=pk,
            reason=needed(typed, "reason", "Say why."),
            note=typed.get("note", ""),
            lines=lines,
            amount=amount,
        )

    def look() -> Mapping[str, Any]:
        _, memo = prepare_memo(who, wanted({**typed, "reason": typed.get("reason") or "other"}), policy)
        seen = _seen(request, memo)
        used = min(seen.total, of.open)
        return {"memo": seen, "used": used, "left": seen.total - used}

    def do(typed: Mapping[str, str]) -> str:
        made = credit_document(who, wanted(typed), key=typed.get("key") or None)
        if made.approval_id:
            return _asked(made.total)
        rest = f"; {made.left} stays as an open credit" if made.left.minor else ""
        return f"{made.number} credits {made.total}: {made.used} settles {item.number or 'the document'}{rest}. Its PDF is in the documents."

    facts = {"item": item, "of": of, "reasons": tuple(REASONS.items())}
    return _act(request, item.customer, "credit_document", "credit", look, do, facts)


@require_http_methods(["GET", "HEAD", "POST"])
def bill_anew(request: HttpRequest, pk: int) -> HttpResponse:
    """Credit a document in full and bill it anew, its lines as a start."""
    item = item_for(request, pk)
    who, policy = request.door.who, request.door.policy  # type: ignore[attr-defined]
    typed = typed_in(request)
    of = _creditable(item)

    def wanted(typed: Mapping[str, str]) -> Rebill:
        return Rebill(
            item_id=pk, charges=_charges(typed), reason=needed(typed, "reason", "Say why."), note=typed.get("note", ""),
            po_number=typed.get("po", "")[:64], confirmed=_confirmed(typed),
        )  # fmt: skip

    def look() -> Mapping[str, Any]:
        both = prepare_rebill(who, wanted({**typed, "reason": typed.get("reason") or "other"}), policy)
        memo, new = _seen(request, both.memo), _seen(request, both.new)
        return {
            "memo": memo,
            "new": new,
            "difference": max(new.total, memo.total) - min(new.total, memo.total),
            "fell": new.total < memo.total,
        }

    def do(typed: Mapping[str, str]) -> str:
        made = rebill(who, wanted(typed), key=typed.get("key") or None)
        if made.approval_id:
            return _asked(made.credited)
        left = f"; {made.left} of what was paid is unapplied, with a question" if made.left.minor else ""
        return f"{made.memo_number} credits {made.credited}, {made.number} bills {made.billed}; {made.moved} of what was paid went over{left}."

    facts = {"item": item, "of": of, "reasons": tuple(REASONS.items()), "rows": _rows(typed, of.lines)}
    return _act(request, item.customer, "rebill", "rebill", look, do, facts)


@require_POST
def send_issued(request: HttpRequest, pk: int) -> HttpResponse:
    """Send its paper the way the customer is written to."""
    allow(request, "send_message")
    item = item_for(request, pk)
    message = send_document(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, f"{item.number} goes with the next sending.", reverse("message", args=[message.pk]))


@require_POST
def print_issued(request: HttpRequest, pk: int) -> HttpResponse:
    """Its PDF, made now when it is not there yet."""
    allow(request, "print_document")
    item_for(request, pk)
    paper = print_document(request.door.who, pk)  # type: ignore[attr-defined]
    return done(request, f"{paper.file_name} is in the documents.", reverse("document", args=[paper.pk]))


def _act(
    request: HttpRequest, customer: Customer, verb: str, page: str, look: Callable[[], Mapping[str, Any]],
    do: Callable[[Mapping[str, str]], str], facts: Mapping[str, Any],
) -> HttpResponse:  # fmt: skip
    """The form, or for htmx what would be, or the act. What cannot be read yet is said below the form, as long as one types."""
    allow(request, verb)
    typed = typed_in(request)
    if request.htmx and request.method == "GET" and "key" in typed:  # type: ignore[attr-defined]
        try:
            would: dict[str, Any] = {"would": look()}
        except Unclear as unclear:
            would = {"would": {}, "unclear": unclear.problem}
        except Refused as refused:
            would = {"would": {}, "unclear": str(refused)}
        return show(request, "forms/would_be.html", {**facts, **would, "typed": typed})
    whole = {**facts, "key": typed.get("key") or uuid4().hex, "would": {}}
    return act(request, customer, verb, page, do, beside=_BESIDE, facts=whole)


def _seen(request: HttpRequest, prepared: Prepared) -> Seen:
    bill, who = prepared.bill, request.door.who  # type: ignore[attr-defined]
    stops = {each.code for each in stopping(prepared.checks, _confirmed(typed_in(request)))}
    alone = prepared.issue.kind == "invoice" or may_alone(who, prepared.total)
    return Seen(
        prepared.total, Money(bill.net, bill.currency), Money(bill.tax, bill.currency), prepared.due_on,
        tuple(str(each.refusal) for each in prepared.checks if not (each.asks and each.code not in stops)),
        tuple(each.code for each in prepared.checks if each.asks), alone,
    )  # fmt: skip


def _asked(amount: Money) -> str:
    return f"{amount} is more than you may do alone; it was asked for and waits under Approvals."


def _creditable(item: Item) -> Creditable:
    if item.kind not in ("invoice", "debit_memo"):
        raise Refused("credit_of_credit", document=item.number or "this document")
    return creditable(item)


def _confirmed(typed: Mapping[str, str]) -> frozenset[str]:
    return frozenset(
        name.removeprefix("ok-") for name, value in typed.items() if name.startswith("ok-") and value == "1"
    )


def _entity(typed: Mapping[str, str]) -> Entity:
    chosen = typed.get("entity", "")
    found = Entity.objects.filter(pk=chosen).first() if chosen.isdigit() and len(chosen) < 12 else None
    found = found or (Entity.objects.first() if Entity.objects.count() == 1 else None)
    if found is None:
        raise Unclear("entity", "Choose whose document it is.")
    return found


def _rows(typed: Mapping[str, str], lines: Sequence[Line]) -> list[dict[str, str]]:
    """The rows of the form: as typed, else of the lines, and a few empty ones."""
    count = 0
    while count < _ROWS_MOST and any(f"{column}-{count}" in typed for column in COLUMNS):
        count += 1
    if count:
        return [{column: typed.get(f"{column}-{at}", "") for column in COLUMNS} for at in range(count)]
    rows = [
        {
            "description": line.description, "quantity": _text(line.quantity), "unit_price": _text(line.unit_price),
            "tax_pct": _text(line.tax_pct), "jurisdiction": line.jurisdiction,
        }
        for line in lines
    ]  # fmt: skip
    return [*rows, *(dict.fromkeys(COLUMNS, "") for _ in range(_EMPTY_ROWS))]


def _text(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():f}"


def _charges(typed: Mapping[str, str]) -> tuple[Charge, ...]:
    """The charges of the rows that say anything. Unclear names the first field that cannot be read."""
    found = []
    for at in range(_ROWS_MOST):
        row = {column: typed.get(f"{column}-{at}", "").strip() for column in COLUMNS}
        if not any(row.values()):
            continue
        try:
            found.append(charge_of(row))
        except ChargeUnreadable as unreadable:
            column, problem = next(iter(unreadable.problems.items()))
            raise Unclear(f"{column}-{at}", f"Line {at + 1}: {problem}.") from None
    if not found:
        raise Unclear("form", "Write at least one line: what it is, how many, and the price.")
    return tuple(found)


def _quantity(typed: Mapping[str, str], line: Line) -> Decimal | None:
    """How many of a line; "all" for all that is left of it."""
    text = typed[f"line-{line.position}"].strip()
    if text.casefold() == "all":
        return None
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise Unclear(f"line-{line.position}", "Write a number, or all.") from None
