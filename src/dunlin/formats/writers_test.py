"""What is written for spreadsheets is typed and cannot run; what is written for machines reads back exactly."""

from __future__ import annotations

import ast
import io
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats import xlsx_out
from dunlin.formats.csv_out import csv_lines, guarded, write_csv
from dunlin.formats.jsonl import json_line, read_jsonl, write_jsonl
from dunlin.formats.problems import TableProblem
from dunlin.formats.tables import open_table
from dunlin.formats.xlsx_out import Sheet, SheetChart, SheetColumn, write_xlsx
from dunlin.rules.money import Money
from tests import shared_data

HOSTILE = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1+1",
    "＝1+1",
    "-2+3+cmd|' /C calc'!A0",
    "+49 30 1234",
]
HARMLESS = ["-12.50", "+5", "12", "INV-1", "a=b", "", "O'Neil", "'quoted"]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_that_begin_like_a_formula_get_an_apostrophe(text):
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_and_plain_numbers_stay(text):
    assert guarded(text) == text


def test_numbers_money_and_dates_are_never_touched():
    row = [-5, Decimal("-1.50"), Money(-1850, "USD"), date(2020, 3, 13), None, True, "-x"]
    assert list(csv_lines(["a"], [row])) == ["a\r\n", "-5,-1.50,-18.50,2020-03-13,,true,'-x\r\n"]
    with pytest.raises(TypeError):
        list(csv_lines(["a"], [[1.5]]))


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12),
            min_size=3,
            max_size=3,
        ),
        max_size=6,
    )
)
@settings(max_examples=100)
def test_raw_csv_reads_back_exactly(rows):
    stream = io.StringIO(newline="")
    assert write_csv(stream, ["a", "b", "c"], rows, raw=True) == len(rows)
    table = open_table(stream.getvalue().encode(), delimiter=",", encoding="utf-8", header_line=1)
    assert [cells for _, cells in table.rows()] == rows


@given(st.text(max_size=12))
@settings(max_examples=200)
def test_no_guarded_text_begins_like_a_formula(text):
    safe = guarded(text)
    assert not re.match(r"[=@]|[+-](?!\d+(\.\d+)?\Z)", safe.lstrip()[:50])


def test_real_injections_are_defused():
    for line in (
        shared_data.require("data/bad_input/csv_injection/payloadbox__csv-payload.txt")
        .read_text()
        .splitlines()
    ):
        assert guarded(line)[:1] not in ("=", "+", "-", "@")


COLUMNS = (
    SheetColumn("Customer"),
    SheetColumn("Open", "money", total=True),
    SheetColumn("Due", "date"),
    SheetColumn("Items", "number", total=True),
    SheetColumn("Share", "percent"),
)
ROWS = [
    ['=HYPERLINK("http://x")', Money(1820000, "USD"), date(2020, 3, 13), 3, Decimal("0.25")],
    ["http://example.test", Money(-50, "USD"), None, 4, None],
    ["0042", Money(1234, "JPY"), date(1899, 1, 1), 5, None],
]


def written(*sheets):
    stream = io.BytesIO()
    write_xlsx(stream, sheets)
    return stream.getvalue()


def cells(data, name):
    return (
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(name).to_python()
    )


def test_a_sheet_holds_typed_cells_and_a_total_for_each_currency():
    found = cells(written(Sheet("Aging", COLUMNS, ROWS)), "Aging")
    assert found[1] == ['=HYPERLINK("http://x")', 18200.0, date(2020, 3, 13), 3.0, 0.25]
    assert found[3][:3] == ["0042", 1234.0, "1899-01-01"]
    assert [row[:2] for row in found[4:]] == [["Total JPY", 1234.0], ["Total USD", 18199.5]]
    assert found[4][3] == 12.0


def test_no_text_becomes_a_formula_or_a_link():
    data = written(Sheet("S", (SheetColumn("T"),), [[text] for text in HOSTILE + HARMLESS]))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in page
    assert "hyperlink" not in page
    assert [row[0] for row in cells(data, "S")[1:]] == [
        text.replace("\r", "\r") for text in HOSTILE + HARMLESS
    ]


def test_the_writer_never_lets_the_library_guess_a_type():
    tree = ast.parse(Path(xlsx_out.__file__).read_text(encoding="utf-8"))
    calls = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & {"write", "write_row", "write_column", "write_formula", "write_url"}


def test_sheets_freeze_filter_chart_and_get_safe_names():
    chart = SheetChart("Open", "column", labels=0, values=(1,))
    data = written(
        Sheet("a/b:c[d]*?" + "x" * 40, COLUMNS, ROWS, chart),
        Sheet("a/b:c[d]*?" + "x" * 40, COLUMNS, []),
        Sheet("History", (), []),
    )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
        assert "xl/charts/chart1.xml" in archive.namelist()
    assert 'state="frozen"' in page
    assert "<autoFilter" in page
    names = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names
    assert len(set(names)) == 3
    assert all(len(name) <= 31 for name in names)


def test_what_a_cell_cannot_hold_is_cut_visibly_and_long_figures_are_kept_as_text():
    found = cells(
        written(Sheet("S", (SheetColumn("T"),), [["x" * 40_000], [Money(9_007_199_254_740_993_11, "USD")]])),
        "S",
    )
    assert (len(found[1][0]), found[1][0][-1]) == (32_767, "…")
    assert found[2][0] == "9007199254740993.11"


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr(xlsx_out, "SHEET_ROWS_MAX", 300)
    data = written(Sheet("S", (SheetColumn("N", "number"),), ([n] for n in range(700))))
    assert [len(cells(data, name)) - 1 for name in ("S", "S (2)", "S (3)")] == [300, 300, 100]


def test_json_lines_are_sorted_and_read_back():
    record = {
        "b": Money(-1850, "USD"),
        "a": date(2020, 3, 13),
        "c": [None, True, "ü", Decimal("1.50")],
        "d": datetime.fromisoformat("2020-03-13T10:00+00:00"),
    }
    line = json_line(record)
    assert (
        line
        == '{"a":"2020-03-13","b":{"amount":"-18.50","currency":"USD"},"c":[null,true,"ü","1.50"],"d":"2020-03-13T10:00:00+00:00"}\n'
    )
    stream = io.StringIO()
    assert write_jsonl(stream, [record, {}]) == 2
    assert [number for number, _ in read_jsonl(io.StringIO(stream.getvalue() + "\n"))] == [1, 2]
    with pytest.raises(TypeError):
        json_line({"a": 1.5})


@pytest.mark.parametrize("text", ["{", "[1]", "1", '{"a":NaN}', "[" * 100_000])
def test_a_broken_line_is_named(text):
    with pytest.raises(TableProblem) as problem:
        list(read_jsonl(io.StringIO('{"ok":1}\n' + text + "\n")))
    assert (problem.value.code, problem.value.line) == ("line_not_json", 2)
