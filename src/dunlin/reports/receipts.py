"""The receipts queue: what came in at the bank and is not processed yet, by when it must be, and how each day closed (E1, P15). Read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from dunlin.records.cash import OPEN_STATES
from dunlin.records.items import MONEY_KINDS
from dunlin.records.models import Item, Receipt
from dunlin.rules.money import Money

PAGE_SIZE = 50
RETURN_WINDOW = timedelta(400)  # an unauthorised SEPA debit comes back for thirteen months
# Tab → the rows in it.
TABS: dict[str, Q] = {
    "to_do": Q(state__in=OPEN_STATES),
    "done": Q(state__in=("done", "split")),
    "returns": Q(kind__in=("return", "reversal", "noc")),
    "aside": Q(state="aside"),
    "info": Q(state="info"),
}
# What P15 is about: money, whichever way it went; what only informs has no clock; what was split has it in its parts.
_COUNTED = Q(kind__in=("credit", "return", "reversal")) & ~Q(state__in=("info", "split"))


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One receipt. `light` is green, amber past the close by which the queue should be empty, red past the last moment (P15)."""

    id: int
    kind: str
    amount: Money
    payer_name: str
    payer_tail: str
    text: str
    booked_on: date
    received_at: datetime
    empty_by: datetime
    light: str
    state: str
    customer_id: int | None
    customer: str
    number: str
    owner: str
    question: str
    return_code: str
    automatic: bool
    proposal: Mapping[str, Any] | None
    payment_id: int | None


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A page; `next` is the id to go on after, None at the end."""

    rows: tuple[ReceiptRow, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class DayClose:
    """The receipts due by one close: how many, how many of them were processed by then, how many late, how many still open."""

    close: datetime
    due: int
    in_time: int
    late: int
    open: int

    @property
    def empty(self) -> bool:
        return self.in_time == self.due


@dataclass(frozen=True, slots=True)
class MatchRate:
    """Receipts settled in a stretch of days, in one currency: by number and by money (minor units), and those nobody touched.

    Untouched means posted and applied by itself and not corrected later: `cash.auto_match_rate`.
    """

    currency: str
    receipts: int
    amount: int
    untouched: int
    untouched_amount: int
    corrected: int


def counts() -> dict[str, int]:
    """Rows of each tab. One query."""
    return Receipt.objects.aggregate(**{tab: Count("pk", filter=which) for tab, which in TABS.items()})


def receipts_page(tab: str, now: datetime, *, search: str = "", after: int | None = None) -> ReceiptPage:
    """One page of a tab: what is to do in the order of its clocks, the rest newest first. One query.

    `search`: part of the payer's name, of what the payer wrote, or the amount as digits.
    """
    found: QuerySet[Receipt] = Receipt.objects.filter(TABS[tab])
    if search:
        digits = "".join(sign for sign in search if sign.isdigit())
        wanted = Q(payer_name__icontains=search) | Q(text__icontains=search) | Q(customer__number=search)
        found = found.filter(wanted | Q(amount=int(digits)) if digits and len(digits) < 16 else wanted)
    to_do = tab == "to_do"
    if after is not None:
        found = found.filter(pk__gt=after) if to_do else found.filter(pk__lt=after)
    # Clocks start when a receipt comes, so the order of the ids is the order of the clocks.
    rows = list(found.select_related("customer", "owner").order_by("pk" if to_do else "-pk")[: PAGE_SIZE + 1])
    return ReceiptPage(
        tuple(receipt_row(each, now) for each in rows[:PAGE_SIZE]),
        rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None,
    )


def payments_like(row: Receipt) -> QuerySet[Item]:
    """Payments of the amount a return is about, received in the time in which one may come back, and not taken back yet."""
    received = (row.booked_on - RETURN_WINDOW, row.booked_on)
    found = Item.objects.filter(
        kind__in=MONEY_KINDS, amount=abs(row.amount), currency=row.currency, value_on__range=received
    )
    return found.exclude(corrections__kind="payment_return")


def receipt_row(row: Receipt, now: datetime) -> ReceiptRow:
    """A receipt as it is shown at `now`."""
    owner = row.owner.get_full_name() or row.owner.username if row.owner else ""
    return ReceiptRow(
        row.pk, row.kind, Money(row.amount, row.currency), row.payer_name, row.payer_tail, row.text, row.booked_on,
        row.received_at, row.empty_by, _light(row, now), row.state, row.customer_id, row.customer.name if row.customer else "",
        row.customer.number if row.customer else "", owner, row.question, row.return_code, row.automatic, row.proposal,
        row.payment_id,
    )  # fmt: skip


def _light(row: Receipt, now: datetime) -> str:
    if row.state not in OPEN_STATES:
        return ""
    return "red" if now > row.late_after else "amber" if now > row.empty_by else "green"


def day_closes(now: datetime, last: int = 20) -> list[DayClose]:
    """How the last closes found the queue, newest first. One query; the present close is among them once something is due by it."""
    settled = Q(settled_at__isnull=False)
    late = (settled & Q(settled_at__gt=F("late_after"))) | Q(state__in=OPEN_STATES, late_after__lt=now)
    rows = (
        Receipt.objects.filter(_COUNTED)
        .values("empty_by")
        .annotate(
            due=Count("pk"),
            in_time=Count("pk", filter=settled & Q(settled_at__lte=F("empty_by"))),
            late=Count("pk", filter=late),
            open=Count("pk", filter=Q(state__in=OPEN_STATES)),
        )
        .order_by("-empty_by")[:last]
    )
    return [DayClose(r["empty_by"], r["due"], r["in_time"], r["late"], r["open"]) for r in rows]


def match_rates(since: datetime, until: datetime) -> list[MatchRate]:
    """The auto-match rate of the money settled from `since` to before `until`, by currency. One query."""
    alone = Q(automatic=True, corrected=False)
    rows = (
        Receipt.objects.filter(kind="credit", state="done", settled_at__gte=since, settled_at__lt=until)
        .values("currency")
        .annotate(
            receipts=Count("pk"),
            money=Sum("amount"),
            untouched=Count("pk", filter=alone),
            untouched_money=Sum("amount", filter=alone),
            corrected_ones=Count("pk", filter=Q(corrected=True)),
        )
        .order_by("-receipts", "currency")
    )
    return [
        MatchRate(r["currency"], r["receipts"], r["money"], r["untouched"], r["untouched_money"] or 0, r["corrected_ones"])
        for r in rows
    ]  # fmt: skip


# Days since it was booked, up to and including; the last band is open.
AGE_BANDS = (1, 7, 30)


def unidentified_by_age(today: date) -> list[tuple[str, int, list[Money]]]:
    """Money of which nobody knows whose it is, by days since it was booked: band, receipts, sums by currency. One query."""
    rows = Receipt.objects.filter(kind="credit", state__in=OPEN_STATES, customer=None).values_list(
        "booked_on", "currency", "amount"
    )
    bands: list[dict[str, int]] = [{} for _ in range(len(AGE_BANDS) + 1)]
    counts = [0] * len(bands)
    for booked_on, currency, amount in rows.iterator(chunk_size=5000):
        days = (today - booked_on).days
        band = next((at for at, most in enumerate(AGE_BANDS) if days <= most), len(AGE_BANDS))
        bands[band][currency] = bands[band].get(currency, 0) + amount
        counts[band] += 1
    lows = (0, *(most + 1 for most in AGE_BANDS))
    names = [
        *(f"{low}-{most} days" for low, most in zip(lows, AGE_BANDS, strict=False)),
        f"{lows[-1]} days and more",
    ]
    return [
        (name, count, [Money(minor, currency) for currency, minor in sorted(sums.items())])
        for name, count, sums in zip(names, counts, bands, strict=True)
    ]
