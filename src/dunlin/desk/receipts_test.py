"""The receipts queue through its pages: a file taken in, money placed by itself with its reason, the rest by a person, undone again."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dunlin.actions.take_bank_file import take_bank_file
from dunlin.records.models import Item, Receipt
from tests import cast, screens
from tests.bank_cast import Line, camt

pytestmark = [pytest.mark.django_db, pytest.mark.req("E1")]


@pytest.fixture
def mona(books):
    client = Client()
    client.force_login(books.mona)
    return client


def sent(client, lines, name="in.xml"):
    return client.post(
        "/receipts/", {"file": SimpleUploadedFile(name, camt(lines, number=name))}, follow=True
    )


@pytest.mark.req("E2")
def test_a_file_is_taken_in_and_what_is_certain_is_placed_by_itself(books, mona):
    page = sent(mona, [
        Line("500.00", "Lakeside Hotels", "Invoice INV-1001", "A1"),
        Line("77.00", "Nobody Known Ltd", "thanks", "A2"),
        Line("-12.50", "Our bank", "fee", "A3"),
    ])  # fmt: skip
    text = page.content.decode()
    assert "3 transactions, 3 new" in text
    assert "1 placed" in text
    books.late.refresh_from_db()
    assert books.late.open == 0
    placed = Receipt.objects.get(payer_name="Lakeside Hotels")
    assert (placed.state, placed.automatic, placed.customer) == ("done", True, books.lakeside)
    assert "INV-1001" in mona.get(f"/receipts/{placed.pk}").content.decode()
    assert Receipt.objects.get(payer_name="Nobody Known Ltd").state == "asked"
    assert "taken in before" in sent(mona, [
        Line("500.00", "Lakeside Hotels", "Invoice INV-1001", "A1"),
        Line("77.00", "Nobody Known Ltd", "thanks", "A2"),
        Line("-12.50", "Our bank", "fee", "A3"),
    ]).content.decode()  # fmt: skip


def test_a_person_finds_the_customer_sees_the_arithmetic_places_and_undoes(books, mona):
    take_bank_file(cast.who("ar_manager"), "in.xml", camt([Line("600.00", "A Holding", "for you", "A1")]))
    row = Receipt.objects.get()
    at = f"/receipts/{row.pk}"
    assert f"?customer={books.lakeside.pk}" in mona.get(f"{at}?q=INV-1001").content.decode()
    late, current = f"amount-{books.late.pk}", f"amount-{books.current.pk}"
    told = mona.get(
        at, {"customer": books.lakeside.pk, late: "500.00", current: "50"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "550.00" in told.replace("\xa0", " ")
    assert "50.00" in told
    refused = mona.post(at, {"customer": books.lakeside.pk, late: "500.00", current: "50"})
    assert refused.status_code == 422
    assert "stays unapplied" in refused.content.decode()
    assert mona.post(at, {"customer": books.lakeside.pk, late: "999"}).status_code == 422
    assert not Item.objects.filter(source="bank").exists()
    done = mona.post(
        at,
        {"customer": books.lakeside.pk, late: "500.00", current: "50", "question": "What are 50.00 for?"},
        follow=True,
    )
    assert "applied for Lakeside Hotels" in done.content.decode()
    assert mona.post(at, {"customer": books.lakeside.pk, late: "1"}).status_code == 422
    assert "Undo" in mona.get(at).content.decode()
    mona.post(f"{at}/undo", {"reason": "the wrong one"})
    books.late.refresh_from_db()
    assert books.late.open == 50_000
    mona.post(f"{at}/take")
    mona.post(f"{at}/aside", {"reason": "a loan"})
    row.refresh_from_db()
    assert (row.state, row.owner, row.question) == ("aside", books.mona, "a loan")


@pytest.mark.req("E2")
def test_a_person_uses_a_credit_memo_along_pays_for_the_group_and_splits(books, mona):
    memo = cast.credit_memo(books.branch, "20.00", number="CM-9")
    take_bank_file(cast.who("ar_manager"), "in.xml", camt([Line("780.00", "A Holding", "for you", "A1")]))
    row = Receipt.objects.get()
    at = f"/receipts/{row.pk}"
    late, branch, credit = f"amount-{books.late.pk}", f"amount-{books.branch_invoice.pk}", f"credit-{memo.pk}"
    shown = mona.get(at, {"customer": books.lakeside.pk}).content.decode()
    assert all(each in shown for each in (late, branch, credit, "Lakeside Hotels West"))
    typed = {"customer": books.lakeside.pk, late: "500.00", branch: "300.00", credit: "20.00"}
    told = mona.get(at, typed, headers={"HX-Request": "true"}).content.decode().replace("\xa0", " ")
    assert "20.00 USD of credit memos" in told
    assert "nothing stays unapplied" in told
    assert mona.post(at, typed | {credit: "20.01"}).status_code == 422
    done = mona.post(at, typed, follow=True).content.decode().replace("\xa0", " ")
    assert "20.00 USD of credit memos used along" in done
    assert "CM-9 for INV-1101" in mona.get(at).content.decode()
    mona.post(f"{at}/undo", {"reason": "two accounts"})
    assert mona.post(f"{at}/split", {"part-0": "500", "part-1": "x"}).status_code == 422
    assert (
        "must make it exactly" in mona.post(f"{at}/split", {"part-0": "500", "part-1": "5"}).content.decode()
    )
    parts = mona.post(f"{at}/split", {"part-0": "500", "part-1": "280"}, follow=True).content.decode()
    assert "Split into 2 parts" in parts
    mona.post(f"{at}/join")
    row.refresh_from_db()
    assert (row.state, row.parts.count()) == ("waiting", 0)


@pytest.mark.req("E4")
def test_what_came_back_and_nobody_can_tell_is_chosen_from_a_list(books, mona):
    sent(mona, [Line("-200.00", "Lakeside", "back", "R1", returned="AM04")])
    row = Receipt.objects.get()
    assert row.state == "asked"
    page = mona.get(f"/receipts/{row.pk}").content.decode()
    assert "Insufficient funds" in page
    assert "WIRE 4711" in page
    mona.post(f"/receipts/{row.pk}/returned", {"payment": books.unapplied.pk})
    row.refresh_from_db()
    assert (row.state, row.payment) == ("done", books.unapplied)


@pytest.mark.trap(58)
@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"<?xml version='1.0'?><a/>", b"PK\x03\x04 nonsense"])
def test_a_file_that_is_none_is_refused_beside_its_field(books, mona, content):
    answer = mona.post("/receipts/", {"file": SimpleUploadedFile("x.bin", content)})
    assert answer.status_code == 422
    assert "x.bin" in answer.content.decode() or "empty" in answer.content.decode()
    assert not Receipt.objects.exists()


def test_the_files_and_what_each_told(books, mona):
    sent(mona, [Line("5.00", "X", "y", "A1")])
    assert "in.xml" in mona.get("/receipts/files").content.decode()
    row = Receipt.objects.get()
    page = mona.get(f"/receipts/files/{row.file_id}").content.decode()
    assert "..3000" in page
    assert mona.get("/receipts/files/999").status_code == 404


def test_the_pages_do_not_ask_more_with_more_rows(books, mona, django_assert_max_num_queries):
    take_bank_file(
        cast.who("ar_manager"),
        "in.xml",
        camt([Line(f"{n}.00", f"Payer {n}", "t", f"A{n}") for n in range(1, 70)]),
    )
    with django_assert_max_num_queries(30):
        page = screens.read(mona.get("/receipts/"))
    assert len(page.tables[0]) == 51
    assert (
        mona.get(f"/receipts/?after={Receipt.objects.order_by('pk')[49].pk}")
        .content.decode()
        .count("data-row")
        == 19
    )
