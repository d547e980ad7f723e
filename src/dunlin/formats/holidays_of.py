"""Public holidays of a country, for filling calendars. The days come from the `holidays` library; we keep its names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

_SUNDAY = 6


def public_holidays(country: str, subdivision: str | None, years: Iterable[int]) -> dict[date, str]:
    """Date → name of the public holidays of a country (ISO 3166, "US") and part of it ("CA" or None), days off in lieu included.

    NotImplementedError when the library does not know the country or subdivision.
    """
    return _listed(country, subdivision, years, observed=True)


def us_bank_holidays(years: Iterable[int]) -> dict[date, str]:
    """Date → name of Federal Reserve holidays: one on a Saturday is not moved, one on a Sunday moves to Monday [1]."""
    moved = {}
    for on, name in _listed("US", None, years, observed=False).items():
        moved[on + timedelta(days=1) if on.weekday() == _SUNDAY else on] = name
    return moved


def _listed(country: str, subdivision: str | None, years: Iterable[int], observed: bool) -> dict[date, str]:
    # The library is large and needed only when a calendar is filled, not at each start.
    import holidays  # noqa: PLC0415

    found = holidays.country_holidays(
        country, subdiv=subdivision, years=list(years), observed=observed, expand=False
    )
    return dict(sorted(found.items()))
