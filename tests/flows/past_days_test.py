"""What was true of a past day stays true: later postings do not reach it, a locked period takes none, the export proves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dunlin.actions.apply_credit import apply_credit
from dunlin.actions.change_due_date import change_due_date
from dunlin.actions.lock_period import lock_period, unlock_period
from dunlin.actions.open_dispute import open_dispute
from dunlin.actions.post_item import post_item
from dunlin.actions.return_payment import return_payment
from dunlin.actions.reverse_application import reverse_application
from dunlin.actions.take_payment import Use, take_payment
from dunlin.actions.write_off import write_off
from dunlin.cli.aging import told
from dunlin.records.models import Application, Item
from dunlin.reports.aging import aging
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast, random_books, slow_books
from tests.cast import TODAY, Books, who
from tests.typed import dunlin

pytestmark = pytest.mark.django_db

POLICY = Policy()
YESTERDAY = TODAY - timedelta(days=1)
PAST = [TODAY - timedelta(days=back) for back in (1, 2, 6, 11, 30, 45)]


@contextmanager
def undone() -> Iterator[None]:
    """One example of a property, undone so that the next one starts from the same books."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def as_told(day: date) -> Any:
    """Everything aging tells of a day: totals and a row for each customer."""
    return told(aging(day, TODAY, POLICY, by="customer", page_size=None))


class Today:
    """Postings of today, drawn by number: whatever they are, they are of today."""

    def __init__(self, books: Books) -> None:
        self.books = books

    def pay(self, index: int, amount: int) -> None:
        debit = self.pick(Item.objects.filter(side=1), index)
        take_payment(
            who(), debit.customer_id, Money(amount, "USD"), [Use(debit.pk)], entity_id=self.books.entity.pk
        )

    def bill(self, index: int, amount: int) -> None:
        of = (self.books.lakeside, self.books.branch, self.books.harbour)[index % 3]
        post_item(who(), cast.draft(of, "invoice", amount, TODAY, TODAY + timedelta(30)))

    def apply(self, index: int, amount: int) -> None:
        credit, debit = (
            self.pick(Item.objects.filter(side=-1), index),
            self.pick(Item.objects.filter(side=1), amount),
        )
        apply_credit(who(), credit.pk, debit.pk, None)

    def undo(self, index: int, amount: int) -> None:
        reverse_application(who(), self.pick(Application.objects, index).pk, reason="wrong")

    def send_back(self, index: int, amount: int) -> None:
        payment = self.pick(Item.objects.filter(kind="payment"), index)
        return_payment(who(), payment.pk, f"T{index}", returned_on=TODAY, reason="R01")

    def forgive(self, index: int, amount: int) -> None:
        write_off(who(), self.pick(Item.objects.filter(side=1), index).pk, None, reason="uncollectable")

    def move(self, index: int, amount: int) -> None:
        change_due_date(
            who(),
            self.pick(Item.objects.filter(side=1), index).pk,
            TODAY + timedelta(amount % 90),
            reason="agreed",
        )

    def contest(self, index: int, amount: int) -> None:
        open_dispute(who(), self.pick(Item.objects.filter(side=1), index).pk, None, reason="price")

    def pick(self, rows: Any, index: int) -> Any:
        found = list(rows.order_by("pk"))
        return found[index % len(found)]


ACTS = ("pay", "bill", "apply", "undo", "send_back", "forgive", "move", "contest")
DRAWN = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 20), st.integers(1, 200_000)), min_size=1, max_size=8
)


@pytest.mark.invariant(7)
@pytest.mark.trap(12)
@pytest.mark.req("A4")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=DRAWN)
def test_nothing_posted_today_changes_what_is_told_of_a_past_day(
    books: Books, drawn: list[tuple[str, int, int]]
) -> None:
    with undone():
        desk, before = Today(books), [as_told(day) for day in PAST]
        done = 0
        for act, index, amount in drawn:
            try:
                getattr(desk, act)(index, amount)
                done += 1
            except Refused:
                continue
        assert [as_told(day) for day in PAST] == before
        assert verify(TODAY, POLICY).clean


@pytest.mark.invariant(7)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(back=st.integers(1, 60), amount=st.integers(1, 500_000), late=st.booleans())
def test_a_late_posting_changes_a_past_day_by_exactly_itself(
    books: Books, back: int, amount: int, late: bool
) -> None:
    """Entered today for a day long gone: every day from that one on owes so much more, no day before it does."""
    posted = TODAY - timedelta(days=back)
    with undone():
        before = {day: as_told(day)["currencies"]["USD"] for day in PAST}
        kind = "invoice" if late else "payment"
        post_item(who(), cast.draft(books.harbour, kind, amount, posted, posted))
        for day in PAST:
            after, change = (
                as_told(day)["currencies"]["USD"],
                Money(amount if late else -amount, "USD").decimal,
            )
            change = change if posted <= day else change * 0
            assert (
                Money.exact(after["total"], "USD").decimal - Money.exact(before[day]["total"], "USD").decimal
                == change
            )
            side = "debits" if late else "unapplied"
            assert (
                Money.exact(after[side], "USD").decimal - Money.exact(before[day][side], "USD").decimal
                == change
            )
        then = cast.moment(TODAY, 8)  # an hour before it was entered
        known = [told(aging(day, TODAY, POLICY, known_at=then))["currencies"]["USD"] for day in PAST]
        assert known == list(before.values())


@pytest.mark.invariant(12)
@pytest.mark.req("A3")
def test_a_locked_period_takes_no_posting_of_any_kind_and_its_figures_stay(books: Books) -> None:
    first, last = TODAY - timedelta(60), TODAY - timedelta(2)
    lock_period(who(), books.entity.pk, first, last)
    in_it = TODAY - timedelta(4)
    applied = Application.objects.get()
    draft = cast.draft(books.harbour, "invoice", "1.00", in_it, in_it)
    attempts: dict[str, Any] = {
        "an invoice": lambda: post_item(who(), draft),
        "a credit memo": lambda: post_item(who(), replace(draft, kind="credit_memo", reason="price")),
        "a payment": lambda: take_payment(
            who(), books.harbour.pk, Money(100, "USD"), entity_id=books.entity.pk, received_on=in_it
        ),
        "an application": lambda: apply_credit(who(), books.unapplied.pk, books.late.pk, posted_on=last),
        "a reversal": lambda: reverse_application(who(), applied.pk, reason="wrong", posted_on=last),
        "a write-off": lambda: write_off(who(), books.late.pk, reason="uncollectable", posted_on=in_it),
        "a new due date": lambda: change_due_date(
            who(), books.late.pk, TODAY, reason="agreed", posted_on=in_it
        ),
    }
    before = [as_told(day) for day in PAST]
    for name, attempt in attempts.items():
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "period_locked", name
    assert [as_told(day) for day in PAST] == before

    unlock_period(who("finance_manager"), books.entity.pk, first, last, reason="a late invoice")
    attempts["an invoice"]()
    assert as_told(in_it) != before[PAST.index(TODAY - timedelta(2))]


@pytest.mark.invariant(3)
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_what_debits_lose_credits_lose_in_every_month_and_currency(db: None, seed: int) -> None:
    """The journal of each stretch of days balances: posted less change of what is open is the same on both sides."""
    random_books.write(seed, documents=60)
    edges = (
        [random_books.FIRST - timedelta(days=31)]
        + [random_books.FIRST + timedelta(days=30 * n) for n in range(11)]
        + [TODAY]
    )
    uses = 0
    for start, end in pairwise(edges):
        for currency in ("USD", "EUR", "CAD"):
            used = {}
            for side, figure in ((1, "debits"), (-1, "unapplied")):
                posted = Item.objects.filter(
                    side=side, currency=currency, posted_on__gt=start, posted_on__lte=end
                )
                opened, closed = (
                    sum(
                        getattr(f, figure) for f in aging(day, TODAY, POLICY).totals if f.currency == currency
                    )
                    for day in (start, end)
                )
                used[side] = sum(posted.values_list("amount", flat=True)) - (closed - opened)
            assert used[1] == used[-1], (currency, end)
            uses += used[1] != 0
    assert uses > 5


@pytest.mark.req("A4")
@pytest.mark.invariant(5)
@pytest.mark.parametrize("seed", [11, 12])
def test_ten_past_days_as_known_at_ten_moments_equal_the_export(db: None, tmp_path: Path, seed: int) -> None:
    """Random books in which postings come late, applications are reversed, due dates move and disputes come and go."""
    random_books.write(seed, documents=80)
    assert dunlin("export", tmp_path / "out", "--json").status == 0
    export = slow_books.read(tmp_path / "out")
    assert export.changes
    assert export.disputes
    different = 0
    for n in range(10):
        day = random_books.FIRST + timedelta(days=29 * n + 20)
        assert dunlin("aging", "--as-of", day, "--json").json["currencies"] == slow_books.aging(
            export, day
        ), day
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=n % 3)
        known = dunlin("aging", "--as-of", day, "--known-at", moment.isoformat(), "--json").json["currencies"]
        assert known == slow_books.aging(export, day, moment), (day, moment)
        different += known != slow_books.aging(export, day)
    assert different > 2
