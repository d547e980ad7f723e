"""A waiver of the card fee asked for on the account, and what runs online shown there (P11, P12, D4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from dunlin.desk.pages import moment
from dunlin.records.clock import now, today
from dunlin.records.models import Approval, OnlinePayment, PaymentChoice
from dunlin.reports.account_online import online_of
from tests import cast
from tests.portal_cast import setting

pytestmark = [pytest.mark.django_db, pytest.mark.req("D4"), pytest.mark.rule("P12")]


def words_of(answer):
    return " ".join(answer.content.decode().replace("\xa0", " ").split())


def test_a_waiver_is_asked_for_on_the_account_with_each_mistake_at_its_field(books, client):
    lake = books.lakeside
    where, form = reverse("account", args=[lake.pk]), reverse("ask_fee_waiver", args=[lake.pk])
    client.force_login(cast.user("ar_manager"))
    assert "bear no fee" in words_of(client.get(form))
    assert "Card fee" not in words_of(client.get(where))
    setting("card.fee_over", {"USD": "500"})
    setting("ledger.time_zone", "America/Chicago")
    assert "ask to waive it" in words_of(client.get(where))
    for typed, said in (
        ({"most": "", "reason": "x"}, "Up to which amount"),
        ({"most": "900", "reason": " "}, "Say why the fee"),
        ({"most": "400", "reason": "x"}, "bears no fee"),
    ):
        answer = client.post(form, typed)
        assert (answer.status_code, said in words_of(answer)) == (422, True), words_of(answer)[-2500:]
    assert client.post(form, {"most": "900", "reason": "Their bank closed"}).status_code == 302
    asked = Approval.objects.get()
    assert (asked.kind, asked.amount, asked.state) == ("fee_waiver", 2_610, "requested")
    page = words_of(client.get(where))
    one = "on one payment up to 900.00 USD"
    ends = moment(asked.expires_at, "America/Chicago", today("America/Chicago"))
    assert (
        f"Card fee of 26.10 USD: its waiver, {one}, waits for a decision, until {ends}. Their bank closed"
        in page
    )
    again = client.post(form, {"most": "900", "reason": "Once more"})
    assert (again.status_code, "was asked for already" in words_of(again)) == (422, True)
    Approval.objects.update(state="approved")
    assert f"Card fee of 26.10 USD is waived {one}, until {ends}. Their bank closed" in words_of(client.get(where))  # fmt: skip
    Approval.objects.update(state="used")
    assert "Card fee of 26.10" not in words_of(client.get(where))


def test_a_debit_on_its_way_and_a_card_dispute_stand_on_the_account(books, client, django_assert_num_queries):  # fmt: skip
    lake = books.lakeside
    client.force_login(cast.user("ar_manager"))
    where = reverse("account", args=[lake.pk])
    entity = cast.entity()
    for number, (state, more) in enumerate((("processing", {}), ("disputed", {"method": "card", "fee": 2_030, "respond_by": today("UTC") + timedelta(9)}), ("paid", {}))):  # fmt: skip
        choice = PaymentChoice.objects.create(customer=lake, entity=entity, amount=70_000 + number, currency="USD", reference=f"RF{number}", content_hash=str(number), made_at=now())  # fmt: skip
        OnlinePayment.objects.create(
            choice=choice, customer=lake, entity=entity, state=state, currency="USD",
            amount=choice.amount, started_at=now(), **{"method": "bank_debit"} | more,
        )  # fmt: skip
    page = words_of(client.get(where))
    assert "On its way: 700.00 USD" in page
    assert "Card dispute over 720.31 USD" in page
    assert "answer the provider by" in page
    assert "700.02" not in page
    with django_assert_num_queries(2):
        assert [each.choice.reference for each in online_of(lake.pk, now()).payments] == ["RF1", "RF0"]
