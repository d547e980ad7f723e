"""What a mapping leaves out of a file: columns nothing is made of, and what the rows cannot say without them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dunlin.formats.mappings import Mapping, shipped_names
from dunlin.formats.values import clean_name

_NAMED = 8  # columns named in a sentence; a file may have hundreds

ADDED = frozenset(("dunlin line", "dunlin column", "dunlin reason"))  # by corrections, for people to read


def fills(mapping: Mapping, field: str, header: Iterable[str]) -> bool:
    """Whether a field is given a value: by a constant, or by a column the file has."""
    column = mapping.columns.get(field)
    if column is None:
        return False
    have = set(header)
    return bool(column.default) or any(clean_name(name) in have for name in column.names)


def unused_columns(mapping: Mapping, header: Sequence[str]) -> tuple[str, ...]:
    """The columns of the file that the mapping does not mention, in their order."""
    named = {clean_name(name) for name in mapping.source_columns()}
    return tuple(name for name in header if name not in named and name not in ADDED)


def not_used(columns: Sequence[str]) -> str:
    """The columns as a sentence: "Columns not used: Kd-Nr, Beleg." """
    more = f" and {len(columns) - _NAMED} more" if len(columns) > _NAMED else ""
    return f"Columns not used: {', '.join(columns[:_NAMED])}{more}."


def known_book(mapping: Mapping) -> bool:
    """Whether the mapping describes one book that is known, and so says itself what it assumes."""
    return mapping.name in shipped_names() and not mapping.name.startswith("dunlin-")


def notices_of(mapping: Mapping, header: Sequence[str]) -> tuple[str, ...]:
    """What is to be told about items without number or due date before anybody wonders where they are."""
    if mapping.kind != "items" or known_book(mapping):
        return ()
    told = []
    if not fills(mapping, "number", header):
        told.append("No column gives the document number: rows are recognised by their content.")
    if not fills(mapping, "due_on", header) and not fills(mapping, "terms", header):
        told.append(
            "No column gives the due date, and none the terms: rows of customers without terms are refused."
        )
    unused = unused_columns(mapping, header)
    return tuple(f"{each} {not_used(unused)}" if unused else each for each in told)
