"""A mapping says how the columns of one kind of file fill the fields of Dunlin; it is named, saved and plain YAML.

Format: docs/reference/mapping-format.md. The fields that can be filled: `targets.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any

import yaml

from dunlin.formats.targets import KINDS, Target, target_names, targets
from dunlin.formats.yaml_nodes import MappingProblem, as_list, load_plain, names, table, text, texts, typed

__all__ = [
    "Column",
    "Mapping",
    "MappingProblem",
    "Skip",
    "from_yaml",
    "shipped",
    "shipped_names",
    "targets",
    "to_yaml",
]

DATE_ORDERS = ("ymd", "dmy", "mdy")
SIGNS = ("as_is", "negative_is_credit", "dc_column")
PIVOT_DEFAULT = 69

# What makes two rows the same item when the document has a number, and when it has none.
IDENTITY_DEFAULT = {
    "customers": ("number",),
    "contacts": ("customer", "name", "role"),
    "items": ("entity", "customer", "number", "instalment"),
    "payments": ("entity", "customer", "number"),
}
CONTENT_DEFAULT = {
    "items": ("entity", "customer", "kind", "document_on", "due_on", "amount", "currency", "po_number", "order_number",
              "reference", "description"),
    "payments": ("entity", "customer", "value_on", "amount", "currency", "method", "reference", "description"),
}  # fmt: skip

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\Z")


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field comes from: the first of `names` that the file has; `default` for a blank cell or a missing column.

    A column without names is a constant. `values` translates cells (case does not matter); a cell not in it is
    refused unless `otherwise` says what it becomes. Cells listed in `blank` count as blank.
    """

    names: tuple[str, ...] = ()
    default: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    blank: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows left out on purpose: those whose `column` holds one of `values`, or, with `unless`, holds none of `unless`."""

    column: str
    values: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """How one kind of file is read. Build it with `from_yaml`, or directly and call `check()`.

    `date_order` and `decimal_comma` hold for the whole file. `sign`: `as_is` (amounts are positive, the kind says the
    side), `negative_is_credit` (a negative amount is a credit memo), `dc_column` (`dc_column` holds a mark of
    `dc_debit` or `dc_credit`). `identity` lists the fields or source columns that make a row the same row next time;
    `content` those hashed when the document number is blank. `notices` are told to whoever imports.
    """

    name: str
    kind: str
    columns: dict[str, Column]
    about: str = ""
    date_order: str = "ymd"
    year_pivot: int = PIVOT_DEFAULT
    decimal_comma: bool = False
    sign: str = "as_is"
    dc_column: str = ""
    dc_debit: tuple[str, ...] = ()
    dc_credit: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    skip: tuple[Skip, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    header_line: int | None = None
    notices: tuple[str, ...] = ()

    @property
    def identity_fields(self) -> tuple[str, ...]:
        """The fields of the identity, the usual ones when the mapping names none."""
        return self.identity or IDENTITY_DEFAULT[self.kind]

    @property
    def content_fields(self) -> tuple[str, ...]:
        """The fields hashed when a row has no number."""
        return self.content or CONTENT_DEFAULT.get(self.kind, ())

    def source_columns(self) -> tuple[str, ...]:
        """Every column name of the file that the mapping mentions, in order, once."""
        own = set(target_names(self.kind))
        names = [name for column in self.columns.values() for name in column.names]
        names += [self.dc_column] if self.dc_column else []
        names += [skip.column for skip in self.skip]
        names += [name for name in (*self.identity, *self.content) if name not in own]
        return tuple(dict.fromkeys(names))

    def with_constant(self, target: str, value: str) -> Mapping:
        """The same mapping with one field set to a constant (an answered question, such as the currency)."""
        return replace(self, columns={**self.columns, target: Column(default=value)}).check()

    def check(self) -> Mapping:
        """The mapping itself if it can be used; MappingProblem with the exact place otherwise."""
        _check_head(self)
        known = {target.name: target for target in targets(self.kind)}
        for name, column in self.columns.items():
            if name not in known:
                raise MappingProblem(
                    f"columns.{name}", f"not a field of {self.kind}; fields: {', '.join(known)}"
                )
            _check_column(f"columns.{name}", column, known[name])
        _check_required(self, known)
        _check_sign(self)
        return self


def _check_head(mapping: Mapping) -> None:
    if not _NAME.match(mapping.name):
        raise MappingProblem(
            "name", f"{mapping.name!r} must be small letters, digits and hyphens, 60 at most"
        )
    if mapping.kind not in KINDS:
        raise MappingProblem("kind", f"{mapping.kind!r} is none of {', '.join(KINDS)}")
    if mapping.date_order not in DATE_ORDERS:
        raise MappingProblem("date_order", f"{mapping.date_order!r} is none of {', '.join(DATE_ORDERS)}")
    if not 0 <= mapping.year_pivot <= 100:
        raise MappingProblem("year_pivot", "must be from 0 to 100: years below it are 20xx")
    if mapping.delimiter is not None and (len(mapping.delimiter) != 1 or mapping.delimiter in '"\r\n'):
        raise MappingProblem("file.delimiter", f"{mapping.delimiter!r} must be one character")
    if mapping.header_line is not None and mapping.header_line < 1:
        raise MappingProblem("file.header_line", "lines are counted from 1")
    for index, skip in enumerate(mapping.skip):
        if bool(skip.values) == bool(skip.unless):
            raise MappingProblem(f"skip[{index}]", "needs either values or unless")


def _check_column(place: str, column: Column, target: Target) -> None:
    if not column.names and column.default is None:
        raise MappingProblem(place, "names neither a column nor a constant")
    if any(not name.strip() for name in column.names):
        raise MappingProblem(f"{place}.column", "a column name is blank")
    if target.choices:
        given = [*column.values.values(), *(x for x in (column.default, column.otherwise) if x is not None)]
        for value in given:
            if value not in target.choices:
                raise MappingProblem(place, f"{value!r} is none of {', '.join(target.choices)}")


def _check_required(mapping: Mapping, known: dict[str, Target]) -> None:
    stands_in = {"customer": "customer_name", "number": "name"}
    for target in known.values():
        other = stands_in.get(target.name, "")
        if target.required and target.name not in mapping.columns and other not in mapping.columns:
            raise MappingProblem(f"columns.{target.name}", f"is required: {target.meaning}")
    if mapping.kind == "items":
        for pair in (("amount", "open"), ("document_on", "posted_on")):
            if not any(name in mapping.columns for name in pair):
                raise MappingProblem(f"columns.{pair[0]}", f"one of {pair[0]} and {pair[1]} is required")


def _check_sign(mapping: Mapping) -> None:
    if mapping.sign not in SIGNS:
        raise MappingProblem("sign", f"{mapping.sign!r} is none of {', '.join(SIGNS)}")
    if mapping.sign == "dc_column" and not (mapping.dc_column and mapping.dc_debit and mapping.dc_credit):
        raise MappingProblem("sign", "a debit/credit column needs column, debit and credit")


# --- YAML -----------------------------------------------------------------------------------------------------------

_HEAD = ("name", "kind", "about", "date_order", "year_pivot", "decimal_comma", "sign", "columns", "identity", "content",
         "skip", "file", "notices")  # fmt: skip
_FILE = ("delimiter", "encoding", "sheet", "header_line")
_TYPES: dict[str, type] = {
    "name": str, "kind": str, "about": str, "date_order": str, "year_pivot": int, "decimal_comma": bool,
    "delimiter": str, "encoding": str, "sheet": str, "header_line": int,
}  # fmt: skip


def from_yaml(text: str) -> Mapping:
    """The mapping written in `text`. MappingProblem names the place (or the line of broken YAML)."""
    tree = load_plain(text)
    head = table(tree, "mapping", _HEAD)
    for name in ("name", "kind", "columns"):
        if name not in head:
            raise MappingProblem(name, "is required")
    given: dict[str, Any] = {key: typed(head[key], _TYPES[key], key) for key in _TYPES if key in head}
    if given["kind"] not in KINDS:
        raise MappingProblem("kind", f"{given['kind']!r} is none of {', '.join(KINDS)}")
    in_file = table(head.get("file") or {}, "file", _FILE)
    given |= {key: typed(value, _TYPES[key], f"file.{key}") for key, value in in_file.items()}
    given |= {key: texts(head[key], key) for key in ("identity", "content", "notices") if key in head}
    given |= _sign(head.get("sign", "as_is"))
    given["skip"] = tuple(
        _skip(entry, f"skip[{i}]") for i, entry in enumerate(as_list(head.get("skip"), "skip"))
    )
    columns = table(head["columns"], "columns", target_names(given["kind"]))
    given["columns"] = {name: _column(entry, f"columns.{name}") for name, entry in columns.items()}
    return Mapping(**given).check()


def to_yaml(mapping: Mapping) -> str:
    """The mapping as YAML text, in a fixed order, without what is at its default; `from_yaml` reads it back the same."""
    tree: dict[str, Any] = {"name": mapping.name, "kind": mapping.kind}
    plain = Mapping(name=mapping.name, kind=mapping.kind, columns={})
    for key in ("about", "date_order", "year_pivot", "decimal_comma"):
        if getattr(mapping, key) != getattr(plain, key) or key == "date_order":
            tree[key] = getattr(mapping, key)
    if mapping.sign == "dc_column":
        tree["sign"] = {
            "column": mapping.dc_column,
            "debit": [*mapping.dc_debit],
            "credit": [*mapping.dc_credit],
        }
    else:
        tree["sign"] = mapping.sign
    tree["columns"] = {name: _column_tree(column) for name, column in mapping.columns.items()}
    tree |= {
        key: [*getattr(mapping, key)] for key in ("identity", "content", "notices") if getattr(mapping, key)
    }
    if mapping.skip:
        tree["skip"] = [
            {"column": s.column, "values": [*s.values]}
            if s.values
            else {"column": s.column, "unless": [*s.unless]}
            for s in mapping.skip
        ]
    in_file = {key: getattr(mapping, key) for key in _FILE if getattr(mapping, key) is not None}
    if in_file:
        tree["file"] = in_file
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=110)


def _column_tree(column: Column) -> Any:
    tree: dict[str, Any] = {}
    if column.names:
        tree["column"] = column.names[0] if len(column.names) == 1 else [*column.names]
    if column.default is not None:
        tree["default" if column.names else "constant"] = column.default
    tree |= {"values": dict(column.values)} if column.values else {}
    tree |= {"otherwise": column.otherwise} if column.otherwise is not None else {}
    tree |= {"blank": [*column.blank]} if column.blank else {}
    return tree["column"] if list(tree) == ["column"] else tree


def _column(entry: Any, place: str) -> Column:
    if isinstance(entry, (str, list)) or type(entry) is int:
        return Column(names=names(entry, place))
    tree = table(entry, place, ("column", "constant", "default", "values", "otherwise", "blank"))
    if "constant" in tree and len(tree) > 1:
        raise MappingProblem(f"{place}.constant", "a constant stands alone")
    if "constant" in tree:
        return Column(default=text(tree["constant"], f"{place}.constant"))
    if "column" not in tree:
        raise MappingProblem(place, "names neither a column nor a constant")
    values = tree.get("values") or {}
    if not isinstance(values, dict):
        raise MappingProblem(f"{place}.values", "must be keys with values")
    return Column(
        names=names(tree["column"], f"{place}.column"),
        default=text(tree["default"], f"{place}.default") if "default" in tree else None,
        values={text(k, f"{place}.values"): text(v, f"{place}.values.{k}") for k, v in values.items()},
        otherwise=text(tree["otherwise"], f"{place}.otherwise") if "otherwise" in tree else None,
        blank=texts(tree.get("blank"), f"{place}.blank"),
    )


def _sign(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"sign": value}
    tree = table(value, "sign", ("column", "debit", "credit"))
    for key in ("column", "debit", "credit"):
        if key not in tree:
            raise MappingProblem(f"sign.{key}", "is required for a debit/credit column")
    return {
        "sign": "dc_column",
        "dc_column": text(tree["column"], "sign.column"),
        "dc_debit": texts(tree["debit"], "sign.debit"),
        "dc_credit": texts(tree["credit"], "sign.credit"),
    }


def _skip(entry: Any, place: str) -> Skip:
    tree = table(entry, place, ("column", "values", "unless"))
    if "column" not in tree:
        raise MappingProblem(f"{place}.column", "is required")
    values, unless = (texts(tree.get(key), f"{place}.{key}") for key in ("values", "unless"))
    return Skip(text(tree["column"], f"{place}.column"), values, unless)


# --- shipped mappings -----------------------------------------------------------------------------------------------


def shipped_names() -> tuple[str, ...]:
    """Names of the mappings that come with Dunlin, sorted."""
    folder = files("dunlin.formats") / "shipped"
    return tuple(
        sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    )


def shipped(name: str) -> Mapping:
    """A mapping that comes with Dunlin. KeyError if there is none of that name."""
    if name not in shipped_names():
        raise KeyError(name)
    return from_yaml((files("dunlin.formats") / "shipped" / f"{name}.yaml").read_text(encoding="utf-8"))


def shipped_for(header: Iterable[str]) -> Mapping | None:
    """The shipped mapping of which the file has every column, the most specific first; None when none fits."""
    have = set(header)
    fitting = []
    for name in shipped_names():
        mapping = shipped(name)
        if all(not c.names or any(n in have for n in c.names) for c in mapping.columns.values()):
            fitting.append((sum(1 for c in mapping.columns.values() if c.names), name, mapping))
    return max(fitting, key=lambda entry: entry[0], default=(0, "", None))[2]
