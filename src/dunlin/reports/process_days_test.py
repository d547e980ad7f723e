"""The turns of the processes follow from what the books know: a report about finals counts by the desk's own close (P2, P3)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dunlin.records.models import FinalsReport, ProcessRun
from dunlin.reports.process_days import Turns
from dunlin.rules.policy import Policy
from tests import cast

pytestmark = pytest.mark.django_db

NOVEMBER_3 = date(2026, 11, 3)  # a Tuesday; the 6th business day is the 9th, as no holiday is known


@pytest.mark.rule("P2", "P3")
@pytest.mark.req("C2")
@pytest.mark.parametrize(
    "hour, minute, policy, begins",
    [
        pytest.param(17, 0, Policy(), 3, id="at the close"),
        pytest.param(17, 1, Policy(), 4, id="a minute after it"),
        pytest.param(17, 1, Policy(inbox_hours=(("default", "09:00-18:30"),)), 3, id="the desk is open longer"),
        pytest.param(16, 0, Policy(inbox_hours=(("default", "09:00-12:00"),)), 4, id="it closes at noon"),
        pytest.param(22, 0, Policy(ledger_time_zone="America/New_York"), 3, id="the close is one in the ledger's zone"),
        pytest.param(22, 1, Policy(ledger_time_zone="America/New_York"), 4, id="a minute after it there"),
    ],
)  # fmt: skip
def test_a_report_after_the_close_of_business_counts_on_the_next_business_day(
    hour: int, minute: int, policy: Policy, begins: int
) -> None:
    at = datetime(2026, 11, 3, hour, minute, tzinfo=UTC)
    done = datetime(2026, 10, 8, 12, tzinfo=UTC)
    ProcessRun.objects.create(
        process="finals", period="2026-10", due_on=done.date(), state="done", started_at=done
    )
    FinalsReport.objects.create(month=date(2026, 10, 1), reported_at=at, by=cast.user("ar_manager", "mona"))
    for day in (NOVEMBER_3, NOVEMBER_3 + timedelta(1)):
        turns = Turns.read(day, at + (day - NOVEMBER_3), policy)
        states = [each.state for each in turns.due("finals")]
        # What runs, what the checklist says, and the days it is asked for are one.
        assert states == ([] if day.day < begins else ["due"] if day.day == begins else ["late"])
        (told,) = [each for each in turns.checklist() if each.process.key == "finals"]
        assert told.state == (states or ["not_today"])[0]
        assert turns.day_of("finals", "2026-11") == date(2026, 11, begins)
        assert turns.finals_start(date(2026, 11, 20)) == date(2026, 11, begins)
    assert Turns.read(NOVEMBER_3, at, policy).next_dates("finals", 1) == [date(2026, 11, begins)]
