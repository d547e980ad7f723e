"""How an account is written to: what holds and why, for everyone who sees it; changed by who may, heeded by the notices."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from dunlin.actions.correct_customer import correct_customer
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.run_process import run_process
from dunlin.actions.save_strategy import switch_strategy
from dunlin.records.models import Customer, DiaryLine, Message
from dunlin.reports.strategy_of import strategy_of
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, Books

pytestmark = [pytest.mark.django_db, pytest.mark.req("C6")]


def client(person) -> Client:
    made = Client()
    made.force_login(person)
    return made


def words(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def at(customer) -> str:
    return f"/accounts/{customer.pk}/how-written"


def test_a_strategy_is_named_and_said_why(books: Books) -> None:
    keep_shipped(cast.moment(TODAY))
    mona = client(books.mona)
    before = words(mona.get(at(books.harbour)))
    assert "the default, for no other strategy fits" in before
    answer = mona.post(at(books.harbour), {"channel": "email", "strategy": "firm"})
    assert answer.status_code == 302
    assert "named on the customer" in words(mona.get(at(books.harbour)))
    choice, off = strategy_of(books.harbour.pk, TODAY, Policy())
    assert (choice.strategy.key, choice.code, off) == ("firm", "strategy_named", False)
    line = DiaryLine.objects.filter(verb="correct_customer").get()
    assert (line.before, line.after) == ({"strategy": ""}, {"strategy": "firm"})
    switch_strategy(cast.who(books.mona), "firm", False, "too firm")
    assert "switched off" in words(mona.get(at(books.harbour)))


def test_who_is_not_written_to_by_itself_gets_no_notice(books: Books) -> None:
    at_ten = cast.who("administrator", at=cast.moment(TODAY, 15))
    correct_customer(cast.who(books.mona), books.harbour.pk, {"channel": "none"})
    run_process(at_ten, "past_due")
    assert not Message.objects.filter(customer=books.harbour).exists()
    assert Message.objects.filter(customer=books.lakeside, purpose="notice").exists()
    assert "Not by itself" in words(client(books.mona).get(at(books.harbour)))


def test_a_collector_reads_and_does_not_change(books: Books) -> None:
    alice = client(books.alice)
    page = alice.get(at(books.lakeside))
    assert "the default" in words(page)
    assert b'name="channel"' not in page.content
    assert alice.post(at(books.lakeside), {"channel": "none", "strategy": ""}).status_code == 403
    assert alice.get(at(books.harbour)).status_code == 404
    assert Customer.objects.get(pk=books.lakeside.pk).channel == "email"


def test_what_is_no_strategy_and_no_way_stands_beside_its_field(books: Books) -> None:
    mona = client(books.mona)
    answer = mona.post(at(books.harbour), {"channel": "pigeon", "strategy": ""})
    assert answer.status_code == 422
    assert "no way to write to a customer" in words(answer)
    answer = mona.post(at(books.harbour), {"channel": "letter", "strategy": "nonsense"})
    assert answer.status_code == 422
    assert "There is no strategy nonsense" in words(answer)
    with pytest.raises(Refused):
        correct_customer(cast.who(books.mona), books.harbour.pk, {"channel": ""})


def test_a_customer_who_owes_nothing_has_a_strategy_too(books: Books) -> None:
    nobody = cast.customer("Quiet Ltd", number="Q-1")
    choice, _ = strategy_of(nobody.pk, TODAY, Policy())
    assert choice.strategy.key == "default"
    page = words(client(books.mona).get(at(nobody)))
    assert "written to" in page.lower()


def test_the_account_says_how_it_is_written_to(books: Books) -> None:
    Customer.objects.filter(pk=books.lakeside.pk).update(channel="letter", strategy="firm")
    page = words(client(books.alice).get(f"/accounts/{books.lakeside.pk}"))
    assert "by letter, strategy firm" in page
