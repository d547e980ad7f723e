"""Payment terms: from an invoice date to due dates, instalments and plain words. DOMAIN section 3 (Terms), [30]-[34]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args

from dunlin.rules.calendars import Calendar, Roll, add_months, month_after, on_day
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money, split

Kind = Literal["net_days", "eom_plus", "prox", "day_of_month", "range_end_plus", "instalments", "unknown"]
Day = int | Literal["eom"]
Remainder = Literal["last", "first"]


@dataclass(frozen=True, slots=True)
class Terms:
    """When an invoice is due and what early payment earns. Days are calendar days; the invoice date is day 0.

    `cutoff_day`, `due_day`: day of the month, or `eom` for its last. `ranges`: (first day, last day) of the month; a
    range whose last day is the smaller number runs into the next month. `days` may not be negative: an invoice is never
    due before its date (invariant 40). ValueError says what is wrong.
    """

    code: str
    kind: Kind
    days: int = 0
    cutoff_day: Day = "eom"
    months: int = 0
    due_day: Day = "eom"
    ranges: tuple[tuple[int, Day], ...] = ()
    roll: Roll = "none"
    discount_pct: Decimal | None = None
    discount_days: int = 0
    grace_days: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"terms {self.code}: there is no kind {self.kind!r}")
        if self.roll not in get_args(Roll):
            raise ValueError(f"terms {self.code}: roll is none, following or preceding, not {self.roll!r}")
        for name in ("days", "months", "discount_days", "grace_days"):
            if getattr(self, name) < 0:
                raise ValueError(f"terms {self.code}: {name} may not be negative")
        if self.count < 1:
            raise ValueError(f"terms {self.code}: at least one instalment")
        for day in (self.cutoff_day, self.due_day, *(day for pair in self.ranges for day in pair)):
            if day != "eom" and not 1 <= day <= 31:
                raise ValueError(f"terms {self.code}: {day} is not a day of a month")
        if self.discount_pct is not None and not 0 <= self.discount_pct <= 100:
            raise ValueError(f"terms {self.code}: a discount is 0 to 100 per cent, not {self.discount_pct}")


def terms_of(code: str, rule: Mapping[str, Any]) -> Terms | None:
    """Terms from their stored fields; None when they give no due date."""
    if rule.get("kind", "unknown") == "unknown":
        return None
    given = dict(rule)
    if given.get("discount_pct") is not None:
        given["discount_pct"] = Decimal(str(given["discount_pct"]))
    if "ranges" in given:
        given["ranges"] = tuple((first, last) for first, last in given["ranges"])
    return Terms(code, **given)


def rule_of(terms: Terms) -> dict[str, Any]:
    """The fields to store, as JSON takes them: the kind, and whatever is not at its default."""
    rule: dict[str, Any] = {"kind": terms.kind}
    for each in fields(Terms):
        value = getattr(terms, each.name)
        if each.name not in ("code", "kind") and value != each.default:
            rule[each.name] = str(value) if isinstance(value, Decimal) else value
    if terms.ranges:
        rule["ranges"] = [list(pair) for pair in terms.ranges]
    return rule


def due_date(terms: Terms, invoice_date: date, calendar: Calendar | None = None) -> date:
    """The day an invoice is due; for instalments, the day its last one is.

    `invoice_date` is the basis date: whichever of invoice date, receipt of invoice or receipt of goods the contract
    names. The calendar is needed only where the terms roll. Rolling back never lands before the basis date: it rolls
    on instead. Refused when the terms give no due date, or no range covers the day.
    """
    if terms.kind == "instalments":
        return _instalment_dates(terms, invoice_date, calendar)[-1]
    return _rolled(_unrolled(terms, invoice_date), terms, invoice_date, calendar)


def instalments(amount: Money, count: int, remainder: Remainder = "last") -> list[Money]:
    """`count` parts, each floored to the minor unit; the last (or first) takes the rest, so they add up exactly."""
    if remainder not in get_args(Remainder):
        raise ValueError(f"the remainder goes to the last or the first instalment, not {remainder!r}")
    parts = split(amount, count)
    return parts if remainder == "last" else parts[::-1]


def instalment_plan(
    terms: Terms, amount: Money, invoice_date: date, calendar: Calendar | None = None
) -> list[tuple[date, Money]]:
    """(due date, amount) of each instalment in order; one line with the whole amount for any other kind of terms."""
    if terms.kind != "instalments":
        return [(due_date(terms, invoice_date, calendar), amount)]
    return list(zip(_instalment_dates(terms, invoice_date, calendar), instalments(amount, terms.count)))


def discount_until(terms: Terms, invoice_date: date) -> date | None:
    """Last day whose payment earns the discount, grace included; None when the terms offer none."""
    if not terms.discount_pct:
        return None
    return invoice_date + timedelta(days=terms.discount_days + terms.grace_days)


def in_short(terms: Terms) -> str:
    """The terms as people call them: "2 % within 10 days, else net 30". Grace and rolling are left to `in_words`."""
    words = f"net {terms.days}" if terms.kind == "net_days" and terms.days else _kind_in_words(terms)
    if not terms.discount_pct:
        return words[:1].upper() + words[1:]
    within = f"{terms.discount_pct.normalize():f} % within {_count(terms.discount_days, 'day')}"
    return f"{within}, else {words[:1].lower()}{words[1:]}"


def in_words(terms: Terms) -> str:
    """The terms as one plain sentence for collectors and customers."""
    parts = [_kind_in_words(terms)]
    if terms.roll != "none":
        where = "next" if terms.roll == "following" else "previous"
        parts.append(f"a due date on a closed day moves to the {where} business day")
    if terms.discount_pct:
        grace = f" (and {_count(terms.grace_days, 'day')} of grace)" if terms.grace_days else ""
        parts.append(
            f"{terms.discount_pct:f} % discount if paid within {_count(terms.discount_days, 'day')}{grace}"
        )
    return "; ".join(parts)


def _unrolled(terms: Terms, on: date) -> date:
    if terms.kind == "net_days":
        return on + timedelta(days=terms.days)
    if terms.kind == "eom_plus":
        return _month_day(on, terms.months, "eom") + timedelta(days=terms.days)
    if terms.kind == "prox":
        next_cycle = terms.cutoff_day != "eom" and on.day > terms.cutoff_day
        return _not_before(on, terms.months + next_cycle, terms.due_day)
    if terms.kind == "day_of_month":
        return _not_before(on, terms.months, terms.due_day)
    if terms.kind == "range_end_plus":
        return _range_end(terms, on) + timedelta(days=terms.days)
    raise Refused("terms_without_due_date", terms=terms.code)


def _rolled(due: date, terms: Terms, basis: date, calendar: Calendar | None) -> date:
    if terms.roll == "none":
        return due
    if calendar is None:
        raise ValueError(f"terms {terms.code} roll, so a calendar must be given")
    rolled = calendar.roll(due, terms.roll)
    return rolled if rolled >= basis else calendar.roll(due, "following")


def _instalment_dates(terms: Terms, invoice_date: date, calendar: Calendar | None) -> list[date]:
    """The first after `days` (or one step when there are none), the others `months` apart (1 when not said)."""
    step = terms.months or 1
    first = invoice_date + timedelta(days=terms.days) if terms.days else add_months(invoice_date, step)
    # Each date counts from the first, not from the one before: 31 January, 28 February, 31 March.
    anchor, lead = (first, 0) if terms.days else (invoice_date, step)
    dates = (add_months(anchor, lead + step * index) for index in range(terms.count))
    return [_rolled(due, terms, invoice_date, calendar) for due in dates]


def _month_day(on: date, months: int, day: Day) -> date:
    return on_day(*month_after(on.year, on.month, months), day)


def _not_before(on: date, months: int, day: Day) -> date:
    """That day some months on; a day already past moves one month on."""
    due = _month_day(on, months, day)
    return due if due >= on else _month_day(on, months + 1, day)


def _range_end(terms: Terms, on: date) -> date:
    for first, last in terms.ranges:
        end = 31 if last == "eom" else last
        if first <= end:
            if first <= on.day <= end:
                return _month_day(on, 0, last)
        elif on.day >= first:
            return _month_day(on, 1, last)
        elif on.day <= end:
            return _month_day(on, 0, last)
    raise Refused("terms_range_missing", terms=terms.code, day=on.day)


def _kind_in_words(terms: Terms) -> str:
    if terms.kind == "net_days":
        return (
            f"Net {_count(terms.days, 'day')} from invoice date" if terms.days else "Due on the invoice date"
        )
    if terms.kind == "eom_plus":
        after = f"{_count(terms.days, 'day')} after the" if terms.days else "The"
        later = f", {_count(terms.months, 'month')} on" if terms.months else ""
        return f"{after} end of the invoice month{later}"
    if terms.kind == "prox":
        cutoff = "" if terms.cutoff_day == "eom" else f"; invoices after day {terms.cutoff_day} a month later"
        return f"{_day_in_words(terms.due_day)} of {_month_in_words(terms.months)}{cutoff}"
    if terms.kind == "day_of_month":
        return f"{_day_in_words(terms.due_day)} of {_month_in_words(terms.months)}"
    if terms.kind == "range_end_plus":
        ranges = ", ".join(
            f"{first}–{'end of month' if last == 'eom' else last}" for first, last in terms.ranges
        )
        return f"{_count(terms.days, 'day')} after the end of the invoice's range of days ({ranges})"
    if terms.kind == "instalments":
        first = f"the first after {_count(terms.days, 'day')}, " if terms.days else ""
        return f"{_count(terms.count, 'instalment')}, {first}{_count(terms.months or 1, 'month')} apart"
    return f"Terms {terms.code} give no due date; the document must state it"


def _day_in_words(day: Day) -> str:
    return "The last day" if day == "eom" else f"Day {day}"


def _month_in_words(months: int) -> str:
    if months == 0:
        return "the invoice month, or of the next when that is past"
    return "the month after the invoice" if months == 1 else f"the month {months} months after the invoice"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
