"""A message as blocks: paragraphs, lists and the item table, before it becomes plain text, HTML or a page."""

from __future__ import annotations

from dataclasses import dataclass

from dunlin.formats.template_values import ItemTable


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style. `link` is an https address or blank."""

    text: str
    bold: bool = False
    link: str = ""


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together; each line starts anew."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, one line an entry."""

    entries: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """The place of the item table."""

    table: ItemTable


Block = Paragraph | Bullets | Items
