"""Customers' statements as they come: columns guessed or chosen, totals and headings passed over, what cannot be read is told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest

from dunlin.formats.customer_statement import read_statement
from dunlin.formats.problems import TableProblem
from dunlin.formats.xlsx_out import Sheet, SheetColumn, write_xlsx

pytestmark = pytest.mark.req("A8")


def test_a_german_statement_with_comma_decimals_and_a_total():
    text = "Rechnungsnummer;Rechnungsdatum;Offener Betrag;Währung\nR-1001;03.11.2026;1.234,50;EUR\nR-1002;14.11.2026;-20,00;EUR\nR-9;14.11.2026;5,00;USD\n;;1.214,50;EUR\nR-1003;14.11.2026;viel;EUR\n"
    told = read_statement(text.encode("cp1252"), "auszug.csv", "EUR")
    assert told.columns == {"number": "Rechnungsnummer", "amount": "Offener Betrag", "on": "Rechnungsdatum"}
    assert [(row.number, row.amount, row.on) for row in told.rows] == [
        ("R-1001", 123_450, date(2026, 11, 3)),
        ("R-1002", -2_000, date(2026, 11, 14)),
    ]
    assert (told.other_currency, told.blank, len(told.unread)) == (1, 1, 1)
    assert told.unread[0][0] == 6


def test_a_workbook_whose_columns_are_chosen_by_hand():
    file = BytesIO()
    columns = (SheetColumn("What"), SheetColumn("When", "date"), SheetColumn("How much", "number"))
    write_xlsx(file, [Sheet("Ours", columns, [("INV-1", date(2026, 11, 3), Decimal("12.5"))])])
    assert not read_statement(file.getvalue(), "s.xlsx", "USD").usable
    told = read_statement(
        file.getvalue(), "s.xlsx", "USD", {"number": "What", "amount": "How much", "on": "When"}
    )
    assert [(row.line, row.number, row.amount, row.on) for row in told.rows] == [
        (2, "INV-1", 1_250, date(2026, 11, 3))
    ]


@pytest.mark.trap(58)
@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"<html><table>", b"PK\x03\x04 nonsense"])
def test_what_is_no_table_is_refused_with_its_reason(content):
    with pytest.raises(TableProblem):
        read_statement(content, "x.csv", "USD")
