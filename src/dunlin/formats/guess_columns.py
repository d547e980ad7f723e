"""Which column of a file is which field: by its name, as other programs write it, and by what its cells hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from dunlin.formats.dates import is_no_date, parse_date
from dunlin.formats.problems import Unreadable
from dunlin.formats.synonyms import SYNONYMS, plain
from dunlin.formats.targets import targets
from dunlin.formats.values import Cell, cell_text, parse_amount
from dunlin.rules.money import MINOR_DIGITS

_BY_ITS_NAME = 0.75  # a column whose whole name is a synonym has at least this, one that only holds it less


@dataclass(frozen=True, slots=True)
class Content:
    """Shares (0 to 1) of the filled sample cells of one column that read as dates, amounts, currencies, e-mails, codes.

    A code is one word with a figure in it, such as 00123 or C-17; names of companies hardly ever are.
    """

    filled: int
    date: float
    amount: float
    currency: float
    email: float
    distinct: float
    coded: float


def contents_of(sample: list[tuple[int, Sequence[Cell]]], width: int) -> list[Content]:
    """What each of the first `width` columns holds in the sampled (line, cells)."""
    columns: list[list[Cell]] = [[] for _ in range(width)]
    for _, cells in sample:
        for index, cell in enumerate(cells[:width]):
            if cell_text(cell).strip():
                columns[index].append(cell)
    return [_content(cells) for cells in columns]


def _content(cells: list[Cell]) -> Content:
    if not cells:
        return Content(0, 0, 0, 0, 0, 0, 0)
    count = len(cells)
    return Content(
        count,
        sum(_is_date(cell) for cell in cells) / count,
        sum(_is_amount(cell) for cell in cells) / count,
        sum(cell_text(cell).strip().upper() in MINOR_DIGITS for cell in cells) / count,
        sum("@" in cell_text(cell) for cell in cells) / count,
        len({cell_text(cell) for cell in cells}) / count,
        sum(_is_code(cell_text(cell).strip()) for cell in cells) / count,
    )


def _is_code(text: str) -> bool:
    return len(text.split()) == 1 and any(c.isdigit() for c in text)


def _reads(read: Callable[[], object]) -> bool:
    try:
        read()
    except Unreadable:
        return False
    return True


def _is_date(cell: Cell) -> bool:
    if isinstance(cell, str) and cell.strip().isdecimal() and len(cell.strip()) != 8:
        return False
    if isinstance(cell, (int, float)):
        return False
    text = cell_text(cell).strip()
    return is_no_date(text) or any(
        _reads(partial(parse_date, cell, order)) for order in ("dmy", "mdy", "ymd")
    )


def _is_amount(cell: Cell) -> bool:
    return _reads(lambda: parse_amount(cell, False, "CLF")) or _reads(lambda: parse_amount(cell, True, "CLF"))


_FITS: dict[str, Callable[[Content], float]] = {
    "date": lambda content: content.date,
    "month": lambda content: 1.0,
    "amount": lambda content: content.amount,
    "currency": lambda content: content.currency,
    "whole": lambda content: content.amount,
}


def _header_score(name: str, words: tuple[str, ...]) -> float:
    bare = re.sub(r"\d+\Z", "", name) if name not in words else name
    if bare in words:
        # The earlier a synonym stands in its list the more usual it is; the tail ("date", "name") is a last resort.
        return 0.95 - 0.15 * words.index(bare) / len(words)
    longest = max((len(word) for word in words if len(word) >= 6 and word in name), default=0)
    return 0.6 * longest / len(name) if longest else 0.0


def fields_of(header: Sequence[str], content: list[Content], kind: str) -> dict[str, tuple[int, float]]:
    """Field → (column index, confidence): each column for one field, the surest pairs first."""
    pairs: list[tuple[float, int, str]] = []
    for target in targets(kind):
        words = (target.name.replace("_", ""), *SYNONYMS[kind].get(target.name, ()))
        for index, name in enumerate(header):
            score = _header_score(plain(name), words)
            if score and content[index].filled:
                score *= 0.2 + 0.8 * _FITS.get(target.form, lambda _: 1.0)(content[index])
            if score >= 0.3:
                pairs.append((score, index, target.name))
    pairs = _numbers_before_names(pairs, content, kind)
    fields: dict[str, tuple[int, float]] = {}
    taken: set[int] = set()
    for score, index, name in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
        if name not in fields and index not in taken:
            fields[name] = (index, round(score, 2))
            taken.add(index)
    _other_name(fields, taken, header, content, kind)
    _by_content(fields, taken, content, kind)
    return fields


def _customer_fields(kind: str) -> tuple[str, str]:
    return ("number", "name") if kind == "customers" else ("customer", "customer_name")


def _numbers_before_names(
    pairs: list[tuple[float, int, str]], content: list[Content], kind: str
) -> list[tuple[float, int, str]]:
    """The same pairs, a column of names being no customer number where another that fits holds codes.

    "Kunde", "Client" and "Customer" head numbers in one program and names in the next.
    """
    number, _ = _customer_fields(kind)
    fits = [index for score, index, name in pairs if name == number and score >= _BY_ITS_NAME]
    if not any(content[index].coded > 0.8 for index in fits):
        return pairs
    return [pair for pair in pairs if pair[2] != number or content[pair[1]].coded >= 0.2]


def _other_name(
    fields: dict[str, tuple[int, float]],
    taken: set[int],
    header: Sequence[str],
    content: list[Content],
    kind: str,
) -> None:
    """The name of the customer from a column called "Kunde" or the like that the number was not taken from."""
    number, name = _customer_fields(kind)
    if number not in fields or name in fields:
        return
    words = SYNONYMS[kind][number]
    for index, column in enumerate(header):
        if index not in taken and content[index].filled and content[index].coded < 0.2:
            score = _header_score(plain(column), words)
            if score >= _BY_ITS_NAME:
                fields[name] = (index, 0.7)
                taken.add(index)
                return


def _by_content(
    fields: dict[str, tuple[int, float]], taken: set[int], content: list[Content], kind: str
) -> None:
    """A required field without a name that fits is taken from the one column that can only be it."""
    forms = {target.name: target.form for target in targets(kind)}
    wanted = {"currency": "currency", "value_on": "date"} if kind == "payments" else {"currency": "currency"}
    if kind == "items" and not {"amount", "open"} & fields.keys():
        wanted["amount"] = "amount"
    if kind == "items" and not {"document_on", "posted_on"} & fields.keys():
        wanted["document_on"] = "date"
    for name, form in wanted.items():
        if name in fields or forms.get(name) is None:
            continue
        fits = [i for i, c in enumerate(content) if i not in taken and c.filled and _FITS[form](c) > 0.95]
        if form == "amount":
            fits = [i for i in fits if content[i].distinct > 0.5 and content[i].date < 0.5]
        if len(fits) == 1:
            fields[name] = (fits[0], 0.5)
            taken.add(fits[0])
