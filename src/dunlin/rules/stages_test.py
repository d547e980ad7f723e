"""Contact stages fire once, by window, and never replay (P3, P4)."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.calendars import Calendar
from dunlin.rules.stages import (
    STAGES,
    contact_stage,
    contact_stage_on,
    stage_fires_on,
    stage_passed,
    stages_skipped,
)

LEDGER = Calendar("ledger", frozenset({date(2026, 5, 25)}))


@pytest.mark.req("C3")
@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    "invoice_class, days, done, stage",
    [
        pytest.param("final", 5, ["receipt"], "d5", id="final at 5 days"),
        pytest.param("final", -3, [], "receipt", id="final before its due date"),
        pytest.param("final", 4, ["receipt"], None, id="final between receipt and 5"),
        pytest.param("standard", 4, [], None, id="others have no receipt stage"),
        pytest.param("standard", 5, [], "d5", id="others at 5 days"),
        pytest.param("mrr", 14, [], "d5", id="14 is still in the window of 5"),
        pytest.param("mrr", 15, ["d5"], "d15", id="15 days"),
        pytest.param("final", 30, ["receipt", "d5", "d15"], None, id="30 is not over 30"),
        pytest.param("final", 31, ["receipt", "d5", "d15"], "suspension", id="31 is over 30"),
        pytest.param("final", 31, [], "suspension", id="missed ones are passed over"),
        pytest.param("final", 200, ["suspension"], None, id="each once"),
        pytest.param("final", 6, ["receipt", "d15"], None, id="a later due date does not replay"),
    ],
)
def test_the_stage_due(invoice_class, days, done, stage):
    assert contact_stage(invoice_class, days, done) == stage


def test_receipt_waits_for_the_start_of_finals():
    assert contact_stage("final", -3, [], receipt_open=False) is None


@pytest.mark.trap(26)
def test_a_missed_day_loses_no_stage_and_marks_the_earlier_ones_skipped():
    assert contact_stage("standard", 17, ["d5"]) == "d15"
    assert stages_skipped("standard", "suspension", ["d5"]) == ("d15",)
    assert stages_skipped("final", "d15", []) == ("receipt", "d5")
    assert stages_skipped("mrr", "d15") == ("d5",)


@pytest.mark.parametrize(
    "invoice_class, days, passed",
    [
        ("final", 2, None),
        ("final", 6, "receipt"),
        ("standard", 6, None),
        ("mrr", 20, "d5"),
        ("standard", 40, "d15"),
    ],
)
def test_what_an_item_has_gone_past_follows_from_its_days(invoice_class, days, passed):
    assert stage_passed(invoice_class, days) == passed


def test_a_stage_fires_on_the_first_business_day_of_its_window():
    due = date(2026, 5, 18)  # + 5 = Saturday 23 May; Monday 25 May is a holiday
    assert stage_fires_on(due, 5, LEDGER) == date(2026, 5, 26)
    fired = [on for on in (due + timedelta(n) for n in range(10)) if contact_stage_on("mrr", due, on, LEDGER)]
    assert fired[0] == date(2026, 5, 26)


@pytest.mark.invariant(24)
@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["final", "standard", "mrr"]), st.lists(st.integers(-10, 60), max_size=12))
def test_each_stage_at_most_once_and_the_order_never_falls(invoice_class, days):
    """Runs on any days, sorted as time passes or jumping as due dates are amended."""
    for run in (sorted(days), days):
        done: list[str] = []
        fired: list[str] = []
        for dpd in run:
            stage = contact_stage(invoice_class, dpd, done)
            if stage:
                done += [*stages_skipped(invoice_class, stage, done), stage]
                fired.append(stage)
        assert len(done) == len(set(done))
        assert [STAGES.index(each) for each in fired] == sorted(STAGES.index(each) for each in fired)
        assert invoice_class == "final" or "receipt" not in done
