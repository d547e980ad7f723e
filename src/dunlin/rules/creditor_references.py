"""The structured reference of a payment to us: RF, two check digits, our own number (ISO 11649).

A bank carries it with the money and refuses a mistyped one, so the receipt names by itself what it is for. Any payer's bank takes
digits, and a person can read them out: ours are digits alone.
"""

from __future__ import annotations

DIGITS_LEAST = 8  # so that a short number is not mistaken for another one that stands in the same text
DIGITS_MOST = 21


def creditor_reference(number: int) -> str:
    """The reference of one of our numbers: 123 is RF78 0000 0123 without the blanks.

    ValueError for a number that is not above zero or has more digits than a reference holds.
    """
    body = f"{number:0{DIGITS_LEAST}d}"
    if number <= 0 or len(body) > DIGITS_MOST:
        raise ValueError(f"{number} cannot be the number of a creditor reference")
    # R is 27, F is 15; the check digits make the whole, turned around, leave 1 when divided by 97 (ISO 7064).
    return f"RF{98 - int(f'{body}271500') % 97:02d}{body}"


def reference_of_document(number: str) -> str:
    """The reference of a document of ours by its number: letters and digits of it behind RF and its check digits; "" where that is
    longer than a reference holds.

    One of digits alone gets INV in front, so that it is never the number of something else (`creditor_reference`).
    """
    body = "".join(mark for mark in number.upper() if mark.isascii() and mark.isalnum())
    body = f"INV{body}" if body.isdigit() else body
    if not body or len(body) > DIGITS_MOST:
        return ""
    in_numbers = "".join(str(int(mark, 36)) for mark in f"{body}RF00")
    return f"RF{98 - int(in_numbers) % 97:02d}{body}"


def in_groups(reference: str) -> str:
    """As people read it, four marks at a time: RF78 0000 0123."""
    return " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
