"""Write everything out: the books and the day as JSON Lines or CSV, with a manifest that proves the copy."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.db import connection, transaction

from dunlin import __version__
from dunlin.actions.doing import Who, doing
from dunlin.actions.export_tables import Table, as_cells, as_lines, tables
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.roles import may

FORMAT_VERSION = 1
FORMATS = ("jsonl", "csv")
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Exported:
    """What was written: rows per table, and where."""

    path: Path
    format: str
    tables: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {"path": str(self.path), "format": self.format, "tables": self.tables}


def export_books(
    who: Who,
    target: Path,
    format: str = "jsonl",
    *,
    decisions: bool = False,
    progress: Callable[[str, int], None] | None = None,
) -> Exported:
    """Write every table into a folder, or into one file when `target` ends in .zip; all as of one moment.

    `progress(table, rows)` is called after each table. `load_export` makes the same books of it in an empty database.
    Refused: not_permitted, file_not_understood (a format there is not, or a folder that holds something already).
    """
    if not may(who.role, "export_books"):
        raise Refused("not_permitted", who=who.name, role=who.role.replace("_", " "), verb="export the books")
    if format not in FORMATS:
        raise Refused(
            "file_not_understood", file=str(target), why=f"{format!r} is none of {', '.join(FORMATS)}."
        )
    manifest: dict[str, Any] = {
        "format": format, "version": FORMAT_VERSION, "program": f"dunlin {__version__}", "moment": who.now.isoformat(),
        "tables": {},
    }  # fmt: skip
    with _target(target) as place, one_moment():
        for table in tables(decisions):
            name = f"{table.name}.{format}"
            with place(name) as raw:
                manifest["tables"][table.name] = {"file": name, **_written(table, format, raw)}
            if progress:
                progress(table.name, manifest["tables"][table.name]["rows"])
        with place(MANIFEST) as raw:
            raw.write((json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode())
    rows = {name: told["rows"] for name, told in manifest["tables"].items()}
    with doing(who, "export_books") as act:
        act.tell(about="books", after={"format": format, "tables": rows})
    return Exported(target, format, rows)


class _Counted(io.RawIOBase):
    """Passes bytes on and keeps their fingerprint."""

    def __init__(self, inner: BinaryIO) -> None:
        super().__init__()
        self.inner = inner
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self.inner.write(data)
        return len(data)


def _written(table: Table, format: str, raw: BinaryIO) -> dict[str, Any]:
    """Write one table; its rows, fingerprint and sums, as the manifest tells them."""
    counted = _Counted(raw)
    sums: dict[str, dict[str, int]] = {}
    rows = 0
    out = io.TextIOWrapper(io.BufferedWriter(counted, 1 << 18), encoding="utf-8", newline="")
    if format == "jsonl":
        for line in as_lines(table, table.values(), sums):
            out.write(line)
            rows += 1
    else:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([field.name for field in table.fields])
        for cells in as_cells(table, table.values(), sums):
            writer.writerow(cells)
            rows += 1
    out.flush()
    out.detach().detach()  # the file below stays open: its owner closes it
    return {"rows": rows, "sha256": counted.digest.hexdigest(), "sums": told_sums(sums)}


def told_sums(sums: dict[str, dict[str, int]]) -> dict[str, dict[str, str]]:
    """Sums per column and currency as plain amounts."""
    return {
        name: {currency: Money(minor, currency).plain for currency, minor in sorted(held.items())}
        for name, held in sorted(sums.items())
    }


@contextmanager
def _target(target: Path) -> Iterator[Callable[[str], Any]]:
    """Gives a function that opens a file of the export for writing, in a folder or in an archive."""
    if target.suffix.lower() == ".zip":
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            yield lambda name: _member(archive, name)
        return
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Refused("file_not_understood", file=str(target), why="it is not an empty folder.")
    target.mkdir(parents=True, exist_ok=True)
    yield lambda name: (target / name).open("wb")


def _member(archive: zipfile.ZipFile, name: str) -> BinaryIO:
    # A fixed moment, so that two archives of the same books are the same bytes but for the manifest.
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return cast(BinaryIO, archive.open(entry, "w", force_zip64=True))


@contextmanager
def one_moment() -> Iterator[None]:
    """All statements inside see the books as of one moment, and nobody waits for them."""
    if connection.in_atomic_block:
        yield
        return
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
        return
    # `atomic` would take the write lock; a plain BEGIN reads from a snapshot of the log.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
