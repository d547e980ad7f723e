"""Whole numbers out of the database into an array, as fast as each engine can.

Measured for 894,000 items of four packed words on two busy cores: SQLite 1.3 s with the driver's own cursor into numpy, 2.4 s as
tuples through Django, 3.6 s as ten plain columns; PostgreSQL 0.8 s as one packed string, 1.0 s and 1.2 s as tuples.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection

Numbers = npt.NDArray[np.int64]

# Days are counted from here, so that every day a document may carry is above zero and fits twenty bits.
DAY_ZERO = date(1900, 1, 1)
_UNIX_DAY_ZERO = (date(1970, 1, 1) - DAY_ZERO).days

# Ids of one packed string: at most 128 MB of four numbers a row, far below the gigabyte a value may hold.
_CHUNK_IDS = 1 << 22


def day_number(on: date) -> int:
    """Days since DAY_ZERO."""
    return (on - DAY_ZERO).days


def day_of(number: int) -> date:
    """The day of a day number."""
    return DAY_ZERO + timedelta(int(number))


def day_sql(column: str) -> str:
    """SQL of the day number of a date column."""
    if connection.vendor == "postgresql":
        return f"({column} - DATE '{DAY_ZERO}')::bigint"
    return f"(unixepoch({column}) / 86400 + {_UNIX_DAY_ZERO})"


def unindexed(column: str) -> str:
    """The column, in a form that keeps SQLite from walking an index where reading the table once is faster."""
    return f"+{column}" if connection.vendor == "sqlite" else column


def database_day(on: date) -> Any:
    """A date as a parameter of raw SQL."""
    return connection.ops.adapt_datefield_value(on)


def fetch(words: Sequence[str], source: str, params: Sequence[Any], key: str) -> Numbers:
    """An array with one row per row of `source` ("FROM table ... WHERE ...") and one column per SQL expression in `words`.

    The words are whole numbers that are never null, written by us; `key` is the id column of the first table and splits the rows in chunks.
    The order of the rows is the engine's.
    """
    if connection.vendor == "postgresql":
        return _fetch_packed(words, source, params, key)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(words)} {source}", params)
        # The driver's own cursor: Django's wrapper costs a call per row.
        flat = np.fromiter(chain.from_iterable(cursor.cursor), np.int64)
    return flat.reshape(-1, len(words))


def _fetch_packed(words: Sequence[str], source: str, params: Sequence[Any], key: str) -> Numbers:
    """One packed string a stretch of ids. Not GROUP BY, which would sort all rows; compiling the query (jit) costs more
    than running it."""
    packed = " || ".join(f"int8send(({word})::bigint)" for word in words)
    sql = f"SELECT string_agg({packed}, ''::bytea) {source}"
    table = source.split()[1]
    connection.ensure_connection()
    cursor = psycopg.Cursor(connection.connection)  # Django's own cursor cannot ask for binary results
    cursor.execute("SET jit = off")
    cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")  # noqa: S608
    largest = cursor.fetchone()[0]  # type: ignore[index]
    chunks = [np.empty(0, np.int64)]
    for first in range(0, largest + 1, _CHUNK_IDS):
        stretch = "" if largest < _CHUNK_IDS else f" AND {key} >= {first} AND {key} < {first + _CHUNK_IDS}"
        cursor.execute(sql + stretch, params, binary=True)
        assert cursor.pgresult is not None
        chunks.append(np.frombuffer(cursor.pgresult.get_value(0, 0) or b"", ">i8").astype(np.int64))
    cursor.execute("RESET jit")
    return (chunks[1] if len(chunks) == 2 else np.concatenate(chunks)).reshape(-1, len(words))
