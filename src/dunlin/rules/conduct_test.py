"""No call outside the contact's hours, above the frequency, or after cease contact (section 5, P6)."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.calendars import Calendar
from dunlin.rules.campaigns import OUTCOMES
from dunlin.rules.conduct import (
    Place,
    may_call,
    may_write,
    reg_f_allowed,
    window_for,
    zone_of,
)
from dunlin.rules.conduct_profiles import profile_for
from dunlin.rules.policy import Policy
from dunlin.rules.reasons import reason

POLICY = Policy()
PARIS = Place("Europe/Paris", "FR", calendar=Calendar("fr", frozenset({date(2026, 5, 25)})))


def at(text, zone="Europe/Paris"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.req("B3")
@pytest.mark.req("D10")
@pytest.mark.trap(30)
@pytest.mark.parametrize(
    "now, code, next_at",
    [
        pytest.param("2026-05-22 08:00", "conduct_allowed", "2026-05-22 08:00", id="the first minute"),
        pytest.param("2026-05-22 07:59", "conduct_hours", "2026-05-22 08:00", id="a minute early"),
        pytest.param("2026-05-21 20:00", "conduct_hours", "2026-05-22 08:00", id="the end is outside"),
        pytest.param(
            "2026-05-22 20:00", "conduct_hours", "2026-05-26 08:00", id="over a weekend and a holiday"
        ),
        pytest.param("2026-05-23 10:00", "conduct_weekend", "2026-05-26 08:00", id="Saturday"),
        pytest.param("2026-05-25 10:00", "conduct_holiday", "2026-05-26 08:00", id="holiday"),
    ],
)
def test_hours_in_the_place_of_the_contact(now, code, next_at):
    verdict = may_call(at(now), PARIS, POLICY)
    assert (verdict.code, verdict.allowed, verdict.next_at) == (code, code == "conduct_allowed", at(next_at))
    assert "{" not in reason(verdict.code, verdict.facts)


def test_the_zone_decides_and_not_the_clock_of_the_desk():
    assert may_call(at("2026-05-22 08:30", "Asia/Manila"), PARIS, POLICY).code == "conduct_hours"
    assert may_call(at("2026-05-22 08:30", "America/New_York"), PARIS, POLICY).allowed


@pytest.mark.parametrize(
    "place, hours",
    [
        (Place(country="US", region="TX"), (8, 21)),
        (Place(country="US"), (8, 20)),
        (Place(country="PH"), (6, 22)),
        (Place(country="IN"), (8, 19)),
        (Place(country="DE"), (8, 20)),
        (Place(country="BR"), (8, 20)),
        (Place(), (8, 19)),
    ],
)
def test_the_narrowest_window_that_could_hold(place, hours):
    assert window_for(place, POLICY) == (hours[0] * 60, hours[1] * 60)


def test_cease_contact_stops_every_channel_and_do_not_call_only_calls():
    now = at("2026-05-22 10:00")
    assert may_call(now, PARIS, POLICY, cease_contact=True, do_not_call=True).code == "conduct_cease_contact"
    assert may_call(now, PARIS, POLICY, do_not_call=True).code == "conduct_do_not_call"
    assert not may_write(cease_contact=True).allowed
    assert may_write().allowed


@pytest.mark.rule("P6")
def test_attempts_spacing_and_reached():
    now = at("2026-05-22 12:00")
    before = [(now - timedelta(minutes=minutes), "busy") for minutes in (180, 120, 61)]
    assert may_call(now, PARIS, POLICY, before[:2]).allowed
    assert may_call(now, PARIS, POLICY, before).code == "conduct_attempts"
    assert (
        may_call(now, PARIS, POLICY, [(now - timedelta(minutes=200), "reached")]).code
        == "conduct_reached_today"
    )
    soon = may_call(now, PARIS, POLICY, [(now - timedelta(minutes=20), "busy")])
    assert (soon.code, soon.next_at) == ("conduct_spacing", now + timedelta(minutes=40))
    assert reason(soon.code, soon.facts) == "The last attempt was 20 minutes ago; wait 60 minutes between two"
    assert may_call(
        now, PARIS, POLICY, [(now - timedelta(days=1), "reached")] + [(now - timedelta(days=1), "busy")] * 3
    ).allowed


zones = st.sampled_from(
    ["Europe/Paris", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Manila", ""]
)
# Days around the changes of 2026 to and from summer time in these zones.
moments = st.sampled_from(
    [datetime(2026, m, d, tzinfo=UTC) for m, d in ((3, 7), (3, 28), (4, 3), (10, 2), (10, 24), (11, 1))]
)


@pytest.mark.invariant(25)
@settings(max_examples=200, deadline=None)
@given(
    zones,
    st.sampled_from(["", "US", "FR", "PH", "BR"]),
    moments,
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(OUTCOMES)), max_size=40),
    st.booleans(),
)
def test_no_generated_day_has_a_call_that_is_not_allowed(zone, country, start, tries, weekends):
    """A collector who tries at any moments over days with a change of the clock, and calls whenever allowed."""
    policy = Policy(call_on_weekends=weekends)
    place = Place(zone, country)
    local_zone = ZoneInfo(zone_of(place, policy).name)
    first, end = window_for(place, policy)
    calls: list[tuple[datetime, str]] = []
    now = start
    for minutes, outcome in tries:
        now += timedelta(minutes=minutes)
        verdict = may_call(now, place, policy, calls)
        if verdict.allowed:
            calls.append((now, outcome))
        elif verdict.next_at is not None:
            assert verdict.next_at > now
            assert may_call(verdict.next_at, place, policy, calls).allowed
    days: dict[date, list[tuple[datetime, str]]] = {}
    for moment, outcome in calls:
        local = moment.astimezone(local_zone)
        assert first <= local.hour * 60 + local.minute < end
        assert weekends or local.weekday() < 5
        days.setdefault(local.date(), []).append((moment, outcome))
    for made in days.values():
        assert len(made) <= 3
        assert all(late - early >= timedelta(hours=1) for (early, _), (late, _) in pairwise(made))
        assert not any(outcome in ("reached", "refused") for _, outcome in made[:-1])
    limit = profile_for(country).get("calls_per_week_unreached")
    for index, (moment, _) in enumerate(calls):
        day = moment.astimezone(local_zone).date()
        week = [outcome for at, outcome in calls[:index] if (day - at.astimezone(local_zone).date()).days < 7]
        assert limit is None or len(week) < limit.value.value or {"reached", "refused"} & set(week)


@pytest.mark.req("B3")
@pytest.mark.trap(30)
@pytest.mark.invariant(25)
def test_without_a_zone_the_clock_is_that_of_the_place_or_the_ledgers_and_says_so():
    policy = Policy(ledger_time_zone="America/Los_Angeles")
    night = at("2026-05-22 01:00", "America/Los_Angeles")  # 10:00 in Berlin
    assert may_call(night, Place(country="DE"), policy).allowed
    assert may_call(night, Place(country="US", region="CA"), policy).facts["zone"] == "America/Los_Angeles"
    unknown = may_call(night, Place(), policy)
    assert (unknown.code, unknown.facts["zone_assumed"]) == ("conduct_hours", True)
    assert reason(unknown.code, unknown.facts) == (
        "No calls now: it is 01:00 there (time zone assumed: America/Los_Angeles), calls from 08:00 to 19:00"
    )
    assert may_call(at("2026-05-22 14:00", "America/Los_Angeles"), Place(), policy).allowed


@pytest.mark.rule("P6")
@pytest.mark.invariant(25)
def test_a_block_that_forbids_contact_stops_every_channel_and_a_wrong_number_is_not_called():
    now = at("2026-05-22 10:00")
    blocked = may_call(now, PARIS, POLICY, blocks=["plan", "insolvency"])
    assert (blocked.allowed, blocked.next_at) == (False, None)
    assert reason(blocked.code, blocked.facts) == "No contact: the customer is in insolvency"
    assert may_write(blocks=["legal"]).code == "conduct_blocked"
    # A payment plan only says that nobody asks for the money: there may be something else to say.
    assert may_call(now, PARIS, POLICY, blocks=["plan"]).allowed
    assert may_call(now, PARIS, POLICY, wrong_number=True).code == "conduct_wrong_number"


@pytest.mark.rule("P6")
@pytest.mark.invariant(26)
def test_calls_logged_out_of_their_order_keep_the_spacing_to_both_sides():
    now = at("2026-05-22 12:00")
    later = [(now + timedelta(minutes=20), "busy")]
    refused = may_call(now, PARIS, POLICY, later)
    assert reason(refused.code, refused.facts) == (
        "Another attempt came 20 minutes later; 60 minutes lie between two"
    )
    assert may_call(now, PARIS, POLICY, [(now + timedelta(minutes=60), "busy")]).allowed
    both = [(now - timedelta(minutes=30), "busy"), *later]
    assert may_call(now, PARIS, POLICY, both).next_at == now + timedelta(minutes=80)


@pytest.mark.req("D10")
def test_a_refused_call_names_its_rule():
    early = may_call(at("2026-05-22 07:00"), PARIS, POLICY).facts["conduct_rule"]
    assert (early["key"], early["profile"]) == ("call_window", "EU")
    own = Policy(call_hours=(("default", "09:00-10:00"),))
    assert (
        may_call(at("2026-05-22 11:00"), PARIS, own).facts["conduct_rule"]["source"]
        == "setting conduct.call_hours"
    )
    blocked = may_call(at("2026-05-22 10:00"), PARIS, POLICY, blocks=["insolvency"])
    assert blocked.facts["conduct_rule"]["binding"] == "law"


@pytest.mark.req("D10")
def test_three_calls_a_week_without_reaching_anyone_where_that_is_the_limit():
    friday = at("2026-05-22 12:00")
    calls = [(friday - timedelta(days=days), "no_answer") for days in (6, 4, 2)]
    verdict = may_call(friday, PARIS, POLICY, calls)
    # The oldest of them leaves the seven days on Saturday; Monday is a holiday.
    assert (verdict.code, verdict.next_at) == ("conduct_calls_per_week", at("2026-05-26 08:00"))
    assert reason(verdict.code, verdict.facts).startswith(
        "No calls today: 3 calls in seven days without reaching"
    )
    assert verdict.facts["conduct_rule"] == {
        "key": "calls_per_week_unreached", "profile": "EU", "source": "default of Dunlin", "binding": "default",
    }  # fmt: skip
    assert may_call(friday, PARIS, POLICY, calls[1:]).allowed
    assert may_call(friday, PARIS, POLICY, [*calls, (friday - timedelta(days=1), "reached")]).allowed
    assert may_call(friday, PARIS, Policy(weekly_call_limits=False), calls).allowed
    assert may_call(friday, Place("Europe/Paris", "US", "TX"), POLICY, calls).allowed


@pytest.mark.req("D10")
@pytest.mark.parametrize(
    "calls, spoke, allowed",
    [
        pytest.param(
            range(1, 8), None, True, id="seven in the seven days before, six of them within seven with today"
        ),
        pytest.param([*range(1, 7), 1], None, False, id="the eighth within seven days"),
        pytest.param([*range(1, 7)], None, True, id="the seventh"),
        pytest.param([], 6, False, id="six days after a conversation"),
        pytest.param([], 7, True, id="on the seventh day calls may resume"),
        pytest.param([], 0, False, id="on the day of the conversation"),
        pytest.param([], -1, True, id="a conversation still to come"),
    ],
)
def test_seven_in_seven(calls, spoke, allowed):
    day = date(2026, 3, 12)
    days = [day - timedelta(days=back) for back in calls]
    last = None if spoke is None else day - timedelta(days=spoke)
    assert reg_f_allowed(days, last, day) is allowed
    # The same through the gate, where the option is on.
    noon = datetime(2026, 3, 12, 18, tzinfo=UTC)
    texas = Place("America/Chicago", "US", "TX")
    tried = [(noon - timedelta(days=back, hours=index % 2 * 2), "busy") for index, back in enumerate(calls)]
    policy = Policy(seven_in_seven=True, call_on_weekends=True)
    verdict = may_call(noon, texas, policy, tried, last_conversation=last)
    assert (verdict.allowed, verdict.code) == (
        allowed,
        "conduct_allowed" if allowed else "conduct_seven_in_seven",
    )
    if not allowed:
        assert may_call(verdict.next_at, texas, policy, tried, last_conversation=last).allowed
    assert may_call(noon, texas, Policy(call_on_weekends=True), tried, last_conversation=last).allowed
