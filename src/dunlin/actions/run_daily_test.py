"""The night: what it decides, that it may be run twice, killed, missed, tried dry, and run for the past."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dunlin.actions.decide_again import decide_again
from dunlin.actions.doing import the_clock
from dunlin.actions.log_call import log_call
from dunlin.actions.log_promise import PromiseAsked, log_promise
from dunlin.actions.run_daily import run_daily
from dunlin.records.models import (
    Absence,
    DailyFigure,
    Decision,
    DecisionRun,
    Dispute,
    Item,
    Promise,
    TierOrder,
)
from dunlin.reports import situations
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, moment

pytestmark = pytest.mark.django_db

NIGHT = the_clock(TODAY, moment(TODAY, 4))


def decisions_of(customer, day=TODAY):
    return [
        (each.revision, each.step, each.code, each.rank)
        for each in Decision.objects.filter(customer=customer, day=day).order_by("revision")
    ]


@pytest.mark.req("B2")
@pytest.mark.rule("P5")
def test_everyone_with_anything_open_gets_a_decision(books):
    result = run_daily(NIGHT, TODAY)

    assert (result.customers, result.calls, result.emails, result.silent) == (3, 2, 0, 1)
    assert decisions_of(books.lakeside) == [(0, "call", "due_late", 1)]
    assert decisions_of(books.harbour) == [(0, "call", "due_early", 1)]
    assert decisions_of(books.branch) == [(0, "none", "nothing_past_due", None)]
    assert Decision.objects.get(customer=books.harbour).collector == books.bob
    run = DecisionRun.objects.get()
    assert (run.customers, run.calls, run.silent) == (3, 2, 1)
    # 40 days past due with nobody contacted: what was passed over follows from the days, and is not written down (P4).
    assert Item.objects.get(pk=books.late.pk).stage == 0


@pytest.mark.invariant(24)
def test_a_second_run_writes_nothing_new(books):
    run_daily(NIGHT, TODAY)
    before = list(Decision.objects.order_by("pk").values())
    again = run_daily(the_clock(TODAY, moment(TODAY, 5)), TODAY)
    assert (again.written, again.revised) == (0, 0)
    assert list(Decision.objects.order_by("pk").values()) == before


def test_a_later_run_revises_only_whose_facts_changed(books):
    run_daily(NIGHT, TODAY)
    cast.payment(books.harbour, "750.00", applied_to=books.part_paid)
    again = run_daily(the_clock(TODAY, moment(TODAY, 12)), TODAY)
    assert (again.written, again.revised) == (0, 1)
    assert decisions_of(books.harbour) == [(0, "call", "due_early", 1), (1, "none", "nothing_open", None)]
    cast.invoice(books.branch, "10.00", due=TODAY - timedelta(days=6), number="INV-9")
    again = run_daily(the_clock(TODAY, moment(TODAY, 13)), TODAY)
    assert (again.written, again.revised) == (0, 1)
    assert decisions_of(books.branch) == [
        (0, "none", "nothing_past_due", None),
        (1, "call", "due_early", None),
    ]


def test_a_run_killed_between_chunks_is_simply_run_again(books, monkeypatch):
    monkeypatch.setattr(situations, "CHUNK_CUSTOMERS", 1)

    def kill(phase, done, total):
        if phase == "decisions" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_daily(NIGHT, TODAY, kill)
    assert Decision.objects.count() == 2
    result = run_daily(NIGHT, TODAY)
    assert (result.written, result.revised) == (1, 0)
    assert sorted(Decision.objects.values_list("customer", flat=True)) == sorted(
        [books.lakeside.pk, books.branch.pk, books.harbour.pk]
    )
    assert DecisionRun.objects.filter(finished_at=None).count() == 1


def test_a_dry_run_tells_the_same_and_leaves_nothing(books):
    dry = run_daily(NIGHT.dry(), TODAY)
    assert not Decision.objects.exists()
    assert not DecisionRun.objects.exists()
    real = run_daily(NIGHT, TODAY)
    assert (dry.customers, dry.calls, dry.silent, dry.written) == (
        real.customers,
        real.calls,
        real.silent,
        real.written,
    )


def test_who_may_not_run_the_night_does_not(books):
    with pytest.raises(Refused) as refused:
        run_daily(cast.who(books.alice), TODAY)
    assert refused.value.code == "not_permitted"
    assert not DecisionRun.objects.exists()


@pytest.mark.trap(26)
@pytest.mark.parametrize("days_past_due", [5, 6, 9, 14])
def test_missed_nights_lose_no_stage(db, days_past_due):
    """The stage is a window: whenever the next run comes, the item is asked for."""
    owed = cast.invoice(cast.customer(), "100.00", due=TODAY - timedelta(days=days_past_due))
    run_daily(NIGHT, TODAY)
    assert decisions_of(owed.customer) == [(0, "call", "due_early", 1)]
    assert situations.situation(owed.customer_id, TODAY, Policy()).items[0].stages_done == ()


@pytest.mark.trap(52)
@pytest.mark.rule("P18")
def test_a_promise_pauses_only_its_items(books):
    other = cast.invoice(books.lakeside, "270.00", due=TODAY - timedelta(days=8), number="INV-1003")
    log_promise(
        cast.who(books.alice),
        books.lakeside.pk,
        PromiseAsked(TODAY + timedelta(days=3), item_ids=(books.late.pk,)),
    )
    run_daily(NIGHT, TODAY)
    decision = Decision.objects.get(customer=books.lakeside)
    assert (decision.step, decision.code, decision.facts["item"]) == ("call", "due_early", other.number)
    assert decision.facts["held"] == [{"why": "promised", "minor": 50_000, "currency": "USD"}]


@pytest.mark.trap(53)
@pytest.mark.rule("P13")
def test_the_undisputed_rest_is_still_asked_for(books):
    Item.objects.filter(pk=books.part_paid.pk).update(disputed=50_000)
    Dispute.objects.create(
        item=books.part_paid,
        customer=books.harbour,
        amount=50_000,
        reason="price",
        opened_on=TODAY,
        recorded_at=moment(TODAY),
    )
    run_daily(NIGHT, TODAY)
    decision = Decision.objects.get(customer=books.harbour)
    assert (decision.step, decision.facts["amount"]) == ("call", [{"minor": 25_000, "currency": "USD"}])
    assert decision.facts["figures"]["past_due"] == {"USD": 75_000}


@pytest.mark.req("B1")
@pytest.mark.rule("P33")
def test_a_backup_works_the_list_and_ownership_stays(books):
    Absence.objects.create(user=books.bob, backup=books.alice, from_on=TODAY, through_on=TODAY)
    run_daily(NIGHT, TODAY)
    ranks = dict(
        Decision.objects.filter(collector=books.alice, step="call").values_list("customer__number", "rank")
    )
    assert ranks == {"L-100": 1, "H-200": 2}
    books.harbour.refresh_from_db()
    assert books.harbour.collector == books.bob


@pytest.mark.rule("P5")
def test_a_managers_order_of_the_tiers_holds_for_the_day(books):
    Absence.objects.create(user=books.bob, backup=books.alice, from_on=TODAY, through_on=TODAY)
    tiers = ["early", "final_just_past_due", "mrr_aged", "late", "rest"]
    TierOrder.objects.create(day=TODAY, tiers=tiers, reason="end of quarter", by=books.mona, at=moment(TODAY))
    run_daily(NIGHT, TODAY)
    ranks = dict(Decision.objects.filter(step="call").values_list("customer__number", "rank"))
    assert ranks == {"H-200": 1, "L-100": 2}


def test_facts_that_change_during_the_day_append_a_revision(books):
    assert decide_again(NIGHT, books.harbour.pk) is None  # before the night there is nothing to revise
    run_daily(NIGHT, TODAY)
    noon = cast.who(books.bob, at=moment(TODAY, 17))
    log_call(noon, books.harbour.pk, "no_answer")
    assert len(decisions_of(books.harbour)) == 1  # one failed attempt changes nothing
    log_promise(noon, books.harbour.pk, PromiseAsked(TODAY + timedelta(days=3), Money.exact("750.00", "USD")))
    assert decisions_of(books.harbour) == [(0, "call", "due_early", 1), (1, "none", "all_promised", None)]


@pytest.mark.rule("P18")
def test_the_night_judges_promises_before_it_decides(books):
    made = TODAY - timedelta(days=10)
    log_promise(cast.who(books.bob, today=made), books.harbour.pk, PromiseAsked(made + timedelta(days=2)))
    result = run_daily(NIGHT, TODAY)
    assert (result.promises_judged, result.promises_broken) == (1, 1)
    assert Promise.objects.get().status == "broken"
    assert Decision.objects.get(customer=books.harbour).facts["broken_on"] == str(made + timedelta(days=2))


@pytest.mark.req("A4")
def test_a_past_day_is_decided_from_the_books_of_that_day(books):
    """On 17 November Harbour still owed all 1,000.00, two days past due; the 250.00 came on the 20th."""
    then = date(2026, 11, 17)
    run_daily(NIGHT, then)
    decision = Decision.objects.get(customer=books.harbour, day=then)
    assert decision.facts["figures"]["past_due"] == {"USD": 100_000}
    assert (decision.code, decision.facts["days"]) == ("due_rest", 2)


@pytest.mark.req("F1")
@pytest.mark.trap(26)
def test_the_figures_of_complete_days_are_recorded_and_missed_nights_made_up(books):
    run_daily(NIGHT, TODAY)
    yesterday = DailyFigure.objects.get()
    assert (yesterday.day, yesterday.debits, yesterday.unapplied) == (
        TODAY - timedelta(days=1),
        255_000,
        20_000,
    )
    later = TODAY + timedelta(days=3)
    assert run_daily(the_clock(later, moment(later, 4)), later).figure_days == 3
    days = DailyFigure.objects.order_by("day").values_list("day", flat=True)
    assert list(days) == [TODAY + timedelta(days=n) for n in range(-1, 3)]
    again = run_daily(the_clock(later, moment(later, 5)), later)
    assert (again.figure_days, DailyFigure.objects.count()) == (1, 4)
