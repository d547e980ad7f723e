"""Days people name in mail, in any of the languages: computed from the day the mail came, never guessed (B5).

"22 August", "08/22/2025", "next Friday", "end of month", "fin septembre", 月底. A day without a year is the nearest; a weekday is the
next one, or the last one where the sentence tells of the past. "Next week" or "soon" is no day and gives none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from dunlin.rules.intents.day_sayings import Reader, real, sayings, up_to_now

# Who writes the month first; where both readings are days, the sender's language decides.
_MONTH_FIRST = frozenset({"en", "tl"})


@dataclass(frozen=True, slots=True)
class Day:
    """A day and the words that name it."""

    on: date
    start: int
    end: int
    explicit: bool  # named by its figures, not counted from today


def days_in(
    folded: str,
    received: date,
    languages: Sequence[str],
    month_first: bool | None,
    past: Callable[[int], bool],
) -> list[Day]:
    """The days named, in order, none within another. `past(at)`: whether the sentence at `at` tells of what is done."""
    first = languages[0] in _MONTH_FIRST if month_first is None else month_first
    reader = Reader(received, first, past)
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
        taken += [match.span() for match in up_to_now(language).finditer(folded)]
    for match in _ISO.finditer(folded):
        take(match, real(int(match[1]), int(match[2]), int(match[3])), True)
    for match in _WIDE_DATE.finditer(folded):
        year = int(match[1]) if match[1] else None
        month, day = int(match[2]), int(match[3])
        take(match, real(year, month, day) if year else reader.near(day, month, match.start()), True)
    for match in _FIGURES.finditer(folded):
        year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
        take(match, reader.figures(int(match[1]), int(match[3]), year, match.start(), match[2] == "."), True)
    for language in languages:
        for pattern, read in sayings(language):
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
