"""What of a customer's credit may be paid out, and why not the rest (P26, invariant 19). See docs/rules/refunds.md.

Only unused credit that is really ours to return: a payment past the time in which it can come back, nobody's money who owes us, no
hold, back to the one who paid and the way it came. Each answer is a code with its figures.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from dunlin.rules.codes import sentence
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

REFUNDED_KINDS = ("payment", "deposit", "credit_memo")
MONEY_KINDS = ("payment", "deposit")
METHODS: Mapping[str, str] = MappingProxyType({
    "ach": "ACH credit", "sepa": "SEPA credit transfer", "check": "Check", "manual": "By hand at the bank",
})  # fmt: skip
# How money came in, with the time in which it can come back as a setting.
RAILS: Mapping[str, str] = MappingProxyType({
    "ach_company": "ACH from a company", "ach_consumer": "ACH from a consumer", "card": "card", "check": "check",
    "sepa_debit": "SEPA direct debit", "transfer": "credit transfer", "wire": "wire",
})  # fmt: skip
# The way back that fits the way in; what is not here can go back any way.
WAY_BACK: Mapping[str, str] = MappingProxyType({
    "ach_company": "ach", "ach_consumer": "ach", "check": "check", "sepa_debit": "sepa",
})  # fmt: skip
HOLDS = ("insolvency", "legal", "sanctions")
# What a person may pass with a reason, which the one who approves reads.
WAIVED = ("refund_debits_open", "refund_other_payer", "refund_other_method")
CREDIT_BANDS = (30, 60, 90, 180, 365)  # last day of each band of age; one open band follows


@dataclass(frozen=True, slots=True)
class CreditFacts:
    """A credit as it stands. `reserved` is asked for already; `rail` is "" when nobody knows how the money came."""

    document: str
    kind: str
    open: Money
    reserved: Money
    received_on: date
    rail: str = ""
    came_back: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose credit it is: what they owe in its currency, in how many documents, and the hold on them, if any, since when."""

    owed: Money
    documents: int = 0
    hold: str = ""
    hold_since: date | None = None


@dataclass(frozen=True, slots=True)
class Payee:
    """Where the money is to go. `paid_from` and `goes_to` are last four signs; `same` is None when nobody knows who paid."""

    method: str
    goes_to: str = ""
    paid_from: str = ""
    same: bool | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """Why not: a code of rules/codes.py with its figures. `waivable`: a person may pass it with a reason."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    waivable: bool = False

    @property
    def text(self) -> str:
        return sentence(self.code, self.facts)


@dataclass(frozen=True, slots=True)
class Refundable:
    """`most` of it can be refunded now; `objections` stand against it, `passed` were waived."""

    most: Money
    objections: tuple[Objection, ...] = ()
    passed: tuple[Objection, ...] = ()

    @property
    def allowed(self) -> bool:
        return not self.objections


def windows(policy: Policy) -> dict[str, int]:
    """Calendar days in which a payment of each rail can come back."""
    return {
        "ach_company": policy.refund_wait_ach_company_days, "ach_consumer": policy.refund_wait_ach_consumer_days,
        "card": policy.refund_wait_card_days, "check": policy.refund_wait_check_days, "sepa_debit": policy.refund_wait_sepa_debit_days,
        "transfer": policy.refund_wait_transfer_days, "wire": policy.refund_wait_wire_days,
    }  # fmt: skip


def free_from(received_on: date, rail: str, days: Mapping[str, int]) -> date:
    """The first day on which a payment can be refunded: the window wholly belongs to the bank. An unknown rail is the longest of them but a card's."""
    wait = days[rail] if rail else max(each for name, each in days.items() if name != "card")
    return received_on + timedelta(wait + 1)


def refundable(
    credit: CreditFacts,
    owner: Owner,
    days: Mapping[str, int],
    today: date,
    *,
    asked: Money | None = None,
    payee: Payee | None = None,
    waived: Collection[str] = (),
) -> Refundable:
    """What can be refunded of a credit today, with everything that stands against it. `asked` and `payee` are judged when given.

    `waived` are codes a person passes with a reason; only those of WAIVED can be. `days` are the `windows`.
    """
    found = [*_of_the_credit(credit, days, today), *_of_the_owner(owner)]
    if payee is not None:
        found += _of_the_payee(credit, payee)
    left = Money(max(0, credit.open.minor - credit.reserved.minor), credit.open.currency)
    if asked is not None and asked.minor > left.minor > 0:
        found.append(
            Objection(
                "refund_exceeds",
                {
                    "asked": asked,
                    "most": left,
                    "document": credit.document,
                    "reserved": credit.reserved,
                },
            )
        )
    stands = tuple(each for each in found if not (each.waivable and each.code in waived))
    passed = tuple(each for each in found if each.waivable and each.code in waived)
    against = [each for each in stands if each.code != "refund_exceeds"]
    return Refundable(Money.zero(left.currency) if against else left, stands, passed)


def _of_the_credit(credit: CreditFacts, days: Mapping[str, int], today: date) -> list[Objection]:
    if credit.kind not in REFUNDED_KINDS:
        return [
            Objection("refund_of_kind", {"document": credit.document, "kind": credit.kind.replace("_", " ")})
        ]
    found = []
    if credit.came_back:
        found.append(Objection("refund_payment_back", {"document": credit.document}))
    if credit.open.minor <= credit.reserved.minor:
        facts = {"document": credit.document, "open": credit.open, "reserved": credit.reserved}
        found.append(Objection("refund_nothing_left", facts))
    if credit.kind not in MONEY_KINDS:
        return found  # a credit memo never came through a bank
    if credit.rail == "card":
        return [*found, Objection("refund_to_card", {"document": credit.document})]
    from_on = free_from(credit.received_on, credit.rail, days)
    if today < from_on:
        how = RAILS[credit.rail] if credit.rail else "a way nobody recorded"
        facts = {
            "document": credit.document,
            "how": how,
            "received_on": credit.received_on,
            "from_on": from_on,
        }
        found.append(Objection("refund_window_open", facts))
    return found


def _of_the_owner(owner: Owner) -> list[Objection]:
    found = []
    if owner.hold:
        facts = {"hold": owner.hold.replace("_", " "), "since": owner.hold_since or "an unknown day"}
        found.append(Objection("refund_on_hold", facts))
    if owner.owed.minor > 0:
        documents = f"{owner.documents:,} document{'' if owner.documents == 1 else 's'}"
        found.append(
            Objection("refund_debits_open", {"owed": owner.owed, "documents": documents}, waivable=True)
        )
    return found


def _of_the_payee(credit: CreditFacts, payee: Payee) -> list[Objection]:
    found = []
    fits = WAY_BACK.get(credit.rail, payee.method)
    if payee.method not in (fits, "manual") and credit.kind in MONEY_KINDS:
        facts = {"how": RAILS[credit.rail], "method": METHODS[fits], "other": METHODS[payee.method]}
        found.append(Objection("refund_other_method", facts, waivable=True))
    if payee.same is False:
        facts = {"paid_from": payee.paid_from, "goes_to": payee.goes_to}
        found.append(Objection("refund_other_payer", facts, waivable=True))
    return found


def rail_told(file_format: str, currency: str, check_number: str, source: str) -> str:
    """How money came in, as far as the bank's file says; "" when it does not. A person may say it then."""
    if source.startswith(("card", "stripe")):
        return "card"
    if check_number or file_format == "lockbox":
        return "check"
    if file_format == "fedwire":
        return "wire"
    if file_format == "nacha":
        return "ach_company"
    # A euro credit on a statement of ours: the payer sent it. What we drew ourselves comes as a batch of ours.
    return "transfer" if file_format.startswith("camt") and currency == "EUR" else ""


def age_band(days: int) -> int:
    """The place of an age in CREDIT_BANDS; a credit dated in the future is in the first."""
    return next((place for place, last in enumerate(CREDIT_BANDS) if days <= last), len(CREDIT_BANDS))


def dormant_on(last_activity: date, years: int) -> date:
    """The day from which a credit without activity counts as dormant: the same day `years` later, 1 March for 29 February."""
    try:
        return last_activity.replace(year=last_activity.year + years)
    except ValueError:
        return date(last_activity.year + years, 3, 1)
