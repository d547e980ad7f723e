"""What certain words in a certain order always mean: rules over rows of concepts, written once for all languages (B5, D10).

A rule is tried on each sentence's row of concepts, " NOT DISPUTE INVOICE ". Order is priority: when a rule says so, the ones it
overrules are not looked at in that sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A named pattern of concepts. `weight`: what it adds to the words' own evidence (log odds). `not_if`: it stays silent then."""

    name: str
    intent: str
    pattern: re.Pattern[str]
    not_if: re.Pattern[str] | None
    weight: float


def _rule(name: str, intent: str, pattern: str, not_if: str = "", weight: float = 3.0) -> Rule:
    """`A B`: A then B next to it; `A .. B`: B within five concepts; `A|B`: either."""
    return Rule(name, intent, _row(pattern), _row(not_if) if not_if else None, weight)


def _row(pattern: str) -> re.Pattern[str]:
    steps = []
    for step in pattern.split():
        if step == "..":
            steps.append(r"(?:[A-Z0-9_]+ ){0,5}?")
        elif step == "&&":
            steps.append(r"(?:[A-Z0-9_]+ ){0,40}?")
        else:
            steps.append(rf"(?:{step}) ")
    return re.compile(r"(?<![A-Z0-9_])" + "".join(steps))


RULES: tuple[Rule, ...] = (
    _rule("delivery failed", "bounce", "BOUNCE .. BOUNCE"),
    _rule("automatic reply", "out_of_office", "AUTOREPLY"),
    _rule("away until a day", "out_of_office", "AWAY .. DATE_AHEAD|DATE_NOW|DATE_PAST|UNTIL|RETURN|URGENT|MAILADDR"),
    _rule("lawyer", "legal_threat", "LAWYER"),
    _rule("court", "legal_threat", "COURT", weight=2.5),
    _rule("bankruptcy", "legal_threat", "BANKRUPT"),
    _rule("leave us alone", "legal_threat", "HARASS", weight=1.5),
    _rule("refund asked", "refund_request", "REFUND", not_if="FEE", weight=2.5),
    _rule("overpaid", "refund_request", "OVERPAID && REFUND|CREDIT"),
    _rule("credit to be paid out", "refund_request", "CREDIT .. PAY|SEND|REFUND|RETURN|BANK", not_if="CORRECT|WRONG|DISPUTE", weight=2),
    _rule("fee to be dropped", "fee_waiver_request", "FEE .. WAIVE|REFUND", weight=3),
    _rule("drop the fee", "fee_waiver_request", "WAIVE|REFUND .. FEE", weight=3),
    _rule("instalments", "payment_plan_request", "PLAN", weight=2),
    _rule("more time", "payment_plan_request", "MORETIME", weight=2),
    _rule("cancel the service", "cancel_service", "CANCEL .. SERVICE", not_if="INVOICE|FEE"),
    _rule("disputed", "dispute", "DISPUTE", not_if="NOT DISPUTE|PLAN", weight=2.5),
    _rule("something is wrong", "dispute", "WRONG .. PRICE|QUANTITY|INVOICE|AMOUNT|BALANCE|PO|TAX", not_if="WRONGPERSON", weight=2),
    _rule("invoice is wrong", "dispute", "PRICE|QUANTITY|INVOICE|BALANCE|PO|AMOUNT .. WRONG", weight=2),
    _rule("damaged", "dispute", "DAMAGED .. GOODS|DELIVER", weight=2),
    _rule("goods damaged", "dispute", "GOODS|DELIVER .. DAMAGED", weight=2),
    _rule("not delivered", "dispute", "GOODS .. NOT .. DELIVER|RECEIVE", weight=2),
    _rule("billed twice", "dispute", "INVOICE .. DUPLICATE", not_if="REFUND|SEND|CAN|PLEASE|OVERPAID", weight=2),
    _rule("tax form", "tax_certificate", "W9"),
    _rule("tax certificate", "tax_certificate", "TAX .. CERT"),
    _rule("certificate of tax", "tax_certificate", "CERT .. TAX"),
    _rule("portal trouble", "portal_help", "PORTAL .. LOGIN|ERROR|HOW|DOWNLOAD|AUTOPAY|NOT", weight=2),
    _rule("cannot sign in", "portal_help", "LOGIN|ERROR|HOW|DOWNLOAD|AUTOPAY|NOT .. PORTAL", weight=2),
    _rule("left the company", "contact_change", "LEFT", weight=2),
    _rule("wrong person", "contact_change", "WRONGPERSON", weight=2),
    _rule("new contact", "contact_change", "NEW .. CONTACT|MAILADDR|OWNER", weight=2),
    _rule("send elsewhere from now on", "contact_change", "HENCEFORTH .. EMAIL|MAILADDR|CONTACT", weight=2.5),
    _rule("statement asked", "statement_request", "STATEMENT", not_if="FEE|PAID|WRONG|REMIT", weight=2),
    _rule("remittance attached", "remittance_advice", "ATTACHED .. REMIT"),
    _rule("remittance enclosed", "remittance_advice", "REMIT .. ATTACHED|AMOUNT|NUMBER"),
    _rule("already paid", "already_paid", "ALREADY .. PAID", not_if="NOT ALREADY|NOT PAID"),
    _rule("paid already", "already_paid", "PAID .. ALREADY|DATE_PAST|CHECKREC", not_if="NOT ALREADY|NOT PAID"),
    _rule("copy asked", "invoice_copy_request", "SEND|RESEND|PLEASE .. COPY|INVOICE", not_if="STATEMENT|CORRECT|HENCEFORTH", weight=2),
    _rule("invoice missing", "invoice_copy_request", "NOT .. RECEIVE .. INVOICE", weight=2),
    _rule("invoice not here", "invoice_copy_request", "INVOICE .. MISSING|RESEND", weight=2),
    _rule("missing invoice", "invoice_copy_request", "MISSING|RESEND .. INVOICE", weight=2),
    _rule("will pay", "promise_to_pay", "WILL .. PAY|PAID|SCHED .. DATE_AHEAD|DATE_NOW", not_if="IF"),
    _rule("payment scheduled", "promise_to_pay", "SCHED|PAY .. DATE_AHEAD", weight=2),
)  # fmt: skip


def fired(row: str) -> list[tuple[Rule, int, int]]:
    """The rules a row of concepts meets, with where in the row: indexes of its first and last concept."""
    found = []
    for rule in RULES:
        match = rule.pattern.search(row)
        if match is None or (rule.not_if is not None and rule.not_if.search(row)):
            continue
        first = row.count(" ", 0, match.start())
        found.append((rule, first, first + match[0].count(" ") - 1))
    return found
