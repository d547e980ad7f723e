"""A promise as people type it while they listen: "4000 fri", "half on the 15th", "1.5k tomorrow", "all by 30/6" (B4, D2).

Nothing is guessed in silence: what was understood is said back before it is saved, and what cannot be read says how to
write it. Words are English. See docs/rules/plain-words.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from dunlin.rules.calendars import month_after, on_day
from dunlin.rules.money import MINOR_DIGITS, Money, NotMoney, minor_digits

HOW_A_DAY = "Write a day such as fri, 30/6, the 15th or 2026-06-30."
HOW_AN_AMOUNT = "Write an amount such as 4000, 1.5k, half or all."

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SMALL = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_SYMBOLS = {
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
}
_SHARES = {
    "half": ("half", Decimal(1) / 2),
    "third": ("a third", Decimal(1) / 3),
    "quarter": ("a quarter", Decimal(1) / 4),
}
_SCALES = {"k": 1_000, "grand": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}
# Words that change nothing; any other word left over is a question back, not a guess.
_FILLER_WORDS = """a about and at before by can come coming day due first for from give he i in is it latest morning noon of on
or paid pay paying payment pays promise promised promises she send sends that the they this to transfer us we week will wire
within would"""
_FILLER = frozenset(_FILLER_WORDS.split())

_NAMES_OF_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
_NAMES_OF_DAYS = "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
_YEAR = r"(?:,?\s+(20\d\d)(?![\d.,]))?"
_PATTERNS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("iso", r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b"),
        ("figures", r"(?<![\d.,/-])(\d{1,2})([/-])(\d{1,2})(?:\2(\d{4}|\d{2}))?(?![\d/]|[.,]\d)"),
        ("dots", r"(?<![\d.,])(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?(?!\d)"),
        ("day_month", rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.)?\s*(?:of\s+)?({_NAMES_OF_MONTHS})\b\.?{_YEAR}"),
        ("month_day", rf"\b({_NAMES_OF_MONTHS})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?![.,]\d){_YEAR}"),
        ("relative", r"\b(day after tomorrow|today|tomorrow|tomo|tmrw|tmw)\b"),
        ("ahead", r"\b(?:in\s+)?(\d{1,2}|a|one|two|three|four|five|six)\s*(days?|weeks?|months?)\b"),
        ("end", r"\b(eom|eow|(?:the\s+)?end of (?:the |this )?(?:next )?(?:week|month)|month end|next week|next month)\b"),
        ("weekday", rf"\b(next\s+)?(?:this\s+|coming\s+)?({_NAMES_OF_DAYS})\b"),
        ("ordinal", r"\b(\d{1,2})(?:st|nd|rd|th)\b"),
        ("day", r"\b(?:on|by|before|the)\s+(?:the\s+)?(\d{1,2})(?![\d.,'%]|\s*(?:k|m|grand|thousand|[$€£¥])\b|\s+[a-z]{3}\b)"),
    )
)  # fmt: skip
_ALL = re.compile(
    r"\b(?:in full|the lot|the balance|the rest|all of it|all|everything|full|whole|balance|rest)\b"
)
_SHARE = re.compile(r"\b(?:a\s+|one\s+)?(half|third|quarter)\b(?:\s+of\s+(?:it|that)\b)?")
_PER_CENT = re.compile(r"\b(\d{1,3})\s*(?:%|per ?cent\b)")
_AMOUNT = re.compile(
    r"(?:\b([a-z]{3})\s*|([$€£¥])\s*)?(?<![\w.,])(\d{1,3}(?:[ '’]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
    r"\s*(?:(k|m|grand|thousand|million)\b)?\s*(?:([a-z]{3})\b|([$€£¥]))?"
)


@dataclass(frozen=True, slots=True)
class Understood:
    """What a line says. `amount` None with a date: all that is owed. `said` tells it back; `problem` says what to mend, or is
    empty. Both are empty for an empty line."""

    due_on: date | None
    amount: Money | None
    said: str
    problem: str


def understand(text: str, today: date, owed: Sequence[Money]) -> Understood:
    """Read a promise. `owed`: what "all" and "half" are taken of, one amount a currency, the likeliest first; not empty.

    A day without a year is the next one from today on; a weekday is after today, "next fri" is in the week after this one.
    Where 5/6 could be both, the nearer day is taken and said. Never raises for what is typed.
    """
    line = " ".join(text.replace("\u00a0", " ").lower().split())
    if not line:
        return Understood(None, None, "", "")
    try:
        due_on, rest, remark = _day(line, today)
        amount, share = _amount(rest, owed, due_on)
    except _Unclear as unclear:
        return Understood(None, None, "", str(unclear))
    if due_on is None:
        return Understood(None, amount, "", f"Which day? {HOW_A_DAY}")
    when = f"by {in_words(due_on, today)}{remark}"
    if due_on < today:
        return Understood(
            due_on, amount, "", f"{in_words(due_on, today)} is past; a promise is for today or later."
        )
    if amount is None:
        whole = " and ".join(str(each) for each in owed if each.minor > 0)
        return Understood(due_on, None, f"All that is owed{f', {whole},' if whole else ''} {when}", "")
    return Understood(due_on, amount, f"{amount}{share} {when}", "")


def understand_day(text: str, today: date) -> tuple[date | None, str]:
    """A line that names a day and nothing else: the day and "", or None and what to mend. Never raises for what is typed."""
    found = understand(text, today, (Money.zero("USD"),))
    if found.amount is not None:
        return None, HOW_A_DAY
    return (None, found.problem or HOW_A_DAY) if found.problem or found.due_on is None else (found.due_on, "")


def in_words(on: date, today: date) -> str:
    """ "Fri 27 Nov", with the year when it is another one."""
    text = f"{on:%a} {on.day} {on:%b}"
    return text if on.year == today.year else f"{text} {on.year}"


class _Unclear(Exception):
    """What was typed cannot be read; the message says how to write it."""


def _day(line: str, today: date) -> tuple[date | None, str, str]:
    """The day named, the line without it, and a remark on how it was read."""
    found: list[tuple[date, str]] = []
    weekdays: list[tuple[int, date]] = []
    for name, pattern in _PATTERNS:
        # "the 15" is a day only when nothing else named one: "on fri the 4000" is not, "by 15" is.
        if name == "day" and (found or weekdays):
            continue
        for match in pattern.finditer(line):
            day, remark = _READERS[name](match, today)
            if name == "weekday":
                weekdays.append((day.weekday(), day))
            else:
                found.append((day, remark))
        line = pattern.sub(" ", line)
    days = list(dict.fromkeys(day for day, _ in found))
    if len(days) > 1:
        raise _Unclear(f"That names {_and(in_words(day, today) for day in days)}; log one promise at a time.")
    if days:
        for weekday, _ in weekdays:
            if weekday != days[0].weekday():
                raise _Unclear(
                    f"{in_words(days[0], today)} is not a {_DAYS[weekday].capitalize()}. {HOW_A_DAY}"
                )
        return days[0], line, next((remark for _, remark in found if remark), "")
    named = list(dict.fromkeys(day for _, day in weekdays))
    if len(named) > 1:
        raise _Unclear(
            f"That names {_and(in_words(day, today) for day in named)}; log one promise at a time."
        )
    return (named[0] if named else None), line, ""


def _amount(rest: str, owed: Sequence[Money], due_on: date | None) -> tuple[Money | None, str]:
    """The amount (None: all of it) and how it was made; what is left over must be words that change nothing."""
    currency = _currency(rest, owed)
    amounts: list[tuple[Money | None, str]] = []
    for match in _SHARE.finditer(rest):
        words, share = _SHARES[match[1]]
        amounts.append(_part(share, words, currency, owed))
    rest = _SHARE.sub(" ", rest)
    for match in _PER_CENT.finditer(rest):
        amounts.append(_part(Decimal(match[1]) / 100, f"{match[1]} %", currency, owed))
    rest = _PER_CENT.sub(" ", rest)
    everything = _ALL.search(rest) is not None
    rest = _ALL.sub(" ", rest)
    for match in _AMOUNT.finditer(rest):
        amounts.append((_figure(match, currency, owed, due_on), ""))
    # Three letters beside a figure may be a currency or just a word; a word stays to be looked at.
    rest = _AMOUNT.sub(lambda match: f" {match[1] or ''} {match[5] or ''} ", rest)
    left = [word for word in re.findall(r"[^\s.,;:&+]+", rest) if word not in _FILLER and not _code(word)]
    if left:
        raise _Unclear(f"Not understood: “{' '.join(left)}”. {HOW_AN_AMOUNT} {HOW_A_DAY}")
    if len(amounts) > 1:
        raise _Unclear("That names two amounts; log one promise at a time.")
    # "18,200 in full" states the amount; the words only confirm it.
    if everything and amounts and amounts[0][1]:
        raise _Unclear(f"Is it a part, or all of it? {HOW_AN_AMOUNT}")
    return amounts[0] if amounts else (None, "")


def _figure(match: re.Match[str], currency: str, owed: Sequence[Money], due_on: date | None) -> Money:
    chosen = _one_currency(currency, owed)
    number, scale = match[3], match[4] or ""
    bare = not any((match[4], match[5] and _code(match[5]), match[2], match[6]))
    if due_on is None and bare and number.isdigit() and int(number) <= 31:
        raise _Unclear(
            f"Is {number} the day? Write {number}{_ending(int(number))}, or the day after the amount."
        )
    try:
        amount = Money.exact(_plain(number, scale, minor_digits(chosen)) * _SCALES.get(scale, 1), chosen)
    except NotMoney as problem:
        raise _Unclear(f"{problem}. {HOW_AN_AMOUNT}") from None
    if amount.minor <= 0:
        raise _Unclear(f"The amount must be more than zero. {HOW_AN_AMOUNT}")
    return amount


def _plain(number: str, scale: str, digits: int) -> Decimal:
    """ "1,500.00", "18.200,00", "1 500", "1.5": the last of two different marks is the decimal one; one mark before three
    digits groups thousands, unless the currency has three digits or k follows."""
    text = re.sub(r"[ '’]", "", number)
    marks = [mark for mark in text if mark in ".,"]
    decimal = ""
    if len(set(marks)) == 2:
        decimal = marks[-1]
    elif len(marks) == 1:
        after = len(text) - text.index(marks[0]) - 1
        decimal = marks[0] if after != 3 or scale or digits == 3 else ""
    whole, _, part = text.partition(decimal) if decimal else (text, "", "")
    groups = re.split("[.,]", whole)
    if (
        any(len(group) != 3 for group in groups[1:])
        or len(groups[0]) > (3 if len(groups) > 1 else 18)
        or re.search("[.,]", part)
    ):
        raise _Unclear(f"“{number}” is not an amount. {HOW_AN_AMOUNT}")
    return Decimal("".join(groups) + (f".{part}" if part else ""))


def _part(share: Decimal, words: str, currency: str, owed: Sequence[Money]) -> tuple[Money, str]:
    chosen = _one_currency(currency, owed)
    whole = next((each for each in owed if each.currency == chosen), Money.zero(chosen))
    if whole.minor <= 0:
        raise _Unclear(f"Nothing is owed of which {words} could be taken. {HOW_AN_AMOUNT}")
    if not 0 < share <= 1:
        raise _Unclear(f"{words} is not a part. {HOW_AN_AMOUNT}")
    return whole.times(share), f" ({words} of {whole})"


def _currency(line: str, owed: Sequence[Money]) -> str:
    """The currency the line names, or empty."""
    codes = [each.currency for each in owed]
    named = [word.upper() for word in re.findall(r"\b[a-z]{3}\b|(?<=\d)[a-z]{3}\b", line) if _code(word)]
    for symbol, meant in _SYMBOLS.items():
        if symbol in line:
            fitting = [code for code in meant if code in codes] or list(meant[:1])
            named += fitting[:1] if len(fitting) == 1 else []
    if len(set(named)) > 1:
        raise _Unclear(f"That names {_and(dict.fromkeys(named))}; log one promise at a time.")
    return named[0] if named else ""


def _one_currency(named: str, owed: Sequence[Money]) -> str:
    codes = [each.currency for each in owed]
    if not named and len(codes) > 1:
        raise _Unclear(f"Which currency: {' or '.join(codes)}? Write it after the amount.")
    if named and named not in codes:
        raise _Unclear(f"Nothing is owed in {named}; it is in {_and(codes)}.")
    return named or codes[0]


def _code(word: str | None) -> bool:
    """Whether a word is a currency code; words of a promise that happen to be codes (all, top, try) are not."""
    return bool(word) and word.upper() in MINOR_DIGITS and word not in ("all", "top", "try")  # type: ignore[union-attr]


def _iso(match: re.Match[str], today: date) -> tuple[date, str]:
    return _real(int(match[1]), int(match[2]), int(match[3]), match[0]), ""


def _figures(match: re.Match[str], today: date) -> tuple[date, str]:
    """30/6, 6/30, 30/6/26. Where both orders make a day, the nearer one that is not past."""
    first, second, year = int(match[1]), int(match[3]), match[4]
    readings = {}
    for how, day, month in (("day first", first, second), ("month first", second, first)):
        found = _next(day, month, today) if year is None else _valid(_full(year), month, day)
        if found is not None:
            readings[how] = found
    if not readings:
        raise _Unclear(f"“{match[0]}” is not a day that exists. {HOW_A_DAY}")
    how = min(readings, key=lambda each: (readings[each] < today, readings[each]))
    ambiguous = len(set(readings.values())) > 1
    return readings[how], f" ({match[0]} read {how})" if ambiguous else ""


def _dots(match: re.Match[str], today: date) -> tuple[date, str]:
    if match[3]:
        return _real(_full(match[3]), int(match[2]), int(match[1]), match[0]), ""
    return _coming(int(match[1]), int(match[2]), today, match[0]), ""


def _day_month(match: re.Match[str], today: date) -> tuple[date, str]:
    return _named(int(match[1]), match[2], match[3], today, match[0])


def _month_day(match: re.Match[str], today: date) -> tuple[date, str]:
    return _named(int(match[2]), match[1], match[3], today, match[0])


def _named(day: int, name: str, year: str | None, today: date, text: str) -> tuple[date, str]:
    month = _MONTHS.index(name[:3]) + 1
    return (_real(int(year), month, day, text) if year else _coming(day, month, today, text)), ""


def _relative(match: re.Match[str], today: date) -> tuple[date, str]:
    return today + timedelta({"today": 0, "day after tomorrow": 2}.get(match[1], 1)), ""


def _ahead(match: re.Match[str], today: date) -> tuple[date, str]:
    number = _SMALL.get(match[1]) or int(match[1])
    if match[2].startswith("month"):
        year, month = month_after(today.year, today.month, number)
        return min(on_day(year, month, today.day), on_day(year, month, "eom")), ""
    return today + timedelta(number * (7 if match[2].startswith("week") else 1)), ""


def _end(match: re.Match[str], today: date) -> tuple[date, str]:
    """The end of a week is its Friday; of a month, its last day."""
    later = "next" in match[1]
    if "week" in match[1] or match[1] == "eow":
        friday = today + timedelta((4 - today.weekday()) % 7)
        if later:
            friday = today - timedelta(today.weekday()) + timedelta(11)
        return friday, ""
    return on_day(*month_after(today.year, today.month, int(later)), "eom"), ""


def _weekday(match: re.Match[str], today: date) -> tuple[date, str]:
    wanted = _DAYS.index(match[2][:3])
    if match[1]:
        return today - timedelta(today.weekday()) + timedelta(7 + wanted), ""
    return today + timedelta((wanted - today.weekday() - 1) % 7 + 1), ""


def _of_month(match: re.Match[str], today: date) -> tuple[date, str]:
    """The next such day from today on: the 31st skips months that have none."""
    day = int(match[1])
    for months in range(4):
        year, month = month_after(today.year, today.month, months)
        found = _valid(year, month, day)
        if found is not None and found >= today:
            return found, ""
    raise _Unclear(f"No month has a day {day}. {HOW_A_DAY}")


_READERS = {
    "iso": _iso,
    "figures": _figures,
    "dots": _dots,
    "day_month": _day_month,
    "month_day": _month_day,
    "relative": _relative,
    "ahead": _ahead,
    "end": _end,
    "weekday": _weekday,
    "ordinal": _of_month,
    "day": _of_month,
}


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _real(year: int, month: int, day: int, text: str) -> date:
    found = _valid(year, month, day)
    if found is None:
        raise _Unclear(f"“{text.strip()}” is not a day that exists. {HOW_A_DAY}")
    return found


def _next(day: int, month: int, today: date) -> date | None:
    """The next such day from today on, within the years a leap day may take."""
    years = (_valid(year, month, day) for year in range(today.year, today.year + 9))
    return next((each for each in years if each is not None and each >= today), None)


def _coming(day: int, month: int, today: date, text: str) -> date:
    found = _next(day, month, today)
    if found is None:
        raise _Unclear(f"“{text.strip()}” is not a day that exists. {HOW_A_DAY}")
    return found


def _full(year: str) -> int:
    return int(year) if len(year) == 4 else 2000 + int(year)


def _ending(number: int) -> str:
    return "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _and(parts: Iterator[str] | dict[str, None] | list[str]) -> str:
    return " and ".join(parts)
