"""Any file of rows as one kind of table: a header and a stream of (line, cells), whatever it was saved by.

Delimited text in any encoding, plain or in .gz or in a .zip of one file; XLSX, XLSM, XLS, ODS. What a file is, its
content says, not its name. A bomb, a broken file or a web page named as a sheet is a `TableProblem`.
"""

from __future__ import annotations

import gzip
import io
import itertools
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from dunlin.formats.delimited import HEAD_CHARS, HEAD_ROWS, find_delimiter, find_header, read_delimited
from dunlin.formats.encodings import find_encoding, has_mark
from dunlin.formats.problems import TableProblem
from dunlin.formats.sheets import check_archive, read_sheet, sheet_names
from dunlin.formats.values import Cell, clean_name

__all__ = ["Limits", "Table", "TableProblem", "open_table"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NOT_TABLES = (
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost: bytes once unpacked, bytes of a spreadsheet (read as a whole), columns."""

    bytes_max: int = 4 << 30
    sheet_bytes_max: int = 512 << 20
    columns_max: int = 600


@dataclass(frozen=True, slots=True)
class Table:
    """A file opened as a table. `rows()` starts over each time it is called and streams; blank rows are left out.

    `format` is csv, xlsx, xls or ods; `delimiter` and `encoding` are "" for spreadsheets, `sheet` and `sheets` for
    text. `header` is trimmed, with one kind of blank; a doubled name gets " (2)", a blank one is "column 3".
    """

    name: str
    format: str
    encoding: str
    delimiter: str
    sheet: str
    sheets: tuple[str, ...]
    header: tuple[str, ...]
    header_line: int
    read: Callable[[], Iterator[tuple[int, list[Cell]]]]

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """(physical line, cells) of each row after the header. TableProblem if the file turns out damaged on the way."""
        rows = self.read()
        for line, _ in rows:
            if line >= self.header_line:
                break
        yield from rows


def open_table(
    source: str | Path | bytes | BinaryIO,
    name: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header_line: int | None = None,
    limits: Limits | None = None,
) -> Table:
    """The table in a file (path), in bytes, or in a binary stream (read into memory, since it is read more than once).

    What is not given is found out: the encoding over the whole file, the delimiter from its head, the first visible
    sheet, the header below any title. TableProblem names what stands in the way; OSError if the file is not there.
    """
    limits = limits or Limits()
    opener, label = _opener(source, name)
    with closing(opener()) as stream:
        head = stream.read(4096)
    kind = _kind(head)
    if kind in ("zip", "ole"):
        with closing(opener()) as stream:
            data = stream.read(limits.sheet_bytes_max + 1)
        if len(data) > limits.sheet_bytes_max:
            raise TableProblem("file_too_large", limit=limits.sheet_bytes_max)
        form = _sheet_format(data) if kind == "zip" else "xls"
        if form:
            return _sheet_table(data, label, form, sheet, header_line, limits)
        opener = _zip_member(data)
    elif kind == "gz":
        packed = opener
        opener = lambda: cast(BinaryIO, gzip.GzipFile(fileobj=packed()))  # noqa: E731
    return _text_table(_counted(opener, limits.bytes_max), label, delimiter, encoding, header_line, limits)


def _opener(source: str | Path | bytes | BinaryIO, name: str | None) -> tuple[Callable[[], BinaryIO], str]:
    if isinstance(source, (str, Path)):
        path = Path(source)
        return lambda: path.open("rb"), name or path.name
    data = source if isinstance(source, bytes) else source.read()
    return lambda: io.BytesIO(data), name or str(getattr(source, "name", "") or "upload")


def _kind(head: bytes) -> str:
    if not head:
        raise TableProblem("file_empty")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(_OLE):
        return "ole"
    if head.startswith(b"\x1f\x8b"):
        return "gz"
    for start, what in _NOT_TABLES:
        if head.startswith(start):
            raise TableProblem("file_not_a_table", what=what)
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if begin.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<body")):
        raise TableProblem("file_not_a_table", what="a web page")
    if begin.startswith((b"<?xml", b"<!", b"<?")):
        raise TableProblem("file_not_a_table", what="an XML document")
    return "text"


def _sheet_format(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    # NotImplementedError is how the library refuses an archive of a later version.
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise TableProblem("file_damaged", why=str(error)) from None
    if "[Content_Types].xml" in names:
        if any(name.startswith("xl/") for name in names):
            return "xlsx"
        raise TableProblem("file_not_a_table", what="an office document without sheets")
    return "ods" if "content.xml" in names else ""


def _zip_member(data: bytes) -> Callable[[], BinaryIO]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [
            entry for entry in archive.infolist() if not entry.is_dir() and "__MACOSX" not in entry.filename
        ]
    if len(members) != 1:
        raise TableProblem("archive_not_one_file", count=len(members))
    if members[0].flag_bits & 1:
        raise TableProblem("file_password")

    def opened() -> BinaryIO:
        try:
            return cast(BinaryIO, zipfile.ZipFile(io.BytesIO(data)).open(members[0]))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise TableProblem("file_damaged", why=str(error)) from None

    return opened


class _Counted(io.RawIOBase):
    """A stream that refuses to give more than `limit` bytes, and names what breaks underneath."""

    def __init__(self, inner: BinaryIO, limit: int) -> None:
        super().__init__()
        self.inner, self.left, self.limit = inner, limit, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece = self.inner.read(len(buffer))
        except (EOFError, zlib.error, OSError, zipfile.BadZipFile, NotImplementedError) as error:
            raise TableProblem("file_damaged", why=str(error) or type(error).__name__) from None
        self.left -= len(piece)
        if self.left < 0:
            raise TableProblem("file_too_large", limit=self.limit)
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self.inner.close()
        super().close()


def _counted(opener: Callable[[], BinaryIO], limit: int) -> Callable[[], BinaryIO]:
    return lambda: cast(BinaryIO, io.BufferedReader(_Counted(opener(), limit), 1 << 18))


def _text_table(
    opener: Callable[[], BinaryIO],
    label: str,
    delimiter: str | None,
    encoding: str | None,
    header_line: int | None,
    limits: Limits,
) -> Table:
    errors = (
        "surrogateescape"
        if encoding and encoding.lower().replace("_", "-").startswith("utf-8")
        else "replace"
    )
    with closing(opener()) as stream:
        marked = has_mark(stream.read(4))
    if encoding is None or marked:
        with closing(opener()) as stream:
            encoding, errors = find_encoding(stream)
    found_encoding = encoding

    def opened() -> io.TextIOWrapper:
        try:
            return io.TextIOWrapper(opener(), encoding=found_encoding, errors=errors, newline="")
        except LookupError:
            raise TableProblem("file_encoding", encoding=found_encoding) from None

    with closing(opened()) as text:
        head = text.read(HEAD_CHARS)
    if delimiter is None:
        _refuse_binary(head)
    found_delimiter = delimiter or find_delimiter(head)

    def read() -> Iterator[tuple[int, list[Cell]]]:
        with closing(opened()) as text:
            yield from cast(Iterator[tuple[int, list[Cell]]], read_delimited(text, found_delimiter))

    first = list(itertools.islice(read(), HEAD_ROWS))
    if first and first[0][1] and str(first[0][1][0]).lower().startswith("sep="):
        first = first[1:]
    header, line = _header(first, header_line, limits.columns_max)
    return Table(
        label, "csv", found_encoding.replace("-sig", ""), found_delimiter, "", (), header, line, read
    )


def _refuse_binary(head: str) -> None:
    controls = (
        sum(1 for c in head[:4096] if c < " " and c not in "\t\r\n\x1f\x00") + head[:4096].count("\x00") // 8
    )
    if controls > 0.1 * len(head[:4096]):
        raise TableProblem("file_not_a_table", what="not text")


def _sheet_table(
    data: bytes, label: str, form: str, sheet: str | None, header_line: int | None, limits: Limits
) -> Table:
    if form != "xls":
        check_archive(data, limits.sheet_bytes_max, limits.columns_max)
    names = sheet_names(data)
    if not names:
        raise TableProblem("file_empty")
    if sheet is not None and sheet not in names:
        raise TableProblem("sheet_unknown", sheet=sheet, sheets=", ".join(names))

    def rows_of(chosen: str) -> Callable[[], Iterator[tuple[int, list[Cell]]]]:
        return lambda: read_sheet(data, chosen)

    # Without a choice the first sheet that holds anything: cover pages are often blank.
    chosen = sheet or next((name for name in names if next(rows_of(name)(), None)), names[0])
    first = list(itertools.islice(rows_of(chosen)(), HEAD_ROWS))
    header, line = _header(first, header_line, limits.columns_max)
    return Table(label, form, "", "", chosen, tuple(names), header, line, rows_of(chosen))


def _header(
    first: list[tuple[int, list[Cell]]], header_line: int | None, columns_max: int
) -> tuple[tuple[str, ...], int]:
    """The header's names and its physical line; TableProblem when there is nothing to name."""
    if not first:
        raise TableProblem("file_empty")
    if header_line is None:
        line, cells = first[find_header([cells for _, cells in first])]
    else:
        line, cells = next((row for row in first if row[0] >= header_line), first[-1])
    while cells and str(cells[-1]).strip() == "":
        cells = cells[:-1]
    if not cells:
        raise TableProblem("file_empty")
    if len(cells) > columns_max:
        raise TableProblem("file_too_many_columns", line, limit=columns_max)
    names: list[str] = []
    seen: set[str] = set()
    for position, cell in enumerate(cells, 1):
        name = base = (
            clean_name("".join(c for c in str(cell) if not "\ud800" <= c <= "\udfff")) or f"column {position}"
        )
        count = 1
        while name in seen:
            count += 1
            name = f"{base} ({count})"
        seen.add(name)
        names.append(name)
    return tuple(names), line
