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
from dunlin.formats.paper_language import PaperLanguage, paper_language, printable, sheet_of
from dunlin.rules.money import minor_digits

LINES_MAX = 20_000
TEXT_MAX = 400  # characters of one name, number or reference; the rest is a mistake or an attack


@dataclass(frozen=True, slots=True)
class Sender:
    """The entity of ours that writes. `legal` is the small print at the foot: registration, tax numbers."""

    name: str
    lines: tuple[str, ...]
    country: str
    contact: tuple[str, ...] = ()
    legal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is written to: the customer's number and name, and the lines of the address below the name."""

    number: str
    name: str
    lines: tuple[str, ...]
    country: str = ""


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
    who = f"statement of {statement.to.number} on {statement.on}"
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
    who = f"{_text(language, statement.to.name)} · {_text(language, statement.to.number)}"
    rows, running = figures.rows(statement.lines), [statement.opening]
    for line in statement.lines:
        running.append(running[-1] + line.debit - line.credit)
    earlier = figures.rows(statement.earlier)
    totals = [language.word("total"), *figures.sums(statement.lines)]
    return {
        **frame(statement.sender, statement.to, language),
        "title": f"{heading} · {printable(statement.to.number)} · {statement.on.isoformat()}",
        "running_head": [f"{heading} · {day}", who],
        "heading": heading,
        "copy": language.word("copy") if statement.copy else "",
        "meta": [
            [language.word("statement_date"), day],
            [language.word("customer_number"), _text(language, statement.to.number)],
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
        "widths": figures.widths([*rows, *earlier, ["", "", "", "", "", "", *totals[1:]]], running),
        "rows": rows,
        "totals": totals,
        "running": [figures.shown(balance) for balance in running],
        "earlier": earlier,
        "earlier_totals": [language.word("total"), *figures.sums(statement.earlier)],
        "notes": [_text(language, note) for note in statement.notes],
    }


def frame(sender: Sender, to: Recipient | None, language: PaperLanguage) -> dict[str, Any]:
    """What every paper has: sender, address, language, sheet, fonts, the words of the language."""
    return {
        "lang": language.tag,
        "region": language.region,
        "rtl": language.rtl,
        "cjk": language.cjk,
        "paper": sheet_of(sender.country),
        "fonts": language.fonts,
        "words": {name: word for name, word in language.words.items() if name != "kinds"},
        "sender": {
            "name": _text(language, sender.name),
            "lines": [_text(language, line) for line in sender.lines],
            "contact": [_text(language, line) for line in sender.contact],
            "return": " · ".join(_text(language, line) for line in (sender.name, *sender.lines)),
            "legal": " · ".join(_text(language, line) for line in sender.legal),
        },
        "to": [_text(language, line) for line in (to.name, *to.lines)] if to else [],
    }


def bucket_label(language: PaperLanguage, bucket: AgingBucket) -> str:
    if bucket.low is None:
        return language.word("not_due")
    if bucket.high is None:
        return language.word("days_from", low=bucket.low)
    return language.word("days_range", low=bucket.low, high=bucket.high)


def pay_lines(
    language: PaperLanguage, bank: Sequence[tuple[str, str]], reference: str
) -> list[list[str]]:
    lines = [[_text(language, label), _text(language, value)] for label, value in bank]
    if reference:
        lines.append([language.word("payment_reference"), _text(language, reference)])
    return lines


def _text(language: PaperLanguage, text: str) -> str:
    return language.own(text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…")


_COLUMNS = ("date", "kind", "number", "reference", "due_date", "days", "debit", "credit", "open")
_DIGIT = 8 * 0.572  # points: a figure of Noto Sans at 8 pt; all figures are equally wide
_ROOM = 1.02


class _Figures:
    """The cells of the tables, written the way of one language and currency, and how wide the columns must be."""

    def __init__(self, language: PaperLanguage, currency: str) -> None:
        minor_digits(currency)
        self.language, self.currency = language, currency

    def shown(self, minor: int) -> str:
        return self.language.amount(minor, self.currency)

    def rows(self, lines: Sequence[StatementLine]) -> list[list[str]]:
        language = self.language
        disputed = language.word("disputed")
        return [
            [
                language.day(line.on),
                language.kind(line.kind),
                breakable(_text(language, line.number)),
                breakable(_text(language, line.reference)),
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
        sums = (sum(line.debit for line in lines), sum(line.credit for line in lines), sum(line.open for line in lines))
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

    def widths(self, rows: Sequence[Sequence[str]], running: Sequence[int]) -> list[float]:
        """Points of each column; 0 shares what is left. Counted here, so that the typesetter need not try all cells."""

        def longest(column: int, least: float, most: float) -> float:
            return max(least, min(most, max(width_of(row[column]) for row in rows) * _ROOM))

        money = [longest(column, 44, 110) for column in (6, 7, 8)]
        both = max(width_of(self.shown(balance)) for balance in (min(running), max(running))) * _ROOM
        money[1] = max(money[1], both - money[0])
        return [longest(0, 34, 62), longest(1, 40, 62), 0, 0, longest(4, 34, 62), 28, *money]


def width_of(text: str) -> float:
    """About how many points a short text takes at 8 pt; rather too many than too few."""
    return sum(8.0 if sign > "\u2e7f" else 0.0 if "\u2066" <= sign <= "\u2069" else _SIGNS.get(sign, _DIGIT) for sign in text)


_SIGNS = {".": 2.2, ",": 2.2, " ": 2.1, "\u00a0": 2.1, "\u202f": 2.1, "/": 3.0, "-": 2.6, "m": 7.5, "M": 7.3, "w": 6.3}


def breakable(text: str, longest: int = 14) -> str:
    """`text` with invisible places to break where it has none for long, so that it cannot run into its neighbour."""
    if len(text) <= longest:
        return text
    words = text.split(" ")
    return " ".join("\u200b".join(word[i : i + longest] for i in range(0, len(word), longest)) if len(word) > longest else word for word in words)
