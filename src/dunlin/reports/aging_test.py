"""Aging: totals are the ledger's, cells drill to their items, today's balances and the arrays tell the same."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.records import balance_sums
from dunlin.records.models import Balance, Customer, ExchangeRate, Item
from dunlin.reports import aging as aging_module
from dunlin.reports.aging import GROUPS, aging, aging_table, inside
from dunlin.reports.aging_items import CELLS, aging_items
from dunlin.reports.filters import NOBODY, Filters
from dunlin.reports.rates import rate, rates_to
from dunlin.rules.aging import bucket_index, buckets_of
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests.cast import TODAY, books, customer, invoice, payment
from tests.random_books import FIRST, recomputed, write

pytestmark = pytest.mark.django_db
POLICY = Policy()
SEEDS = (11, 12)


def quote(base: str, to: str, number: str, on: date) -> None:
    ExchangeRate.objects.create(base=base, quote=to, rate=Decimal(number), on=on, source="test")


def slow_figures(as_of: date, basis: str, key) -> dict:
    """(group, currency) → (buckets, unapplied, disputed, past due, late, items), one item at a time."""
    buckets = buckets_of(basis, POLICY.aging_bucket_uppers)
    found: dict = defaultdict(lambda: [[0] * len(buckets.labels), 0, 0, 0, 0, 0])
    for one in recomputed(as_of):
        figures = found[key(one.item), one.item.currency]
        if one.item.side == -1:
            figures[1] += one.open
            continue
        late = (as_of - one.due_on).days
        age = late if basis == "due_date" else (as_of - one.item.document_on).days
        figures[0][bucket_index(buckets, age)] += one.open
        figures[2] += one.disputed
        figures[3] += one.open if late >= 1 else 0
        figures[4] += one.open if late >= 31 else 0
        figures[5] += 1
    return {where: (tuple(each[0]), *each[1:]) for where, each in found.items()}


def told_figures(report) -> dict:
    return {
        (row.key, row.figures.currency): (
            row.figures.buckets, row.figures.unapplied, row.figures.disputed, row.figures.past_due, row.figures.late,
            row.figures.items,
        )
        for row in report.rows
    }  # fmt: skip


KEYS = {
    None: lambda item: None,
    "customer": lambda item: item.customer_id,
    "parent": lambda item: item.customer.parent_id or item.customer_id,
    "collector": lambda item: item.customer.collector_id,
    "entity": lambda item: item.entity_id,
    "country": lambda item: item.customer.country,
    "region": lambda item: item.customer.region,
    "segment": lambda item: item.customer.segment,
    "kind": lambda item: item.kind,
    "invoice_class": lambda item: item.invoice_class,
    "currency": lambda item: item.currency,
}


@pytest.mark.req("F2")
@pytest.mark.invariant(5)
@pytest.mark.parametrize("by", [None, *GROUPS])
def test_every_group_equals_an_independent_sum_on_any_day(by):
    write(11)
    for as_of in (TODAY, TODAY - timedelta(40), FIRST + timedelta(60)):
        for basis in ("due_date", "invoice_date"):
            report = aging(as_of, TODAY, POLICY, by=by, basis=basis, page_size=None)
            assert told_figures(report) == slow_figures(as_of, basis, KEYS[by]), (as_of, basis)


@pytest.mark.invariant(4)
@pytest.mark.invariant(5)
@pytest.mark.parametrize("seed", SEEDS)
def test_totals_are_the_ledger_whatever_the_basis_group_or_page(seed):
    write(seed)
    for as_of in (TODAY, TODAY - timedelta(25)):
        ledger: dict = defaultdict(int)
        for one in recomputed(as_of):
            ledger[one.item.currency] += one.open * one.item.side
        for basis in ("due_date", "invoice_date"):
            for by in (None, "customer", "kind"):
                report = aging(as_of, TODAY, POLICY, basis=basis, by=by, page_size=2)
                assert {each.currency: each.net for each in report.totals} == dict(ledger)
                assert all(sum(each.buckets) == each.debits for each in report.totals)


@pytest.mark.parametrize("by", [None, *GROUPS])
def test_balances_and_arrays_tell_the_same_in_the_same_order(by, monkeypatch):
    write(12)
    quote("EUR", "USD", "1.08", FIRST)
    for sort in ("-net", "label", "-late", "items"):
        stored = aging(TODAY, TODAY, POLICY, by=by, sort=sort, page_size=None)
        with monkeypatch.context() as patch:
            patch.setattr(aging_module, "served_by_balances", lambda *_: False)
            arrays = aging(TODAY, TODAY, POLICY, by=by, sort=sort, page_size=None)
        assert stored.from_balances == (by not in ("kind", "invoice_class"))
        assert replace(stored, from_balances=False) == replace(arrays, from_balances=False), (by, sort)


def test_a_stale_balance_is_never_shown():
    """The night run was late: items crossed into other buckets and the balances do not know it yet."""
    write(11)
    balance_sums.rebuild(TODAY - timedelta(200), POLICY)
    assert Balance.objects.filter(next_crossing_on__lte=TODAY).exists()
    for by in (None, "customer", "entity"):
        assert told_figures(aging(TODAY, TODAY, POLICY, by=by, page_size=None)) == slow_figures(
            TODAY, "due_date", KEYS[by]
        )


def test_a_payment_posted_for_tomorrow_does_not_count_today():
    of = customer()
    due = invoice(of, "100.00", due=TODAY - timedelta(3))
    payment(of, "100.00", on=TODAY + timedelta(1), applied_to=due)
    report = aging(TODAY, TODAY, POLICY)
    assert not report.from_balances
    assert (report.totals[0].past_due, report.totals[0].unapplied) == (10_000, 0)


@pytest.mark.invariant(6)
def test_each_item_is_in_one_bucket_and_grows_only_older():
    write(12)
    before: dict[int, int] = {}
    for as_of in (TODAY + timedelta(days) for days in (0, 1, 7, 30, 31, 32, 100)):
        seen: dict[int, int] = {}
        for index in range(5):
            for item in aging_items(as_of, TODAY, POLICY, cell=index, page_size=1000).items:
                assert item.id not in seen
                seen[item.id] = index
        assert set(seen) == set(Item.objects.filter(side=1, open__gt=0).values_list("pk", flat=True))
        assert all(seen[pk] >= before.get(pk, 0) for pk in seen)
        before = seen


@pytest.mark.req("F2")
@pytest.mark.parametrize("by", [None, *GROUPS])
@pytest.mark.parametrize("back", [0, 33])
def test_every_cell_drills_to_items_that_sum_to_it(by, back):
    write(12)
    as_of = TODAY - timedelta(back)
    report = aging(as_of, TODAY, POLICY, by=by, page_size=None)
    assert report.rows
    for row in report.rows[:8]:
        only = replace(inside(report.only, by, row.key), currency=row.figures.currency)
        figures = row.figures
        wanted = {
            **dict(enumerate(figures.buckets)), "all": figures.net, "debits": figures.debits,
            "unapplied": figures.unapplied, "disputed": figures.disputed, "past_due": figures.past_due, "late": figures.late,
        }  # fmt: skip
        for cell, minor in wanted.items():
            found = aging_items(as_of, TODAY, POLICY, only=only, cell=cell, page_size=1000)
            assert found.totals.get(figures.currency, 0) == minor, (row, cell)
            column = "disputed" if cell == "disputed" else "open"
            signed = (getattr(item, column) * (item.side if cell == "all" else 1) for item in found.items)
            assert sum(signed) == minor
            assert len(found.items) == found.count
    assert set(CELLS) <= set(wanted)


def test_the_items_of_today_and_of_arrays_are_the_same_rows():
    write(11)
    for cell in (*CELLS, 0, 1, 4):
        for sort in ("-open", "due_on", "-document_on"):
            today = aging_items(TODAY, TODAY, POLICY, cell=cell, page=1, page_size=7, sort=sort)
            arrays = aging_items(
                TODAY, TODAY + timedelta(1), POLICY, cell=cell, page=1, page_size=7, sort=sort
            )
            assert today == arrays, (cell, sort)


@pytest.mark.trap(13)
@pytest.mark.trap(15)
@pytest.mark.parametrize(
    "late, bucket", [(0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)]
)
def test_the_edges_are_the_same_in_sql_and_arrays(late, bucket):
    invoice(customer(), "10.00", due=TODAY - timedelta(late))
    for report in (aging(TODAY, TODAY, POLICY), aging(TODAY, TODAY + timedelta(1), POLICY)):
        assert [index for index, minor in enumerate(report.totals[0].buckets) if minor] == [bucket]
        assert report.totals[0].late == (1000 if late >= 31 else 0)
    for today in (TODAY, TODAY + timedelta(1)):
        assert aging_items(TODAY, today, POLICY, cell=bucket).count == 1


def test_pages_make_the_whole_and_keep_the_totals():
    write(11)
    whole = aging(TODAY, TODAY, POLICY, by="customer", page_size=None)
    pages = [aging(TODAY, TODAY, POLICY, by="customer", page=page, page_size=3) for page in range(1, 9)]
    assert tuple(row for page in pages for row in page.rows) == whole.rows
    assert all(page.totals == whole.totals and page.row_count == len(whole.rows) for page in pages)


def test_a_part_of_the_book_for_a_collector_and_for_nobody():
    made = books()
    mine = aging(TODAY, TODAY, POLICY, only=Filters(collector=made.alice.pk))
    assert (mine.totals[0].debits, mine.totals[0].unapplied) == (180_000, 20_000)
    assert mine.totals[0].customers == 2
    assert aging(TODAY, TODAY, POLICY, only=Filters(collector=NOBODY)).totals == ()
    scope = Customer.objects.filter(collector=made.bob)
    assert aging(TODAY, TODAY, POLICY, only=Filters(scope=scope)).totals[0].debits == 75_000
    assert aging(TODAY, TODAY, POLICY, only=Filters(scope=scope.none())).totals == ()
    group = aging(TODAY, TODAY, POLICY, by="parent")
    assert [(row.number, row.figures.debits) for row in group.rows] == [("L-100", 180_000), ("H-200", 75_000)]


@pytest.mark.invariant(11)
@pytest.mark.trap(43)
def test_the_home_total_states_its_rates_and_names_what_it_lacks():
    invoice(customer(currency="USD"), "10.00")
    invoice(customer(currency="EUR"), "10.00")
    invoice(customer(currency="JPY"), "1,000")
    quote("EUR", "USD", "1.10", TODAY - timedelta(9))
    quote("EUR", "USD", "1.20", TODAY + timedelta(1))
    home = aging(TODAY, TODAY, POLICY).home
    assert home.figures.debits == 1000 + 1100
    assert [str(each) for each in home.rates] == [f"1 EUR = 1.100000 USD ({TODAY - timedelta(9)})"]
    assert home.missing == (Money(1000, "JPY"),)
    earlier = aging(TODAY - timedelta(10), TODAY, POLICY).home
    assert [each.currency for each in earlier.missing] == ["EUR", "JPY"]
    header, _, totals = aging_table(aging(TODAY, TODAY, POLICY, by="currency"))
    assert len(totals) == 4
    assert "without 1,000 JPY (no rate)" in totals[-1][1]
    assert all(len(line) == len(header) for line in totals)


def test_a_rate_is_the_newest_of_its_day_or_the_other_way_round_or_none():
    quote("EUR", "USD", "1.10", date(2026, 1, 1))
    quote("EUR", "USD", "1.20", date(2026, 3, 1))
    quote("USD", "CAD", "1.25", date(2026, 1, 1))
    assert rate("EUR", "USD", date(2026, 2, 28)).rate == Decimal("1.10")
    assert rate("EUR", "USD", date(2026, 3, 1)).rate == Decimal("1.20")
    assert rate("EUR", "USD", date(2025, 12, 31)) is None
    turned = rate("CAD", "USD", date(2026, 2, 1))
    assert (turned.rate, turned.inverted) == (Decimal("0.8"), True)
    assert rate("JPY", "USD", date(2026, 2, 1)) is None
    assert set(rates_to("USD", ["USD", "EUR", "JPY"], date(2026, 2, 1))) == {"USD", "EUR"}


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ValueError, match="not by 'colour'"):
        aging(TODAY, TODAY, POLICY, by="colour")
    with pytest.raises(ValueError, match="no column"):
        aging(TODAY, TODAY, POLICY, sort="-bucket_5")
    with pytest.raises(ValueError, match="no cell"):
        aging_items(TODAY, TODAY, POLICY, cell=5)


@pytest.mark.trap(8)
@pytest.mark.parametrize("by", [None, "parent", "region"])
def test_the_number_of_queries_does_not_grow(by):
    def asked(as_of) -> int:
        with CaptureQueriesContext(connection) as queries:
            aging(as_of, TODAY, POLICY, by=by)
            aging_items(as_of, TODAY, POLICY)
        return len(queries)

    write(11, documents=20)
    before = asked(TODAY), asked(TODAY - timedelta(9))
    write(13, documents=60)
    assert (asked(TODAY), asked(TODAY - timedelta(9))) == before
    assert max(before) <= 22
