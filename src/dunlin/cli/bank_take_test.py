"""dunlin bank take: files in, money placed, a refusal with its status."""

from __future__ import annotations

import pytest

from dunlin.records.models import Receipt
from tests import typed
from tests.bank_cast import Line, camt

pytestmark = [pytest.mark.django_db, pytest.mark.req("E5")]


def test_files_are_taken_in_placed_and_a_refused_one_stops_no_other(books, tmp_path):
    good, bad = tmp_path / "in.xml", tmp_path / "bad.bin"
    good.write_bytes(
        camt([Line("500.00", "Lakeside Hotels", "INV-1001", "A1"), Line("9.00", "Nobody", "x", "A2")])
    )
    bad.write_bytes(b"\x00\x01\x02")
    told = typed.dunlin("bank", "take", str(bad), str(good), "--as", "mona", "--json")
    assert told.status == 2
    assert told.json["files"][0]["refused"]
    assert (
        told.json["files"][1]["new"],
        told.json["processed"]["placed"],
        told.json["processed"]["asked"],
    ) == (2, 1, 1)
    books.late.refresh_from_db()
    assert books.late.open == 0
    again = typed.dunlin("bank", "take", str(good), "--as", "mona")
    assert again.status == 0
    assert "taken in before" in again.out
    assert Receipt.objects.count() == 2


def test_who_may_not_is_refused_and_without_placing_everything_waits(books, tmp_path):
    good = tmp_path / "in.xml"
    good.write_bytes(camt([Line("500.00", "Lakeside Hotels", "INV-1001", "A1")]))
    assert typed.dunlin("bank", "take", str(good), "--as", "alice").status == 2
    assert not Receipt.objects.exists()
    assert typed.dunlin("bank", "take", str(good), "--as", "mona", "--no-placing").status == 0
    assert Receipt.objects.get().state == "waiting"
