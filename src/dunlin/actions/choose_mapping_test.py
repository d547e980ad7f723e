"""A mapping fitted to a file: corrections come back in another form, answers are told as given, entities are asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dunlin.actions.choose_mapping import read_by
from dunlin.actions.import_file import import_file
from dunlin.actions.preview_import import preview_import
from dunlin.actions.save_mapping import save_mapping
from dunlin.records.models import Entity, ExchangeRate, ImportRun, Item
from dunlin.reports.imports import corrections_csv
from dunlin.rules.codes import Refused
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("A9")]

GERMAN = (
    "Kd-Nr;Kunde;Beleg;Belegdatum;Fällig am;Betrag;Währg\n"
    "00123;Müller & Söhne;R-1;13.04.2026;13.05.2026;1.234,50;EUR\n"
    "00124;Straße AG;R-2;14.04.2026;31.02.2026;10,00;EUR\n"
)
DUE = "customer,name,number,date,due,amount,currency\nC1,Acme,A-1,2026-01-31,2026-03-01,10.00,USD\n"


def written(folder: Path, text: str, encoding: str = "utf-8", name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def take(path: Path, **more: Any) -> Any:
    return import_file(cast.who("ar_manager"), path, "items", **more)


def corrected(folder: Path, run: int) -> Path:
    text = "".join(corrections_csv(run)).replace("31.02.2026", "28.02.2026")
    return written(folder, text, "utf-8-sig", "corrections.csv")


@pytest.mark.parametrize("named", ["german", None])
@pytest.mark.parametrize(
    "delimiter, encoding", [(";", "cp1252"), ("\t", "utf-8"), (";", "utf-16"), ("\t", "utf-16")]
)
def test_corrections_are_read_by_the_mapping_that_was_saved_for_the_file(
    tmp_path, delimiter, encoding, named
):
    path = written(tmp_path, GERMAN.replace(";", delimiter), encoding)
    _, chosen = read_by(path, "items")
    saved = save_mapping(cast.who(), chosen.mapping, "german")
    report = take(path, mapping=saved)
    assert (report.new, report.refused) == (1, 1)
    bad = corrected(tmp_path, report.run_id)
    assert preview_import(cast.who(), bad, "items", named).new == 1
    mended = take(bad, mapping=named)
    assert (mended.mapping_name, mended.new, mended.refused) == ("german", 1, 0)
    assert Item.objects.get(number="R-2").customer.name == "Straße AG"


def test_a_mapping_that_names_the_form_of_its_files_reads_corrections_in_their_own(tmp_path):
    path = written(tmp_path, "Offene Posten;;;;;;\n" + GERMAN, "cp1252")
    table, chosen = read_by(path, "items")
    form = {"delimiter": ";", "encoding": "cp1252", "header_line": table.header_line}
    save_mapping(cast.who(), replace(chosen.mapping, **form), "german")
    report = take(path, mapping="german")
    bad = corrected(tmp_path, report.run_id)
    assert (take(bad, mapping="german").new, take(bad).same) == (1, 1)


def test_a_mapping_whose_columns_are_missing_is_refused_in_every_form(tmp_path):
    _, chosen = read_by(written(tmp_path, GERMAN), "items")
    save_mapping(cast.who(), replace(chosen.mapping, delimiter=";"), "german")
    other = written(tmp_path, "foo,bar\n1,2\n", name="other.csv")
    for told in (take, lambda path, **more: preview_import(cast.who(), path, "items", **more)):
        with pytest.raises(Refused, match="no column 'Kd-Nr'") as refused:
            told(other, mapping="german")
        assert refused.value.code == "mapping_not_usable"
    assert not ImportRun.objects.exists()


def test_what_somebody_says_is_told_as_said_and_what_it_frees_as_unused(tmp_path):
    path = written(tmp_path, GERMAN.replace("Beleg;", "Zeichen;").replace("Kunde;", "Debitor;"))
    answers = {"number": "Zeichen", "customer_name": "", "reference": "Debitor"}
    _, before = read_by(path, "items")
    _, after = read_by(path, "items", answers=answers)
    assert before.unused == ("Zeichen",)
    assert before.confidence["customer_name"] < 1
    assert after.unused == ()
    assert after.answered == {"number", "customer_name", "reference"}
    assert (after.confidence["number"], after.confidence["reference"]) == (1.0, 1.0)
    _, freed = read_by(path, "items", answers={"customer": "Debitor", "customer_name": ""})
    assert freed.unused == ("Kd-Nr", "Zeichen")
    shown = {
        column.field: column for column in preview_import(cast.who(), path, "items", answers=answers).columns
    }
    assert (shown["number"].said, shown["number"].column, shown["amount"].said) == (True, "Zeichen", False)


@pytest.mark.parametrize("field", ["customer", "number", "amount", "due_on"])
def test_a_column_written_wrong_is_no_constant(tmp_path, field):
    path = written(tmp_path, DUE)
    with pytest.raises(
        Refused, match=f"it has customer, name, number, date, due, .*write {field}=:Nope"
    ) as refused:
        read_by(path, "items", answers={field: "Nope"})
    assert refused.value.code == "column_unknown"


def test_a_colon_makes_a_constant_of_anything(tmp_path):
    path = written(tmp_path, DUE)
    _, chosen = read_by(
        path, "items", answers={"customer": ":Nope", "description": ":name", "entity": "US01"}
    )
    told = {field: (chosen.mapping.columns[field].names, chosen.mapping.columns[field].default) for field in
            ("customer", "description", "entity")}  # fmt: skip
    assert told == {"customer": ((), "Nope"), "description": ((), "name"), "entity": ((), "US01")}


# --- entities -------------------------------------------------------------------------------------------------------------


def test_a_file_without_entity_is_asked_for_one_when_there_are_several(tmp_path):
    path = written(tmp_path, DUE)
    assert read_by(path, "items")[1].questions == ()
    for code in ("US01", "UK01"):
        Entity.objects.create(code=code, name=code, currency="USD")
    for mapping in (None, replace(read_by(path, "items")[1].mapping, name="ours")):
        with pytest.raises(Refused, match=r"--set entity=UK01\|US01") as refused:
            take(path, mapping=mapping)
        assert refused.value.code == "mapping_question"
    template = written(
        tmp_path, "customer,number,document_on,due_on,amount,currency\nC1,A,2026-01-31,2026-03-01,5,USD\n"
    )
    with pytest.raises(Refused, match="no legal entity"):
        take(template)
    assert take(path, answers={"entity": "UK01"}).new == 1
    assert Item.objects.get().entity.code == "UK01"
    assert Entity.objects.count() == 2


def test_rows_without_entity_stay_the_same_when_a_second_one_opens(tmp_path):
    first = Entity.objects.create(code="US01", name="US", currency="USD")
    path = written(tmp_path, DUE)
    take(path)
    save_mapping(cast.who(), read_by(path, "items")[1].mapping, "ours")
    take(written(tmp_path, DUE.replace("A-1", "A-2"), name="b.csv"), mapping="ours")
    Entity.objects.create(code="UK01", name="UK", currency="USD")
    said = take(
        path,
        mapping=replace(read_by(path, mapping="ours")[1].mapping, name="guessed"),
        answers={"entity": "US01"},
    )
    assert (said.new, said.same) == (0, 1)
    own = take(written(tmp_path, DUE.replace("A-1", "A-3"), name="c.csv"), mapping="ours")
    assert own.new == 1, "the mapping has a usual entity: nothing is asked"
    assert set(Item.objects.values_list("entity", flat=True)) == {first.pk}


# --- what is told -----------------------------------------------------------------------------------------------------------


def test_what_no_column_gives_is_told_with_the_columns_nobody_reads(tmp_path):
    path = written(
        tmp_path, "customer,date,tobepaid,amount,currency,zz\nC1,2026-01-31,2026-03-01,10.00,USD,7\n"
    )
    told = preview_import(cast.who(), path, "items")
    assert told.refused == 1
    assert [notice.split(".")[0] for notice in told.notices] == [
        "No column gives the document number: rows are recognised by their content",
        "No column gives the due date, and none the terms: rows of customers without terms are refused",
    ]
    assert all("Columns not used: tobepaid, zz." in notice for notice in told.notices)
    assert take(path).notices == told.notices


def test_books_in_another_currency_than_the_home_currency_are_told(tmp_path):
    path = written(tmp_path, GERMAN.replace("31.02.2026", "28.05.2026"))
    told = "The amounts are in EUR, without a rate to USD"
    assert [notice[: len(told)] for notice in preview_import(cast.who(), path, "items").notices] == [told]
    assert any("Set home.currency, which is USD, or record rates." in notice for notice in take(path).notices)
    ExchangeRate.objects.create(base="EUR", quote="USD", on=cast.TODAY, rate="1.1", source="test")
    assert preview_import(cast.who(), path, "items").notices == ()
