"""A mapping made ready for one file: which cell fills which field, read how; built once, run for every row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dunlin.formats.dates import is_no_date, parse_date, parse_month
from dunlin.formats.mappings import Column, Mapping, MappingProblem
from dunlin.formats.problems import Unreadable
from dunlin.formats.targets import Target, targets
from dunlin.formats.values import (
    Cell,
    clean_name,
    clean_text,
    customer_number_from_name,
    identifier,
    whole_number,
    yes_or_no,
)
from dunlin.rules.codes import sentence
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import MINOR_DIGITS

Reader = Callable[[Any], Any]

# Answers kept per column, so that a date met ten thousand times is read once; emptied when a column repeats nothing.
_REMEMBERED_MAX = 65_536

_WORDS = {"po_number": "purchase order number", "customer_name": "customer name", "value_on": "value date",
          "document_on": "document date", "posted_on": "posting date", "due_on": "due date", "number": "number",
          "settled_on": "settlement date", "settled_days": "days to payment"}  # fmt: skip


def words(target: str) -> str:
    """A field's name in words, for sentences."""
    return _WORDS.get(target, target.replace("_", " "))


class _Remembered(dict[Any, Any]):
    """A reader that keeps its answers. Only texts are kept: 1, 1.0 and TRUE are one key to a dict, but not one cell."""

    def __init__(self, read: Reader) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, cell: Any) -> Any:
        value = self.read(cell)
        if type(cell) is str:
            if len(self) >= _REMEMBERED_MAX:
                self.clear()
            self[cell] = value
        return value


@dataclass(frozen=True, slots=True)
class Step:
    """One field filled from one cell: `index` into the cells, `slot` into the values."""

    slot: int
    index: int
    read: Reader
    column: str
    target: str


@dataclass(slots=True)
class Plan:
    """Everything a row needs: `blanks` are the values before any cell is read, in the order of `targets(kind)`."""

    mapping: Mapping
    header: tuple[str, ...]
    slots: dict[str, int]
    blanks: list[Any]
    steps: list[Step]
    amounts: dict[str, tuple[int, str]]
    dc_index: int
    debit: frozenset[str]
    credit: frozenset[str]
    skips: list[tuple[int, Reader]]
    identity: list[tuple[int, int]]
    content: list[tuple[int, int]]
    name_gives_customer: Reader | None


def make_plan(mapping: Mapping, header: tuple[str, ...]) -> Plan:
    """The plan of `mapping` for a file with this header. MappingProblem names the first column that is missing."""
    places = {name: index for index, name in enumerate(header)}
    plan = Plan(mapping, header, {}, [], [], {}, -1, frozenset(), frozenset(), [], [], [], None)
    for slot, target in enumerate(targets(mapping.kind)):
        plan.slots[target.name] = slot
        plan.blanks.append(None)
        _add(plan, target, slot, places)
    if mapping.sign == "dc_column":
        plan.dc_index = _place(mapping.dc_column, places, "debit/credit mark", "sign.column")
        plan.debit = frozenset(mark.casefold() for mark in mapping.dc_debit)
        plan.credit = frozenset(mark.casefold() for mark in mapping.dc_credit)
    for number, skip in enumerate(mapping.skip):
        index = _place(skip.column, places, "rows to skip", f"skip[{number}].column")
        chosen = frozenset(value.casefold() for value in (skip.values or skip.unless))
        plan.skips.append((index, _skipper(chosen, bool(skip.values))))
    plan.identity = _key(plan, mapping.identity_fields, places, "identity")
    plan.content = _key(plan, mapping.content_fields, places, "content")
    number_target, name_target = (
        ("number", "name") if mapping.kind == "customers" else ("customer", "customer_name")
    )
    if number_target not in mapping.columns and name_target in mapping.columns:
        plan.name_gives_customer = _Remembered(customer_number_from_name).__getitem__
    return plan


def _place(name: str, places: dict[str, int], target: str, where: str) -> int:
    if clean_name(name) not in places:
        raise MappingProblem(where, sentence("column_missing", {"column": name, "target": target}))
    return places[clean_name(name)]


def _skipper(chosen: frozenset[str], listed: bool) -> Reader:
    def skipped(cell: Cell) -> bool:
        try:
            return (identifier(cell).casefold() in chosen) is listed
        except Unreadable:
            return False  # such a cell equals nothing that a mapping can list

    return _Remembered(skipped).__getitem__


def _key(plan: Plan, names: tuple[str, ...], places: dict[str, int], where: str) -> list[tuple[int, int]]:
    """(slot, -1) for a field of Dunlin, (-1, index) for a column of the file."""
    return [
        (plan.slots[name], -1)
        if name in plan.slots
        else (-1, _place(name, places, "key of the row", f"{where}[{i}]"))
        for i, name in enumerate(names)
    ]


def _add(plan: Plan, target: Target, slot: int, places: dict[str, int]) -> None:
    """Add one field: as a constant, as an amount (read after its currency), or as a step."""
    column = plan.mapping.columns.get(target.name)
    if column is None:
        plan.blanks[slot] = _initial(target)
        return
    name = next((n for n in column.names if clean_name(n) in places), None)
    if name is None and column.names and column.default is None:
        raise MappingProblem(
            f"columns.{target.name}.column",
            sentence("column_missing", {"column": " / ".join(column.names), "target": words(target.name)}),
        )
    read = _reader(target, column, plan.mapping)
    if name is None:
        try:
            plan.blanks[slot] = (column.default or None) if target.form == "amount" else read(column.default)
        except Unreadable as error:
            raise MappingProblem(f"columns.{target.name}", str(error)) from None
        return
    index = places[clean_name(name)]
    if target.form in ("amount", "pays"):
        plan.amounts[target.name] = (index, name)
    plan.steps.append(Step(slot, index, read, name, target.name))


def _initial(target: Target) -> Any:
    if target.form in ("date", "month", "amount", "whole"):
        return None
    return {"yes_no": False, "pays": ""}.get(target.form, target.initial)


def _reader(target: Target, column: Column, mapping: Mapping) -> Reader:
    """The function that turns one cell of this field into its value, blanks and translations included."""
    blank = frozenset(entry.casefold() for entry in column.blank)
    if target.form in ("amount", "pays"):
        # Amounts need their currency, which another cell may hold: here only blanks are settled.
        default = column.default or None

        def amount_cell(cell: Cell) -> Cell:
            if not blank and type(cell) is str and cell and cell[0] > " ":
                return cell
            if isinstance(cell, str) and (not cell.strip() or (blank and cell.strip().casefold() in blank)):
                return default
            return cell

        return amount_cell
    form = _FORMS[target.form](target, mapping)
    values = {clean_text(key).casefold(): value for key, value in column.values.items()}
    clean = _cleaner(target)

    def read(cell: Cell) -> Any:
        if not isinstance(cell, str) and target.form in ("date", "month") and cell is not None:
            return form(cell)
        text = clean(cell)
        if not text or (blank and text.casefold() in blank):
            if not column.default and target.required:
                raise Unreadable("blank_required", target=words(target.name))
            return form(column.default) if column.default else _initial(target)
        if values:
            translated = values.get(text.casefold(), column.otherwise)
            if translated is None:
                raise Unreadable("value_not_in_list", value=text, target=words(target.name))
            return form(translated)
        return form(text)

    # Document numbers hardly repeat: remembering them only costs.
    return read if target.name in ("number", "reference") else _Remembered(read).__getitem__


def _cleaner(target: Target) -> Callable[[Cell], str]:
    if target.form == "name":
        return clean_name
    if target.form == "text":
        return _lines_kept
    return identifier


def _lines_kept(cell: Cell) -> str:
    return clean_text(cell, keep_lines=True)


def _identifier_form(target: Target, mapping: Mapping) -> Reader:
    longest = target.longest

    def read(text: str) -> str:
        return text if len(text) <= longest else _too_long(target)

    return read


def _text_form(target: Target, mapping: Mapping) -> Reader:
    longest = target.longest

    def read(text: str) -> str:
        masked = mask_card_numbers(text) if len(text) > 12 else text
        return masked if len(masked) <= longest else _too_long(target)

    return read


def _too_long(target: Target) -> str:
    raise Unreadable("text_too_long", target=words(target.name), limit=target.longest)


def _date_form(target: Target, mapping: Mapping) -> Reader:
    order, pivot, required = mapping.date_order, mapping.year_pivot, target.required
    parse = parse_month if target.form == "month" else parse_date

    def read(cell: Cell) -> Any:
        if isinstance(cell, str) and is_no_date(cell):
            if required:
                raise Unreadable("blank_required", target=words(target.name))
            return None
        return parse(cell, order, pivot)

    return read


def _currency_form(target: Target, mapping: Mapping) -> Reader:
    def read(cell: Cell) -> str:
        code = clean_text(cell).upper()
        if code not in MINOR_DIGITS and (code or target.required):
            raise Unreadable("currency_unknown", value=clean_text(cell))
        return code

    return read


def _choice_form(target: Target, mapping: Mapping) -> Reader:
    def read(cell: Cell) -> str:
        text = re.sub(r"[\s-]+", "_", clean_text(cell).casefold())
        if text not in target.choices:
            raise Unreadable("value_not_in_list", value=clean_text(cell), target=words(target.name))
        return text

    return read


_FORMS: dict[str, Callable[[Target, Mapping], Reader]] = {
    "identifier": _identifier_form,
    "text": _text_form,
    "name": _identifier_form,
    "date": _date_form,
    "month": _date_form,
    "currency": _currency_form,
    "choice": _choice_form,
    "whole": lambda target, mapping: whole_number,
    "yes_no": lambda target, mapping: yes_or_no,
}
