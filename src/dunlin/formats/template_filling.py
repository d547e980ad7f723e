"""Fill the nodes of a template with typed values. A value never becomes part of the template: it stands apart until the end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dunlin.formats.message_blocks import FIRST_VALUE, MOST_VALUES, Placed, Run
from dunlin.formats.message_text import MOST_LINES
from dunlin.formats.template_language import For, If, Node, Show, Text
from dunlin.formats.template_values import (
    LONGEST_LINES,
    ItemLine,
    ItemTable,
    amounts_of,
    amounts_text,
    clean_text,
    date_text,
    isolated,
    number_words,
)
from dunlin.formats.template_variables import VARIABLES
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money, NotMoney

LONGEST_OUTPUT = 500_000
_LINE_LENGTH = 100  # what a line of the item table counts

# Encrypted, or to this machine itself: a demo has no certificate.
_LINK = re.compile(
    r"(?:https://|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?/)[^\s<>\"'\\^`{|}]+\Z"
)


class Filling:
    """One filling of one template. `text` holds a character of a private range for every value; `placed` what they stand for."""

    def __init__(self, kind: str, values: Mapping[str, Any], language: str) -> None:
        self.kind, self.values, self.language = kind, values, language
        self.placed: list[Placed] = []
        self.length = 0

    def fill(self, nodes: Sequence[Node]) -> str:
        """The text of the nodes. Refused: template_value_missing, template_value_wrong, template_output_too_long."""
        out: list[str] = []
        self._walk(nodes, {}, out)
        return "".join(out)

    def _walk(self, nodes: Sequence[Node], entry: Mapping[str, Any], out: list[str]) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self._count(len(node.text))
                out.append(node.text)
            elif isinstance(node, Show):
                out.append(self._show(node, entry))
            elif isinstance(node, If):
                there = not _empty(self._value(node.name, node.field, entry))
                self._walk(node.then if there else node.otherwise, entry, out)
            else:
                self._loop(node, out)

    def _loop(self, node: For, out: list[str]) -> None:
        for each in self._value(node.over, "", {}) or ():
            self._count(1)  # an empty body costs too, so that every loop ends within the limit
            self._walk(node.body, {node.name: each}, out)

    def _value(self, name: str, field: str, entry: Mapping[str, Any]) -> Any:
        if field:
            each = entry[name]
            return getattr(each, field) if isinstance(each, ItemLine) else each
        kind = VARIABLES[self.kind][name].type
        value = self.values.get(name)
        if value is None:
            return None
        try:
            return _typed(kind, value)
        except (TypeError, ValueError, NotMoney):
            raise Refused("template_value_wrong", name=name, kind=kind, found=type(value).__name__) from None

    def _show(self, node: Show, entry: Mapping[str, Any]) -> str:
        value = self._value(node.name, node.field, entry)
        if node.field and node.type == "money" and isinstance(value, Money):
            value = (value,)
        for name, argument in node.filters:
            if name == "default" and _missing(value):
                return self._place(Run(clean_text(argument)))
        if _missing(value):
            if node.field or node.type == "block":
                return ""
            raise Refused("template_value_missing", name=node.name)
        return self._place(self._shown(node, value))

    def _shown(self, node: Show, value: Any) -> Placed:
        if isinstance(value, ItemTable):
            return value
        if node.type in ("lines", "block"):
            return tuple(isolated(_cased(line, node), self.language) for line in value.split("\n"))
        if node.type == "money":
            return Run(amounts_text(value, self.language))
        if node.type == "date":
            text = date_text(value, self.language)
        elif node.type == "number":
            text = number_words(value, self.language)
        else:
            text = value
        if node.type == "link":
            return Run(text, link=text)
        return Run(isolated(_cased(text, node), self.language))

    def _place(self, value: Placed) -> str:
        if isinstance(value, ItemTable):
            length = _LINE_LENGTH * (1 + min(len(value.lines), MOST_LINES) + len(value.left_out))
        else:
            length = len(value.text) if isinstance(value, Run) else sum(map(len, value))
        self._count(length)
        if len(self.placed) >= MOST_VALUES:
            raise Refused("template_output_too_long", limit=f"{LONGEST_OUTPUT:,}")
        self.placed.append(value)
        return chr(FIRST_VALUE + len(self.placed) - 1)

    def _count(self, more: int) -> None:
        self.length += more
        if self.length > LONGEST_OUTPUT:
            raise Refused("template_output_too_long", limit=f"{LONGEST_OUTPUT:,}")


def _typed(kind: str, value: Any) -> Any:
    """`value` as the declared type, text made inert; TypeError or ValueError: a wrong value is never shown as it prints."""
    if kind == "money":
        return amounts_of(value)
    if kind == "date" and isinstance(value, date):
        return value
    if kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "items" and all(isinstance(each, ItemLine) for each in value):
        return tuple(value)
    if kind == "documents" and not isinstance(value, str) and all(isinstance(each, str) for each in value):
        return tuple(clean_text(each) for each in value)
    if kind == "block" and isinstance(value, ItemTable):
        return value
    if kind == "text" and isinstance(value, str):
        return clean_text(value)
    if kind in ("lines", "block") and isinstance(value, str):
        return clean_text(value, LONGEST_LINES, lines=True)
    if kind == "link" and isinstance(value, str) and (not value or _LINK.match(value)):
        return value
    raise TypeError(kind)


def _missing(value: Any) -> bool:
    """Whether there is nothing to show: zero is something."""
    return value is None or value == () or (isinstance(value, str) and not value.strip())


def _empty(value: Any) -> bool:
    """What `if` takes for no: nothing, zero, zero of every currency, an empty list, a table without lines."""
    if isinstance(value, ItemTable):
        return not value.lines
    if isinstance(value, Money):
        return value.minor == 0
    if isinstance(value, tuple) and value and all(isinstance(each, Money) for each in value):
        return all(each.minor == 0 for each in value)
    return _missing(value) or value == 0


def _cased(text: str, node: Show) -> str:
    for name, _ in node.filters:
        text = text.upper() if name == "upper" else text.lower() if name == "lower" else text
    return text
