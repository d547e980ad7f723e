"""A receipt that was split came back as a whole: which it is, and the return split as the money was (DOMAIN section 4, invariants 14, 15, 36).

The parts of the return make its amount exactly; each takes back the payment of its part, or stands aside where no payment was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy

from django.db.models import QuerySet

from dunlin.actions.doing import Act
from dunlin.records.cash import OPEN_STATES
from dunlin.records.models import Item, Receipt
from dunlin.reports.receipts import RETURN_WINDOW
from dunlin.rules.money import Money


def numbers_of(row: Receipt) -> Iterator[tuple[str, str]]:
    """The numbers a return bears, each as the field of the receipt it would be found by; the surest first."""
    for name, value in (
        ("trace", row.original_trace), ("end_to_end_id", row.end_to_end_id), ("bank_reference", row.original_trace),
        ("check_number", row.check_number),
    ):  # fmt: skip
        if value and value != "NOTPROVIDED":
            yield name, value


def split_meant(row: Receipt, *, by_payer: bool = False) -> Receipt | None:
    """The split receipt of the amount returned that bears one of the return's numbers, or is of its payer. None when there is none or
    several, or when a part of it came back already."""
    received = (row.booked_on - RETURN_WINDOW, row.booked_on)
    split = Receipt.objects.filter(
        kind="credit", state="split", part_of=None, amount=abs(row.amount), currency=row.currency, value_on__range=received
    )  # fmt: skip
    ways = (
        [{"payer_fingerprint": row.payer_fingerprint}] if by_payer else [{name: value} for name, value in numbers_of(row)]
    )  # fmt: skip
    for way in ways:
        found = list(split.filter(**way)[:2]) if all(way.values()) else []
        if found:
            return found[0] if len(found) == 1 and not _came_back(found[0]) else None
    return None


def payments_of(whole: Receipt) -> list[int]:
    """The payments its parts became."""
    return [each.payment_id for each in leaves(whole) if each.payment_id is not None]


def leaves(whole: Receipt, *, locked: bool = False) -> list[Receipt]:
    """Its parts, and those of parts that were split again; `locked` to the end of the transaction."""
    parts: QuerySet[Receipt] = whole.parts.order_by("pk")
    if locked:
        parts = parts.select_for_update(of=("self",))
    return [leaf for each in parts for leaf in (leaves(each, locked=locked) if each.state == "split" else [each])]  # fmt: skip


def split_as_the_money(act: Act, row: Receipt, whole: Receipt) -> list[tuple[Receipt, int]]:
    """Split a return as the receipt it gives back. The parts that have a payment, with its id; the others stand aside, and so does the
    money nobody had placed yet."""
    made = []
    on = row.booked_on
    for at, leaf in enumerate(leaves(whole, locked=True), 1):
        part = copy(row)
        part.pk = part.id = None  # type: ignore[assignment]
        part._state.adding = True
        part.part_of, part.key, part.booking_key = row, f"{row.key[:74]}/{at}", ""
        part.amount, part.customer_id = -leaf.amount, leaf.customer_id
        part.charges = row.charges if at == 1 else 0
        if leaf.payment_id is None:
            part.state, part.question = "aside", "Gives back a part that was no payment."
            part.settled_at, part.settled_by_id = act.who.now, act.who.user_id
            _set_aside(act, leaf, f"It came back on {on} before it was placed.")
        part.save(force_insert=True)
        if leaf.payment_id is not None:
            made.append((part, leaf.payment_id))
    row.state, row.question = "split", f"Gives back the parts of {Money(whole.amount, whole.currency)} of {whole.value_on}"  # fmt: skip
    row.settled_at, row.settled_by_id, row.automatic = act.who.now, act.who.user_id, True
    row.save()
    return made


def _set_aside(act: Act, leaf: Receipt, why: str) -> None:
    if leaf.state not in OPEN_STATES:
        return
    before = {"state": leaf.state}
    leaf.state, leaf.question, leaf.proposal = "aside", why, None
    leaf.settled_at, leaf.settled_by_id = act.who.now, act.who.user_id
    leaf.save(update_fields=["state", "question", "proposal", "settled_at", "settled_by"])
    act.tell(about=f"receipt:{leaf.pk}", before=before, after={"state": "aside", "why": why})


def _came_back(whole: Receipt) -> bool:
    return Item.objects.filter(kind="payment_return", corrects__in=payments_of(whole)).exists()
