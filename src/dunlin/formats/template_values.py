"""The typed values a template is filled with: document lines, amounts left out, and how money and dates read in a language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

from dunlin.rules.money import Money, minor_digits, total

# The scripts written from right to left, by language.
_RTL = frozenset("ar arc ckb dv fa he ku nqo ps sd ug ur yi".split())

# A value never carries controls into a mail: no line break into a subject, no terminal codes, no private-use characters.
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ue000-\uf8ff\U000f0000-\U0010ffff\ud800-\udfff]"
)
LONGEST_TEXT = 2_000  # characters of one short text
LONGEST_CELL = 200  # of a number or reference in a table
LONGEST_LINES = 20_000  # characters of a text of several lines


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One document in the item table. `amount` is what was invoiced, `open` what is left of it, which is what is asked for;
    `disputed` is the part of `open` that is not asked for now. All three in one currency."""

    number: str
    amount: Money
    open: Money
    due_on: date | None = None
    dated_on: date | None = None
    days_past_due: int = 0
    reference: str = ""
    disputed: Money | None = None

    def __post_init__(self) -> None:
        for name in ("number", "reference"):  # foreign text: no control character gets into a column
            object.__setattr__(self, name, clean_text(getattr(self, name), LONGEST_CELL))

    @property
    def asked(self) -> Money:
        """The open amount less what is in dispute."""
        return self.open if self.disputed is None else self.open - self.disputed


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Documents not asked for in this message, added up: `why` is disputed, promised, plan, extension or undelivered."""

    why: str
    amount: Money
    count: int = 1


@dataclass(frozen=True, slots=True)
class ItemTable:
    """What stands where the table is placed. `credits` are unused amounts of the customer, positive, one a currency; they are
    taken off what is asked for, up to it. Leave them away where the strategy does not net them."""

    lines: tuple[ItemLine, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    credits: tuple[Money, ...] = ()

    @property
    def totals(self) -> tuple[Totals, ...]:
        """One row a currency, in the order of the codes."""
        credits = {each.currency: each for each in per_currency(self.credits)}
        rows = []
        for whole in per_currency(line.open for line in self.lines):
            zero = Money.zero(whole.currency)
            mine = [line for line in self.lines if line.open.currency == whole.currency]
            disputed = total([line.open - line.asked for line in mine], whole.currency)
            credit = min(credits.get(whole.currency, zero), whole - disputed)
            rows.append(Totals(whole, disputed, credit, whole - disputed - credit))
        return tuple(rows)


class Totals(NamedTuple):
    """Of one currency: all that is open, the disputed part, the credit taken off, and what is asked for."""

    open: Money
    disputed: Money
    credit: Money
    asked: Money

    @property
    def parts(self) -> list[tuple[str, Money]]:
        """(key of message_words, amount) of the rows to show: what is taken off only where something is."""
        taken = [("disputed_total", -self.disputed), ("credit", -self.credit)]
        taken = [each for each in taken if each[1].minor]
        return [("total", self.open), *taken, *([("asked", self.asked)] if taken else [])]


def item_values(table: ItemTable) -> dict[str, Any]:
    """Every variable of a template that comes from the documents, added up in one place so that text and table agree."""
    oldest = min(table.lines, key=lambda line: (line.due_on is None, line.due_on), default=None)
    return {
        "items": table.lines,
        "items_table": table,
        "item_count": len(table.lines),
        "total_open": tuple(row.asked for row in table.totals),
        "oldest_due_on": oldest.due_on if oldest else None,
        "days_past_due": max((line.days_past_due for line in table.lines), default=0),
        "left_out_total": per_currency(each.amount for each in table.left_out),
        "credit_total": per_currency(table.credits),
    }


def clean_text(value: Any, limit: int = LONGEST_TEXT, lines: bool = False) -> str:
    """`value` as inert text: controls and direction overrides gone, line breaks only when `lines`, at most `limit` long."""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    if not lines:
        text = re.sub(r"\s*[\n\x85\u2028\u2029]\s*", " ", text)
    text = unicodedata.normalize("NFC", _CONTROLS.sub("", text.replace("\t", " "))).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def amounts_of(value: Any) -> tuple[Money, ...]:
    """Money, (minor units, currency), or a list of either, as amounts; one a currency is the caller's business."""
    if isinstance(value, Money):
        return (value,)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int):
        return (Money(value[0], str(value[1])),)
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{type(value).__name__} is not an amount")
    return tuple(amount for each in value for amount in amounts_of(each))


def per_currency(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """The amounts added up by currency, in the order of the currency codes. Currencies never mix."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        sums[amount.currency] = sums[amount.currency] + amount if amount.currency in sums else amount
    return tuple(sums[code] for code in sorted(sums))


def is_rtl(language: str) -> bool:
    """Whether a language is written from right to left."""
    return re.split(r"[-_]", language)[0].lower() in _RTL


def isolated(text: str, language: str) -> str:
    """A value with letters of the other direction than its language, kept together: it does not turn the line around it."""
    if text.isascii() and not is_rtl(language):
        return text
    other = {"L"} if is_rtl(language) else {"R", "AL"}
    turns = any(unicodedata.bidirectional(letter) in other for letter in text)
    return f"\u2068{text}\u2069" if turns else text


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """The locale of a language tag ("pt-BR"); of its language alone if the region is not known; English if neither is."""
    for tag in (language, re.split(r"[-_]", language)[0], "en"):
        try:
            return Locale.parse(tag.replace("-", "_"))
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return Locale("en")


def number_words(number: int, language: str) -> str:
    """A whole number with the marks of the language: "2,574"."""
    return str(format_decimal(number, locale=locale_of(language)))


@lru_cache(maxsize=8192)
def money_text(amount: Money, language: str) -> str:
    """An amount with the marks of the language and its ISO code, which no reader mistakes: "1.200,00 EUR" in German.

    The blank before the code does not break, and the digits are those of rules/money.py.
    """
    digits = minor_digits(amount.currency)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    shown = format_decimal(amount.decimal, format=pattern, locale=locale_of(language))
    return f"{shown}\u00a0{amount.currency}"


def amounts_text(amounts: Sequence[Money], language: str) -> str:
    """Several amounts as a list of the language: "1,200.00 USD and 40.00 EUR"."""
    texts = [isolated(money_text(each, language), language) for each in amounts]
    return texts[0] if len(texts) == 1 else str(format_list(texts, locale=locale_of(language)))


@lru_cache(maxsize=1024)
def date_text(on: date, language: str) -> str:
    """A date in full words of the language: "May 12, 2026", "12. Mai 2026"."""
    return str(format_date(on, format="long", locale=locale_of(language)))


@lru_cache(maxsize=8192)
def short_date(on: date, language: str) -> str:
    """A date for a narrow column with a year of four digits. English writes the month as a word: 5/12 is two days."""
    locale = locale_of(language)
    if locale.language == "en":
        return str(format_date(on, format="d MMM yyyy", locale=locale))
    pattern = re.sub(
        r"y+", "yyyy", locale.date_formats["short"].pattern.replace("\u200f", "").replace("\u200e", "")
    )
    return str(format_date(on, format=pattern, locale=locale))
