"""Settings of mail: mailboxes, departments, senders; mistakes beside their field; who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dunlin.records.models import Department, DiaryLine, Mailbox
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("B5", "B7", "G3")]
AT = "/settings/mail"


@pytest.fixture
def mona(books: cast.Books) -> Client:
    return _client(books.mona)


def _client(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _box(**more: Any) -> dict[str, Any]:
    return {
        "key": "ar", "name": "AR", "address": "ar@example.com", "host": "", "security": "tls", "username": "", "folder": "INBOX",
        "port": "", "active": "1", **more,
    }  # fmt: skip


def test_what_is_missing_is_said(mona: Client) -> None:
    page = mona.get(AT).content.decode()
    assert "DUNLIN_SMTP_URL" in page


def test_a_mailbox_is_set_up_and_changed(mona: Client) -> None:
    assert mona.post(f"{AT}/boxes/new", _box()).status_code == 302
    assert Mailbox.objects.get().address == "ar@example.com"
    assert mona.post(f"{AT}/boxes/ar", _box(address="cash@example.com")).status_code == 302
    assert Mailbox.objects.get().address == "cash@example.com"
    assert mona.post(f"{AT}/boxes/new", _box()).status_code == 422  # the key is there already


@pytest.mark.parametrize(
    "wrong", [{"address": "no-at"}, {"port": "99999"}, {"key": ""}, {"address": "a@b.test\nBcc: x@y.test"}]
)
def test_a_mistake_keeps_what_was_typed(mona: Client, wrong: dict[str, str]) -> None:
    answer = mona.post(f"{AT}/boxes/new", _box(**wrong, name="Typed by hand"))
    assert answer.status_code == 422
    assert "Typed by hand" in answer.content.decode()
    assert not Mailbox.objects.exists()


def test_a_department_and_its_days(mona: Client, books: cast.Books) -> None:
    sent = {
        "key": "sales",
        "name": "Sales",
        "address": "sales@example.com",
        "answer_business_days": "3",
        "escalate_to": books.lena.pk,
    }
    assert mona.post(f"{AT}/departments/new", sent).status_code == 302
    row = Department.objects.get()
    assert (row.answer_business_days, row.escalate_to) == (3, books.lena)
    assert mona.post(f"{AT}/departments/sales", {**sent, "answer_business_days": "0"}).status_code == 422


def test_what_stands_on_letters_is_changed_with_a_diary_line_and_takes_no_card(
    mona: Client, books: cast.Books
) -> None:
    at = f"{AT}/senders/{books.entity.pk}"
    sent = {
        "sender_name": "Accounts Receivable",
        "payment_instructions": "Transfer to DE89 3704 0044 0532 0130 00, state the number.",
    }
    assert mona.post(at, sent).status_code == 302
    books.entity.refresh_from_db()
    assert books.entity.sender_name == "Accounts Receivable"
    assert "DE89 3704" in books.entity.payment_instructions
    assert DiaryLine.objects.filter(about=f"entity:{books.entity.pk}").count() == 1
    card = {**sent, "payment_instructions": "Card 4111 1111 1111 1111"}
    assert mona.post(at, card).status_code == 422


def test_only_who_may_changes_it(books: cast.Books, mona: Client) -> None:
    assert _client(books.alice).get(AT).status_code == 403
    assert _client(books.alice).post(f"{AT}/boxes/new", _box()).status_code == 403
