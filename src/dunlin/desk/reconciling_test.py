"""Reconciling through its pages: findings with evidence, a preview to the cent, the result with its undoing; a customer's statement."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dunlin.actions.apply_credit import apply_credit
from dunlin.records.models import FixRun, FollowUp, Item
from dunlin.records.policies import current_policy
from dunlin.reports.reconciliation import reconcile
from tests import cast
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("A8"), pytest.mark.rule("P27")]


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def text_of(page):
    return page.content.decode().replace("\xa0", " ").replace(" ", " ").replace("\u202f", " ")


@pytest.fixture
def at(books):
    cast.item(books.lakeside, "credit_memo", "50.00", reference="Price INV-1001")
    small = cast.invoice(books.lakeside, "400.00", due=TODAY - timedelta(9), number="INV-1004")
    cast.payment(books.lakeside, "397.00", on=TODAY - timedelta(4), reference="bank", applied_to=small)
    return f"/accounts/{books.lakeside.pk}/reconcile"


def keys(books):
    return {each.code: each.key for each in reconcile(books.lakeside.pk, TODAY, current_policy()).findings}


def test_findings_are_ticked_previewed_posted_and_undone(books, at):
    mona = signed_in(books.mona)
    page = text_of(mona.get(at))
    assert "Credit memo not applied" in page
    assert "Apply 50.00 USD of credit memo" in page
    assert "The balance falls by 3.00 USD: exactly what is written off." in page
    one = keys(books)
    live = mona.get(at, {"sent": "1", "finding": [one["memo_unapplied"]]}, headers={"HX-Request": "true"})
    assert text_of(live).count("The balance stays as it is, to the cent") == 1
    assert "500.00 → 450.00" in text_of(live)
    assert not FixRun.objects.exists()
    done = mona.post(at, {"sent": "1", "key": "a", "finding": list(one.values())}, follow=True)
    assert "2 corrections are posted; 1 follow-up is planned" in text_of(done)
    run = FixRun.objects.get()
    assert done.redirect_chain[-1][0] == f"/fixes/{run.pk}"
    assert "3.00 USD less, exactly what was written off" in text_of(done)
    assert FollowUp.objects.count() == 1
    page = text_of(mona.post(f"/fixes/{run.pk}", {"reason": ""}))
    assert "Undo" in page
    undone = mona.post(f"/fixes/{run.pk}", {"reason": "not agreed"}, follow=True)
    assert "every document is open again as it was" in text_of(undone)
    assert Item.objects.get(number="INV-1004").open == 300


def test_what_changed_is_said_above_the_findings_and_the_ticks_stay(books, at):
    mona = signed_in(books.mona)
    one = keys(books)
    apply_credit(cast.who(books.mona), Item.objects.get(kind="credit_memo").pk, books.late.pk)
    sent = {
        "sent": "1",
        "finding": list(one.values()),
        f"what-{one['memo_unapplied']}": "Credit memo over INV-1001",
    }
    answer = mona.post(at, sent)
    assert answer.status_code == 422
    assert "Credit memo over INV-1001 is no longer as it was shown" in text_of(answer)
    assert f'value="{one["small_balance"]}" id="f-{one["small_balance"]}" checked' in text_of(answer)
    assert mona.post(at, {"sent": "1"}).status_code == 422
    assert not FixRun.objects.exists()


@pytest.mark.req("D4")
def test_a_collector_sees_everything_and_does_what_they_may(books, at):
    alice, bob = signed_in(books.alice), signed_in(books.bob)
    page = text_of(alice.get(at))
    assert "This needs somebody who may write off an amount." in page
    one = keys(books)
    assert f'id="f-{one["small_balance"]}" disabled' in page
    assert alice.post(at, {"sent": "1", "finding": [one["small_balance"]]}).status_code == 422
    done = alice.post(at, {"sent": "1", "finding": [one["memo_unapplied"]]}, follow=True)
    assert "1 correction is posted" in text_of(done)
    run = FixRun.objects.get()
    assert bob.get(at).status_code == 404
    assert bob.get(f"/fixes/{run.pk}").status_code == 404
    assert "Nothing was found" in text_of(signed_in(books.mona).get(f"/accounts/{books.branch.pk}/reconcile"))


def test_the_page_asks_no_more_with_more_documents(books, at, django_assert_max_num_queries):
    for number in range(60):
        cast.invoice(books.lakeside, f"{number + 1}.11", due=TODAY, number=f"N-{number}999")
        cast.payment(books.lakeside, f"{number + 1}.11", on=TODAY, reference=f"N-{number}999")
    mona = signed_in(books.mona)
    with django_assert_max_num_queries(40):
        page = text_of(mona.get(at))
    assert page.count("Credit that names its documents") == 60


def test_a_customers_statement_is_compared_line_by_line(books, at):
    mona = signed_in(books.mona)
    where = f"/accounts/{books.lakeside.pk}/their-statement"
    assert "Which column is which is found out" in text_of(mona.get(where))
    theirs = b"Invoice,Date,Open amount\nINV-1001,2026-10-01,500.00\nINV-1002,2026-10-20,900.00\nINV-8888,2026-10-21,70.00\n"
    page = text_of(mona.post(where, {"file": SimpleUploadedFile("theirs.csv", theirs), "currency": "USD"}))
    assert "3 rows were read, by the columns “Invoice” and “Open amount” and “Date”" in page
    for words in (
        "The same on both sides",
        "Another amount",
        "They have it, we do not",
        "We have it, they do not",
    ):
        assert words in page
    assert "1,470.00 USD" in page
    plain = SimpleUploadedFile("theirs.csv", b"a,b\nx1,2\n")
    answer = mona.post(where, {"file": plain, "currency": "USD"})
    assert answer.status_code == 422
    assert "Which columns hold the document number and the amount?" in text_of(answer)
    chosen = {"file": SimpleUploadedFile("t.csv", b"a,b\nINV-1001,500.00\n"), "number": "a", "amount": "b"}
    assert "1 row was read" in text_of(mona.post(where, chosen))
    for bad in (b"", b"%PDF-1.4"):
        assert mona.post(where, {"file": SimpleUploadedFile("x.csv", bad)}).status_code == 422
    assert mona.post(where, {}).status_code == 422
