"""Spreadsheets (XLSX, XLSM, XLS, ODS): typed cells of one sheet, after a look at what unpacking it would cost."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime

import python_calamine

from dunlin.formats.problems import TableProblem
from dunlin.formats.values import Cell

SHEET_CELLS_MAX = (
    30_000_000  # the reader lays a sheet out as one rectangle: two far corners would fill the memory
)

_REFERENCE = re.compile(rb"""\sr=["']([A-Z]{1,3})(\d{1,7})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br=["'](\d{1,9})["']""")
_ODS_REPEAT = re.compile(rb'number-(columns|rows)-repeated="(\d+)"')
_CHUNK = 1 << 20


def sheet_names(data: bytes) -> list[str]:
    """Names of the sheets that are not hidden, in order."""
    book = _open(data)
    visible = [m.name for m in book.sheets_metadata if m.visible == python_calamine.SheetVisibleEnum.Visible]
    return visible or list(book.sheet_names)


def read_sheet(data: bytes, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
    """(row number, cells) of every row of a sheet that is not blank. Dates come typed, numbers as floats."""
    book = _open(data)
    try:
        rows = book.get_sheet_by_name(sheet).iter_rows()
        for number, row in enumerate(rows, 1):
            cells = [_cell(cell) for cell in row]
            if any(cell != "" for cell in cells):
                yield number, cells
    except python_calamine.CalamineError as error:
        raise TableProblem("file_damaged", why=str(error)) from None


def _cell(cell: object) -> Cell:
    if isinstance(cell, (str, datetime, date)) and not isinstance(cell, bool):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        return cell
    return "" if cell is None else str(cell)


def _open(data: bytes) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except python_calamine.PasswordError:
        raise TableProblem("file_password") from None
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        code = "file_password" if "assword" in str(error) or "ncrypt" in str(error) else "file_damaged"
        raise TableProblem(code, why=str(error)) from None
    except BaseException as error:
        # The reader is compiled code; a panic in it is no Exception, yet must not take the process along.
        if type(error).__name__ != "PanicException":
            raise
        raise TableProblem("file_damaged", why="its inner structure is broken") from None


def check_archive(data: bytes, bytes_max: int, columns_max: int) -> None:
    """TableProblem when a zipped spreadsheet unpacks to too much, whatever its directory claims."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            left = bytes_max
            for entry in archive.infolist():
                left -= _check_entry(data, entry, left, bytes_max, columns_max)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, ValueError) as error:
        if isinstance(error, TableProblem):
            raise
        raise TableProblem("file_damaged", why=str(error)) from None


def _check_entry(data: bytes, entry: zipfile.ZipInfo, left: int, bytes_max: int, columns_max: int) -> int:
    """Bytes an entry really unpacks to, counted while inflating it in pieces."""
    start = entry.header_offset + 30
    start += int.from_bytes(data[start - 4 : start - 2], "little") + int.from_bytes(
        data[start - 2 : start], "little"
    )
    packed = memoryview(data)[start : start + entry.compress_size]
    inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    extent = _Extent(entry.filename, columns_max)
    size = 0
    for offset in range(0, len(packed), _CHUNK):
        pending: bytes = bytes(packed[offset : offset + _CHUNK])
        while pending:
            piece = inflate.decompress(pending, _CHUNK) if inflate else pending
            pending = inflate.unconsumed_tail if inflate else b""
            size += len(piece)
            if size > left:
                raise TableProblem("file_too_large", limit=bytes_max)
            extent.look(piece)
    return size


class _Extent:
    """The farthest row and column a sheet names, read from its XML without building it."""

    def __init__(self, name: str, columns_max: int) -> None:
        self.xlsx = name.startswith("xl/worksheets/") and name.endswith(".xml")
        self.ods = name == "content.xml"
        self.columns_max = columns_max
        self.rows = self.columns = 1
        self.tail = b""

    def look(self, piece: bytes) -> None:
        if not (self.xlsx or self.ods):
            return
        text = self.tail + piece
        self.tail = text[-256:]
        if self.ods:
            self._look_ods(text)
            return
        letters = {found[1] for found in _REFERENCE.finditer(text)}
        self.columns = max([self.columns, *(_column_number(name) for name in letters)])
        self.rows = max([self.rows, *(int(n) for n in _ROW.findall(text))])
        self._judge()

    def _look_ods(self, text: bytes) -> None:
        # Empty tails are written as huge repeats; only a repeat of a cell that holds a value costs memory.
        for row in text.split(b"<table:table-row")[1:]:
            if b"office:value-type" not in row:
                continue
            head, _, cells = row.partition(b">")
            valued = cells[: cells.rfind(b"office:value-type") + 400]
            width = sum(
                int(n)
                for kind, n in _ODS_REPEAT.findall(
                    valued[: valued.find(b">", valued.rfind(b"office:value-type"))]
                )
            )
            height = sum(int(n) for kind, n in _ODS_REPEAT.findall(head))
            self.columns, self.rows = max(self.columns, width), max(self.rows, height)
        self._judge()

    def _judge(self) -> None:
        if self.columns > self.columns_max:
            raise TableProblem("file_too_many_columns", limit=self.columns_max)
        if self.rows * self.columns > SHEET_CELLS_MAX:
            raise TableProblem("file_too_large", limit=SHEET_CELLS_MAX)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
