"""When the scheduled processes run, what is due after downtime, and who is written to at the end of the day."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.calendars import Calendar
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy
from dunlin.rules.processes import (
    PROCESSES,
    FinalsReport,
    campaign_mail,
    check_report,
    check_withdrawal,
    checklist,
    due_periods,
    finals_contact_on,
    next_dates,
    period_day,
    says_when,
)
from dunlin.rules.reasons import reason

# The days off of the US that matter to a process or a month's count; the command's test takes them from the library.
HOLIDAYS = """2026-01-01 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-07-03 2026-07-04 2026-09-07 2026-10-12 2026-11-11
2026-11-26 2026-12-25 2027-01-01 2027-01-18 2027-02-15 2027-05-31 2027-06-18 2027-07-05 2027-09-06 2027-10-11 2027-11-11"""
LEDGER = Calendar("ledger", frozenset(map(date.fromisoformat, HOLIDAYS.split())))
POLICY = Policy()


def days(*texts):
    return [date.fromisoformat(text) for text in texts]


def states(process, last, today, **known):
    periods = due_periods(process, last, date.fromisoformat(today), LEDGER, POLICY, **known)
    return [(period.key, period.state) for period in periods]


@pytest.mark.req("C1")
@pytest.mark.rule("P1")
def test_statement_days_of_2026_with_us_holidays():
    assert next_dates("statements", date(2026, 1, 1), 12, LEDGER, POLICY) == days(
        "2026-01-15", "2026-02-17", "2026-03-16", "2026-04-15", "2026-05-15", "2026-06-15",
        "2026-07-15", "2026-08-14", "2026-09-15", "2026-10-15", "2026-11-16", "2026-12-15",
    )  # fmt: skip
    literal = Policy.from_mapping({"statement.holiday_policy": "literal"})
    assert period_day("statements", 2026, 2, LEDGER, literal) == date(2026, 2, 16)


@pytest.mark.req("C2")
@pytest.mark.rule("P2")
@pytest.mark.rule("P3")
def test_finals_begin_on_the_sixth_business_day_of_2026_with_us_holidays():
    assert next_dates("finals", date(2026, 1, 1), 12, LEDGER, POLICY) == days(
        "2026-01-09", "2026-02-09", "2026-03-09", "2026-04-08", "2026-05-08", "2026-06-08",
        "2026-07-09", "2026-08-10", "2026-09-09", "2026-10-08", "2026-11-09", "2026-12-08",
    )  # fmt: skip


@pytest.mark.rule("P7")
@pytest.mark.req("C4")
def test_recurring_invoices_on_the_first_business_day():
    assert next_dates("mrr", date(2026, 1, 2), 3, LEDGER, POLICY) == days(
        "2026-01-02", "2026-02-02", "2026-03-02"
    )
    later = Policy.from_mapping({"mrr.nth_business_day": 3})
    assert next_dates("mrr", date(2026, 1, 5), 1, LEDGER, later) == days("2026-01-06")


@pytest.mark.rule("P4")
@pytest.mark.req("C3")
def test_daily_processes_run_on_business_days():
    assert next_dates("past_due", date(2026, 7, 2), 3, LEDGER, POLICY) == days(
        "2026-07-02", "2026-07-06", "2026-07-07"
    )
    assert next_dates("campaign_mail", date(2026, 7, 4), 1, LEDGER, POLICY) == days("2026-07-06")
    assert next_dates("past_due", date(2026, 7, 2), 0, LEDGER, POLICY) == []


@pytest.mark.rule("P3")
@pytest.mark.parametrize(
    "reports, start",
    [
        ([], "2026-02-09"),
        ([date(2026, 2, 4)], "2026-02-04"),
        ([datetime(2026, 2, 4, 16, 59, tzinfo=UTC)], "2026-02-04"),
        ([datetime(2026, 2, 4, 17, 1, tzinfo=UTC)], "2026-02-05"),
        ([date(2026, 2, 7)], "2026-02-09"),  # a Saturday
        ([date(2026, 2, 20)], "2026-02-09"),
        ([date(2026, 1, 31)], "2026-02-02"),  # on the last day: from the first business day on
        ([date(2026, 2, 5), date(2026, 2, 3)], "2026-02-03"),
        (
            [datetime(2026, 2, 3, 9, 0, tzinfo=UTC), date(2026, 2, 4)],
            "2026-02-03",
        ),  # later reports change nothing
    ],
)
def test_the_report_that_final_invoicing_is_complete_starts_the_contacts(reports, start):
    told = [FinalsReport(date(2026, 1, 15), at) for at in reports]
    assert period_day("finals", 2026, 2, LEDGER, POLICY, told, time(17)) == date.fromisoformat(start)
    closing = [each._replace(closes=time(17)) for each in told]
    assert next_dates("finals", date(2026, 2, 1), 1, LEDGER, POLICY, closing) == [date.fromisoformat(start)]
    # Withdrawn, or about another month, it starts nothing.
    withdrawn = [each._replace(withdrawn=True) for each in told]
    assert period_day("finals", 2026, 2, LEDGER, POLICY, withdrawn, time(17)) == date(2026, 2, 9)
    other = [each._replace(month=date(2025, 12, 1)) for each in told]
    assert period_day("finals", 2026, 2, LEDGER, POLICY, other, time(17)) == date(2026, 2, 9)


@pytest.mark.rule("P3")
def test_a_report_is_about_a_month_that_is_over_and_withdrawn_only_before_the_contacts():
    check_report(date(2026, 1, 1), date(2026, 1, 31))
    with pytest.raises(Refused) as early:
        check_report(date(2026, 1, 1), date(2026, 1, 30))
    assert early.value.code == "finals_month_not_over"
    check_withdrawal(date(2026, 1, 1), None)
    with pytest.raises(Refused, match="began on 2026-02-04"):
        check_withdrawal(date(2026, 1, 1), date(2026, 2, 4))


@pytest.mark.rule("P3")
def test_a_final_issued_after_the_start_is_contacted_the_next_business_day():
    start = date(2026, 2, 9)
    assert finals_contact_on(date(2026, 1, 28), start, LEDGER) == start
    assert finals_contact_on(date(2026, 2, 9), start, LEDGER) == start
    assert finals_contact_on(date(2026, 2, 13), start, LEDGER) == date(2026, 2, 17)  # Presidents' Day between


@pytest.mark.req("C1")
@pytest.mark.trap(26)
@pytest.mark.parametrize(
    "process, last, today, expected",
    [
        pytest.param("statements", "2026-01", "2026-02-16", [], id="not yet"),
        pytest.param("statements", "2026-01", "2026-02-17", [("2026-02", "due")], id="today"),
        pytest.param("statements", "2026-02", "2026-02-17", [], id="once a month"),
        pytest.param("statements", "2026-01", "2026-02-25", [("2026-02", "late")], id="missed: done once, late"),
        pytest.param("statements", "2025-12", "2026-02-25", [("2026-01", "missed"), ("2026-02", "late")], id="two missed"),
        pytest.param("statements", "2026-01", "2026-03-16", [("2026-02", "missed"), ("2026-03", "due")], id="the newest"),
        pytest.param("statements", None, "2026-02-25", [], id="a new installation makes up for nothing"),
        pytest.param("statements", None, "2026-02-17", [("2026-02", "due")], id="and begins on the day"),
        pytest.param("finals", "2026-01", "2026-02-11", [("2026-02", "late")], id="finals"),
        pytest.param("past_due", "2026-02-11", "2026-02-12", [("2026-02-12", "due")], id="daily"),
        pytest.param("past_due", "2026-02-12", "2026-02-12", [], id="done today"),
        pytest.param(
            "past_due", "2026-02-11", "2026-02-17",
            [("2026-02-12", "missed"), ("2026-02-13", "missed"), ("2026-02-17", "due")], id="after days of downtime",
        ),
        pytest.param("past_due", "2026-02-12", "2026-02-14", [("2026-02-13", "missed")], id="a Saturday"),
        pytest.param("campaign_mail", "2026-02-12", "2026-02-14", [("2026-02-13", "missed"), ("2026-02-14", "later")], id="calls on a Saturday"),
    ],
)  # fmt: skip
def test_what_is_due(process, last, today, expected):
    assert states(process, last, today) == expected


@pytest.mark.req("B3")
@pytest.mark.rule("P6")
def test_the_mail_of_a_day_that_is_over_is_not_sent_and_todays_waits_for_the_end_of_the_day():
    assert states("campaign_mail", "2026-02-10", "2026-02-12") == [
        ("2026-02-11", "missed"),
        ("2026-02-12", "later"),
    ]
    assert states("campaign_mail", "2026-02-11", "2026-02-12", end_of_day=True) == [("2026-02-12", "due")]


def test_since_counts_what_a_new_installation_is_to_make_up_for():
    assert states("statements", None, "2026-02-25", since=date(2026, 2, 1)) == [("2026-02", "late")]


@given(
    st.sampled_from([key for key, each in PROCESSES.items() if each.every == "month"]),
    st.lists(st.integers(1, 45), min_size=1, max_size=20),
)
def test_however_long_it_was_down_no_month_is_done_twice_and_none_is_lost_from_the_record(process, pauses):
    today, last, seen = date(2026, 1, 1), "2025-12", []
    for pause in pauses:
        today += timedelta(pause)
        periods = due_periods(process, last, today, LEDGER, POLICY)
        assert sum(period.state != "missed" for period in periods) <= 1
        seen += [period.key for period in periods]
        last = max([last, *(period.key for period in periods)])
    begun = [
        f"{year}-{month:02}"
        for year in range(2026, 2030)
        for month in range(1, 13)
        if period_day(process, year, month, LEDGER, POLICY) <= today
    ]
    assert seen == begun


@pytest.mark.req("C1")
def test_the_checklist_of_a_day():
    done = {
        "statements": "2026-01",
        "finals": "2026-02",
        "past_due": "2026-02-17",
        "finals_late": "2026-02-12",
        "mrr": "2026-02",
    }
    entries = {each.process.key: each for each in checklist(date(2026, 2, 17), done, LEDGER, POLICY)}
    assert {key: (each.state, each.missed, str(each.next_on)) for key, each in entries.items()} == {
        "statements": ("due", 0, "2026-03-16"),
        "finals": ("not_today", 0, "2026-03-09"),
        "finals_late": ("due", 1, "2026-02-18"),
        "past_due": ("done", 0, "2026-02-18"),
        "mrr": ("not_today", 0, "2026-03-02"),
        "campaign_mail": ("later", 0, "2026-02-18"),
    }
    told = {key: reason(each.code, each.facts) for key, each in entries.items()}
    assert told["statements"] == "Statements: due today"
    assert told["finals"] == "Final invoices: not today; next on 9 Mar"
    assert told["past_due"] == "Past-due contacts: done for 2026-02-17"
    late = checklist(date(2026, 2, 18), done, LEDGER, POLICY)[0]
    assert reason(late.code, late.facts) == "Statements: was due on 17 Feb; done late, and once"


def test_when_a_process_runs_is_said_by_the_settings():
    assert (
        says_when("statements", POLICY)
        == "On the 15th of the month; on a closed day the business day nearest to it"
    )
    assert says_when("mrr", POLICY) == "On the 1st business day of the month"
    assert says_when("campaign_mail", POLICY) == "Each business day, at its end"
    assert "22nd" in says_when("statements", Policy.from_mapping({"statement.day": 22}))
    assert all(says_when(key, POLICY) and each.what for key, each in PROCESSES.items())


@pytest.mark.req("B3")
@pytest.mark.rule("P6")
@pytest.mark.invariant(26)
@pytest.mark.parametrize(
    "attempts, known, mail, code",
    [
        ([], {}, False, "campaign_mail_not_called"),
        (["busy"], {}, True, "campaign_mail_due"),
        (["busy"], {"end_of_day": False}, False, "campaign_mail_later"),
        (["busy", "voicemail", "no_answer"], {"end_of_day": False}, True, "campaign_mail_due"),
        (["busy", "reached"], {}, False, "campaign_mail_reached"),
        (["refused"], {}, False, "campaign_mail_reached"),
        (["busy"], {"emailed": True}, False, "campaign_mail_sent"),
        (["busy"], {"notice_today": True}, False, "campaign_mail_notice"),
        (["wrong_number"], {"end_of_day": False}, True, "campaign_mail_due"),
        ([], {"do_not_call": True}, True, "campaign_mail_no_calls"),
        ([], {"do_not_call": True, "notice_today": True}, False, "campaign_mail_notice"),
    ],
)
def test_who_gets_the_mail_of_the_campaign(attempts, known, mail, code):
    goes, why, facts = campaign_mail(attempts, POLICY, **known)
    assert (goes, why) == (mail, code)
    assert reason(why, facts)
