"""Mailboxes are set up by who may, on encrypted ways only, and without their passwords."""

from __future__ import annotations

import pytest

from dunlin.actions.change_mailbox import change_mailbox
from dunlin.actions.mailbox_place import place_of
from dunlin.connectors.imap import MailboxFailed
from dunlin.records.models import DiaryLine, Mailbox
from dunlin.rules.codes import Refused
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("G3")]
AR = {"name": "Receivables", "address": "ar@dunlin.test", "host": "imap.dunlin.test", "username": "ar"}


def test_a_mailbox_is_made_and_changed_with_the_diary(books):
    made = change_mailbox(cast.who(books.mona), "ar", AR)
    assert made.made
    again = change_mailbox(
        cast.who(books.mona), "ar", {"port": 143, "security": "starttls", "entity": "US01"}
    )
    assert (again.made, again.changed) == (False, ("entity", "port", "security"))
    box = Mailbox.objects.get()
    assert (box.port, box.security, box.entity, box.folder) == (143, "starttls", books.entity, "INBOX")
    line = DiaryLine.objects.order_by("pk").last()
    assert (line.before, line.after) == (
        {"entity": "", "port": 993, "security": "tls"}, {"entity": "US01", "port": 143, "security": "starttls"},
    )  # fmt: skip


def test_another_place_is_read_from_its_beginning(books):
    change_mailbox(cast.who(books.mona), "ar", AR)
    Mailbox.objects.update(uid_validity=5, last_uid=77)
    change_mailbox(cast.who(books.mona), "ar", {"name": "AR"})
    assert Mailbox.objects.get().last_uid == 77
    change_mailbox(cast.who(books.mona), "ar", {"folder": "Shared"})
    assert (Mailbox.objects.get().uid_validity, Mailbox.objects.get().last_uid) == (None, 0)


@pytest.mark.parametrize(
    "key, changes, code",
    [
        ("A R", AR, "mailbox_key_wrong"),
        ("ar", AR | {"address": "nobody"}, "mailbox_address_wrong"),
        ("ar", AR | {"security": "none"}, "mailbox_not_encrypted"),
        ("ar", AR | {"security": "ssl"}, "mailbox_security_unknown"),
        ("ar", AR | {"port": 70_000}, "mailbox_port_wrong"),
        ("ar", AR | {"username": ""}, "not_blank"),
        ("ar", AR | {"username": "x\r\nA1 DELETE INBOX"}, "field_too_long"),
        ("ar", AR | {"entity": "XX"}, "entity_unknown"),
        ("ar", AR | {"last_uid": 3}, "field_not_editable"),
    ],
)
def test_what_cannot_be_is_refused(books, key, changes, code):
    with pytest.raises(Refused) as refused:
        change_mailbox(cast.who(books.mona), key, changes)
    assert refused.value.code == code
    assert not Mailbox.objects.exists()


def test_a_collector_may_not(books):
    with pytest.raises(Refused, match="may not"):
        change_mailbox(cast.who(books.alice), "ar", AR)


def test_old_mail_is_left_only_when_the_server_can_be_asked(books):
    with pytest.raises(Refused, match="no password for ar"):
        change_mailbox(cast.who(books.mona), "ar", AR, from_now_on=True)
    assert not Mailbox.objects.exists()


def test_the_password_comes_from_the_environment_and_is_shown_nowhere(books, settings):
    box = Mailbox(key="ar", **AR)
    secret = type(settings.ENVIRONMENT.mailbox_passwords)
    for given, told in (
        ('{"ar": "s3cret"}', ""),
        ("{}", "no password for ar"),
        ("[1]", "no JSON"),
        ("{", "no JSON"),
    ):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"mailbox_passwords": secret(given)})
        if told:
            with pytest.raises(MailboxFailed, match=told):
                place_of(box)
        else:
            assert place_of(box).password == "s3cret"
            assert "s3cret" not in repr(place_of(box))
