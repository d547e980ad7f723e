"""Days people name in mail, in any of the languages: computed from the day the mail came, never guessed (B5).

"22 August", "08/22/2025", "next Friday", "end of month", "fin septembre", 月底. A day without a year is the nearest; a weekday is the
next one, or the last one where the sentence tells of the past. "Next week" or "soon" is no day and gives none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from dunlin.rules.calendars import month_after, on_day
from dunlin.rules.intents.folding import fold
from dunlin.rules.intents.lexicon import UNSPACED, lexicon

# Babel's names of locales that differ from our codes.
_LOCALES = {"tl": "fil", "no": "nb"}
# Who writes the month first; where both readings are days, the sender's language decides.
_MONTH_FIRST = frozenset({"en", "tl"})


@dataclass(frozen=True, slots=True)
class Day:
    """A day and the words that name it."""

    on: date
    start: int
    end: int
    explicit: bool  # named by its figures, not counted from today


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


class _Reader:
    """One reading of one mail: its words and its day."""

    def __init__(self, received: date, month_first: bool, past: Callable[[int], bool]) -> None:
        self.received = received
        self.month_first = month_first
        self.past = past

    def near(self, day: int, month: int, at: int) -> date | None:
        """The year that brings it nearest; the past is nearer in a sentence of the past, the future otherwise."""
        shift = timedelta(-90 if self.past(at) else 45)
        found = [_real(self.received.year + step, month, day) for step in (-1, 0, 1)]
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
        return _real(year, month, day) if year else self.near(day, month, at)

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
            found = _real(year, month, day)
            if found and (found <= self.received if past else found >= self.received):
                return found
        return None


def days_in(
    folded: str,
    received: date,
    languages: Sequence[str],
    month_first: bool | None,
    past: Callable[[int], bool],
) -> list[Day]:
    """The days named, in order, none within another. `past(at)`: whether the sentence at `at` tells of what is done."""
    first = languages[0] in _MONTH_FIRST if month_first is None else month_first
    reader = _Reader(received, first, past)
    found: list[Day] = []
    taken: list[tuple[int, int]] = []

    def take(match: re.Match[str], on: date | None, explicit: bool) -> None:
        start, end = match.span()
        while end > start and folded[end - 1] in " ,.":
            end -= 1
        if on is None or any(left < end and start < right for left, right in taken):
            return
        taken.append((start, end))
        found.append(Day(on, start, end, explicit))

    for language in languages:  # "as of today" says how far, not when
        taken += [match.span() for match in _up_to_now(language).finditer(folded)]
    for match in _ISO.finditer(folded):
        take(match, _real(int(match[1]), int(match[2]), int(match[3])), True)
    for match in _WIDE_DATE.finditer(folded):
        year = int(match[1]) if match[1] else None
        month, day = int(match[2]), int(match[3])
        take(match, _real(year, month, day) if year else reader.near(day, month, match.start()), True)
    for match in _FIGURES.finditer(folded):
        year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
        take(match, reader.figures(int(match[1]), int(match[3]), year, match.start(), match[2] == "."), True)
    for language in languages:
        for pattern, read in _patterns(language):
            for match in pattern.finditer(folded):
                on, explicit = read(reader, match)
                take(match, on, explicit)
    for match in _SHORT.finditer(folded):
        if match[1] + match[2] in {"247", "365"} or (
            int(match[1]) <= 4 and int(match[2]) <= 4 and not match[0][0].isalpha()
        ):
            continue
        take(match, reader.figures(int(match[1]), int(match[2]), None, match.start(), False), True)
    found.sort(key=lambda day: day.start)
    return _merged(found, folded)


_ISO = re.compile(r"(?<![\d.,/-])(20\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?![\d-])")
_WIDE_DATE = re.compile(r"(?:(\d{4})\s?[年년]\s?)?(?<!\d)(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号號일]")
_FIGURES = re.compile(r"(?<![\d.,/-])(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(20\d\d|\d\d)(?![\d/]|[.,-]\d)")
_SHORT = re.compile(r"(?<![\d.,/\w-])(\d{1,2})/(\d{1,2})(?![\d/]|[.,-]\d|\s?(?:de la|of the|des|of))")


@cache
def _up_to_now(language: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])(?:{_either(lexicon(language).lists.get('up_to_now', ()))})(?![^\W_])")


@cache
def _patterns(
    language: str,
) -> tuple[tuple[re.Pattern[str], Callable[[_Reader, re.Match[str]], tuple[date | None, bool]]], ...]:
    """What a language says for days; the longer sayings first."""
    names, words = _names(language), lexicon(language).lists

    def any_of(name: str) -> str:
        return _either(words.get(name, ()))

    edge, close = ("", "") if language in UNSPACED else (r"(?<![^\W_])", r"(?![^\W_])")
    numbers = {
        pair.partition("=")[0].strip(): int(pair.partition("=")[2]) for pair in words.get("numbers", ())
    }
    # Short names of months and days must stand with figures or alone; all are whole words.
    month, weekday = names.pattern_months, names.pattern_weekdays
    of = rf"(?:\s?(?:{any_of('of')})\s)?" if "of" in words else ""
    ordinal = rf"(?:st|nd|rd|th|\.|°|ª|-?(?:{any_of('ordinal')}))?"
    year = rf"(?:\s?(?:,|{any_of('of')})?\s?(20\d\d)(?!\d|[.,]\d))?"
    count = rf"(\d{{1,3}}|{_either(numbers)})"
    before, after, behind = any_of("next_before"), any_of("next_after"), any_of("last_before")
    gone = any_of("last_after")
    plain: list[tuple[str, Callable[[_Reader, re.Match[str]], tuple[date | None, bool]]]] = []

    def day_month(reader: _Reader, match: re.Match[str]) -> tuple[date | None, bool]:
        number = names.months[match["m"]]
        stated = next((match[name] for name in ("y",) if match[name]), None)
        day = int(match["d"])
        return (_real(int(stated), number, day) if stated else reader.near(day, number, match.start())), True

    def end_of(reader: _Reader, match: re.Match[str]) -> tuple[date | None, bool]:
        number = names.months[match["m"]]
        near = reader.near(1, number, match.start()) if not match["y"] else date(int(match["y"]), number, 1)
        return (on_day(near.year, near.month, "eom") if near else None), True

    def number_of(text: str) -> int:
        return int(text) if text.isdigit() else numbers[text]

    def ahead(unit: str) -> Callable[[_Reader, re.Match[str]], tuple[date | None, bool]]:
        def read(reader: _Reader, match: re.Match[str]) -> tuple[date | None, bool]:
            many = number_of(match["n"])
            if unit == "business":
                on = reader.received
                for _ in range(min(many, 400)):
                    on += timedelta(3 if on.weekday() == 4 else 2 if on.weekday() == 5 else 1)
                return on, False
            if unit == "month":
                year_, month_ = month_after(reader.received.year, reader.received.month, min(many, 60))
                return on_day(year_, month_, reader.received.day), False
            return reader.received + timedelta(many * (7 if unit == "week" else 1)), False

        return read

    def relative(days: int) -> Callable[[_Reader, re.Match[str]], tuple[date | None, bool]]:
        return lambda reader, match: (reader.received + timedelta(days), False)

    def month_end(months: int) -> Callable[[_Reader, re.Match[str]], tuple[date | None, bool]]:
        return lambda reader, match: (
            on_day(*month_after(reader.received.year, reader.received.month, months), "eom"),
            False,
        )

    def week_end(weeks: int) -> Callable[[_Reader, re.Match[str]], tuple[date | None, bool]]:
        return lambda reader, match: (
            reader.received - timedelta(reader.received.weekday()) + timedelta(4 + 7 * weeks)
            if weeks or reader.received.weekday() <= 4
            else reader.received + timedelta((4 - reader.received.weekday()) % 7),
            False,
        )

    def on_weekday(reader: _Reader, match: re.Match[str]) -> tuple[date | None, bool]:
        wanted = names.weekdays[match["w"]]
        coming = bool(match["next"]) and language in {"en", "tl", "zh", "ja", "ko"}
        past = bool(match["last"] or match["gone"])
        if match["next"] or match["after"]:
            return reader.weekday(wanted, -1, coming, False), False
        return reader.weekday(wanted, match.start(), False, past), False

    def of_month(reader: _Reader, match: re.Match[str]) -> tuple[date | None, bool]:
        return reader.of_month(int(match["d"]), match.start()), False

    def year_end(reader: _Reader, match: re.Match[str]) -> tuple[date | None, bool]:
        return date(reader.received.year, 12, 31), False

    def add(pattern: str, read: Callable[[_Reader, re.Match[str]], tuple[date | None, bool]]) -> None:
        plain.append((pattern, read))

    the_year = year.replace("(20", "(?P<y>20", 1)
    add(rf"(?P<d>\d{{1,2}})\s?{ordinal}\s?{of}(?P<m>{month})\.?{the_year}", day_month)
    if language in {"en", "tl", "hu", "ko", "vi", "hi", "es"}:
        add(
            rf"(?P<m>{month})\.?\s?(?:the\s)?(?P<d>\d{{1,2}})(?:st|nd|rd|th|[.](?!\d)|-?an|-?en|-?ig)?(?!\d|[.,]\d|\s?(?:%|:))(?:\s?,?\s?(?P<y>20\d\d)(?!\d|[.,]\d))?",
            day_month,
        )
    if "end_of" in words:
        add(rf"(?:{any_of('end_of')})\s?(?P<m>{month}){the_year}", end_of)
    if "end_after" in words:
        add(rf"(?P<m>{month})\s?(?:{any_of('end_after')})(?P<y>)", end_of)
    for name, read in (
        ("after_tomorrow", relative(2)), ("tomorrow", relative(1)), ("today", relative(0)), ("yesterday", relative(-1)),
        ("before_yesterday", relative(-2)), ("next_month_end", month_end(1)), ("month_end", month_end(0)),
        ("next_week_end", week_end(1)), ("week_end", week_end(0)), ("year_end_promised", year_end),
    ):  # fmt: skip
        if name in words:
            add(rf"(?:{any_of(name)})", read)
    for unit, name in (("business", "business_day"), ("day", "day"), ("week", "week"), ("month", "month")):
        if "in" in words and name in words:
            add(
                rf"(?:{any_of('in')})\s(?:the\s(?:next\s)?|den\snachsten\s|die\s)?(?P<n>{count[1:-1]})\s?(?:{any_of(name)})",
                ahead(unit),
            )
        if "later" in words and name in words:
            add(rf"(?P<n>{count[1:-1]})\s?(?:{any_of(name)})\s?(?:{any_of('later')})", ahead(unit))
    gap = r"\s?" if language in UNSPACED else r"\s"
    add(
        rf"(?:(?P<next>{before}){gap})?(?:(?P<last>{behind}){gap})?(?P<w>{weekday})(?:{gap}(?:(?P<after>{after})|(?P<gone>{gone})))?",
        on_weekday,
    )
    if "the_day" in words:
        stop = rf"(?!\d|[.,:/]\d|\s?[%€$£]|-?\w|\s?(?:{any_of('not_after_day')})(?![^\W_]))"
        suffix = (
            rf"(?:{any_of('ordinal')})" + ("" if language == "en" else "?") if "ordinal" in words else r"\.?"
        )
        add(rf"(?:{any_of('the_day')})\s(?P<d>\d{{1,2}}){suffix}{stop}", of_month)
        if language == "de":
            add(
                r"(?:am|zum|bis|vom|ab)\s(?:dem\s|zum\s)?(?P<d>\d{1,2})\.(?P<mm>\d{1,2})\.?(?!\d)",
                _short_dotted,
            )
    if "dotted" in words:
        add(r"(?<![\d.,])(?P<d>\d{1,2})\.\s?(?P<mm>\d{1,2})\.(?![\d])", _short_dotted)
    if "day_after_number" in words:
        add(rf"(?<!\d)(?P<d>\d{{1,2}})\s?(?:{any_of('day_after_number')})", of_month)
    return tuple((re.compile(edge + pattern + close), read) for pattern, read in plain)


def _short_dotted(reader: _Reader, match: re.Match[str]) -> tuple[date | None, bool]:
    return reader.figures(int(match["d"]), int(match["mm"]), None, match.start(), True), True


def _merged(found: list[Day], folded: str) -> list[Day]:
    """ "Friday, 22 August" is one day: a weekday beside a named day says nothing more."""
    out: list[Day] = []
    for day in found:
        if (
            out
            and day.start - out[-1].end <= 8
            and not any(map(str.isdigit, folded[out[-1].end : day.start]))
        ):
            between = folded[out[-1].end : day.start].strip(" ,.()")
            if (
                between in {"", "the", "den", "dem", "el", "le", "dia", "der", "il", "d", "de"}
                and out[-1].explicit != day.explicit
            ):
                kept = out[-1] if out[-1].explicit else day
                out[-1] = Day(kept.on, out[-1].start, day.end, True)
                continue
            if between in {"", "the"} and not out[-1].explicit and not day.explicit:
                out[-1] = Day(day.on, out[-1].start, day.end, False)
                continue
        out.append(day)
    return out


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
