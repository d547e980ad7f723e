"""The statement of account on paper: what was owed, what happened, what is owed, and how to pay it. DOMAIN P1.

One statement is one customer in one currency, and one PDF: two customers never share a file. The figures are handed in;
this checks that they belong together before it prints them: opening + activity = closing, the open amounts make the
closing balance, the aging makes the open debits. Amounts are whole minor units of the statement's currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dunlin.formats.paper import Printed, print_paper
from dunlin.formats.paper_frame import Recipient, Sender, breakable, frame, room_of, shown
from dunlin.formats.paper_glyphs import text_width
from dunlin.formats.paper_language import PaperLanguage, paper_language, printable
from dunlin.rules.money import minor_digits

LINES_MAX = 10_000  # about 210 pages, 10 seconds, 1.1 GB of the typesetter


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An item: what it added (`debit`) or took off (`credit`) in the period, and what is open at the end.

    `open` is below zero for a credit that is not applied yet. `days_past_due` is None where nothing is due.
    """

    on: date
    kind: str
    number: str
    debit: int = 0
    credit: int = 0
    open: int = 0
    reference: str = ""
    due_on: date | None = None
    days_past_due: int | None = None
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class AgingBucket:
    """Open debits from `low` to `high` days past due; `low` None is what is not due, `high` None the open end."""

    low: int | None
    high: int | None
    amount: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of one customer in one currency. `earlier` are items of before the period that are still open."""

    sender: Sender
    to: Recipient
    on: date
    since: date
    currency: str
    language: str
    opening: int
    closing: int
    lines: tuple[StatementLine, ...]
    earlier: tuple[StatementLine, ...] = ()
    aging: tuple[AgingBucket, ...] = ()
    bank: tuple[tuple[str, str], ...] = ()
    payment_reference: str = ""
    notes: tuple[str, ...] = ()
    copy: bool = False

    @property
    def title(self) -> str:
        """How a person names it."""
        return f"statement of {self.to.number} of {self.on.isoformat()}"


class StatementDoesNotAdd(ValueError):
    """Figures that do not belong together; the message names both. Such a statement is never printed."""


def statement_pdf(statements: Sequence[Statement]) -> list[bytes]:
    """One PDF for each statement, in their order. StatementDoesNotAdd and PaperRefused name the first that cannot be."""
    return [print_statement(statement).pdf for statement in statements]


def print_statement(statement: Statement, *, system_fonts: bool = False) -> Printed:
    """One statement as PDF. StatementDoesNotAdd when its figures do not agree, PaperRefused when it is too long."""
    return print_paper("statement", statement_data(statement), on=statement.on, system_fonts=system_fonts)


def check(statement: Statement) -> None:
    """StatementDoesNotAdd unless opening + activity = closing and no open item is missing or twice. Invariant 35."""
    who = statement.title
    lines, earlier = statement.lines, statement.earlier
    if len(lines) + len(earlier) > LINES_MAX:
        raise StatementDoesNotAdd(f"{who}: {len(lines) + len(earlier):,} lines are more than {LINES_MAX:,}")
    if any(line.debit or line.credit for line in earlier):
        raise StatementDoesNotAdd(f"{who}: an earlier item is part of the opening balance and moves nothing")
    moved = sum(line.debit - line.credit for line in lines)
    _same(who, "opening and activity", statement.opening + moved, "closing", statement.closing)
    opens = [line.open for line in (*lines, *earlier)]
    _same(who, "the open amounts", sum(opens), "closing", statement.closing)
    if statement.aging:
        aged = sum(bucket.amount for bucket in statement.aging)
        _same(who, "the aging", aged, "the open debits", sum(amount for amount in opens if amount > 0))


def _same(who: str, one: str, amount: int, other: str, wanted: int) -> None:
    if amount != wanted:
        raise StatementDoesNotAdd(f"{who}: {one} make {amount} and {other} {wanted} minor units")


def statement_data(statement: Statement) -> dict[str, Any]:
    """What the source of the paper is given: texts, ready to be shown. Checks the figures first."""
    check(statement)
    language = paper_language(statement.language, statement.sender.country)
    figures = _Figures(language, statement.currency)
    heading = language.word("statement")
    day = language.day(statement.on)
    who = f"{shown(language, statement.to.name)} · {shown(language, statement.to.number)}"
    rows, running = figures.rows(statement.lines), [statement.opening]
    for line in statement.lines:
        running.append(running[-1] + line.debit - line.credit)
    earlier = figures.rows(statement.earlier)
    totals = [language.word("total"), *figures.sums(statement.lines)]
    widths = figures.widths(
        [*rows, *earlier], running, (statement.lines, statement.earlier), room_of(statement.sender)
    )
    mark_wrapping([*rows, *earlier], widths)
    return {
        **frame(statement.sender, statement.to, language),
        "title": f"{heading} · {printable(statement.to.number)} · {statement.on.isoformat()}",
        "running_head": [f"{heading} · {day}", who],
        "heading": heading,
        "copy": language.word("copy") if statement.copy else "",
        "meta": [
            [language.word("statement_date"), day],
            [language.word("customer_number"), shown(language, statement.to.number)],
            [language.word("period"), f"{language.day(statement.since)} – {day}"],
            [language.word("currency"), statement.currency],
        ],
        "balance": [
            language.word("balance_due" if statement.closing >= 0 else "balance_yours"),
            language.money(abs(statement.closing), statement.currency),
        ],
        "parts": figures.parts(statement),
        "aging": [
            [bucket_label(language, bucket), figures.shown(bucket.amount), bucket.amount == 0]
            for bucket in statement.aging
        ],
        "pay": pay_lines(language, statement.bank, statement.payment_reference),
        "columns": [language.word(name) for name in _COLUMNS],
        "widths": widths,
        "rows": rows,
        "totals": totals,
        "running": [figures.shown(balance) for balance in running],
        "earlier": earlier,
        "earlier_totals": [language.word("total"), *figures.sums(statement.earlier)],
        "notes": [shown(language, note) for note in statement.notes],
    }


def bucket_label(language: PaperLanguage, bucket: AgingBucket) -> str:
    """The head of a column of the aging, in the language of the paper."""
    if bucket.low is None:
        return language.word("not_due")
    if bucket.high is None:
        return language.word("days_from", low=bucket.low)
    return language.word("days_range", low=bucket.low, high=bucket.high)


def pay_lines(language: PaperLanguage, bank: Sequence[tuple[str, str]], reference: str) -> list[list[str]]:
    """How to pay, as pairs of label and value."""
    lines = [[shown(language, label), shown(language, value)] for label, value in bank]
    if reference:
        lines.append([language.word("payment_reference"), shown(language, reference)])
    return lines


_COLUMNS = ("date", "kind", "number", "reference", "due_date", "days", "debit", "credit", "open")
SIZE, GUTTER, DAYS_WIDTH, LEAST = 8, 5.5, 36.0, 80.0  # points; least of number and reference together
BOLD = 1.08  # how wide bold text is against regular


class _Figures:
    """The cells of the tables, written the way of one language and currency, and how wide the columns must be."""

    def __init__(self, language: PaperLanguage, currency: str) -> None:
        minor_digits(currency)
        self.language, self.currency = language, currency

    def shown(self, minor: int) -> str:
        return self.language.amount(minor, self.currency)

    def rows(self, lines: Sequence[StatementLine]) -> list[list[Any]]:
        language = self.language
        disputed = language.word("disputed")
        return [
            [
                language.day(line.on),
                language.kind(line.kind),
                breakable(shown(language, line.number)),
                breakable(shown(language, line.reference)),
                language.day(line.due_on) if line.due_on else "",
                str(line.days_past_due) if line.days_past_due and line.days_past_due > 0 else "",
                self.shown(line.debit) if line.debit else "",
                self.shown(line.credit) if line.credit else "",
                self.shown(line.open) if line.open else "",
                disputed if line.disputed else "",
            ]
            for line in lines
        ]

    def sums(self, lines: Sequence[StatementLine]) -> list[str]:
        sums = (
            sum(line.debit for line in lines),
            sum(line.credit for line in lines),
            sum(line.open for line in lines),
        )
        return [self.shown(minor) if minor else "" for minor in sums]

    def parts(self, statement: Statement) -> list[list[str]]:
        """What the balance is made of, as far as there is any: past due, in dispute, credits not yet applied."""
        items = (*statement.lines, *statement.earlier)
        found = {
            "past_due": sum(i.open for i in items if i.open > 0 and (i.days_past_due or 0) > 0),
            "disputed": sum(i.open for i in items if i.open > 0 and i.disputed),
            "unapplied": sum(i.open for i in items if i.open < 0),
        }
        return [[self.language.word(name), self.shown(minor)] for name, minor in found.items() if minor]

    def widths(
        self,
        rows: Sequence[Sequence[str]],
        running: Sequence[int],
        totalled: Sequence[Sequence[StatementLine]],
        room: float,
    ) -> list[float]:
        """Points of each column. Counted here, so that the typesetter need not try every cell."""

        def longest(column: int, least: float, most: float = 150) -> float:
            return max(
                least, min(most, max((text_width(row[column], SIZE) for row in rows), default=0) + 0.5)
            )

        sums = [self.sums(lines) for lines in totalled]
        money = [
            max(longest(6 + place, 40), *(text_width(row[place], SIZE) * BOLD for row in sums))
            for place in range(3)
        ]
        balance = max(text_width(self.shown(balance), SIZE) for balance in (min(running), max(running)))
        money[0] = max(money[0], balance * BOLD)
        texts = [longest(0, 34, 64), longest(1, 36, 64), longest(4, 34, 64)]
        left = room - sum(texts) - DAYS_WIDTH - sum(money) - GUTTER * (len(_COLUMNS) - 1)
        if left < LEAST:  # dates and kinds can stand in two lines, amounts cannot
            texts = [width - (LEAST - left) / 3 for width in texts]
            left = LEAST
        fixed = [*texts, DAYS_WIDTH, *money]
        number, reference = longest(2, 36), longest(3, 36)
        marked = max(number, *(text_width(f"{row[2]} {row[9]}", SIZE) + 0.5 for row in rows if row[9]), 0)
        if number + reference > left:
            share = left * number / (number + reference)
        else:  # what is over goes to the marks beside the number, then to both
            share = min(marked, left - reference)
            share += max(0, left - share - reference) / 2
        return [round(width, 1) for width in (fixed[0], fixed[1], share, left - share, *fixed[2:])]


def mark_wrapping(rows: Sequence[list[Any]], widths: Sequence[float]) -> None:
    """Append to each row whether one of its texts may need a second line, and whether its mark is narrow enough to be kept whole."""
    for row in rows:
        texts = [*row[:2], f"{row[2]} {row[9]}" if row[9] else row[2], *row[3:9]]
        row.append(
            any(
                len(text) * SIZE > width
                and text_width(text, SIZE) > width  # no letter is wider than it is high
                for text, width in zip(texts, widths)
            )
        )
        row.append(text_width(row[9], SIZE) <= widths[2])
