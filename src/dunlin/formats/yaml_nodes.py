"""Reading plain YAML with the exact place of every mistake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml


class MappingProblem(ValueError):
    """A mapping that cannot be used: `place` is where in it ("columns.due_on.column"), `detail` what is wrong there."""

    def __init__(self, place: str, detail: str) -> None:
        self.place = place
        self.detail = detail
        super().__init__(f"{place}: {detail}" if place else detail)


class PlainLoader(yaml.SafeLoader):
    """Safe YAML in which a column called No or Date, or a code 01, stays the text it is."""


PlainLoader.yaml_implicit_resolvers = {}
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z"), list("tf"))
PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"(?:0|[1-9]\d{0,8})\Z", re.ASCII), list("0123456789")
)
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|)\Z"), ["~", ""])


def load_plain(text: str) -> Any:
    """The tree of a YAML text. MappingProblem names the line of broken YAML."""
    try:
        return yaml.load(text, Loader=PlainLoader)  # noqa: S506 - a safe loader that reads fewer types
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "file"
        raise MappingProblem(where, f"not YAML: {getattr(error, 'problem', None) or error}") from None
    except (ValueError, RecursionError) as error:
        raise MappingProblem("file", f"not YAML: {error}") from None


def table(value: Any, place: str, allowed: Sequence[str]) -> dict[str, Any]:
    """`value` if it is keys with values, none of them unknown."""
    if not isinstance(value, dict):
        raise MappingProblem(place, f"must be keys with values, not {type(value).__name__}")
    for key in value:
        if key not in allowed:
            where = str(key) if place == "mapping" else f"{place}.{key}"
            raise MappingProblem(where, f"not known here; known: {', '.join(allowed)}")
    return value


def typed(value: Any, wanted: type, place: str) -> Any:
    """`value` if it is of that very type."""
    if type(value) is not wanted:
        raise MappingProblem(place, f"must be {wanted.__name__}, not {type(value).__name__}")
    return value


def as_list(value: Any, place: str) -> list[Any]:
    """A list; nothing counts as an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise MappingProblem(place, "must be a list")
    return value


def text(value: Any, place: str) -> str:
    """`value` as text; plain digits count as text."""
    if type(value) is int:
        return str(value)  # plain digits: the text is the same
    if not isinstance(value, str):
        raise MappingProblem(place, f"{value!r} must be text; put it in quotation marks")
    return value


def texts(value: Any, place: str) -> tuple[str, ...]:
    """A list of texts; nothing counts as an empty list."""
    return tuple(text(entry, f"{place}[{i}]") for i, entry in enumerate(as_list(value, place)))


def names(value: Any, place: str) -> tuple[str, ...]:
    """One text or a list of them."""
    return texts(value, place) if isinstance(value, list) else (text(value, place),)
