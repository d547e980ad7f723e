"""Blocks as plain text: lines of at most 78 columns, the item table aligned by what a letter takes on the screen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from dunlin.formats.message_blocks import Block, Bullets, Items, Line, Paragraph
from dunlin.formats.message_words import words
from dunlin.formats.template_values import ItemLine, ItemTable, amounts_text, isolated, money_text, short_date

COLUMNS = 78
MOST_LINES = 200  # documents named one by one in a mail; all of them stand in the totals

# Marks that stay with the letter before them and never begin a line of Japanese or Chinese.
_NOT_FIRST = frozenset("、。，．）」』】：；！？ー…")


def plain_text(blocks: Sequence[Block], language: str) -> str:
    """The message as plain text, a blank line between blocks, one line break at the end."""
    parts = []
    for block in blocks:
        if isinstance(block, Paragraph):
            parts.append("\n".join(each for line in block.lines for each in wrapped(_text(line))))
        elif isinstance(block, Bullets):
            parts.append(
                "\n".join(each for line in block.entries for each in wrapped(_text(line), "- ", "  "))
            )
        elif isinstance(block, Items) and (table := table_text(block.table, language)):
            parts.append(table)
    return "\n\n".join(part for part in parts if part) + "\n"


def table_text(table: ItemTable, language: str) -> str:
    """The item table: in columns where they fit, document by document where they do not; then totals and what is left out."""
    lines = _rows(table.lines[:MOST_LINES], language)
    if len(table.lines) > MOST_LINES:
        lines += wrapped(words(language)["more"].format(count=len(table.lines) - MOST_LINES))
    lines += _totals(table, language)
    lines += _left_out(table, language)
    return "\n".join(line.rstrip() for line in lines)


def width(text: str) -> int:
    """Columns that a text takes in a fixed-width font: wide letters two, combining marks and controls none."""
    return len(text) if text.isascii() else sum(_columns(letter) for letter in text)


def wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    """Lines of at most 78 columns, broken at blanks or between wide letters; an address longer than a line stays whole."""
    lines: list[str] = []
    line, used, indent = "", width(first), first
    for word in _pieces(text):
        size = width(word)
        if used + size > COLUMNS and line.strip():
            lines.append((indent + line).rstrip())
            line, indent = word.lstrip(), rest
            used = width(indent + line)
        else:
            line, used = line + word, used + size
    return [*lines, (indent + line).rstrip()]


def _pieces(text: str) -> list[str]:
    """Where a line may break: words with the blank before them, and single wide letters."""
    if text.isascii():
        return re.findall(" ?[^ ]+| ", text)
    pieces: list[str] = []
    for letter in text:
        wide = _columns(letter) == 2
        if pieces and letter in _NOT_FIRST:
            pieces[-1] += letter
        elif not pieces or letter == " " or wide or (pieces[-1] and _columns(pieces[-1][-1]) == 2):
            pieces.append(letter)
        else:
            pieces[-1] += letter
    return pieces


@lru_cache(maxsize=4096)
def _columns(letter: str) -> int:
    if unicodedata.east_asian_width(letter) in "WF":
        return 2
    return 0 if unicodedata.category(letter) in ("Mn", "Me", "Cf", "Cc") else 1


def _text(line: Line) -> str:
    return "".join(run.text for run in line)


def _rows(lines: Sequence[ItemLine], language: str) -> list[str]:
    if not lines:
        return []
    label = words(language)
    names = ("document", "reference", "dated", "due", "days", "open")
    cells = [
        [label[name] for name in names],
        *([_cells(line, language)[name] for name in names] for line in lines),
    ]
    for keep in (range(6), (0, 3, 4, 5)):
        shown = [[row[index] for index in keep if any(each[index] for each in cells[1:])] for row in cells]
        right = [index in (4, 5) for index in keep if any(each[index] for each in cells[1:])]
        widths = [max(map(width, column)) for column in zip(*shown)]
        if sum(widths) + 2 * (len(widths) - 1) <= COLUMNS:
            table = [_aligned(row, widths, right) for row in shown]
            rule = "  ".join("-" * each for each in widths)
            notes = [_notes(line, language, dropped=len(keep) < 6) for line in lines]
            return [table[0], rule, *_interleaved(table[1:], notes)]
    return [each for line in lines for each in _stacked(line, language)]


def _cells(line: ItemLine, language: str) -> dict[str, str]:
    return {
        "document": isolated(line.number, language),
        "reference": isolated(line.reference, language),
        "dated": short_date(line.dated_on, language) if line.dated_on else "",
        "due": short_date(line.due_on, language) if line.due_on else "",
        "days": str(line.days_past_due) if line.days_past_due > 0 else "",
        "open": money_text(line.open, language),
    }


def item_notes(line: ItemLine, language: str) -> list[str]:
    """What is said below a document: that it is paid in part, and what of it is in dispute."""
    label, notes = words(language), []
    if line.open.minor != line.amount.minor:
        part, whole = (amounts_text([each], language) for each in (line.open, line.amount))
        notes.append(label["part_paid"].format(open=part, amount=whole))
    if line.disputed is not None and line.disputed.minor:
        notes.append(label["in_dispute"].format(amount=amounts_text([line.disputed], language)))
    return notes


def left_out_words(table: ItemTable, language: str) -> list[tuple[str, str, str]]:
    """(why, amount, how many documents or blank) of everything that is open and not asked for."""
    label = words(language)
    return [
        (
            label.get(each.why, label["other"]),
            money_text(each.amount, language),
            f" ({label['documents'].format(count=each.count)})" if each.count > 1 else "",
        )
        for each in table.left_out
    ]


def _notes(line: ItemLine, language: str, dropped: bool) -> list[str]:
    """The notes as indented lines; first the reference, where it found no column."""
    reference = [f"{words(language)['reference']}: {isolated(line.reference, language)}"]
    notes = [*(reference if dropped and line.reference else []), *item_notes(line, language)]
    return [each for note in notes for each in wrapped(note, "  ", "  ")]


def _stacked(line: ItemLine, language: str) -> list[str]:
    """A document as lines of its own, where no column is wide enough."""
    label, cells = words(language), _cells(line, language)
    lines = wrapped(cells["document"])
    for name in ("dated", "due", "days", "open"):
        if cells[name]:
            lines += wrapped(f"{label[name]}: {cells[name]}", "  ", "  ")
    return [*lines, *_notes(line, language, dropped=True)]


def _totals(table: ItemTable, language: str) -> list[str]:
    rows = [
        (words(language)[name], money_text(amount, language))
        for row in table.totals
        for name, amount in row.parts
    ]
    names = max((width(name) for name, _ in rows), default=0)
    widest = max((width(shown) for _, shown in rows), default=0)
    lines = [f"{_padded(name, names)}  {' ' * (widest - width(shown))}{shown}" for name, shown in rows]
    return ["", *lines] if table.lines else lines


def _left_out(table: ItemTable, language: str) -> list[str]:
    if not table.left_out:
        return []
    lines = [*([""] if table.lines else []), *wrapped(words(language)["left_out"])]
    for why, amount, count in left_out_words(table, language):
        lines += wrapped(f"{why}: {amount}{count}", "- ", "  ")
    return lines


def _aligned(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = [
        " " * (size - width(cell)) + cell if end else _padded(cell, size)
        for cell, size, end in zip(row, widths, right, strict=True)
    ]
    return "  ".join(cells)


def _padded(text: str, size: int) -> str:
    return text + " " * (size - width(text))


def _interleaved(rows: Sequence[str], notes: Iterable[Sequence[str]]) -> list[str]:
    return [each for row, below in zip(rows, notes, strict=True) for each in (row, *below)]
