"""The settings of the rules: one frozen object, every value with its default, unit, bounds and one plain line of help.

DOMAIN marks each number as a default of a setting. A rule takes a `Policy`; nothing else in the rules holds a threshold.
The settings screen, the settings file and the docs are made from `SETTINGS`. See docs/rules/settings.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dunlin.rules.cash.tolerances import limits_of
from dunlin.rules.money import MINOR_DIGITS, NotMoney, minor_digits
from dunlin.rules.policy_tables import CALL_HOURS, CARD_FEE_CAPS, EMAIL_HOURS, INBOX_HOURS, LOSS_RATES

# The five tiers of the worklist in the default order of P5 and B2. `rest` takes whoever no other tier takes.
TIERS = ("final_just_past_due", "mrr_aged", "late", "early", "rest")

# What a mail may ask for that a rule of the house may do without a person. rules/intents says what each of them means.
MAY_ACT_ALONE = (
    "already_paid", "bounce", "invoice_copy_request", "out_of_office", "promise_to_pay", "remittance_advice",
    "statement_request", "tax_certificate",
)  # fmt: skip

RATES_MAX = 8  # as many as there may be buckets


class NotASetting(ValueError):
    """A setting is unknown or its value is out of bounds; the message names the setting, the value and the bounds."""


class Setting(NamedTuple):
    """One row of the settings screen. `low` and `high` are inclusive; `choices` is empty when any value in bounds goes."""

    name: str
    attribute: str
    kind: str
    default: Any
    unit: str
    help: str
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()


def _set(
    name: str,
    kind: str,
    default: Any,
    unit: str,
    text: str,
    low: int | None = None,
    high: int | None = None,
    *choices: str,
) -> Any:
    meta = {
        "name": name,
        "kind": kind,
        "unit": unit,
        "help": text,
        "low": low,
        "high": high,
        "choices": choices,
    }
    if kind == "decimal":
        default = Decimal(default)
    elif kind == "rates":
        default = tuple(map(Decimal, default))
    elif kind == "table":
        default = tuple((each, Decimal(number)) for each, number in default)
    return field(default=default, metadata=meta)


_SETTINGS: dict[str, Setting] = {}  # filled from the fields of Policy at the end of this file
SETTINGS: Mapping[str, Setting] = MappingProxyType(_SETTINGS)


@dataclass(frozen=True)
class Policy:
    """Every setting of the rules. Build one with `Policy()` for the defaults or `Policy.from_mapping` for a company's own."""

    # fmt: off
    home_currency: str = _set("home.currency", "currency", "USD", "ISO 4217 code", "Currency of totals, targets and ranking.")
    ledger_time_zone: str = _set("ledger.time_zone", "zone", "UTC", "IANA zone", "Zone in which the day of the books turns.")
    aging_basis: str = _set("aging.basis", "choice", "due_date", "", "Date from which an item ages.", None, None, "due_date", "invoice_date")
    aging_bucket_uppers: tuple[int, ...] = _set("aging.bucket_uppers", "days", (30, 60, 90), "days past due", "Last day of each bucket after `current`; one open bucket follows.", 1, 3650)
    late_bucket_from: int = _set("aging.late_bucket_from", "int", 31, "days past due", "First day of the late bucket.", 1, 365)

    campaign_size: int = _set("campaign.size", "int", 75, "customers", "Customers on one collector's list for a day.", 1, 1000)
    campaign_max_attempts: int = _set("campaign.max_attempts", "int", 3, "calls", "Attempts to one customer on one day; three is the ceiling.", 1, 3)
    campaign_spacing_minutes: int = _set("campaign.spacing_minutes", "int", 60, "minutes", "Shortest time between two attempts to one customer.", 0, 600)

    stage_days: tuple[int, ...] = _set("stage.days", "days", (5, 15), "days past due", "When the contact stages d5 and d15 begin.", 1, 365)
    stage_suspension_over: int = _set("stage.suspension_over", "int", 30, "days past due", "Above this an item enters the suspension stage.", 1, 3650)

    tier_order: tuple[str, ...] = _set("worklist.tier_order", "order", TIERS, "", "Order of the tiers of the worklist.", None, None, *TIERS)
    final_just_past_due_through: int = _set("worklist.final_just_past_due_through", "int", 30, "days past due", "A final invoice is just past due up to this day.", 1, 365)
    early_days: tuple[int, ...] = _set("worklist.early_days", "days", (5, 15), "days past due", "First and last day of the early tier.", 1, 365)
    mrr_priority_months: int = _set("mrr.priority_months", "int", 2, "months", "Aged months of recurring invoices that give priority.", 1, 24)
    mrr_nth_business_day: int = _set("mrr.nth_business_day", "int", 1, "business day of the month", "Day on which customers with aged recurring invoices are written to.", 1, 20)

    promise_tolerance_days: int = _set("promise.tolerance_days", "int", 2, "calendar days", "Days after the promised date before a promise is judged.", 0, 30)
    promise_tolerance_pct: Decimal = _set("promise.tolerance_pct", "decimal", "0", "per cent", "Missing part of the amount that still counts as kept.", 0, 100)  # noqa: RUF009
    promise_pause_days_after: int = _set("promise.pause_days_after", "int", 0, "calendar days", "Days after the promised date during which its items stay quiet; 0 ends the silence with the date.", 0, 30)
    rest_days_after_reached: int = _set("contact.rest_days_after_reached", "int", 5, "calendar days", "Quiet days after a conversation; 0 for none.", 0, 60)
    follow_up_days: int = _set("follow_up.days", "int", 5, "business days", "Proposed date of a follow-up without a date.", 1, 60)
    follow_up_not_reached_days: int = _set("follow_up.not_reached_days", "int", 1, "business days", "Proposed date of the next try when nobody was reached.", 1, 60)
    follow_up_dispute_days: int = _set("follow_up.dispute_days", "int", 5, "business days", "Check that money came after a dispute was resolved.", 1, 60)

    statement_day: int = _set("statement.day", "int", 15, "day of the month", "Day on which statements go out.", 1, 28)
    statement_holiday_policy: str = _set("statement.holiday_policy", "choice", "nearest", "", "What happens when the statement day is a holiday.", None, None, "nearest", "literal")
    finals_nth_business_day: int = _set("finals.nth_business_day", "int", 6, "business day of the month", "Start of receipt confirmation for finals.", 1, 20)

    target_dso_days: int = _set("target.dso_days", "int", 35, "days", "Days sales outstanding stay below this.", 1, 365)
    target_late_total: Decimal = _set("target.late_total", "decimal", "2000000", "home currency", "The late bucket stays below this on any day.", 0)  # noqa: RUF009
    target_calls_per_day: int = _set("target.calls_per_day", "int", 75, "customers", "Customers called a day by one collector.", 1, 1000)
    target_answer_business_days: int = _set("target.answer_business_days", "int", 1, "business days", "E-mail and voicemail are answered within less than this.", 1, 30)
    target_epayment_business_days: int = _set("target.epayment_business_days", "int", 1, "business days", "E-payments are processed within this.", 1, 30)
    target_kept_rate_pct: Decimal = _set("target.kept_rate_pct", "decimal", "80", "per cent", "Share of judged promises that are kept.", 0, 100)  # noqa: RUF009

    large_debit_over: Decimal = _set("report.large_debit_over", "decimal", "50000", "home currency", "A customer above this is a large debit.", 0)  # noqa: RUF009
    large_debit_days_over: int = _set("report.large_debit_days_over", "int", 10, "days past due", "Only items above this count as large debit.", 0, 365)
    credit_age_over: int = _set("report.credit_age_over", "int", 30, "days", "A credit above this age is reported.", 0, 3650)

    loss_rates_pct: tuple[Decimal, ...] = _set("loss.rates_pct", "rates", LOSS_RATES, "per cent", "Expected loss of each bucket by days past due, `current` first; one rate a bucket.", 0, 100)
    loss_adjustment_factor: Decimal = _set("loss.adjustment_factor", "decimal", "1", "times", "Raises or lowers all loss rates for what is expected to differ from the past.", 0, 10)  # noqa: RUF009

    refund_wait_ach_company_days: int = _set("refund.wait_ach_company_days", "int", 5, "calendar days", "A company’s ACH payment can come back so long: two banking days over a long weekend.", 0, 400)
    refund_wait_ach_consumer_days: int = _set("refund.wait_ach_consumer_days", "int", 60, "calendar days", "A consumer’s ACH payment can come back so long.", 0, 400)
    refund_wait_card_days: int = _set("refund.wait_card_days", "int", 120, "calendar days", "A card payment can be disputed so long.", 0, 600)
    refund_wait_check_days: int = _set("refund.wait_check_days", "int", 10, "calendar days", "A check can come back so long.", 0, 400)
    refund_wait_sepa_debit_days: int = _set("refund.wait_sepa_debit_days", "int", 56, "calendar days", "A SEPA direct debit is refunded without questions so long.", 0, 400)
    refund_wait_transfer_days: int = _set("refund.wait_transfer_days", "int", 14, "calendar days", "A SEPA or other credit transfer can be recalled so long: ten banking days.", 0, 400)
    refund_wait_wire_days: int = _set("refund.wait_wire_days", "int", 1, "calendar days", "A wire is final after this.", 0, 400)
    credit_dormant_years: int = _set("credit.dormant_years", "int", 3, "years", "A credit without activity this long counts as dormant; it is never taken to income.", 1, 30)

    inbox_hours: tuple[tuple[str, str], ...] = _set("inbox.hours", "hours", INBOX_HOURS, "ledger time", "Hours in which the desk answers; the answer clock runs in them.")
    inbox_amber_from_pct: int = _set("inbox.amber_from_pct", "int", 50, "per cent", "Share of its clock from which a conversation turns amber.", 1, 99)
    inbox_red_from_pct: int = _set("inbox.red_from_pct", "int", 90, "per cent", "Share of its clock from which a conversation turns red.", 1, 100)
    inbox_act_alone: tuple[tuple[str, Decimal], ...] = _set("inbox.act_alone", "shares", (), "intent and confidence", "What a mail asks for is done without a person from this confidence on, such as invoice_copy_request 0.95; disputes, plans, refunds, legal threats, cancellations and contact changes never.")

    reconcile_small_amount: Decimal = _set("reconcile.small_amount", "decimal", "5", "home currency", "What is left of a document may be written off up to this amount; 0 for never.", 0, 100_000)  # noqa: RUF009
    reconcile_small_pct: Decimal = _set("reconcile.small_pct", "decimal", "2", "per cent", "And up to this share of the document; both must hold.", 0, 100)  # noqa: RUF009
    reconcile_stale_days: int = _set("reconcile.stale_days", "int", 30, "days", "Unapplied credit above this age is asked about.", 1, 3650)
    reconcile_days_back: int = _set("reconcile.days_back", "int", 180, "days", "Applied money is looked through this far back.", 1, 3650)
    reconcile_duplicate_days: int = _set("reconcile.duplicate_days", "int", 7, "days", "Invoices alike in amount and reference within these may be one.", 0, 90)
    reconcile_oldest_first: bool = _set("reconcile.oldest_first", "bool", False, "", "Credit that nothing points at may be proposed for the oldest documents.")

    approval_days: int = _set("approval.days", "int", 14, "calendar days", "A request for approval that nobody decides ends after this many days.", 1, 180)
    small_under: tuple[tuple[str, str], ...] = _set("cash.small_under", "tolerances", (), "currency: amount and per cent of what is open", "A payment short by no more than both is settled, and the difference written off with it; once a payment, never on what is disputed, never the third alike in 90 days.")
    small_over: tuple[tuple[str, str], ...] = _set("cash.small_over", "tolerances", (), "currency: amount and per cent of what is paid", "A payment over by no more than both is used up, the difference posted as a small debit with it.")
    case_days: int = _set("cash.case_days", "int", 10, "business days", "A short pay or an overpayment is decided within this.", 1, 90)
    return_fee: Decimal = _set("return.fee", "decimal", "0", "US dollars", "Fee for an ACH debit returned for want of funds (R01, R09), a document of its own, one a return; 0 for none.", 0, 1000)  # noqa: RUF009
    return_fee_told: bool = _set("return.fee_told", "bool", False, "", "Customers were told of the fee before the debit, and the law of their place allows it; without it no fee is charged.")
    return_flag_days: int = _set("return.flag_days", "int", 90, "calendar days", "A returned payment is shown on the account this long.", 1, 3650)
    return_debits: int = _set("return.debits_sixty_days", "int", 0, "debits", "Debits originated in the last sixty days, for the return rates; 0 where it is not known.", 0)
    document_expiry_warning_days: int = _set("document.expiry_warning_days", "int", 30, "calendar days", "Warn this long before a certificate or contract ends.", 0, 365)
    mail_per_minute: int = _set("mail.per_minute", "int", 120, "mails", "Mails sent a minute at most; 0 for as fast as the server takes them.", 0, 100_000)

    portal_open: bool = _set("portal.open", "bool", True, "", "Customers can sign in to the portal.")
    portal_session_hours: int = _set("portal.session_hours", "int", 8, "hours", "A customer stays signed in to the portal this long at most.", 1, 72)
    portal_part_payments: bool = _set("portal.part_payments", "bool", True, "", "A customer may choose to pay, or promise, part of an item.")
    portal_promise_days: int = _set("portal.promise_days", "int", 30, "calendar days", "The farthest day a customer can promise in the portal; for a later one they ask us.", 1, 365)
    portal_contact_changes: str = _set("portal.contact_changes", "choice", "confirm", "", "What a customer changes of its contacts: a person confirms it, or it holds at once. Whoever gets a mail there can sign in.", None, None, "confirm", "at_once")

    invoice_tax_rounding: str = _set("invoice.tax_rounding", "choice", "document", "", "Tax is rounded once for each rate of a document, or once a line.", None, None, "document", "line")
    invoice_rebill_due: str = _set("invoice.rebill_due", "choice", "restart", "", "When an invoice that bills anew is due: by the terms from its own date, or as the one it corrects, if that is later than its date.", None, None, "restart", "keep")
    invoice_number_width: int = _set("invoice.number_width", "int", 6, "digits", "Digits of the number of a new range of documents.", 1, 12)
    invoice_duplicate_days: int = _set("invoice.duplicate_days", "int", 90, "calendar days", "An invoice of the same customer, reference and amount within this time is asked about; 0 never.", 0, 3650)
    card_fee_over: tuple[tuple[str, Decimal], ...] = _set("card.fee_over", "table", (), "currency and amount", "A card payment above this bears the fee; a currency without a line bears none.", 0, None)
    card_fee_pct: Decimal = _set("card.fee_pct", "decimal", "3", "per cent", "Our rate of the card fee; the lowest of it and the caps is taken.", 0, 20)  # noqa: RUF009
    card_network_cap_pct: Decimal = _set("card.network_cap_pct", "decimal", "3", "per cent", "The most the card networks allow as a fee.", 0, 20)  # noqa: RUF009
    card_cost_pct: Decimal = _set("card.cost_pct", "decimal", "2.9", "per cent", "What accepting a card costs us; the fee is never more.", 0, 20)  # noqa: RUF009
    card_place_caps_pct: tuple[tuple[str, Decimal], ...] = _set("card.place_caps_pct", "table", CARD_FEE_CAPS, "place and per cent", "The highest fee by the customer's country or country-region; 0 where none may be taken.", 0, 20)
    card_fee_base: str = _set("card.fee_base", "choice", "whole_payment", "", "The fee is of the whole payment, or of what is above the threshold.", None, None, "whole_payment", "excess")
    card_waiver_days: int = _set("card.waiver_days", "int", 14, "calendar days", "An approved waiver of the card fee holds this long from the day it was asked for.", 1, 365)

    call_hours: tuple[tuple[str, str], ...] = _set("conduct.call_hours", "hours", CALL_HOURS, "local time", "Call window per country or country-region, and `default`.")
    call_on_weekends: bool = _set("conduct.call_on_weekends", "bool", False, "", "Calls on Saturday and Sunday.")
    call_on_holidays: bool = _set("conduct.call_on_holidays", "bool", False, "", "Calls on holidays of the contact's place.")
    weekly_call_limits: bool = _set("conduct.weekly_call_limits", "bool", True, "", "The place's own limit of calls in seven days holds beside the attempts of a day.")
    seven_in_seven: bool = _set("conduct.seven_in_seven", "bool", False, "", "At most seven calls in seven days, and none within seven days of a conversation.")
    email_hours: tuple[tuple[str, str], ...] = _set("conduct.email_hours", "hours", EMAIL_HOURS, "local time", "Hours of automatic e-mail per country or country-region, and `default`.")
    email_on_closed_days: bool = _set("conduct.email_on_closed_days", "bool", False, "", "Automatic e-mail on weekends and holidays of the contact's place.")
    emails_per_day: int = _set("conduct.emails_per_day", "int", 1, "e-mails", "Automatic e-mails to one customer on a day; statements and answers are not counted.", 1, 20)
    emails_per_week: int = _set("conduct.emails_per_week", "int", 3, "e-mails", "Automatic e-mails to one customer within seven days; statements and answers are not counted.", 1, 100)
    letters_per_month: int = _set("conduct.letters_per_month", "int", 4, "letters", "Automatic letters to one customer within thirty days; statements are not counted.", 1, 100)
    details_to_shared_mailboxes: bool = _set("conduct.details_to_shared_mailboxes", "bool", True, "", "Amounts and documents may be named to an address that several people read; never on a voicemail.")
    # fmt: on

    def __post_init__(self) -> None:
        for setting in SETTINGS.values():
            _check(setting, getattr(self, setting.attribute))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Policy:
        """A policy from setting names ("campaign.size") to plain values as JSON or YAML gives them; the rest are defaults.

        NotASetting names the first setting that is unknown or out of bounds.
        """
        given = {}
        for name, value in values.items():
            if name not in SETTINGS:
                raise NotASetting(f"There is no setting {name!r}.")
            given[SETTINGS[name].attribute] = _read(SETTINGS[name], value)
        return cls(**given)

    def as_mapping(self) -> dict[str, Any]:
        """Every setting by name as plain JSON-safe values; `Policy.from_mapping` of it gives an equal policy."""
        return {
            setting.name: _plain(setting, getattr(self, setting.attribute)) for setting in SETTINGS.values()
        }

    def changed(self) -> dict[str, Any]:
        """Only the settings that differ from their default, as `as_mapping` writes them."""
        return {
            setting.name: _plain(setting, getattr(self, setting.attribute))
            for setting in SETTINGS.values()
            if getattr(self, setting.attribute) != setting.default
        }


def _registry() -> dict[str, Setting]:
    defaults = Policy()
    return {
        each.metadata["name"]: Setting(
            attribute=each.name, default=getattr(defaults, each.name), **each.metadata
        )
        for each in fields(Policy)
    }


def _plain(setting: Setting, value: Any) -> Any:
    if setting.kind in ("hours", "tolerances"):
        return dict(value)
    if setting.kind in ("shares", "table"):
        return {name: str(share) for name, share in value}
    if isinstance(value, tuple):
        return [str(each) if isinstance(each, Decimal) else each for each in value]
    return str(value) if isinstance(value, Decimal) else value


def _wrong(setting: Setting, value: Any, why: str) -> NotASetting:
    if isinstance(value, dict):
        shown = "; ".join(f"{place} {hours}" for place, hours in value.items())
    else:
        shown = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    quoted = shown if isinstance(value, (int, float, Decimal)) else f"“{shown}”"
    return NotASetting(f"{setting.name}: {quoted} {why}.")


def _read(setting: Setting, value: Any) -> Any:
    """`value` as the type of the setting. A float never becomes a decimal, and true is not 1."""
    if setting.kind == "bool":
        if not isinstance(value, bool):
            raise _wrong(setting, value, "is not true or false")
        return value
    if isinstance(value, bool):
        raise _wrong(setting, value, "is neither a number nor a text")
    try:
        if setting.kind == "int":
            if isinstance(value, float) and value != int(value):
                raise _wrong(setting, value, "is not a whole number")
            return int(value)
        if setting.kind == "decimal":
            if isinstance(value, float):
                raise _wrong(setting, value, "must be written as text, such as '2.5'")
            return Decimal(value)
        if setting.kind == "days":
            return tuple(int(each) for each in value)
        if setting.kind == "rates":
            if isinstance(value, str) or any(isinstance(each, float) for each in value):
                raise _wrong(setting, value, "must be a list of numbers written as text, such as '2.5'")
            return tuple(Decimal(each) for each in value)
        if setting.kind == "order":
            return tuple(value)
        if setting.kind in ("hours", "tolerances"):
            return tuple(sorted(dict(value).items()))
        if setting.kind in ("shares", "table"):
            if any(isinstance(share, float) for share in dict(value).values()):
                raise _wrong(setting, value, "must have its numbers written as text, such as '0.95'")
            return tuple(sorted((name, Decimal(share)) for name, share in dict(value).items()))
    except (InvalidOperation, TypeError, ValueError) as problem:
        if isinstance(problem, NotASetting):
            raise
        raise _wrong(setting, value, f"is not {_KINDS[setting.kind]}") from None
    if not isinstance(value, str):
        raise _wrong(setting, value, f"is not {_KINDS[setting.kind]}")
    return value


_KINDS = {
    "int": "a whole number",
    "decimal": "a number",
    "days": "a list of whole numbers",
    "rates": "a list of numbers",
    "order": "a list of names",
    "hours": "a table of place and hours",
    "shares": "a table of names and shares",
    "tolerances": "a table of currency, amount and per cent",
    "table": "a table of names and numbers",
    "choice": "one of the choices",
    "currency": "a currency code",
    "zone": "a time zone",
}


def _check(setting: Setting, value: Any) -> None:
    """NotASetting unless `value` (already of the right type) is within the bounds and choices of the setting."""
    listed = setting.kind in ("days", "rates")
    numbers = value if listed else (value,) if setting.kind in ("int", "decimal") else ()
    if setting.kind == "table":
        numbers = tuple(number for _, number in value)
    if any(isinstance(number, Decimal) and not number.is_finite() for number in numbers):
        raise _wrong(setting, value, "is not a number")
    if setting.kind == "rates" and not 0 < len(value) <= RATES_MAX:
        raise _wrong(setting, value, f"must be one to {RATES_MAX} rates")
    for number in numbers:
        if setting.low is not None and number < setting.low:
            raise _wrong(setting, value, f"is below {setting.low} {setting.unit}")
        if setting.high is not None and number > setting.high:
            raise _wrong(setting, value, f"is above {setting.high} {setting.unit}")
    if setting.kind == "days":
        rising = all(early < late for early, late in pairwise(value))
        if not value or not rising or (setting.name != "aging.bucket_uppers" and len(value) != 2):
            raise _wrong(setting, value, "must be rising days, two of them unless they are buckets")
    if setting.kind == "choice" and value not in setting.choices:
        raise _wrong(setting, value, f"is not one of {', '.join(setting.choices)}")
    if setting.kind == "order" and sorted(value) != sorted(setting.choices):
        raise _wrong(setting, value, f"must name each of {', '.join(setting.choices)} once")
    if setting.kind == "currency":
        try:
            minor_digits(value)
        except NotMoney:
            raise _wrong(setting, value, "is not a currency code such as EUR") from None
    if setting.kind == "zone":
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise _wrong(setting, value, "is not a time zone such as Europe/Berlin") from None
    if setting.kind == "hours":
        _check_hours(setting, value)
    if setting.kind == "shares":
        _check_shares(setting, value)
    for currency, limits in value if setting.kind == "tolerances" else ():
        try:
            limits_of(currency, str(limits))
        except ValueError as problem:
            raise _wrong(setting, str(limits), str(problem)) from None
    if setting.name == "card.fee_over":
        for code, _ in value:
            if code not in MINOR_DIGITS:
                raise _wrong(setting, code, "is not a currency code such as EUR")


def minutes_of(window: str) -> tuple[int, int]:
    """First and last minute of the day of a window "08:00-20:00"; the end itself is outside. ValueError if not one."""
    begin, end = ((int(clock[:2]), int(clock[3:5])) for clock in window.split("-"))
    first, last = begin[0] * 60 + begin[1], end[0] * 60 + end[1]
    if len(window) != 11 or window[2] != ":" or window[8] != ":" or not 0 <= first < last <= 1440:
        raise ValueError(f"{window!r} is not a window of one day")
    if begin[1] > 59 or end[1] > 59:
        raise ValueError(f"{window!r} has a minute above 59")
    return first, last


def _check_hours(setting: Setting, value: tuple[tuple[str, str], ...]) -> None:
    if "default" not in dict(value):
        raise _wrong(setting, dict(value), "has no row `default`")
    for place, window in value:
        try:
            minutes_of(window)
        except (ValueError, TypeError, AttributeError):
            raise _wrong(setting, window, f"for {place} is not hours such as 08:00-20:00") from None


def _check_shares(setting: Setting, value: tuple[tuple[str, Decimal], ...]) -> None:
    for name, share in value:
        if not share.is_finite() or not 0 < share <= 1:
            raise _wrong(setting, share, f"for {name} is not a share above 0 and up to 1")
        if name not in MAY_ACT_ALONE:
            raise _wrong(
                setting, name, f"is not done without a person; these are: {', '.join(MAY_ACT_ALONE)}"
            )


_SETTINGS.update(_registry())
