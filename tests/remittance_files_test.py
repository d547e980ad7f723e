"""The real remittance advices, and everything that broke other readers, against what their README says; the table of all formats."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from time import process_time

import pytest

from dunlin.formats.remittance_files import read_remittance
from dunlin.formats.remittance_plain import plain_advices
from dunlin.rules.cash.rmr import read_rmr
from tests.bank_files_test import REFUSED
from tests.bank_formats_table import FOLDERS, SECONDS_MAX, as_everything, paths, table
from tests.shared_data import require

pytestmark = [pytest.mark.req("E5"), pytest.mark.req("E2")]
EDI = "data/remittance/indice-co__x12.820.issue140.edi"
UBL = "data/remittance/phax__UBL-RemittanceAdvice-2.0-Example.xml"


def test_the_retailers_820_is_what_its_readme_says():
    path = require(EDI)
    file = read_remittance(path.name, path.read_bytes())
    (advice,) = file.advices
    assert (file.warnings, file.damaged) == ((), ())
    assert (advice.payer_name, advice.amount.plain, advice.currency) == ("MART INC.", "21298.97", "USD")
    assert (advice.paid_on, advice.check_number, advice.adds_up) == (date(2019, 10, 29), "4529952", True)
    assert len(advice.lines) == 7
    # RMR04 = RMR05 - RMR06 - ADX on every line: nothing is left unexplained.
    assert [each.unexplained.minor for each in advice.lines] == [0] * 7
    assert [(each.amount.plain, each.code, each.number) for each in advice.lines[0].kept] == [
        ("143.76", "quantity", "26801")
    ]
    assert advice.lines[0].others[:2] == ("DP 00040", "MR 0033")
    assert sum((each.paid.decimal for each in advice.lines), Decimal(0)) == Decimal("21298.97")
    # The same lines by the rule of a single segment.
    segments = [line for line in path.read_text().splitlines() if line.startswith("RMR")]
    assert [each.paid.decimal for each in advice.lines] == [read_rmr(line).paid for line in segments]


def test_the_ubl_example_is_what_it_says():
    path = require(UBL)
    file = read_remittance(path.name, path.read_bytes())
    (advice,) = file.advices
    assert (file.variant, file.warnings, file.damaged) == ("UBL 2.0", (), ())
    assert (advice.payer_name, advice.amount.plain, advice.currency, advice.adds_up) == (
        "IYT Corporation",
        "107.50",
        "GBP",
        True,
    )
    assert [(each.number, each.paid.plain, each.on) for each in advice.lines] == [
        ("A00095678", "107.50", date(2005, 6, 21))
    ]
    assert "12345678" not in str(plain_advices(file))


def test_the_table_of_all_formats_has_every_file_and_nothing_crashed():
    require("data/bank")
    told = table()
    assert [line for each in told.values() for line in each.crashed] == []
    assert {folder: each.files for folder, each in told.items()} == {
        "bank/bai2": 6, "bank/camt": 22, "bank/mt940": 26, "bank/ofx": 12, "bank/ach": 77, "bank/lockbox": 1, "bank/fedwire": 11,
        "remittance": 2, "bad_input": 51,
    }  # fmt: skip
    refused = {
        name: code
        for folder in FOLDERS
        if folder != "bad_input"
        for code, names in told[folder].refused.items()
        for name in names
    }
    assert refused == REFUSED
    assert max(each.slowest for each in told.values()) < SECONDS_MAX


@pytest.mark.parametrize("path", paths("bad_input"), ids=lambda path: path.name)
def test_what_broke_other_readers_breaks_none_of_ours(path):
    began = process_time()
    said = as_everything(path)
    assert not [line for line in said if "CRASHED" in line]
    assert process_time() - began < 3 * SECONDS_MAX
