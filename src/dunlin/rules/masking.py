"""Card numbers never reach the books: free text is masked before it is stored. See docs/rules/import-mapping.md."""

from __future__ import annotations

import re

# 13 to 19 digits, single blanks or hyphens between them, not part of a longer run of digits or of a decimal number.
_CANDIDATE = re.compile(r"(?<![\d.,])\d(?:[ \-\u00a0]?\d){12,18}(?![\d])", re.ASCII)


def mask_card_numbers(text: str) -> str:
    """`text` with every card number (13 to 19 digits that pass the Luhn check) reduced to its last four digits.

    "4111 1111 1111 1111" becomes "************1111". Numbers that fail the check are left: they are invoice numbers.
    A number that passes by chance (one in ten) is masked as well; identifiers are therefore not sent through here.
    """
    if len(text) < 13:
        return text
    return _CANDIDATE.sub(_masked, text)


def passes_luhn(digits: str) -> bool:
    """True when a row of digits passes the check of ISO/IEC 7812 (every card number does)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit)
        if position % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def _masked(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    if digits == digits[0] * len(digits) or not passes_luhn(digits):
        return found[0]
    return "*" * (len(digits) - 4) + digits[-4:]
