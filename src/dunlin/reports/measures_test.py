"""The measures: exact figures on books one can check by hand, and the invariants on random ones."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.records.models import Call, DailyFigure, ExchangeRate, Item, Promise, PromiseJudgement
from dunlin.reports.aging import aging
from dunlin.reports.figures import figures_between, figures_of, history
from dunlin.reports.filters import Filters
from dunlin.reports.flows import flows, lateness
from dunlin.reports.measures import measures, months_before
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests.cast import (
    TODAY,
    apply,
    customer,
    entity,
    invoice,
    moment,
    payment,
    reverse,
    user,
)
from tests.random_books import FIRST, recomputed, write

pytestmark = pytest.mark.django_db
POLICY = Policy()


def by_hand():
    """9,200.00 invoiced in the last three months (92 days), 4,600.00 of it open, 1,150.00 of that past due."""
    of = customer()
    paid = invoice(of, "4,600.00", document=TODAY - timedelta(60))
    payment(of, "4,600.00", on=TODAY - timedelta(10), applied_to=paid)
    invoice(of, "1,150.00", document=TODAY - timedelta(50))
    invoice(of, "3,450.00", document=TODAY - timedelta(20))
    return of


@pytest.mark.req("F3")
@pytest.mark.rule("P16")
def test_dso_three_ways_cei_and_days_late_by_hand():
    by_hand()
    report = measures(TODAY, TODAY, POLICY)
    assert (report.first_day, report.days, report.months) == (date(2026, 8, 26), 92, 3)
    told = report.by_currency[0]
    assert (told.receivables, told.current, told.past_due, told.sales) == (460_000, 345_000, 115_000, 920_000)
    assert told.dso == Decimal(46)
    assert told.bpdso == Decimal("34.5")
    assert told.add == Decimal("11.5")
    # The last month sold 3,450.00 in 31 days; the 1,150.00 left are of the 5,750.00 of the month before, 30 days.
    assert told.countback.dso == Decimal(31) + Decimal(1150) * 30 / 5750
    assert told.countback.covered
    assert told.cei_pct is None  # 9,200 / 3 is less than what is current
    assert (told.closed, told.days_late_weighted, told.days_late_simple) == (1, 20, 20)
    assert told.collected == 460_000
    assert report.home.dso == told.dso


@pytest.mark.invariant(32)
def test_collection_effectiveness_by_hand():
    of = by_hand()
    before = invoice(of, "10,000.00", document=TODAY - timedelta(100))
    payment(of, "10,000.00", on=TODAY - timedelta(30), applied_to=before)
    told = measures(TODAY, TODAY, POLICY).by_currency[0]
    # (10,000 + 9,200 / 3 - 4,600) ÷ (10,000 + 9,200 / 3 - 3,450)
    assert told.beginning == 1_000_000
    assert round(told.cei_pct, 9) == round(Decimal(25_400) * 100 / 28_850, 9)


@pytest.mark.rule("P16")
def test_targets_are_missed_exactly_at_their_limit():
    of = customer()
    invoice(of, "2,000,000.00", due=TODAY - timedelta(31))
    late = {target.name: target for target in measures(TODAY, TODAY, POLICY).targets}["late"]
    assert (late.value, late.limit, late.met) == (200_000_000, 200_000_000, False)
    assert {target.name: target.met for target in measures(TODAY - timedelta(1), TODAY, POLICY).targets}[
        "late"
    ] is True


def test_an_empty_book_has_no_ratios():
    report = measures(TODAY, TODAY, POLICY)
    assert report.by_currency == ()
    assert (report.home.dso, report.home.cei_pct, report.home.turnover, report.home.days_late_weighted) == (
        None,
    ) * 4
    assert report.promises.by_count_pct is None


@pytest.mark.invariant(30)
@pytest.mark.invariant(32)
@pytest.mark.parametrize("seed", [21, 22, 23])
def test_best_possible_is_never_above_dso_and_scaling_changes_nothing(seed):
    write(seed)
    for as_of in (TODAY, TODAY - timedelta(50), FIRST + timedelta(100)):
        for told in measures(as_of, TODAY, POLICY).by_currency:
            if told.sales > 0:
                assert told.bpdso <= told.dso
                assert told.add >= 0
            assert told.cei_pct is None or told.cei_pct <= 100
            assert told.current <= told.receivables


@pytest.mark.invariant(31)
def test_countback_is_the_simple_dso_when_every_month_sells_the_same():
    """Months of 30 sold per day: sales in proportion to days makes both ways agree."""
    of = customer()
    for back in range(6):
        newer, older = months_before(TODAY, back), months_before(TODAY, back + 1)
        invoice(of, 10_000 * (newer - older).days, document=newer, due=newer + timedelta(300))
    report = measures(TODAY, TODAY, POLICY, months=6)
    told = report.by_currency[0]
    assert told.dso == report.days
    assert told.countback.dso == report.days
    assert told.countback.covered


@pytest.mark.parametrize("seed", [21, 22])
def test_flows_and_receivables_equal_an_independent_sum(seed):
    write(seed)
    after, through = TODAY - timedelta(120), TODAY - timedelta(13)
    told = flows(after, through)
    slow = [one for one in Item.objects.all() if after < one.posted_on <= through]
    for currency in ("USD", "EUR", "CAD"):
        flow = told.get(currency)
        mine = [one for one in slow if one.currency == currency]
        sold = sum(
            one.amount * (-1 if one.kind == "credit_memo" else 1)
            for one in mine
            if one.kind in ("invoice", "debit_memo", "credit_memo")
        )
        came = sum(one.amount for one in mine if one.kind == "payment")
        came -= sum(
            one.amount
            for one in mine
            if one.kind == "payment_return" and (one.corrects is None or one.corrects.kind == "payment")
        )
        assert ((flow.sold(after, through), flow.came(after, through)) if flow else (0, 0)) == (sold, came)
    then = measures(TODAY - timedelta(7), TODAY, POLICY)
    for each in then.by_currency:
        ledger = sum(
            one.open * one.item.side
            for one in recomputed(TODAY - timedelta(7))
            if one.item.currency == each.currency
        )
        first = sum(
            one.open * one.item.side
            for one in recomputed(then.first_day - timedelta(1))
            if one.item.currency == each.currency
        )
        assert (each.receivables, each.beginning) == (ledger, first)


@pytest.mark.req("A4")
@pytest.mark.trap(12)
def test_measures_as_known_then_stay_and_those_known_now_follow():
    """An invoice of July, a payment of October and a judgement, all entered late, change what is known now and only that."""
    of = customer()
    known = moment(TODAY - timedelta(3), 12)
    as_of = TODAY - timedelta(4)
    old = invoice(of, "10,000.00", document=date(2026, 7, 1), recorded=moment(date(2026, 7, 1)))
    paid = payment(of, "4,000.00", on=TODAY - timedelta(30))
    apply(paid, invoice(of, "4,000.00", document=TODAY - timedelta(70)))
    promise = Promise.objects.create(
        customer=of, currency="USD", amount=1000, due_on=as_of - timedelta(9), made_on=as_of,
        recorded_at=moment(as_of), by=user("collector", "alice"),
    )  # fmt: skip
    judged = {"promise": promise, "on": as_of, "why": "test"}
    PromiseJudgement.objects.create(recorded_at=moment(as_of), status="broken", paid=0, **judged)
    then = measures(as_of, TODAY, POLICY, known_at=known)
    now = measures(as_of, TODAY, POLICY)
    assert then.by_currency == now.by_currency
    assert then.by_currency[0].beginning == 1_000_000
    assert (then.by_currency[0].closed, then.promises.broken) == (1, 1)

    late = moment(TODAY, 8)
    invoice(of, "5,000.00", document=date(2026, 7, 2), recorded=late)
    more = payment(of, "10,000.00", on=TODAY - timedelta(20), recorded=late)
    apply(more, old, on=TODAY - timedelta(20), recorded=late)
    PromiseJudgement.objects.create(recorded_at=late, status="kept", paid=1000, **judged)
    again = measures(as_of, TODAY, POLICY, known_at=known)
    assert (again.by_currency, again.promises, again.people) == (then.by_currency, then.promises, then.people)
    now = measures(as_of, TODAY, POLICY)
    assert now.by_currency[0].beginning == 1_500_000
    assert (now.by_currency[0].closed, now.promises.kept, now.promises.broken) == (2, 1, 0)


@pytest.mark.req("A4")
@pytest.mark.invariant(7)
def test_receivables_before_the_period_are_those_of_the_aging_and_not_what_a_night_wrote_down():
    of = customer()
    invoice(of, "1,000.00", document=TODAY - timedelta(200))
    after = months_before(TODAY, 3)
    DailyFigure.objects.bulk_create(DailyFigure(**asdict(each)) for each in figures_of(after, POLICY))
    invoice(of, "500.00", document=TODAY - timedelta(150), recorded=moment(TODAY))
    told = measures(TODAY, TODAY, POLICY).by_currency[0]
    assert told.beginning == aging(after, TODAY, POLICY).totals[0].net == 150_000


@pytest.mark.req("A4")
@pytest.mark.parametrize("seed", [21, 22, 24])
def test_receivables_before_the_period_are_those_of_the_aging_whatever_is_asked_for(seed):
    """Of a whole currency and of one account whose payments may settle another's documents, known now and known then."""
    write(seed)
    account = Item.objects.filter(side=1).order_by("pk").first().customer
    for only in (Filters(), Filters(currency="USD"), Filters(customer=account.pk), Filters(kind="invoice")):
        for known in (None, moment(TODAY - timedelta(40))):
            as_of = TODAY - timedelta(20)
            report = measures(as_of, TODAY, POLICY, known_at=known, only=only)
            for back, name in ((3, "beginning"), (12, "average_receivables")):
                then = aging(
                    months_before(as_of, back), TODAY, POLICY, known_at=known, only=only, basis="due_date"
                )
                nets = {each.currency: each.net for each in then.totals}
                for told in report.by_currency:
                    net = nets.get(told.currency, 0)
                    expected = net if name == "beginning" else Decimal(net + told.receivables) / 2
                    assert getattr(told, name) == expected


def test_days_late_of_a_past_day_do_not_change_when_a_payment_comes_back_later():
    of = customer()
    due = invoice(of, "100.00", due=TODAY - timedelta(30))
    other = invoice(of, "300.00", due=TODAY - timedelta(30))
    paid = payment(of, "100.00", on=TODAY - timedelta(20))
    used = apply(paid, due)
    payment(of, "300.00", on=TODAY - timedelta(25), applied_to=other)
    then = TODAY - timedelta(10)
    before = lateness(then - timedelta(60), then)
    assert (before["USD"].count, before["USD"].days, before["USD"].amount_days) == (
        2,
        15,
        10_000 * 10 + 30_000 * 5,
    )
    reverse(used, on=TODAY - timedelta(2))
    assert lateness(then - timedelta(60), then) == before
    assert lateness(TODAY - timedelta(60), TODAY)["USD"].count == 1
    assert lateness(then - timedelta(60), then, Filters(customer=customer().pk)) == {}


@pytest.mark.req("F1")
def test_the_figures_of_a_day_and_the_history_drawn_from_them():
    of = by_hand()
    ExchangeRate.objects.create(base="EUR", quote="USD", rate=Decimal("1.10"), on=TODAY - timedelta(400))
    invoice(customer(currency="EUR"), "100.00", due=TODAY, of_entity=entity("DE01", "EUR"))
    figures = figures_of(TODAY, POLICY)
    assert [(each.currency, each.debits, each.current, each.home_rate) for each in figures] == [
        ("USD", 460_000, 345_000, Decimal(1)), ("EUR", 10_000, 10_000, Decimal("1.1"))
    ]  # fmt: skip
    paid_day = figures_of(TODAY - timedelta(10), POLICY)
    assert [each.collected for each in paid_day if each.currency == "USD"] == [460_000]
    DailyFigure.objects.bulk_create(DailyFigure(**asdict(each)) for each in figures)
    told = history(TODAY - timedelta(5), TODAY, POLICY)
    assert set(told) == {"USD", "EUR", "home"}
    assert told["USD"][0].dso == Decimal(460_000) * (TODAY - months_before(TODAY, 3)).days / 920_000
    assert told["home"][0].debits == 460_000 + 11_000
    assert told["home"][0].missing == ()
    assert history(TODAY - timedelta(5), TODAY, POLICY, entity=of.items.first().entity_id).keys() == {
        "USD",
        "home",
    }
    assert history(TODAY - timedelta(5), TODAY, POLICY, every="month") == {}


def test_a_currency_without_a_rate_is_named_in_the_history_and_the_measures():
    invoice(customer(currency="EUR"), "100.00", due=TODAY)
    DailyFigure.objects.bulk_create(DailyFigure(**asdict(each)) for each in figures_of(TODAY, POLICY))
    point = history(TODAY, TODAY, POLICY)["home"][0]
    assert (point.debits, point.missing) == (0, (Money(10_000, "EUR"),))
    report = measures(TODAY, TODAY, POLICY)
    assert (report.home.debits, report.missing) == (0, (Money(10_000, "EUR"),))


@pytest.mark.parametrize("seed", [21, 22])
def test_month_ends_filled_in_later_equal_each_day_alone(seed):
    write(seed)
    together = figures_between(FIRST, TODAY, POLICY)
    alone = [row for day in sorted({row.day for row in together}) for row in figures_of(day, POLICY)]
    assert together == alone
    assert len({row.day for row in together}) == 10


@pytest.mark.req("B8")
@pytest.mark.rule("P6")
@pytest.mark.rule("P18")
def test_calls_and_promises_per_person():
    alice, bob = user("collector", "alice", daily_calls=2), user("collector", "bob")
    one, two = customer(collector=alice), customer(collector=bob)
    for by, of, outcome, day in (
        (alice, one, "no_answer", TODAY), (alice, one, "reached", TODAY), (alice, two, "voicemail", TODAY),
        (bob, two, "refused", TODAY - timedelta(1)),
    ):  # fmt: skip
        Call.objects.create(customer=of, outcome=outcome, day=day, started_at=moment(day), by=by)
    for by, status, amount, paid in (
        (alice, "kept", 1000, 1000),
        (alice, "broken", 3000, 0),
        (bob, "partially_kept", 1000, 500),
    ):
        promise = Promise.objects.create(
            customer=one, currency="USD", amount=amount, due_on=TODAY - timedelta(9), made_on=TODAY - timedelta(20),
            recorded_at=moment(TODAY), status=status, by=by,
        )  # fmt: skip
        PromiseJudgement.objects.create(
            promise=promise,
            on=TODAY - timedelta(6),
            recorded_at=moment(TODAY),
            status=status,
            paid=paid,
            why="test",
        )
    report = measures(TODAY, TODAY, POLICY)
    people = {each.name.lower(): each for each in report.people}
    told = people["alice"]
    assert (told.called, told.attempts, told.reached, told.target, told.days_worked) == (2, 3, 1, 2, 1)
    assert (told.kept_pct, told.judged, told.reached_pct) == (50, 2, 50)
    assert (people["bob"].called, people["bob"].called_per_day, people["bob"].target) == (0, 1, 75)
    assert {each.name: each.met for each in report.targets}["calls:Alice"] is True
    assert (report.promises.kept, report.promises.partially_kept, report.promises.broken) == (1, 1, 1)
    assert report.promises.by_amount_pct == {"USD": Decimal(1500) * 100 / 5000}
    assert measures(TODAY - timedelta(7), TODAY, POLICY).promises.kept == 0
    assert (
        measures(
            TODAY, TODAY, POLICY, only=Filters(scope=one.__class__.objects.filter(pk=two.pk))
        ).promises.kept
        == 0
    )


def test_a_month_before_keeps_month_ends():
    assert months_before(date(2026, 5, 31), 3) == date(2026, 2, 28)
    assert months_before(date(2026, 2, 28), 1) == date(2026, 1, 31)
    assert months_before(date(2026, 11, 25), 12) == date(2025, 11, 25)
    assert months_before(date(2026, 1, 15), 1) == date(2025, 12, 15)


def test_the_number_of_queries_does_not_grow():
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            measures(TODAY, TODAY, POLICY)
            measures(TODAY - timedelta(10), TODAY, POLICY)
        return len(queries)

    write(21, documents=20)
    before = asked()
    write(22, documents=50)
    assert asked() == before <= 45
