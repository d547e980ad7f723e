"""Files of charges: a spreadsheet's numbers and days are read as they look; a column nobody knows stops the file."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter

from dunlin.formats.charge_files import ChargeFileUnusable, read_charge_file

pytestmark = pytest.mark.req("A6")


def test_a_spreadsheet_is_read_without_the_noise_of_binary_fractions():
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        page, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(
            0, 0, ["Document", "Customer", "Date", "Description", "Unit price", "Quantity", "PO number"]
        )
        page.write_row(1, 0, [2026001, "L-100", "", "Freight", 0.1 + 0.2, 2.5, 4711])
        page.write_datetime(1, 2, date(2026, 11, 25), day)
        page.write_row(2, 0, [2026001, "", "", "Crane", 1240, 1, ""])
    (document,) = read_charge_file(stream.getvalue(), "charges.xlsx")
    assert (document.name, document.rows, document.problems) == ("2026001", (2, 3), ())
    assert (document.head["date"], document.head["po_number"]) == ("2026-11-25", "4711")
    assert [(each.unit_price, each.quantity) for each in document.charges] == [
        (Decimal("0.3"), Decimal("2.5")), (Decimal(1240), Decimal(1)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text, why",
    [
        ("document,customer,date,tax\nA,B,2026-11-25,8\n", "'tax'"),
        ("document,customer,price of it\nA,B,5\n", "'price_of_it'"),
        ("document,customer,kind\nA,B,invoice\n", "'date'"),
    ],
)
def test_a_column_nobody_knows_or_that_is_missing_stops_the_file(text, why):
    with pytest.raises(ChargeFileUnusable, match=why):
        read_charge_file(text.encode(), "charges.csv")
