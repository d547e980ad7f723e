"""Delimited text: which character divides the cells, which line is the header, and the rows with their lines."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from dunlin.formats.problems import TableProblem

DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x1f")
CELL_CHARS_MAX = 131_072  # what the csv module itself refuses beyond
HEAD_CHARS = 262_144
HEAD_ROWS = 200

# Fed to the reader after the last line: if it does not come back as a row of its own, a quotation mark is still open.
_END = "\x00the end of the file\x00"


def find_delimiter(head: str) -> str:
    """The delimiter of which the rows of the head agree best with each other, quotes respected; "," if none divides."""
    if head[:5].lower().startswith("sep=") and len(head) > 4:
        return head[4]
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        rows = _head_rows(head, delimiter)
        widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda entry: (entry[0] > 1, entry[1], entry[0]))
        if width < 2:
            continue
        # Prose holds commas, and amounts may: what counts is the share of rows that agree, then the columns.
        agreeing = round(count / widths.total(), 1)
        named = _is_header(rows, width)
        score = (agreeing + named, width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _is_header(rows: Sequence[Sequence[str]], width: int) -> float:
    """One more point when the first row of that width has a name in every cell and no figures."""
    first = next((row for row in rows if len(row) == width), [])
    return 1.0 if first and all(c.strip() and not c.strip()[0].isdigit() for c in first) else 0.0


def _head_rows(head: str, delimiter: str) -> list[list[str]]:
    try:
        rows = list(
            itertools.islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), HEAD_ROWS)
        )
    except csv.Error:
        return []
    return rows[:-1] if len(rows) > 2 and len(head) >= HEAD_CHARS else rows


def find_header(rows: Sequence[Sequence[object]]) -> int:
    """Index of the header among the first rows: the first that is filled nearly as widely as the rest, all in words.

    A title above the header fills one cell; rows of figures are not a header. 0 when no row looks like one.
    """
    filled = [sum(1 for cell in row if str(cell if cell is not None else "").strip()) for row in rows]
    if not any(filled):
        return 0
    widths = Counter(count for count in filled if count)
    usual = max(widths, key=lambda width: width * widths[width])  # a few titles do not outvote the wide rows
    for index, row in enumerate(rows[:20]):
        cells = [cell for cell in row if str(cell if cell is not None else "").strip()]
        if len(cells) >= max(1, 0.6 * usual) and all(isinstance(c, str) and not _figure(c) for c in cells):
            return index
    return next(index for index, count in enumerate(filled) if count >= max(1, 0.6 * usual))


def _figure(cell: str) -> bool:
    return cell.strip(" $€£+-").replace(".", "").replace(",", "").isdecimal()


def read_delimited(text: io.TextIOBase, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(first physical line, cells) of every row that is not blank. A row in quotes may span lines; bare CR ends one too."""
    reader = csv.reader(itertools.chain(text, [_END]), delimiter=delimiter)
    line = 1
    try:
        for row in reader:
            if row:
                if _END in row[-1]:
                    if row != [_END]:
                        raise TableProblem("quote_not_closed", line)
                    return
                yield line, row
            line = reader.line_num + 1
    except csv.Error:
        raise TableProblem("cell_too_long", line, limit=CELL_CHARS_MAX) from None
    except UnicodeError as error:
        raise TableProblem(
            "file_encoding", line, encoding=getattr(error, "encoding", "its encoding")
        ) from None
    except (EOFError, OSError) as error:
        raise TableProblem("file_damaged", line, why=str(error) or type(error).__name__) from None
