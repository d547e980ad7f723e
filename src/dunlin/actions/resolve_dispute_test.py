"""Disputes: opened up to what is open, following what is open, resolved without touching it; and due dates changed on record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from dunlin.actions.change_due_date import change_due_date
from dunlin.actions.lock_period import lock_period
from dunlin.actions.open_dispute import open_dispute
from dunlin.actions.resolve_dispute import RESOLUTIONS, resolve_dispute
from dunlin.records.items import STAGES
from dunlin.records.models import Balance, DueDateChange, FollowUp, Item
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, Books, who

pytestmark = [pytest.mark.rule("P13"), pytest.mark.invariant(20)]


def usd(text: str) -> Money:
    return Money.exact(text, "USD")


def test_part_of_an_item_is_disputed_and_the_rest_stays_collectable(books: Books) -> None:
    made = open_dispute(who(books.alice), books.late.pk, usd("200"), reason="price", note="agreed 300")
    assert (made.amount, made.disputed) == (usd("200"), usd("200"))
    balance = Balance.objects.get(customer=books.lakeside)
    assert (balance.disputed, balance.past_due) == (20_000, 50_000)


def test_the_disputed_amount_falls_with_what_is_open_and_returns_with_it(books: Books) -> None:
    open_dispute(who(), books.late.pk, usd("400"), reason="price")
    books.late.refresh_from_db()
    paid = cast.payment(books.lakeside, "300.00", applied_to=books.late)
    assert Item.objects.get(pk=books.late.pk).disputed == 20_000
    cast.reverse(paid.uses.get(), on=TODAY)
    assert Item.objects.get(pk=books.late.pk).disputed == 40_000


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_resolving_changes_nothing_owed_and_plans_a_follow_up(books: Books, resolution: str) -> None:
    first = open_dispute(who(), books.late.pk, usd("200"), reason="price")
    open_dispute(who(), books.late.pk, usd("100"), reason="freight")
    resolved = resolve_dispute(who(books.mona), first.dispute_id, resolution)

    late = Item.objects.get(pk=books.late.pk)
    assert (late.open, late.disputed, resolved.disputed) == (50_000, 10_000, usd("100"))
    follow_up = FollowUp.objects.get(pk=resolved.follow_up_id)
    # Five business days after Wednesday: the next Wednesday.
    assert (follow_up.owner, follow_up.due_on) == (books.alice, date(2026, 12, 2))
    assert verify(TODAY, Policy()).clean
    with pytest.raises(Refused) as refused:
        resolve_dispute(who(), first.dispute_id, resolution)
    assert refused.value.code == "dispute_resolved_already"


@pytest.mark.parametrize(
    "which, change, code",
    [
        ("late", {"amount": usd("500.01")}, "dispute_exceeds_open"),
        ("late", {"amount": usd("0")}, "amount_not_positive"),
        ("late", {"reason": " "}, "reason_missing"),
        ("late", {"opened_on": TODAY + timedelta(days=1)}, "posting_in_future"),
        ("unapplied", {}, "dispute_of_credit"),
    ],
)
def test_what_cannot_be_disputed(books: Books, which: str, change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        open_dispute(who(), getattr(books, which).pk, **{"reason": "price", **change})
    assert refused.value.code == code
    assert not Item.objects.filter(disputed__gt=0).exists()


def test_a_due_date_changes_on_record(books: Books) -> None:
    old, new = books.late.due_on, TODAY + timedelta(days=14)
    changed = change_due_date(who(), books.late.pk, new, reason="extension agreed")
    assert (changed.old_due_on, changed.new_due_on) == (old, new)
    item = Item.objects.get(pk=books.late.pk)
    # 40 days past due until now: 5 and 15 days were gone past, and the later date does not offer them again (P4).
    assert (item.due_on, STAGES[item.stage], item.stage_on) == (new, "d15", TODAY)
    assert Balance.objects.get(customer=books.lakeside).past_due == 0
    row = DueDateChange.objects.get(pk=changed.change_id)
    assert (row.old_due_on, row.new_due_on, row.posted_on, row.reason) == (
        old,
        new,
        TODAY,
        "extension agreed",
    )


@pytest.mark.parametrize(
    "which, due, posted, code",
    [
        ("unapplied", TODAY, TODAY, "due_date_of_credit"),
        ("branch_invoice", TODAY, TODAY, "due_date_unchanged"),
        ("late", TODAY - timedelta(days=71), TODAY, "due_date_before_document"),
        ("late", TODAY, TODAY - timedelta(days=71), "application_before_document"),
        ("late", TODAY, TODAY + timedelta(days=1), "posting_in_future"),
    ],
)
def test_what_due_date_cannot_be_changed(
    books: Books, which: str, due: date, posted: date, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        change_due_date(who(), getattr(books, which).pk, due, reason="asked", posted_on=posted)
    assert refused.value.code == code
    assert not DueDateChange.objects.exists()


@pytest.mark.invariant(12)
def test_a_locked_period_keeps_what_was_in_dispute(books: Books) -> None:
    october = TODAY - timedelta(days=40), TODAY - timedelta(days=20)
    made = open_dispute(
        who(), books.late.pk, usd("100"), reason="price", opened_on=TODAY - timedelta(days=30)
    )
    lock_period(who(), books.entity.pk, *october)
    for act in (
        lambda: open_dispute(
            who(), books.late.pk, usd("100"), reason="price", opened_on=TODAY - timedelta(days=30)
        ),
        lambda: resolve_dispute(who(), made.dispute_id, "refused", resolved_on=TODAY - timedelta(days=25)),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "period_locked"
        assert refused.value.facts["first_open"] == TODAY - timedelta(days=19)
    resolve_dispute(who(), made.dispute_id, "refused", resolved_on=TODAY - timedelta(days=19))
    assert verify(TODAY, Policy()).clean
