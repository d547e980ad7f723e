"""Dates as files write them. The order of day and month belongs to the whole file: decided once, or asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from dunlin.formats.problems import Unreadable
from dunlin.formats.values import Cell, cell_text, clean_text

YEAR_FIRST, YEAR_LAST = 1900, 2199
_SERIAL_ZERO = date(1899, 12, 30)  # day 0 of spreadsheets; right for every day from 1 March 1900 on
_SERIALS = (
    20_000,
    80_000,
)  # 1954-10-03 to 2119-01-11: what a ledger can hold and what no year or yymmdd looks like

_MONTH_NAMES = (
    "jan january januar janvier enero gennaio januari janeiro ene gen janv jän jänner sty styczeń led leden",
    "feb february februar février fevrier febrero febbraio februari fevereiro févr fev lut luty",
    "mar march märz maerz mars marzo maart março mrz mär maa mrt marzec",
    "apr april avril abril aprile avr abr kwi kwiecień",
    "may mai mayo maggio mei maj maio mag",
    "jun june juni juin junio giugno junho giu cze czerwiec",
    "jul july juli juillet julio luglio julho juil lug lip lipiec",
    "aug august août aout agosto augustus augusti ago aoû sie sierpień",
    "sep sept september septembre septiembre settembre setembro set wrz wrzesień",
    "oct october oktober octobre octubre ottobre outubro okt ott out paź październik",
    "nov november novembre noviembre novembro lis listopad",
    "dec december dezember décembre decembre diciembre dicembre dezembro dez dic déc gru grudzień",
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}

_TIME = r"(?:(?:T|\s+|,\s*)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?\Z"
_NUMBERS = re.compile(r"(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})\.?" + _TIME, re.ASCII)
_NAME_MIDDLE = re.compile(
    r"(\d{1,4})(?:st|nd|rd|th|\.|er)?[-/ .]*(?:de |of )?\s*([^\W\d_]+)\.?,?[-/ .]*(?:de )?\s*(\d{2,4})"
    + _TIME
)
_NAME_FIRST = re.compile(r"([^\W\d_]+)\.?[-/ .]*(\d{1,2})(?:st|nd|rd|th)?[,]?[-/ .]+(\d{2,4})" + _TIME)
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.I)
_COMPACT = re.compile(r"\d{8}\Z", re.ASCII)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?\Z", re.ASCII)
_NO_DATE = re.compile(r"0{8}|0{4}[-/.]00[-/.]00|00[-/.]00[-/.]0{4}")


def is_no_date(text: str) -> bool:
    """True for blank and for the zero dates that ERP systems write for "none" (00000000, 0000-00-00, 00.00.0000)."""
    return not text or bool(_NO_DATE.fullmatch(text))


def parse_date(cell: Cell, order: str, pivot: int = 69) -> date:
    """The date in a cell; a time of day is left out as written, no zone is applied.

    `order` (ymd, dmy, mdy) holds for the whole file. A four-digit year first is always year, month, day; a month by
    name needs no order unless the year has two digits. Two-digit years below `pivot` are 20xx, the others 19xx. Also
    eight digits YYYYMMDD (or DDMMYYYY, MMDDYYYY by the order: no eight digits are both) and spreadsheet serials.
    """
    if isinstance(cell, datetime):
        return _in_range(cell.date(), cell)
    if isinstance(cell, date):
        return _in_range(cell, cell)
    if isinstance(cell, (int, float)):
        return _from_number(float(cell), order, cell)
    text = clean_text(cell)
    found = _NUMBERS.match(text)
    if found:
        return _from_numbers(found[1], found[2], found[3], order, pivot, text)
    if _COMPACT.match(text):
        return _from_compact(text, order)
    if _SERIAL.match(text):
        return _from_number(float(text), order, text)
    return _from_name(text, order, pivot)


def _in_range(day: date, cell: Cell) -> date:
    if not YEAR_FIRST <= day.year <= YEAR_LAST:
        raise Unreadable("date_out_of_range", value=cell_text(cell))
    return day


def _day(year: int, month: int, day: int, text: str) -> date:
    if not YEAR_FIRST <= year <= YEAR_LAST:
        raise Unreadable("date_out_of_range", value=text)
    try:
        return date(year, month, day)
    except ValueError:
        raise Unreadable("date_does_not_exist", value=text) from None


def _year(digits: str, pivot: int) -> int:
    if len(digits) > 2:
        return int(digits)
    return int(digits) + (2000 if int(digits) < pivot else 1900)


def _from_numbers(first: str, second: str, third: str, order: str, pivot: int, text: str) -> date:
    year_first = len(first) == 4
    if (year_first and len(third) > 2) or len(first) == 3 or len(third) == 3:
        raise Unreadable("date_not_in_order", value=text, order=order)
    if year_first or (order == "ymd" and len(third) <= 2):
        return _day(_year(first, pivot), int(second), int(third), text)
    if order == "ymd":
        raise Unreadable("date_not_in_order", value=text, order=order)
    day, month = (first, second) if order == "dmy" else (second, first)
    if int(month) > 12 >= int(day):
        raise Unreadable("date_not_in_order", value=text, order=order)
    return _day(_year(third, pivot), int(month), int(day), text)


def _from_compact(text: str, order: str) -> date:
    year_first = YEAR_FIRST <= int(text[:4]) <= YEAR_LAST and 1 <= int(text[4:6]) <= 12
    if year_first:
        return _day(int(text[:4]), int(text[4:6]), int(text[6:]), text)
    if order == "ymd":
        raise Unreadable("date_not_in_order", value=text, order=order)
    day, month = (text[:2], text[2:4]) if order == "dmy" else (text[2:4], text[:2])
    if int(month) > 12:
        raise Unreadable("date_not_in_order", value=text, order=order)
    return _day(int(text[4:]), int(month), int(day), text)


def _from_number(number: float, order: str, cell: Cell) -> date:
    if _SERIALS[0] <= number <= _SERIALS[1]:
        return _SERIAL_ZERO + timedelta(days=int(number))
    if number.is_integer() and 1_000_000 <= number <= 99_999_999:
        return _from_compact(f"{int(number):08d}", order)
    raise Unreadable("date_out_of_range", value=cell_text(cell))


def _from_name(text: str, order: str, pivot: int) -> date:
    bare = _WEEKDAY.sub("", text, count=1)
    middle = _NAME_MIDDLE.match(bare)
    if middle and middle[2].casefold() in MONTHS:
        month = MONTHS[middle[2].casefold()]
        first, third = middle[1], middle[3]
        year_first = len(first) > 2 or (order == "ymd" and len(third) == 2)
        if len(first) == 3 or len(third) == 3 or (len(first) > 2 and len(third) > 2):
            raise Unreadable("date_not_in_order", value=text, order=order)
        year, day = (first, third) if year_first else (third, first)
        return _day(_year(year, pivot), month, int(day), text)
    leading = _NAME_FIRST.match(bare)
    if leading and leading[1].casefold() in MONTHS and len(leading[3]) != 3:
        return _day(_year(leading[3], pivot), MONTHS[leading[1].casefold()], int(leading[2]), text)
    raise Unreadable("date_not_in_order", value=text, order=order)


def parse_month(cell: Cell, order: str, pivot: int = 69) -> date:
    """The first day of a month: 2020-03, 202003, 03/2020, Mar 2020, or any date in it."""
    text = clean_text(cell)
    year_first = re.fullmatch(r"((?:19|20|21)\d\d)[-/. ]?(0?[1-9]|1[0-2])(?:\.0)?", text, re.ASCII)
    if year_first:
        return date(int(year_first[1]), int(year_first[2]), 1)
    month_first = re.fullmatch(r"(0?[1-9]|1[0-2])[-/. ]((?:19|20|21)\d\d)", text, re.ASCII)
    if month_first:
        return date(int(month_first[2]), int(month_first[1]), 1)
    named = re.fullmatch(r"([^\W\d_]+)\.?[-/ ]*((?:19|20|21)?\d\d)", text)
    if named and named[1].casefold() in MONTHS:
        return date(_year(named[2], pivot), MONTHS[named[1].casefold()], 1)
    return parse_date(cell, order, pivot).replace(day=1)


# --- the order, decided over the whole file ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DateOrder:
    """`order` (ymd, dmy, mdy, ambiguous), how many dates it rests on, and proofs: (line, text) that admit no other order.

    `contradicted` means that some dates prove one order and others another: then the file must be corrected.
    """

    order: str
    dates: int
    proofs: tuple[tuple[int, str], ...] = ()
    against: tuple[tuple[int, str], ...] = ()

    @property
    def contradicted(self) -> bool:
        return bool(self.against)


@dataclass(slots=True)
class OrderEvidence:
    """Gathers which orders each date rules out; `decide()` when the file is through. Constant memory."""

    dates: int = 0
    ordered: int = 0  # dates whose reading depends on the order
    named: int = 0
    proofs: dict[str, list[tuple[int, str]]] = field(
        default_factory=lambda: {"ymd": [], "dmy": [], "mdy": []}
    )
    counts: dict[str, int] = field(default_factory=lambda: {"ymd": 0, "dmy": 0, "mdy": 0})

    def add(self, line: int, cell: Cell) -> None:
        """Take one cell into account; what is no date is passed over."""
        if not isinstance(cell, str):
            self.dates += isinstance(cell, date)
            return
        text = cell.strip()
        found = _NUMBERS.match(text)
        if found:
            self._add_numbers(line, text, found[1], found[2], found[3])
        elif _COMPACT.match(text) and YEAR_FIRST <= int(text[:4]) <= YEAR_LAST and 1 <= int(text[4:6]) <= 12:
            self.dates += 1
        else:
            self._add_named(line, text)

    def _add_numbers(self, line: int, text: str, first: str, second: str, third: str) -> None:
        self.dates += 1
        if len(first) == 4:
            return  # year, month, day whatever the order
        self.ordered += 1
        a, b, c = int(first), int(second), int(third)
        if len(third) == 4 or b > 12 or c > 31:
            self._rule_out("ymd", line, text)
        if a > 31 or b > 12:
            self._rule_out("dmy", line, text)
        if a > 12 or b > 31:
            self._rule_out("mdy", line, text)

    def _add_named(self, line: int, text: str) -> None:
        named = _NAME_MIDDLE.match(text)
        if not named or named[2].casefold() not in MONTHS:
            return
        self.dates += 1
        self.named += 1
        if len(named[1]) == 2 and int(named[1]) > 31:
            self._rule_out("dmy", line, text)
            self._rule_out("mdy", line, text)

    def _rule_out(self, order: str, line: int, text: str) -> None:
        self.counts[order] += 1
        if len(self.proofs[order]) < 3:
            self.proofs[order].append((line, text))

    def decide(self) -> DateOrder:
        """The one order that no date rules out; ambiguous when several are left, contradicted when none is."""
        left = [order for order, count in self.counts.items() if not count]
        if not left:
            best = min(self.counts, key=lambda order: self.counts[order])
            return DateOrder("ambiguous", self.dates, (), tuple(self.proofs[best]))
        if len(left) == 1:
            rivals = {"dmy": ("mdy",), "mdy": ("dmy",), "ymd": ("dmy", "mdy")}[left[0]]
            return DateOrder(
                left[0], self.dates, tuple(p for rival in rivals for p in self.proofs[rival])[:3]
            )
        if self.ordered:
            return DateOrder("ambiguous", self.dates)
        # Only ISO dates, or months by name: people write 24-May-11 with the day first.
        return DateOrder("dmy" if self.named and "dmy" in left else "ymd", self.dates)


def decide_date_order(values: Iterable[tuple[int, Cell]]) -> DateOrder:
    """The order of day, month and year over all (line, cell) of a file: dmy, mdy, ymd, or ambiguous with the evidence."""
    evidence = OrderEvidence()
    for line, cell in values:
        evidence.add(line, cell)
    return evidence.decide()
