"""Any file of rows opens as one table, and what is no table says why; hostile files neither hang nor crash."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.tables import Limits, TableProblem, open_table
from tests import shared_data

PLAIN = "No,Name,Amount\n1,Müller,10.50\n2,Žižek,7.00\n"


def read(data, **options):
    table = open_table(data if isinstance(data, bytes) else data.encode(), **options)
    return table, [(line, list(cells)) for line, cells in table.rows()]


def refused(data, **options):
    with pytest.raises(TableProblem) as problem:
        read(data, **options)
    return problem.value


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
def test_the_delimiter_is_found_whatever_stands_in_quotes(delimiter):
    text = f'No{delimiter}Name{delimiter}Amount\n1{delimiter}"a,b;c|d\te^f"{delimiter}10\n2{delimiter}"x"{delimiter}20\n'
    table, rows = read(text)
    assert table.delimiter == delimiter
    assert rows == [(2, ["1", "a,b;c|d\te^f", "10"]), (3, ["2", "x", "20"])]


def test_decimal_commas_do_not_pass_for_delimiters():
    table, rows = read("No;Net;Gross\n1;1.234,50;1.500,00\n2;7,00;8,00\n")
    assert (table.delimiter, rows[0][1]) == (";", ["1", "1.234,50", "1.500,00"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_in_every_form_with_and_without_its_mark(encoding):
    _, rows = read(PLAIN.encode(encoding))
    assert [cells[1] for _, cells in rows] == ["Müller", "Žižek"]


def test_western_single_bytes_and_other_scripts():
    table, rows = read("No;Name\n1;Müller – „Söhne“ €\n2;Peter\n".encode("cp1252"))
    assert (table.encoding, rows[0][1][1]) == ("cp1252", "Müller – „Söhne“ €")
    russian = (
        "номер;имя;описание\n"
        + "1;Общество с ограниченной ответственностью;Поставка товаров по договору\n" * 40
    )
    _, rows = read(russian.encode("cp1251"))
    assert rows[0][1][1] == "Общество с ограниченной ответственностью"


def test_a_few_damaged_bytes_do_not_cost_the_letters_of_the_rest():
    table, rows = read("No,Name\n1,Müller\n2,Žižek\n3,K\udcfcng\n4,Ö\n".encode("utf-8", "surrogateescape"))
    assert (table.encoding, rows[0][1][1], rows[2][1][1]) == ("utf-8", "Müller", "K\udcfcng")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_counts_the_same_lines(end):
    text = end.join(["a,b", "1,2", "", '3,"x', 'y"', "5,6"])
    _, rows = read(text)
    assert [line for line, _ in rows] == [2, 4, 6]
    assert rows[1][1] == ["3", f"x{end}y"]


def test_gz_and_a_zip_of_one_file_are_opened():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/book.csv", PLAIN)
        archive.writestr("__MACOSX/._book.csv", b"\x00")
    for data in (gzip.compress(PLAIN.encode(), mtime=0), packed.getvalue()):
        table, rows = read(data)
        assert table.header == ("No", "Name", "Amount")
        assert len(rows) == 2
        assert len(list(table.rows())) == 2, "a table can be read again"


def test_a_path_a_stream_and_bytes_are_the_same(tmp_path):
    path = tmp_path / "book.csv"
    path.write_text(PLAIN, encoding="utf-8")
    with path.open("rb") as stream:
        tables = [
            open_table(path),
            open_table(str(path)),
            open_table(stream),
            open_table(PLAIN.encode(), name="book.csv"),
        ]
    assert {tuple(map(str, table.rows())) for table in tables} == {tuple(map(str, tables[0].rows()))}
    assert tables[0].name == "book.csv"


def test_the_header_is_trimmed_doubled_names_told_apart_and_titles_stepped_over():
    table, rows = read("Open items,,\nas of 31 May,,\n Name ,Na\u00a0me,Name,,x\n1,2,3,4,5\n")
    assert (table.header, table.header_line) == (("Name", "Na me", "Name (2)", "column 4", "x"), 3)
    assert rows == [(4, ["1", "2", "3", "4", "5"])]
    assert open_table(b"1,2\na,b\n3,4\n", header_line=2).header == ("a", "b")


def test_a_sep_line_and_a_header_alone():
    table, rows = read("sep=;\nNo;Name\n1;a,b,c\n")
    assert (table.delimiter, table.header, rows) == (";", ("No", "Name"), [(3, ["1", "a,b,c"])])
    assert read("No,Name\n")[1] == []


def test_a_quote_that_never_closes_is_named_with_its_line():
    problem = refused('a,b\n1,2\n3,"open\n4,5\n6,7\n', delimiter=",")
    assert (problem.code, problem.line) == ("quote_not_closed", 3)


def test_bombs_are_stopped_by_what_they_unpack_to():
    small = Limits(bytes_max=1 << 20, sheet_bytes_max=1 << 20)
    zeros = b"a,b\n" + b"1,2\n" * 1_000_000
    assert refused(gzip.compress(zeros), limits=small).code == "file_too_large"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", zeros)
    assert refused(packed.getvalue(), limits=small).code == "file_too_large"


def sheet_bytes(xml: bytes) -> bytes:
    """A workbook whose one sheet is the given XML."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made)
    book.add_worksheet("S").write_string(0, 0, "a")
    book.close()
    out = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, xml if name == "xl/worksheets/sheet1.xml" else old.read(name))
    return out.getvalue()


SHEET = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%b</sheetData></worksheet>'


def test_a_spreadsheet_with_two_far_corners_does_not_fill_the_memory():
    cells = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="ZZ1048576"><v>1</v></c></row>'
    assert refused(sheet_bytes(SHEET % cells)).code in ("file_too_large", "file_too_many_columns")
    wide = b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>'
    assert refused(sheet_bytes(SHEET % wide)).code == "file_too_many_columns"
    assert (
        refused(sheet_bytes(SHEET % (b" " * 2_000_000)), limits=Limits(sheet_bytes_max=1 << 20)).code
        == "file_too_large"
    )


def test_broken_spreadsheets_are_named():
    assert refused(sheet_bytes(b"<worksheet><sheetData><row")[:700]).code == "file_damaged"
    whole = sheet_bytes(SHEET % b'<row r="1"><c r="A1"><v>1</v></c></row>')
    assert refused(whole[: len(whole) // 2]).code == "file_damaged"


def test_sheets_come_with_their_types_rows_and_names():
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made)
    book.add_worksheet("Cover")
    page = book.add_worksheet("Items")
    page.write_string(2, 0, "No")
    page.write_string(2, 1, "Due")
    page.write_number(4, 0, 1930571429)
    page.write_datetime(4, 1, date(2020, 3, 13), book.add_format({"num_format": "dd/mm/yy"}))
    book.add_worksheet("Hidden").hide()
    book.close()
    table, rows = read(made.getvalue())
    assert (table.format, table.sheet, table.sheets, table.header_line) == (
        "xlsx",
        "Items",
        ("Cover", "Items"),
        3,
    )
    assert rows == [(5, [1930571429.0, date(2020, 3, 13)])]
    assert refused(made.getvalue(), sheet="Nothing").code == "sheet_unknown"
    assert refused(made.getvalue(), sheet="Cover").code == "file_empty"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"\n\n \n", "file_empty"),
        (b"%PDF-1.7 ...", "file_not_a_table"),
        (b"<!DOCTYPE html><table><tr><td>1", "file_not_a_table"),
        (b'<?xml version="1.0"?><a/>', "file_not_a_table"),
        (bytes(range(256)) * 20, "file_not_a_table"),
        (b"PK\x03\x04" + b"x" * 50, "file_damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "file_damaged"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-12], "file_damaged"),
        (b"\x1f\x8b" + b"junk" * 9, "file_damaged"),
        (b"a," * 700 + b"\n1", "file_too_many_columns"),
        (b'a,b\n1,"' + b"x" * 140_000 + b'"\n', "cell_too_long"),
    ],
)
def test_what_is_no_table_says_why(data, code):
    assert refused(data).code == code


def test_two_files_in_a_zip_are_not_chosen_from():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", PLAIN)
        archive.writestr("b.csv", PLAIN)
    assert refused(packed.getvalue()).code == "archive_not_one_file"


@pytest.mark.parametrize("version", [0, 92])
def test_a_zip_of_a_later_kind_is_refused(version):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", PLAIN)
    data = bytearray(packed.getvalue())
    at = data.rindex(b"PK\x01\x02")
    data[at + 6] = version
    if version:
        assert refused(bytes(data)).code == "file_damaged"
    else:
        assert open_table(bytes(data)).format == "csv"


def test_a_mark_of_wide_letters_inside_a_file_is_none():
    data = b"\x00\n\x001\x00,\x006\x00,\x003\x00\n\xff\xfea\x00,\xff\xfe\x00b\x00,\x00c\x00"
    try:
        assert list(open_table(data).rows()) is not None
    except TableProblem as problem:
        assert problem.detail  # noqa: PT017


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_any_bytes_open_or_are_refused(data):
    try:
        list(open_table(data).rows())
    except TableProblem as problem:
        assert problem.detail  # noqa: PT017


@pytest.mark.parametrize(
    "folder", ["csv", "csv_injection", "sheets", "strings", "xml", "ach_crashers", "bai2_fuzz"]
)
def test_real_files_that_broke_other_readers(folder):
    for path in sorted(shared_data.require(f"data/bad_input/{folder}").iterdir()):
        try:
            table = open_table(path)
            assert all(line > table.header_line for line, _ in table.rows())
        except TableProblem as problem:
            assert problem.code  # noqa: PT017


def test_some_of_those_files_in_full():
    folder = shared_data.require("data/bad_input/csv")
    assert list(open_table(folder / "theodi__title-row.csv").rows()) == [
        (3, ["Biff", "Baff", "Boff"]),
        (4, ["Qux", "Teaspoon", "Doge"]),
    ]
    assert open_table(folder / "okfn__excel_pasting.csv").header[:2] == ("Year", "2000")
    assert open_table(folder / "okfn__sparse_with_column_errors.csv").encoding == "cp1252"
