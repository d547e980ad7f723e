"""A payment that came back and a due date that changes, at the desk: told before, done once, with a reason, for who may."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from dunlin.records.models import DiaryLine, Dispute, DueDateChange, FollowUp, Item, Message, User
from tests import cast
from tests.cast import TODAY

pytestmark = pytest.mark.django_db


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.mark.req("E4")
def test_a_payment_that_came_back_makes_its_documents_owed_again(books, client):
    User.objects.filter(pk=books.bob.pk).update(email="bob@dunlin.example")
    client.force_login(books.mona)
    opened = f"/accounts/{books.harbour.pk}?item={books.part_payment.pk}&group=closed"
    where = f"/items/{books.part_payment.pk}/return"
    assert f"{where}?back=" in client.get(opened).content.decode()
    asked = text_of(client.get(where))
    assert "INV-2001 due Sun 15 Nov 250.00 USD" in asked
    typed = {"reason": "R01", "returned": f"{TODAY - timedelta(1)}", "key": "r1"}
    for wrong, field in (
        ({"reason": ""}, "Say why it came back"),
        ({"reason": "nonsense"}, "Choose why it came back"),
        ({"returned": f"{TODAY - timedelta(30)}"}, "before the payment was received"),
        ({"returned": f"{TODAY + timedelta(1)}"}, "is after today"),
    ):
        answer = client.post(where, {**typed, **wrong})
        assert answer.status_code == 422
        assert field in text_of(answer)
        assert 'aria-invalid="true"' in answer.content.decode()
    answer = client.post(where, {**typed, "back": opened})
    assert (answer.status_code, answer.url) == (302, opened)
    page = client.get(opened)
    assert "250.00 USD came back on Tue 24 Nov: 1 document is owed again." in text_of(page)
    assert where not in page.content.decode()
    assert Item.objects.get(pk=books.part_paid.pk).open == 100_000
    back = Item.objects.get(kind="payment_return")
    assert (back.corrects, back.reason, back.value_on) == (
        books.part_payment,
        "R01",
        TODAY - timedelta(1),
    )
    told, planned = Message.objects.get(), FollowUp.objects.get()
    assert told.subject == "Returned payment: Harbour & Söhne, 250.00 USD"
    assert "R01, insufficient funds" in told.text
    assert "INV-2001, due 2026-11-15: 1,000.00 USD" in told.text
    assert (planned.owner, planned.due_on > TODAY) == (books.bob, True)
    assert client.post(where, {**typed, "back": opened}).status_code == 302
    assert (Message.objects.count(), FollowUp.objects.count()) == (1, 1)
    assert "nothing was done twice" in text_of(client.get(opened))
    assert "was returned" in text_of(client.post(where, {**typed, "trace": "0910"}))
    assert Item.objects.filter(kind="payment_return").count() == 1


@pytest.mark.req("E4")
def test_only_a_payment_can_come_back(books, client):
    client.force_login(books.mona)
    answer = client.get(f"/items/{books.late.pk}/return")
    assert answer.status_code == 422
    assert "is not a payment" in text_of(answer)
    assert "/return" not in client.get(f"/accounts/{books.lakeside.pk}?item={books.late.pk}").content.decode()


@pytest.mark.req("A2")
def test_a_due_date_is_changed_with_a_reason_once_and_told(books, client):
    client.force_login(books.mona)
    opened = f"/accounts/{books.lakeside.pk}?item={books.late.pk}"
    where = f"/items/{books.late.pk}/due-date"
    assert f"{where}?back=" in client.get(opened).content.decode()
    assert "INV-1001 of Wed 16 Sep is due Fri 16 Oct; 500.00 USD is open." in text_of(client.get(where))
    typed = {"due": "2026-12-15", "reason": "Agreed with sales", "key": "d1"}
    for wrong, said in (
        ({"due": ""}, "Due on which day"),
        ({"due": "soonish"}, "Write a day"),
        ({"due": "2026-10-16"}, "already"),
        ({"due": "2026-01-01"}, "before the document date"),
        ({"reason": " "}, "Say why it is changed"),
    ):
        answer = client.post(where, {**typed, **wrong})
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert 'aria-invalid="true"' in answer.content.decode()
    answer = client.post(where, {**typed, "back": opened})
    assert (answer.status_code, answer.url) == (302, opened)
    assert "INV-1001 is due Tue 15 Dec; it was Fri 16 Oct." in text_of(client.get(opened))
    assert client.post(where, typed).status_code == 302
    change = DueDateChange.objects.get()
    assert (change.new_due_on.isoformat(), change.reason, change.by) == (
        "2026-12-15",
        "Agreed with sales",
        books.mona,
    )
    assert DiaryLine.objects.filter(verb="change_due_date").count() == 1
    assert "Agreed with sales · Mona" in text_of(client.get(where))
    yesterday = f"{opened}&as_of={TODAY - timedelta(1)}"
    assert "Fri 16 Oct" in text_of(client.get(yesterday))


@pytest.mark.req("D4")
@pytest.mark.parametrize("role", ["collector", "senior_collector", "team_lead", "auditor", "administrator"])
def test_neither_is_for_who_may_not(books, client, role):
    person = cast.user(role)
    books.harbour.collector = person
    books.harbour.save()
    client.force_login(person)
    at = f"/accounts/{books.harbour.pk}"
    for item, address in ((books.part_payment, "return"), (books.part_paid, "due-date")):
        where = f"/items/{item.pk}/{address}"
        assert where not in client.get(f"{at}?item={item.pk}&group=closed").content.decode()
        assert client.get(where).status_code == client.post(where, {"reason": "x"}).status_code == 403


@pytest.mark.req("H2")
def test_a_past_day_shows_no_door(books, client):
    client.force_login(books.mona)
    past = TODAY - timedelta(1)
    at = f"/accounts/{books.harbour.pk}"
    for item, address in ((books.part_payment, "return"), (books.part_paid, "due-date")):
        assert f"/{address}" not in client.get(f"{at}?item={item.pk}&as_of={past}").content.decode()
        assert client.get(f"/items/{item.pk}/{address}?as_of={past}").status_code == 422


@pytest.mark.req("E4")
@pytest.mark.rule("P25")
def test_the_account_wears_what_a_return_left_until_it_is_lifted(books, client):
    """Its flag, auto-pay that stands still with a door to let it go on, short pays that repeat, and both sides of it in the timeline."""
    client.force_login(books.mona)
    at = f"/accounts/{books.harbour.pk}"
    assert "auto-pay" not in client.get(at).content.decode()
    client.post(
        f"/items/{books.part_payment.pk}/return", {"reason": "R02", "returned": f"{TODAY}", "key": "r2"}
    )
    cast.item(books.harbour, "refund", "40.00", document=TODAY, number="RFD00000007", description="Refund of a payment")  # fmt: skip
    for number in range(3):
        dispute = {
            "customer": books.harbour,
            "item": books.part_paid,
            "payment": books.part_payment,
            "reason": "price",
        }
        Dispute.objects.create(
            **dispute, amount=100 + number, opened_on=TODAY - timedelta(number), recorded_at=cast.moment(TODAY),
            resolved_on=TODAY, resolution="credited",
        )  # fmt: skip
    page = text_of(client.get(at))
    for words in (
        "Returned payment, shown through", "came back on 2026-11-25 (R02, account data wrong)", "Auto-pay stopped: 250.00 USD",
        "Repeated short pay: 1.02 USD of INV-2001", "Payment came back", "Refund RFD00000007",
    ):  # fmt: skip
        assert words in page, words
    door = f"{at}/auto-pay"
    assert door in client.get(at).content.decode()
    assert client.post(door, {"reason": " "}).status_code == 422
    assert client.post(door, {"reason": "new account data verified by phone"}).status_code == 302
    page = text_of(client.get(at))
    assert "Auto-pay goes on again" in page
    assert "Auto-pay stopped" not in page
    assert "Returned payment, shown through" in page
    assert "Auto-pay is not stopped" in text_of(client.get(door))
