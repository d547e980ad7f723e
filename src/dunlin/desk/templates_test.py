"""The template editor: mistakes with their place, a look with a real account, versions, who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dunlin.actions.keep_shipped import keep_shipped
from dunlin.records.models import TemplateVersion
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("C7")]
AT = "/sending/templates/notice_1/en"


@pytest.fixture
def mona(books: cast.Books) -> Client:
    keep_shipped(cast.moment(cast.TODAY))
    client = Client()
    client.force_login(books.mona)
    return client


def _look(client: Client, **typed: Any) -> str:
    answer = client.post(
        AT, {"do": "look", "subject": "Reminder", "body": "Dear {{ customer.name }},\n\n[items]\n", **typed}
    )
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_kind_lists_its_templates(mona: Client) -> None:
    page = mona.get("/sending/templates/").content.decode()
    assert "First reminder" in page
    assert 'href="/sending/templates/notice_1/de"' in page
    assert mona.get("/sending/templates/?kind=call_guide").status_code == 200


def test_a_look_with_a_real_account_shows_its_documents(mona: Client, books: cast.Books) -> None:
    page = _look(mona, account=books.lakeside.number)
    assert books.lakeside.name in page
    assert "500.00" in page
    framed = mona.get("/sending/templates/look")
    assert books.lakeside.name in framed.content.decode()
    assert framed["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.parametrize(
    "body, said",
    [
        ("Dear {{ customer.nme }},", "customer.name"),
        ("Hello\n{% include '/etc/passwd' %}", "Line 2, character"),
        ("{{ ''.__class__.__mro__ }}", "Line 1, character"),
        ("{% for item in items %}{{ item.number }}", "Line 1"),
    ],
)
def test_a_mistake_is_said_with_its_place(mona: Client, body: str, said: str) -> None:
    page = _look(mona, body=body)
    assert said in page
    assert "cannot be used yet" in page
    assert not TemplateVersion.objects.filter(template__key="notice_1", language="en", number=2).exists()


def test_keeping_is_not_activating_and_nothing_typed_is_lost(mona: Client) -> None:
    wrong = {"do": "activate", "subject": "Reminder", "body": "Dear {{ customer.nme }},"}
    mona.post(AT, wrong)
    version = TemplateVersion.objects.get(template__key="notice_1", language="en", number=2)
    assert version.activated_at is None
    assert "customer.nme" in mona.get(AT).content.decode()
    mona.post(AT, {"do": "activate", "subject": "Reminder", "body": "Dear {{ customer.name }},"})
    assert (
        TemplateVersion.objects.get(template__key="notice_1", language="en", number=3).activated_at
        is not None
    )


def test_words_that_threaten_are_pointed_out(mona: Client) -> None:
    page = _look(mona, body="Pay at once or we will tell the newspapers and send the police.\n")
    assert "Words to look at again" in page


def test_a_new_language_begins_with_the_english_words(mona: Client) -> None:
    sent = {"key": "notice_1", "language": "sv", "kind": "email"}
    assert mona.post("/sending/templates/new", sent).status_code == 302
    assert "{{ customer.number }}" in mona.get("/sending/templates/notice_1/sv").content.decode()
    assert mona.post("/sending/templates/new", sent).status_code == 422


def test_a_collector_reads_and_does_not_write(books: cast.Books, mona: Client) -> None:
    alice = Client()
    alice.force_login(books.alice)
    page = alice.get(AT).content.decode()
    assert "Keep as a draft" not in page
    assert alice.post(AT, {"do": "keep", "subject": "x", "body": "y"}).status_code == 403
