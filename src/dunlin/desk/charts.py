"""Charts as SVG made on the server: they print, follow the theme through classes, and say in words what they show.

Text keeps its size at every width: positions across are per cent of the drawing, positions down are pixels, and lines lie
in an inner drawing that is stretched. Each chart returns a <figure> with its table beside it. Figures are only drawn here;
floats place shapes and are never shown as money without their exact text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from markupsafe import Markup, escape

from dunlin.rules.money import TRUE_MINUS, Money

WIDE = 1000  # units across the stretched inner drawing
_TOP, _BOTTOM = 20, 24  # pixels above and below the plot: the highest label, the names of the days
_LEFT, _ACROSS = 8.0, 91.0  # per cent; the marks of the scale stand to the left
_RAMP = 6  # the last step of the aging ramp
_KINDS = ("first", "second", "third")


@dataclass(frozen=True)
class Series:
    """One line. `points` are (day, value) in order; a value of None leaves a gap."""

    name: str
    points: Sequence[tuple[date, float | None]]


@dataclass(frozen=True)
class Band:
    """One step of a forecast: its name ("30 Nov"), and the low, expected and high value."""

    name: str
    low: float
    expected: float
    high: float


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


def aging_bar(
    title: str,
    buckets: Sequence[tuple[str, int]],
    currency: str,
    *,
    disputed: int | None = None,
    unapplied: int | None = None,
    links: Sequence[str] = (),
) -> Markup:
    """One stacked bar of the buckets in order (the first is what is not due), amounts in minor units, figures below it.

    `disputed` is part of the buckets and stated apart; `unapplied` credit lies outside them. A negative bucket cannot be
    drawn and is only written. `links`: one address a bucket, where its items are, then those of disputed and unapplied.
    """
    whole = sum(max(minor, 0) for _, minor in buckets)
    if not buckets:
        return _nothing(title)
    shapes, at = [], 0.0
    for step, (label, minor) in enumerate(buckets):
        share = 100 * max(minor, 0) / whole if whole else 0.0
        if share > 0:
            # A hair of ground between neighbours tells them apart without colour.
            seen = max(share - 0.3, 0.1)
            shapes.append(
                Markup(
                    '<rect class="{}" x="{:.3f}%" y="0" width="{:.3f}%" height="24" rx="2"><title>{}: {}</title></rect>'
                ).format(_age(step), at, seen, label, _money(minor, currency))
            )
            at += share
    if not whole:
        shapes.append(Markup('<rect class="track" x="0" y="0" width="100%" height="24" rx="2"/>'))
    said = "; ".join(f"{label} {_money(minor, currency)}" for label, minor in buckets)
    cells = [
        _bucket(_age(step), label, minor, currency, whole, links[step] if step < len(links) else "")
        for step, (label, minor) in enumerate(buckets)
    ]
    more = [*links[len(buckets) :], "", ""]
    if disputed is not None:
        cells.append(_bucket("age-disputed", "Of it disputed", disputed, currency, 0, more[0]))
    if unapplied is not None:
        cells.append(_bucket("age-unapplied", "Unapplied credit", -abs(unapplied), currency, 0, more[1]))
    return _figure(
        title, said, 24, shapes, Markup('<dl class="buckets">{}</dl>').format(Markup("").join(cells))
    )


def _age(step: int) -> str:
    return f"age-{min(step, _RAMP)}"


def _bucket(look: str, label: str, minor: int, currency: str, whole: int, link: str = "") -> Markup:
    amount = str(Money(minor, currency)).rsplit(" ", 1)[0]
    text = Markup('<a href="{}">{}</a>').format(link, amount) if link else escape(amount)
    share = (
        Markup(' <span class="muted">{:.0f} %</span>').format(100 * minor / whole)
        if whole and minor >= 0
        else ""
    )
    return Markup('<div><dt><span class="age {}"></span>{}</dt><dd>{}{}</dd></div>').format(
        look, label, text, share
    )


def trend(
    title: str,
    series: Sequence[Series],
    *,
    target: float | None = None,
    unit: str = "",
    height: int = 200,
    target_name: str = "target",
) -> Markup:
    """Lines over days with the target drawn across, each line named at its end. At most three lines."""
    if len(series) > len(_KINDS):
        raise ValueError(f"a chart with {len(series)} lines cannot be read; three is the most")
    series = [Series(one.name, [(day, _sound(value)) for day, value in one.points]) for one in series]
    values = [value for one in series for _, value in one.points if value is not None]
    days = sorted({day for one in series for day, _ in one.points})
    if not values:
        return _nothing(title)
    scale = _Scale(values + ([target] if target is not None else []), height)
    first, span = days[0].toordinal(), max((days[-1] - days[0]).days, 1)

    def across(day: date) -> float:
        return (day.toordinal() - first) / span if len(days) > 1 else 0.5

    shapes = scale.grid(unit)
    shapes += _days_below([(across(day), day) for day in days], height)
    lines, ends = [], []
    for kind, one in zip(_KINDS, series):
        spots = [(across(day), scale.y(value)) if value is not None else None for day, value in one.points]
        lines += [_line(run, kind) for run in _runs(spots)]
        last = next(((day, value) for day, value in reversed(one.points) if value is not None), None)
        if last is not None and last[1] is not None:
            x, y = across(last[0]), scale.y(last[1])
            shapes.append(_dot(x, y, kind, f"{one.name}, {last[0]}: {last[1]:,.1f} {unit}"))
            ends.append((x, y, kind, f"{one.name} {short(last[1])}"))
    shapes.append(_stretched(lines + ([_across(scale.y(target))] if target is not None else []), height))
    if target is not None:
        ends.append((0.0, scale.y(target), "target", f"{target_name} {short(target)}"))
    shapes += _ends(ends)
    said = "; ".join(f"{one.name}: {_told(one.points)}" for one in series)
    if target is not None:
        said += f"; {target_name} {target:,.6g} {unit}"
    rows = [
        [f"{day:%-d %b %Y}", *(short(dict(one.points).get(day)) for one in series)] for day in reversed(days)
    ]
    return _figure(title, said, height, shapes, _table(["Day", *(one.name for one in series)], rows, unit))


def forecast(
    title: str,
    bands: Sequence[Band],
    *,
    unit: str = "",
    actual: Sequence[float | None] = (),
    height: int = 200,
) -> Markup:
    """What is expected with its range as a band, and what came (`actual`, from the first step on) as a line."""
    if not bands:
        return _nothing(title)
    values = [value for band in bands for value in (band.low, band.expected, band.high)]
    came = [_sound(value) for value in actual]
    scale = _Scale(values + [value for value in came if value is not None], height)
    steps = max(len(bands) - 1, 1)
    xs = [step / steps if len(bands) > 1 else 0.5 for step in range(len(bands))]
    shapes = scale.grid(unit)
    shapes += _words_below([(x, band.name) for x, band in zip(xs, bands)], height)
    edge = [(x, scale.y(band.high)) for x, band in zip(xs, bands)]
    edge += [(x, scale.y(band.low)) for x, band in reversed(list(zip(xs, bands)))]
    lines = [Markup('<polygon class="band" points="{}"/>').format(_points(edge))]
    lines.append(_line([(x, scale.y(band.expected)) for x, band in zip(xs, bands)], "first"))
    paid = [(x, scale.y(value)) if value is not None else None for x, value in zip(xs, came)]
    lines += [Markup('<polyline class="actual" points="{}"/>').format(_points(run)) for run in _runs(paid)]
    shapes.append(_stretched(lines, height))
    ends = [(xs[-1], scale.y(bands[-1].expected), "first", f"expected {short(bands[-1].expected)}")]
    shapes.append(
        _dot(*ends[0][:2], "first", f"expected, {bands[-1].name}: {bands[-1].expected:,.0f} {unit}")
    )
    known = [(x, value) for x, value in zip(xs, came) if value is not None]
    if known:
        ends.append((known[-1][0], scale.y(known[-1][1]), "strong", f"came {short(known[-1][1])}"))
    shapes += _ends(ends)
    said = "; ".join(
        f"{band.name}: {short(band.expected)} ({short(band.low)} to {short(band.high)})" for band in bands
    )
    rows = [
        [
            band.name,
            short(band.low),
            short(band.expected),
            short(band.high),
            short(came[n] if n < len(came) else None),
        ]
        for n, band in enumerate(bands)
    ]
    return _figure(
        title, said, height, shapes, _table(["Step", "Low", "Expected", "High", "Came"], rows, unit)
    )


def bars(
    title: str,
    rows: Sequence[tuple[str, float]],
    *,
    target: float | None = None,
    unit: str = "",
    more_is_good: bool = True,
) -> Markup:
    """One bar a row from zero, its name above it and its value at the end; the target is a tick across all rows."""
    if not rows:
        return _nothing(title)
    sound = [(label, _sound(value) or 0.0) for label, value in rows]
    low = min(0.0, *(value for _, value in sound))
    high = max(0.0, target or 0.0, *(value for _, value in sound))
    span = (high - low) or 1.0
    shapes = []
    for row, (label, value) in enumerate(sound):
        y = row * 36
        left, right = (min(0.0, value) - low) / span * 100, (max(0.0, value) - low) / span * 100
        met = target is not None and (value >= target if more_is_good else value <= target)
        look = "good" if met else "" if target is None or more_is_good else "bad"
        word = " ✓" if met else ""
        shapes.append(Markup('<text x="0" y="{}" class="strong">{}</text>').format(y + 12, label))
        shapes.append(
            Markup('<text x="100%" y="{}" text-anchor="end">{}{}</text>').format(y + 12, short(value), word)
        )
        shapes.append(
            Markup('<rect class="track" x="0" y="{}" width="100%" height="8" rx="2"/>').format(y + 18)
        )
        shapes.append(
            Markup('<rect class="fill {}" x="{:.3f}%" y="{}" width="{:.3f}%" height="8" rx="2"/>').format(
                look, left, y + 18, right - left
            )
        )
        if target is not None:
            x = (target - low) / span * 100
            shapes.append(
                Markup('<line class="tick" x1="{0:.3f}%" x2="{0:.3f}%" y1="{1}" y2="{2}"/>').format(
                    x, y + 15, y + 29
                )
            )
    said = "; ".join(f"{label} {short(value)}" for label, value in sound) + (
        f"; target {short(target)}" if target is not None else ""
    )
    caption = f"target {short(target)} {unit}".strip() if target is not None else unit
    return _figure(title, said, len(rows) * 36 - 4, shapes, Markup(""), caption)


def spark(title: str, values: Sequence[float | None]) -> Markup:
    """A line the size of a word, for a tile: its shape only. Empty when fewer than two values are known."""
    known = [_sound(value) for value in values]
    sound = [value for value in known if value is not None]
    if len(sound) < 2:
        return Markup("")
    low, high = min(sound), max(sound)
    steps = len(known) - 1
    spots = [
        (step / steps * 76 + 2, 17 - 14 * ((value - low) / (high - low) if high > low else 0.5))
        if value is not None
        else None
        for step, value in enumerate(known)
    ]
    lines = Markup("").join(
        Markup('<polyline class="series" points="{}"/>').format(" ".join(f"{x:.1f},{y:.1f}" for x, y in run))
        for run in _runs(spots)
    )
    last = next(spot for spot in reversed(spots) if spot is not None)
    said = f"{title}: from {short(sound[0])} to {short(sound[-1])}"
    return Markup(
        '<svg class="chart spark" viewBox="0 0 80 20" width="80" height="20" role="img"><title>{}</title>{}<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="2"/></svg>'
    ).format(said, lines, *last)


# Drawing -----------------------------------------------------------------------------------------------------------


class _Scale:
    """Values to pixels down, on round steps that hold all of them."""

    def __init__(self, values: Iterable[float], height: int) -> None:
        found = list(values)
        low, high = min(found), max(found)
        # Start at zero unless that would flatten the line into the upper half.
        if low > 0 and low < 0.6 * high:
            low = 0.0
        if high == low:
            pad = abs(high) * 0.1 or 1.0
            low, high = low - pad, high + pad
        raw = (high - low) / 4
        power = 10.0 ** math.floor(math.log10(raw))
        self.step = next(times * power for times in (1, 2, 2.5, 5, 10) if times * power >= raw * 0.999)
        self.low, self.high = math.floor(low / self.step) * self.step, math.ceil(high / self.step) * self.step
        self.top, self.bottom = float(_TOP), float(height - _BOTTOM)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / ((self.high - self.low) or 1.0) * (self.bottom - self.top)

    def grid(self, unit: str) -> list[Markup]:
        shapes = []
        count = round((self.high - self.low) / self.step)
        for n in range(count + 1):
            value, y = self.low + n * self.step, self.y(self.low + n * self.step)
            look = "axis" if n == 0 else "grid"
            shapes.append(
                Markup('<line class="{0}" x1="0" x2="100%" y1="{1:.1f}" y2="{1:.1f}"/>').format(look, y)
            )
            text = f"{short(value)} {unit}" if n == count else short(value)
            shapes.append(Markup('<text class="mark" x="0" y="{:.1f}">{}</text>').format(y - 4, text))
        return shapes


def _percent(x: float) -> float:
    return _LEFT + x * _ACROSS


def _points(spots: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_percent(x) / 100 * WIDE:.1f},{y:.1f}" for x, y in spots)


def _runs(spots: Iterable[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """The stretches without a gap."""
    runs = [
        [spot for spot in run if spot]
        for here, run in groupby(spots, key=lambda spot: spot is not None)
        if here
    ]
    return [run for run in runs if len(run) > 1]


def _line(run: Sequence[tuple[float, float]], kind: str) -> Markup:
    return Markup('<polyline class="series {}" points="{}"/>').format(kind, _points(run))


def _across(y: float) -> Markup:
    return Markup('<line class="target" x1="0" x2="{0}" y1="{1:.1f}" y2="{1:.1f}"/>').format(WIDE, y)


def _stretched(shapes: Iterable[Markup], height: int) -> Markup:
    return Markup(
        '<svg x="0" y="0" width="100%" height="{0}" viewBox="0 0 {1} {0}" preserveAspectRatio="none">{2}</svg>'
    ).format(height, WIDE, Markup("").join(shapes))


def _dot(x: float, y: float, kind: str, words: str) -> Markup:
    return Markup(
        '<circle class="dot {}" cx="{:.2f}%" cy="{:.1f}" r="3.5"><title>{}</title></circle>'
    ).format(kind, _percent(x), y, words)


def _ends(ends: Sequence[tuple[float, float, str, str]]) -> list[Markup]:
    """Names at the ends of lines, pushed apart so that none covers another."""
    shapes: list[Markup] = []
    taken: list[tuple[float, float]] = []
    for x, y, kind, words in sorted(ends, key=lambda end: end[1]):
        at = y - 8
        while any(abs(at - other) < 14 and abs(x - beside) < 0.5 for beside, other in taken):
            at += 2
        taken.append((x, at))
        anchor = "end" if x > 0.6 else "middle" if x > 0.15 else "start"
        # A name at the left edge must not lie on the marks of the scale.
        place = max(_percent(x), _LEFT + 1) if anchor == "start" else _percent(x)
        shapes.append(
            Markup('<text class="name {}" x="{:.2f}%" y="{:.1f}" text-anchor="{}">{}</text>').format(
                kind, place, at, anchor, words
            )
        )
    return shapes


def _days_below(spots: Sequence[tuple[float, date]], height: int) -> list[Markup]:
    # Over a year the day of the month says nothing, and there is no room for it on a phone.
    years = (spots[-1][1] - spots[0][1]).days > 330
    return _words_below([(x, f"{day:%b %Y}" if years else f"{day:%-d %b}") for x, day in spots], height)


def _words_below(spots: Sequence[tuple[float, str]], height: int) -> list[Markup]:
    """At most four names under the plot: more do not fit on a phone."""
    most = 4
    if len(spots) > most:
        spots = [spots[round(n * (len(spots) - 1) / (most - 1))] for n in range(most)]
    shapes, before = [], -1.0
    for x, words in spots:
        if x - before < 0.16 and before >= 0:
            continue
        before = x
        anchor = "start" if x < 0.05 else "end" if x > 0.95 else "middle"
        shapes.append(
            Markup('<text x="{:.2f}%" y="{}" text-anchor="{}">{}</text>').format(
                _percent(x), height - 6, anchor, words
            )
        )
    return shapes


def _sound(value: float | None) -> float | None:
    """A number that can be drawn; what is not finite is a gap."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _money(minor: int, currency: str) -> str:
    return str(Money(minor, currency))


def _told(points: Sequence[tuple[date, float | None]]) -> str:
    known = [(day, value) for day, value in points if value is not None]
    if not known:
        return "no figures"
    (first, begin), (last, end) = known[0], known[-1]
    return (
        f"{short(begin)} on {first} to {short(end)} on {last}"
        if len(known) > 1
        else f"{short(end)} on {last}"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], unit: str) -> Markup:
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


def _figure(
    title: str, said: str, height: int, shapes: Iterable[Markup], beside: Markup, sub: str = ""
) -> Markup:
    small = Markup(' <span class="muted small">{}</span>').format(sub) if sub else ""
    return Markup(
        '<figure class="figure"><figcaption><span class="strong">{}</span>{}</figcaption>'
        '<svg class="chart" width="100%" height="{}" role="img"><title>{}</title><desc>{}</desc>{}</svg>{}</figure>'
    ).format(title, small, height, title, said, Markup("").join(shapes), beside)


def _nothing(title: str) -> Markup:
    return Markup(
        '<figure class="figure"><figcaption><span class="strong">{}</span></figcaption><p class="muted">There are no figures yet.</p></figure>'
    ).format(title)
