"""Aging: what is owed by age, by group and currency, as of any day; and the items behind every figure (A4, F2)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from dunlin.desk import aging_files, asking, charts, downloads
from dunlin.desk.answers import show
from dunlin.desk.asking import Asked
from dunlin.desk.doors import Standing
from dunlin.desk.pages import amount, query
from dunlin.desk.tables import Head, pages_of, sort_of
from dunlin.reports import aging_items as drill
from dunlin.reports.aging import SORTS, AgingReport
from dunlin.reports.aging import aging as aging_report
from dunlin.rules.aging import BucketSet, buckets_of
from dunlin.rules.money import Money

CELL_WORDS = {
    "all": "All open items", "debits": "Open debits", "unapplied": "Unapplied credits", "disputed": "Disputed",
    "past_due": "Past due",
}  # fmt: skip


@require_safe
def aging(request: HttpRequest) -> HttpResponseBase:
    """Totals first, then a row a group. `form=csv` and `form=xlsx` give all rows of what is shown."""
    door: Standing = request.door  # type: ignore[attr-defined]
    asked = asking.asked(request)
    by = asking.group_of(request, "customer", asked.problems)
    facts: dict[str, Any] = {"asked": asked, "by": by, "report": None, "groups": asking.GROUPS, "bases": asking.BASES,
                             "kinds": asking.KINDS, "classes": asking.CLASSES, "known": asking.KNOWN,
                             "offered": _choices(request)}  # fmt: skip
    if asked.problems:
        return show(request, "aging.html", facts, part="results", status=422)
    labels = buckets_of(asked.basis, door.policy.aging_bucket_uppers).labels
    sort = sort_of(request, {*SORTS, *(f"bucket_{step}" for step in range(len(labels)))}, "-net")
    if form := downloads.wanted(request):
        report = _report(door, asked, by, sort, 1, None)
        return aging_files.summary(report, asking.known_words(asked, door), asked, form)
    number = pages_of(request, 10**9).number
    report = _report(door, asked, by, sort, number, drill.PAGE_SIZE)
    pages = pages_of(request, report.row_count)
    if pages.number != number:
        report = _report(door, asked, by, sort, pages.number, drill.PAGE_SIZE)
    home = door.policy.home_currency
    totals = sorted(report.totals, key=lambda each: home_first(each.currency, each.debits, home))
    facts |= {
        "report": report, "sort": sort, "pages": pages, "heads": _heads(report, by, dict(asking.GROUPS)[by]),
        "currencies": [_figure(request, asked, report, each) for each in totals], "totals": totals,
        "inside": asking.inside, "known_words": asking.known_words(asked, door), "mixed": len(report.totals) > 1,
        "group_words": dict(asking.KINDS) | dict(asking.CLASSES) if by in ("kind", "invoice_class") else {},
    }  # fmt: skip
    return show(request, "aging.html", facts, part="results")


@require_safe
def items(request: HttpRequest) -> HttpResponseBase:
    """The items of a cell: `cell` is a bucket's index or one of the named sums; the rest of the address is the aging's."""
    door: Standing = request.door  # type: ignore[attr-defined]
    asked = asking.asked(request)
    buckets = buckets_of(asked.basis, door.policy.aging_bucket_uppers)
    cell = _cell(request, buckets, asked.problems)
    named = CELL_WORDS | {"late": f"{door.policy.late_bucket_from}+ days"}
    words = column_words(buckets.labels[cell]) if isinstance(cell, int) else named[cell]
    facts: dict[str, Any] = {"asked": asked, "cell": cell, "found": None, "labels": buckets.labels, "cell_words": words,
                             "tabs": _tabs(request, buckets, cell, named), "column_words": column_words, "basis_words": dict(asking.BASES)[asked.basis].lower()}  # fmt: skip
    if asked.problems:
        return show(request, "aging_items.html", facts, part="results", status=422)
    sort = sort_of(request, drill.SORTS, "-open")
    given: dict[str, Any] = {
        "known_at": asked.known_at,
        "basis": asked.basis,
        "only": asked.only,
        "cell": cell,
        "sort": sort,
    }
    if form := downloads.wanted(request):
        return aging_files.detail(door, given, form)
    number = pages_of(request, 10**9).number
    found = drill.aging_items(door.as_of, door.today, door.policy, page=number, **given)
    pages = pages_of(request, found.count)
    if pages.number != number:
        found = drill.aging_items(door.as_of, door.today, door.policy, page=pages.number, **given)
    mixed = len(found.totals) > 1
    # The column of credits is negative on the aging, so that it adds up; here as there.
    sign = -1 if cell == "unapplied" else 1
    facts["totals"] = [(code, amount(sign * minor, code)) for code, minor in
                       sorted(found.totals.items(), key=lambda each: home_first(each[0], each[1], door.policy.home_currency))]  # fmt: skip
    facts |= {"found": found, "sort": sort, "pages": pages, "mixed": mixed, "own_only": asked.only.scope is not None, "known_words": asking.known_words(asked, door),
              "heads": _item_heads(asked, mixed, next(iter(found.totals), ""))}  # fmt: skip
    return show(request, "aging_items.html", facts, part="results")


def _report(door: Standing, asked: Asked, by: str, sort: str, page: int, size: int | None) -> AgingReport:
    return aging_report(
        door.as_of, door.today, door.policy, known_at=asked.known_at, basis=asked.basis, by=by, only=asked.only, page=page,
        page_size=size, sort=sort,
    )  # fmt: skip


def _choices(request: HttpRequest) -> dict[str, list[tuple[Any, str]]]:
    """The fields stand outside the live part, so only a whole page needs what they offer."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return {} if htmx and not htmx.boosted and not htmx.history_restore_request else asking.choices(request)


def _cell(request: HttpRequest, buckets: BucketSet, problems: list[str]) -> str | int:
    text = request.GET.get("cell", "all") or "all"
    if text in drill.CELLS:
        return text
    if text.isascii() and text.isdigit() and len(text) < 3 and int(text) < len(buckets.labels):
        return int(text)
    problems.append(f"An aging has no column ‘{text}’.")
    return "all"


def _tabs(
    request: HttpRequest, buckets: BucketSet, cell: str | int, words: Mapping[str, str]
) -> list[tuple[str, str, bool]]:
    """The columns of the aging, to step from one to its neighbour."""
    named: list[tuple[str | int, str]] = [("all", "All")]
    named += [(step, column_words(label)) for step, label in enumerate(buckets.labels)]
    named += [(name, words[name]) for name in ("past_due", "late", "disputed", "unapplied")]
    return [(said, query(request, cell=each, page=None), each == cell) for each, said in named]


def home_first(currency: str, minor: int, home: str) -> tuple[bool, Decimal, str]:
    """Order of currencies side by side: that of the company, then the larger sums."""
    return currency != home, -Money(abs(minor), currency).decimal, currency


def column_words(label: str) -> str:
    """A bucket as its column says it: “Not due”, “1–30”."""
    return "Not due" if label == "current" else label.replace("-", "–")


def _heads(report: AgingReport, by: str, words: str) -> list[Head]:
    one = report.totals[0].currency if len(report.totals) == 1 else ""
    days = "days past due" if report.buckets.basis == "due_date" else "days from the invoice date"
    heads = [Head(words, sort="label")] + ([] if one else [Head("Currency")])
    heads += [
        Head(column_words(label), sort=f"bucket_{step}", number=True, unit=one,
             hint="Not past due" if label == "current" else f"{label} {days}")
        for step, label in enumerate(report.labels)
    ]  # fmt: skip
    return [
        *heads,
        Head(
            "Unapplied",
            sort="unapplied",
            number=True,
            unit=one,
            hint="Credits not used yet; they shorten no bucket",
        ),
        Head(
            "Balance",
            sort="net",
            number=True,
            unit=one,
            hint="All buckets less unapplied credits",
        ),
        Head("Disputed", sort="disputed", number=True, unit=one, hint="Part of the buckets, told apart"),
    ]


def _item_heads(asked: Asked, mixed: bool, currency: str) -> list[Head]:
    days = Head(
        "Days",
        number=True,
        hint=f"Days from the {dict(asking.BASES)[asked.basis].lower()}; below zero: not due yet",
    )
    return [
        Head("Document"), Head("Customer"), Head("Entity"), Head("Dated", sort="document_on"),
        Head("Due", sort="due_on"), days, Head("Age"), *([Head("Currency")] if mixed else []),
        Head("Open", sort="open", number=True, unit="" if mixed else currency),
        Head("Disputed", number=True, unit="" if mixed else currency),
        *([] if asked.only.scope is not None else [Head("Collector")]),
    ]  # fmt: skip


def _figure(request: HttpRequest, asked: Asked, report: AgingReport, each: Any) -> dict[str, Any]:
    """One currency's bar, its figures linked to their items, and the words beside it."""
    to = aging_files.address(request, asked.kept | {"currency": each.currency})
    labels = [column_words(label) for label in report.labels]
    links = [to(step) for step in range(len(labels))] + [to("disputed"), to("unapplied")]
    bar = charts.aging_bar(
        f"{each.currency} by age", list(zip(labels, each.buckets)), each.currency, disputed=each.disputed,
        unapplied=each.unapplied, links=links,
    )  # fmt: skip
    return {"of": each, "bar": bar, "all": to("all"), "past_due": to("past_due"), "late": to("late")}
