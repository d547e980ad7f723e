"""Charts as SVG made on the server: they print, follow the theme through classes, and say in words what they show.

Text keeps its size at every width: positions across are per cent of the drawing, positions down are pixels, and lines lie
in an inner drawing that is stretched. Each chart returns a <figure> with its table beside it. Figures are only drawn here;
floats place shapes and are never shown as money without their exact text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from dunlin.desk import strokes
from dunlin.rules.money import Money

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
        return strokes.nothing(title)
    shapes, at = [], 0.0
    for step, (label, minor) in enumerate(buckets):
        share = 100 * max(minor, 0) / whole if whole else 0.0
        if share > 0:
            # A hair of ground between neighbours tells them apart without colour.
            seen = max(share - 0.3, 0.1)
            shapes.append(
                Markup(
                    '<rect class="{}" x="{:.3f}%" y="0" width="{:.3f}%" height="24" rx="2"><title>{}: {}</title></rect>'
                ).format(_age(step), at, seen, label, Money(minor, currency))
            )
            at += share
    if not whole:
        shapes.append(Markup('<rect class="track" x="0" y="0" width="100%" height="24" rx="2"/>'))
    said = "; ".join(f"{label} {Money(minor, currency)}" for label, minor in buckets)
    cells = [
        _bucket(_age(step), label, minor, currency, whole, links[step] if step < len(links) else "")
        for step, (label, minor) in enumerate(buckets)
    ]
    more = [*links[len(buckets) :], "", ""]
    if disputed is not None:
        cells.append(_bucket("age-disputed", "Of it disputed", disputed, currency, 0, more[0]))
    if unapplied is not None:
        cells.append(_bucket("age-unapplied", "Unapplied credit", -abs(unapplied), currency, 0, more[1]))
    return strokes.figure(
        title, said, 24, shapes, Markup('<dl class="buckets">{}</dl>').format(Markup("").join(cells))
    )


def _age(step: int) -> str:
    return f"age-{min(step, _RAMP)}"


def _bucket(look: str, label: str, minor: int, currency: str, whole: int, link: str = "") -> Markup:
    amount = str(Money(minor, currency)).rsplit(" ", 1)[0] if minor else "0"
    text = Markup('<a href="{}">{}</a>').format(link, amount) if link else escape(amount)
    share = (
        Markup(' <span class="muted">{}</span>').format(_share(minor, whole)) if whole and minor > 0 else ""
    )
    return Markup('<div><dt><span class="age {}"></span>{}</dt><dd>{}{}</dd></div>').format(
        look, label, text, share
    )


def _share(part: int, whole: int) -> str:
    """Per cent of the whole: what is there is never told as nothing, and what is missing never as all."""
    if 200 * part < whole:
        return "<1 %"
    return ">99 %" if part < whole and 200 * part >= 199 * whole else f"{100 * part / whole:.0f} %"


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
    series = [Series(one.name, [(day, strokes.sound(value)) for day, value in one.points]) for one in series]
    values = [value for one in series for _, value in one.points if value is not None]
    days = sorted({day for one in series for day, _ in one.points})
    if not values:
        return strokes.nothing(title)
    scale = strokes.Scale(values + ([target] if target is not None else []), height)
    first, span = days[0].toordinal(), max((days[-1] - days[0]).days, 1)

    def across(day: date) -> float:
        return (day.toordinal() - first) / span if len(days) > 1 else 0.5

    shapes = scale.grid()
    shapes += strokes.days_below([(across(day), day) for day in days], height)
    lines, ends = [], []
    for kind, one in zip(_KINDS, series):
        spots = [(across(day), scale.y(value)) if value is not None else None for day, value in one.points]
        lines += [strokes.line(run, kind) for run in strokes.runs(spots)]
        last = next(((day, value) for day, value in reversed(one.points) if value is not None), None)
        if last is not None and last[1] is not None:
            x, y = across(last[0]), scale.y(last[1])
            shapes.append(strokes.dot(x, y, kind, f"{one.name}, {last[0]}: {last[1]:,.1f} {unit}"))
            ends.append((y, kind, f"{one.name} {strokes.short(last[1])}"))
    shapes.append(
        strokes.stretched(lines + ([strokes.across(scale.y(target))] if target is not None else []), height)
    )
    if target is not None:
        ends.append((scale.y(target), "target", f"{target_name} {strokes.short(target)}"))
    said = "; ".join(f"{one.name}: {strokes.told(one.points)}" for one in series)
    if target is not None:
        said += f"; {target_name} {target:,.6g} {unit}"
    rows = [
        [f"{day:%-d %b %Y}", *(strokes.short(dict(one.points).get(day)) for one in series)]
        for day in reversed(days)
    ]
    table = strokes.table(["Day", *(one.name for one in series)], rows, unit)
    return strokes.figure(
        title, said, height, shapes, table, unit, (scale.marks(height), strokes.names(ends, height))
    )


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
        return strokes.nothing(title)
    values = [value for band in bands for value in (band.low, band.expected, band.high)]
    came = [strokes.sound(value) for value in actual]
    scale = strokes.Scale(values + [value for value in came if value is not None], height)
    steps = max(len(bands) - 1, 1)
    xs = [step / steps if len(bands) > 1 else 0.5 for step in range(len(bands))]
    shapes = scale.grid()
    shapes += strokes.words_below([(x, band.name) for x, band in zip(xs, bands)], height)
    edge = [(x, scale.y(band.high)) for x, band in zip(xs, bands)]
    edge += [(x, scale.y(band.low)) for x, band in reversed(list(zip(xs, bands)))]
    lines = [Markup('<polygon class="band" points="{}"/>').format(strokes.points(edge))]
    lines.append(strokes.line([(x, scale.y(band.expected)) for x, band in zip(xs, bands)], "first"))
    paid = [(x, scale.y(value)) if value is not None else None for x, value in zip(xs, came)]
    lines += [
        Markup('<polyline class="actual" points="{}"/>').format(strokes.points(run))
        for run in strokes.runs(paid)
    ]
    shapes.append(strokes.stretched(lines, height))
    ends = [(scale.y(bands[-1].expected), "first", f"expected {strokes.short(bands[-1].expected)}")]
    shapes.append(
        strokes.dot(
            xs[-1], ends[0][0], "first", f"expected, {bands[-1].name}: {bands[-1].expected:,.0f} {unit}"
        )
    )
    known = [(x, value) for x, value in zip(xs, came) if value is not None]
    if known:
        ends.append((scale.y(known[-1][1]), "strong", f"came {strokes.short(known[-1][1])}"))
    said = "; ".join(
        f"{band.name}: {strokes.short(band.expected)} ({strokes.short(band.low)} to {strokes.short(band.high)})"
        for band in bands
    )
    rows = [
        [
            band.name,
            strokes.short(band.low),
            strokes.short(band.expected),
            strokes.short(band.high),
            strokes.short(came[n] if n < len(came) else None),
        ]
        for n, band in enumerate(bands)
    ]
    table = strokes.table(["Step", "Low", "Expected", "High", "Came"], rows, unit)
    return strokes.figure(
        title, said, height, shapes, table, unit, (scale.marks(height), strokes.names(ends, height))
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
        return strokes.nothing(title)
    sound = [(label, strokes.sound(value) or 0.0) for label, value in rows]
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
            Markup('<text x="100%" y="{}" text-anchor="end">{}{}</text>').format(
                y + 12, strokes.short(value), word
            )
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
    said = "; ".join(f"{label} {strokes.short(value)}" for label, value in sound) + (
        f"; target {strokes.short(target)}" if target is not None else ""
    )
    caption = f"target {strokes.short(target)} {unit}".strip() if target is not None else unit
    return strokes.figure(title, said, len(rows) * 36 - 4, shapes, Markup(""), caption)


def spark(title: str, values: Sequence[float | None]) -> Markup:
    """A line the size of a word, for a tile: its shape only. Empty when fewer than two values are known."""
    known = [strokes.sound(value) for value in values]
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
        for run in strokes.runs(spots)
    )
    last = next(spot for spot in reversed(spots) if spot is not None)
    said = f"{title}: from {strokes.short(sound[0])} to {strokes.short(sound[-1])}"
    return Markup(
        '<svg class="chart spark" viewBox="0 0 80 20" width="80" height="20" role="img"><title>{}</title>{}<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="2"/></svg>'
    ).format(said, lines, *last)
