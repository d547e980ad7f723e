"""Refunds through their pages: from the credit of an account to the file for the bank and back; credit balances by age (E6, P26, P17)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from dunlin.records.models import Item, PayeeAccount, PayoutFile, Refund
from tests import cast, screens
from tests.cast import TODAY
from tests.refund_cast import ACCOUNT, ROUTING, approved, old_payment, our_account

pytestmark = [pytest.mark.django_db, pytest.mark.req("E6")]


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def text(answer):
    return answer.content.decode().replace("\xa0", " ")


@pytest.mark.rule("P26")
@pytest.mark.invariant(38)
def test_from_the_credit_to_the_bank(books):
    payment = old_payment(books)
    bob, lena, mona = signed_in(books.bob), signed_in(books.lena), signed_in(books.mona)
    at, details = f"/items/{payment.pk}/refund", f"/accounts/{books.harbour.pk}/bank-details"
    assert at in text(bob.get(f"/accounts/{books.harbour.pk}?group=credits"))
    wrong = bob.post(
        details,
        {"kind": "ach", "holder": "Harbour", "account": ACCOUNT, "bank": "091000018", "came_by": "letter"},
    )
    assert wrong.status_code == 422
    assert "check digit" in text(wrong)
    assert ACCOUNT not in text(wrong)
    bob.post(
        details,
        {"kind": "ach", "holder": "Harbour", "account": ACCOUNT, "bank": ROUTING, "came_by": "letter"},
    )
    payee = PayeeAccount.objects.get()
    assert "Another person calls back" in text(bob.get(details))
    blank = lena.post(f"/bank-details/{payee.pk}/confirm", {"how": " "})
    assert blank.status_code == 422
    assert f'aria-describedby="how-{payee.pk}-error' in text(blank)
    unsaid = lena.post(f"/bank-details/{payee.pk}/retire", {"reason": ""})
    assert f'aria-describedby="retire-{payee.pk}-error' in text(unsaid)
    lena.post(f"/bank-details/{payee.pk}/confirm", {"how": "Jonas Weber at +1 312 555 0188"})
    assert "Jonas Weber" in text(bob.get(details))

    assert "400.00 USD can be refunded now" not in text(bob.get(at))  # nobody said how the money came
    assert "400.00 USD can be refunded now" in text(bob.get(f"{at}?rail=wire"))
    form = {"rail": "ach_company", "method": "ach", "payee": payee.pk, "amount": "150.00", "key": "k"}
    missing = bob.post(at, form)
    assert missing.status_code == 422
    assert 'value="150.00"' in text(missing)
    too_much = bob.post(at, form | {"reason": "paid twice", "amount": "400.01"})
    assert "can be refunded of payment ACH 5521" in text(too_much)
    asked = bob.post(at, form | {"reason": "paid twice"}, follow=True)
    assert "150.00 USD is asked for" in text(asked)
    row = Refund.objects.get()
    assert row.reference in text(bob.get("/refunds/"))
    clara = signed_in(cast.user("corporate_controller", "clara"))
    assert "It goes to Harbour" in text(clara.get(f"/approvals/{row.approval_id}"))
    clara.post(f"/approvals/{row.approval_id}", {"answer": "yes"})

    account = our_account(books)
    assert "accounts" in text(mona.get("/refunds/pay-out")).lower()
    seen = mona.get("/refunds/pay-out", {"account": account.pk, "form": "nacha"})
    assert "Make the file" in text(seen)
    nothing = mona.post("/refunds/pay-out", {"account": account.pk, "form": "nacha", "on": TODAY.isoformat()})
    assert nothing.status_code == 422
    made = mona.post(
        "/refunds/pay-out",
        {"account": account.pk, "form": "nacha", "on": TODAY.isoformat(), "refund": [row.pk]},
        follow=True,
    )
    assert "150.00 USD" in text(made)
    file = PayoutFile.objects.get()
    where = f"/refunds/pay-out/{file.pk}"
    handed = mona.post(f"{where}/download")
    assert handed["Content-Disposition"] == f'attachment; filename="{file.number}.ach"'
    assert ACCOUNT.encode() in handed.content
    assert mona.get(f"{where}/download").status_code == 405
    assert ACCOUNT not in text(mona.get(where))
    assert 'aria-describedby="f-reason-error' in text(mona.post(f"{where}/undo", {"reason": ""}))
    mona.post(f"{where}/sent")
    one = f"/refunds/{row.pk}"
    later = mona.post(f"{one}/confirm", {"on": "2027-01-01"})
    assert later.status_code == 422
    assert 'aria-describedby="confirm-on-error' in text(later)
    mona.post(f"{one}/confirm", {"on": TODAY.isoformat()})
    assert mona.post(f"{one}/returned", {"on": TODAY.isoformat(), "reason": ""}).status_code == 422
    back = mona.post(f"{one}/returned", {"on": TODAY.isoformat(), "reason": "R03"}, follow=True)
    assert "400.00 USD of the credit is open" in text(back)
    assert "Ask anew" in text(back)
    assert Item.objects.get(pk=payment.pk).open == 40_000


def test_a_stranger_sees_none_of_it(books):
    row = approved(books, old_payment(books), "10.00")
    alice = signed_in(books.alice)
    assert row.reference not in text(alice.get("/refunds/?tab=to_pay"))
    for where in (
        f"/refunds/{row.pk}",
        f"/items/{row.credit_id}/refund",
        f"/accounts/{books.harbour.pk}/bank-details",
    ):
        assert alice.get(where).status_code == 404
    assert alice.get("/refunds/pay-out").status_code == 403
    mona = signed_in(books.mona)
    mona.post(f"/refunds/{row.pk}/cancel", {"reason": "not needed"})
    assert "called off" in text(mona.get(f"/refunds/{row.pk}"))


@pytest.mark.rule("P17")
@pytest.mark.req("F1")
def test_credit_balances_by_age(books):
    old = [
        cast.payment(books.harbour, f"{n}.00", on=TODAY - timedelta(days), reference=f"P{days}")
        for n, days in enumerate((30, 31, 60, 366, 1200), 1)
    ]
    mona = signed_in(books.mona)
    page = screens.read(mona.get("/credits/"))
    bands = {row[0].text: row[1].text for row in page.tables[0][1:]}
    assert bands == {
        "0–30 days": "2",
        "31–60 days": "2",
        "61–90 days": "0",
        "91–180 days": "0",
        "181–365 days": "0",
        "366 days and more": "2",
    }
    assert [row[0].text.removesuffix("payment") for row in page.tables[1][1:]] == [
        "P1200",
        "P366",
        "P60",
        "P31",
    ]
    assert "dormant since" in page.tables[1][1][6].text
    assert f"/items/{old[0].pk}/refund" in text(mona.get("/credits/?age=0"))
    assert "P1200" in text(mona.get("/credits/?age=dormant"))
    assert "P366" not in text(mona.get("/credits/?age=dormant"))
    people = screens.read(mona.get("/credits/?by=customer&age=all"))
    assert [(row[0].text, row[2].text) for row in people.tables[1][1:]] == [
        ("Harbour & Söhne H-200", "5"),
        ("Lakeside Hotels L-100", "1"),
    ]
    assert "P60" not in text(signed_in(books.alice).get("/credits/?age=all"))
    assert "/credits/" in text(mona.get("/tracking?view=credits"))


def test_the_pages_do_not_ask_more_with_more_rows(books, django_assert_max_num_queries):
    payment = old_payment(books, "5000.00")
    for n in range(6):
        approved(books, payment, f"{n + 1}.00")
        cast.payment(books.lakeside, f"{n + 1}.00", on=TODAY - timedelta(90 + n))
    mona = signed_in(books.mona)
    account = our_account(books)
    for where in (
        "/refunds/?tab=to_pay",
        "/credits/?age=all",
        f"/refunds/pay-out?account={account.pk}&form=nacha",
    ):
        with django_assert_max_num_queries(26):
            mona.get(where)
