"""A letter on paper: address in the window of the envelope, subject, paragraphs, tables of items, signature. DOMAIN C8.

The text is plain: `**bold**` is the only mark it knows, a new line breaks the line. Everything else is printed as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from dunlin.formats.paper import Printed, print_paper
from dunlin.formats.paper_frame import Recipient, Sender, frame, room_of, shown
from dunlin.formats.paper_glyphs import text_width
from dunlin.formats.paper_language import PaperLanguage, paper_language, printable
from dunlin.rules.money import Money

PARAGRAPH_MAX = 20_000  # characters
ROWS_MAX = 5_000

LetterCell = str | int | date | Money | None


@dataclass(frozen=True, slots=True)
class LetterTable:
    """A table in a letter: titles of its columns, rows of cells, perhaps a last row of totals. The currency goes in a title."""

    columns: tuple[str, ...]
    rows: tuple[tuple[LetterCell, ...], ...]
    total: tuple[LetterCell, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one recipient. `body` is its paragraphs and tables in their order; `details` stand beside the address."""

    sender: Sender
    to: Recipient
    on: date
    language: str
    subject: str
    body: tuple[str | LetterTable, ...]
    place: str = ""
    details: tuple[tuple[str, str], ...] = ()
    closing: str = ""
    signer: tuple[str, ...] = ()
    enclosures: tuple[str, ...] = ()
    copy: bool = False

    @property
    def title(self) -> str:
        """How a person names it."""
        return f"letter to {self.to.number} of {self.on.isoformat()}"


def letter_pdf(letters: list[Letter]) -> list[bytes]:
    """One PDF for each letter, in their order. PaperRefused names the first that cannot be printed."""
    return [print_letter(letter).pdf for letter in letters]


def print_letter(letter: Letter, *, system_fonts: bool = False) -> Printed:
    """One letter as PDF. PaperRefused when it is too long, ValueError when a table has rows of another width."""
    return print_paper("letter", letter_data(letter), on=letter.on, system_fonts=system_fonts)


def letter_data(letter: Letter) -> dict[str, Any]:
    """What the source of the paper is given: texts, ready to be shown."""
    language = paper_language(letter.language, letter.sender.country)
    day = language.day(letter.on)
    room = room_of(letter.sender)
    return {
        **frame(letter.sender, letter.to, language),
        "title": printable(letter.subject) or letter.title,
        "running_head": [shown(language, letter.subject), f"{shown(language, letter.to.name)} · {day}"],
        "details": [[shown(language, label), shown(language, value)] for label, value in letter.details],
        "dateline": f"{shown(language, letter.place)}, {day}" if letter.place else day,
        "copy": language.word("copy") if letter.copy else "",
        "subject": shown(language, letter.subject),
        "body": [
            _table(part, language, room) if isinstance(part, LetterTable) else bold_runs(part)
            for part in letter.body
        ],
        "closing": shown(language, letter.closing),
        "signer": [shown(language, line) for line in letter.signer],
        "enclosures": [shown(language, line) for line in letter.enclosures],
    }


def bold_runs(text: str) -> list[list[Any]]:
    """`text` cut at its `**` marks into [piece, whether bold]; a mark without its partner is printed as it stands."""
    if len(text) > PARAGRAPH_MAX:
        raise ValueError(f"a paragraph of {len(text):,} characters; {PARAGRAPH_MAX:,} is the most")
    lines = "\n".join(" ".join(line.split()) for line in printable(text).splitlines())
    pieces = lines.split("**")
    if len(pieces) % 2 == 0:
        pieces[-2:] = ["**".join(pieces[-2:])]
    return [[piece, index % 2 == 1] for index, piece in enumerate(pieces) if piece]


def _table(table: LetterTable, language: PaperLanguage, room: float) -> dict[str, Any]:
    wide = (
        {len(row) for row in table.rows}
        | {len(table.columns)}
        | ({len(table.total)} if table.total else set())
    )
    if len(wide) != 1 or not table.columns:
        raise ValueError(f"the rows of a table are as long as its head, not {sorted(wide)} cells")
    if len(table.rows) > ROWS_MAX:
        raise ValueError(f"a table of {len(table.rows):,} rows; {ROWS_MAX:,} is the most")
    rows = [[_cell(cell, language) for cell in row] for row in table.rows]
    total = [_cell(cell, language) for cell in table.total]
    figures = [
        all(isinstance(row[index], (int, Money)) or row[index] in (None, "") for row in table.rows)
        and bool(rows)
        for index in range(len(table.columns))
    ]
    columns = [shown(language, title) for title in table.columns]
    return {
        "columns": columns,
        "rows": rows,
        "total": total,
        "figures": figures,
        "widths": _widths(columns, [*rows, *([total] if total else [])], figures, room),
    }


def _cell(cell: LetterCell, language: PaperLanguage) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return language.amount(cell.minor, cell.currency)
    if isinstance(cell, date):
        return language.day(cell)
    return shown(language, str(cell))


def _widths(columns: list[str], rows: list[list[str]], figures: list[bool], room: float) -> list[float]:
    """Points a column needs; texts that are wider than their share get 0, which shares what is left.

    Titles stay in one line where the room allows it.
    """
    share = room / len(figures)
    titles = [text_width(title, 8) + 1 for title in columns]
    needed = [
        max((text_width(row[i], 8.5) for row in rows), default=0.0) * 1.08 + 1 for i in range(len(figures))
    ]
    whole = [max(pair) for pair in zip(needed, titles)]
    gutters = 9 * (len(figures) - 1)
    if sum(whole) + gutters < room:
        return [round(width, 1) for width in whole]
    widths = [max(need, 40.0) if figure or need < share else 0.0 for need, figure in zip(needed, figures)]
    return (
        [round(width, 1) for width in widths] if sum(widths) + gutters < room * 0.9 else [0.0] * len(figures)
    )
