"""How each language says a day: patterns made once from its words, each with what it means counted from the day of the mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from dunlin.rules.calendars import month_after, on_day
from dunlin.rules.intents.folding import fold
from dunlin.rules.intents.lexicon import UNSPACED, lexicon

# Babel's names of locales that differ from our codes.
_LOCALES = {"tl": "fil", "no": "nb"}
# Where "next Friday" is the one in the week after this; elsewhere it is the coming one.
_AFTER_THIS_WEEK = frozenset({"en", "tl", "zh", "ja", "ko"})
_MONTH_BEFORE_DAY = frozenset({"en", "tl", "hu", "ko", "vi", "hi", "es"})


@dataclass(frozen=True, slots=True)
class _Names:
    months: dict[str, int]
    weekdays: dict[str, int]
    pattern_months: str
    pattern_weekdays: str


@cache
def _names(language: str) -> _Names:
    from babel.dates import get_day_names, get_month_names  # noqa: PLC0415 - loaded when a mail names a day

    locale = _LOCALES.get(language, language)
    months: dict[str, int] = {}
    weekdays: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, context, locale).items():
                _add(months, name, number)
            for number, name in get_day_names(width, context, locale).items():
                if width == "wide" or len(name) > 2:
                    _add(weekdays, name, number)
    known = lexicon(language).lists
    for group, into in (("months", months), ("weekdays", weekdays)):
        for pair in known.get(group, ()):
            name, _, number = pair.partition("=")
            into[name.strip()] = int(number)
    for word in known.get("not_days", ()):
        weekdays.pop(word, None)
        months.pop(word, None)
    return _Names(months, weekdays, _either(months), _either(weekdays))


def _add(into: dict[str, int], name: str, number: int) -> None:
    plain = fold(name).rstrip(".").strip()
    if len(plain) >= 2 and not plain.isdigit() and not plain[0].isdigit():
        into.setdefault(plain, number)
        if "-feira" in plain:
            into.setdefault(plain.removesuffix("-feira"), number)
            into.setdefault(plain.replace("-", " "), number)


def _either(words: Sequence[str] | dict[str, int]) -> str:
    return "|".join(re.escape(each) for each in sorted(words, key=len, reverse=True)) or r"(?!)"


class Reader:
    """One reading of one mail: its words and its day."""

    def __init__(self, received: date, month_first: bool, past: Callable[[int], bool]) -> None:
        self.received = received
        self.month_first = month_first
        self.past = past

    def near(self, day: int, month: int, at: int) -> date | None:
        """The year that brings it nearest; the past is nearer in a sentence of the past, the future otherwise."""
        shift = timedelta(-90 if self.past(at) else 45)
        found = [real(self.received.year + step, month, day) for step in (-1, 0, 1)]
        return min(
            (each for each in found if each),
            key=lambda each: abs(each - (self.received + shift)),
            default=None,
        )

    def figures(self, first: int, second: int, year: int | None, at: int, dotted: bool) -> date | None:
        """Two figures that are a day and a month: which is which by size, else by habit."""
        day, month = (second, first) if self.month_first and not dotted else (first, second)
        if month > 12 >= day:
            day, month = month, day
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return None
        return real(year, month, day) if year else self.near(day, month, at)

    def weekday(self, wanted: int, at: int, after_this_week: bool, before: bool) -> date:
        today = self.received
        if before or (self.past(at) and not after_this_week):
            return today - timedelta((today.weekday() - wanted - 1) % 7 + 1)
        if after_this_week:
            return today - timedelta(today.weekday()) + timedelta(7 + wanted)
        return today + timedelta((wanted - today.weekday() - 1) % 7 + 1)

    def of_month(self, day: int, at: int) -> date | None:
        """The next such day of a month from today on, or the last one in a sentence of the past."""
        past = self.past(at)
        for months in range(4):
            year, month = month_after(self.received.year, self.received.month, -months if past else months)
            found = real(year, month, day)
            if found and (found <= self.received if past else found >= self.received):
                return found
        return None


Read = Callable[[Reader, "re.Match[str]"], tuple[date | None, bool]]


@cache
def sayings(language: str) -> tuple[tuple[re.Pattern[str], Read], ...]:
    """What a language says for days, the longer sayings first; each gives the day and whether its figures name it."""
    said = _Sayings(language)
    edge, close = ("", "") if language in UNSPACED else (r"(?<![^\W_])", r"(?![^\W_])")
    every = (*said.with_month(), *said.fixed(), *said.counted(), *said.weekdays(), *said.of_month())
    return tuple((re.compile(edge + pattern + close), read) for pattern, read in every)


@cache
def up_to_now(language: str) -> re.Pattern[str]:
    """ "As of today": how far, not when."""
    return re.compile(rf"(?<![^\W_])(?:{_either(lexicon(language).lists.get('up_to_now', ()))})(?![^\W_])")


class _Sayings:
    """The patterns of one language by kind."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.names = _names(language)
        self.words = lexicon(language).lists
        pairs = (pair.partition("=") for pair in self.words.get("numbers", ()))
        self.numbers = {name.strip(): int(number) for name, _, number in pairs}

    def any_of(self, name: str) -> str:
        return _either(self.words.get(name, ()))

    def with_month(self) -> Iterator[tuple[str, Read]]:
        month = self.names.pattern_months
        of = rf"(?:\s?(?:{self.any_of('of')})\s)?" if "of" in self.words else ""
        ordinal = rf"(?:st|nd|rd|th|\.|°|ª|-?(?:{self.any_of('ordinal')}))?"
        year = rf"(?:\s?(?:,|{self.any_of('of')})?\s?(?P<y>20\d\d)(?!\d|[.,]\d))?"
        yield rf"(?P<d>\d{{1,2}})\s?{ordinal}\s?{of}(?P<m>{month})\.?{year}", self._day_month
        if self.language in _MONTH_BEFORE_DAY:
            ending = r"(?:st|nd|rd|th|[.](?!\d)|-?an|-?en|-?ig)?(?!\d|[.,]\d|\s?(?:%|:))"
            late_year = r"(?:\s?,?\s?(?P<y>20\d\d)(?!\d|[.,]\d))?"
            yield rf"(?P<m>{month})\.?\s?(?:the\s)?(?P<d>\d{{1,2}}){ending}{late_year}", self._day_month
        if "end_of" in self.words:
            yield rf"(?:{self.any_of('end_of')})\s?(?P<m>{month}){year}", self._end_of
        if "end_after" in self.words:
            yield rf"(?P<m>{month})\s?(?:{self.any_of('end_after')})(?P<y>)", self._end_of

    def fixed(self) -> Iterator[tuple[str, Read]]:
        for name, read in (
            ("after_tomorrow", _relative(2)),
            ("tomorrow", _relative(1)),
            ("today", _relative(0)),
            ("yesterday", _relative(-1)),
            ("before_yesterday", _relative(-2)),
            ("next_month_end", _month_end(1)),
            ("month_end", _month_end(0)),
            ("next_week_end", _week_end(1)),
            ("week_end", _week_end(0)),
        ):
            if name in self.words:
                yield rf"(?:{self.any_of(name)})", read

    def counted(self) -> Iterator[tuple[str, Read]]:
        count = rf"(?P<n>\d{{1,3}}|{_either(self.numbers)})"
        the = r"(?:the\s(?:next\s)?|den\snachsten\s|die\s)?"
        for unit in ("business_day", "day", "week", "month"):
            if "in" in self.words and unit in self.words:
                yield rf"(?:{self.any_of('in')})\s{the}{count}\s?(?:{self.any_of(unit)})", self._ahead(unit)
            if "later" in self.words and unit in self.words:
                yield rf"{count}\s?(?:{self.any_of(unit)})\s?(?:{self.any_of('later')})", self._ahead(unit)

    def weekdays(self) -> Iterator[tuple[str, Read]]:
        gap = r"\s?" if self.language in UNSPACED else r"\s"
        before = rf"(?:(?P<next>{self.any_of('next_before')}){gap})?(?:(?P<last>{self.any_of('last_before')}){gap})?"
        behind = (
            rf"(?:{gap}(?:(?P<after>{self.any_of('next_after')})|(?P<gone>{self.any_of('last_after')})))?"
        )
        yield rf"{before}(?P<w>{self.names.pattern_weekdays}){behind}", self._weekday

    def of_month(self) -> Iterator[tuple[str, Read]]:
        if "the_day" in self.words:
            ordinal = rf"(?:{self.any_of('ordinal')})" + ("" if self.language == "en" else "?")
            suffix = ordinal if "ordinal" in self.words else r"\.?"
            stop = rf"(?!\d|[.,:/]\d|\s?[%€$£]|-?\w|\s?(?:{self.any_of('not_after_day')})(?![^\W_]))"
            yield rf"(?:{self.any_of('the_day')})\s(?P<d>\d{{1,2}}){suffix}{stop}", _of_month
        if self.language == "de":
            yield (
                r"(?:am|zum|bis|vom|ab)\s(?:dem\s|zum\s)?(?P<d>\d{1,2})\.(?P<mm>\d{1,2})\.?(?!\d)",
                _short_dotted,
            )
        if "dotted" in self.words:
            yield r"(?<![\d.,])(?P<d>\d{1,2})\.\s?(?P<mm>\d{1,2})\.(?![\d])", _short_dotted
        if "day_after_number" in self.words:
            yield rf"(?<!\d)(?P<d>\d{{1,2}})\s?(?:{self.any_of('day_after_number')})", _of_month

    def _day_month(self, reader: Reader, match: re.Match[str]) -> tuple[date | None, bool]:
        number, day = self.names.months[match["m"]], int(match["d"])
        on = real(int(match["y"]), number, day) if match["y"] else reader.near(day, number, match.start())
        return on, True

    def _end_of(self, reader: Reader, match: re.Match[str]) -> tuple[date | None, bool]:
        number = self.names.months[match["m"]]
        near = date(int(match["y"]), number, 1) if match["y"] else reader.near(1, number, match.start())
        return (on_day(near.year, near.month, "eom") if near else None), True

    def _ahead(self, unit: str) -> Read:
        def read(reader: Reader, match: re.Match[str]) -> tuple[date | None, bool]:
            many = int(match["n"]) if match["n"].isdigit() else self.numbers[match["n"]]
            on = reader.received
            if unit == "business_day":
                for _ in range(min(many, 400)):
                    on += timedelta(3 if on.weekday() == 4 else 2 if on.weekday() == 5 else 1)
                return on, False
            if unit == "month":
                return on_day(*month_after(on.year, on.month, min(many, 60)), on.day), False
            return on + timedelta(many * (7 if unit == "week" else 1)), False

        return read

    def _weekday(self, reader: Reader, match: re.Match[str]) -> tuple[date | None, bool]:
        wanted = self.names.weekdays[match["w"]]
        if match["next"] or match["after"]:
            later = bool(match["next"]) and self.language in _AFTER_THIS_WEEK
            return reader.weekday(wanted, -1, later, False), False
        return reader.weekday(wanted, match.start(), False, bool(match["last"] or match["gone"])), False


def _relative(days: int) -> Read:
    return lambda reader, match: (reader.received + timedelta(days), False)


def _month_end(months: int) -> Read:
    return lambda reader, match: (
        on_day(*month_after(reader.received.year, reader.received.month, months), "eom"),
        False,
    )


def _week_end(weeks: int) -> Read:
    def read(reader: Reader, match: re.Match[str]) -> tuple[date | None, bool]:
        today = reader.received
        if weeks:
            return today - timedelta(today.weekday()) + timedelta(4 + 7 * weeks), False
        return today + timedelta((4 - today.weekday()) % 7), False

    return read


def _of_month(reader: Reader, match: re.Match[str]) -> tuple[date | None, bool]:
    return reader.of_month(int(match["d"]), match.start()), False


def _short_dotted(reader: Reader, match: re.Match[str]) -> tuple[date | None, bool]:
    return reader.figures(int(match["d"]), int(match["mm"]), None, match.start(), True), True


def real(year: int, month: int, day: int) -> date | None:
    """The day, or None where the month has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
