"""Issuing on screen: charges become a document, one is credited by amount or lines, one is billed anew; looked at before (A6, P36)."""

from __future__ import annotations

import pytest

from dunlin.records.models import Approval, Document, IssuedDocument, Item
from tests import cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.req("A6"), pytest.mark.rule("P36")]
LINES = {
    "description-0": "Advice",
    "quantity-0": "3",
    "unit_price-0": "100.00",
    "tax_pct-0": "8",
    "jurisdiction-0": "US-NY",
}


@pytest.fixture
def mona(books, client):
    client.force_login(books.mona)
    return client


def would(client, at, typed):
    return (
        client.get(at, {"key": "k", **typed}, headers={"HX-Request": "true"})
        .content.decode()
        .replace("\xa0", " ")
    )


def test_a_document_is_looked_at_and_issued(books, mona):
    at = f"/accounts/{books.lakeside.pk}/issue"
    assert 'name="description-2"' in mona.get(at).content.decode()
    assert "Write at least one line" in would(mona, at, {"description-0": ""})
    seen = would(mona, at, LINES)
    assert "300.00 USD + 24.00 USD tax = " in seen
    assert "324.00 USD" in seen
    assert "is not a number" in mona.post(at, {**LINES, "unit_price-0": "ten"}).content.decode()
    mona.post(at, {**LINES, "key": "one"})
    mona.post(at, {**LINES, "key": "one"})  # sent twice, issued once
    issued = IssuedDocument.objects.get()
    assert (issued.total, issued.item.customer) == (32_400, books.lakeside)
    paper = Document.objects.filter(customer=books.lakeside).first()
    assert paper is not None
    assert mona.post(f"/items/{issued.item_id}/print").status_code == 302


def test_one_is_credited_by_amount_and_by_line_and_billed_anew(books, mona):
    at = f"/items/{books.late.pk}/credit"
    assert "500.00" in mona.get(at).content.decode()
    assert "may still be credited" in mona.get(at).content.decode()
    assert "100.00 USD settles INV-1001" in would(mona, at, {"amount": "100"})
    assert mona.post(at, {"reason": "price", "amount": "500.01"}).status_code == 422
    mona.post(at, {"reason": "price", "amount": "100", "key": "c"})
    books.late.refresh_from_db()
    assert books.late.open == 40_000

    anew = f"/items/{books.late.pk}/rebill"
    row = {"description-0": "Rooms", "quantity-0": "1", "unit_price-0": "350.00"}
    seen = would(mona, anew, row)
    assert "The customer owes 50.00 USD less." in seen
    done = (
        mona.post(anew, {**row, "reason": "price", "key": "r"}, follow=True)
        .content.decode()
        .replace("\xa0", " ")
    )
    assert "of what was paid went over" in done
    books.late.refresh_from_db()
    assert books.late.open == 0
    assert Item.objects.get(corrects=books.late, kind="invoice").amount == 35_000


def test_what_is_more_than_one_may_is_asked_for_and_who_may_not_is_refused(books, client):
    client.force_login(books.alice)
    at = f"/items/{books.late.pk}/credit"
    assert "will be asked for" in would(client, at, {"amount": "400"})
    told = client.post(at, {"reason": "price", "amount": "400", "key": "a"}, follow=True).content.decode()
    assert "waits under Approvals" in told
    assert Approval.objects.get().kind == "adjustment"
    client.force_login(cast.user("sales", "sid"))
    assert client.get(at).status_code in (403, 404)
