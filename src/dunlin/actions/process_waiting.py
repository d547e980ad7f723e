"""Process what waits in the receipts queue by itself: what came back is taken back at once, money that is certain is placed, the rest is
proposed or asked about (E2, P15, P25). One receipt at a time, each in its own transaction: one that fails stops no other."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import InterfaceError, OperationalError

from dunlin.actions.confirm_refund import confirm_by_bank
from dunlin.actions.doing import Who, automatic_application
from dunlin.actions.place_by_rules import place_by_rules
from dunlin.actions.process_return import process_return
from dunlin.records.models import Receipt
from dunlin.records.policies import current_policy
from dunlin.reports.cash_book import CashBook
from dunlin.rules.codes import Refused

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WaitingProcessed:
    """How many were placed by themselves, proposed to a person, asked about, taken back, and could not be handled."""

    placed: int = 0
    proposed: int = 0
    asked: int = 0
    taken_back: int = 0
    failed: int = 0

    @property
    def sentence(self) -> str:
        """In words for the person who took the file in."""
        said = [
            (self.placed, "placed"), (self.taken_back, "taken back"), (self.proposed, "proposed to you"), (self.asked, "to be asked about"),
            (self.failed, "could not be handled and wait"),
        ]  # fmt: skip
        parts = [f"{number:,} {what}" for number, what in said if number]
        return ("; ".join(parts) + ".") if parts else "Nothing waits to be placed."


def process_waiting(today: date, now: datetime) -> WaitingProcessed:
    """All that waits, returns first, as automatic application; then what went out is confirmed. Run again it goes on where it stopped."""
    who = automatic_application(today, now)
    policy = current_policy()
    book = CashBook(who.today, policy)
    done: Counter[str] = Counter()
    # Returns first: money that came back must not be counted on by what comes in.
    waiting = Receipt.objects.filter(state="waiting")
    for ids, returned in (
        (waiting.exclude(kind="credit"), True),
        (waiting.filter(kind="credit").order_by("booked_on", "pk"), False),
    ):
        for pk in list(ids.values_list("pk", flat=True)):
            done[_one(who, pk, returned, book)] += 1
    confirm_by_bank(who)
    return WaitingProcessed(
        done["placed"], done["proposed"], done["asked"], done["taken_back"], done["failed"]
    )


def process_these(ids: Iterable[int], today: date, now: datetime, book: CashBook) -> Counter[str]:
    """Some receipts anew, because something was learnt about them; what became of how many."""
    who = automatic_application(today, now)
    return Counter(_one(who, pk, False, book) for pk in ids)


def _one(who: Who, pk: int, returned: bool, book: CashBook) -> str:
    try:
        if returned:
            return "taken_back" if process_return(who, pk, policy=book.policy).state == "done" else "asked"
        return _placed(who, pk, book)
    except Refused as refused:
        if refused.code == "receipt_settled_already":
            return "settled"
        log.warning("receipt %s was refused: %s", pk, refused)
        return "failed"
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("receipt %s could not be handled; it waits", pk)
        return "failed"


def _placed(who: Who, pk: int, book: CashBook) -> str:
    """Decided once more when somebody used what it was for meanwhile: the book had read it before."""
    try:
        return place_by_rules(who, pk, book)
    except Refused as refused:
        if refused.code == "receipt_settled_already":
            raise
        book.refresh()
        return place_by_rules(who, pk, book)
