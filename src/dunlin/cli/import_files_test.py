"""`dunlin import` and `dunlin export` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dunlin.cli.export import export
from dunlin.cli.import_files import import_files
from dunlin.records import models
from dunlin.rules.codes import Refused

ROWS = "customer,number,amount,document date,due date\nC1,A1,10.00,01/02/2026,03/04/2026\nC1,A2,x,01/02/2026,03/04/2026\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "book.csv"
    made.write_text(ROWS, encoding="utf-8")
    return made


def run(*arguments: Any) -> Result:
    result = CliRunner().invoke(import_files, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_what_a_file_leaves_open_is_asked_with_the_option_that_answers_it(db: None, path: Path) -> None:
    with pytest.raises(Refused, match="--date-order dmy"):
        run("items", path)
    with pytest.raises(Refused, match="--set currency=USD"):
        run("items", path, "--date-order", "dmy")
    assert not models.Item.objects.exists()


def test_the_report_for_machines_has_money_as_text(db: None, path: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    result = run(
        "items", path, "--date-order", "dmy", "--set", "currency=USD", "--corrections", bad, "--json"
    )
    told = json.loads(result.stdout)["imports"][0]
    assert (told["new"], told["refused"], told["state"]) == (1, 1, "done")
    assert told["totals"] == [{"currency": "USD", "rows": 1, "amount": "10.00", "open": "10.00"}]
    assert "C1,A2,x" in bad.read_text(encoding="utf-8-sig")


def test_a_saved_mapping_is_taken_by_itself_the_next_time(db: None, path: Path) -> None:
    run("items", path, "--date-order", "dmy", "--set", "currency=USD", "--save-mapping", "mine")
    result = run("items", path)
    assert "by mapping mine: 0 new, 0 changed, 1 the same, 1 refused" in result.stdout


def test_a_preview_shows_and_writes_nothing(db: None, path: Path) -> None:
    result = run("items", path, "--preview", "--date-order", "dmy", "--set", "currency=USD")
    assert "2 rows: 1 new" in result.stdout
    assert not models.ImportRun.objects.exists()


def test_an_export_tells_its_tables(books: Any, tmp_path: Path) -> None:
    result = CliRunner().invoke(export, [str(tmp_path / "out"), "--json"])
    assert json.loads(result.stdout)["tables"]["customers"] == models.Customer.objects.count()
