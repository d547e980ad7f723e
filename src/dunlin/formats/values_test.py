"""Cells become values, or a named problem; nothing is guessed."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.problems import Unreadable
from dunlin.formats.values import (
    clean_name,
    clean_text,
    customer_number_from_name,
    identifier,
    parse_amount,
    whole_number,
    yes_or_no,
)
from dunlin.rules.money import Money
from tests import shared_data


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("8734.71", 873471),
        ("1,234.56", 123456),
        ("1 234.56", 123456),
        ("1\u00a0234.56", 123456),
        ("1\u202f234.56", 123456),
        ("1'234.56", 123456),
        ("1’234.56", 123456),
        ("1,23,456.78", 12345678),
        ("(1,234.56)", -123456),
        ("1,234.56-", -123456),
        ("\u22121,234.56", -123456),
        ("-$1,234.56", -123456),
        ("$ (5.00)", -500),
        ("USD -5.00", -500),
        ("12 USD", 1200),
        ("100.00 CR", -10000),
        ("DR 100", 10000),
        ("+5", 500),
        ("12.", 1200),
        (".5", 50),
        ("1e-13", 0),
        ("7422.780000000001", 742278),
        ("8734.7100", 873471),
        (" - ", 0),
        (7422.780000000001, 742278),
        (5, 500),
        ("１２.５", 1250),
    ],
)
def test_amounts_with_a_decimal_point(cell, minor):
    assert parse_amount(cell, False, "USD") == Money(minor, "USD")


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("1.234,56", 123456),
        ("1.234", 123400),
        ("12,50", 1250),
        ("1 234,5", 123450),
        ("-1.234.567,89 $", -123456789),
    ],
)
def test_amounts_with_a_decimal_comma(cell, minor):
    assert parse_amount(cell, True, "USD") == Money(minor, "USD")


@pytest.mark.parametrize(
    ("cell", "comma", "code"),
    [
        ("12,50", False, "amount_separator"),
        ("1.234,56", False, "amount_separator"),
        ("1,234.56", True, "amount_separator"),
        ("1.23", True, "amount_separator"),
        ("1 2 3", False, "amount_separator"),
        ("8734.715", False, "too_many_digits"),
        (8734.715, False, "too_many_digits"),
        ("1.2E+05", False, "amount_in_exponent"),
        ("12 EUR", False, "amount_other_currency"),
        ("€12", False, "amount_other_currency"),
        ("(100) CR", False, "amount_sign_twice"),
        ("-100-", False, "amount_sign_twice"),
        ("--5", False, "amount_not_understood"),
        ("abc", False, "amount_not_understood"),
        ("NaN", False, "amount_not_understood"),
        ("5 %", False, "amount_not_understood"),
        ("1_000", False, "amount_not_understood"),
        (float("nan"), False, "amount_not_understood"),
        ("92233720368547758.08", False, "amount_too_large"),
        ("", False, "blank_required"),
    ],
)
def test_what_is_no_clear_amount_is_refused_with_its_reason(cell, comma, code):
    with pytest.raises(Unreadable) as refused:
        parse_amount(cell, comma, "USD")
    assert refused.value.code == code


@pytest.mark.parametrize(("cell", "currency", "minor"), [("1234", "JPY", 1234), ("1.234", "KWD", 1234)])
def test_the_minor_unit_is_the_currency_s_own(cell, currency, minor):
    assert parse_amount(cell, False, currency).minor == minor


@given(st.integers(min_value=-(10**14), max_value=10**14), st.booleans())
@settings(max_examples=150)
def test_every_amount_printed_by_any_custom_reads_back_exactly(minor, comma):
    amount = Money(minor, "USD")
    grouped = f"{amount.decimal:,f}"
    swapped = grouped.translate(str.maketrans(",.", ".,")) if comma else grouped
    assert parse_amount(swapped, comma, "USD") == amount
    assert parse_amount(f"{swapped} USD", comma, "USD") == amount
    if minor > 0:
        assert parse_amount(f"({swapped})", comma, "USD") == -amount


@given(st.decimals(min_value=0, max_value=10**9, places=2))
@settings(max_examples=150)
def test_float_noise_is_rounded_away_and_nothing_else(number):
    noisy = float(number) * 1.0000000000000002
    assert (
        parse_amount(repr(noisy) if "e" not in repr(noisy) else number.__str__(), False, "USD").decimal
        == number
    )
    with pytest.raises(Unreadable, match="more digits"):
        parse_amount(f"{number + Decimal('0.0001'):f}", False, "USD")


@given(st.text(max_size=30))
@settings(max_examples=300)
def test_any_text_is_an_amount_or_a_named_problem(text):
    for comma in (False, True):
        try:
            code = parse_amount(text, comma, "USD").currency
        except Unreadable as problem:
            code = problem.code
        assert code.startswith(("USD", "amount_", "too_many", "blank_required", "cell_not_text"))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("1930571429.0", "1930571429"),
        (1930571429.0, "1930571429"),
        ("0200706844", "0200706844"),
        ("CCCA02 ", "CCCA02"),
        ("007.0", "007"),
        ("1.50", "1.50"),
        ("12E5", "12E5"),
        ("A  B", "A  B"),
        ("\u00a0X\u00a0", "X"),
        ("ACME\x00-1", "ACME-1"),
    ],
)
def test_identifiers_keep_their_zeros_and_lose_only_the_float_tail(cell, text):
    assert identifier(cell) == text


@pytest.mark.parametrize("cell", ["1.93E+09", "1.9305E+09", 1e20])
def test_a_shortened_number_identifies_nothing(cell):
    with pytest.raises(Unreadable) as refused:
        identifier(cell)
    assert refused.value.code == "identifier_shortened"


@pytest.mark.trap(48)
@pytest.mark.parametrize(
    "name", ["WINC\u00a0llc", " WINC  llc ", "WINC\u2007\u202fllc", "WINC\tllc", "WINC\u200b llc"]
)
def test_blanks_of_every_kind_become_one(name):
    assert clean_name(name) == "WINC llc"


def test_text_loses_controls_and_hidden_direction_marks_but_not_letters():
    assert clean_text("a\x00b\x1b[31m \u202egnp.exe\u202c") == "ab[31m gnp.exe"
    assert clean_text("line\r\ntwo", keep_lines=True) == "line \ntwo"
    assert clean_text("می\u200cخواهم") == "می\u200cخواهم"
    with pytest.raises(Unreadable, match="not text"):
        clean_text("M\udcfcller")


def test_customer_numbers_from_names_are_steady_and_do_not_collide():
    assert (
        customer_number_from_name("David  Taylor ")
        == customer_number_from_name("DAVID TAYLOR")
        == "DAVID-TAYLOR"
    )
    names = ["A B", "A & B", "A-B", "Müller", "Muller", "日本", "日本人", "x" * 80, "x" * 81]
    assert len({customer_number_from_name(name) for name in names}) == len(names)


def test_naughty_strings_never_break_a_reader():
    for text in shared_data.require("data/bad_input/strings/minimaxir__blns.txt").read_text().splitlines():
        assert "\x00" not in clean_text(text)
        assert clean_name(text) == clean_name(clean_name(text))
        assert re.fullmatch(r"[A-Z0-9-]*", customer_number_from_name(text))
        for read in (identifier, lambda cell: parse_amount(cell, False, "USD"), whole_number, yes_or_no):
            try:
                read(text)
            except Unreadable as problem:
                assert problem.code  # noqa: PT017
