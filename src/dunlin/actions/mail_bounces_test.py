"""What did not arrive: the message, its level, the address, the invoices it carried, and who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.records.models import Block, ContactPoint, Conversation, FollowUp, MessageEvent
from tests import cast
from tests.mail_cast import TEN, bounce, raw, sent, take

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.MAIL_DOMAIN = "dunlin.test"


def events(message):
    return list(MessageEvent.objects.filter(message=message).values_list("what", flat=True))


@pytest.mark.rule("P28", "P35")
@pytest.mark.trap(25, 57)
def test_a_bounce_undoes_the_message_marks_the_address_and_tells_the_collector(books):
    notice = sent(books.lakeside, books.late)
    mail = take(bounce(notice))
    notice.refresh_from_db()
    assert (mail.kind, mail.answers, mail.customer, mail.conversation) == (
        "bounce",
        notice,
        books.lakeside,
        None,
    )
    assert (notice.state, notice.why, events(notice)) == ("bounced", "message_bounced", ["bounced"])
    assert ContactPoint.objects.get(value="priya@l-100.test").state == "bounced"
    assert {each.owner for each in FollowUp.objects.all()} == {books.alice}
    assert not Block.objects.exists()
    assert Conversation.objects.count() == 0


@pytest.mark.rule("P28")
def test_invoices_whose_mail_came_back_are_undelivered(books):
    copies = sent(books.lakeside, books.current, purpose="copies")
    take(bounce(copies))
    block = Block.objects.get()
    assert (block.item, block.kind, block.lifted_at) == (books.current, "undelivered", None)
    take(bounce(copies))
    assert Block.objects.count() == 1


def test_a_delay_and_a_full_mailbox_mark_no_address(books):
    delayed, full = sent(books.lakeside, books.late), sent(books.harbour, books.part_paid)
    take(bounce(delayed, action="delayed", status="4.4.1", says="451 4.4.1 try later"))
    take(bounce(full, status="5.2.2", says="552 5.2.2 mailbox full"))
    delayed.refresh_from_db()
    full.refresh_from_db()
    assert (delayed.state, events(delayed)) == ("sent", ["delayed"])
    assert full.state in ("bounced", "sent")
    assert set(ContactPoint.objects.filter(kind="email").values_list("state", flat=True)) == {"ok"}


def test_one_of_two_recipients_failing_leaves_the_message_sent_until_the_other_fails_too(books):
    cast.contact(books.lakeside, "Sam Second", email="sam@l-100.test", phone="")
    message = sent(books.lakeside, books.late)
    message.to = [*message.to, {"name": "", "address": "sam@l-100.test", "point": None}]
    message.save()
    take(bounce(message))
    message.refresh_from_db()
    assert (message.state, events(message)) == ("sent", ["bounced"])
    take(bounce(message, "sam@l-100.test"))
    message.refresh_from_db()
    assert message.state == "bounced"


def test_an_answer_that_came_back_is_owed_again(books):
    asked = take(raw())
    answer = sent(books.lakeside, purpose="answer", conversation=asked.conversation)
    Conversation.objects.update(state="answered", clock_from=None, answered_at=TEN)
    take(bounce(answer), at=TEN + timedelta(hours=1))
    conversation = Conversation.objects.get()
    assert (conversation.state, conversation.clock_from) == ("open", TEN + timedelta(hours=1))


def test_a_bounce_that_names_no_message_is_found_by_its_address(books):
    notice = sent(books.lakeside, books.late)
    take(bounce(notice, encloses=False))
    notice.refresh_from_db()
    assert notice.state == "bounced"


def test_a_bounce_of_nobody_we_know_is_looked_at_and_owed_nothing(books):
    mail = take(bounce(None, "x@unknown.test"))
    assert (mail.customer, mail.conversation.customer, mail.conversation.due_at) == (None, None, None)


def test_a_forged_bounce_does_not_undo_a_message_to_somebody_else(books):
    notice = sent(books.lakeside, books.late)
    forged = bounce(notice, "x@unknown.test").replace(notice.message_id.encode(), b"guess@unknown.test")
    take(forged)
    notice.refresh_from_db()
    assert notice.state == "sent"
