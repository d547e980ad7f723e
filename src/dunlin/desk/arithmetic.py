"""How each measure is computed, with the numbers put in: what “how is this computed” opens. The lines add up to the figure.

Only words and figures are made here; the arithmetic itself is rules/measures.py, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dunlin.reports.measures import Measures, MeasuresReport, Target
from dunlin.rules.money import TRUE_MINUS, Money
from dunlin.rules.policy import Policy

NOTHING = "–"
AR = "open debits less unapplied credits"
SALES = "invoices and debit memos less credit memos, tax included"


@dataclass(frozen=True)
class Figure:
    """A measure as the page shows it. `value` is its words, `why_not` says why there is none; `lines` are the arithmetic, the
    last of which gives the value; `told` is the figure it is made from, in a few words; `basis` says which receivables and
    which sales; `rows` is a table behind it (heads first)."""

    name: str
    label: str
    value: str
    unit: str
    formula: str
    lines: tuple[str, ...]
    basis: tuple[str, ...]
    why_not: str = ""
    target: Target | None = None
    judged: str = ""
    limit: str = ""
    cell: str = ""  # the aging column behind it, for a link
    rows: tuple[tuple[str, ...], ...] = field(default=())
    told: str = ""


def plain(number: Decimal | None, places: int = 1) -> str:
    """35.6, with a true minus, rounded half up once; a dash when undefined."""
    if number is None:
        return NOTHING
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{abs(rounded):,f}" if rounded == 0 or rounded > 0 else f"{TRUE_MINUS}{abs(rounded):,f}"


def close_to(number: Decimal, limit: Decimal) -> str:
    """The figure with as many places as it takes to tell it from its limit: 34.96 below 35 must not read 35.0."""
    for places in range(1, 7):
        text = plain(number, places)
        if number == limit or Decimal(text.replace(",", "").replace(TRUE_MINUS, "-")) != limit:
            return text
    return text


def explained(
    report: MeasuresReport, of: Measures, policy: Policy, *, part: bool = False
) -> tuple[Figure, ...]:
    """Every measure of one currency (or of all in the home currency) with its arithmetic, in the order of the page.

    `part` says that only a part of the book is looked at: then the limit of the late amount, which is the company's, is not
    held against it.
    """
    say = _Saying(report, of, policy)
    if part:
        say.targets.pop("late", None)
    return (
        say.dso(), say.countback(), say.best_possible(), say.delinquent(), say.late(), say.cei(), say.turnover(), say.kept(),
        say.days_late(),
    )  # fmt: skip


def shared(report: MeasuresReport, of: Measures, policy: Policy) -> tuple[str, str]:
    """The receivables and the sales most figures rest on: told once, above them."""
    say = _Saying(report, of, policy)
    return say.receivables, say.sales


def judged(target: Target | None, amount: Callable[[int], str] | None = None) -> tuple[str, str]:
    """(verdict, limit) in words. Exactly at its limit a target of "below" is missed, and it says so."""
    if target is None:
        return "", ""
    number = amount(int(target.limit)) if amount else plain(Decimal(target.limit), 0)
    limit = f"target {'below' if target.direction == 'below' else 'at least'} {number}"
    if target.met is None:
        return "undefined", limit
    if target.met:
        return "on target", limit
    return ("missed: exactly at its limit" if target.value == target.limit else "missed"), limit


class _Saying:
    """The words of one currency's measures."""

    def __init__(self, report: MeasuresReport, of: Measures, policy: Policy) -> None:
        self.report, self.of, self.policy = report, of, policy
        # Targets are judged in the home currency; another currency has the days but not the verdict.
        home = of is report.home
        self.targets = {target.name: target for target in report.targets} if home else {}
        self.receivables = f"Receivables: {AR}, {self.money(of.debits)} − {self.money(of.unapplied)} = {self.money(of.receivables)}"
        first, last = _day(report.first_day), _day(report.as_of)
        self.sales = f"Sales: {SALES}, {first} to {last} ({report.days} days), {self.money(of.sales)}"
        self.no_sales = (
            ""
            if of.sales
            else f"There were no sales from {first} to {last}, so there is nothing to divide by."
        )

    def money(self, minor: int) -> str:
        return str(Money(minor, self.of.currency)).rsplit(" ", 1)[0]

    def _days(
        self,
        name: str,
        label: str,
        value: Decimal | None,
        formula: str,
        lines: tuple[str, ...],
        *,
        cell: str = "",
        told: str = "",
    ) -> Figure:
        """A figure of days over sales: undefined without sales."""
        target = self.targets.get(name)
        verdict, limit = judged(target)
        words = close_to(value, Decimal(target.limit)) if target and value is not None else plain(value)
        return Figure(
            name, label, words, "days" if value is not None else "", formula, lines if value is not None else (),
            (self.receivables, self.sales), "" if value is not None else self.no_sales, target, verdict, limit, cell, told=told,
        )  # fmt: skip

    def dso(self) -> Figure:
        of, days = self.of, self.report.days
        line = f"{self.money(of.receivables)} ÷ {self.money(of.sales)} × {days} = {plain(of.dso, 2)}"
        return self._days(
            "dso", "Days sales outstanding", of.dso, "receivables ÷ sales × days", (line,), cell="all",
            told=f"receivables {self.money(of.receivables)}",
        )  # fmt: skip

    def best_possible(self) -> Figure:
        of, days = self.of, self.report.days
        lines = [f"{self.money(of.current)} ÷ {self.money(of.sales)} × {days} = {plain(of.bpdso, 2)}"]
        if of.current < of.debits - of.past_due:
            lines.insert(
                0,
                f"Not past due are {self.money(of.debits - of.past_due)}, more than the receivables; these count.",
            )
        else:
            lines.insert(
                0,
                f"Not past due: {self.money(of.debits)} − {self.money(of.past_due)} = {self.money(of.current)}",
            )
        formula = "receivables that are not past due ÷ sales × days"
        told = f"not past due {self.money(of.current)}"
        return self._days("bpdso", "Best possible DSO", of.bpdso, formula, tuple(lines), cell="0", told=told)

    def delinquent(self) -> Figure:
        of, days = self.of, self.report.days
        past_due = of.receivables - of.current
        lines = (
            f"{self.money(of.receivables)} − {self.money(of.current)} = {self.money(past_due)}",
            f"{self.money(past_due)} ÷ {self.money(of.sales)} × {days} = {plain(of.add, 2)}",
        )
        formula = "DSO − best possible DSO, which is receivables past due ÷ sales × days"
        told = f"receivables past due {self.money(past_due)}"
        return self._days(
            "add", "Average days delinquent", of.add, formula, lines, cell="past_due", told=told
        )

    def countback(self) -> Figure:
        of = self.of
        rows: list[tuple[str, ...]] = [("Month back", "Sales", "Days", "Still to cover", "Counted")]
        left, counted = of.receivables, []
        for back, (sales, days) in enumerate(of.monthly, start=1):
            if left <= 0 or sales <= 0:
                break
            part = Decimal(days) if left >= sales else Decimal(left) * days / sales
            counted.append(
                str(days) if left >= sales else f"{self.money(left)} ÷ {self.money(sales)} × {days}"
            )
            rows.append((str(back), self.money(sales), str(days), self.money(left), plain(part, 2)))
            left = max(left - sales, 0)
        lines = [f"{' + '.join(counted) or '0'} = {plain(of.countback.dso, 2)}"]
        if not of.countback.covered:
            lines.append(f"The sales known do not cover the receivables: {self.money(int(of.countback.remaining))} is left, "
                         "and nothing is extrapolated.")  # fmt: skip
        words = plain(of.countback.dso)
        return Figure(
            "countback", "DSO by count-back", words if of.countback.covered else f"over {words}", "days",
            "whole months of sales, newest first, until they cover the receivables; the last one in part", tuple(lines),
            (self.receivables, f"Sales: {SALES}, month by month back from {_day(self.report.as_of)}"), rows=tuple(rows),
            told=f"receivables {self.money(of.receivables)}",
        )  # fmt: skip

    def late(self) -> Figure:
        of, target = self.of, self.targets.get("late")
        verdict, limit = judged(target, self.money)
        from_ = self.policy.late_bucket_from
        lines = [f"The open amounts of every debit {from_} or more days past due make {self.money(of.late)}."]
        if target is not None:
            sign = "<" if target.met else "=" if target.value == target.limit else ">"
            lines.append(
                f"{self.money(of.late)} {sign} {self.money(int(target.limit))}; exactly at its limit a target is missed."
            )
        return Figure(
            "late", f"{from_}+ days past due", self.money(of.late), of.currency, f"sum of what is open, days past due ≥ {from_}",
            tuple(lines), ("Receivables: open debits, gross of unapplied credits, disputed included",), "",
            target, verdict, limit, "late", told="disputed included, unapplied credits not taken off",
        )  # fmt: skip

    def cei(self) -> Figure:
        of, months = self.of, self.report.months
        begin, end, current = (
            Money(each, of.currency).decimal for each in (of.beginning, of.receivables, of.current)
        )
        monthly = Money(of.sales, of.currency).decimal / months
        top, bottom = begin + monthly - end, begin + monthly - current
        lines = (
            f"Sales of an average month: {self.money(of.sales)} ÷ {months} = {plain(monthly, 2)}",
            f"{plain(begin, 2)} + {plain(monthly, 2)} − {plain(end, 2)} = {plain(top, 2)}",
            f"{plain(begin, 2)} + {plain(monthly, 2)} − {plain(current, 2)} = {plain(bottom, 2)}",
            f"{plain(top, 2)} ÷ {plain(bottom, 2)} × 100 = {plain(of.cei_pct, 2)}",
        )
        value = of.cei_pct
        before = f"Receivables before {_day(self.report.first_day)}: {self.money(of.beginning)}"
        return Figure(
            "cei", "Collection effectiveness", plain(value), "%" if value is not None else "",
            "(beginning + sales a month − ending) ÷ (beginning + sales a month − ending not past due) × 100",
            lines if value is not None else (), (before, self.receivables, self.sales),
            "" if value is not None else "By this formula nothing was left to collect: what is not past due is as much as the beginning and a month’s sales.",
            told=f"from receivables of {self.money(of.beginning)} before {_day(self.report.first_day)}",
        )  # fmt: skip

    def turnover(self) -> Figure:
        of = self.of
        average = Money.rounded(of.average_receivables / Decimal(10) ** _digits(of.currency), of.currency)
        before = int(of.average_receivables * 2) - of.receivables
        lines = [
            f"Average: ({self.money(before)} + {self.money(of.receivables)}) ÷ 2 = {self.money(average.minor)}",
            f"{self.money(of.sales_year)} ÷ {self.money(average.minor)} = {plain(of.turnover, 2)}",
        ]
        if of.collection_days is not None:
            lines.append(f"365 ÷ {plain(of.turnover, 4)} = {plain(of.collection_days, 2)} days a turn")
        value = of.turnover
        return Figure(
            "turnover", "Turnover of receivables", plain(value), "times a year" if value is not None else "",
            "sales of a year ÷ average receivables", tuple(lines) if value is not None else (),
            (f"Receivables: {AR}, the mean of a year ago and today", f"Sales: {SALES}, of twelve months, {self.money(of.sales_year)}"),
            "" if value is not None else "The average receivables are zero, so there is nothing to divide by.",
            told=f"sales of twelve months {self.money(of.sales_year)}",
        )  # fmt: skip

    def kept(self) -> Figure:
        made, target = self.report.promises, self.targets.get("kept_rate")
        whole = made.kept + made.partially_kept + made.broken
        verdict, limit = judged(target)
        value = made.by_count_pct
        by_amount = "; ".join(
            f"{code} {plain(pct)} %" for code, pct in made.by_amount_pct.items() if pct is not None
        )
        lines = [
            f"{made.kept} kept ÷ ({made.kept} + {made.partially_kept} in part + {made.broken} broken) × 100 = {plain(value, 2)}"
        ]
        if by_amount:
            lines.append(f"By amount, what was paid of what was promised: {by_amount}")
        first, last = _day(self.report.first_day), _day(self.report.as_of)
        return Figure(
            "kept_rate", "Promises kept", plain(value), "%" if value is not None else "", "kept ÷ judged × 100",
            tuple(lines) if value is not None else (),
            (f"Promises judged {first} to {last}, all currencies: {whole:,}", "Open and cancelled ones do not count"),
            "" if value is not None else "No promise was judged in the period.", target, verdict, limit if target else "",
            told=f"{made.kept:,} of {whole:,} promises judged, all currencies",
        )  # fmt: skip

    def days_late(self) -> Figure:
        of, late = self.of, self.of.closed_lateness
        value = of.days_late_weighted
        first, last = _day(self.report.first_day), _day(self.report.as_of)
        amount_days = Money(late.amount_days, of.currency).decimal
        lines = (
            f"Σ amount × days late ÷ Σ amount: {plain(amount_days, 0)} ÷ {self.money(late.amount)} = {plain(value, 2)}",
            f"Each invoice alike: {late.days:,} days ÷ {late.count:,} invoices = {plain(of.days_late_simple, 2)}".replace(
                "-", TRUE_MINUS
            ),
        )
        return Figure(
            "days_late", "Average days late", plain(value), "days" if value is not None else "",
            "days from due date to the money, weighted by amount; early is negative", lines if value is not None else (),
            (f"Invoices paid and closed {first} to {last}: {late.count:,}, {self.money(late.amount)}",),
            "" if value is not None else "No invoice was paid in full in the period.",
            told=f"{late.count:,} invoices paid and closed, {self.money(late.amount)}",
        )  # fmt: skip


def _digits(currency: str) -> int:
    exponent = Money(1, currency).decimal.as_tuple().exponent
    return -int(exponent)


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
