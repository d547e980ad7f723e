"""No message at an hour, at a frequency, to an address or to a customer it must not go to (section 5, P29, P35)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.calendars import Calendar
from dunlin.rules.conduct import Place, may_name_amounts, may_override, may_write, zone_of
from dunlin.rules.policy import Policy
from dunlin.rules.reasons import reason

POLICY = Policy()
PARIS = Place("Europe/Paris", "FR", calendar=Calendar("fr", frozenset({date(2026, 5, 25)})))
ZONES = st.sampled_from(
    ["Europe/Paris", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Manila", ""]
)
# Days around the changes of 2026 to and from summer time in these zones.
MOMENTS = st.sampled_from(
    [datetime(2026, m, d, tzinfo=UTC) for m, d in ((3, 7), (3, 28), (4, 3), (10, 2), (10, 24), (11, 1))]
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Paris"))


def write(text, **more):
    more = {"purpose": "notice", "automatic": True} | more
    return may_write(
        at(text), more.pop("channel", "email"), more.pop("place", PARIS), more.pop("policy", POLICY), **more
    )


@pytest.mark.req("D10")
@pytest.mark.trap(30)
@pytest.mark.parametrize(
    "now, code, next_at",
    [
        pytest.param(
            "2026-05-22 08:00", "conduct_writing_allowed", "2026-05-22 08:00", id="the first minute"
        ),
        pytest.param("2026-05-22 07:59", "conduct_email_hours", "2026-05-22 08:00", id="a minute early"),
        pytest.param(
            "2026-05-22 18:00", "conduct_email_hours", "2026-05-26 08:00", id="the end, a weekend, a holiday"
        ),
        pytest.param("2026-05-25 10:00", "conduct_email_closed_day", "2026-05-26 08:00", id="holiday"),
    ],
)
def test_automatic_mail_keeps_to_the_hours_of_the_contact(now, code, next_at):
    verdict = write(now)
    assert (verdict.code, verdict.next_at) == (code, at(next_at))
    assert "{" not in reason(verdict.code, verdict.facts)
    assert may_write(at(now), "email", PARIS, POLICY).allowed, "a person writes when they like"
    assert write(now, channel="portal").allowed
    assert write(now, channel="letter").allowed
    assert write("2026-05-25 10:00", policy=Policy(email_on_closed_days=True)).allowed


@pytest.mark.req("D10")
@pytest.mark.rule("P35")
@pytest.mark.trap(28)
@pytest.mark.trap(29)
def test_automatic_mail_is_capped_a_day_and_a_week():
    monday = at("2026-05-18 09:00")
    sent = [(monday, "notice")]
    again = write("2026-05-18 15:00", sent=sent)
    assert (again.code, again.next_at) == ("conduct_too_many", at("2026-05-19 08:00"))
    assert (
        reason(again.code, again.facts) == "Not yet: 1 automatic by email within a day already; 1 is the most"
    )
    assert again.facts["conduct_rule"]["source"] == "setting conduct.emails_per_day"
    sent = [(monday + timedelta(days=days), "mrr") for days in (0, 1, 2)]
    week = write("2026-05-21 09:00", sent=sent)
    assert (week.code, week.next_at) == ("conduct_too_many", at("2026-05-26 08:00")), "Monday is a holiday"
    assert week.facts["within"] == "7 days"
    # What was asked for or is due by the calendar neither counts nor waits.
    for purpose in ("statement", "answer", "copies", "written"):
        assert write("2026-05-21 09:00", sent=sent, purpose=purpose).allowed
        assert write("2026-05-21 09:00", sent=[(at, purpose) for at, _ in sent]).allowed
    assert write("2026-05-21 09:00", sent=sent, required_by_law=True).allowed
    assert may_write(at("2026-05-21 09:00"), "email", PARIS, POLICY, purpose="notice", sent=sent).allowed, (
        "by hand"
    )
    # A message decided for tomorrow counts against one of today.
    assert not write(
        "2026-05-18 09:00", policy=Policy(emails_per_week=1), sent=[(at("2026-05-19 09:00"), "notice")]
    ).allowed
    letters = [(monday - timedelta(days=days), "notice") for days in (1, 9, 17, 25)]
    letter = write("2026-05-18 09:00", channel="letter", sent=letters)
    assert (letter.code, letter.next_at) == ("conduct_too_many", at("2026-05-23 00:00"))


@pytest.mark.req("D10")
@pytest.mark.rule("P29")
def test_what_forbids_writing_and_who_may_pass_it():
    noon = "2026-05-22 12:00"
    ceased = write(noon, cease_contact=True)
    assert (ceased.code, ceased.next_at) == ("conduct_cease_contact", None)
    assert write(noon, cease_contact=True, required_by_law=True).allowed
    assert write(noon, cease_contact=True, purpose="confirmation").allowed
    assert not write(noon, cease_contact=True, purpose="confirmation", confirmed=True).allowed
    for channel in ("email", "letter", "portal"):
        for block in ("insolvency", "legal", "agency"):
            verdict = write(noon, channel=channel, blocks=["plan", block], purpose="answer")
            assert (verdict.code, verdict.facts["block"]) == ("conduct_blocked", block)
            assert may_override(verdict, "answer") is (block == "agency")
            assert not may_override(verdict, "notice")
    assert write(noon, blocks=["plan", "promised"]).allowed
    assert not may_override(ceased, "answer")


@pytest.mark.req("D10")
@pytest.mark.trap(57)
def test_nothing_goes_to_an_address_that_does_not_work():
    for state in ("wrong", "bounced", "suppressed"):
        verdict = may_write(address_state=state)
        assert (verdict.code, verdict.next_at) == ("conduct_address", None)
        assert state in reason(verdict.code, verdict.facts)
        assert not write("2026-05-22 12:00", address_state=state, required_by_law=True).allowed
        assert may_write(channel="portal", address_state=state).allowed


def test_an_unknown_channel_or_an_automatic_message_without_a_moment_is_an_error():
    with pytest.raises(ValueError, match="fax"):
        may_write(channel="fax")
    with pytest.raises(ValueError, match="moment"):
        may_write(automatic=True)


def test_amounts_are_not_left_on_a_voicemail():
    assert not may_name_amounts("voicemail", POLICY)
    assert may_name_amounts("shared_mailbox", POLICY)
    assert not may_name_amounts("shared_mailbox", Policy(details_to_shared_mailboxes=False))
    assert may_name_amounts("person", POLICY)


@pytest.mark.invariant(25)
@settings(max_examples=200, deadline=None)
@given(
    ZONES,
    st.sampled_from(["", "US", "FR", "PH", "BR"]),
    MOMENTS,
    st.lists(
        st.tuples(st.integers(0, 600), st.sampled_from(["notice", "mrr", "finals", "statement", "answer"])),
        max_size=40,
    ),
    st.integers(1, 3),
    st.integers(1, 4),
    st.booleans(),
    st.integers(0, 40),
)
def test_no_generated_day_has_mail_that_is_not_allowed(
    zone, country, start, tries, daily, weekly, closed, ceases_after
):
    """A process that tries at any moments over days with a change of the clock, waits when told to, and is told to cease."""
    policy = Policy(emails_per_day=daily, emails_per_week=weekly, email_on_closed_days=closed)
    place = Place(zone, country)
    local_zone = ZoneInfo(zone_of(place, policy).name)
    sent: list[tuple[datetime, str]] = []
    now = start
    for index, (minutes, purpose) in enumerate(tries):
        now += timedelta(minutes=minutes)
        facts = {"purpose": purpose, "automatic": True, "sent": sent, "cease_contact": index >= ceases_after}
        verdict = may_write(now, "email", place, policy, **facts)
        if not verdict.allowed and verdict.next_at is not None:
            assert verdict.next_at > now
            now = verdict.next_at
            verdict = may_write(now, "email", place, policy, **facts)
            assert verdict.allowed, "the moment it names is one it allows"
        if verdict.allowed:
            assert index < ceases_after
            sent.append((now, purpose))
    local = [(moment.astimezone(local_zone), purpose) for moment, purpose in sent]
    assert all(8 * 60 <= each.hour * 60 + each.minute < 18 * 60 for each, _ in local)
    assert closed or all(each.weekday() < 5 for each, _ in local)
    counted = [each.date() for each, purpose in local if purpose not in ("statement", "answer")]
    for day in set(counted):
        assert counted.count(day) <= daily
        assert sum(0 <= (day - other).days < 7 for other in counted) <= weekly
