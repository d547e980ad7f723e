"""What a credit would settle: the documents somebody chose, those its reference names, or else the oldest first.

A proposal only: a person looks at it before anything is applied. DOMAIN section 6 (Order, steps 1 and 6).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Basis = Literal["chosen", "named", "oldest"]


@dataclass(frozen=True, slots=True)
class Owed:
    """A document that is open; minor units. `disputed` is a part of `open`."""

    id: int
    number: str
    open: int
    disputed: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """How much of the credit for which document, in their order, and what it goes by."""

    basis: Basis
    amounts: dict[int, int]


def propose(
    unused: int,
    owed: Sequence[Owed],
    *,
    chosen: Collection[int] = (),
    named: Collection[int] = (),
    text: str = "",
) -> Proposal:
    """Use `unused` minor units on documents given oldest first; nothing is over-applied and a rest stays unused.

    Chosen documents go before `named` ones, by id or by their number in `text`, and those before all others. What nobody
    pointed at is settled only as far as it is not disputed.
    """
    ids = {each.id for each in owed}
    picked = ids & set(chosen)
    basis: Basis = "chosen"
    if not picked:
        basis, picked = "named", ids & {*named, *numbers_in(text, owed)}
    if not picked:
        basis, picked = "oldest", ids
    amounts = {}
    for each in owed:
        most = each.open - each.disputed if basis == "oldest" else each.open
        amount = min(unused, most)
        if each.id in picked and amount > 0:
            amounts[each.id] = amount
            unused -= amount
    return Proposal(basis, amounts)


def numbers_in(text: str, owed: Sequence[Owed]) -> set[int]:
    """The documents whose whole number stands in a text; one or two characters say nothing."""
    words = f" {text.casefold()} "
    return {
        each.id
        for each in owed
        if len(each.number) > 2
        and re.search(rf"(?<![^\W_]){re.escape(each.number.casefold())}(?![^\W_])", words)
    }


@dataclass(frozen=True, slots=True)
class Along:
    """A credit memo used along with a payment: `amount` minor units of credit `id`, first for document `prefers`, if any."""

    id: int
    amount: int
    prefers: int | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """What the credits settle, as (credit, document, amount), and what is left of each document for the money, in their order."""

    uses: tuple[tuple[int, int, int], ...]
    left: dict[int, int]


def spread_along(wanted: Mapping[int, int], along: Sequence[Along]) -> Spread:
    """Settle `wanted` (document → minor units) from credits first; the payment settles the rest.

    A credit goes to the document it prefers, then from the last document backwards, so that the money stands on the oldest ones.
    ValueError when the credits are more than what is wanted.
    """
    left = dict(wanted)
    if sum(each.amount for each in along) > sum(left.values()):
        raise ValueError("the credits are more than the documents take")
    # What prefers a document goes first, lest another credit be on it already.
    uses = []
    for each in sorted(along, key=lambda one: one.prefers not in left):
        rest = each.amount
        for document in [*([each.prefers] if each.prefers in left else []), *reversed(left)]:
            amount = min(rest, left[document])
            if amount > 0:
                uses.append((each.id, document, amount))
                left[document] -= amount
                rest -= amount
    return Spread(tuple(uses), {document: amount for document, amount in left.items() if amount})
