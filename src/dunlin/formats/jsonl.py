"""JSON Lines: one object a line, keys sorted, money as text with its currency, dates ISO. The format of exports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TextIO

from dunlin.formats.problems import TableProblem
from dunlin.rules.money import Money


def json_line(record: Mapping[str, Any]) -> str:
    """One record as a line with its line end. TypeError for a float: money and rates are never floats."""
    return (
        json.dumps(_plain(record), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        + "\n"
    )


def write_jsonl(stream: TextIO, records: Iterable[Mapping[str, Any]]) -> int:
    """Write the records; how many there were."""
    count = 0
    for record in records:
        stream.write(json_line(record))
        count += 1
    return count


def read_jsonl(stream: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, record) of every line that is not blank. Numbers with a point come as Decimal. TableProblem names the line."""
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, parse_float=Decimal, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise TableProblem("line_not_json", number, why=str(error)) from None
        if not isinstance(record, dict):
            raise TableProblem("line_not_json", number, why=f"it is a {type(record).__name__}")
        yield number, record


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Money):
        return {"amount": value.plain, "currency": value.currency}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    raise TypeError(f"{type(value).__name__} has no place in an export: {value!r}")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
