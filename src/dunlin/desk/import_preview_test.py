"""What was understood of a file, on the screen: one form, what it changes in the address, what is shown as chosen."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from dunlin.desk.import_preview import Asked, changes_in
from dunlin.desk.imports_test import HEAD, ROWS, preview_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("A9")]


@pytest.fixture
def desk(books, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(books.mona)
    return client


def test_only_what_differs_from_what_was_shown_is_a_change():
    asked = Asked("f", "n", "", "", "", {"amount.default": "5"})
    form = {
        "to.amount": "Total", "was.to.amount": "Amount", "else.amount": "", "was.else.amount": "5",
        "to.currency": "", "was.to.currency": "Currency", "else.currency": "USD", "was.else.currency": "",
        "to.entity": "", "was.to.entity": "", "else.entity": "", "was.else.entity": "",
        "to.number": "No", "was.to.number": "No", "else.number": "0", "was.else.number": "",
        "sign": "as_is", "was.sign": "as_is", "decimal_comma": "true", "was.decimal_comma": "false",
    }  # fmt: skip
    assert changes_in(form, asked).sets == {
        "decimal_comma": "true", "amount": "Total", "amount.default": "", "currency": ":USD", "number.default": "0",
    }  # fmt: skip


def test_kind_mapping_columns_and_answers_go_together(desk):
    page = desk.get(preview_of(desk, HEAD + ROWS)).content.decode()
    form = page[page.index('class="mapping-form') :]
    form = form[: form.index("</form>")]
    names = (
        'name="kind"',
        'name="mapping"',
        'name="to.amount"',
        'name="date_order"',
        'name="answer.date_order"',
    )
    assert [name for name in names if name not in form] == []
    said = {"do": "again", "kind": "items", "mapping": "", "to.number": "Customer", "was.to.number": "Invoice no",
            "answer.date_order": "dmy"}  # fmt: skip
    query = parse_qs(urlsplit(desk.post(preview_of(desk, HEAD + ROWS), said)["Location"]).query)
    assert (query["kind"], query["set"]) == (
        ["items"],
        ["number=Customer", "number.default=", "date_order=dmy"],
    )


def test_another_kind_keeps_what_it_has_and_drops_the_rest():
    asked = Asked("f", "n", "items", "", "", {"due_on": "Due", "amount": "Sum", "date_order": "dmy"})
    changed = changes_in(
        {"kind": "payments", "mapping": "bank", "to.method": "Way", "was.to.method": ""}, asked
    )
    assert (changed.kind, changed.mapping) == ("payments", "bank")
    assert changed.sets == {"amount": "Sum", "date_order": "dmy", "method": "Way", "method.default": ""}


def test_a_column_somebody_chose_is_shown_as_chosen_and_the_other_as_unused(desk):
    text = "Kunde;Zeichen;Kd-Nr;Datum;Fällig;Betrag;Währg\nAcme;R-1;C-7;13.04.2026;13.05.2026;5,00;EUR\n"
    page = desk.get(preview_of(desk, text, "number=Zeichen", "customer=Zeichen")).content.decode()
    row = page[page.index('aria-label="Column for customer"') :]
    assert ">chosen</span>" in row[: row.index("</tr>")]
    assert "Not used: Kd-Nr." in page


def test_a_column_that_is_not_there_is_refused_with_the_columns(desk):
    address = preview_of(desk, HEAD + ROWS.replace("03/04", "13/04"))
    said = {"do": "again", "answer.customer": "Nope"}
    answer = desk.post(address, said)
    assert answer.status_code == 422
    assert "The file has no column &#39;Nope&#39;; it has Customer, Customer name" in answer.content.decode()


def test_number_and_due_date_are_shown_though_no_column_gives_them(desk):
    text = "Customer;Invoice date;Amount;Currency\nC-1;13/04/2026;1.234,50;EUR\n"
    page = desk.get(preview_of(desk, text, kind="items")).content.decode()
    more = page.index("more fields")
    assert page.index('name="to.number"') < page.index('name="to.due_on"') < more
    assert "No column gives the document number" in page
