"""Numbers of accounts and banks: whether one is right by its own check. IBAN (ISO 13616), BIC (ISO 9362), US routing numbers.

A right check does not say that the account exists, only that nobody mistyped it.
"""

from __future__ import annotations

import re

# Length of an IBAN by country, from the registry of SWIFT.
IBAN_LENGTHS = {
    each[:2]: int(each[2:])
    for each in (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 "
        "FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 "
        "MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 "
        "SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
    ).split()
}
# Where a SEPA credit transfer can go.
SEPA_COUNTRIES = frozenset(
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE SI SK SM VA".split()
)
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)


def plain(number: str) -> str:
    """As machines write it: upper case, no blanks or hyphens."""
    return re.sub(r"[\s\-]", "", number).upper()


def iban_problem(iban: str) -> str:
    """What is wrong with an IBAN, as the end of a sentence; "" when it is right. Blanks are passed over."""
    text = plain(iban)
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]+", text, re.ASCII):
        return "does not begin with two letters and two digits, or holds other signs"
    length = IBAN_LENGTHS.get(text[:2])
    if length is None:
        return f"begins with {text[:2]}, a country that has no IBAN"
    if len(text) != length:
        return f"has {len(text)} signs; one of {text[:2]} has {length}"
    # As one number, its first four signs last and letters as 10 to 35, it leaves 1 of 97 (ISO 7064).
    if int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 != 1:
        return "is mistyped: its check digits do not fit"
    return ""


def bic_problem(bic: str) -> str:
    """What is wrong with a BIC; "" when it has the form of one."""
    return (
        "" if _BIC.fullmatch(plain(bic)) else "has not the form of a BIC, eight or eleven letters and digits"
    )


def routing_problem(number: str) -> str:
    """What is wrong with a routing number of a US bank; "" when its check digit fits and its first two digits are in use."""
    text = plain(number)
    if not re.fullmatch(r"\d{9}", text, re.ASCII):
        return "has not nine digits"
    first = int(text[:2])
    if not (1 <= first <= 12 or 21 <= first <= 32 or 61 <= first <= 72):
        return f"begins with {text[:2]}, which no bank uses"
    if sum(int(digit) * weight for digit, weight in zip(text, (3, 7, 1) * 3)) % 10:
        return "is mistyped: its check digit does not fit"
    return ""


def us_account_problem(number: str) -> str:
    """What is wrong with an account number of a US bank: up to seventeen letters, digits; "" when nothing is."""
    text = plain(number)
    return "" if re.fullmatch(r"[A-Z0-9]{4,17}", text, re.ASCII) else "has not 4 to 17 letters and digits"
