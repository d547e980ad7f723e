"""An open-items file that leaves out what earlier ones brought: told, listed, and nothing closed by it."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dunlin.actions.import_file import import_file
from dunlin.actions.import_file_test import books_digest, file, sound
from dunlin.actions.preview_import import preview_import
from dunlin.records import models
from dunlin.reports.imports import import_problems, missing_csv
from tests import cast
from tests.cast import TODAY

pytestmark = [pytest.mark.req("A9"), pytest.mark.req("A7")]
HEAD = "entity,customer,kind,number,document date,due date,open amount,currency"
FIRST = (
    "US01,K1,invoice,A1,2026-10-01,2026-10-31,100.00,USD",
    "US01,K1,invoice,A2,2026-10-01,2026-10-31,200.00,USD",
    "DE01,K2,invoice,B1,2026-10-01,2026-10-31,300.00,EUR",
)


def take(folder: Path, *rows: str, after: int, head: str = HEAD, **more: Any) -> Any:
    """Import the rows `after` days after the first file."""
    who = cast.who("ar_manager", at=cast.moment(TODAY - timedelta(9 - after)))
    return import_file(who, file(folder, *rows, name=f"open{after}.csv", head=head), "items", **more)


def listed(run_id: int) -> list[dict[str, str]]:
    return list(csv.DictReader(missing_csv(run_id)))


def test_what_the_next_file_leaves_out_is_told_with_a_list_and_stays_open(db: None, tmp_path: Path) -> None:
    assert take(tmp_path, *FIRST, after=0).missing == 0
    report = take(tmp_path, FIRST[1].replace("200.00", "150.00"), after=1)
    assert (report.changed, report.missing, report.warnings) == (1, 1, 0)
    assert report.notices == (
        "1 document of earlier files of this mapping is not in this one and still open here.",
    )
    assert models.Item.objects.get(number="A1").open == 10_000
    assert listed(report.run_id) == [
        {"entity": "US01", "customer": "K1", "kind": "invoice", "number": "A1", "instalment": "", "currency": "USD",
         "open": "100.00", "document_on": "2026-10-01", "due_on": "2026-10-31"},
    ]  # fmt: skip
    assert import_problems(report.run_id) == ()  # it is no row of the file
    assert sound()
    # Until it is settled or comes again, every file tells it; another entity's open items are no part of such a file.
    assert take(tmp_path, FIRST[1].replace("200.00", "150.00"), after=2).missing == 1
    assert take(tmp_path, FIRST[0], FIRST[1].replace("200.00", "150.00"), after=3).missing == 0


def test_a_document_settled_here_meanwhile_is_not_missing(db: None, tmp_path: Path) -> None:
    take(tmp_path, *FIRST, after=0)
    cast.payment(
        models.Customer.objects.get(number="K1"), "100.00", applied_to=models.Item.objects.get(number="A1")
    )
    assert take(tmp_path, FIRST[1], after=1).missing == 0


def test_a_file_of_new_documents_only_misses_nothing(db: None, tmp_path: Path) -> None:
    take(tmp_path, *FIRST, after=0)
    assert take(tmp_path, FIRST[0].replace("A1", "A3"), after=1).missing == 0


def test_a_file_without_open_amounts_misses_nothing(db: None, tmp_path: Path) -> None:
    head = HEAD.replace("open amount", "amount")
    take(tmp_path, *FIRST, after=0, head=head)
    assert take(tmp_path, FIRST[1], after=1, head=head).missing == 0


def test_a_preview_tells_it_and_a_dry_run_lists_it_and_neither_writes(db: None, tmp_path: Path) -> None:
    take(tmp_path, *FIRST, after=0)
    before = books_digest()
    path = file(tmp_path, FIRST[1], head=HEAD)
    shown = preview_import(cast.who("ar_manager"), path, "items")
    assert any("not in this one" in notice for notice in shown.notices)
    assert not shown.problems
    tried = take(tmp_path, FIRST[1], after=1, dry_run=True)
    assert (tried.missing, len(listed(tried.run_id))) == (1, 1)
    assert books_digest() == before


def test_refused_rows_are_said_to_count_as_missing(db: None, tmp_path: Path) -> None:
    take(tmp_path, *FIRST, after=0)
    report = take(tmp_path, FIRST[0].replace("100.00", "a lot"), FIRST[1], after=1)
    assert (report.refused, report.missing) == (1, 1)
    assert report.notices[0].endswith("Rows that were refused count as not in it.")
