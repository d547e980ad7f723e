"""Bank files of the tests: a camt.053 of the day of the cast."""

from __future__ import annotations

from collections.abc import Sequence

from examples.sample_company.bank_file import OUR_ACCOUNT, Line
from examples.sample_company.bank_file import camt as camt_of
from tests.cast import TODAY

__all__ = ["OUR_ACCOUNT", "Line", "camt"]


def camt(lines: Sequence[Line], number: str = "1", currency: str = "USD", opening: str = "0.00") -> bytes:
    """The statement of the day with these entries."""
    return camt_of(lines, TODAY, number, currency, opening)
