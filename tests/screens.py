"""Reading a page as a person does: its tables as rows of cells, each with its words and where it leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

_CELLS = ("td", "th")


@dataclass
class Cell:
    """Words with single blanks; `href` of the first link in it, empty without one."""

    text: str = ""
    href: str = ""


@dataclass
class _Reader(HTMLParser):
    """Tables, and definition lists (term, words) that facts are written in."""

    tables: list[list[list[Cell]]] = field(default_factory=list)
    facts: list[tuple[str, Cell]] = field(default_factory=list)
    at: Cell | None = None
    term: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in _CELLS:
            self.at = Cell()
            self.tables[-1][-1].append(self.at)
        elif tag in ("dt", "dd"):
            self.at = Cell()
        elif tag == "a" and self.at is not None and not self.at.href:
            self.at.href = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "dt" and self.at is not None:
            self.term = " ".join(self.at.text.split())
        elif tag == "dd" and self.at is not None:
            self.at.text = " ".join(self.at.text.split())
            self.facts.append((self.term, self.at))
        if tag in (*_CELLS, "dt", "dd"):
            self.at = None
        elif tag == "span" and self.at is not None:
            self.at.text += " "  # lines of one cell are words of their own

    def handle_data(self, data: str) -> None:
        if self.at is not None:
            self.at.text += data


def read(page: Any) -> _Reader:
    """What stands on a page: a response of Django's client, or text."""
    reader = _Reader()
    reader.feed(page if isinstance(page, str) else page.content.decode())
    for table in reader.tables:
        for row in table:
            for cell in row:
                cell.text = " ".join(cell.text.split())
    return reader


def body(page: Any) -> bytes:
    """All of a file that a page sent, streamed or not."""
    return b"".join(page.streaming_content) if page.streaming else page.content
