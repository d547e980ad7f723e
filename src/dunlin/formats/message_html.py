"""Blocks as HTML for mail: one narrow column, inline styles, simple tables, nothing fetched from anywhere, all text escaped.

No colour is set but a grey for lines that shows on white and on black, so that mail programs may darken it as they like.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dunlin.formats.message_blocks import Block, Bullets, Items, Line, Paragraph
from dunlin.formats.message_text import MOST_LINES, item_notes, left_out_words
from dunlin.formats.message_words import words
from dunlin.formats.template_values import ItemLine, ItemTable, is_rtl, locale_of, money_text, short_date

_FONT = (
    "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5"
)
_CELL = "padding:6px 4px;border-bottom:1px solid #8a8a8a;vertical-align:top"
_SMALL = "font-size:13px"


def html_page(subject: str, blocks: Sequence[Block], language: str) -> str:
    """The message as a whole HTML document in its language and direction."""
    lang = escape(str(locale_of(language)).replace("_", "-"))
    direction = "rtl" if is_rtl(language) else "ltr"
    body = "\n".join(_block(block, language) for block in blocks)
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}" dir="{direction}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="supported-color-schemes" content="light dark">\n'
        f"<title>{escape(subject)}</title>\n</head>\n"
        f'<body style="margin:0;padding:16px;{_FONT}">\n<div dir="{direction}" lang="{lang}" style="max-width:640px;overflow-wrap:anywhere">\n'
        f"{body}\n</div>\n</body>\n</html>\n"
    )


def _block(block: Block, language: str) -> str:
    if isinstance(block, Paragraph):
        lines = "<br>\n".join(_line(line) for line in block.lines)
        return f'<p style="margin:0 0 14px">{lines}</p>'
    if isinstance(block, Bullets):
        entries = "\n".join(f"<li>{_line(line)}</li>" for line in block.entries)
        side = "right" if is_rtl(language) else "left"
        return f'<ul style="margin:0 0 14px;padding-{side}:22px">\n{entries}\n</ul>'
    return _table(block.table, language) if isinstance(block, Items) else ""


def _line(line: Line) -> str:
    parts = []
    for run in line:
        text = escape(run.text)
        if run.link:
            text = f'<a href="{escape(run.link)}">{text}</a>'
        parts.append(f"<strong>{text}</strong>" if run.bold else text)
    return "".join(parts)


def _table(table: ItemTable, language: str) -> str:
    """Four narrow columns, so that a telephone shows them; what else is known of a document stands below its number."""
    label, rtl = words(language), is_rtl(language)
    start, end = ("right", "left") if rtl else ("left", "right")
    parts = []
    if table.lines:
        columns = [("document", start), ("due", start), ("days", end), ("open", end)]
        head = "".join(
            f'<th scope="col" align="{side}" style="{_CELL};text-align:{side}">{escape(label[name])}</th>'
            for name, side in columns
        )
        rows = [_row(line, columns, language) for line in table.lines[:MOST_LINES]]
        if len(table.lines) > MOST_LINES:
            more = escape(label["more"].format(count=len(table.lines) - MOST_LINES))
            rows.append(f'<tr><td colspan="{len(columns)}" style="{_CELL};{_SMALL}">{more}</td></tr>')
        rows += _total_rows(table, len(columns), start, end, language)
        parts.append(
            '<table cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;width:100%;'
            f'margin:0 0 14px;{_FONT};font-size:14px">\n<thead><tr>{head}</tr></thead>\n<tbody>\n'
            + "\n".join(rows)
            + "\n</tbody>\n</table>"
        )
    if table.left_out:
        parts.append(_left_out(table, language))
    return "\n".join(parts)


def _row(line: ItemLine, columns: Sequence[tuple[str, str]], language: str) -> str:
    label = words(language)
    due = short_date(line.due_on, language) if line.due_on else ""
    days = str(line.days_past_due) if line.days_past_due > 0 else ""
    figures = {"due": due, "days": days, "open": money_text(line.open, language)}
    notes = [f"{escape(label['reference'])} <bdi>{escape(line.reference)}</bdi>"] if line.reference else []
    if line.dated_on:
        notes.append(
            f'{escape(label["dated"])} <span dir="ltr">{escape(short_date(line.dated_on, language))}</span>'
        )
    below = [" · ".join(notes)] if notes else []
    below += [escape(note) for note in item_notes(line, language)]
    cell = f"{_CELL};border-bottom:0;padding-bottom:0" if below else _CELL
    cells = [
        f'<td align="{columns[0][1]}" style="{cell};text-align:{columns[0][1]}"><bdi>{escape(line.number)}</bdi></td>'
    ]
    cells += [
        f'<td align="{side}" style="{cell};text-align:{side};white-space:nowrap"><span dir="ltr">'
        f"{escape(figures[name])}</span></td>"
        for name, side in columns[1:]
    ]
    row = f"<tr>{''.join(cells)}</tr>"
    if below:
        row += f'\n<tr><td colspan="{len(columns)}" style="{_CELL};padding-top:0;{_SMALL}">{"<br>".join(below)}</td></tr>'
    return row


def _total_rows(table: ItemTable, span: int, start: str, end: str, language: str) -> list[str]:
    label, rows = words(language), []
    for row in table.totals:
        for name, amount in row.parts:
            bold = ";font-weight:bold" if name == row.parts[-1][0] else ""
            style = f"{_CELL}{bold}"
            rows.append(
                f'<tr><td colspan="{span - 1}" align="{start}" style="{style};text-align:{start}">'
                f'{escape(label[name])}</td><td align="{end}" style="{style};text-align:{end};white-space:nowrap">'
                f'<span dir="ltr">{escape(money_text(amount, language))}</span></td></tr>'
            )
    return rows


def _left_out(table: ItemTable, language: str) -> str:
    label, side = words(language), "right" if is_rtl(language) else "left"
    entries = []
    for why, amount, count in left_out_words(table, language):
        shown = f'<span dir="ltr">{escape(amount)}</span>'
        entries.append(f"<li>{escape(why)}: {shown}{escape(count)}</li>")
    return (
        f'<p style="margin:0 0 4px;{_SMALL}">{escape(label["left_out"])}</p>\n'
        f'<ul style="margin:0 0 14px;padding-{side}:22px;{_SMALL}">\n' + "\n".join(entries) + "\n</ul>"
    )
