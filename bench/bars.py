"""The bars: what each measure must reach. Ratios to a limit of the same run, unless the unit says otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A measure's title, its floor (below it a change does not land) and its target."""

    title: str
    floor: float
    target: float
    more_is_better: bool = False


BARS: dict[str, Bar] = {
    "aging_today": Bar("aging today, per customer and currency, x", 3, 1.3),
    "aging_past": Bar("aging as of a past date, x", 4, 2),
    "trend": Bar("trend of 24 month-ends, x", 4, 2),
    "first_night": Bar("first night of a new book, x", 20, 6),
    "nightly": Bar("nightly decision of every customer, x", 6, 3),
    "nightly_memory": Bar("its peak memory, MB", 1500, 700),
    "nightly_growth": Bar("its growth, exponent", 1.10, 1.03),
    "notices": Bar("past-due notices of a day, x", 60, 30),
    "notices_memory": Bar("their peak memory, MB", 1500, 700),
    "notices_growth": Bar("their growth, exponent", 1.10, 1.03),
    "notices_queries": Bar("queries for each further customer", 0.5, 0.1),
    "import": Bar("import of open items with all checks, x", 12, 5),
    "receipts": Bar("receipts applied per second, 4 workers", 100, 400, more_is_better=True),
    "page_account": Bar("account page, p95 ms", 150, 40),
    "page_worklist": Bar("worklist page, p95 ms", 150, 40),
    "page_search": Bar("search, p95 ms", 150, 40),
    "statements": Bar("statements of 30 lines per second, 2 cores", 30, 55, more_is_better=True),
    "statements_ratio": Bar("the same, x of the pages compiled alone", 1.5, 1.15),
    "verify": Bar("verify, x of reading the same rows", 12, 6),
}


def worse(name: str, ratio: float, limit: float) -> bool:
    """Whether `ratio` misses `limit`, whichever way is better for that measure."""
    return ratio < limit if BARS[name].more_is_better else ratio > limit
