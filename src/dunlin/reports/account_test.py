"""The account page's figures: groups that add up to the balance on any day, money followed both ways, promises as they stood."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.records.models import (
    Block,
    Customer,
    Decision,
    ExchangeRate,
    Item,
    Promise,
    PromiseItem,
    PromiseJudgement,
)
from dunlin.reports.account import account, discount_words
from dunlin.reports.account_items import GROUPS, account_items, where_it_went
from dunlin.reports.account_promises import promises_of
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy
from tests.cast import TODAY, apply, books, customer, invoice, moment, payment, reverse
from tests.random_books import FIRST, recomputed, write

pytestmark = pytest.mark.django_db
POLICY = Policy()


@pytest.mark.req("B9")
@pytest.mark.req("A1")
def test_the_head_of_an_account_in_one_glance():
    made = books()
    Decision.objects.create(
        day=TODAY,
        customer=made.lakeside,
        step="call",
        tier="late",
        code="due_late",
        facts={"a": 1},
        past_due_home=1,
        recorded_at=moment(TODAY),
    )
    Customer.objects.filter(pk=made.lakeside.pk).update(credit_limit=300_000)
    head = account(made.lakeside.pk, TODAY, POLICY)
    [usd] = head.balances
    assert (usd.buckets, usd.debits, usd.unapplied, usd.net) == (
        (100_000, 0, 50_000, 0, 0),
        150_000,
        20_000,
        130_000,
    )
    assert (usd.past_due, usd.late, usd.oldest_days, usd.items, usd.items_past_due) == (
        50_000,
        50_000,
        40,
        2,
        1,
    )
    assert (head.credit_line.used, head.credit_line.available, head.credit_line.used_pct) == (
        150_000,
        150_000,
        Decimal(50),
    )
    assert head.terms_words.startswith("Net 30 days")
    assert head.people["collector"] == made.alice.name
    assert [child.number for child in head.children] == ["L-101"]
    assert head.group[0].debits == 180_000
    assert head.next_step is not None
    assert (head.next_step.code, head.next_step.day) == ("due_late", TODAY)
    assert {point.kind for point in head.contacts[0].points} == {"phone", "email"}
    assert account(made.branch.pk, TODAY, POLICY).group == head.group
    assert account(made.harbour.pk, TODAY, POLICY).group == ()


def test_the_head_as_of_a_past_day_and_of_nobody():
    made = books()
    [usd] = account(made.harbour.pk, TODAY - timedelta(6), POLICY).balances
    assert (usd.debits, usd.unapplied, usd.oldest_days) == (100_000, 0, 4)
    assert account(made.harbour.pk, TODAY - timedelta(6), POLICY).next_step is None
    with pytest.raises(Refused, match="no customer"):
        account(10**9, TODAY, POLICY)


@pytest.mark.trap(37)
def test_no_limit_is_not_a_limit_of_zero():
    none, zero = customer(), customer(credit_limit=0)
    assert (
        account(none.pk, TODAY, POLICY).credit_line.limit,
        account(none.pk, TODAY, POLICY).credit_line.available,
    ) == (None, None)
    invoice(zero, "5.00")
    line = account(zero.pk, TODAY, POLICY).credit_line
    assert (line.limit, line.available, line.used_pct) == (0, -500, None)


@pytest.mark.trap(43)
def test_the_credit_line_converts_only_at_a_stated_rate():
    of = customer(credit_limit=100_000)
    invoice(of, "100.00", currency="EUR")
    assert account(of.pk, TODAY, POLICY).credit_line.used is None
    ExchangeRate.objects.create(base="EUR", quote="USD", rate=Decimal("1.5"), on=TODAY)
    line = account(of.pk, TODAY, POLICY).credit_line
    assert (line.used, [str(each) for each in line.rates]) == (15_000, [f"1 EUR = 1.500000 USD ({TODAY})"])


@pytest.mark.invariant(4)
@pytest.mark.parametrize("seed", [31, 32])
def test_the_groups_of_an_account_are_its_balance_on_any_day(seed):
    for of in write(seed):
        for as_of in (TODAY, TODAY - timedelta(20), FIRST + timedelta(80)):
            slow = {one.item.pk: one for one in recomputed(as_of) if one.item.customer_id == of.pk}
            seen: dict[int, str] = {}
            for group in GROUPS[:4]:
                told = account_items(of.pk, as_of, POLICY, group=group, page_size=500)
                assert told.totals[group].count == len(told.items)
                for item in told.items:
                    assert item.id not in seen
                    seen[item.id] = group
                    one = slow[item.id]
                    assert (item.open, item.due_on, item.disputed) == (one.open, one.due_on, one.disputed)
            assert seen.keys() == slow.keys()
            for pk, group in seen.items():
                one = slow[pk]
                due = "past_due" if one.due_on < as_of else "due_soon"
                assert group == ("credits" if one.item.side == -1 else "disputed" if one.disputed else due)
            closed = account_items(of.pk, as_of, POLICY, group="closed", page_size=500)
            ever = set(Item.objects.filter(customer=of, posted_on__lte=as_of).values_list("pk", flat=True))
            assert {item.id for item in closed.items} == ever - slow.keys()
            assert closed.closed == len(closed.items)


def test_items_are_paged_and_sorted_and_carry_their_promise_and_block():
    of = customer()
    items = [
        invoice(of, f"{10 + index}.00", due=TODAY - timedelta(index + 1), number=f"N{index}")
        for index in range(7)
    ]
    promise = Promise.objects.create(
        customer=of, currency="USD", due_on=TODAY + timedelta(3), made_on=TODAY, recorded_at=moment(TODAY)
    )
    PromiseItem.objects.create(promise=promise, item=items[0], open_then=1000)
    Block.objects.create(
        customer=of,
        item=items[1],
        kind="extension",
        from_on=TODAY,
        reason="agreed",
        recorded_at=moment(TODAY),
    )
    for sort, first in (
        ("due_on", "N6"),
        ("-due_on", "N0"),
        ("-open", "N6"),
        ("number", "N0"),
        ("-number", "N6"),
    ):
        pages = [account_items(of.pk, TODAY, POLICY, page=page, page_size=3, sort=sort) for page in (1, 2, 3)]
        rows = [item for page in pages for item in page.items]
        assert len({item.id for item in rows}) == 7
        assert rows[0].number == first
    by_number = {item.number: item for item in account_items(of.pk, TODAY, POLICY).items}
    assert by_number["N0"].promised_on == TODAY + timedelta(3)
    assert (by_number["N1"].block, by_number["N2"].block) == ("extension", "")


@pytest.mark.req("B9")
def test_where_a_payment_went_and_what_paid_an_invoice():
    of = customer()
    one, two = invoice(of, "100.00", number="A"), invoice(of, "50.00", number="B")
    paid = payment(of, "120.00", on=TODAY - timedelta(5), reference="WIRE")
    used = apply(paid, one, "100.00")
    apply(paid, two, "20.00")
    went = where_it_went(paid.pk, TODAY)
    assert [(use.other_number, use.amount) for use in went.uses] == [("A", 10_000), ("B", 2_000)]
    assert (went.amount, went.used, went.open) == (12_000, 12_000, 0)
    came = where_it_went(one.pk, TODAY)
    assert [(use.other_kind, use.other_reference, use.amount) for use in came.uses] == [
        ("payment", "WIRE", 10_000)
    ]
    before = TODAY - timedelta(6)
    assert where_it_went(one.pk, before).uses == ()
    undone = reverse(used, on=TODAY)
    again = where_it_went(one.pk, TODAY)
    assert [(use.amount, use.reverses_id) for use in again.uses] == [(10_000, None), (-10_000, used.pk)]
    assert (again.used, again.open, undone.amount) == (0, 10_000, -10_000)
    assert where_it_went(10**9, TODAY) is None


@pytest.mark.req("D2")
def test_a_promise_is_shown_as_it_stood_on_the_day():
    of = customer()
    due = invoice(of, "100.00")
    promise = Promise.objects.create(
        customer=of, currency="USD", due_on=TODAY - timedelta(9), made_on=TODAY - timedelta(20), recorded_at=moment(TODAY),
        status="broken", judged_on=TODAY - timedelta(2), paid=0,
    )  # fmt: skip
    PromiseItem.objects.create(promise=promise, item=due, open_then=10_000)
    for on, status, paid in ((TODAY - timedelta(6), "kept", 10_000), (TODAY - timedelta(2), "broken", 0)):
        PromiseJudgement.objects.create(
            promise=promise, on=on, recorded_at=moment(on), status=status, paid=paid, why=f"was {status}"
        )
    stood = {back: promises_of(of.pk, TODAY - timedelta(back)) for back in (0, 4, 10, 30)}
    assert [(back, [each.status for each in rows]) for back, rows in stood.items()] == [
        (0, ["broken"]), (4, ["kept"]), (10, ["open"]), (30, [])
    ]  # fmt: skip
    assert (stood[4][0].paid, stood[4][0].why, stood[4][0].covers, stood[4][0].items) == (
        10_000,
        "was kept",
        10_000,
        ((due.pk, due.number),),
    )


@pytest.mark.trap(9)
def test_the_number_of_queries_does_not_grow_with_the_account():
    of = customer()

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            account(of.pk, TODAY, POLICY)
            for group in GROUPS:
                account_items(of.pk, TODAY, POLICY, group=group)
            promises_of(of.pk, TODAY)
        return len(queries)

    def more(count: int) -> None:
        for index in range(count):
            due = invoice(of, "10.00", due=TODAY + timedelta(index - 5))
            if index % 3 == 0:
                payment(of, "10.00", applied_to=due)
        payment(of, "5.00")

    more(7)
    before = asked()
    more(20)
    assert asked() == before


@pytest.mark.parametrize(
    "rule, words",
    [
        ({"kind": "net_days", "days": 30, "discount_pct": "2", "discount_days": 10}, "Taking the discount is worth 37.2 % a year."),
        ({"kind": "net_days", "days": 45, "discount_pct": "1", "discount_days": 15}, "Taking the discount is worth 12.3 % a year."),
        ({"kind": "net_days", "days": 10, "discount_pct": "2", "discount_days": 10}, ""),
        ({"kind": "eom_plus", "days": 10, "discount_pct": "2", "discount_days": 5}, ""),
        ({"kind": "net_days", "days": 30}, ""),
        ({"kind": "net_days", "days": "many"}, ""),
        ({"kind": "unknown"}, ""),
        ({"kind": "never"}, ""),
    ],
)  # fmt: skip
def test_a_discount_says_what_it_is_worth_a_year(rule, words):
    assert discount_words("X", rule) == words
