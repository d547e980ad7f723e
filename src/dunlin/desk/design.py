"""/design: every component in both themes, for whoever builds a page and for the browser test that takes its picture."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse

from dunlin.desk import charts
from dunlin.desk.answers import show
from dunlin.desk.tables import Head, pages_of, sort_of

_ROWS = (
    ("C-10482", "Norrland Timber & Sons AB", "Umeå", 1_820_000, 3, "final", 41_200_00),
    ("C-09311", "Gebrüder Öztürk GmbH", "Köln", 94_118_25, 62, "MRR 3 months", 0),
    ("C-00077", "Pacific Rim Freight, Inc.", "Oakland", 1_204_118_40, 118, "over 31 days", -3_500_00),
)
_BUCKETS = (
    ("Not due", 812_400_00),
    ("1–30", 402_118_00),
    ("31–60", 188_020_50),
    ("61–90", 96_400_00),
    ("Over 90", 61_884_75),
)


def design(request: HttpRequest) -> HttpResponse:
    """The page of components; its figures are made up and stand in this file."""
    heads = [
        Head("Customer", sort="name"),
        Head("City"),
        Head("Past due", sort="past_due", number=True, unit="USD"),
        Head("Oldest", sort="oldest", number=True, unit="days", hint="Days past due of the oldest open item"),
        Head("Why"),
        Head("Unapplied", number=True, unit="USD"),
    ]
    weeks = [date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 25)]
    return show(
        request,
        "design.html",
        {
            "rows": _ROWS,
            "heads": heads,
            "sort": sort_of(request, {"name", "past_due", "oldest"}, "-past_due"),
            "pages": pages_of(request, 2_431),
            "aging": charts.aging_bar(
                "Open receivables, USD", _BUCKETS, "USD", disputed=52_000_00, unapplied=38_950_00
            ),
            "trend": charts.trend(
                "Days sales outstanding",
                [
                    charts.Series("DSO", list(zip(weeks, (41.2, 38.9, 36.4, 34.8)))),
                    charts.Series("Best possible", list(zip(weeks, (29.0, 28.4, 28.1, 27.7)))),
                ],
                target=35,
                unit="days",
            ),
            "forecast": charts.forecast(
                "Cash expected",
                [
                    charts.Band("30 Nov", 310_000, 402_000, 470_000),
                    charts.Band("7 Dec", 250_000, 366_000, 455_000),
                    charts.Band("14 Dec", 190_000, 318_000, 440_000),
                    charts.Band("21 Dec", 120_000, 240_000, 390_000),
                ],
                unit="USD",
                actual=[295_000, 371_000],
            ),
            "bars": charts.bars(
                "Calls made", [("Ana Silva", 71), ("Ben Okafor", 52), ("Chiara Rossi", 18)], target=75
            ),
            "spark": charts.spark("Over 31 days, last eight weeks", [9, 8.4, 8.8, 7.9, 7.2, 7.4, 6.6, 6.1]),
        },
        part="results",
    )
