"""Issue an invoice, debit memo or credit memo from charges: checked, numbered, posted; its paper is made when it stands (A6, P36)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from dunlin.actions.ask_approval import Asked, ask_approval, home_amount
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.issuing import Issue, Prepared, prepare, put_out
from dunlin.actions.print_document import paper_when_it_stands
from dunlin.formats.charges import charge_of, plain_charge
from dunlin.records.policies import current_policy
from dunlin.rules.authority import needs_no_approval
from dunlin.rules.codes import Refused
from dunlin.rules.issue_checks import stopping
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

KIND = "adjustment"  # of approvals: what lowers or raises what is owed by a memo


@dataclass(frozen=True)
class Issued:
    """The first row, the number and the total; or, when somebody must allow it first, the request (`approval_id`) and no row."""

    item_id: int | None
    number: str
    total: Money
    approval_id: int | None = None


def issue_document(who: Who, issue: Issue, *, key: str | None = None, policy: Policy | None = None) -> Issued:
    """Issue it. A memo beyond what the role may do alone becomes a request, and nothing is posted until somebody approves.

    Refused: what `prepare` and `put_out` refuse; reason_missing for a memo without a reason.
    """
    policy = policy or current_policy()
    with doing(
        who,
        "issue_document",
        customers=[issue.customer_id],
        cause=issue.note,
        key=key,
        asked=plain_issue(issue),
    ) as act:
        if act.answered:
            return issued_again(act.answer)
        if issue.kind != "invoice" and not issue.reason:
            raise Refused("reason_missing")
        prepared = prepare(who, issue, policy)
        if issue.kind != "invoice" and not may_alone(who, prepared.total):
            return ask_to_issue(act, prepared)
        return issue_in(act, prepared, policy)


def issue_in(act: Act, prepared: Prepared, policy: Policy) -> Issued:
    """Put it out inside the frame of an act, which holds the customer's lock."""
    issue = prepared.issue
    made = put_out(act.who, prepared, policy)
    facts_changed(act.who, [issue.customer_id], policy)
    first = made.items[0]
    act.answer = answer_of(first.pk, made.number, made.total)
    act.tell(
        about=f"item:{first.pk}", customer_id=issue.customer_id,
        after={
            "kind": issue.kind, "number": made.number, "total": str(made.total), "tax": prepared.bill.tax,
            "rows": [item.pk for item in made.items], "corrects": issue.corrects_id, "confirmed": sorted(issue.confirmed),
        },
    )  # fmt: skip
    paper_when_it_stands(act.who, first.pk)
    return issued_again(act.answer)


def ask_to_issue(act: Act, prepared: Prepared) -> Issued:
    """The request for a memo that is not for an invoice."""
    issue = prepared.issue
    for finding in stopping(prepared.checks, issue.confirmed):
        raise finding.refusal
    what = issue.kind.replace("_", " ")
    row = ask_approval(act, Asked(
        kind=KIND, customer_id=issue.customer_id, entity_id=issue.entity_id, amount=prepared.total,
        title=f"{what.capitalize()} of {prepared.total} for {prepared.recipient.name}", reason=issue.note or issue.reason,
        evidence=[f"{line.description}: {Money(line.gross, issue.currency)}" for line in prepared.bill.lines[:20]],
        if_yes=f"The {what} is issued and sent to the store of documents.", if_no="Nothing is issued.",
        facts={"act": "issue", "issue": plain_issue(issue)},
    ))  # fmt: skip
    act.answer = answer_of(None, "", prepared.total, row.pk)
    return issued_again(act.answer)


def may_alone(who: Who, amount: Money) -> bool:
    """Whether the role may do an adjustment of this amount without asking."""
    return needs_no_approval(KIND, who.role, home_amount(who, amount))


def answer_of(
    item_id: int | None, number: str, total: Money, approval_id: int | None = None
) -> dict[str, Any]:
    """What the diary keeps as the answer to a key."""
    return {
        "item_id": item_id,
        "number": number,
        "minor": total.minor,
        "currency": total.currency,
        "approval_id": approval_id,
    }


def issued_again(answer: Mapping[str, Any]) -> Issued:
    """The answer of the first time."""
    total = Money(answer["minor"], answer["currency"])
    return Issued(answer["item_id"], answer["number"], total, answer["approval_id"])


def plain_issue(issue: Issue) -> dict[str, Any]:
    """The document to be, as JSON keeps it."""
    plain: dict[str, Any] = {}
    for field in fields(Issue):
        value = getattr(issue, field.name)
        plain[field.name] = value.isoformat() if isinstance(value, date) else value
    plain["charges"] = [plain_charge(charge) for charge in issue.charges]
    plain["confirmed"] = sorted(issue.confirmed)
    return plain


def issue_of(plain: Mapping[str, Any]) -> Issue:
    """Back from JSON."""
    days = {
        name: date.fromisoformat(plain[name]) if plain.get(name) else None
        for name in ("due_on", "service_month")
    }
    return Issue(
        **{
            **plain,
            **days,
            "document_on": date.fromisoformat(plain["document_on"]),
            "charges": tuple(charge_of(row) for row in plain["charges"]),
            "confirmed": frozenset(plain["confirmed"]),
        }
    )
