"""The strokes charts are made of: scale, lines, dots, words at the ends of lines, the frame of a figure and its table.

Positions across are per cent of the drawing, positions down are pixels; lines lie in an inner drawing that is stretched.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from markupsafe import Markup

from dunlin.rules.money import TRUE_MINUS

WIDE = 1000  # units across the stretched inner drawing
LEAST = 1e-9  # figures that differ by less are drawn as one
TOP, BOTTOM = 12, 24  # pixels above and below the plot: half a line of words, the names of the days
LEFT, ACROSS = (
    1.0,
    98.0,
)  # per cent; the scale and the names of the lines have columns of their own beside the plot
LETTER, APART = 6.6, 15  # pixels: the width of a letter at most, the distance of two names below each other


def short(value: float | None) -> str:
    """1,204,118 → 1.20M, 402,118 → 402k, 34.8 stays; a true minus; a dash for nothing."""
    if value is None:
        return "–"
    size = abs(value)
    if not math.isfinite(size):
        return "–"
    for limit, mark in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            part = size / (1e3 if mark == "k" else limit)
            text = (f"{part:.2f}" if part < 10 else f"{part:.1f}" if part < 100 else f"{part:,.0f}") + mark
            break
    else:
        text = f"{size:,.0f}" if size >= 1000 or size == int(size) else f"{size:.1f}"
    return (TRUE_MINUS if value < 0 and text.strip("0.") else "") + text


class Scale:
    """Values to pixels down, on round steps that hold all of them."""

    def __init__(self, values: Iterable[float], height: int) -> None:
        found = list(values)
        low, high = min(found), max(found)
        # Start at zero unless that would flatten the line into the upper half.
        if low > 0 and low < 0.6 * high:
            low = 0.0
        if high - low <= LEAST:
            pad = abs(high) * 0.1 if abs(high) > LEAST else 1.0
            low, high = low - pad, high + pad
        raw = (high - low) / 4
        power = 10.0 ** math.floor(math.log10(raw))
        self.step = next(times * power for times in (1, 2, 2.5, 5, 10) if times * power >= raw * 0.999)
        self.low, self.high = math.floor(low / self.step) * self.step, math.ceil(high / self.step) * self.step
        self.top, self.bottom = float(TOP), float(height - BOTTOM)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / ((self.high - self.low) or 1.0) * (self.bottom - self.top)

    @property
    def values(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + n * self.step for n in range(count + 1)]

    def grid(self) -> list[Markup]:
        return [
            Markup('<line class="{0}" x1="0" x2="100%" y1="{1:.1f}" y2="{1:.1f}"/>').format(
                "grid" if n else "axis", self.y(value)
            )
            for n, value in enumerate(self.values)
        ]

    def marks(self, height: int) -> Markup:
        """The column of values left of the plot, each level with its line."""
        words = [short(value) for value in self.values]
        wide = round(max(len(text) for text in words) * LETTER)
        texts = [
            Markup('<text class="mark" x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
                wide, self.y(value) + 4, text
            )
            for value, text in zip(self.values, words)
        ]
        return _column(texts, wide, height)


def percent(x: float) -> float:
    return LEFT + x * ACROSS


def points(spots: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{percent(x) / 100 * WIDE:.1f},{y:.1f}" for x, y in spots)


def runs(spots: Iterable[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """The stretches without a gap."""
    runs = [
        [spot for spot in run if spot]
        for here, run in groupby(spots, key=lambda spot: spot is not None)
        if here
    ]
    return [run for run in runs if len(run) > 1]


def line(run: Sequence[tuple[float, float]], kind: str) -> Markup:
    return Markup('<polyline class="series {}" points="{}"/>').format(kind, points(run))


def across(y: float) -> Markup:
    return Markup('<line class="target" x1="0" x2="{0}" y1="{1:.1f}" y2="{1:.1f}"/>').format(WIDE, y)


def stretched(shapes: Iterable[Markup], height: int) -> Markup:
    return Markup(
        '<svg x="0" y="0" width="100%" height="{0}" viewBox="0 0 {1} {0}" preserveAspectRatio="none">{2}</svg>'
    ).format(height, WIDE, Markup("").join(shapes))


def dot(x: float, y: float, kind: str, words: str) -> Markup:
    return Markup(
        '<circle class="dot {}" cx="{:.2f}%" cy="{:.1f}" r="3.5"><title>{}</title></circle>'
    ).format(kind, percent(x), y, words)


def names(ends: Sequence[tuple[float, str, str]], height: int) -> Markup:
    """The column of names right of the plot, as (pixels down, kind, words): each level with the end of its line, pushed
    apart so that none covers another and none leaves the drawing."""
    if not ends:
        return Markup("")
    ranked = sorted(ends, key=lambda end: end[0])
    at = [y for y, _, _ in ranked]
    for n in range(1, len(at)):
        at[n] = max(at[n], at[n - 1] + APART)
    lowest = height - BOTTOM + 4.0
    for n in reversed(range(len(at))):
        at[n] = min(at[n], lowest - (len(at) - 1 - n) * APART)
    texts = [
        Markup('<text class="name {}" x="0" y="{:.1f}">{}</text>').format(kind, y + 4, words)
        for y, (_, kind, words) in zip(at, ranked)
    ]
    return _column(texts, round(max(len(words) for _, _, words in ends) * LETTER), height)


def _column(texts: Iterable[Markup], wide: int, height: int) -> Markup:
    return Markup(
        '<svg class="chart column" width="{0}" height="{1}" viewBox="0 0 {0} {1}" aria-hidden="true">{2}</svg>'
    ).format(wide, height, Markup("").join(texts))


def days_below(spots: Sequence[tuple[float, date]], height: int) -> list[Markup]:
    """Names of days under the plot. The last is always told in full: it is the day of the figures beside it."""
    # Over a year the day of the month says nothing, and there is no room for it on a phone.
    years = (spots[-1][1] - spots[0][1]).days > 330
    words = [(x, f"{day:%b %Y}" if years else f"{day:%-d %b}") for x, day in spots]
    words[-1] = (spots[-1][0], f"{spots[-1][1]:%-d %b %Y}" if years else words[-1][1])
    return words_below(words, height, 3 if years else 4)


def words_below(spots: Sequence[tuple[float, str]], height: int, most: int = 4) -> list[Markup]:
    """At most `most` names under the plot, the last one always among them: more do not fit on a phone."""
    if len(spots) > most:
        spots = [spots[round(n * (len(spots) - 1) / (most - 1))] for n in range(most)]
    shapes = []
    for n, (x, words) in enumerate(spots):
        if n < len(spots) - 1 and (spots[-1][0] - x < 0.3 or (n and x - spots[n - 1][0] < 0.16)):
            continue
        anchor = "start" if x < 0.05 else "end" if x > 0.95 else "middle"
        shapes.append(
            Markup('<text class="{}" x="{:.2f}%" y="{}" text-anchor="{}">{}</text>').format(
                "mid" if 0 < n < len(spots) - 1 else "edge", percent(x), height - 6, anchor, words
            )
        )
    return shapes


def sound(value: float | None) -> float | None:
    """A number that can be drawn; what is not finite is a gap."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def told(points: Sequence[tuple[date, float | None]]) -> str:
    known = [(day, value) for day, value in points if value is not None]
    if not known:
        return "no figures"
    (first, begin), (last, end) = known[0], known[-1]
    return (
        f"{short(begin)} on {first} to {short(end)} on {last}"
        if len(known) > 1
        else f"{short(end)} on {last}"
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], unit: str) -> Markup:
    """The figures behind a chart, one click away and always in print."""
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(Markup(' class="num"') if n else "", text)
        for n, text in enumerate(heads)
    )
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup("<td{}>{}</td>").format(Markup(' class="num"') if n else "", text)
                for n, text in enumerate(row)
            )
        )
        for row in rows
    )
    caption = Markup('<caption class="unseen">{}</caption>').format(
        f"Figures in {unit}" if unit else "Figures"
    )
    return Markup(
        '<details class="figures"><summary>Figures</summary><table class="table">{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table></details>'
    ).format(caption, head, body)


def figure(
    title: str,
    said: str,
    height: int,
    shapes: Iterable[Markup],
    beside: Markup,
    sub: str = "",
    columns: tuple[Markup, Markup] | None = None,
) -> Markup:
    """The frame. `columns` stand left and right of the drawing, at their own width; `beside` is below it."""
    small = Markup(' <span class="muted small">{}</span>').format(sub) if sub else ""
    drawing = Markup(
        '<svg class="chart" width="100%" height="{}" role="img"><title>{}</title><desc>{}</desc>{}</svg>'
    ).format(height, title, said, Markup("").join(shapes))
    if columns is not None:
        drawing = Markup('<div class="plot">{}{}{}</div>').format(columns[0], drawing, columns[1])
    return Markup(
        '<figure class="figure"><figcaption><span class="strong">{}</span>{}</figcaption>{}{}</figure>'
    ).format(title, small, drawing, beside)


def nothing(title: str) -> Markup:
    return Markup(
        '<figure class="figure"><figcaption><span class="strong">{}</span></figcaption><p class="muted">There are no figures yet.</p></figure>'
    ).format(title)
