"""Tables of the standards that say on which side of our account a transaction stands, and whether it came back."""

from __future__ import annotations

import re

from dunlin.formats.problems import Unreadable

# BAI2: codes 100 to 399 are credits, 400 to 699 debits. These say that something came back or was taken back.
_BAI2_RETURNS = ("255", "257", "266", "268", "555", "557", "566", "567", "568")
_BAI2_REVERSALS = ("252", "254", "258", "552", "554", "558")
_BAI2_CUSTOM = ((920, 959, 1), (960, 999, -1))


def bai2_side(code: str) -> tuple[str, int]:
    """(kind, sign) of a BAI2 type code. Unreadable when the standard does not say on which side it stands."""
    number = int(code)
    if 100 <= number <= 399 or 720 <= number <= 759:  # 700 to 719 are balances of loans
        sign = 1
    elif 400 <= number <= 699 or 760 <= number <= 799:
        sign = -1
    elif code == "890":
        return "credit", 1
    else:
        sign = next((side for low, high, side in _BAI2_CUSTOM if low <= number <= high), 0)
        if not sign:
            raise Unreadable("bank_type_unknown", value=code)
    if code in _BAI2_RETURNS:
        return "return", sign
    if code in _BAI2_REVERSALS:
        return "reversal", sign
    return ("credit" if sign > 0 else "debit"), sign


def bai2_custom(code: str) -> bool:
    """Whether a type code is the bank's own, by agreement: only its range says on which side it stands."""
    return any(low <= int(code) <= high for low, high, _ in _BAI2_CUSTOM)


_RETURNED = re.compile(
    r"\b(RETURNED|RTND?|RTD)[ -]+(DEPOSIT(ED)? +)?(CHEQUE|CHECK|CHQ|CHK|ITEM|DEPOSIT|ACH|PAYMENT)S?\b|\bDEPOSIT(ED)? +ITEMS? +RET",
    re.I,
)
_FEE = re.compile(r"\b(FEE|FEES|CHARGE|CHARGES|CHRG|CHG|SERVICE)\b", re.I)


def words_say_returned(text: str) -> bool:
    """Whether the words of a debit say that a deposit came back, where its type does not; a fee for one is none."""
    return bool(_RETURNED.search(text)) and not _FEE.search(text)


# German business transaction codes (first three digits of :86:) of payments that came back.
GVC_RETURNS = ("108", "109", "159", "181", "182", "183", "184")

# NACHA transaction codes by their second digit: a credit or a debit of the receiver's account. 1 and 6 are of returns and NOCs.
_NACHA_DEMAND = {"1": 1, "2": 1, "3": 1, "4": 1, "6": -1, "7": -1, "8": -1, "9": -1}
_NACHA_LOAN = {"1": 1, "2": 1, "3": 1, "4": 1, "5": -1, "6": -1}  # 55 is the reversal of a loan credit
_NACHA_ADVICE = {"81": 1, "82": -1, "83": 1, "84": -1, "85": 1, "86": -1, "87": 1, "88": -1}


def nacha_side(code: str) -> int:
    """1 for a credit of the receiver, -1 for a debit. Unreadable when there is no such code."""
    sign = 0
    if len(code) == 2:
        if code[0] in "234":
            sign = _NACHA_DEMAND.get(code[1], 0)
        elif code[0] == "5":
            sign = _NACHA_LOAN.get(code[1], 0)
        else:
            sign = _NACHA_ADVICE.get(code, 0)
    if not sign:
        raise Unreadable("bank_type_unknown", value=code)
    return sign


# Dishonoured and contested returns are between the banks: they move nothing until the statement does (DOMAIN section 4).
NACHA_BETWEEN_BANKS = ("R61", "R62", "R67", "R68", "R69", "R70", *(f"R{number}" for number in range(71, 78)))
# Federal enrolment entries (R40 to R47) carry no money.
NACHA_NO_MONEY = tuple(f"R{number}" for number in range(40, 48))
