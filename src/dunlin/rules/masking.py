"""Card numbers never reach the books: free text is masked before it is stored. See docs/rules/import-mapping.md."""

from __future__ import annotations

import re

# 13 to 19 digits, single blanks or hyphens between them, not part of a longer run of digits or of a decimal number.
# Account numbers of banks (IBAN) by country and length: their digits pass for a card number one time in ten.
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,28}", re.ASCII)
_IBAN_LENGTHS = {
    each[:2]: int(each[2:])
    for each in (
        "AD24 AE23 AL28 AT20 BA20 BE16 BG22 BR29 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GI23 GR27 HR21 HU28 IE22 IL23 "
        "IS26 IT27 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MT31 NL18 NO15 PK24 PL28 PT25 RO24 RS22 SA24 SE24 SI19 SK24 SM27 TN24 TR26"
    ).split()
}

_CANDIDATE = re.compile(r"(?<![\d.,])\d(?:[ \-\u00a0]?\d){12,18}(?![\d])", re.ASCII)


def mask_card_numbers(text: str) -> str:
    """`text` with every card number (13 to 19 digits that pass the Luhn check) reduced to its last four digits.

    "4111 1111 1111 1111" becomes "************1111". Numbers that fail the check are left: they are invoice numbers.
    A number that passes by chance (one in ten) is masked as well; identifiers are therefore not sent through here. The digits of a
    bank account number that is right by its own check (IBAN) stay: customers are told where to pay.
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
    if digits == digits[0] * len(digits) or not passes_luhn(digits) or _in_iban(found):
        return found[0]
    return "*" * (len(digits) - 4) + digits[-4:]


def _in_iban(found: re.Match[str]) -> bool:
    """Whether the digits are part of an IBAN that is right."""
    text, start = found.string, found.start()
    for each in _IBAN.finditer(text, max(0, start - 12), min(len(text), found.end() + 40)):
        compact = each[0].replace(" ", "")
        length = _IBAN_LENGTHS.get(compact[:2], 0)
        last = each.start()
        seen = 0
        while seen < min(length, len(compact)):
            seen += text[last] != " "
            last += 1
        if length and len(compact) >= length and each.start() <= start and found.end() <= last:
            return _is_right(compact[:length])
    return False


def _is_right(iban: str) -> bool:
    """The check of ISO 13616: as one number, its first four signs last and letters as 10 to 35, it leaves 1 of 97."""
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1
