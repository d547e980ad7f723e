"""References of ISO 11649: right by another program's check, told apart, and never of a number that is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.creditor_references import creditor_reference, in_groups

pytestmark = pytest.mark.req("E7")


def right(reference: str) -> bool:
    """The check as the standard says it, by letters and not by formula."""
    turned = reference[4:] + reference[:4]
    return int("".join(str(int(mark, 36)) for mark in turned)) % 97 == 1


def test_the_check_itself_knows_the_example_of_the_standard() -> None:
    assert right("RF18539007547034")
    assert not right("RF18539007547043")


@settings(max_examples=100)
@given(st.integers(1, 10**21 - 1))
def test_every_number_has_a_right_reference_of_at_most_25_marks(number: int) -> None:
    made = creditor_reference(number)
    assert right(made)
    assert len(made) <= 25
    assert int(made[4:]) == number
    assert in_groups(made).replace(" ", "") == made


@settings(max_examples=50)
@given(st.integers(1, 10**8 - 1), st.integers(0, 7))
def test_one_wrong_digit_is_noticed(number: int, place: int) -> None:
    made = creditor_reference(number)
    at = 4 + place
    wrong = made[:at] + str((int(made[at]) + 1) % 10) + made[at + 1 :]
    assert not right(wrong)


@pytest.mark.parametrize("number", [0, -1, 10**21])
def test_what_is_no_number_of_ours_has_none(number: int) -> None:
    with pytest.raises(ValueError, match="creditor reference"):
        creditor_reference(number)


def test_in_groups() -> None:
    assert in_groups(creditor_reference(123)) == f"RF{creditor_reference(123)[2:4]} 0000 0123"
