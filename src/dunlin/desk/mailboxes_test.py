"""The page of the mailboxes: what was read last, and why one could not be."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from dunlin.records.models import Conversation
from tests import inbox_cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("B5", "G3")]


def page(client, name, *args):
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def alice(books):
    client = Client()
    client.force_login(books.alice)
    return client


def test_the_mailboxes_and_their_state(books, alice):
    page(alice, "mailboxes")
    inbox_cast.mailbox(host="mail.test", problem="The password was refused")
    assert "The password was refused" in page(alice, "mailboxes")
    assert "could not be read: The password was refused" in page(alice, "inbox")
    assert alice.post(reverse("read_mailboxes")).status_code == 403
    Conversation.objects.all().delete()
