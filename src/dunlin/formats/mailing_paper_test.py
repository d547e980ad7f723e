"""The manifest and the labels: every envelope once, figures that add up, nothing that runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re

import pytest

from dunlin.formats.mailing_paper import Mailing, MailPiece, manifest_csv, print_labels, print_manifest
from dunlin.formats.paper_frame import Recipient
from tests.paper_samples import AMERICAN, GERMAN, ON, pages_of, text_of

pytestmark = pytest.mark.req("C8")

TO = [
    Recipient("C-1", "Sägewerk KG", ("Gleis 1", "79098 Freiburg"), "DE"),
    Recipient("C-2", "=cmd|' /C calc'!A0", ("Rue 2", "75001 Paris"), "FR"),
    Recipient("C-3", "株式会社 東海", ("名古屋市",), "JP"),
    Recipient("C-4", "Ohne Land", ("Weg 4",)),
]


def mailing(**changes):
    pieces = tuple(
        MailPiece(i, to, "Statement", pages) for i, (to, pages) in enumerate(zip(TO, (1, 2, 3, 14)), 1)
    )
    return Mailing(**{"name": "March", "sender": GERMAN, "on": ON, "pieces": pieces} | changes)


def test_sheets_and_weight_of_an_envelope():
    both, one = mailing(), mailing(both_sides=False)
    assert [both.sheets(piece) for piece in both.pieces] == [1, 1, 2, 7]
    assert [one.sheets(piece) for piece in one.pieces] == [1, 2, 3, 14]
    # A4 of 5.0 g in an envelope of 5 g; from seven sheets on a large one of 20 g.
    assert [both.grams(piece) for piece in both.pieces] == [10, 10, 15, 55]
    assert [mailing(sender=AMERICAN).grams(piece) for piece in both.pieces] == [10, 10, 14, 52]


def test_a_mailing_no_post_room_takes_is_refused():
    with pytest.raises(ValueError, match="5,001 envelopes are more than"):
        mailing(pieces=(mailing().pieces[0],) * 5_001)


def test_the_manifest_as_csv_has_each_piece_and_no_formula():
    rows = list(csv.DictReader(io.StringIO(manifest_csv(mailing()).decode())))
    assert [row["customer"] for row in rows] == ["C-1", "C-2", "C-3", "C-4"]
    assert rows[1]["name"].startswith("'=")
    assert rows[1]["address"] == "Rue 2, 75001 Paris, FRANCE"
    assert [row["country"] for row in rows] == ["DE", "FR", "JP", "DE"]
    assert [row["sheets"] for row in rows] == ["1", "1", "2", "7"]


def test_the_manifest_on_paper_sums_by_country():
    text = text_of(print_manifest(mailing()).pdf)
    assert re.search(r"^Germany 2 15 8 65$", text, re.M)
    assert re.search(r"^Total 4 20 11 90$", text, re.M)
    assert [text.count(f" {to.number} ") for to in TO] == [1, 1, 1, 1]


def test_labels_fill_the_sheet_of_the_country_and_skip_used_ones():
    many = TO * 6
    assert len(pages_of(print_labels(GERMAN, many[:21], ON).pdf)) == 1
    assert len(pages_of(print_labels(GERMAN, many[:21], ON, skip=1).pdf)) == 2
    assert len(pages_of(print_labels(AMERICAN, many, ON, skip=6).pdf)) == 1
    text = text_of(print_labels(GERMAN, TO, ON).pdf)
    assert "75001 Paris\nFRANCE" in text
    assert "GERMANY" not in text
