"""Load an export into an empty database: the same rows under the same keys, proved by the manifest."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.management.color import no_style
from django.db import DatabaseError, connection

from dunlin.actions.doing import Who, doing
from dunlin.actions.export_books import FORMAT_VERSION, FORMATS, MANIFEST, told_sums
from dunlin.actions.export_tables import (
    NATURAL,
    Names,
    NotAsExported,
    Table,
    read_row,
    record_from_cells,
    tables,
)
from dunlin.records import balance_sums, bulk
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused

Opener = Callable[[str], BinaryIO]


@dataclass(frozen=True)
class Loaded:
    """What was loaded: rows per table."""

    tables: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {"tables": self.tables}


def load_export(who: Who, source: Path, *, progress: Callable[[str, int], None] | None = None) -> Loaded:
    """Load a folder or .zip that `export_books` wrote, in one transaction: all of it or nothing.

    Users come without passwords; set new ones. Balances are made anew as of today. Refused: not_permitted,
    books_not_empty, file_unknown, file_not_understood, export_damaged.
    """
    with doing(who, "import_file") as act, _source(source) as opener:
        manifest = _manifest(opener, source)
        wanted = tables("decisions" in manifest["tables"])
        _refuse_unless_empty(wanted)

        names = _names(wanted, opener, manifest)
        rows = {}
        for table in wanted:
            rows[table.name] = _load(table, opener, manifest, names)
            if progress:
                progress(table.name, rows[table.name])
        _after_loading(wanted)
        balance_sums.rebuild(who.today, current_policy())

        act.verb = "load_export"
        act.tell(about="books", after={"moment": manifest.get("moment"), "tables": rows})
    return Loaded(rows)


def _refuse_unless_empty(wanted: tuple[Table, ...]) -> None:
    for table in wanted:
        rows = table.model._default_manager.count()
        if rows:
            raise Refused("books_not_empty", rows=rows, table=table.name)


def _manifest(opener: Opener, source: Path) -> dict[str, Any]:
    try:
        with closing(opener(MANIFEST)) as raw:
            manifest = json.loads(raw.read())
        known = manifest["version"] == FORMAT_VERSION and manifest["format"] in FORMATS
        missing = {table.name for table in tables()} - set(manifest["tables"])
    except (KeyError, OSError, ValueError, TypeError):
        raise Refused(
            "file_not_understood", file=str(source), why=f"it holds no {MANIFEST} of an export."
        ) from None
    if not known or missing:
        why = f"it is of another version, or lacks {', '.join(sorted(missing))}."
        raise Refused("file_not_understood", file=str(source), why=why)
    return cast("dict[str, Any]", manifest)


def _names(wanted: tuple[Table, ...], opener: Opener, manifest: dict[str, Any]) -> Names:
    """The keys of what is referred to by name, read beforehand: a parent may come after its child."""
    names: Names = {}
    for table in wanted:
        if table.model in NATURAL:
            called = NATURAL[table.model]
            names[table.model] = {
                record[called]: record["id"] for record in _records(table, opener, manifest["format"], None)
            }
    return names


def _load(table: Table, opener: Opener, manifest: dict[str, Any], names: Names) -> int:
    """Load one table and hold it against the manifest; how many rows it has."""
    digest = hashlib.sha256()
    sums: dict[str, dict[str, int]] = {}
    count = 0

    def rows() -> Iterator[list[Any]]:
        nonlocal count
        for record in _records(table, opener, manifest["format"], digest):
            count += 1
            yield read_row(table, record, names, sums)

    told = manifest["tables"][table.name]
    try:
        bulk.insert(table.model, table.columns, rows())
    except NotAsExported as problem:
        raise Refused("export_damaged", why=f"{problem}.") from None
    except DatabaseError as problem:
        raise Refused("export_damaged", why=f"{table.name}, row {count}: {problem}".strip()) from None
    for what, found, said in (
        ("rows", count, told.get("rows")),
        ("sums", told_sums(sums), told.get("sums")),
        ("fingerprint", digest.hexdigest(), told.get("sha256")),
    ):
        if found != said:
            raise Refused("export_damaged", why=f"{table.name}: its {what} should be {said}, not {found}.")
    return count


def _records(table: Table, opener: Opener, form: str, digest: Any) -> Iterator[dict[str, Any]]:
    """The records of one file as they stand in it, its bytes counted into `digest`."""
    try:
        raw = opener(f"{table.name}.{form}")
    except (KeyError, OSError):
        raise Refused("export_damaged", why=f"{table.name}.{form} is missing.") from None
    with closing(raw):
        lines = _lines(raw, digest)
        try:
            if form == "jsonl":
                for line in lines:
                    yield json.loads(line)
                return
            cells = csv.reader(lines)
            header = next(cells, [])
            for row in cells:
                yield record_from_cells(table, header, row)
        except (ValueError, csv.Error) as problem:
            raise Refused("export_damaged", why=f"{table.name}.{form}: {problem}.") from None


def _lines(raw: BinaryIO, digest: Any) -> Iterator[str]:
    for line in raw:
        if digest is not None:
            digest.update(line)
        yield line.decode("utf-8")


def _after_loading(wanted: tuple[Table, ...]) -> None:
    """New rows get keys above the loaded ones."""
    found = connection.ops.sequence_reset_sql(no_style(), [table.model for table in wanted])
    with connection.cursor() as cursor:
        for statement in found:
            cursor.execute(statement)


@contextmanager
def _source(source: Path) -> Iterator[Opener]:
    if source.is_dir():
        yield lambda name: cast(BinaryIO, (source / name).open("rb"))
        return
    if not source.exists():
        raise Refused("file_unknown", file=str(source))
    try:
        archive = zipfile.ZipFile(source)
    except zipfile.BadZipFile:
        raise Refused(
            "file_not_understood", file=str(source), why="it is neither a folder nor a .zip."
        ) from None
    with archive:
        yield lambda name: cast(BinaryIO, io.BufferedReader(archive.open(name), 1 << 18))  # type: ignore[arg-type]
