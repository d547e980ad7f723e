"""Rows of a file become typed rows or refusals, one for one; small files one can read, and the real books."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.mappings import MappingProblem, from_yaml, shipped
from dunlin.formats.rows import ItemRow, RowProblem, Summary, problem_cells, read_rows
from dunlin.formats.tables import open_table
from dunlin.rules.money import Money

HEAD = "No;Cust;Name;Type;Date;Due;Amount;Paid;Open;Settled;Cur\n"
MAPPING = """
name: test
kind: items
date_order: dmy
decimal_comma: true
columns:
  customer: Cust
  customer_name: Name
  number: No
  kind: {column: Type, values: {RE: invoice, GS: credit_memo}, default: invoice}
  document_on: Date
  due_on: Due
  amount: Amount
  paid: Paid
  open: Open
  settled_on: Settled
  currency: {column: Cur, default: EUR}
"""


def read(text, mapping=MAPPING, head=HEAD):
    summary = Summary()
    table = open_table((head + text).encode())
    rows = list(read_rows(table, from_yaml(mapping) if isinstance(mapping, str) else mapping, summary))
    assert summary.rows == summary.accepted + summary.refused + summary.skipped
    assert summary.refused == sum(isinstance(row, RowProblem) for row in rows)
    return rows, summary


def one(text, **options):
    rows, _ = read(text, **options)
    assert len(rows) == 1
    return rows[0]


@pytest.mark.req("A9")
def test_a_full_row():
    row = one(
        "R-1;0042; Müller\u00a0 GmbH ;RE;13.03.2020;12.04.2020;1.234,50;234,50;1.000,00;01.04.2020;EUR\n"
    )
    assert row == ItemRow(
        line=2, customer="0042", customer_name="Müller GmbH", entity="", number="R-1", instalment="", kind="invoice",
        invoice_class="standard", document_on=date(2020, 3, 13), posted_on=date(2020, 3, 13), due_on=date(2020, 4, 12),
        amount=Money(123450, "EUR"), paid=Money(23450, "EUR"), open=Money(100000, "EUR"), settled_on=date(2020, 4, 1),
        terms="", po_number="", order_number="", reference="", service_month=None, description="",
        identity="|0042|R-1|", warnings=(), header=row.header, cells=row.cells,
    )  # fmt: skip
    assert row.raw["Name"] == " Müller\u00a0 GmbH "


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ("100;;;", (100, None, None, None)),
        ("100;40;;", (100, 40, 60, None)),
        ("100;;60;", (100, 40, 60, None)),
        (";;60;", (60, 0, 60, None)),
        (";40;60;", (100, 40, 60, None)),
        ("100;40;60;01.04.2020", (100, 40, 60, date(2020, 4, 1))),
        ("100;;;01.04.2020", (100, 100, 0, date(2020, 4, 1))),
        ("100;0;100;01.04.2020", (100, 0, 100, None)),
    ],
)
def test_what_is_paid_and_open_follows_from_what_is_given(amounts, expected):
    row = one(f"R-1;7;N;RE;13.03.2020;12.04.2020;{amounts};EUR\n")
    found = tuple(None if money is None else money.minor // 100 for money in (row.amount, row.paid, row.open))
    assert (*found, row.settled_on) == expected


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ("R-1;;N;RE;13.03.2020;;100;;;;EUR", "Cust", "blank_required"),
        ("R-1;7;N;RE;;;100;;;;EUR", "Date", "blank_required"),
        ("R-1;7;N;RE;13.03.2020;;;;;;EUR", "Amount", "blank_required"),
        ("R-1;7;N;XX;13.03.2020;;100;;;;EUR", "Type", "value_not_in_list"),
        ("R-1;7;N;RE;03/13/2020;;100;;;;EUR", "Date", "date_not_in_order"),
        ("R-1;7;N;RE;13.03.2020;31.02.2020;100;;;;EUR", "Due", "date_does_not_exist"),
        ("R-1;7;N;RE;13.03.2020;;1,234.50;;;;EUR", "Amount", "amount_separator"),
        ("R-1;7;N;RE;13.03.2020;;-100;;;;EUR", "Amount", "amount_negative"),
        ("R-1;7;N;RE;13.03.2020;;0,00;;;;EUR", "Amount", "amount_zero"),
        ("R-1;7;N;RE;13.03.2020;;100;50;60;;EUR", "Amount", "amount_not_paid_plus_open"),
        ("R-1;7;N;RE;13.03.2020;;100;150;;;EUR", "Paid", "paid_exceeds_amount"),
        ("R-1;7;N;RE;13.03.2020;;100;;150;;EUR", "Open", "open_exceeds_amount"),
        ("R-1;7;N;RE;13.03.2020;;100;;;;EURO", "Cur", "currency_unknown"),
        ("R-1;7;N;RE;13.03.2020;;100 USD;;;;EUR", "Amount", "amount_other_currency"),
        ("1,9E+09;7;N;RE;13.03.2020;;100;;;;EUR", "No", "identifier_shortened"),
        ("R-1;7;N;RE;13.03.2020;;100;;;;EUR;extra", "", "too_many_cells"),
    ],
)
def test_a_refused_row_names_line_column_value_and_reason_and_holds_nothing_back(cells, column, code):
    good = "G-1;8;N;RE;13.03.2020;;5;;;;EUR\n"
    rows, summary = read(f"{good}{cells}\n{good.replace('G-1', 'G-2')}")
    assert [type(row) for row in rows] == [ItemRow, RowProblem, ItemRow]
    assert (rows[1].line, rows[1].column, rows[1].code) == (3, column, code)
    assert rows[1].value in cells
    assert (summary.accepted, summary.problems) == (2, {code: 1})


def test_everything_wrong_with_a_row_is_told_at_once_and_can_be_downloaded():
    row = one("R-1;;N;XX;99.99.2020;;abc;;;;EUR\n")
    assert [problem.code for problem in (row, *row.also)] == [
        "blank_required",
        "value_not_in_list",
        "date_does_not_exist",
        "amount_not_understood",
    ]
    cells = problem_cells(row)
    assert (cells["No"], cells["dunlin line"], cells["dunlin column"]) == (
        "R-1",
        "2",
        "Cust; Type; Date; Amount",
    )


def test_due_before_the_document_is_a_warning_and_a_short_row_too():
    rows, summary = read("R-1;7;N;RE;13.03.2020;12.03.2020;100\n")
    assert [warning.code for warning in rows[0].warnings] == ["short_row", "due_before_document"]
    assert summary.warnings == {"short_row": 1, "due_before_document": 1}


def test_one_number_twice_in_a_file_is_refused_with_the_first_line():
    line = "R-1;7;N;RE;13.03.2020;;100;;;;EUR\n"
    rows, _ = read(line + "\n" + ";;;;;;;;;;\n" + line + line.replace("7", "8", 1))
    assert (rows[1].code, rows[1].line) == ("row_twice", 5)
    assert "line 2" in rows[1].sentence
    assert isinstance(rows[2], ItemRow), "another customer's number is another number"


@pytest.mark.trap(40)
def test_rows_without_a_number_are_known_by_content_and_by_order_among_equals():
    line = ";7;N;RE;13.03.2020;;100;;;;EUR\n"
    rows, _ = read(line + line + line.replace("100", "101"))
    keys = [row.identity for row in rows]
    assert len(set(keys)) == 3
    again, _ = read(line.replace("100", "101") + line + line)
    assert {row.identity for row in again} == set(keys), "the same rows in another order are the same rows"
    paid, _ = read(line.replace(";100;;", ";100;60;40"))
    assert paid[0].identity == keys[0], "a payment meanwhile does not make another item"


def test_bars_in_values_do_not_make_two_keys_one():
    rows, _ = read("b|c;a;N;RE;13.03.2020;;1;;;;\nc;a|b;N;RE;13.03.2020;;1;;;;\n")
    assert rows[0].identity != rows[1].identity


def test_negative_amounts_are_credits_when_the_mapping_says_so():
    mapping = MAPPING.replace("decimal_comma", "sign: negative_is_credit\ndecimal_comma")
    rows, _ = read(
        "1;7;N;RE;13.03.2020;;-100;-40;-60;;\n2;7;N;GS;13.03.2020;;-5;;;;\n3;7;N;GS;13.03.2020;;5;;;;\n",
        mapping=mapping,
    )
    assert [
        (row.kind, row.amount.minor, None if row.open is None else row.open.minor) for row in rows[:2]
    ] == [
        ("credit_memo", 10000, 6000),
        ("credit_memo", 500, None),
    ]
    assert rows[2].code == "amount_wrong_side"


def test_a_debit_credit_column_gives_the_side():
    mapping = MAPPING.replace("decimal_comma", "sign: {column: Name, debit: [S], credit: [H]}\ndecimal_comma")
    rows, _ = read("".join(f"{n};7;{mark};;13.03.2020;;{amount};;;;\n" for n, (mark, amount) in enumerate(
        [("S", "1"), ("h", "2"), ("H", "-3"), ("S", "-4"), ("?", "5")])), mapping=mapping)  # fmt: skip
    assert [row.kind for row in rows[:3]] == ["invoice", "credit_memo", "credit_memo"]
    assert [row.code for row in rows[3:]] == ["amount_negative", "sign_mark_unknown"]


def test_rows_are_skipped_on_purpose_and_counted():
    mapping = MAPPING + "skip:\n- {column: Type, values: [Total]}\n"
    rows, summary = read("1;7;N;RE;13.03.2020;;1;;;;\n;;;total;;;1;;;;\n", mapping=mapping)
    assert (len(rows), summary.skipped) == (1, 1)


def test_a_missing_column_stops_the_file_before_the_first_row():
    with pytest.raises(MappingProblem) as problem:
        read_rows(open_table(b"No;Cust\n1;2\n"), from_yaml(MAPPING))
    assert problem.value.place == "columns.customer_name.column"


def test_customers_are_known_by_a_number_made_of_their_name_when_there_is_none():
    mapping = MAPPING.replace("  customer: Cust\n", "")
    assert one("1;;Ann  Lee;RE;13.03.2020;;1;;;;\n", mapping=mapping).customer == "ANN-LEE"
    assert one("1;; ;RE;13.03.2020;;1;;;;\n", mapping=mapping).code == "blank_required"


def test_settled_before_the_document_keeps_its_value_date_and_is_posted_with_the_item():
    mapping = MAPPING.replace("settled_on: Settled", "settled_days: Settled")
    row = one("1;7;N;RE;13.03.2020;;100;100;0;-3;\n", mapping=mapping)
    assert (row.settled_on, row.settlement_posted_on) == (date(2020, 3, 10), date(2020, 3, 13))
    assert [warning.code for warning in row.warnings] == ["settled_before_document"]
    assert one("1;7;N;RE;13.03.2020;;100;100;0;999999999;\n", mapping=mapping).code == "date_out_of_range"


def test_free_text_is_masked_for_card_numbers_and_document_numbers_are_not():
    mapping = MAPPING.replace("customer_name: Name", "description: Name")
    row = one("4111111111111111;7;card 4111 1111 1111 1111;RE;13.03.2020;;1;;;;\n", mapping=mapping)
    assert (row.number, row.description) == ("4111111111111111", "card ************1111")


def test_damaged_bytes_refuse_their_row_alone():
    data = (
        HEAD
        + "1;7;Müller;RE;13.03.2020;;1;;;;\n2;7;K\udcfcng;RE;13.03.2020;;1;;;;\n3;7;Žižek;;13.03.2020;;1;;;;\n"
    ).encode("utf-8", "surrogateescape")
    rows = list(read_rows(open_table(data), from_yaml(MAPPING)))
    assert [getattr(row, "code", "ok") for row in rows] == ["ok", "cell_not_text", "ok"]


PAYMENTS = """
name: test
kind: payments
columns: {customer: Cust, amount: Amount, value_on: Date, currency: {constant: USD}, invoices: Pays, number: No}
"""


def test_payments_name_their_invoices():
    head = "No,Cust,Date,Amount,Pays\n"
    rows, summary = read(
        "1,7,2020-03-13,150.00,INV-1=100.00; INV-2=50.00\n2,7,2020-03-13,5,INV-3\n3,7,2020-03-13,5,INV=x\n,7,2020-03-13,5,\n,7,2020-03-13,5,\n",
        mapping=PAYMENTS,
        head=head,
    )
    assert rows[0].invoices == (("INV-1", Money(10000, "USD")), ("INV-2", Money(5000, "USD")))
    assert rows[1].invoices == (("INV-3", None),)
    assert (rows[2].column, rows[2].code) == ("Pays", "amount_not_understood")
    assert rows[3].identity != rows[4].identity
    assert summary.amounts == {("USD", "payment"): 16500}


def test_customers_and_contacts():
    rows, _ = read(
        "0042,Acme\u00a0 Ltd,,\n7,Bolt,USD,0\n8,Cog,,5\n",
        head="number,name,currency,credit_limit\n",
        mapping=shipped("dunlin-customers"),
    )
    assert [(row.number, row.name, row.credit_limit) for row in rows[:2]] == [
        ("0042", "Acme Ltd", None),
        ("7", "Bolt", Money(0, "USD")),
    ]
    assert (rows[2].column, rows[2].code) == ("credit_limit", "blank_required")
    rows, _ = read(
        "0042,Ann Lee,AP,ann@acme.example,yes\n0042,Bob,boss,,\n",
        head="customer,name,role,email,do_not_call\n",
        mapping=shipped("dunlin-contacts"),
    )
    assert (rows[0].role, rows[0].do_not_call, rows[0].identity) == ("ap", True, "0042|Ann Lee|ap")
    assert rows[1].code == "value_not_in_list"


CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=15)


@given(st.lists(st.lists(CELL, min_size=11, max_size=11), max_size=5))
@settings(max_examples=80)
def test_whatever_the_cells_hold_each_row_is_taken_or_refused(rows):
    quoted = "".join(";".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)
    found, summary = read(quoted)
    assert len(found) == len(rows) - summary.blank
