"""Past-due contacts from the night to the mailbox: decided set-wise, sent with fresh facts, levels, fees and tasks used by sending.

A real SMTP server takes the mail. The rules themselves are proved in rules/notices_test.py.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dunlin.actions.doing import Who, the_clock
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.open_dispute import open_dispute
from dunlin.actions.run_process import run_process
from dunlin.actions.send_due import SendResult, send_due
from dunlin.actions.set_block import set_block
from dunlin.records.models import (
    Address,
    Conversation,
    Customer,
    FollowUp,
    Item,
    Message,
    ProcessLine,
    ProcessRun,
    Promise,
    PromiseItem,
    Strategy,
    StrategyVersion,
)
from dunlin.rules.reasons import reason
from tests import cast
from tests.cast import TODAY
from tests.smtp_server import MailServer, header

pytestmark = [pytest.mark.django_db, pytest.mark.req("C3", "C6"), pytest.mark.rule("P4", "P35")]


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
def shipped(db: None) -> None:
    keep_shipped(cast.moment(TODAY))
    cast.user("ar_manager", "mona")


def clock(day: date = TODAY, hour: int = 16) -> Who:
    """The clock at an hour that is business time in New York."""
    return the_clock(day, datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


def debtor(days: int = 20, amount: str = "500.00", **more: Any) -> tuple[Customer, Item]:
    """A customer in New York with somebody to write to, and one invoice so many days past due."""
    address = more.pop("email", "")
    customer = cast.customer(country="US", region="NY", time_zone="America/New_York", **more)
    cast.contact(customer, email=address)
    return customer, cast.invoice(customer, amount, due=TODAY - timedelta(days=days))


def night(day: date = TODAY) -> Any:
    return run_process(clock(day, 9), "past_due")


def send(day: date = TODAY) -> SendResult:
    return send_due(clock(day))


def line_of(customer: Customer) -> str:
    line = ProcessLine.objects.filter(customer=customer).order_by("-pk").first()
    return reason(line.code, line.facts) if line else ""


@pytest.mark.trap(21)
def test_one_notice_for_a_customer_with_all_its_items_and_the_amounts_of_now(server: MailServer) -> None:
    customer, first = debtor(20, number="C-1")
    cast.invoice(customer, "70.00", due=TODAY - timedelta(days=6), number="INV-OTHER")
    result = night()
    assert (result.messages, result.left_out, result.counts) == (1, 0, {"notice_due": 1})
    cast.payment(customer, "120.00", applied_to=first)
    assert send().sent == 1
    [(to, mail)] = server.mails()
    assert to == [f"priya@{customer.number.lower()}.test"]
    message = Message.objects.get()
    assert "380.00" in message.text  # trap 20: the open amount, not the invoiced one
    assert "INV-OTHER" in message.text
    assert "450.00" in message.text
    assert header(mail, "Auto-Submitted")
    assert sorted(message.items.values_list("amount", "level")) == [(7000, 1), (38000, 1)]


@pytest.mark.trap(28, 26, 29)
def test_a_second_run_repeats_nothing_and_the_level_is_used_by_sending(server: MailServer) -> None:
    customer, _ = debtor(20)
    assert night().messages == 1
    assert night().messages == 0  # the same day
    assert ProcessRun.objects.count() == 1
    assert night(TODAY + timedelta(1)).messages == 0  # not sent yet: it waits, and no second one is drafted
    assert line_of(customer).startswith("No notice today: the one drafted on 25 Nov")
    assert send(TODAY + timedelta(1)).sent == 1
    later = [night(TODAY + timedelta(day)).messages for day in range(2, 30)]
    # Day 20 gave level 1 on the day it was sent; the windows of the ladder and seven days between give the next ones.
    assert sum(later) == 1  # drafted, and never sent
    assert Message.objects.filter(state="sent").count() == 1


@pytest.mark.trap(7, 1, 2)
def test_what_is_paid_before_it_goes_is_not_asked_for(server: MailServer) -> None:
    customer, item = debtor(20)
    night()
    cast.payment(customer, "500.00", applied_to=item)
    assert send().withdrawn == 1
    assert server.mails() == []
    message = Message.objects.get()
    assert (message.state, message.why) == ("withdrawn", "nothing_open")


@pytest.mark.trap(52, 53)
@pytest.mark.parametrize("how", ["disputed", "promised", "blocked", "asked"])
def test_what_a_person_logged_since_stops_that_item_and_only_that(server: MailServer, how: str) -> None:
    customer, item = debtor(20)
    other = cast.invoice(customer, "90.00", due=TODAY - timedelta(days=12), number="INV-REST")
    night()
    if how == "disputed":
        open_dispute(cast.who(), item.pk, reason="price")
    elif how == "promised":
        promise = Promise.objects.create(
            customer=customer, currency="USD", due_on=TODAY + timedelta(3), made_on=TODAY, recorded_at=cast.moment(TODAY)
        )  # fmt: skip
        PromiseItem.objects.create(promise=promise, item=item, open_then=item.open)
    elif how == "blocked":
        set_block(cast.who(), customer.pk, "plan", "three parts", item_id=item.pk)
    else:
        conversation = Conversation.objects.create(
            kind="mail", customer=customer, opened_at=cast.moment(TODAY), clock_from=cast.moment(TODAY),
            last_at=cast.moment(TODAY),
        )  # fmt: skip
        conversation.items.create(item=item)
    assert send().sent == 1
    message = Message.objects.get()
    asked = message.items.filter(left_out="")
    assert list(asked.values_list("item", flat=True)) == [other.pk]
    assert message.items.exclude(left_out="").count() == 1
    assert "90.00" in message.text


@pytest.mark.rule("P35")
@pytest.mark.trap(27)
def test_nothing_is_raised_above_what_was_decided_and_nothing_is_added(server: MailServer) -> None:
    customer, item = debtor(20)
    night()
    cast.invoice(customer, "60.00", due=TODAY - timedelta(days=8), number="INV-NEW")
    assert send().sent == 1
    message = Message.objects.get()
    assert list(message.items.values_list("item", "level")) == [(item.pk, 1)]
    assert "INV-NEW" not in message.text


@pytest.mark.trap(28, 31)
@pytest.mark.invariant(28)
def test_a_fee_and_a_task_come_once_and_only_when_the_notice_went(server: MailServer) -> None:
    text = (
        "key: costly\nname: Costly\nfor: {segments: [costly]}\npriority: 90\nsteps:\n"
        "- {level: 1, name: With a fee, from: 5, template: notice_1, fee: {flat: {USD: 40.00}, interest_pct: '10'},"
        " escalation: {to: ar_manager, within: 1, what: Look at it}}\n"
    )
    row = Strategy.objects.create(key="costly", name="Costly")
    StrategyVersion.objects.create(
        strategy=row, number=1, text=text, written_at=cast.moment(TODAY), activated_at=cast.moment(TODAY)
    )
    customer, item = debtor(20, "1,000.00", segment="costly")
    night()
    night()
    assert not Item.objects.filter(kind="finance_charge").exists()  # decided is not sent
    assert send().sent == 1
    charges = Item.objects.filter(kind="finance_charge", customer=customer).order_by("amount")
    # 10 % of 1,000.00 for 20 days of 365 are 5.479...
    assert [(row.amount, row.corrects_id) for row in charges] == [(548, item.pk), (4000, item.pk)]
    assert FollowUp.objects.filter(customer=customer, what="Look at it").count() == 1
    for day in range(1, 40):
        night(TODAY + timedelta(day))
        send(TODAY + timedelta(day))
    assert charges.count() == 2


@pytest.mark.trap(29)
def test_a_strategy_that_is_switched_off_sends_nothing_more(server: MailServer) -> None:
    customer, _ = debtor(20)
    night()
    Strategy.objects.filter(key="default").update(switched_off_at=cast.moment(TODAY))
    assert send().withdrawn == 1
    assert night(TODAY + timedelta(1)).messages == 0
    assert line_of(customer).startswith("No notice: the strategy")


@pytest.mark.trap(57)
def test_nobody_to_write_to_is_said_and_asked_once(server: MailServer) -> None:
    customer = cast.customer(country="US")
    cast.invoice(customer, "10.00", due=TODAY - timedelta(days=20))
    night()
    night(TODAY + timedelta(1))
    assert line_of(customer) == "Nobody to write to: no address that works, neither e-mail nor postal"
    assert FollowUp.objects.filter(customer=customer).count() == 1


@pytest.mark.trap(57)
def test_a_bounced_address_turns_to_the_post_and_gives_back_the_level(server: MailServer) -> None:
    customer, _ = debtor(20, email="nobody@gone.test")
    Address.objects.create(
        customer=customer, lines="1 Main Street", city="Albany", postcode="12207", country="US"
    )
    night()
    assert send().failed == 1
    next_day = TODAY + timedelta(1)
    while next_day.weekday() > 4 or next_day == date(2026, 11, 26):
        next_day += timedelta(1)
    assert run_process(clock(next_day, 9), "past_due").channels == {"letter": 1}
    letter = Message.objects.get(channel="letter")
    assert letter.items.get().level == 1  # the level the bounced mail did not use up


@pytest.mark.req("D4")
def test_a_step_that_wants_it_waits_for_an_approval(server: MailServer) -> None:
    row = Strategy.objects.create(key="approved", name="Approved")
    text = "key: approved\nname: Approved\nfor: {segments: [vip]}\npriority: 90\nsteps:\n- {level: 1, name: One, from: 5, template: notice_1, approval: ar_manager}\n"
    StrategyVersion.objects.create(
        strategy=row, number=1, text=text, written_at=cast.moment(TODAY), activated_at=cast.moment(TODAY)
    )
    debtor(20, segment="vip")
    night()
    assert Message.objects.get().state == "waiting"
    assert send().sent == 0


@pytest.mark.trap(55)
def test_a_dry_run_tells_the_same_and_keeps_nothing() -> None:
    for days in (3, 9, 20, 40):
        debtor(days)
    dry = run_process(clock(TODAY, 9), "past_due", dry_run=True)
    assert not Message.objects.exists()
    assert not ProcessRun.objects.exists()
    wet = run_process(clock(TODAY, 9), "past_due")
    assert (dry.messages, dry.counts, dry.asked, dry.levels) == (
        wet.messages,
        wet.counts,
        wet.asked,
        wet.levels,
    )
    assert len(dry.sample) == dry.customers
    assert wet.messages > 0


def test_everyone_past_due_has_a_line(server: MailServer) -> None:
    silent, _ = debtor(2)  # past due, and no step reached
    blocked, _ = debtor(20)
    set_block(cast.who(), blocked.pk, "insolvency", "filed")
    debtor(-30)
    written, _ = debtor(20)
    night()
    told = set(ProcessLine.objects.values_list("customer", flat=True))
    assert told == {silent.pk, blocked.pk, written.pk}
    assert line_of(blocked).startswith("Not today: the customer is in insolvency")


def test_a_run_asks_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    debtor(20)
    night()
    for days in range(3, 33):
        debtor(days)
    with django_assert_max_num_queries(75):
        run_process(clock(TODAY + timedelta(1), 9), "past_due")
