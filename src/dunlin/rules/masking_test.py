"""Card numbers are masked wherever they stand in free text; numbers that are none stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.masking import mask_card_numbers, passes_luhn


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111111111111111", "************1111"),
        ("card 4111 1111 1111 1111 exp 12/27", "card ************1111 exp 12/27"),
        ("3782-822463-10005", "***********0005"),
        ("paid with 5555555555554444, thanks", "paid with ************4444, thanks"),
        ("two: 4111111111111111 and 378282246310005", "two: ************1111 and ***********0005"),
    ],
)
def test_card_numbers_keep_their_last_four_digits(text: str, masked: str) -> None:
    assert mask_card_numbers(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "INV-2026-000123",
        "",
        "0000000000000000",
        "12345678901234567890",
        "1930571429",
        "1234.4111111111111111",
    ],
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert mask_card_numbers(text) == text


@given(st.integers(min_value=10**11, max_value=10**17 - 1), st.text(alphabet="abc ", max_size=5))
def test_every_number_that_passes_the_check_loses_all_but_four_digits(stem: int, before: str) -> None:
    digits = next(f"{stem}{last}" for last in range(10) if passes_luhn(f"{stem}{last}"))
    if len(set(digits)) == 1 or not 13 <= len(digits) <= 19:
        return
    masked = mask_card_numbers(f"{before} x{digits} end")
    assert digits not in masked
    assert masked.endswith(f"{digits[-4:]} end")


def an_iban(luhn: bool) -> str:
    """A German account number that is right, whose digits pass (or fail) the card check over some stretch that is looked at."""
    for account in range(10**6, 10**6 + 500):
        tail = f"37040044{account:010d}"
        check = 98 - int(f"{tail}131400") % 97
        iban = f"DE{check:02d}{tail}"
        spaced = " ".join(iban[at : at + 4] for at in range(0, 22, 4))
        if passes_luhn(f"{check:02d}{tail}"[:18]) == luhn:
            return spaced
    raise AssertionError


@pytest.mark.req("C6")
def test_the_account_number_of_a_bank_is_told_to_customers() -> None:
    spaced = an_iban(luhn=True)
    text = f"Pay to {spaced} BIC COBADEFF, and never by card 4111 1111 1111 1111."
    assert mask_card_numbers(text) == f"Pay to {spaced} BIC COBADEFF, and never by card ************1111."


def test_a_wrong_account_number_hides_no_card() -> None:
    assert "4111111111111111" not in mask_card_numbers("DE00 4111111111111111")
    assert "4111 1111 1111 1111" not in mask_card_numbers("GB00ABCD 4111 1111 1111 1111 1234")
