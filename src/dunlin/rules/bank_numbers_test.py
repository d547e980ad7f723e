"""Numbers that are right by their own check, and every slip of one digit or of two neighbours that is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.bank_numbers import (
    bic_problem,
    iban_problem,
    plain,
    routing_problem,
    us_account_problem,
)

pytestmark = [pytest.mark.rule("P26"), pytest.mark.req("E6")]
# Published specimens of the registry.
RIGHT = (
    "DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "FR14 2004 1010 0505 0001 3M02 606", "NL91ABNA0417164300",
    "MT84MALT011000012345MTLCAST001S", "NO93 8601 1117 947",
)  # fmt: skip


@pytest.mark.parametrize("iban", RIGHT)
def test_specimens_are_right(iban):
    assert iban_problem(iban) == ""


@pytest.mark.parametrize(
    ("iban", "said"),
    [
        ("DE88370400440532013000", "mistyped"),
        ("DE8937040044053201300", "has 21 signs; one of DE has 22"),
        ("ZZ89370400440532013000", "no IBAN"),
        ("370400440532013000", "two letters"),
        ("", "two letters"),
        ("DE٨٩370400440532013000", "two letters"),
    ],
)
def test_what_is_wrong_is_said(iban, said):
    assert said in iban_problem(iban)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(RIGHT), st.data())
def test_no_slip_of_one_sign_passes(iban, data):
    text = plain(iban)
    at = data.draw(st.integers(4, len(text) - 1))
    other = data.draw(st.sampled_from("0123456789").filter(lambda sign: sign != text[at]))
    assert iban_problem(text[:at] + other + text[at + 1 :])


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("021000021", True),
        ("011401533", True),
        ("091000019", True),
        ("021000022", False),
        ("991000019", False),
        ("02100002", False),
        ("", False),
    ],
)
def test_routing_numbers(number, right):
    assert (routing_problem(number) == "") is right


def test_bic_and_us_accounts():
    assert bic_problem("deutdeff") == bic_problem("DEUTDEFF500") == ""
    assert bic_problem("DEUTDEF")
    assert us_account_problem("0012-3456 789") == ""
    assert us_account_problem("123")
    assert us_account_problem("1" * 18)
