"""Remittance lines of X12 inside the addenda of a bank file: RMR, one document each."""

from __future__ import annotations

import re

from dunlin.formats.bank_collect import amount_of
from dunlin.formats.bank_model import Document
from dunlin.formats.problems import Unreadable
from dunlin.rules.money import Money

_SEGMENT = re.compile(r"(?<![A-Z0-9])RMR([^A-Za-z0-9\s])([^~\\\r\n]*)")


def documents_of_rmr(text: str, currency: str) -> tuple[Document, ...]:
    """The documents of the RMR segments in a text: qualifier, number, action, paid, gross, discount. Segments end with ~ or \\."""
    found = []
    for each in _SEGMENT.finditer(text):
        fields = [part.strip() for part in each[2].split(each[1])] + [""] * 6
        qualifier, number, _action, paid, gross, discount = fields[:6]
        if number:
            found.append(
                Document(
                    number,
                    qualifier,
                    paid=_money(paid, currency),
                    due=_money(gross, currency),
                    discount=_money(discount, currency),
                )
            )
    return tuple(found)


def _money(text: str, currency: str) -> Money | None:
    """None where nothing, or nothing readable, is stated: the amount of the payment stands in the entry."""
    try:
        return amount_of(text, currency) if text else None
    except Unreadable:
        return None
