"""Everything written out, loaded into an empty database and written out again: the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from dunlin.actions.export_books import export_books
from dunlin.actions.export_tables import NOT_EXPORTED, tables
from dunlin.actions.load_export import load_export
from dunlin.records import guards, models
from dunlin.records.policies import current_policy
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from tests import cast

WHO = cast.who("ar_manager")


def fill(books: cast.Books) -> None:
    """A little of everything that is awkward to carry."""
    lakeside = books.lakeside
    models.Customer.objects.filter(pk=books.harbour.pk).update(
        name="=HYPERLINK(\"x\"), 'quoted'\nГавань", credit_limit=0
    )
    models.CustomerName.objects.create(customer=lakeside, name="'Lake", sort_name="'lake")
    models.Note.objects.create(
        customer=lakeside, text='-1+1\r\nsecond line, "quoted"', at=WHO.now, by=books.alice
    )
    models.Setting.objects.create(name="home.currency", value="EUR", changed_at=WHO.now)
    models.ExchangeRate.objects.create(base="EUR", quote="USD", on=cast.TODAY, rate="1.084500")
    models.DiaryLine.objects.create(
        at=WHO.now, role="collector", door="desk", verb="add_note", before=None, after={"b": 1, "a": [1.5, None, "é"]}
    )  # fmt: skip
    cast.invoice(lakeside, "12.345", currency="KWD", number="KW-1")


def empty() -> None:
    """An empty database, as after `dunlin init`."""
    guards.remove(connection)
    call_command("flush", verbosity=0, interactive=False)
    guards.install(connection)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "manifest.json"}


@pytest.mark.req("A9")
@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("packed", ["", ".zip"], ids=["folder", "zip"])
def test_a_copy_of_a_copy_is_the_same_bytes(
    committed_books: cast.Books, tmp_path: Path, form: str, packed: str
) -> None:
    fill(committed_books)
    first = tmp_path / f"first{packed}"
    told = export_books(WHO, first, form)
    assert told.tables["items"] == models.Item.objects.count()
    export_books(WHO, tmp_path / "plain", form)

    empty()
    load_export(WHO, first)
    second = tmp_path / "second"
    export_books(WHO, second, form)
    assert contents(second) == contents(tmp_path / "plain")
    before, after = (
        json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("plain", "second")
    )
    assert before["tables"] == after["tables"]
    assert verify(cast.TODAY, current_policy()).clean
    assert models.Customer.objects.get(number=committed_books.harbour.number).name.startswith("=HYPERLINK")
    assert models.Customer.objects.get(number=committed_books.harbour.number).credit_limit == 0
    assert models.Customer.objects.get(number=committed_books.lakeside.number).credit_limit is None
    # New rows get keys of their own.
    assert cast.invoice(models.Customer.objects.first(), "1.00").pk > 0


def test_no_secret_leaves(books: cast.Books, tmp_path: Path) -> None:
    export_books(WHO, tmp_path / "out")
    users = (tmp_path / "out" / "users.jsonl").read_text()
    assert "password" not in users
    assert books.alice.password not in users


def test_money_is_text_with_its_currency(books: cast.Books, tmp_path: Path) -> None:
    export_books(WHO, tmp_path / "out")
    line = json.loads((tmp_path / "out" / "applications.jsonl").read_text().splitlines()[0])
    assert line["amount"] == {"amount": "250.00", "currency": "USD"}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["tables"]["applications"]["sums"] == {"amount": {"USD": "250.00"}}


def test_every_table_is_exported_or_named_as_left_out(db: None) -> None:
    exported = {table.model for table in tables(decisions=True)}
    own = set(apps.get_app_config("records").get_models())
    assert own - exported == set(NOT_EXPORTED)


def test_loading_wants_an_empty_database(books: cast.Books, tmp_path: Path) -> None:
    export_books(WHO, tmp_path / "out")
    with pytest.raises(Refused) as refused:
        load_export(WHO, tmp_path / "out")
    assert refused.value.code == "books_not_empty"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('"amount":"250.00"', '"amount":"251.00"'),
        lambda text: text + text,
        lambda text: text.replace('"why"', '"wy"'),
        lambda text: "",
        lambda text: text[:-20],
    ],
    ids=["amount", "twice", "field", "gone", "cut"],
)
def test_a_damaged_export_loads_nothing(committed_books: cast.Books, tmp_path: Path, spoil: object) -> None:
    export_books(WHO, tmp_path / "out")
    path = tmp_path / "out" / "applications.jsonl"
    path.write_text(spoil(path.read_text()))  # type: ignore[operator]
    empty()
    with pytest.raises(Refused) as refused:
        load_export(WHO, tmp_path / "out")
    assert refused.value.code == "export_damaged"
    assert not models.Entity.objects.exists()


def test_a_folder_with_something_in_it_is_not_written_to(books: cast.Books, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(Refused):
        export_books(WHO, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
