"""Pay-outs as a table, for a bank's own upload, for checks, and for what is keyed in by hand."""

from __future__ import annotations

from dunlin.formats.csv_out import csv_lines
from dunlin.formats.payout_model import Payout, check

HEADER = ("reference", "pay_on", "payee", "method", "bank", "account", "amount", "currency", "text")


def write_csv(payout: Payout) -> bytes:
    """One line a payment, with a mark for spreadsheets. No cell can run as a formula; amounts in major units. PayoutProblem as `check`."""
    check(payout)
    rows = (
        (each.reference, payout.on, each.name, each.method, each.bank, each.account, each.amount, each.amount.currency, each.text)
        for each in payout.payments
    )  # fmt: skip
    return "".join(csv_lines(HEADER, rows)).encode("utf-8-sig")
