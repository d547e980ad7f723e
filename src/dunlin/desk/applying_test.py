"""Applying a credit at the desk and undoing it: proposed, typed, looked at, done once; in sight, for who may, not in the past."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from dunlin.actions.apply_credit import apply_credit
from dunlin.actions.run_daily import run_daily
from dunlin.records.models import Application, DiaryLine, Item
from tests import cast
from tests.cast import TODAY, moment, who

pytestmark = pytest.mark.django_db
LIVE = {"hx-request": "true", "hx-target": "applied"}


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def amounts(page):
    """What stands in the amount fields: document → typed."""
    found = re.findall(r'name="amount-(\d+)" value="([^"]*)"', page.content.decode())
    return {int(pk): value for pk, value in found}


@pytest.mark.req("A3")
@pytest.mark.req("E2")
def test_a_credit_goes_to_the_oldest_first_and_what_is_open_afterwards_is_told(books, client):
    client.force_login(books.alice)
    where = f"/accounts/{books.lakeside.pk}/apply"
    page = client.get(where)
    assert "Payment WIRE 4711 : 200.00 USD unused" in text_of(page)
    assert amounts(page) == {books.late.pk: "200.00", books.current.pk: ""}
    assert f'id="after-{books.late.pk}"><span class="strong">300.00' in page.content.decode()
    assert "200.00 USD of 200.00 USD is used; nothing stays unused." in text_of(page)
    typed = {"credit": books.unapplied.pk, f"amount-{books.late.pk}": "150", f"amount-{books.current.pk}": ""}
    live = client.get(where, typed, headers=LIVE)
    assert "150.00 USD of 200.00 USD is used; 50.00 USD stays unused." in text_of(live)
    assert (
        f'id="after-{books.late.pk}" hx-swap-oob="true"><span class="strong">350.00' in live.content.decode()
    )
    assert "<main" not in live.content.decode()
    for wrong, said in (
        ("many", "is not a number"),
        ("-5", "above zero"),
        ("600", "500.00 USD is open, no more"),
    ):
        assert said in text_of(client.get(where, {**typed, f"amount-{books.late.pk}": wrong}, headers=LIVE))
    over = {**typed, f"amount-{books.current.pk}": "100"}
    assert "50.00 USD more than the credit has" in text_of(client.get(where, over, headers=LIVE))
    assert not Application.objects.filter(credit=books.unapplied).exists()

    answer = client.post(where, {**typed, "key": "k1", "note": "Priya said so"})
    assert (answer.status_code, answer.url) == (302, f"/accounts/{books.lakeside.pk}")
    assert "150.00 USD applied to INV-1001; 50.00 USD of the credit is unused." in text_of(
        client.get(answer.url)
    )
    made = Application.objects.get(credit=books.unapplied)
    assert (made.debit, made.amount, made.why, made.evidence, made.by) == (
        books.late, 15_000, "by_hand", "Priya said so", books.alice,
    )  # fmt: skip
    # Sent twice it answers the same and is done once; the same key for something else is refused.
    assert client.post(where, {**typed, "key": "k1", "note": "Priya said so"}).status_code == 302
    assert client.post(where, {**typed, f"amount-{books.late.pk}": "10", "key": "k1"}).status_code == 422
    assert Application.objects.filter(credit=books.unapplied).count() == 1
    assert DiaryLine.objects.filter(verb="apply_credit").count() == 1


@pytest.mark.req("E2")
def test_a_form_sent_twice_answers_the_same_when_the_first_used_everything_up(books, client):
    client.force_login(books.alice)
    where = f"/accounts/{books.lakeside.pk}/apply"
    typed = {"credit": books.unapplied.pk, f"amount-{books.late.pk}": "200.00", "key": "k"}
    assert [client.post(where, typed).status_code for _ in range(2)] == [302, 302]
    assert Application.objects.filter(credit=books.unapplied).count() == 1


@pytest.mark.req("E2")
def test_ticked_documents_go_first_and_others_are_left_out(books, client):
    client.force_login(books.alice)
    abroad = cast.invoice(books.lakeside, "40.00", currency="EUR")
    where = f"/accounts/{books.lakeside.pk}/apply"
    page = client.get(where, {"item": [abroad.pk, books.current.pk]})
    assert amounts(page) == {books.current.pk: "200.00"}
    assert "the documents you ticked" in text_of(page)
    assert "1 ticked document is left out" in text_of(page)


@pytest.mark.req("E2")
def test_a_reference_names_what_it_is_for_and_a_memo_what_it_corrects(books, client):
    client.force_login(books.alice)
    wire = cast.payment(books.lakeside, "60.00", reference="For INV-1002")
    memo = cast.credit_memo(books.lakeside, "70.00", corrects=books.current, number="CM-1")
    where = f"/accounts/{books.lakeside.pk}/apply"
    for credit, amount in ((wire, "60.00"), (memo, "70.00")):
        page = client.get(where, {"credit": credit.pk})
        assert amounts(page) == {books.late.pk: "", books.current.pk: amount}
        assert "Its reference or its order names" in text_of(page)
    deposit = cast.item(books.lakeside, "deposit", "80.00", order_number="SO-9")
    page = client.get(where, {"credit": deposit.pk})
    assert amounts(page) == {books.late.pk: "", books.current.pk: ""}
    assert "A deposit belongs to its order" in text_of(page)
    ordered = cast.invoice(books.lakeside, "50.00", due=TODAY, order_number="SO-9")
    assert amounts(client.get(where, {"credit": deposit.pk}))[ordered.pk] == "50.00"
    assert f'value="{books.unapplied.pk}"' in client.get(where).content.decode(), (
        "a deposit is the last to be offered"
    )


@pytest.mark.req("E2")
def test_several_documents_at_once_or_none_of_them(books, client):
    client.force_login(books.alice)
    where = f"/accounts/{books.lakeside.pk}/apply"
    typed = {
        "credit": books.unapplied.pk, f"amount-{books.late.pk}": "150", f"amount-{books.current.pk}": "100.00", "key": "k",
    }  # fmt: skip
    answer = client.post(where, typed)
    assert answer.status_code == 422
    assert "is more than the 50.00 USD still unused" in text_of(answer)
    assert amounts(answer) == {books.late.pk: "150", books.current.pk: "100.00"}
    assert not Application.objects.filter(credit=books.unapplied).exists()
    answer = client.post(where, {**typed, f"amount-{books.current.pk}": "50"})
    assert "200.00 USD applied to 2 documents; the credit is used up." in text_of(client.get(answer.url))


def test_a_form_without_amounts_applies_nothing(books, client):
    client.force_login(books.alice)
    for typed in ({}, {"credit": books.unapplied.pk}, {"credit": "x", f"amount-{books.late.pk}": "1"}):
        assert client.post(f"/accounts/{books.lakeside.pk}/apply", typed).status_code == 422
    assert not Application.objects.filter(credit=books.unapplied).exists()


@pytest.mark.req("A2")
@pytest.mark.req("E2")
def test_the_discount_a_payment_earns_is_shown_and_granted_or_left(books, client):
    client.force_login(books.alice)
    more = {"discount": 2_000, "discount_until": TODAY + timedelta(3)}
    for index, granting in enumerate((True, False)):
        of = cast.customer(f"Payer {index}", collector=books.alice)
        invoice = cast.invoice(of, "1,000.00", due=TODAY + timedelta(20), **more)
        wire = cast.payment(of, "980.00")
        page = client.get(f"/accounts/{of.pk}/apply")
        assert "20.00 discount" in text_of(page)
        assert "20.00 USD of discount granted" in text_of(page)
        typed = {
            "credit": wire.pk,
            f"amount-{invoice.pk}": "980.00",
            **({"discount": "1"} if granting else {}),
        }
        assert (
            "discount granted" in text_of(client.get(f"/accounts/{of.pk}/apply", typed, headers=LIVE))
        ) is granting
        assert client.post(f"/accounts/{of.pk}/apply", typed).status_code == 302
        invoice.refresh_from_db()
        assert invoice.open == (0 if granting else 2_000)


@pytest.mark.req("E2")
def test_the_credit_of_the_group_settles_a_branch_and_no_stranger_is_offered(books, client):
    client.force_login(books.alice)
    cast.payment(books.harbour, "77.00", reference="Of somebody else")
    page = client.get(f"/accounts/{books.branch.pk}/apply")
    assert "of Lakeside Hotels." in text_of(page)
    assert "Of somebody else" not in text_of(page)
    typed = {"credit": books.unapplied.pk, f"amount-{books.branch_invoice.pk}": "200"}
    assert client.post(f"/accounts/{books.branch.pk}/apply", typed).status_code == 302
    other = Item.objects.get(customer=books.harbour, reference="Of somebody else")
    stolen = {"credit": other.pk, f"amount-{books.branch_invoice.pk}": "1"}
    assert client.post(f"/accounts/{books.branch.pk}/apply", stolen).status_code == 422
    # Out of sight the parent's credit is not offered, nor is it said that there is one.
    books.branch.collector = books.bob
    books.branch.save()
    client.force_login(books.bob)
    assert "No credit is open." in text_of(client.get(f"/accounts/{books.branch.pk}/apply"))
    assert "/apply" not in client.get(f"/accounts/{books.branch.pk}").content.decode()


@pytest.mark.req("B9")
def test_the_account_leads_to_it_from_the_head_the_credit_and_the_reason(books, client):
    client.force_login(books.alice)
    at = f"/accounts/{books.lakeside.pk}"
    assert f'formaction="{at}/apply" data-key="a"' in client.get(at).content.decode()
    assert (
        f'{at}/apply?credit={books.unapplied.pk}" data-key="a"'
        in client.get(f"{at}?group=credits").content.decode()
    )
    assert "Apply it" in text_of(client.get(f"{at}?item={books.unapplied.pk}&group=credits"))
    cast.payment(books.lakeside, "300.00")
    run_daily(who("ar_manager", at=moment(TODAY, 6)), TODAY)
    page = client.get(at)
    assert "apply it first. Apply it" in text_of(page)
    for path in (f"{at}?as_of={TODAY - timedelta(1)}", f"{at}?group=credits&as_of={TODAY - timedelta(1)}"):
        assert "/apply" not in client.get(path).content.decode()


@pytest.mark.req("D4")
@pytest.mark.parametrize("role", ["auditor", "sales", "support", "administrator"])
def test_who_may_not_apply_neither_sees_the_door_nor_gets_through(books, client, role):
    person = cast.user(role)
    books.lakeside.sales_rep = person
    books.lakeside.save()
    client.force_login(person)
    at = f"/accounts/{books.lakeside.pk}"
    assert "/apply" not in client.get(f"{at}?group=credits").content.decode()
    typed = {"credit": books.unapplied.pk, f"amount-{books.late.pk}": "1"}
    assert client.get(f"{at}/apply").status_code == client.post(f"{at}/apply", typed).status_code == 403
    assert not Application.objects.filter(credit=books.unapplied).exists()


# Undoing


@pytest.mark.req("E2")
@pytest.mark.req("B9")
def test_an_application_is_undone_with_its_reason_and_said(books, client):
    senior = cast.user("senior_collector")
    client.force_login(senior)
    use = books.part_payment.uses.get()
    opened = f"/accounts/{books.harbour.pk}?item={books.part_paid.pk}"
    page = client.get(opened).content.decode()
    assert f"/applications/{use.pk}/reverse?back=" in page
    where = f"/applications/{use.pk}/reverse"
    assert "250.00 USD of payment" in text_of(client.get(where))
    answer = client.post(where, {"reason": " ", "key": "u"})
    assert answer.status_code == 422
    assert "Say why it is undone" in text_of(answer)
    answer = client.post(where, {"reason": "Another branch", "key": "u", "back": opened})
    assert (answer.status_code, answer.url) == (302, opened)
    told = text_of(client.get(opened))
    assert "250.00 USD of INV-2001 is owed again and the credit unused again." in told
    assert f"/applications/{use.pk}/reverse" not in client.get(opened).content.decode()
    assert client.post(where, {"reason": "Another branch", "key": "u"}).status_code == 302
    assert "cannot be reversed twice" in text_of(client.post(where, {"reason": "Again", "key": "v"}))
    assert Item.objects.get(pk=books.part_paid.pk).open == 100_000


@pytest.mark.req("D4")
def test_undoing_is_for_who_may_and_for_what_is_in_sight(books, client):
    use = books.part_payment.uses.get()
    where, opened = (
        f"/applications/{use.pk}/reverse",
        f"/accounts/{books.harbour.pk}?item={books.part_paid.pk}",
    )
    client.force_login(books.bob)
    assert where not in client.get(opened).content.decode()
    assert client.post(where, {"reason": "x"}).status_code == 403
    client.force_login(cast.user("senior_collector"))
    assert client.get("/applications/999999/reverse").status_code == 404
    past = client.get(f"{opened}&as_of={TODAY - timedelta(1)}")
    assert where not in past.content.decode()
    assert Application.objects.filter(credit=books.part_payment).count() == 1


@pytest.mark.req("E2")
def test_what_was_granted_with_it_is_told_before_it_is_taken_back(books, client):
    of = cast.customer("Payer", collector=books.alice)
    invoice = cast.invoice(of, "1,000.00", due=TODAY, discount=2_000, discount_until=TODAY)
    wire = cast.payment(of, "980.00")
    applied = apply_credit(who(), wire.pk, invoice.pk, discount=True)
    client.force_login(cast.user("senior_collector"))
    where = f"/applications/{applied.application_id}/reverse"
    assert "20.00 USD that was granted with it is taken back" in text_of(client.get(where))
    answer = client.post(where, {"reason": "Wrong account", "key": "g"})
    assert "with 20.00 USD that had been granted with it" in text_of(client.get(answer.url))
