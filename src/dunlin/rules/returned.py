"""What a returned payment means, by rail and code: its class, and what follows from the class (DOMAIN section 4, P25).

Windows and retries are counted by the caller in banking or calendar days as the table says. Codes a rail does not list are
class "O": our file or the bank's, a person looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from dunlin.rules.calendars import Calendar

RetryRule = Literal[
    "twice", "after_correction", "new_authorisation", "if_authorised_again", "never", "new_instruction"
]
AutoPay = Literal["on", "paused_after_second", "stopped"]

RETRIES_MOST = 2
RETRY_DAYS = 180  # calendar days from the original entry
RETRY_LABEL = "RETRY PYMT"
BACS_RETRY_DAYS = 30  # "within a month"


@dataclass(frozen=True, slots=True)
class ReturnClass:
    """What follows: `retry` of the debit, whether a `fee` may be charged at all, auto-pay, and what a person does."""

    letter: str
    name: str
    retry: RetryRule
    auto_pay: AutoPay
    then: str
    demand: bool = True  # whether the debtor may be asked for the money because of it


CLASSES: Mapping[str, ReturnClass] = MappingProxyType({
    "F": ReturnClass("F", "insufficient funds", "twice", "paused_after_second", "Call on the next business day."),
    "A": ReturnClass("A", "account data wrong", "after_correction", "stopped", "Ask for the details by a known channel; retry only with them."),
    "U": ReturnClass("U", "not authorised", "new_authorisation", "stopped", "Escalate today and collect the evidence of the authorisation."),
    "S": ReturnClass("S", "payment stopped", "if_authorised_again", "stopped", "Treat it as a possible dispute."),
    "D": ReturnClass("D", "payer deceased", "never", "stopped", "Make no demand on the person.", demand=False),
    "L": ReturnClass("L", "frozen or sanctions", "never", "stopped", "Hand to compliance; do not talk about the reason.", demand=False),
    "O": ReturnClass("O", "our file or the bank's", "after_correction", "on", "Correct our file; look whether it was taken twice."),
    "C": ReturnClass("C", "our credit refused", "new_instruction", "on", "The refund is taken back and the credit is open; ask for a new instruction."),
})  # fmt: skip


def _codes(table: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({code: letter for letter, codes in table.items() for code in codes.split()})


ACH = _codes({
    "F": "R01 R09",
    "A": "R02 R03 R04 R12 R13 R17 R20 R28",
    "U": "R05 R07 R10 R11 R29 R31 R51",
    "S": "R08 R38 R52",
    "D": "R14 R15",
    "L": "R16",
    "C": "R23",
    "O": "R06 R18 R19 R21 R22 R24 R25 R26 R27 R30 R32 R33 R34 R35 R36 R37 R39 R50 R53 R80 R81 R82 R83 R84 R85",
})  # fmt: skip
# Entries without money of ours: enrolments, and banks between themselves. They are told of and change nothing.
ACH_INFO = frozenset({*(f"R{n}" for n in range(40, 48)), "R61", "R62", *(f"R{n}" for n in range(67, 78))})
SEPA = _codes({
    "F": "AM04", "A": "AC01 AC04 AC06 AG01 RC01", "U": "MD01 MS02", "S": "MD06 MS03 SL01", "D": "MD07", "O": "AM05", "L": "RR04",
})  # fmt: skip
BACS = _codes({"F": "0", "U": "1 6", "A": "3 5 B", "D": "2", "O": "4 7 8 9 A"})
CHECKS = _codes({
    "F": "A B", "S": "C", "A": "D E R S", "L": "F", "U": "Q Z N 3 4 5", "O": "G H I J K L M O U W X P T Y",
})  # fmt: skip
RAILS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"ach": ACH, "sepa": SEPA, "bacs": BACS, "check": CHECKS}
)

ADMINISTRATIVE = frozenset({"R02", "R03", "R04"})
UNAUTHORISED = frozenset({"R05", "R07", "R10", "R11", "R29", "R51"})
# A breach is *over* the limit; per cent of the debits originated in 60 days or two months.
LIMITS_PCT: Mapping[str, Decimal] = MappingProxyType({
    "unauthorized": Decimal("0.5"), "administrative": Decimal(3), "overall": Decimal(15),
})  # fmt: skip

# What a notice of change corrects. It moves no money, and the next entry carries the new data.
CHANGES: Mapping[str, str] = MappingProxyType({
    "C01": "the account number", "C02": "the routing number", "C03": "the routing and the account number", "C04": "the name",
    "C05": "the kind of account", "C06": "the account number and its kind", "C07": "the routing number, the account number and its kind",
    "C08": "the foreign bank's identification", "C09": "the individual identification number", "C10": "the company's name",
    "C11": "the company's identification", "C12": "the company's name and identification", "C13": "the format of the addenda",
    "C14": "the entry class of a payment abroad",
})  # fmt: skip
NOC_DAYS = 6  # banking days


RATE_DAYS = 60  # the day looked at is the last of them


@dataclass(frozen=True, slots=True)
class ReturnRate:
    """One share of returned debits beside its limit. `pct` is exact, None when nobody knows how many debits there were."""

    name: str
    returns: int
    debits: int
    pct: Decimal | None
    limit_pct: Decimal

    @property
    def over(self) -> bool:
        return self.pct is not None and self.pct > self.limit_pct


@dataclass(frozen=True, slots=True)
class ReturnRates:
    """Per cent of the debits, two decimals, and the names of the limits they are over."""

    unauthorized_pct: Decimal
    administrative_pct: Decimal
    overall_pct: Decimal
    breaches: tuple[str, ...]


def rail_of(code: str) -> str:
    """The rail a code belongs to: R01 is of ACH, AM04 of SEPA, one sign of Bacs when a digit, else of checks; "" for none."""
    if len(code) == 3 and code[0] == "R" and code[1:].isdigit():
        return "ach"
    if len(code) == 4 and code.isalnum():
        return "sepa"
    return ("bacs" if code.isdigit() else "check") if len(code) == 1 else ""


def class_of(code: str, rail: str = "") -> ReturnClass | None:
    """The class of a return code; None when it moves no money of ours. A code nobody lists is class O."""
    if code in ACH_INFO:
        return None
    return CLASSES[RAILS.get(rail or rail_of(code), {}).get(code, "O")]


def retry_allowed(code: str, prior_retries: int, days_since_original: int) -> bool:
    """Whether an ACH debit may be presented again as it was: only for want of funds, at most twice, within 180 days."""
    return (
        ACH.get(code) == "F" and 0 <= prior_retries < RETRIES_MOST and 0 <= days_since_original <= RETRY_DAYS
    )


@dataclass(frozen=True, slots=True)
class Retry:
    """Whether a debit may be presented again as it was: `left` times, through `until` (None: no last day), with `label` in its text.
    `words` say it, and what must come first."""

    left: int
    until: date | None
    label: str
    words: str


_RETRY_WORDS: Mapping[str, str] = MappingProxyType({
    "after_correction": "Not as it was: first what was wrong is corrected.",
    "new_authorisation": "Not again: it takes a new authorisation and a new entry.",
    "if_authorised_again": "Only if the customer authorises it again after the stop.",
    "never": "Not again.", "new_instruction": "Our credit goes out with a new instruction only.",
})  # fmt: skip
# Rail → how often a debit returned for want of funds may be presented again, within how many days of the first, and what comes first.
_RETRIES: Mapping[str, tuple[int, int | None, str, str]] = MappingProxyType({
    "ach": (RETRIES_MOST, RETRY_DAYS, RETRY_LABEL, "same company name, identification and amount"),
    "sepa": (1, None, "", "more only after speaking to the customer"),
    "bacs": (1, BACS_RETRY_DAYS, "", "tell the payer first"),
    "check": (1, None, "", "if the bank takes it again"),
})  # fmt: skip


def retry_of(code: str, rail: str, *, times: int, first_on: date, today: date) -> Retry:
    """What may still be presented of a debit that came back `times` times, first received on `first_on`."""
    meaning = class_of(code, rail)
    if meaning is None:
        return Retry(0, None, "", "It moves no money.")
    if rail == "check" and code == "T":
        return Retry(0, None, "", "Not again: the bank has taken it as often as it does.")
    if code == "R11":
        return Retry(
            0, None, "", "Correct the error; a new entry within 60 days of this return's settlement."
        )
    if meaning.retry != "twice" or rail not in _RETRIES:
        return Retry(0, None, "", _RETRY_WORDS.get(meaning.retry, "Not again."))
    most, days, label, first = _RETRIES[rail]
    until = first_on + timedelta(days) if days is not None else None
    left = max(0, most + 1 - times) if until is None or today <= until else 0
    if not left:
        return Retry(0, until, label, "Not again: it was presented as often, or as long, as the rules allow.")
    count = "once more" if left == 1 else f"{left} times more"
    by = f", by {until}" if until is not None else ""
    text = f", labelled {label}" if label else ""
    return Retry(left, until, label, f"It may be presented {count}{by}{text}; {first}.")


def auto_pay_after(meaning: ReturnClass | None, funds_returns: int) -> Literal["on", "paused", "stopped"]:
    """Auto-pay after a return of a class; `funds_returns` are those for want of funds in 180 days, this one counted."""
    if meaning is None or meaning.auto_pay == "on":
        return "on"
    if meaning.auto_pay == "stopped":
        return "stopped"
    return "paused" if funds_returns >= 2 else "on"


def noc_deadline(received: date, banking: Calendar, next_entry: date | None = None) -> date:
    """By when a notice of change is applied: six banking days after it came, or before the next entry if that is later."""
    return max(banking.next_business_day(received, NOC_DAYS), next_entry or received)


def return_fee_allowed(
    code: str, told_beforehand: bool, law_allows: bool, charged_already: bool = False
) -> bool:
    """Whether one return fee may be charged: R01 and R09 only, told beforehand, lawful, once a return."""
    return code in ("R01", "R09") and told_beforehand and law_allows and not charged_already


def rate_watch(debits: int, returns: Mapping[str, int]) -> tuple[ReturnRate, ...]:
    """The three shares of returned ACH debits with their counts: `debits` originated (0: not known), `returns` by code.

    What moves no money of ours is not counted, and neither is a credit of ours that was refused (R23)."""
    counted = {code: n for code, n in returns.items() if code not in ACH_INFO and ACH.get(code, "O") != "C"}
    sums = {
        "unauthorized": sum(n for code, n in counted.items() if code in UNAUTHORISED),
        "administrative": sum(n for code, n in counted.items() if code in ADMINISTRATIVE),
        "overall": sum(counted.values()),
    }
    return tuple(
        ReturnRate(name, n, debits, Decimal(n * 100) / debits if debits > 0 else None, LIMITS_PCT[name])
        for name, n in sums.items()
    )


def return_rates(debits: int, returns: Mapping[str, int]) -> ReturnRates:
    """Shares of returned debits; `debits` originated, `returns` by code. ValueError without debits."""
    if debits <= 0:
        raise ValueError(f"rates need debits originated, not {debits}")
    rates = rate_watch(debits, returns)
    shown = {f"{each.name}_pct": (each.pct or Decimal(0)).quantize(Decimal("0.01")) for each in rates}
    return ReturnRates(**shown, breaches=tuple(each.name for each in rates if each.over))
