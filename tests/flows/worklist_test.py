"""The list of a day: its order, what happened since, who is not on it and why, in a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.actions.doing import the_clock
from dunlin.actions.log_call import log_call
from dunlin.actions.log_promise import PromiseAsked, log_promise
from dunlin.actions.order_worklist import order_worklist
from dunlin.actions.pin_customer import pin_customer
from dunlin.actions.run_daily import run_daily
from dunlin.actions.set_backup import set_backup
from dunlin.actions.snooze_customer import end_snooze, snooze_customer
from dunlin.actions.take_payment import Use, take_payment
from dunlin.records.balance_sums import rebuild
from dunlin.records.models import Decision, DiaryLine, Setting
from dunlin.records.policies import current_policy
from dunlin.reports.team import team
from dunlin.reports.why import why
from dunlin.reports.worklist import not_on_list, worklist
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, moment

pytestmark = pytest.mark.django_db

POLICY = Policy()
NIGHT = the_clock(TODAY, moment(TODAY, 4))
NOON = moment(TODAY, 17)  # noon in New York


@pytest.fixture
def alice(db):
    return cast.user("collector", "alice")


def owing(alice, number, amount, days, **more):
    """A customer of Alice that owes one invoice so many days past due."""
    of = cast.customer(number=number, collector=alice, country="US", time_zone="America/New_York")
    return cast.invoice(of, amount, due=TODAY - timedelta(days=days), number=f"INV-{number}", **more).customer


@pytest.fixture
def five(alice):
    """In the order of work: a final just past due, two months of MRR, a large late one, a small late one, an early one."""
    final = owing(alice, "A-5", "100.00", 3, invoice_class="final")
    mrr = owing(
        alice,
        "A-4",
        "200.00",
        70,
        invoice_class="mrr",
        service_month=(TODAY - timedelta(days=100)).replace(day=1),
    )
    large, small = owing(alice, "A-3", "9000.00", 40), owing(alice, "A-2", "50.00", 50)
    early = owing(alice, "A-1", "70000.00", 7)
    run_daily(NIGHT, TODAY)
    return [final, mrr, large, small, early]


def shown(listed):
    return [entry.number for entry in listed.entries]


def states(listed):
    return {entry.number: entry.state for entry in listed.entries}


@pytest.mark.req("B2")
@pytest.mark.rule("P5")
def test_the_list_is_in_the_order_of_work_with_its_reasons(alice, five):
    listed = worklist(TODAY, alice.pk, POLICY)
    assert shown(listed) == ["A-5", "A-4", "A-3", "A-2", "A-1"]
    first = listed.entries[0]
    assert (first.rank, first.state, first.oldest_days) == (1, "todo", 3)
    assert first.reason == "Final invoice INV-A-5, 3 days past due, 100.00 USD"
    assert first.past_due == (Money(10_000, "USD"),)
    assert (first.time_zone, first.opens, first.closes) == ("America/New_York", 8 * 60, 20 * 60)


@pytest.mark.rule("P6")
def test_the_line_is_drawn_at_the_capacity_and_the_rest_is_counted(alice, five):
    listed = worklist(TODAY, alice.pk, POLICY, limit=2)
    assert (shown(listed), listed.below_line) == (["A-5", "A-4"], 3)
    alice.daily_calls = 4
    alice.save()
    assert worklist(TODAY, alice.pk, POLICY).below_line == 1
    below = not_on_list(TODAY, alice.pk, POLICY)
    assert [(each.number, each.rank) for each in below] == [("A-1", 5)]


@pytest.mark.req("B2")
@pytest.mark.rule("P6")
def test_who_is_decided_again_below_the_line_stays_there_and_is_counted_by_what_holds_now(alice, five):
    Setting.objects.create(name="campaign.size", value=4, changed_at=moment(TODAY))
    policy = current_policy()
    me = cast.who(alice, at=NOON)
    last = five[4]
    take_payment(
        cast.who(),
        last.pk,
        Money.exact("1.00", "USD"),
        [Use(last.items.get().pk)],
        entity_id=cast.entity().pk,
    )
    assert Decision.objects.filter(customer=last).latest("revision").rank is None
    below = not_on_list(TODAY, alice.pk, policy)
    assert [(each.number, each.rank) for each in below] == [("A-1", 5)]

    snooze_customer(me, last.pk, TODAY + timedelta(days=5), "on holiday")
    snooze_customer(me, five[0].pk, TODAY + timedelta(days=5), "on holiday")
    listed = worklist(TODAY, alice.pk, policy)
    assert (len(listed.entries), listed.below_line, listed.email_only, listed.silent) == (4, 0, 0, 2)
    assert {each.number for each in not_on_list(TODAY, alice.pk, policy)} == {"A-1", "A-5"}


@pytest.mark.req("B2")
def test_a_pin_comes_first_and_pushes_the_last_one_below_the_line(alice, five):
    mona = cast.user("ar_manager", "mona")
    pin_customer(cast.who(mona), five[4].pk, TODAY, "their CFO is waiting")
    listed = worklist(TODAY, alice.pk, POLICY, limit=2)
    assert shown(listed) == ["A-1", "A-5"]
    assert listed.entries[0].pinned == "their CFO is waiting"
    assert "Pinned" in " ".join(why(five[4].pk, TODAY, POLICY).lines)


def test_a_pin_never_lists_whom_the_decision_leaves_out(alice, five, books):
    pin_customer(cast.who(books.mona), books.branch.pk, TODAY, "friend")
    assert "L-101" not in shown(worklist(TODAY, alice.pk, POLICY))


@pytest.mark.req("B3")
@pytest.mark.invariant(26)
def test_what_happened_since_overlays_the_list_and_never_reorders_it(alice, five):
    me = cast.who(alice, at=NOON)
    log_call(me, five[0].pk, "reached")
    log_call(me, five[1].pk, "voicemail")
    log_call(me, five[2].pk, "wrong_number")
    cast.payment(five[3], "50.00", applied_to=five[3].items.get())
    log_promise(me, five[4].pk, PromiseAsked(TODAY + timedelta(days=1)))
    listed = worklist(TODAY, alice.pk, POLICY)
    assert shown(listed) == ["A-5", "A-4", "A-3", "A-2", "A-1"]
    assert states(listed) == {
        "A-5": "reached", "A-4": "tried", "A-3": "done", "A-2": "no_longer_needed", "A-1": "no_longer_needed",
    }  # fmt: skip
    told = {entry.number: entry.state_why for entry in listed.entries}
    assert told["A-2"] == "nothing is past due any more"
    assert told["A-1"] == "Not today: promise of 70,000.00 USD due 26 Nov"
    assert listed.entries[1].next_call_at == NOON + timedelta(minutes=60)
    counts = listed.counts
    assert (counts.called, counts.reached, counts.calls, counts.promises) == (3, 1, 3, 1)


def test_a_call_tells_whom_to_call_next(alice, five):
    result = log_call(cast.who(alice, at=NOON), five[0].pk, "no_answer")
    assert result.next_customer_id == five[1].pk
    later = log_call(cast.who(alice, at=NOON + timedelta(minutes=5)), five[4].pk, "reached")
    assert later.next_customer_id == five[1].pk  # from the top again; the first one waits for its hour


def test_who_comes_up_during_the_day_is_listed_after_the_others(alice, five):
    me = cast.who(alice, at=NOON)
    snooze_customer(me, five[1].pk, TODAY + timedelta(days=5), "on holiday")
    assert states(worklist(TODAY, alice.pk, POLICY))["A-4"] == "no_longer_needed"
    end_snooze(me, five[1].pk)
    assert shown(worklist(TODAY, alice.pk, POLICY)) == ["A-5", "A-4", "A-3", "A-2", "A-1"]

    quiet = owing(alice, "A-9", "10.00", -3)
    run_daily(the_clock(TODAY, moment(TODAY, 10)), TODAY)
    cast.invoice(quiet, "80.00", due=TODAY - timedelta(days=9))
    run_daily(the_clock(TODAY, moment(TODAY, 11)), TODAY)
    last = worklist(TODAY, alice.pk, POLICY).entries[-1]
    assert (last.number, last.joined, last.rank, last.state) == ("A-9", True, None, "todo")


@pytest.mark.req("B2")
def test_a_manager_orders_the_tiers_of_a_day_and_the_diary_says_so(alice, five):
    mona = cast.user("ar_manager", "mona")
    tiers = ("early", "rest", "late", "mrr_aged", "final_just_past_due")
    ordered = order_worklist(cast.who(mona, at=NOON), TODAY, tiers, "quarter end")
    # A-4, with late items before recurring ones, becomes a late item; A-2 keeps its place and its decision.
    assert ordered.revised == 4
    assert shown(worklist(TODAY, alice.pk, POLICY)) == ["A-1", "A-3", "A-4", "A-2", "A-5"]
    assert DiaryLine.objects.filter(verb="order_worklist").get().cause == "quarter end"
    assert any("set by hand: quarter end" in line for line in why(five[0].pk, TODAY, POLICY).lines)
    with pytest.raises(Refused):
        order_worklist(cast.who(mona), TODAY, tiers[1:], "half of it")


@pytest.mark.req("H3")
def test_why_adds_up_and_names_what_decides_against_the_neighbours(alice, five):
    told = why(five[2].pk, TODAY, POLICY)
    assert (told.rank, told.ranked, told.place) == (3, 5, "rank 3 of 5")
    assert told.above.because == "recurring invoices aged by months come before items of the late bucket"
    assert told.below.because == "the larger amount to collect, 9,000.00 USD against 50.00 USD"
    assert "Past due 9,000.00 USD = 9,000.00 USD to collect." in told.lines
    assert told.facts["amount"] == [{"amount": "9000.00", "currency": "USD"}]


@pytest.mark.req("H3")
def test_why_speaks_of_those_not_on_the_list_too(alice, five, books):
    quiet = owing(alice, "A-8", "10.00", -3)
    assert why(quiet.pk, TODAY, POLICY).code == "no_decision"
    run_daily(the_clock(TODAY, moment(TODAY, 10)), TODAY)
    told = why(quiet.pk, TODAY, POLICY)
    assert (told.step, told.place) == ("none", "not on the list")
    assert told.reason == "Not today: nothing past due; next due 28 Nov, 10.00 USD"
    absent = not_on_list(TODAY, alice.pk, POLICY, code="nothing_past_due")
    assert "A-8" in [each.number for each in absent]
    with pytest.raises(Refused):
        why(999_999, TODAY, POLICY)


@pytest.mark.req("H2")
def test_a_past_list_shows_what_was_decided_then(alice, five):
    cast.payment(five[3], "50.00", applied_to=five[3].items.get())
    then = worklist(TODAY, alice.pk, POLICY, live=False)
    assert then.entries[3].past_due == (Money(5_000, "USD"),)
    assert then.entries[3].state == "todo"


@pytest.mark.trap(8)
def test_the_queries_do_not_grow_with_the_list(alice, five):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            worklist(TODAY, alice.pk, POLICY)
        return len(seen)

    few = queries()
    for n in range(30):
        owing(alice, f"B-{n:02d}", "10.00", 40)
    run_daily(the_clock(TODAY, moment(TODAY, 10)), TODAY)
    Decision.objects.filter(rank=None, step="call").update(rank=50)
    assert len(worklist(TODAY, alice.pk, POLICY).entries) == 35
    assert queries() == few <= 16


@pytest.mark.req("B1")
def test_the_team_shows_work_gaps_and_cover(alice, five, books):
    orphan = cast.invoice(cast.customer(number="O-1"), "500.00", due=TODAY - timedelta(days=9)).customer
    rebuild(TODAY, POLICY)
    set_backup(cast.who(books.lena), books.bob.pk, books.alice.pk, TODAY, TODAY + timedelta(days=2), "leave")
    log_call(
        cast.who(books.alice, at=NOON),
        five[0].pk,
        "reached",
        promise=PromiseAsked(TODAY, Money(10_000, "USD")),
    )
    seen = team(TODAY, TODAY, POLICY)
    person = {each.name: each for each in seen.people}
    assert (person["Alice"].calls, person["Alice"].reached, person["Alice"].promised) == (
        1,
        1,
        (Money(10_000, "USD"),),
    )
    assert (person["Bob"].backup, person["Alice"].covers) == ("Alice", ("Bob",))
    assert [(gap.why, gap.examples) for gap in seen.gaps] == [
        ("unassigned", ((orphan.pk, "O-1", orphan.name),))
    ]
    assert seen.absences[0].reason == "leave"
