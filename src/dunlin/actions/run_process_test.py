"""The scheduled processes other than notices: statements, finals, recurring invoices, the campaign's e-mail; what is due; catch-up.

A real SMTP server takes the mail. TODAY is Wednesday, 25 November 2026.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dunlin.actions.doing import Who, the_clock
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.log_call import log_call
from dunlin.actions.preview_strategy import add_up, preview_strategy
from dunlin.actions.process_finals import report_finals, withdraw_finals_report
from dunlin.actions.process_statements import send_statement
from dunlin.actions.run_process import run_campaign_now, run_due, run_process
from dunlin.actions.send_due import send_due
from dunlin.formats.strategies import shipped_text
from dunlin.records.calendars import seed_calendars
from dunlin.records.models import (
    Customer,
    Decision,
    DiaryLine,
    FollowUp,
    Item,
    Message,
    ProcessLine,
    ProcessRun,
    Strategy,
    StrategyVersion,
    Template,
    TemplateVersion,
)
from dunlin.records.policies import current_policy
from dunlin.reports.aging import aging
from dunlin.reports.filters import Filters
from dunlin.reports.processes import calendar_of_processes, checklist_of_day, lines_of, runs
from dunlin.reports.statements import figures
from dunlin.rules.codes import Refused
from tests import cast
from tests.cast import TODAY
from tests.smtp_server import MailServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.MAIL_DOMAIN = "dunlin.test"
    settings.MAIL_ARCHIVE = ""
    settings.DEFAULT_FROM_EMAIL = "ar@dunlin.test"
    with MailServer(tmp_path / "mails") as running:
        settings.SMTP = running.at
        yield running


@pytest.fixture(autouse=True)
def shipped(db: None, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    keep_shipped(cast.moment(TODAY))
    cast.user("ar_manager", "mona")
    seed_calendars(("US", None), ["US"], [2026, 2027])


def clock(day: date = TODAY, hour: int = 16) -> Who:
    return the_clock(day, datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


def in_new_york(**more: Any) -> Customer:
    customer = cast.customer(country="US", region="NY", time_zone="America/New_York", **more)
    cast.contact(customer)
    return customer


# --- shipped --------------------------------------------------------------------------------------------------------------


@pytest.mark.req("C6", "C7")
def test_what_ships_is_kept_once_and_what_people_made_of_it_stays() -> None:
    assert Strategy.objects.filter(key="default").exists()
    assert TemplateVersion.objects.filter(template__key="notice_1", language="de").exists()
    Strategy.objects.filter(key="default").update(name="Ours")
    before = StrategyVersion.objects.count(), TemplateVersion.objects.count()
    assert keep_shipped(cast.moment(TODAY)) == (0, 0)
    assert (StrategyVersion.objects.count(), TemplateVersion.objects.count()) == before
    assert Strategy.objects.get(key="default").name == "Ours"
    assert Template.objects.filter(key="statement_cover").exists()


# --- statements -----------------------------------------------------------------------------------------------------------


@pytest.mark.req("C1")
@pytest.mark.rule("P1")
@pytest.mark.trap(19, 22)
@pytest.mark.invariant(35)
def test_one_statement_for_customer_and_currency_as_of_its_day(server: MailServer) -> None:
    dollars, euros, nothing = in_new_york(), in_new_york(), in_new_york()
    old = cast.invoice(dollars, "300.00", due=date(2026, 8, 1), document=date(2026, 7, 1), number="INV-OLD")
    cast.invoice(dollars, "500.00", due=date(2026, 12, 1), document=date(2026, 11, 2), number="INV-NEW")
    cast.invoice(dollars, "9.00", due=date(2026, 12, 20), document=date(2026, 11, 20), number="INV-AFTER")
    cast.payment(dollars, "100.00", on=date(2026, 11, 10), applied_to=old)
    cast.invoice(euros, "40.00", due=date(2026, 11, 1), currency="EUR")
    cast.invoice(euros, "60.00", due=date(2026, 11, 1))
    paid = cast.invoice(nothing, "10.00", due=date(2026, 11, 1))
    cast.payment(nothing, "10.00", on=date(2026, 11, 12), applied_to=paid)
    result = run_process(clock(), "statements")
    assert (result.period, result.messages) == ("2026-11", 3)
    assert not Message.objects.filter(customer=nothing).exists()
    message = Message.objects.get(customer=dollars)
    # The 15th is a Sunday: the 16th. 300 before, then 500 billed and 100 paid; what came after is not in it.
    assert message.facts["on"] == "2026-11-16"
    assert [message.facts[name][0]["minor"] for name in ("opening", "closing", "past_due")] == [
        30000,
        70000,
        20000,
    ]
    books = figures(date(2026, 10, 15), date(2026, 11, 16))
    report = aging(date(2026, 11, 16), TODAY, current_policy(), only=Filters(customer=dollars.pk))
    assert [row.net for row in report.totals] == [70000]  # ties to the report as of that day
    assert {row.currency for row in books.closing if row.customer_id == euros.pk} == {"USD", "EUR"}
    assert send_due(clock()).sent == 3
    assert all(b"application/pdf" in mail for _, mail in server.mails())
    assert run_process(clock(TODAY + timedelta(1)), "statements").messages == 0
    assert "700.00" in Message.objects.get(customer=dollars).text


@pytest.mark.req("C1")
def test_money_of_a_parent_for_a_branch_is_a_line_of_both() -> None:
    parent = in_new_york()
    branch = in_new_york(parent=parent)
    cast.invoice(parent, "5.00", due=date(2026, 12, 1), document=date(2026, 11, 3))
    owed = cast.invoice(branch, "80.00", due=date(2026, 12, 1), document=date(2026, 11, 2))
    credit = cast.payment(parent, "50.00", on=date(2026, 11, 5))
    cast.apply(credit, owed, "50.00", on=date(2026, 11, 6))
    result = run_process(clock(), "statements")
    assert (result.messages, result.left_out) == (
        2,
        0,
    )  # printed: opening + activity = closing, or it would be refused
    closing = {message.customer_id: message.facts["closing"][0]["minor"] for message in Message.objects.all()}
    assert closing == {parent.pk: 500, branch.pk: 3000}


@pytest.mark.req("C1", "A5")
def test_a_statement_on_request_is_marked_copy_once_one_went(server: MailServer) -> None:
    customer = in_new_york()
    cast.invoice(customer, "500.00", due=date(2026, 11, 20), document=date(2026, 11, 2))
    [first] = send_statement(cast.who(), customer.pk)
    [copy] = send_statement(cast.who(), customer.pk)
    assert (first.facts["copy"], copy.facts["copy"]) == (False, True)
    assert run_process(clock(), "statements").messages == 0  # the month has its statement
    with pytest.raises(Refused, match="2027-01"):
        send_statement(cast.who(), customer.pk, "2027-01")


# --- finals ---------------------------------------------------------------------------------------------------------------


@pytest.mark.req("C2")
@pytest.mark.rule("P2", "P3")
def test_finals_are_asked_about_from_their_day_by_mail_and_phone_and_once(server: MailServer) -> None:
    customer = in_new_york(collector=cast.user("collector", "alice"))
    item = cast.invoice(
        customer,
        "900.00",
        document=date(2026, 10, 20),
        due=date(2026, 11, 30),
        invoice_class="final",
        number="FIN-1",
    )
    start = date(2026, 11, 9)  # the 6th business day of November
    with pytest.raises(Refused, match="begins on 2026-11-09"):
        run_process(clock(start - timedelta(3)), "finals", "2026-11")
    assert run_process(clock(start), "finals").messages == 1
    assert FollowUp.objects.get(customer=customer).what.startswith("Call: were the final invoices received")
    assert Item.objects.get(pk=item.pk).stage == 0
    assert send_due(clock(start)).sent == 1
    assert Item.objects.get(pk=item.pk).stage == 1  # asked: by its going, not by its being decided
    assert run_process(clock(start + timedelta(1)), "finals_late").messages == 0
    late = cast.invoice(
        customer,
        "50.00",
        document=date(2026, 11, 11),
        due=date(2026, 12, 11),
        invoice_class="final",
        number="FIN-2",
    )
    assert run_process(clock(date(2026, 11, 11)), "finals_late").messages == 0  # issued that day
    assert run_process(clock(date(2026, 11, 12)), "finals_late").messages == 1  # the next business day
    assert list(Message.objects.latest("pk").items.values_list("item", flat=True)) == [late.pk]


@pytest.mark.rule("P3")
@pytest.mark.req("C2")
def test_a_report_begins_the_contacts_earlier_and_is_withdrawn_only_before() -> None:
    mona = cast.user("ar_manager", "mona")
    day = date(2026, 11, 3)
    who = cast.who(mona, today=day, at=datetime(2026, 11, 3, 15, tzinfo=UTC))
    with pytest.raises(Refused, match="not complete before the month is over"):
        report_finals(who, date(2026, 11, 1))
    report_finals(who, date(2026, 10, 1))
    with pytest.raises(Refused, match="already"):
        report_finals(who, date(2026, 10, 1))
    withdraw_finals_report(who, date(2026, 10, 1))
    report_finals(who, date(2026, 10, 1))
    customer = in_new_york()
    cast.invoice(customer, "9.00", document=date(2026, 10, 20), due=date(2026, 11, 30), invoice_class="final")
    assert run_process(clock(day), "finals").messages == 1  # not the 9th
    with pytest.raises(Refused, match="began on"):
        withdraw_finals_report(who, date(2026, 10, 1))


# --- recurring invoices -----------------------------------------------------------------------------------------------------


@pytest.mark.req("C4")
@pytest.mark.rule("P7")
def test_two_months_behind_are_asked_once_a_month(server: MailServer) -> None:
    behind, one_month = in_new_york(), in_new_york()
    for customer, months in ((behind, (9, 10)), (one_month, (10,))):
        for month in months:
            cast.invoice(
                customer, "20.00", due=date(2026, month, 25), invoice_class="mrr", service_month=date(2026, month, 1)
            )  # fmt: skip
    first = date(2026, 11, 2)
    assert run_process(clock(first), "mrr").messages == 1
    assert send_due(clock(first)).sent == 1
    assert Message.objects.get().customer == behind
    assert "20.00" in Message.objects.get().text
    assert run_process(clock(first + timedelta(1)), "mrr").messages == 0


# --- the campaign's e-mail --------------------------------------------------------------------------------------------------


@pytest.mark.req("B3")
@pytest.mark.rule("P6")
@pytest.mark.invariant(26)
def test_who_was_not_reached_is_written_to_the_same_day_and_nobody_else(server: MailServer) -> None:
    alice = cast.user("collector", "alice")
    thrice, once, reached, wrong = (in_new_york() for _ in range(4))
    for customer in (thrice, once, reached, wrong):
        cast.invoice(customer, "100.00", due=TODAY - timedelta(days=3))
    for minute in (0, 61, 122):
        at = datetime(2026, 11, 25, 14, tzinfo=UTC) + timedelta(minutes=minute)
        log_call(cast.who(alice, at=at), thrice.pk, "busy")
    at = datetime(2026, 11, 25, 14, tzinfo=UTC)
    log_call(cast.who(alice, at=at), once.pk, "voicemail")
    log_call(cast.who(alice, at=at), reached.pk, "reached")
    log_call(cast.who(alice, at=at), wrong.pk, "wrong_number", number="+1 212 555 0143")
    noon = run_process(clock(hour=16), "campaign_mail")
    assert set(Message.objects.values_list("customer", flat=True)) == {thrice.pk, wrong.pk}
    assert noon.counts["campaign_mail_later"] == 1
    assert ProcessRun.objects.get().state == "running"
    close = run_process(clock(hour=22), "campaign_mail")
    assert close.messages == 1
    assert set(Message.objects.values_list("customer", flat=True)) == {thrice.pk, wrong.pk, once.pk}
    assert ProcessRun.objects.get().state == "done"
    assert send_due(clock(hour=22)).sent == 3
    assert run_process(clock(hour=23), "campaign_mail").messages == 0
    with pytest.raises(Refused, match="is over"):
        run_process(clock(TODAY + timedelta(1)), "campaign_mail", TODAY.isoformat())


@pytest.mark.rule("P6")
def test_reached_after_the_mail_was_decided_gets_none(server: MailServer) -> None:
    alice, customer = cast.user("collector", "alice"), in_new_york()
    cast.invoice(customer, "100.00", due=TODAY - timedelta(days=3))
    log_call(cast.who(alice, at=datetime(2026, 11, 25, 14, tzinfo=UTC)), customer.pk, "busy")
    run_process(clock(hour=22), "campaign_mail")
    log_call(cast.who(alice, at=datetime(2026, 11, 25, 16, tzinfo=UTC)), customer.pk, "reached")
    assert send_due(clock(hour=22)).withdrawn == 1
    assert server.mails() == []


# --- what is due ------------------------------------------------------------------------------------------------------------


@pytest.mark.trap(26)
@pytest.mark.req("C1", "C3")
def test_days_of_downtime_are_made_up_for_once_and_recorded() -> None:
    customer = in_new_york()
    cast.invoice(customer, "100.00", due=date(2026, 10, 20))
    ProcessRun.objects.create(
        process="past_due", period="2026-11-10", due_on=date(2026, 11, 10), state="done", started_at=cast.moment(date(2026, 11, 10))
    )  # fmt: skip
    made = {each.process: each.messages for each in run_due(clock())}
    assert made["statements"] == 1  # of the 16th, late and once
    assert made["past_due"] == 1
    assert ProcessRun.objects.filter(process="past_due", state="missed").count() == 9  # the 11th is a holiday
    assert run_due(clock()) == []
    assert Message.objects.filter(purpose="notice").count() == 1


@pytest.mark.trap(26)
def test_a_first_day_makes_up_for_nothing() -> None:
    customer = in_new_york()
    cast.invoice(customer, "100.00", due=date(2026, 10, 20))
    made = {each.process for each in run_due(clock())}
    assert "statements" not in made
    assert "past_due" in made


@pytest.mark.req("C1", "C2", "C3", "C4")
def test_calendar_checklist_and_runs_for_people() -> None:
    customer = in_new_york()
    cast.invoice(customer, "100.00", due=TODAY - timedelta(days=12))
    run_due(clock())
    dates = {each.process.key: each.dates for each in calendar_of_processes(TODAY, cast.moment(TODAY))}
    assert dates["statements"][:2] == (date(2026, 12, 15), date(2027, 1, 15))
    assert all(len(each) == 12 for each in dates.values())
    states = {each.process.key: each.state for each in checklist_of_day(TODAY, cast.moment(TODAY))}
    assert (states["past_due"], states["campaign_mail"], states["statements"]) == (
        "done",
        "later",
        "not_today",
    )
    run = runs("past_due")[0]
    page = lines_of(run.run_id)
    assert (run.messages, page.total, page.rows[0].message_state) == (1, 1, "decided")
    assert page.rows[0].said.startswith("First reminder") or "level 1" in page.rows[0].said


@pytest.mark.parametrize(
    "process, period, code",
    [
        ("none", None, "process_unknown"),
        ("statements", "2026-13", "period_not_usable"),
        ("statements", "2026-12", "period_in_future"),
        ("past_due", "2026-11-24", "past_day_process"),
        ("past_due", "soon", "period_not_usable"),
    ],
)
def test_what_cannot_be_run(process: str, period: str | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        run_process(clock(), process, period)
    assert refused.value.code == code
    assert not ProcessLine.objects.exists()


def test_who_may_not_run_one_runs_none() -> None:
    with pytest.raises(Refused, match="may not"):
        run_process(cast.who("collector"), "past_due")


@pytest.mark.req("C6")
@pytest.mark.trap(54, 55)
def test_a_strategy_is_previewed_beside_what_is_in_force() -> None:
    for days in (3, 12, 40):
        cast.invoice(in_new_york(), "100.00", due=TODAY - timedelta(days=days))
    same, rows = add_up(preview_strategy(cast.who(), shipped_text("default")))
    assert (same.customers, same.differing, rows) == (3, 0, [])
    later = "key: default\nname: Later\nsteps:\n- {level: 1, name: Only late, from: 30, template: notice_1, channel: email}\n"
    totals, rows = add_up(preview_strategy(cast.who(), later))
    assert totals.then_notices == 1
    assert totals.now_notices > 1
    assert totals.then_asked == {"USD": 10000}
    assert len(rows) == totals.differing > 0
    assert not Message.objects.exists()
    assert not Decision.objects.exists()


@pytest.mark.rule("P6")
def test_the_sweep_of_the_day_writes_nothing_until_a_call_was_logged() -> None:
    customer = in_new_york()
    cast.invoice(customer, "100.00", due=TODAY - timedelta(days=8))
    before = DiaryLine.objects.count()
    assert run_campaign_now(clock()) is None
    assert DiaryLine.objects.count() == before
    anna = cast.user("collector", "anna")
    log_call(cast.who(anna, at=clock().now), customer.pk, "wrong_number")
    assert run_campaign_now(clock()) is not None
