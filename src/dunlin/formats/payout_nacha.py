"""Pay-outs as a NACHA file: ACH credits, CCD to companies and PPD to persons, records of 94 signs in blocks of ten.

Control records say how many entries and addenda there are, their sum, and the hash of the banks' numbers; see the rules of Nacha.
"""

from __future__ import annotations

from collections.abc import Sequence

from dunlin.formats.payout_model import Payment, Payout, PayoutProblem, check, in_letters
from dunlin.rules.bank_numbers import plain, routing_problem, us_account_problem

WIDTH = 94
BLOCK = 10
LARGEST = 9_999_999_999  # cents, what the field of an entry holds
_LETTERS = r"A-Za-z0-9 .,&/()'+\-#"
_CREDITS_ONLY = "220"


def write_nacha(payout: Payout) -> bytes:
    """The file. Dollars only. PayoutProblem names the payment a bank would refuse, never its account number."""
    check(payout, "USD")
    for each in payout.payments:
        _check(each)
    if problem := routing_problem(payout.debtor.bank):
        raise PayoutProblem(f"the routing number of our bank {problem}")
    if not payout.debtor.company_id.strip():
        raise PayoutProblem("the company id that our bank gave us is missing")
    records = [_file_header(payout)]
    count, hashed, credits, batches = 0, 0, 0, 0
    for sort in ("CCD", "PPD"):
        part = sorted((each for each in payout.payments if _sort(each) == sort), key=_sequence)
        if not part:
            continue
        batches += 1
        written = _batch(payout, sort, batches, part)
        records += written
        count += len(written) - 2
        hashed += _hash(part)
        credits += sum(each.amount.minor for each in part)
    blocks = -(-(len(records) + 1) // BLOCK)
    records.append(
        f"9{batches:06d}{blocks:06d}{count:08d}{hashed % 10**10:010d}{0:012d}{credits:012d}{'':39}"
    )
    records += ["9" * WIDTH] * (blocks * BLOCK - len(records))
    assert all(len(record) == WIDTH for record in records)
    return ("\r\n".join(records) + "\r\n").encode("ascii")


def trace_of(bank: str, serial: int) -> str:
    """The trace number of a payment: our bank's eight digits and seven of ours. A return names it."""
    return f"{plain(bank)[:8]}{serial % 10**7:07d}"


def _check(each: Payment) -> None:
    for what, problem in (
        ("the routing number", routing_problem(each.bank)),
        ("the account number", us_account_problem(each.account)),
    ):
        if problem:
            raise PayoutProblem(f"payment {each.reference}: {what} {problem}")
    if each.amount.minor > LARGEST:
        raise PayoutProblem(f"payment {each.reference}: {each.amount} is more than an ACH entry holds")


def _sort(each: Payment) -> str:
    return "PPD" if each.personal else "CCD"


def _sequence(each: Payment) -> int:
    return each.serial % 10**7


def _hash(part: Sequence[Payment]) -> int:
    """The sum of the first eight digits of the receivers' banks."""
    return sum(int(plain(each.bank)[:8]) for each in part)


def _text(text: str, width: int) -> str:
    return in_letters(text, _LETTERS, width).upper().ljust(width)


def _file_header(payout: Payout) -> str:
    debtor = payout.debtor
    return (
        f"101{plain(debtor.bank):>10}{_text(debtor.company_id, 10).strip():>10}{payout.at:%y%m%d%H%M}{payout.modifier[:1]}"
        f"094101{_text(debtor.bank_name, 23)}{_text(debtor.name, 23)}{_text(payout.number, 8)}"
    )


def _batch(payout: Payout, sort: str, number: int, part: Sequence[Payment]) -> list[str]:
    """Header, entries with an addendum each where there is something to say, control."""
    debtor = payout.debtor
    company, bank = _text(debtor.company_id, 10), plain(debtor.bank)[:8]
    records = [
        f"5{_CREDITS_ONLY}{_text(debtor.name, 16)}{_text(payout.number, 20)}{company}{sort}{_text('REFUND', 10)}"
        f"{payout.on:%y%m%d}{payout.on:%y%m%d}   1{bank}{number:07d}"
    ]
    for each in part:
        records += _entry(each, bank)
    entries = len(records) - 1
    total = sum(each.amount.minor for each in part)
    records.append(
        f"8{_CREDITS_ONLY}{entries:06d}{_hash(part) % 10**10:010d}{0:012d}{total:012d}{company}{'':25}{bank}{number:07d}"
    )
    return records


def _entry(each: Payment, bank: str) -> list[str]:
    text = in_letters(each.text, _LETTERS, 80).upper()
    trace = trace_of(bank, each.serial)
    entry = (
        f"6{'32' if each.savings else '22'}{plain(each.bank)}{plain(each.account):17}{each.amount.minor:010d}"
        f"{_text(each.reference, 15)}{_text(each.name, 22)}  {1 if text else 0}{trace}"
    )
    return [entry, f"705{text:80}{1:04d}{trace[8:]}"] if text else [entry]
