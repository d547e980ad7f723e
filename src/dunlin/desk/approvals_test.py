"""Approvals on screen: what waits for me, with its evidence; yes, no, withdraw; not beyond my sight or limit (D4)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from dunlin.actions.ask_approval import Asked, ask_approval
from dunlin.actions.doing import doing
from dunlin.records.models import Approval
from dunlin.rules.money import Money
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("D4"), pytest.mark.rule("P11")]


@pytest.fixture
def row(books):
    with doing(cast.who(books.mona), "process_receipt") as act:
        return ask_approval(
            act,
            Asked(
                kind="fee_waiver", title="Refund of 600.00 USD to Lakeside Hotels", reason="<b>paid twice</b>", amount=Money.exact("600.00", "USD"),
                customer_id=books.lakeside.pk, about="waiver:1", if_yes="600.00 USD are paid out.", evidence=["No invoice is open."],
            ),
        )  # fmt: skip


def page(client, name, *args, **query):
    return client.get(reverse(name, args=args), query).content.decode()


def test_who_decides_sees_it_counted_and_says_yes(books, row, client):
    client.force_login(cast.user("vp_finance"))
    assert 'id="count-approvals" hx-swap-oob="true">1<' in page(client, "rail_counts")
    assert "Refund of 600.00 USD" in page(client, "approvals")
    one = page(client, "approval", row.pk)
    for words in ("No invoice is open.", "600.00 USD are paid out.", "&lt;b&gt;paid twice"):
        assert words in one
    answer = client.post(reverse("approval", args=[row.pk]), {"answer": "no", "note": ""})
    assert answer.status_code == 422
    assert Approval.objects.get().state == "requested"
    client.post(reverse("approval", args=[row.pk]), {"answer": "yes", "note": "fine"})
    assert Approval.objects.get().state == "approved"
    assert "Nothing waits for your decision." in page(client, "approvals")
    assert "fine" in page(client, "approvals", tab="decided")


def test_who_asked_sees_why_they_cannot_and_withdraws(books, row, client):
    client.force_login(row.asked_by)
    assert "Nobody decides what they asked for themselves" in page(client, "approval", row.pk)
    assert "Refund of 600.00" in page(client, "approvals", tab="asked")
    client.post(reverse("withdraw_approval", args=[row.pk]))
    assert Approval.objects.get().state == "withdrawn"


def test_a_collector_sees_what_is_about_their_accounts_only(books, row, client):
    client.force_login(cast.user("collector", "stranger"))
    assert "Nothing waits" in page(client, "approvals", tab="waiting")
    assert client.get(reverse("approval", args=[row.pk])).status_code == 404
    assert client.post(reverse("approval", args=[row.pk]), {"answer": "yes"}).status_code == 404
