"""A clean-up project through its pages: accounts chosen, corrections ticked, approved by another, run here, the proof as a file (P37)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from dunlin.actions.start_clean_up import check_stored
from dunlin.records.models import Approval, CleanUpProject, FixRun, Item
from tests import cast
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("A8"), pytest.mark.rule("P37")]


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def text_of(page):
    body = b"".join(page.streaming_content) if page.streaming else page.content
    return body.decode().replace("\xa0", " ").replace("\u202f", " ")


@pytest.fixture
def mona(books):
    cast.item(books.lakeside, "credit_memo", "50.00", reference="Price INV-1001")
    small = cast.invoice(books.harbour, "200.00", due=TODAY, number="INV-2002")
    cast.payment(books.harbour, "198.00", on=TODAY - timedelta(4), reference="bank", applied_to=small)
    return signed_in(books.mona)


def test_from_the_empty_list_to_the_proof(books, mona):
    assert "No project yet." in text_of(mona.get("/clean-up/"))
    assert "L-100 Lakeside Hotels" in text_of(mona.get("/clean-up/new"))
    typed = {"name": "Year end", "which": "numbers", "numbers": "L-100, nobody\nH-200", "due": "fri"}
    wrong = mona.post("/clean-up/new", typed)
    assert wrong.status_code == 422
    assert "There is no account nobody." in text_of(wrong)
    assert "L-100, nobody" in text_of(wrong)
    page = mona.post("/clean-up/new", typed | {"numbers": "L-100 H-200"}, follow=True)
    row = CleanUpProject.objects.get()
    at = f"/clean-up/{row.pk}"
    assert page.redirect_chain[-1][0] == at
    assert "You may leave this page" in text_of(page)
    assert "Do it right here" in text_of(page)
    page = text_of(mona.post(f"{at}/here", follow=True))
    assert "Credit memo not applied" in page
    assert "2.00 USD" in page

    account = row.accounts.get(customer=books.lakeside)
    keys = [each["key"] for each in account.findings if each["fix"]]
    mona.post(f"{at}/accounts/{account.pk}/choose", {"finding": keys})
    mona.post(f"{at}/accounts/{account.pk}/accept", {"check": "statement", "note": "agreed by phone"})
    assert "agreed by phone" in text_of(mona.get(at))
    assert mona.post(f"/clean-up/{row.pk + 1}/accounts/{account.pk}/choose", {}).status_code == 404
    page = text_of(mona.post(f"{at}/ask", {"reason": "before the audit"}, follow=True))
    assert "waits for approval by somebody else" in page
    asked = Approval.objects.get()
    fred = signed_in(books.fred)
    assert "2 corrections on 2 accounts: Year end" in text_of(fred.get(f"/approvals/{asked.pk}"))
    fred.post(f"/approvals/{asked.pk}", {"answer": "yes", "note": ""})
    row.refresh_from_db()
    assert row.state == "approved"
    mona.post(f"{at}/run")
    page = text_of(mona.post(f"{at}/here", follow=True))
    assert "explained to the cent" in page
    assert "approved by Fred" in page
    assert FixRun.objects.filter(project=row).count() == 2
    assert Item.objects.get(number="INV-2002").open == 0
    proof = text_of(mona.get(f"{at}?form=csv"))
    assert "invoice INV-2002" in proof
    assert mona.get(f"{at}?form=xlsx").status_code == 200
    assert "Year end" in text_of(mona.get("/clean-up/"))


def test_the_control_account_is_compared_as_one_types(books, mona):
    page = text_of(mona.get("/clean-up/?control-US01-USD=2,302.00", headers={"HX-Request": "true"}))
    assert "agrees" in page
    assert "differs by 1.00 USD" in text_of(mona.get("/clean-up/?control-US01-USD=2301"))
    assert "is not a number" in text_of(mona.get("/clean-up/?control-US01-USD=much"))


@pytest.mark.req("D4")
def test_who_may_not_see_projects_does_not(books, mona):
    alice = signed_in(books.alice)
    assert alice.get("/clean-up/").status_code == 403
    lena = signed_in(books.lena)
    assert lena.get("/clean-up/").status_code == 200
    assert lena.post("/clean-up/1/run").status_code == 403


def test_a_project_of_many_accounts_asks_no_more(books, mona, django_assert_max_num_queries):
    numbers = []
    for number in range(60):
        one = cast.customer(f"Shop {number}")
        cast.invoice(one, "100.00", due=TODAY, number=f"S-{number}0001")
        cast.payment(one, "100.00", on=TODAY, reference=f"S-{number}0001")
        numbers.append(one.number)
    mona.post("/clean-up/new", {"name": "Many", "which": "numbers", "numbers": " ".join(numbers)})
    row = CleanUpProject.objects.get()
    assert "too big to run here" in text_of(mona.post(f"/clean-up/{row.pk}/here", follow=True))
    check_stored(row.pk)
    with django_assert_max_num_queries(30):
        page = text_of(mona.get(f"/clean-up/{row.pk}"))
    assert page.count("Credit that names its documents") == 25
