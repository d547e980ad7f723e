"""Calls: the gate before them, what they leave behind, and that nothing is written when they are refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.add_follow_up import FollowUpAsked
from dunlin.actions.log_call import call_verdict, log_call
from dunlin.actions.log_promise import PromiseAsked
from dunlin.actions.run_daily import run_daily
from dunlin.records.models import (
    Block,
    Call,
    ContactPoint,
    Customer,
    DiaryLine,
    FollowUp,
    Item,
    Promise,
    Setting,
)
from dunlin.records.policies import current_policy
from dunlin.reports.worklist import worklist
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from tests import cast
from tests.cast import TODAY, moment

pytestmark = pytest.mark.django_db

IN_HOURS = moment(TODAY, 16)  # 11:00 in New York, 10:00 in Chicago


def alice(books, at=IN_HOURS, **more):
    return cast.who(books.alice, at=at, **more)


@pytest.mark.req("B4")
@pytest.mark.rule("P4")
def test_a_conversation_leaves_the_call_its_stage_its_promise_and_its_follow_up(books):
    contact = books.lakeside.contacts.get()
    result = log_call(
        alice(books), books.lakeside.pk, "reached", contact_id=contact.pk, note="pays by card 4111 1111 1111 1111",
        promise=PromiseAsked(TODAY + timedelta(days=2)), follow_up=FollowUpAsked("send copy", TODAY + timedelta(days=1)),
    )  # fmt: skip

    call = Call.objects.get(pk=result.call_id)
    assert (call.outcome, call.spoke_to, call.by, call.day) == ("reached", "Priya Raman", books.alice, TODAY)
    assert call.note == "pays by card ************1111"
    assert result.stages == ((books.late.pk, "suspension"),)
    assert Item.objects.get(pk=books.late.pk).stage == 4
    promise = Promise.objects.get(pk=result.promise_id)
    assert (promise.amount, promise.currency, promise.call_id) == (None, "USD", call.pk)
    assert [each.item_id for each in promise.items.all()] == [books.late.pk]
    assert FollowUp.objects.get(pk=result.follow_up_id).owner == books.alice
    assert [line.verb for line in DiaryLine.objects.all()] == ["log_call"] * 3


@pytest.mark.rule("P6")
@pytest.mark.invariant(25)
@pytest.mark.parametrize(
    "hour, minute, allowed", [(12, 59, False), (13, 0, True), (0, 59, True), (1, 0, False)], ids=str
)
def test_calls_keep_to_the_hours_where_the_customer_is(books, hour, minute, allowed):
    """New York is five hours behind; its window is 08:00 to 20:00 while the state is not known."""
    who = alice(books, at=moment(TODAY, hour, minute))
    if allowed:
        log_call(who, books.lakeside.pk, "no_answer")
        return
    with pytest.raises(Refused) as refused:
        log_call(who, books.lakeside.pk, "no_answer")
    assert refused.value.code == "call_not_allowed"
    assert Call.objects.count() == DiaryLine.objects.count() == 0


@pytest.mark.rule("P6")
@pytest.mark.invariant(26)
def test_three_spaced_attempts_and_no_fourth(books):
    for n in range(3):
        result = log_call(alice(books, IN_HOURS + timedelta(hours=n)), books.lakeside.pk, "no_answer")
        assert result.attempts_today == n + 1
    for more in ({}, {"override": "the customer waits"}):
        with pytest.raises(Refused, match="3 calls today already"):
            log_call(alice(books, IN_HOURS + timedelta(hours=4)), books.lakeside.pk, "reached", **more)
    assert Call.objects.count() == 3


@pytest.mark.rule("P6")
def test_attempts_are_an_hour_apart(books):
    log_call(alice(books), books.lakeside.pk, "busy")
    with pytest.raises(Refused, match="59 minutes ago"):
        log_call(alice(books, IN_HOURS + timedelta(minutes=59)), books.lakeside.pk, "busy")
    log_call(alice(books, IN_HOURS + timedelta(minutes=60)), books.lakeside.pk, "busy")


@pytest.mark.req("D10")
@pytest.mark.invariant(25)
def test_the_weekly_limit_of_the_place_holds_over_all_calls_of_the_week(books):
    """Three unreached calls in seven days where that is the custom; only what reached someone, or a lead's reason, ends it."""
    Customer.objects.filter(pk=books.lakeside.pk).update(country="FR", time_zone="Europe/Paris")
    noon = moment(TODAY, 10)
    for back in (8, 6, 4, 2):  # the oldest lies outside the week
        Call.objects.create(
            customer=books.lakeside, outcome="no_answer", direction="out", by=books.alice,
            day=TODAY - timedelta(back), started_at=noon - timedelta(back),
        )  # fmt: skip
    with pytest.raises(Refused, match="3 calls in seven days without reaching anyone; 3 is the most there"):
        log_call(alice(books, noon), books.lakeside.pk, "no_answer")
    with pytest.raises(Refused, match="3 calls in seven days"):
        log_call(alice(books, noon), books.lakeside.pk, "no_answer", override="urgent")
    log_call(cast.who(books.lena, at=noon), books.lakeside.pk, "reached", override="asked to by mail")


@pytest.mark.invariant(26)
def test_nobody_is_called_again_after_being_reached(books):
    log_call(alice(books), books.lakeside.pk, "reached")
    with pytest.raises(Refused, match="has been reached"):
        log_call(alice(books, IN_HOURS + timedelta(hours=2)), books.lakeside.pk, "no_answer")


@pytest.mark.req("D10")
@pytest.mark.parametrize("kind", ["cease_contact", "do_not_call"])
def test_who_must_not_be_called_is_not_even_by_a_lead(books, kind):
    Block.objects.create(
        customer=books.lakeside, kind=kind, from_on=TODAY, reason="in writing", recorded_at=moment(TODAY)
    )
    with pytest.raises(Refused) as refused:
        log_call(cast.who(books.lena, at=IN_HOURS), books.lakeside.pk, "reached", override="asked to")
    assert refused.value.code == "call_not_allowed"
    # They called us: that is logged whatever the hour.
    log_call(alice(books, moment(TODAY, 2)), books.lakeside.pk, "reached", direction="in")


def test_a_lead_passes_the_hours_with_a_reason_that_the_diary_keeps(books):
    night = moment(TODAY, 3)
    with pytest.raises(Refused):
        log_call(alice(books, night), books.lakeside.pk, "reached", override="agreed by mail")
    log_call(cast.who(books.lena, at=night), books.lakeside.pk, "reached", override="agreed by mail")
    assert DiaryLine.objects.get().cause == "agreed by mail"


def test_a_wrong_number_is_marked_and_kept(books):
    point = ContactPoint.objects.get(contact__customer=books.lakeside, kind="phone")
    result = log_call(alice(books), books.lakeside.pk, "wrong_number", number=point.value)
    assert result.wrong_point_ids == (point.pk,)
    point.refresh_from_db()
    assert point.state == "wrong"


def test_the_same_key_answers_the_same_and_logs_once(books):
    first = log_call(alice(books), books.lakeside.pk, "reached", key="k1")
    again = log_call(alice(books), books.lakeside.pk, "reached", key="k1")
    assert first == again
    assert Call.objects.count() == 1


def test_a_refused_promise_takes_the_call_with_it(books):
    with pytest.raises(Refused) as refused:
        log_call(
            alice(books), books.lakeside.pk, "reached",
            promise=PromiseAsked(TODAY, Money.exact("9999.00", "USD")),
        )  # fmt: skip
    assert refused.value.code == "promise_exceeds_open"
    assert Call.objects.count() == Promise.objects.count() == 0


@pytest.mark.parametrize(
    "outcome, code", [("shouted", "call_outcome_unknown"), ("reached", "contact_of_other_customer")], ids=str
)
def test_what_makes_no_sense_is_refused(books, outcome, code):
    stranger = books.harbour.contacts.get()
    with pytest.raises(Refused) as refused:
        log_call(alice(books), books.lakeside.pk, outcome, contact_id=stranger.pk)
    assert refused.value.code == code


def test_a_dry_call_leaves_nothing(books):
    assert log_call(alice(books).dry(), books.lakeside.pk, "reached").reached
    assert Call.objects.count() == 0


@pytest.mark.parametrize("hours", [-9, 1])
def test_a_call_is_logged_on_its_day_and_after_it_was_made(books, hours):
    with pytest.raises(Refused) as refused:
        log_call(alice(books), books.lakeside.pk, "busy", started_at=IN_HOURS + timedelta(hours=hours))
    assert refused.value.code == "call_time_wrong"
    log_call(alice(books), books.lakeside.pk, "busy", started_at=IN_HOURS - timedelta(minutes=20))
    assert Call.objects.get().started_at == IN_HOURS - timedelta(minutes=20)


@pytest.mark.rule("P6")
@pytest.mark.invariant(25)
def test_a_wrong_number_is_not_dialled_again_but_another_contact_may_be(books):
    contact = books.lakeside.contacts.get()
    wrong = contact.points.get(kind="phone").value
    log_call(alice(books), books.lakeside.pk, "wrong_number", contact_id=contact.pk, number=wrong)
    later = alice(books, IN_HOURS + timedelta(hours=2))
    for dialled in ({"number": wrong}, {"contact_id": contact.pk}, {}):
        with pytest.raises(Refused) as refused:
            log_call(later, books.lakeside.pk, "no_answer", **dialled)
        assert str(refused.value).endswith("the number is wrong; call another one or write.")
    other = cast.contact(books.lakeside, "Bo Lind", phone="+1 212 555 0199")
    log_call(later, books.lakeside.pk, "no_answer", contact_id=other.pk, number="+1 212 555 0199")
    assert Call.objects.count() == 2


@pytest.mark.req("B3")
@pytest.mark.invariant(25)
def test_nobody_calls_out_to_a_customer_in_insolvency_and_their_call_is_logged(books):
    Block.objects.create(
        customer=books.lakeside, kind="insolvency", from_on=TODAY, reason="chapter 11", recorded_at=IN_HOURS
    )
    for override in ("", "the lead says so"):
        with pytest.raises(Refused) as refused:
            log_call(
                cast.who(cast.user("team_lead"), at=IN_HOURS),
                books.lakeside.pk,
                "voicemail",
                override=override,
            )
        assert "the customer is in insolvency" in str(refused.value)
    assert log_call(alice(books), books.lakeside.pk, "reached", direction="in").reached


@pytest.mark.rule("P6")
@pytest.mark.invariant(26)
def test_a_call_logged_after_a_later_one_is_measured_to_it(books):
    log_call(alice(books), books.lakeside.pk, "busy")
    with pytest.raises(Refused) as refused:
        log_call(alice(books), books.lakeside.pk, "no_answer", started_at=IN_HOURS - timedelta(minutes=30))
    assert "Another attempt came 30 minutes later" in str(refused.value)
    log_call(alice(books), books.lakeside.pk, "no_answer", started_at=IN_HOURS - timedelta(minutes=90))
    assert Call.objects.count() == 2


@pytest.mark.req("B3")
@pytest.mark.trap(30)
@pytest.mark.invariant(25)
@pytest.mark.parametrize(
    "more, zone, assumed",
    [
        ({}, "America/Los_Angeles", True),
        ({"country": "DE"}, "Europe/Berlin", False),
        ({"country": "US", "region": "NY"}, "America/New_York", False),
    ],
    ids=["nothing known", "country", "state"],
)
def test_the_gate_and_the_list_read_the_clock_of_a_customer_without_a_zone_alike(more, zone, assumed):
    Setting.objects.create(name="ledger.time_zone", value="America/Los_Angeles", changed_at=moment(TODAY))
    policy = current_policy()
    person = cast.user()
    customer = cast.customer(collector=person, **more)
    cast.invoice(customer, "10.00", due=TODAY - timedelta(days=10))
    run_daily(cast.who(), TODAY)
    [entry] = worklist(TODAY, person.pk, policy).entries
    verdict = call_verdict(customer, None, None, moment(TODAY, 18), policy)
    assert (entry.time_zone, entry.zone_assumed) == (zone, assumed)
    assert (verdict.facts["zone"], verdict.facts["zone_assumed"]) == (zone, assumed)
