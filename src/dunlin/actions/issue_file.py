"""Issue the documents of a file of charges, each in its own transaction and once by its name (A6, P36, invariant 13).

Trying it does everything and takes it back; a document with a problem holds no other back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from dunlin.actions.credit_document import Credit, credit_document
from dunlin.actions.doing import Who
from dunlin.actions.issue_document import issue_document
from dunlin.actions.issuing import Issue, charge_problems, prepare
from dunlin.formats.charge_files import (
    ChargedDocument,
    ChargeFileUnusable,
    RowProblem,
    day_of,
    read_charge_file,
)
from dunlin.formats.problems import TableProblem
from dunlin.records.models import Customer, DiaryLine, Entity, Item, PaymentTerms
from dunlin.records.policies import current_policy
from dunlin.reports.issue_facts import CREDITED_KINDS
from dunlin.rules.codes import Refused
from dunlin.rules.issue_checks import stopping
from dunlin.rules.money import Money, NotMoney
from dunlin.rules.policy import Policy

_ASKED = "It is more than one may do alone, and would be asked for."


@dataclass(frozen=True)
class DocumentTold:
    """What became of one document: `would` be issued, `issued`, `before` (by an earlier run), `asked` for approval, or `refused`.

    `said` is what the checks tell and what does not stop it. Without a number while it is only tried.
    """

    name: str
    kind: str
    customer: str
    rows: tuple[int, ...]
    state: str
    number: str = ""
    total: Money | None = None
    problems: tuple[RowProblem, ...] = ()
    said: tuple[str, ...] = ()


def issue_file(
    who: Who, name: str, content: bytes, *, post: bool = False, policy: Policy | None = None
) -> tuple[DocumentTold, ...]:
    """Every document of the file in its order; nothing is kept unless `post`. The same file again changes nothing: the name of a document
    is its key, and the same name with other content is refused. Refused: issue_file_unusable."""
    try:
        documents = read_charge_file(content, name)
    except (ChargeFileUnusable, TableProblem) as problem:
        raise Refused("issue_file_unusable", file=name, why=str(problem)) from None
    if not documents:
        raise Refused("issue_file_unusable", file=name, why="it has no rows")
    policy = policy or current_policy()
    return tuple(_one(who if post else who.dry(), each, policy) for each in documents)


def _one(who: Who, document: ChargedDocument, policy: Policy) -> DocumentTold:
    head, problems = document.head, list(document.problems)
    kind = "credit_memo" if head["credits"] else head["kind"] or "invoice"
    told = DocumentTold(document.name, kind, head["customer"], document.rows, "refused")
    customer, entity = _whose(document, problems)
    if customer is None or entity is None:
        return replace(told, problems=tuple(problems))
    key = f"issue:{entity.code}/{document.name}"
    before = DiaryLine.objects.filter(key=key).exists()
    try:
        if head["credits"]:
            return _credited(who, document, customer, entity, key, before, problems, told, policy)
        issue = _issue(document, kind, customer, entity, problems)
        if issue is not None and not before:
            problems += _of_the_charges(document, issue)
        if issue is None or problems:
            return replace(told, problems=tuple(problems))
        said = () if before else _said(who, issue, document, problems, policy)
        if problems:
            return replace(told, problems=tuple(problems), said=said)
        issued = issue_document(who, issue, key=key, policy=policy)
    except Refused as refused:
        problems.append(RowProblem(document.rows[0], "document", str(refused)))
        return replace(told, problems=tuple(problems))
    state = _state(who, before, issued.approval_id)
    number = "" if state == "would" else issued.number
    said += (_ASKED,) if state == "would" and issued.approval_id else ()
    return replace(told, state=state, number=number, total=issued.total, said=said)


def _state(who: Who, before: bool, approval_id: int | None) -> str:
    return "before" if before else "would" if who.dry_run else "asked" if approval_id else "issued"


def _whose(document: ChargedDocument, problems: list[RowProblem]) -> tuple[Customer | None, Entity | None]:
    row, head = document.rows[0], document.head
    customer = Customer.objects.filter(number=head["customer"]).first()
    if customer is None:
        problems.append(RowProblem(row, "customer", f"there is no customer {head['customer']!r}"))
    found = list(Entity.objects.filter(**({"code": head["entity"]} if head["entity"] else {}))[:2])
    if len(found) != 1:
        why = f"there is no entity {head['entity']!r}" if head["entity"] else "say which entity issues it"
        problems.append(RowProblem(row, "entity", why))
    return customer, found[0] if len(found) == 1 else None


def _issue(
    document: ChargedDocument, kind: str, customer: Customer, entity: Entity, problems: list[RowProblem]
) -> Issue | None:
    """The document to be; None with the problems of its head."""
    head, row = document.head, document.rows[0]
    days = {column: day_of(head, column, row, problems) for column in ("date", "due_on", "service_month")}
    if days["date"] is None and not any(each.column == "date" for each in problems):
        problems.append(RowProblem(row, "date", "state the date of the document"))
    terms = PaymentTerms.objects.filter(code=head["terms"]).first() if head["terms"] else None
    if head["terms"] and terms is None:
        problems.append(RowProblem(row, "terms", f"there are no terms {head['terms']!r}"))
    if head["invoice_class"] not in ("", "standard", "mrr", "final"):
        problems.append(RowProblem(row, "invoice_class", "it is standard, mrr, final or nothing"))
    if days["date"] is None or problems:
        return None
    return Issue(
        kind=kind, customer_id=customer.pk, entity_id=entity.pk, currency=customer.currency or entity.currency, charges=document.charges,
        document_on=days["date"], terms_id=terms.pk if terms else None, due_on=days["due_on"], po_number=head["po_number"],
        order_number=head["order_number"], reference=head["reference"], invoice_class=head["invoice_class"],
        service_month=days["service_month"], reason=head["reason"], note=head["note"], confirmed=frozenset(head["confirmed"].split()),
    )  # fmt: skip


def _of_the_charges(document: ChargedDocument, issue: Issue) -> list[RowProblem]:
    """What the rules say of the charges, each at its row."""
    return [
        RowProblem(document.rows[max(0, each.position - 1)], each.field, str(each.refusal)) for each in charge_problems(issue)
    ]  # fmt: skip


def _said(
    who: Who, issue: Issue, document: ChargedDocument, problems: list[RowProblem], policy: Policy
) -> tuple[str, ...]:
    """What the checks tell; what stops is a problem of the document."""
    found = prepare(who, issue, policy).checks
    stops = stopping(found, issue.confirmed)
    for each in stops:
        more = f" Confirm it with {each.code} in the column confirmed." if each.asks else ""
        problems.append(RowProblem(document.rows[0], "document", f"{each.refusal}{more}"))
    return tuple(str(each.refusal) for each in found if each not in stops)


def _credited(
    who: Who, document: ChargedDocument, customer: Customer, entity: Entity, key: str, before: bool, problems: list[RowProblem],
    told: DocumentTold, policy: Policy,
) -> DocumentTold:  # fmt: skip
    """A memo for a document: its lines, an amount, or all that is left."""
    head, row = document.head, document.rows[0]
    wanted = Item.objects.filter(
        customer=customer, entity=entity, number=head["credits"], kind__in=CREDITED_KINDS, instalment__lte=1
    )  # fmt: skip
    item = wanted.order_by("pk").first()
    if item is None:
        problems.append(RowProblem(row, "credits", f"{customer.name} has no document {head['credits']!r}"))
        return replace(told, problems=tuple(problems))
    lines = _lines(document.rows, document.lines, problems)
    amount = None
    if head["amount"]:
        try:
            amount = Money.exact(head["amount"].replace(",", ""), item.currency)
        except NotMoney as problem:
            problems.append(RowProblem(row, "amount", str(problem)))
    if problems:
        return replace(told, problems=tuple(problems))
    credit = Credit(item_id=item.pk, reason=head["reason"], note=head["note"], lines=lines, amount=amount)
    made = credit_document(who, credit, key=key, policy=policy)
    state = _state(who, before, made.approval_id)
    if state == "would" and made.approval_id:
        return replace(told, state=state, total=made.total, said=(_ASKED,))
    said = (
        (f"{made.used} settles {item.number}, {made.left} stays an open credit",) if state == "issued" else ()
    )
    return replace(
        told, state=state, number="" if state == "would" else made.number, total=made.total, said=said
    )


def _lines(
    rows: Sequence[int], lines: Sequence[Mapping[str, Any]], problems: list[RowProblem]
) -> dict[int, Decimal | None]:
    """Position of each line that is credited to how many of it; None: all that is left."""
    found: dict[int, Decimal | None] = {}
    for row, cells in zip(rows, lines, strict=True):
        line, quantity = cells.get("line", ""), cells.get("quantity", "")
        if not line:
            if quantity or len(rows) > 1:
                problems.append(RowProblem(row, "line", "say which line of the document"))
            continue
        try:
            found[int(line)] = Decimal(quantity.replace(",", "")) if quantity else None
        except (ValueError, InvalidOperation):
            problems.append(RowProblem(row, "line", f"{line!r} and {quantity!r} are no line and number"))
    return found
