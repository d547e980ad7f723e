"""A rendered message as the body of a letter: paragraphs, and a table of the documents for each currency."""

from __future__ import annotations

from collections.abc import Sequence

from dunlin.formats.letter_paper import LetterCell, LetterTable
from dunlin.formats.message_blocks import Block, Bullets, Line, Paragraph
from dunlin.formats.message_text import item_notes, left_out_words
from dunlin.formats.message_words import words
from dunlin.formats.template_values import ItemTable, short_date


def letter_body(blocks: Sequence[Block], language: str) -> tuple[str | LetterTable, ...]:
    """The blocks in their order; `**` marks what is bold."""
    body: list[str | LetterTable] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            body.append("\n".join(map(_marked, block.lines)))
        elif isinstance(block, Bullets):
            body.append("\n".join(f"–\u00a0{_marked(entry)}" for entry in block.entries))
        else:
            body += _tables(block.table, language)
    return tuple(part for part in body if isinstance(part, LetterTable) or part.strip())


def _tables(table: ItemTable, language: str) -> list[str | LetterTable]:
    """One table a currency, what is to be paid in its last row; below it what is left out."""
    said = words(language)
    made: list[str | LetterTable] = []
    for total in table.totals:
        currency = total.open.currency
        rows: list[tuple[LetterCell, ...]] = []
        notes: list[str] = []
        for line in table.lines:
            if line.open.currency != currency:
                continue
            rows.append(
                (line.number, line.reference, short_date(line.due_on, language) if line.due_on else "", line.days_past_due or "", line.open)
            )  # fmt: skip
            notes += [f"{line.number}: {note}" for note in item_notes(line, language)]
        *parts, (last, amount) = total.parts
        rows += [(said[key], "", "", "", part) for key, part in parts]
        columns = (
            said["document"],
            said["reference"],
            said["due"],
            said["days"],
            f"{said['open']}, {currency}",
        )
        made.append(LetterTable(columns, tuple(rows), (said[last], "", "", "", amount)))
        if notes:
            made.append("\n".join(notes))
    left = left_out_words(table, language)
    if left:
        made.append("\n".join([said["left_out"], *(" ".join(part for part in row if part) for row in left)]))
    return made


def _marked(line: Line) -> str:
    return "".join(f"**{run.text}**" if run.bold and run.text.strip() else run.text for run in line)
