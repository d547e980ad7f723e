"""Tracking: past due in bands, large debits, old credits, roll rates, expected loss; each line with owner, last and next (P17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dunlin.desk import asking, charts, downloads, tracking_files
from dunlin.desk.acts import allow
from dunlin.desk.answers import show
from dunlin.desk.asking import Asked
from dunlin.desk.doors import Standing
from dunlin.desk.pages import amount, query
from dunlin.desk.tables import Head, pages_of
from dunlin.reports.books import Book, extract
from dunlin.reports.losses import expected_loss, month_ends_of, roll_rates
from dunlin.reports.next_actions import CALL, EMAIL, FOLLOW_UP, PROMISE, WAIT
from dunlin.reports.tracking import EDGES, LABELS, past_due
from dunlin.reports.tracking_lists import BAND, LARGE, OLD, Listed, band_items, large_debits, old_credits
from dunlin.rules.tracking import CUMULATIVE_DAYS

BANDS, LARGEST, CREDITS, ROLLS, LOSSES, ITEMS = "bands", "large", "credits", "rolls", "losses", "items"
VIEWS = (
    (BANDS, "Past due"), (LARGEST, "Large debits"), (CREDITS, "Old credits"), (ROLLS, "Roll rates"), (LOSSES, "Expected loss"),
)  # fmt: skip
NEXT_WORDS = {
    FOLLOW_UP: "Follow up",
    PROMISE: "Promised for",
    CALL: "Call",
    EMAIL: "Write",
    WAIT: "Look again",
}
_LAST_DAY = 9_999


@require_safe
def tracking(request: HttpRequest) -> HttpResponseBase:
    """One report of the day. `view` is one of VIEWS, or `items`: the documents from `from` through `through` days past due."""
    allow(request, "see_measures")
    door: Standing = request.door  # type: ignore[attr-defined]
    asked = asking.asked(request)
    view = request.GET.get("view", "") or BANDS
    if view not in (ITEMS, *dict(VIEWS)):
        asked.problems.append(f"Tracking shows {', '.join(name for name, _ in VIEWS)}, not ‘{view[:20]}’.")
    first, last = _days(request, asked) if view == ITEMS else (1, None)
    whole = not request.htmx or request.htmx.boosted or request.htmx.history_restore_request  # type: ignore[attr-defined]
    facts: dict[str, Any] = {
        "asked": asked, "view": view, "tabs": _tabs(request, view), "known_words": asking.known_words(asked, door),
        "own_only": asked.only.scope is not None, "problems": bool(asked.problems), "listed": None,
        "offered": asking.choices(request) if whole else {},
    }  # fmt: skip
    if asked.problems:
        return show(request, "tracking.html", facts, part="results", status=422)
    form = downloads.wanted(request)
    if view == ROLLS:
        before, after = (_book(door, asked, day) for day in month_ends_of(door.as_of))
        rolls = roll_rates(before, after, door.as_of, door.policy)
        if form:
            return tracking_files.rolls(rolls, door.as_of, facts["known_words"], form)
        facts["rolls"] = rolls
        return show(request, "tracking.html", facts, part="results")
    book = _book(door, asked)
    if view == LOSSES:
        losses = expected_loss(book, door.policy)
        if form:
            return tracking_files.losses(losses, door.as_of, facts["known_words"], form)
        facts["losses"] = losses
    elif view == BANDS:
        report = past_due(book, door.policy)
        if form:
            return tracking_files.bands(report, door.as_of, facts["known_words"], form)
        facts |= _past_due(request, report, large_debits(book, door.policy), old_credits(book, door.policy))
    else:
        listed = _listed(view, book, door, first, last)
        if form:
            return tracking_files.lines(listed, facts["known_words"], form)
        facts |= _lines(request, listed, first, last)
    return show(request, "tracking.html", facts, part="results")


def _book(door: Standing, asked: Asked, day: Any = None) -> Book:
    return extract(day or door.as_of, asked.known_at, only=asked.only)


def _listed(view: str, book: Book, door: Standing, first: int, last: int | None) -> Listed:
    if view == ITEMS:
        return band_items(book, door.policy, first, last)
    return (large_debits if view == LARGEST else old_credits)(book, door.policy)


def _days(request: HttpRequest, asked: Asked) -> tuple[int, int | None]:
    """The first and last day past due asked for; no last one is all from the first on."""
    read: list[int | None] = []
    for name, otherwise in (("from", 1), ("through", None)):
        text = request.GET.get(name, "")
        good = text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= _LAST_DAY
        if text and not good:
            asked.problems.append(f"Days past due are 1 to {_LAST_DAY:,}, not ‘{text[:20]}’.")
        read.append(int(text) if good else otherwise)
    first, last = read[0] or 1, read[1]
    if last is not None and last < first:
        asked.problems.append(f"There are no days from {first} through {last}.")
    return first, last


def _tabs(request: HttpRequest, view: str) -> list[tuple[str, str, bool]]:
    other = {"page": None, "from": None, "through": None}
    return [
        (
            words,
            query(request, view=None if name == BANDS else name, **other),
            name == (BANDS if view == ITEMS else view),
        )
        for name, words in VIEWS
    ]


def _to_items(request: HttpRequest) -> Callable[..., str]:
    """Addresses of the documents of a stretch of days, in one currency or in all."""

    def to(first: int, last: int | None, currency: str | None = None) -> str:
        more = {"currency": currency} if currency else {}
        return query(request, view=ITEMS, through=last, page=None, **{"from": first}, **more)

    return to


def _past_due(request: HttpRequest, report: Any, large: Listed, credits: Listed) -> dict[str, Any]:
    to = _to_items(request)
    one = len(report.by_currency) == 1 and report.by_currency[0].currency == report.home.currency
    rows = [(each, each.currency, each.currency) for each in report.by_currency]
    if not one:
        rows.append((report.total, f"All in {report.home.currency}", None))
    total = report.total
    labels = [label.replace("-", "–") for label in LABELS]
    bar = charts.aging_bar(
        f"Past due by days, {total.currency}", list(zip(["Not due", *labels], (total.not_due, *total.bands))), total.currency,
        links=["", *(to(first, last) for first, last in EDGES)],
    )  # fmt: skip
    unit = report.home.currency if one else ""
    return {
        "report": report, "rows": rows, "bar": bar, "to_items": to, "edges": EDGES, "cumulative": CUMULATIVE_DAYS,
        "large": large, "credits": credits,
        "band_heads": [Head("Days past due"), *(Head(label, number=True, unit=unit) for label in labels), Head("Past due", number=True, unit=unit)],
        "more_heads": [Head("Or more"), *(Head(f"{days}+", number=True, unit=unit) for days in CUMULATIVE_DAYS)],
    }  # fmt: skip


def _lines(request: HttpRequest, listed: Listed, first: int, last: int | None) -> dict[str, Any]:
    pages = pages_of(request, listed.count)
    mixed = len(listed.totals) > 1
    one = "" if mixed else next(iter(listed.totals), "")
    days = "Age" if listed.report == OLD else "Days"
    hint = "From the credit’s own date" if listed.report == OLD else "Days past due"
    together = {LARGE: "In all", OLD: "In all", BAND: ""}[listed.report]
    heads = [
        Head("Document"), Head("Customer"), Head("Dated" if listed.report == OLD else "Due"), Head(days, number=True, hint=hint),
        *([Head("Currency")] if mixed else []), Head("Unused" if listed.report == OLD else "Open", number=True, unit=one),
        *([Head(together, number=True, hint="Of this customer on this list", unit=listed.home.currency if listed.report == LARGE else one)] if together else []),
        Head("Owner"), Head("Last contact"), Head("Next"),
    ]  # fmt: skip
    sign = -1 if listed.report == OLD else 1  # negative, as in the aging
    words = f"{first} or more" if last is None else f"{first}" if first == last else f"{first}–{last}"
    return {
        "listed": listed, "pages": pages, "totals": [(code, amount(sign * minor, code)) for code, minor in listed.totals.items()], "lines": listed.lines(pages.offset, pages.offset + pages.size), "heads": heads,
        "mixed": mixed, "days_words": words, "next_words": NEXT_WORDS,
        "show_home": mixed or bool(listed.home.missing) or one not in ("", listed.home.currency),
    }  # fmt: skip
