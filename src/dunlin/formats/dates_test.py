"""Dates are read in the order the whole file has, and that order is decided over the whole file."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.dates import decide_date_order, is_no_date, parse_date, parse_month
from dunlin.formats.problems import Unreadable

DAY = date(2020, 3, 13)


def outcome(read, *given):
    """What reading came to: the name of the value's type, or the code of the problem."""
    try:
        return type(read(*given)).__name__
    except Unreadable as problem:
        return problem.code


@pytest.mark.parametrize(
    ("cell", "order"),
    [
        ("2020-03-13", "dmy"),
        ("2020/3/13", "mdy"),
        ("2020-03-13T10:11:12Z", "ymd"),
        ("2020-03-13 00:00:00.000", "ymd"),
        ("13/03/2020", "dmy"),
        ("13.3.20", "dmy"),
        ("13. 3. 2020", "dmy"),
        ("03/13/2020", "mdy"),
        ("3-13-20", "mdy"),
        ("20-03-13", "ymd"),
        ("20200313", "ymd"),
        ("13032020", "dmy"),
        ("03132020", "mdy"),
        ("13-03-2020 09:40", "dmy"),
        ("13-Mar-20", "dmy"),
        ("13 March 2020", "ymd"),
        ("March 13, 2020", "ymd"),
        ("Fri, 13 Mar 2020", "dmy"),
        ("13th March 2020", "dmy"),
        ("13. März 2020", "dmy"),
        ("13 mars 2020", "dmy"),
        ("13 de marzo de 2020", "dmy"),
        ("2020-Mar-13", "ymd"),
        (date(2020, 3, 13), "dmy"),
        (datetime.fromisoformat("2020-03-13T23:59"), "dmy"),
        (43903.0, "dmy"),
        ("43903", "dmy"),
        (20200313.0, "dmy"),
        ("\u00a013/03/2020 ", "dmy"),
    ],
)
def test_dates_as_files_write_them(cell, order):
    assert parse_date(cell, order) == DAY


@pytest.mark.parametrize(
    ("cell", "order", "code"),
    [
        ("13/03/2020", "mdy", "date_not_in_order"),
        ("03/13/2020", "dmy", "date_not_in_order"),
        ("13/03/2020", "ymd", "date_not_in_order"),
        ("2020-13-03", "dmy", "date_does_not_exist"),
        ("31/02/2020", "dmy", "date_does_not_exist"),
        ("9999-12-31", "ymd", "date_out_of_range"),
        ("1/1/1800", "dmy", "date_out_of_range"),
        (7.0, "dmy", "date_out_of_range"),
        ("next week", "dmy", "date_not_in_order"),
        ("1/2", "dmy", "date_not_in_order"),
        ("", "dmy", "date_not_in_order"),
    ],
)
def test_what_is_no_date_in_that_order_is_refused(cell, order, code):
    with pytest.raises(Unreadable) as refused:
        parse_date(cell, order)
    assert refused.value.code == code


def test_two_digit_years_turn_at_the_pivot():
    assert parse_date("12/12/68", "dmy").year == 2068
    assert parse_date("12/12/69", "dmy").year == 1969
    assert parse_date("12/12/30", "dmy", pivot=30).year == 1930


@given(st.dates(min_value=date(1954, 11, 1), max_value=date(2068, 12, 31)))
@settings(max_examples=200)
def test_every_day_reads_back_in_every_order(day):
    for order, form in (("ymd", "%Y-%m-%d"), ("dmy", "%d/%m/%Y"), ("mdy", "%m/%d/%Y")):
        assert parse_date(day.strftime(form), order) == day
        assert parse_date(day.strftime("%Y%m%d"), order) == day
    assert parse_date(day.strftime("%d%m%Y"), "dmy") == day
    assert parse_date(day.strftime("%m%d%Y"), "mdy") == day
    assert parse_date(float((day - date(1899, 12, 30)).days), "dmy") == day


@given(st.text(max_size=25))
@settings(max_examples=200)
def test_any_text_is_a_date_or_a_named_problem(text):
    for order in ("ymd", "dmy", "mdy"):
        assert outcome(parse_date, text, order) in (
            "date",
            "date_not_in_order",
            "date_does_not_exist",
            "date_out_of_range",
            "cell_not_text",
        )


def test_zero_dates_are_no_dates():
    assert all(is_no_date(text) for text in ("", "00000000", "0000-00-00", "00.00.0000"))
    assert not is_no_date("2020-01-01")


@pytest.mark.parametrize(
    "cell", ["2020-03", "202003", "03/2020", "Mar 2020", "Mar-20", "2020-03-13", "202003.0"]
)
def test_months(cell):
    assert parse_month(cell, "dmy") == date(2020, 3, 1)


@pytest.mark.parametrize(
    ("values", "order", "proofs"),
    [
        (["01/02/2020", "13/02/2020"], "dmy", ((2, "13/02/2020"),)),
        (["01/02/2020", "02/13/2020"], "mdy", ((2, "02/13/2020"),)),
        (["20-01-02", "31-01-02", "99-12-31"], "ymd", ((3, "99-12-31"), (1, "20-01-02"), (2, "31-01-02"))),
        (["2020-01-02", "2020-12-31"], "ymd", ()),
        (["01/02/2020", "02/03/2020"], "ambiguous", ()),
        (["01/02/20", "13/02/20"], "ambiguous", ()),  # 13 February 2020 or 20 February 2013
        (["01/02/20", "13/02/20", "13/02/32"], "dmy", ((2, "13/02/20"), (3, "13/02/32"))),
        (["24-May-11", "05-Sep-11"], "dmy", ()),
        (["2020-01-02", "13/02/2020"], "dmy", ((2, "13/02/2020"),)),
        (["", "no date", "12:30"], "ymd", ()),
    ],
)
def test_the_order_is_decided_over_the_whole_file(values, order, proofs):
    decided = decide_date_order(enumerate(values, 1))
    assert (decided.order, decided.proofs, decided.contradicted) == (order, proofs, False)


def test_a_file_of_two_orders_is_contradicted_with_its_lines():
    decided = decide_date_order([(2, "13/02/2020"), (3, "14/02/2020"), (900, "02/13/2020")])
    assert decided.order == "ambiguous"
    assert decided.against == ((900, "02/13/2020"),)
