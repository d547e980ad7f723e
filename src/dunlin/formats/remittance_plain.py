"""A remittance advice as plain values for machines, and as it is kept: amounts as strings, or as minor units beside one currency."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from dunlin.formats.bank_model import Flaw
from dunlin.formats.remittance_model import Advice, AdviceFile, AdviceLine, Kept
from dunlin.rules.money import Money


def plain_advices(read: AdviceFile) -> dict[str, Any]:
    """Everything understood of a file; the shape stands in docs/reference/json.md."""
    return {
        "format": read.format,
        "variant": read.variant,
        "sums": sums_of(read),
        "advices": [_advice(each) for each in read.advices],
        "warnings": [_flaw(each) for each in read.warnings],
        "damaged": [_flaw(each) | {"text": each.text} for each in read.damaged],
    }


def sums_of(read: AdviceFile) -> dict[str, dict[str, Any]]:
    """Per currency: advices, documents they name, and the money of the payments."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in read.advices:
        sums = found[each.currency]
        sums[:] = [sums[0] + 1, sums[1] + len(each.lines), sums[2] + each.money.minor]
    return {
        currency: {"advices": advices, "documents": documents, "amount": Money(minor, currency).plain}
        for currency, (advices, documents, minor) in sorted(found.items())
    }


def kept_lines(advice: Advice) -> list[dict[str, Any]]:
    """The lines as they are stored: minor units of the advice's currency, None where nothing is said."""
    return [
        {
            "number": each.number,
            "kind": each.kind,
            "paid": each.paid.minor,
            "due": _minor(each.gross),
            "discount": _minor(each.discount),
            "reason": each.reason,
            "words": "; ".join(kept.words for kept in each.kept if kept.words)[:140],
            "on": each.on.isoformat() if each.on else None,
        }
        for each in advice.lines
    ]


def kept_apart(advice: Advice) -> list[dict[str, Any]]:
    """What belongs to no line, as it is stored."""
    return [
        {"amount": each.amount.minor, "reason": each.code, "words": each.words, "number": each.number}
        for each in advice.apart
    ]


def _advice(advice: Advice) -> dict[str, Any]:
    return {
        "place": advice.place,
        "payer_name": advice.payer_name,
        "payer_ids": list(advice.payer_ids),
        "payer_tail": advice.payer_tail,
        "currency": advice.currency,
        "amount": advice.amount.plain if advice.amount is not None else None,
        "listed": advice.listed.plain,
        "adds_up": advice.adds_up,
        "paid_on": advice.paid_on.isoformat() if advice.paid_on else None,
        "trace": advice.trace,
        "check_number": advice.check_number,
        "number": advice.number,
        "method": advice.method,
        "lines": [_line(each) for each in advice.lines],
        "apart": [_kept(each) for each in advice.apart],
        "key": advice.key,
    }


def _line(line: AdviceLine) -> dict[str, Any]:
    return {
        "place": line.place,
        "number": line.number,
        "kind": line.kind,
        "paid": line.paid.plain,
        "gross": _plain(line.gross),
        "discount": _plain(line.discount),
        "unexplained": _plain(line.unexplained),
        "on": line.on.isoformat() if line.on else None,
        "kept": [_kept(each) for each in line.kept],
        "others": list(line.others),
    }


def _kept(kept: Kept) -> dict[str, Any]:
    return {"amount": kept.amount.plain, "code": kept.code, "words": kept.words, "number": kept.number}


def _plain(amount: Money | None) -> str | None:
    return amount.plain if amount is not None else None


def _minor(amount: Money | None) -> int | None:
    return amount.minor if amount is not None else None


def _flaw(flaw: Flaw) -> dict[str, Any]:
    return {"place": flaw.place, "code": flaw.code, "detail": flaw.detail}
