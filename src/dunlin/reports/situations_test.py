"""Facts gathered for many at once are those gathered one by one, in a fixed number of queries; the past undoes what came later."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.records.calendars import Calendars, seed_calendars
from dunlin.records.models import (
    Application,
    Block,
    CalendarDay,
    Contact,
    Dispute,
    DueDateChange,
    ExchangeRate,
    Item,
    Promise,
    PromiseItem,
    PromiseJudgement,
    Snooze,
)
from dunlin.reports import situations as reports
from dunlin.reports.situations import (
    chunk_ranges,
    customers_with_open_items,
    home_rates,
    situation,
    situations,
)
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, moment

pytestmark = pytest.mark.django_db

POLICY = Policy()


def all_of(day=TODAY, past=False):
    ids = customers_with_open_items(day, past)
    return list(situations(min(ids), max(ids), day, POLICY, {}, past)) if ids else []


def test_slices_hold_so_many_customers_or_items(monkeypatch):
    monkeypatch.setattr(reports, "CHUNK_CUSTOMERS", 3)
    monkeypatch.setattr(reports, "CHUNK_ITEMS", 10)
    counts = {9: 1, 1: 4, 2: 6, 3: 1, 5: 12, 7: 0, 8: 1}
    assert list(chunk_ranges(counts)) == [(1, 2), (3, 3), (5, 5), (7, 9)]
    assert list(chunk_ranges({})) == []


def test_the_facts_of_the_books(books):
    lakeside = situation(books.lakeside.pk, TODAY, POLICY)
    assert [(item.number, item.open) for item in lakeside.items] == [
        ("INV-1001", 50_000),
        ("INV-1002", 100_000),
    ]
    assert lakeside.unapplied == {(books.late.entity_id, "USD"): 20_000}
    assert situation(books.harbour.pk, TODAY, POLICY).items[0].open == 75_000
    assert situation(999_999, TODAY, POLICY) is None


def test_many_at_once_are_the_same_as_one_by_one(books):
    assert all_of() == [situation(each.customer_id, TODAY, POLICY) for each in all_of()]


@pytest.mark.trap(8)
@pytest.mark.parametrize("past", [False, True])
def test_the_number_of_queries_does_not_grow(books, past):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            all_of(TODAY - timedelta(days=1) if past else TODAY, past)
        return len(seen)

    before = queries()
    for _ in range(25):
        cast.invoice(cast.customer(), "10.00", due=TODAY - timedelta(days=9))
    assert queries() == before <= 16


@pytest.mark.req("A4")
def test_a_day_with_nothing_after_it_is_the_same_by_both_ways(books):
    Item.objects.filter(pk=books.late.pk).update(disputed=10_000)
    Dispute.objects.create(
        item=books.late,
        customer=books.lakeside,
        amount=10_000,
        reason="price",
        opened_on=TODAY,
        recorded_at=moment(TODAY),
    )
    then, now = all_of(TODAY, past=True), all_of(TODAY)
    for facts in (*then, *now):
        facts.items = sorted(facts.items)  # the engine gives those of a customer in any order
    assert then == now


@pytest.mark.req("A4")
@pytest.mark.trap(12)
def test_the_past_undoes_later_payments_due_dates_and_disputes(books):
    then = TODAY - timedelta(days=7)
    Dispute.objects.create(
        item=books.part_paid, customer=books.harbour, amount=40_000, reason="price", opened_on=then,
        recorded_at=moment(then), resolved_on=TODAY,
    )  # fmt: skip
    for posted, old, new in ((1, 10, 5), (0, 5, 0)):
        DueDateChange.objects.create(
            item=books.part_paid, old_due_on=TODAY - timedelta(days=old), new_due_on=TODAY - timedelta(days=new),
            posted_on=TODAY - timedelta(days=posted), recorded_at=moment(TODAY), reason="agreed",
        )  # fmt: skip
    harbour = next(each for each in all_of(then, past=True) if each.customer_id == books.harbour.pk)
    item = harbour.items[0]
    assert (item.open, item.disputed, item.due_on) == (100_000, 40_000, TODAY - timedelta(days=10))
    # Posted later than that day: not there yet.
    assert all(not each.unapplied for each in all_of(then, past=True))


@pytest.mark.req("D10")
@pytest.mark.parametrize(
    "flags, expected",
    [
        ([(True, False)], (True, False)),
        ([(True, False), (False, False)], (False, False)),
        ([(True, False), (False, True)], (True, False)),
        ([(False, True), (True, True)], (True, True)),
        ([], (False, False)),
    ],
    ids=str,
)
def test_a_customer_is_silent_only_when_every_contact_is(books, flags, expected):
    of = cast.invoice(cast.customer(), "10.00").customer
    for quiet, ceased in flags:
        Contact.objects.create(customer=of, name="x", do_not_call=quiet, cease_contact=ceased)
    Contact.objects.create(customer=of, name="left", active=False)
    facts = situation(of.pk, TODAY, POLICY)
    assert (facts.do_not_call, facts.cease_contact) == expected


def test_rates_are_the_newest_of_their_day_and_turn_when_only_the_other_way_is_known(db):
    for base, quote, on, rate in (
        ("EUR", "USD", date(2026, 11, 1), "1.10"),
        ("EUR", "USD", date(2026, 11, 20), "1.20"),
        ("EUR", "USD", date(2026, 11, 26), "9.99"),
        ("USD", "JPY", date(2026, 11, 20), "150"),
    ):
        ExchangeRate.objects.create(base=base, quote=quote, on=on, rate=Decimal(rate))
    rates = home_rates(TODAY, "USD")
    assert (rates["EUR"].text, rates["EUR"].on) == ("1.2", date(2026, 11, 20))
    assert rates["JPY"].text == "1 / 150"
    # 15,000 yen are 100.00 dollars.
    assert 15_000 * rates["JPY"].numerator // rates["JPY"].denominator == 10_000


@pytest.mark.rule("P2")
def test_calendars_are_filled_and_read_once(db, django_assert_num_queries):
    added = seed_calendars(("US", None), ["DE", "US"], range(2026, 2028))
    assert set(added) == {"ledger", "bank", "contact:DE", "contact:US"}
    assert seed_calendars(("US", None), ["DE", "US"], range(2026, 2028)) == dict.fromkeys(added, 0)
    calendars = Calendars()
    with django_assert_num_queries(1):
        assert not calendars.get("ledger").is_business_day(date(2026, 11, 26))  # Thanksgiving
        assert not calendars.get("ledger").is_business_day(date(2026, 12, 25))
    # 4 July 2026 is a Saturday: the bank is open on the Friday, the ledger's holiday is moved to it.
    assert calendars.get("bank").is_business_day(date(2026, 7, 3))
    assert not calendars.get("ledger").is_business_day(date(2026, 7, 3))
    assert CalendarDay.objects.filter(calendar__code="contact:DE", on=date(2026, 10, 3)).exists()


@pytest.mark.trap(23)
@pytest.mark.rule("P24")
@pytest.mark.invariant(10)
@pytest.mark.parametrize("past", [False, True])
def test_credit_is_kept_by_entity_that_of_the_group_beside_it_and_deposits_are_none(db, past):
    head = cast.customer()
    branch = cast.customer(parent=head)
    other = cast.entity("DE01")
    cast.invoice(branch, "100.00", due=TODAY - timedelta(days=9))
    cast.item(branch, "deposit", "70.00", reference="order 4711")
    cast.payment(branch, "50.00", of_entity=other)
    cast.payment(head, "30.00", of_entity=other)
    cast.credit_memo(head, "5.00", of_entity=other)
    facts = situation(branch.pk, TODAY, POLICY, past)
    assert facts.unapplied == {(other.pk, "USD"): 5_000}
    assert facts.group_unapplied == {(other.pk, "USD"): 3_500}
    assert situation(head.pk, TODAY, POLICY, past).group_unapplied == {}


def test_a_few_customers_are_read_as_in_their_range(books):
    ids = [books.harbour.pk, books.lakeside.pk]
    chosen = list(situations(0, 0, TODAY, POLICY, {}, only=ids))
    assert chosen == [each for each in all_of() if each.customer_id in ids]
    assert list(situations(0, 0, TODAY, POLICY, {}, True, ids)) == [
        each for each in all_of(TODAY, True) if each.customer_id in ids
    ]


@pytest.mark.rule("P6")
def test_only_wrong_numbers_are_no_phone_and_a_book_without_contacts_is_called_all_the_same(db):
    bare, wrong, gone = (cast.invoice(cast.customer(), "10.00").customer for _ in range(3))
    person = cast.contact(wrong)
    cast.contact(gone, active=False)
    assert [situation(each.pk, TODAY, POLICY).no_phone for each in (bare, wrong, gone)] == [
        False,
        False,
        True,
    ]
    person.points.filter(kind="phone").update(state="wrong")
    assert situation(wrong.pk, TODAY, POLICY).no_phone
    cast.contact(wrong, "Bo", do_not_call=True)
    assert situation(wrong.pk, TODAY, POLICY).no_phone


@pytest.mark.trap(30)
def test_what_is_lifted_in_the_evening_west_of_utc_is_lifted_and_was_in_force_the_day_before(db):
    policy = Policy(ledger_time_zone="America/Los_Angeles")
    of = cast.invoice(cast.customer(), "10.00", due=TODAY - timedelta(days=9)).customer
    evening = moment(TODAY + timedelta(days=1), 1, 30)  # 17:30 of TODAY in Los Angeles
    Block.objects.create(
        customer=of,
        kind="legal",
        from_on=TODAY - timedelta(days=5),
        recorded_at=moment(TODAY),
        lifted_at=evening,
    )
    Snooze.objects.create(
        customer=of, from_on=TODAY - timedelta(days=5), until_on=TODAY + timedelta(days=9), reason="asked",
        by=cast.user(), at=moment(TODAY), ended_at=evening,
    )  # fmt: skip
    now = situation(of.pk, TODAY, policy)
    assert (list(now.blocks), now.snooze) == ([], None)
    assert not situation(of.pk, TODAY, policy, past=True).blocks
    yesterday = situation(of.pk, TODAY - timedelta(days=1), policy, past=True)
    assert [each.kind for each in yesterday.blocks] == ["legal"]
    assert yesterday.snooze.why == "asked"


@pytest.mark.rule("P18")
def test_a_promise_broke_on_the_day_it_was_first_judged_so(db):
    item = cast.invoice(cast.customer(), "10.00", due=TODAY - timedelta(days=9))
    made = Promise.objects.create(
        customer=item.customer, currency="USD", due_on=TODAY - timedelta(days=6), made_on=TODAY - timedelta(days=8),
        status="broken", recorded_at=moment(TODAY), by=cast.user(),
    )  # fmt: skip
    for days, status in ((5, "kept"), (4, "broken"), (2, "broken")):
        PromiseJudgement.objects.create(
            promise=made,
            on=TODAY - timedelta(days=days),
            recorded_at=moment(TODAY),
            status=status,
            paid=0,
            why="",
        )
    [fact] = situation(item.customer_id, TODAY, POLICY).promises
    assert fact.broke_on == TODAY - timedelta(days=4)


@pytest.mark.req("H2")
@pytest.mark.rule("P18")
def test_a_promise_stands_on_a_past_day_as_it_was_judged_by_then(books):
    due = TODAY - timedelta(4)
    kept = Promise.objects.create(
        customer=books.lakeside, currency="USD", amount=100, due_on=due, made_on=due - timedelta(5),
        recorded_at=cast.moment(due - timedelta(5)), status="broken", judged_on=due + timedelta(3),
    )  # fmt: skip
    PromiseJudgement.objects.create(
        promise=kept, on=due + timedelta(3), recorded_at=cast.moment(due + timedelta(3)), status="broken", paid=0, why="none"
    )  # fmt: skip

    def told(day):
        return [each.status for each in situation(books.lakeside.pk, day, POLICY, past=True).promises]

    assert told(due) == told(due + timedelta(2)) == ["open"]
    assert told(due + timedelta(3)) == ["broken"]
    assert told(due - timedelta(6)) == []
    newer = Promise.objects.create(
        customer=books.lakeside, currency="USD", amount=100, due_on=TODAY, made_on=TODAY, recorded_at=cast.moment(TODAY)
    )  # fmt: skip
    Promise.objects.filter(pk=kept.pk).update(replaced_by=newer)
    assert told(due + timedelta(3)) == ["broken"]
    assert [each.id for each in situation(books.lakeside.pk, TODAY, POLICY).promises] == [newer.pk]


@pytest.mark.rule("P18")
@pytest.mark.trap(52)
@pytest.mark.parametrize("past", [False, True])
def test_of_a_promise_with_an_amount_the_money_that_came_since_is_told(db, past):
    of = cast.customer()
    first, second = (cast.invoice(of, "100.00", due=TODAY - timedelta(days=9)) for _ in range(2))
    cast.payment(of, "7.00", on=TODAY - timedelta(days=5), applied_to=first)
    made = Promise.objects.create(
        customer=of, currency="USD", amount=6_000, due_on=TODAY + timedelta(days=3), made_on=TODAY - timedelta(days=4),
        recorded_at=moment(TODAY - timedelta(days=4)),
    )  # fmt: skip
    for item in (first, second):
        PromiseItem.objects.create(promise=made, item=item, open_then=10_000)
        item.refresh_from_db()

    def paid(day=TODAY):
        return [each.paid for each in situation(of.pk, day, POLICY, past).promises]

    assert paid() == [0]
    for item, amount in ((first, "20.00"), (second, "40.00")):
        cast.payment(of, amount, on=TODAY - timedelta(days=1), applied_to=item)
        item.refresh_from_db()
    memo = cast.credit_memo(of, "5.00", on=TODAY - timedelta(days=1))
    cast.apply(memo, first, memo.open, on=TODAY - timedelta(days=1))
    assert paid() == [6_000]
    assert situation(of.pk, TODAY - timedelta(days=2), POLICY, past=True).promises[0].paid == 0
    for use in Application.objects.filter(debit=first, credit__kind="payment"):
        cast.reverse(use, on=TODAY)
    assert paid() == [6_000 - 2_000 - 700]


@pytest.mark.rule("P18")
def test_the_end_of_a_block_of_an_item_is_told(db):
    item = cast.invoice(cast.customer(), "10.00", due=TODAY - timedelta(days=9))
    end = TODAY + timedelta(days=2)
    Block.objects.create(
        customer=item.customer,
        item=item,
        kind="extension",
        from_on=TODAY,
        until_on=end,
        recorded_at=moment(TODAY),
    )
    assert situation(item.customer_id, TODAY, POLICY).block_ends == {item.pk: end}
