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
from tests.typed import dunlin

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


def test_the_exit_status_tells_of_refused_rows(db: None, path: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    said = ["--date-order", "dmy", "--set", "currency=USD"]
    assert dunlin("import", "items", path, *said, "--preview").status == 1
    first = dunlin("import", "items", path, *said, "--save-mapping", "mine", "--corrections", bad)
    assert (first.status, "2 rows by mapping mine" in first.out) == (1, True)
    assert "made: 1 customer, 1 entity\n" in first.out
    bad.write_text(bad.read_text(encoding="utf-8-sig").replace(",x,", ",5.00,"), encoding="utf-8")
    again = dunlin("import", "items", bad, "--mapping", "mine")
    assert (again.status, "1 row by mapping mine: 1 new" in again.out, "0 warnings" in again.out) == (
        0,
        True,
        True,
    )


@pytest.mark.req("A9")
def test_corrections_of_a_file_with_semicolons_go_in_again(db: None, tmp_path: Path) -> None:
    path, bad = tmp_path / "odd.csv", tmp_path / "bad.csv"
    path.write_bytes(
        "Kd-Nr;Beleg;Datum;Fällig;Betrag;Währg\n7;R1;13.04.2026;31.02.2026;5,00;EUR\n7;R2;1.04.2026;1.05.2026;5,00;EUR\n".encode(
            "cp1252"
        )
    )
    dunlin("import", "items", path, "--corrections", bad, "--save-mapping", "german")
    for more in (["--mapping", "german"], [], ["--preview"], ["--json"]):
        told = dunlin("import", "items", bad, *more)
        assert (told.status, "31.02.2026" in told.out + told.err) == (1, True), (more, told)
    told = dunlin("import", "items", path, "--set", "customer=Nope")
    assert told.refusal == (2, "column_unknown")


def test_a_preview_says_what_was_said(db: None, path: Path) -> None:
    told = dunlin(
        "import",
        "items",
        path,
        "--preview",
        "--date-order",
        "dmy",
        "--set",
        "currency=USD",
        "--set",
        "reference=number",
    )
    assert [line.split()[3] for line in told.out.splitlines() if " reference " in line] == ["said"]


def test_an_export_tells_its_tables(books: Any, tmp_path: Path) -> None:
    result = CliRunner().invoke(export, [str(tmp_path / "out"), "--json"])
    assert json.loads(result.stdout)["tables"]["customers"] == models.Customer.objects.count()
