"""Remittance advices through their pages: taken in beside bank files, waiting, linked by a person, taken away, put aside."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dunlin.actions.take_bank_file import take_bank_file
from dunlin.records.models import Receipt, RemittanceAdvice
from tests import cast
from tests.bank_cast import Line, camt

pytestmark = [pytest.mark.django_db, pytest.mark.req("E2")]
ADVICE = b"Invoice No,Net paid,Payment reference,Payer\nINV-1001,500.00,FT-90017,Lakeside Hotels\nINV-1002,777.00,FT-90017,Lakeside Hotels\n"


@pytest.fixture
def mona(books):
    client = Client()
    client.force_login(books.mona)
    return client


def sent(client, content, name):
    return client.post(
        "/receipts/", {"file": SimpleUploadedFile(name, content)}, follow=True
    ).content.decode()


def test_an_advice_is_taken_in_waits_and_is_linked_by_a_person(books, mona):
    assert "No advice waits" in mona.get("/receipts/advices").content.decode()
    said = sent(mona, ADVICE, "advice.csv")
    assert "1 advice, 2 documents; 1 waits for the money" in said
    assert "Advices (1 waiting)" in said
    assert "taken in before" in sent(mona, ADVICE, "again.csv")
    told = RemittanceAdvice.objects.get()
    page = mona.get(f"/receipts/advices/{told.pk}").content.decode()
    assert "INV-1002" in page
    assert "It waits" in page
    take_bank_file(cast.who("ar_manager"), "in.xml", camt([Line("1277.00", "LSH HOLDINGS", "payment", "Q1")]))
    row = Receipt.objects.get()
    assert "Advices it may belong to" in mona.get(f"/receipts/{row.pk}").content.decode()
    assert "LSH HOLDINGS" in mona.get(f"/receipts/advices/{told.pk}").content.decode()
    linked = mona.post(f"/receipts/advices/{told.pk}/link", {"receipt": row.pk}, follow=True).content.decode()
    assert "Linked; the money is placed by it." in linked
    assert "linked by hand" in linked
    assert "It rests on the advice" in linked
    assert "LSH" in mona.get("/receipts/advices?state=used&q=lakeside").content.decode() or told.payer_name
    row.refresh_from_db()
    assert (row.state, row.customer) == ("done", books.lakeside)


def test_what_was_linked_wrongly_is_taken_away_and_what_never_comes_put_aside(books, mona):
    sent(mona, ADVICE.replace(b"INV-1001", b"XX-77001"), "advice.csv")
    told = RemittanceAdvice.objects.get()
    sent(mona, camt([Line("1277.00", "LSH HOLDINGS", "payment", "Q1")]), "in.xml")
    row = Receipt.objects.get()
    mona.post(f"/receipts/advices/{told.pk}/link", {"receipt": row.pk})
    assert "It is of other money" in mona.get(f"/receipts/{row.pk}").content.decode()
    mona.post(f"/receipts/advices/{told.pk}/unlink", follow=True)
    aside = mona.post(f"/receipts/advices/{told.pk}/aside", {"reason": "sent to us in error"}, follow=True)
    assert "Put aside" in aside.content.decode()
    told.refresh_from_db()
    assert (told.state, told.receipt) == ("superseded", None)
    late = mona.post(f"/receipts/advices/{told.pk}/link", {"receipt": row.pk}, follow=True)
    assert "was put aside" in late.content.decode()


def test_a_refused_advice_says_why_beside_the_file(books, mona):
    page = mona.post("/receipts/", {"file": SimpleUploadedFile("x.edi", b"ISA*00*  ")})
    assert page.status_code == 422
    assert "the separators are not known" in page.content.decode()
