"""What is looked at before a document is issued, each with its code and sentence (DOMAIN P36)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from dunlin.rules.codes import Refused
from dunlin.rules.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFacts:
    """What the checks rest on. `like` is the number of an invoice of the same customer, reference and amount, "" without one;
    `reached_by` is email, letter or "" when nobody is."""

    kind: str
    customer: str
    status: str
    bill_to: tuple[str, ...]
    reached_by: str
    amount: Money
    document_on: date
    due_on: date | None
    po_required: bool = False
    po_number: str = ""
    like: str = ""
    like_on: date | None = None


class Check(NamedTuple):
    """One finding. `stops`: nothing is issued. `asks`: nothing is issued until somebody says that it is right so."""

    refusal: Refused
    stops: bool = True
    asks: bool = False

    @property
    def code(self) -> str:
        return self.refusal.code


def checks(facts: IssueFacts) -> tuple[Check, ...]:
    """Every finding: issue_customer_closed, issue_po_missing, issue_due_date_missing, issue_due_before_document, issue_like_another,
    issue_bill_to_missing, issue_not_delivered. A credit memo has no terms, needs no order and repeats nothing."""
    found: list[Check] = []
    if facts.status == "closed" and facts.kind != "credit_memo":
        found.append(Check(Refused("issue_customer_closed", customer=facts.customer), asks=True))
    if facts.kind == "invoice" and facts.po_required and not facts.po_number.strip():
        found.append(Check(Refused("issue_po_missing", customer=facts.customer)))
    if facts.kind != "credit_memo" and facts.due_on is None:
        found.append(Check(Refused("issue_due_date_missing")))
    if facts.due_on is not None and facts.due_on < facts.document_on:
        found.append(
            Check(Refused("issue_due_before_document", due_on=facts.due_on, document_on=facts.document_on))
        )
    if facts.like:
        found.append(
            Check(
                Refused("issue_like_another", like=facts.like, on=facts.like_on, amount=facts.amount),
                asks=True,
            )
        )
    if not facts.bill_to:
        stops = facts.reached_by == "letter"
        found.append(Check(Refused("issue_bill_to_missing", customer=facts.customer), stops=stops))
    if not facts.reached_by:
        found.append(Check(Refused("issue_not_delivered", customer=facts.customer), stops=False))
    return tuple(found)


def stopping(found: Collection[Check], confirmed: Collection[str] = ()) -> tuple[Check, ...]:
    """Those that keep the document from being issued; what somebody confirmed by its code does not."""
    return tuple(each for each in found if each.stops and not (each.asks and each.code in confirmed))
