"""A statement and a notice on request: looked at first, by the rule of the night, the gap passed by a lead only, conduct by nobody."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dunlin.actions.doing import the_clock
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.message_content import Content
from dunlin.actions.run_process import run_process
from dunlin.actions.send_due import send_due
from dunlin.actions.send_notice_now import preview_notice_now, send_notice_now
from dunlin.actions.set_block import set_block
from dunlin.records.models import DiaryLine, Message, MessageItem, User
from dunlin.rules.codes import Refused
from tests import cast
from tests.cast import TODAY, Books
from tests.smtp_server import MailServer

pytestmark = [pytest.mark.django_db, pytest.mark.req("C1", "C6")]
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


@pytest.fixture
def day(books: Books, settings, tmp_path) -> Books:
    settings.MEDIA_ROOT = tmp_path / "files"
    keep_shipped(cast.moment(TODAY))
    return books


@pytest.fixture
def server(day: Books, settings, tmp_path):
    settings.MAIL_DOMAIN, settings.MAIL_ARCHIVE, settings.DEFAULT_FROM_EMAIL = (
        "dunlin.test",
        "",
        "ar@dunlin.test",
    )
    with MailServer(tmp_path / "mails") as running:
        settings.SMTP = running.at
        yield running


def who(person: User, at: datetime = NOW):
    return cast.who(person, at=at)


def client(person: User) -> Client:
    made = Client()
    made.force_login(person)
    return made


def words(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def at(customer) -> str:
    return f"/accounts/{customer.pk}/send"


def refused(code: str, *args, **more) -> Refused:
    with pytest.raises(Refused) as found:
        send_notice_now(*args, **more)
    assert found.value.code == code
    return found.value


def notice_went(books: Books, days_ago: int) -> Message:
    """Lakeside had its first notice about INV-1001 so many days ago."""
    then = NOW - timedelta(days=days_ago)
    row = Message.objects.create(
        customer=books.lakeside, entity=books.entity, channel="email", purpose="notice", day=then.date(), state="sent", level=1,
        to=[{"name": "", "address": "priya@l-100.test", "point": None}], message_id=f"before{days_ago}@dunlin.test", created_at=then,
        claimed_at=then, handed_over_at=then, sent_at=then,
    )  # fmt: skip
    MessageItem.objects.create(message=row, item=books.late, level=1, amount=books.late.open)
    return row


def test_looking_keeps_nothing_and_shows_what_goes(day: Books) -> None:
    (looked,) = preview_notice_now(who(day.alice), day.lakeside.pk)
    assert isinstance(looked.content, Content)
    assert "INV-1001" in looked.content.text
    assert looked.to == ("priya@l-100.test",)
    page = words(client(day.alice).get(at(day.lakeside)))
    assert "INV-1001" in page
    assert "level 1" in page
    assert not Message.objects.exists()
    assert not DiaryLine.objects.exists()


def test_it_is_the_notice_of_the_night_and_made_once(server: MailServer, day: Books) -> None:
    answer = client(day.alice).post(at(day.lakeside), {"do": "notice"})
    assert answer.status_code == 302
    row = Message.objects.get()
    assert (row.purpose, row.level, row.state, row.created_by) == ("notice", 1, "decided", day.alice)
    assert row.facts["asked_by"] == "Alice"
    run_process(the_clock(TODAY, NOW), "past_due")
    assert Message.objects.filter(customer=day.lakeside).count() == 1
    assert "is not sent yet" in str(refused("notice_not_due", who(day.alice), day.lakeside.pk))
    assert send_due(the_clock(TODAY, NOW)).sent >= 1
    row.refresh_from_db()
    assert (row.state, row.facts["asked_by"]) == ("sent", "Alice")
    assert row.items.get(item=day.late).level == 1
    (mail,) = [content for to, content in server.mails() if to == ["priya@l-100.test"]]
    assert b"INV-1001" in mail


def test_only_a_lead_passes_the_days_between_two_notices(server: MailServer, day: Books) -> None:
    notice_went(day, 3)
    told = str(refused("notice_not_due", who(day.alice), day.lakeside.pk))
    assert "7 days lie between two" in told
    refused("not_permitted", who(day.alice), day.lakeside.pk, despite_gap="they asked")
    (row,) = send_notice_now(who(day.lena), day.lakeside.pk, despite_gap="they asked for it again")
    assert (row.level, row.facts["gap_waived"]) == (2, "they asked for it again")
    assert send_due(the_clock(TODAY, NOW)).sent == 1
    row.refresh_from_db()
    assert row.state == "sent"
    assert row.facts["gap_waived"] == "they asked for it again"
    assert DiaryLine.objects.filter(cause="they asked for it again").exists()


def test_the_page_offers_the_gap_to_a_lead_with_a_reason(day: Books) -> None:
    notice_went(day, 3)
    lena, alice = client(day.lena), client(day.alice)
    assert "Reason to send it all the same" in words(lena.get(at(day.lakeside)))
    assert "Reason to send it all the same" not in words(alice.get(at(day.lakeside)))
    looked = words(lena.get(at(day.lakeside), {"despite_gap": "their boss asked"}))
    assert "Passing the days between two notices: their boss asked" in looked
    assert lena.post(at(day.lakeside), {"do": "notice", "despite_gap": "their boss asked"}).status_code == 302
    assert Message.objects.filter(facts__gap_waived="their boss asked").exists()


@pytest.mark.req("D10")
def test_what_is_forbidden_is_passed_by_nobody(day: Books) -> None:
    set_block(cast.who(day.mona), day.lakeside.pk, "cease_contact", "asked")
    for person in (day.alice, day.mona):
        told = refused(
            "notice_not_due",
            who(person),
            day.lakeside.pk,
            despite_gap="" if person == day.alice else "all the same",
        )
        assert "cease contact" in str(told)
    assert not Message.objects.exists()


def test_what_is_not_due_is_said_and_nothing_made(day: Books) -> None:
    assert "reached a step" in str(refused("notice_not_due", who(day.mona), day.branch.pk))
    answer = client(day.mona).post(at(day.branch), {"do": "notice"})
    assert answer.status_code == 422
    assert "reached a step" in words(answer)
    refused("not_permitted", cast.who("auditor", at=NOW), day.lakeside.pk)
    refused("customer_unknown", who(day.mona), 999_999)
    assert client(day.alice).get(at(day.harbour)).status_code == 404


def test_a_withdrawn_one_makes_room_for_another(day: Books) -> None:
    (first,) = send_notice_now(who(day.alice), day.lakeside.pk)
    Message.objects.filter(pk=first.pk).update(state="withdrawn")
    (second,) = send_notice_now(who(day.alice), day.lakeside.pk)
    assert second.pk != first.pk


@pytest.mark.rule("P1")
def test_a_statement_is_sent_and_sent_again_as_a_copy(day: Books) -> None:
    alice = client(day.alice)
    answer = alice.post(at(day.lakeside), {"do": "statement", "month": "2026-11"}, follow=True)
    assert "goes with the next sending" in words(answer)
    again = alice.post(at(day.lakeside), {"do": "statement", "month": "2026-11"}, follow=True)
    assert "marked as a copy" in words(again)
    rows = Message.objects.filter(purpose="statement").order_by("pk")
    assert [row.facts["copy"] for row in rows] == [False, True]
    assert all(row.files.count() == 1 for row in rows)
    wrong = alice.post(at(day.lakeside), {"do": "statement", "month": "2027-11"})
    assert wrong.status_code == 422
