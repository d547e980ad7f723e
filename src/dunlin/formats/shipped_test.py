"""The real books, read by the mappings that ship for them, to the cent: each figure counted again from the raw text."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from dunlin.formats.csv_out import write_csv
from dunlin.formats.guesses import guess_table
from dunlin.formats.mappings import shipped
from dunlin.formats.rows import Summary, read_rows
from dunlin.formats.tables import open_table
from dunlin.formats.targets import target_names
from tests import shared_data

pytestmark = pytest.mark.req("A9")


def book(name, mapping):
    """(raw rows, typed rows, summary) of one of the books; every row must have been taken."""
    path = shared_data.require(f"data/invoices/{name}")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        raw = list(csv.DictReader(stream))
    table = open_table(path)
    assert guess_table(table).mapping == shipped(mapping), "the file is recognised"
    summary = Summary()
    rows = list(read_rows(table, shipped(mapping), summary))
    assert (summary.rows, summary.accepted, summary.refused, summary.skipped) == (len(raw), len(raw), 0, 0)
    assert len({row.identity for row in rows}) == len(rows)
    again = [row.identity for row in read_rows(table, shipped(mapping))]
    assert again == [row.identity for row in rows], "the same file has the same keys"
    return raw, rows, summary


def cents(raw, amount, currency):
    sums = defaultdict(Decimal)
    for row in raw:
        sums[row[currency] if currency else "USD"] += Decimal(row[amount])
    return {code: int(total * 100) for code, total in sums.items()}


def test_the_open_sap_book():
    raw, rows, summary = book("highradius_open_book_A.csv.gz", "highradius-open-book")
    assert len(rows) == 9_700
    assert summary.counts == {("USD", "invoice"): 8_953, ("CAD", "invoice"): 747}
    expected = cents(raw, "total_open_amount", "invoice_currency")
    assert {currency: minor for (currency, _), minor in summary.opens.items()} == expected
    assert sum(expected.values()) == 31_958_472_591
    assert len(summary.customers) == 664
    assert Counter(row.entity for row in rows) == {
        "U001": 8_869,
        "CA02": 747,
        "U013": 58,
        "U002": 25,
        "U005": 1,
    }
    names = defaultdict(set)
    for row in rows:
        names[row.customer].add(row.customer_name)
    assert sum(len(found) > 1 for found in names.values()) == 399
    assert {"WINC co", "WINC llc"} <= names["0200706844"]
    assert not any("  " in name or name != name.strip() for found in names.values() for name in found)
    assert rows[0].number == "1930571429"
    assert (rows[0].document_on, rows[0].posted_on, rows[0].due_on) == (
        date(2020, 2, 27),
        date(2020, 2, 27),
        date(2020, 3, 13),
    )
    assert summary.warnings == {"due_before_document": 32}
    assert len({row.terms for row in rows}) == 40


def test_the_settled_and_outstanding_book():
    raw, rows, summary = book("payables_settled_outstanding_train.csv.gz", "settled-outstanding")
    assert len(rows) == 8_753
    assert summary.amounts == {("USD", "invoice"): cents(raw, "Amount", "")["USD"]}
    assert summary.opens == {("USD", "invoice"): cents(raw, "Outstanding", "")["USD"]}
    assert sum(row.paid.minor > 0 and row.open.minor > 0 for row in rows) == 634
    assert len(summary.customers) == len({row["Vendor_Name"] for row in raw}) == 3_276
    for line, row in zip(raw, rows):
        days = timedelta(days=int(line["Number_of_Days_until_Payment"]))
        assert row.settled_on == row.document_on + days
        assert row.settlement_posted_on >= row.document_on
        assert row.amount.minor == row.paid.minor + row.open.minor
    assert summary.warnings == {"settled_before_document": 9}
    assert (min(row.document_on for row in rows), max(row.document_on for row in rows)) == (
        date(2011, 3, 24),
        date(2017, 11, 5),
    )
    own = ("Vendor_Name", "Invoice_Date", "Due_Date", "Amount", "Description", "Created")
    alike = Counter(tuple(row[column].strip() for column in own) for row in raw)
    assert (
        sum(row.identity.endswith("|2") for row in rows) == sum(count > 1 for count in alike.values()) == 22
    )


def test_the_ledger_with_clearing_dates():
    raw, rows, summary = book("highradius_ledger_asof_2019-06-01.csv.gz", "highradius-ledger")
    assert len(rows) == 15_008
    assert {currency: minor for (currency, _), minor in summary.amounts.items()} == cents(
        raw, "amount", "currency"
    )
    still_open = cents([row for row in raw if not row["clear_date"]], "amount", "currency")
    assert {currency: minor for (currency, _), minor in summary.opens.items()} == still_open
    assert sum(row.settled_on is None for row in rows) == 1_647
    assert all(row.paid.minor == row.amount.minor for row in rows if row.settled_on)
    assert sum(row.number is None for row in rows) == 11_802
    assert "UNK" not in {row.terms for row in rows}


def test_our_own_table_of_items_reads_back_the_same_rows():
    text = (
        "customer,customer_name,number,kind,currency,amount,open,document_on,due_on,settled_on,service_month,description\n"
        '0042,"Müller, ""Söhne""",INV-1,invoice,EUR,100.00,60.00,2020-01-31,2020-03-01,2020-02-15,2020-01,"=two\nlines"\n'
        "0042,,CM-1,credit_memo,KWD,1.234,1.234,2020-01-31,,,,\n"
        "0042,,,payment,EUR,5.00,,2020-01-31,,,,on account\n"
    )
    rows = list(read_rows(open_table(text.encode()), shipped("dunlin-items")))
    stream = io.StringIO(newline="")
    names = target_names("items")
    write_csv(stream, names, ([getattr(row, name, None) for name in names] for row in rows), raw=True)
    again = list(read_rows(open_table(stream.getvalue().encode()), shipped("dunlin-items")))

    def fields(row):
        return [getattr(row, name, None) for name in (*names, "identity")]

    assert [fields(row) for row in again] == [fields(row) for row in rows]
    assert [row.amount.plain for row in again] == ["100.00", "1.234", "5.00"]
    assert again[0].description == "=two\nlines"
