"""A message as blocks: paragraphs, lists and the item table, before it becomes plain text, HTML or a page.

The marks are light: a blank line parts paragraphs, "- " begins an entry of a list, **bold**. Only the template's own text has
marks; a value is one character of a private range until the marks are read, so that nothing in a value is ever one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dunlin.formats.template_values import ItemTable

FIRST_VALUE = 0xF0000  # the character that stands for value 0
MOST_VALUES = 0xFFFD

_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_VALUE = re.compile(f"([{chr(FIRST_VALUE)}-{chr(FIRST_VALUE + MOST_VALUES)}])")


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
# What a character of the private range stands for: text, several lines, a link, or the table.
Placed = Run | tuple[str, ...] | ItemTable


def blocks_of(text: str, placed: Sequence[Placed]) -> tuple[Block, ...]:
    """The blocks of a filled-in body. Several lines and the table, alone on their line, become blocks of their own."""
    blocks: list[Block] = []
    lines: list[Line] = []
    entries: list[Line] = []

    def close() -> None:
        if lines:
            blocks.append(Paragraph(tuple(lines)))
        if entries:
            blocks.append(Bullets(tuple(entries)))
        lines.clear()
        entries.clear()

    for raw in text.split("\n"):
        line = raw.strip()
        alone = placed[ord(line) - FIRST_VALUE] if _VALUE.fullmatch(line) else None
        if isinstance(alone, ItemTable):
            close()
            blocks.append(Items(alone))
        elif isinstance(alone, tuple):
            close()
            blocks += _paragraphs(alone)
        elif line.startswith("- "):
            if lines:
                close()
            entries.append(runs_of(line[2:].strip(), placed))
        elif not line or not (runs := runs_of(line, placed)):
            close()
        else:
            if entries:
                close()
            lines.append(runs)
    close()
    return tuple(blocks)


def runs_of(line: str, placed: Sequence[Placed]) -> Line:
    """The runs of one line, values in their places, in bold where the template says so."""
    runs: list[Run] = []
    for index, part in enumerate(_BOLD.split(line)):
        for piece in _VALUE.split(part):
            if piece:
                run = replace(_run_of(piece, placed), bold=index % 2 == 1)
                if runs and not run.link and not runs[-1].link and runs[-1].bold == run.bold:
                    run = Run(runs.pop().text + run.text, run.bold)
                if run.text:
                    runs.append(run)
    return tuple(runs)


def _run_of(piece: str, placed: Sequence[Placed]) -> Run:
    if not _VALUE.fullmatch(piece):
        return Run(piece)
    value = placed[ord(piece) - FIRST_VALUE]
    if isinstance(value, Run):
        return value
    return Run(" ".join(value) if isinstance(value, tuple) else "")


def _paragraphs(lines: Sequence[str]) -> list[Paragraph]:
    """Lines as they are; a blank one parts paragraphs."""
    parts: list[list[Line]] = [[]]
    for line in lines:
        if line.strip():
            parts[-1].append((Run(line.strip()),))
        elif parts[-1]:
            parts.append([])
    return [Paragraph(tuple(part)) for part in parts if part]
