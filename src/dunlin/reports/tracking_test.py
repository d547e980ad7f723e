"""Tracking reports: equal to a slow recomputation, equal to the aging, every document in one band, a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.records.models import Customer, ExchangeRate
from dunlin.reports.aging import aging
from dunlin.reports.books import extract
from dunlin.reports.filters import Filters
from dunlin.reports.losses import expected_loss, month_ends_of, roll_rates
from dunlin.reports.tracking import EDGES, LABELS, past_due
from dunlin.reports.tracking_lists import band_items, large_debits, old_credits
from dunlin.rules import tracking as rules
from dunlin.rules.aging import bucket_index, buckets_of
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests.cast import TODAY, customer, invoice, payment
from tests.random_books import FIRST, moment, recomputed, write

pytestmark = [pytest.mark.django_db, pytest.mark.req("F1"), pytest.mark.rule("P17")]
POLICY = Policy()
DAYS = (TODAY, TODAY - timedelta(40), FIRST + timedelta(100))
EUR, CAD = Decimal("1.0837"), Decimal("0.7319")


def quotes() -> None:
    for base, number in (("EUR", EUR), ("CAD", CAD)):
        ExchangeRate.objects.create(base=base, quote="USD", rate=number, on=FIRST, source="test")


def worth(minor: int, currency: str) -> Decimal:
    return minor * {"USD": Decimal(1), "EUR": EUR, "CAD": CAD}[currency]


def rounded(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_HALF_UP))


@pytest.mark.trap(10)
@pytest.mark.invariant(6)
@pytest.mark.parametrize("seed", [21, 22])
@pytest.mark.parametrize("then", [False, True])
def test_bands_equal_a_slow_recomputation(seed, then):
    write(seed)
    for day in DAYS:
        known = moment(day) if then else None
        slow: dict = defaultdict(lambda: [0, [0] * len(LABELS), [0] * len(LABELS), 0])
        for one in recomputed(day, known):
            if one.item.side != 1:
                continue
            late, of = (day - one.due_on).days, slow[one.item.currency]
            inside = [
                at for at, (low, high) in enumerate(EDGES) if low <= late and (high is None or late <= high)
            ]
            assert len(inside) == (1 if late >= 1 else 0), "each debit stands in exactly one band"
            for at in inside:
                of[1][at] += one.open
                of[2][at] += 1
            of[0] += one.open if late < 1 else 0
            of[3] += one.open if late >= 31 else 0
        told = past_due(extract(day, known), POLICY).by_currency
        assert {
            each.currency: [each.not_due, list(each.bands), list(each.items), each.late] for each in told
        } == dict(slow)
        for each in told:
            for least, minor in zip(rules.CUMULATIVE_DAYS, each.or_more):
                assert minor == sum(band for band, (low, _) in zip(each.bands, EDGES) if low >= least), (
                    "the cumulative view is the sum of its bands"
                )


@pytest.mark.invariant(4)
@pytest.mark.trap(13)
@pytest.mark.parametrize("seed", [21, 22])
def test_the_totals_are_those_of_the_aging_in_every_currency(seed):
    write(seed)
    quotes()
    for day in DAYS:
        for only in (Filters(), Filters(currency="EUR"), Filters(country="US")):
            report, aged = past_due(extract(day, only=only), POLICY), aging(day, TODAY, POLICY, only=only)
            assert [
                (each.currency, each.past_due, each.not_due, each.late) for each in report.by_currency
            ] == [
                (each.currency, each.past_due, each.buckets[0], each.late)
                for each in aged.totals
                if each.debits
            ]
            home, total = aged.home.figures, report.total
            if not home.buckets:  # nothing open at all
                assert report.by_currency == ()
                continue
            assert (total.past_due, total.not_due, total.late) == (home.past_due, home.buckets[0], home.late)
            assert [total.documents, sum(each.documents for each in report.by_currency)] == [
                home.items_past_due
            ] * 2
            assert [rate.base for rate in report.home.rates] == [
                each.currency for each in report.by_currency if each.currency != "USD"
            ]


@pytest.mark.rule("P16")
@pytest.mark.trap(43)
def test_late_is_judged_in_the_home_currency_and_what_has_no_rate_is_named():
    limit = Policy.from_mapping({"target.late_total": "100"})
    usd, eur, cad = (customer(currency=code) for code in ("USD", "EUR", "CAD"))
    invoice(usd, "45.81", due=TODAY - timedelta(31))
    invoice(eur, "50.00", due=TODAY - timedelta(400))
    invoice(cad, "9.00", due=TODAY - timedelta(31))
    invoice(usd, "1,000.00", due=TODAY - timedelta(30))
    ExchangeRate.objects.create(base="EUR", quote="USD", rate=EUR, on=FIRST, source="test")
    report = past_due(extract(TODAY), limit)
    assert (report.late.total, report.late.below_target, report.late.target) == (45_81 + 54_19, False, 100_00)
    assert report.total.late == report.late.total
    assert report.home.missing == (Money(900, "CAD"),)
    payment(usd, "0.01", on=TODAY, applied_to=usd.items.order_by("id").first())
    assert past_due(extract(TODAY), limit).late.below_target


@pytest.mark.parametrize("seed", [21, 22])
def test_large_debits_equal_a_slow_recomputation(seed):
    write(seed)
    quotes()
    for day in DAYS:
        for over in ("0", "2000", "5000", "9000"):
            policy = Policy.from_mapping({"report.large_debit_over": over})
            older = [one for one in recomputed(day) if one.item.side == 1 and (day - one.due_on).days > 10]
            sums: dict = defaultdict(Decimal)
            for one in older:
                sums[one.item.customer_id] += worth(one.open, one.item.currency)
            large = {pk: minor for pk, minor in sums.items() if minor > int(over) * 100}
            listed = large_debits(extract(day), policy)
            lines = listed.lines(0, None)
            assert sorted((line.item_id, line.open, line.due_on, line.days) for line in lines) == sorted(
                (one.item.pk, one.open, one.due_on, (day - one.due_on).days)
                for one in older if one.item.customer_id in large
            )  # fmt: skip
            assert [line.together.minor for line in lines] == sorted(
                (line.together.minor for line in lines), reverse=True
            )
            assert {line.customer_id: line.together.minor for line in lines} == {
                pk: rounded(minor) for pk, minor in large.items()
            }
            assert (listed.customers, listed.count) == (len(large), len(lines))
            for code, minor in listed.totals.items():
                assert minor == sum(line.open for line in lines if line.currency == code)


def test_exactly_the_amount_and_exactly_the_days_are_not_large():
    for days, amount, name in (
        (11, "50,000.00", "At"),
        (11, "50,000.01", "Over"),
        (10, "90,000.00", "Young"),
    ):
        invoice(customer(name), amount, due=TODAY - timedelta(days))
    (line,) = large_debits(extract(TODAY), POLICY).lines()
    assert (line.customer_name, line.together) == ("Over", Money(50_000_01, "USD"))


@pytest.mark.trap(43)
def test_items_of_several_currencies_make_a_customer_large_and_a_missing_rate_counts_for_nobody():
    of = customer(currency="EUR")
    invoice(of, "30,000.00", due=TODAY - timedelta(20))
    invoice(of, "20,000.00", due=TODAY - timedelta(20), currency="USD")
    invoice(of, "99,000.00", due=TODAY - timedelta(20), currency="CAD")
    assert large_debits(extract(TODAY), POLICY).count == 0
    ExchangeRate.objects.create(base="EUR", quote="USD", rate=EUR, on=TODAY, source="test")
    listed = large_debits(extract(TODAY), POLICY)
    assert listed.totals == {"EUR": 30_000_00, "USD": 20_000_00}
    assert listed.total == Money(rounded(30_000_00 * EUR) + 20_000_00, "USD")
    assert listed.home.missing == (Money(99_000_00, "CAD"),)


@pytest.mark.parametrize("seed", [21, 22])
def test_old_credits_equal_a_slow_recomputation(seed):
    write(seed)
    for day in DAYS:
        slow = sorted(
            ((day - one.item.document_on).days, one.item.pk, one.open, one.item.currency)
            for one in recomputed(day)
            if one.item.side == -1 and (day - one.item.document_on).days >= 31
        )
        listed = old_credits(extract(day), POLICY)
        lines = listed.lines(0, None)
        assert sorted((line.days, line.item_id, line.open, line.currency) for line in lines) == slow
        assert [line.days for line in lines] == sorted((line.days for line in lines), reverse=True)
        for line in lines:
            own = [
                each
                for each in lines
                if (each.customer_id, each.currency) == (line.customer_id, line.currency)
            ]
            assert line.together == Money(sum(each.open for each in own), line.currency)


def test_a_credit_of_thirty_days_is_not_old_yet():
    of = customer()
    for age in (30, 31):
        payment(of, "10.00", on=TODAY - timedelta(age))
    assert [line.days for line in old_credits(extract(TODAY), POLICY).lines()] == [31]


def test_a_band_drills_to_the_items_that_it_sums():
    write(21)
    book = extract(TODAY)
    report = past_due(book, POLICY)
    for at, (first, last) in enumerate(EDGES):
        listed = band_items(book, POLICY, first, last)
        assert listed.totals == {
            each.currency: each.bands[at] for each in report.by_currency if each.bands[at]
        }
        assert listed.count == sum(each.items[at] for each in report.by_currency)
        assert sum(line.open for line in listed.every()) == sum(listed.totals.values())
    for at, least in enumerate(rules.CUMULATIVE_DAYS):
        found = band_items(book, POLICY, least, None).totals
        assert found == {each.currency: each.or_more[at] for each in report.by_currency if each.or_more[at]}


@pytest.mark.trap(8)
def test_the_number_of_queries_does_not_grow():
    def asked() -> list[int]:
        counts = []
        for make in (past_due, large_debits, old_credits, expected_loss):
            with CaptureQueriesContext(connection) as queries:
                made = make(
                    extract(TODAY - timedelta(9)), Policy.from_mapping({"report.large_debit_over": "0"})
                )
                if hasattr(made, "lines"):
                    made.lines(0, None)
            counts.append(len(queries))
        return counts

    quotes()
    write(21, documents=30)
    before = asked()
    write(23, documents=60)
    assert asked() == before
    assert max(before) <= 14


def test_pages_make_the_whole():
    write(22)
    listed = band_items(extract(TODAY), POLICY, 1, None)
    pages = [listed.lines(start, start + 3) for start in range(0, listed.count, 3)]
    assert tuple(line for page in pages for line in page) == listed.lines(0, None) == tuple(listed.every())


# Losses


@pytest.mark.parametrize("seed", [21, 22])
def test_roll_rates_equal_a_slow_recomputation(seed):
    write(seed)
    quotes()
    buckets = buckets_of("due_date", POLICY.aging_bucket_uppers)
    for day in (TODAY, date(2026, 8, 31)):
        first, second = month_ends_of(day)
        later = {one.item.pk: one for one in recomputed(second)}
        slow: dict = defaultdict(lambda: [[0, 0] for _ in buckets.labels])
        for one in recomputed(first):
            if one.item.side != 1:
                continue
            at = bucket_index(buckets, (first - one.due_on).days)
            slow[one.item.currency][at][0] += one.open
            after = later.get(one.item.pk)
            if after and bucket_index(buckets, (second - after.due_on).days) > at:
                slow[one.item.currency][at][1] += min(one.open, after.open)
        report = roll_rates(extract(first), extract(second), day, POLICY)
        assert {
            each.currency: [[row.balance, row.rolled] for row in each.rows] for each in report.by_currency
        } == slow
        for at, row in enumerate(report.total.rows):
            for place, minor in ((0, row.balance), (1, row.rolled)):
                assert minor == sum(rounded(worth(rows[at][place], code)) for code, rows in slow.items())
            assert row.rate_pct == (
                None
                if not row.balance or at == len(buckets.labels) - 1
                else Decimal(100) * row.rolled / row.balance
            ) or abs(row.rate_pct - Decimal(100) * row.rolled / row.balance) < Decimal("1e-20")


@pytest.mark.parametrize(
    "day, ends",
    [
        ("2026-11-25", ("2026-09-30", "2026-10-31")),
        ("2026-10-31", ("2026-09-30", "2026-10-31")),
        ("2026-03-01", ("2026-01-31", "2026-02-28")),
        ("2024-03-30", ("2024-01-31", "2024-02-29")),
        ("2026-01-01", ("2025-11-30", "2025-12-31")),
        ("2026-03-30", ("2026-01-31", "2026-02-28")),
    ],
)
def test_the_last_two_month_ends(day, ends):
    assert month_ends_of(date.fromisoformat(day)) == tuple(map(date.fromisoformat, ends))


def test_roll_rates_multiply_to_the_last_bucket():
    of = customer()
    first, second = month_ends_of(TODAY)
    for age, amount in ((0, "100.00"), (20, "200.00"), (50, "400.00"), (80, "800.00")):
        due = first - timedelta(age)
        invoice(of, amount, due=due, document=due - timedelta(30))
        paid = invoice(of, amount, due=due, document=due - timedelta(30))
        payment(of, amount, on=second, applied_to=paid)
    rows = roll_rates(extract(first), extract(second), TODAY, POLICY).by_currency[0].rows
    assert [row.rate_pct for row in rows] == [50, 50, 50, 50, None]
    assert [row.reach_pct for row in rows] == [Decimal("6.25"), Decimal("12.5"), 25, 50, None]


@pytest.mark.invariant(33)
def test_expected_loss_is_the_rate_of_each_bucket_of_the_aging():
    write(21)
    quotes()
    policy = Policy.from_mapping({"loss.adjustment_factor": "1.25"})
    for day in DAYS:
        report, aged = expected_loss(extract(day), policy), aging(day, TODAY, policy)
        assert {each.currency: tuple(line.balance for line in each.lines) for each in report.by_currency} == {
            each.currency: each.buckets for each in aged.totals if each.debits
        }
        for each in report.by_currency:
            exact = [
                line.balance * pct * Decimal("1.25") / 100
                for line, pct in zip(each.lines, policy.loss_rates_pct)
            ]
            assert each.allowance == rounded(sum(exact)) == sum(line.loss for line in each.lines)
            assert all(abs(line.loss - loss) < 1 for line, loss in zip(each.lines, exact))
        assert [line.balance for line in report.total.lines] == list(aged.home.figures.buckets)
        assert report.total.allowance == sum(
            rounded(worth(each.allowance, each.currency)) for each in report.by_currency
        )


def test_loss_rates_that_do_not_fit_the_buckets_give_no_figure():
    invoice(customer(), "10.00")
    report = expected_loss(extract(TODAY), Policy.from_mapping({"loss.rates_pct": ["1", "2"]}))
    assert (report.total, report.by_currency) == (None, ())
    assert report.why_not == (
        "There are 2 loss rates (loss.rates_pct) for 5 buckets: current, 1-30, 31-60, 61-90, 91+."
    )


def test_an_empty_book_has_zeros_and_no_lines():
    book = extract(TODAY)
    report = past_due(book, POLICY)
    assert (report.by_currency, report.total.past_due, report.late.below_target) == ((), 0, True)
    assert [make(book, POLICY).lines() for make in (large_debits, old_credits)] == [(), ()]
    assert expected_loss(book, POLICY).total.allowance == 0
    assert roll_rates(book, book, TODAY, POLICY).total.rows[0].rate_pct is None


def test_a_part_of_the_book_is_what_its_reader_may_see():
    write(21)
    quotes()
    alice = Customer.objects.filter(collector__username="alice")
    report = past_due(extract(TODAY, only=Filters(scope=alice)), POLICY)
    whole = past_due(extract(TODAY), POLICY)
    assert 0 < report.total.documents < whole.total.documents
    assert {
        line.owner for line in band_items(extract(TODAY, only=Filters(scope=alice)), POLICY, 1, None).lines()
    } == {"Alice"}
