"""Public holidays of a country, and the bank rule for weekends."""

from __future__ import annotations

from datetime import date

import pytest

from dunlin.formats.holidays_of import public_holidays, us_bank_holidays


def test_a_bank_holiday_on_saturday_is_not_moved() -> None:
    # 4 July 2026 is a Saturday: many employers close on the 3rd, the Reserve Banks do not.
    banks, employers = us_bank_holidays([2026]), public_holidays("US", None, [2026])
    assert date(2026, 7, 3) not in banks
    assert date(2026, 7, 4) in banks
    assert date(2026, 7, 3) in employers


def test_a_bank_holiday_on_sunday_moves_to_monday() -> None:
    # 4 July 2027 is a Sunday.
    banks = us_bank_holidays([2027])
    assert date(2027, 7, 5) in banks
    assert date(2027, 7, 4) not in banks


def test_the_reserve_banks_have_eleven_holidays_a_year() -> None:
    assert len(us_bank_holidays([2026])) == 11
    assert date(2026, 2, 16) in us_bank_holidays([2026])


def test_a_part_of_a_country_has_its_own() -> None:
    scotland, england = public_holidays("GB", "SCT", [2026]), public_holidays("GB", "ENG", [2026])
    assert date(2026, 11, 30) in scotland
    assert date(2026, 11, 30) not in england
    assert set(scotland) == {on for on in scotland if on.year == 2026}


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(NotImplementedError):
        public_holidays("XX", None, [2026])
