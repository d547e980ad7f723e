"""Letters: the address stands in the window, the items are in the letter, and the text is printed as it was written."""

from __future__ import annotations

import io
from datetime import date

import pypdf
import pytest

from dunlin.formats.letter_paper import LetterTable, bold_runs, letter_data, letter_pdf, print_letter
from dunlin.formats.paper_frame import Recipient
from dunlin.rules.money import Money
from tests.paper_samples import AMERICAN, letter, pages_of, text_of

pytestmark = pytest.mark.req("C8")
MM = 72 / 25.4


def places_of(pdf: bytes) -> dict[str, tuple[float, float]]:
    """Where each piece of text of the first page begins, in points from the left and from the top."""
    page = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]
    height, found = float(page.mediabox.height), {}

    def visit(text, current, matrix, *_):
        found.setdefault(text.strip(), (current[4] + matrix[4], height - current[5] - matrix[5]))

    page.extract_text(visitor_text=visit)
    return found


def lines_in(places, wanted):
    return [
        (x, y) for text, (x, y) in places.items() if text and any(line.startswith(text) for line in wanted)
    ]


@pytest.mark.parametrize(
    ("sender", "window"),
    [
        # DIN 5008 form B: the address field is 45 to 90 mm from the top, 20 to 105 mm from the left.
        (None, (20 * MM, 45 * MM, 105 * MM, 90 * MM)),
        # A #10 envelope: the window is 7/8 to 5 3/8 inches from the left; folded in three it shows 2 to 3 1/8 inches.
        (AMERICAN, (0.87 * 72, 1.9 * 72, 5.4 * 72, 3.2 * 72)),
    ],
)
def test_the_address_stands_in_the_window(sender, window):
    one = letter(**({"sender": sender} if sender else {}))
    found = lines_in(places_of(print_letter(one).pdf), (one.to.name, *one.to.lines))
    assert len(found) >= 3
    left, top, right, bottom = window
    assert all(left <= x < right and top <= y <= bottom for x, y in found)


def test_a_long_address_stays_in_the_window():
    to = Recipient(
        "C-1",
        "Gemeinnützige Wohnungsbaugenossenschaft der Eisenbahnbediensteten Südbaden-Oberrhein eG",
        (
            "z. Hd. Frau Dr.-Ing. Annegret Freifrau von Schellenberg-Hohenstein",
            "Zentrale Rechnungsprüfung",
            "Am Alten Güterbahnhof 17–23, Gebäude C, Aufgang 4, Hinterhaus rechts",
            "79098 Freiburg im Breisgau",
        ),
        "CH",
    )
    found = lines_in(places_of(print_letter(letter(to=to)).pdf), ["SWITZERLAND"])
    assert [y < 90 * MM for _, y in found] == [True]


@pytest.mark.trap(56)
def test_the_items_are_in_the_letter_with_their_total():
    text = text_of(print_letter(letter()).pdf)
    assert "INV-20101 05.01.2026 04.02.2026 40 5.450,86" in text
    assert "INV-20102 12.01.2026 11.02.2026 33 4.250,00" in text
    assert "Summe 9.700,86" in text
    assert "Anlagen\nRechnung INV-20101" in text
    assert "Hamburg, 16.03.2026" in text


@pytest.mark.trap(22)
def test_each_letter_is_a_file_of_its_own():
    papers = letter_pdf([letter(to=Recipient(f"C-{i}", f"Firma {i}", ())) for i in range(3)])
    assert [[f"Firma {i}" in text_of(paper) for i in range(3)] for paper in papers] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


def test_a_long_table_goes_over_pages_and_repeats_its_head():
    rows = tuple((f"INV-{i}", date(2026, 1, 1), Money(i, "EUR")) for i in range(120))
    pages = pages_of(print_letter(letter(body=(LetterTable(("Rechnung", "Datum", "Offen"), rows),))).pdf)
    assert len(pages) == 3
    assert all("Rechnung Datum Offen" in page for page in pages)


def test_a_table_of_uneven_rows_is_refused():
    for table in (
        LetterTable(("A", "B"), (("x",),)),
        LetterTable(("A",), (("x",),), ("y", "z")),
        LetterTable((), ()),
    ):
        with pytest.raises(ValueError, match="as long as its head"):
            letter_data(letter(body=(table,)))


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("plain", [["plain", False]]),
        ("a **b** c", [["a ", False], ["b", True], [" c", False]]),
        ("2 ** 3", [["2 ** 3", False]]),
        ("a **b** c ** d", [["a ", False], ["b", True], [" c ** d", False]]),
        ("one  two\nthree", [["one two\nthree", False]]),
        ('#read("x") $y$ *z*', [['#read("x") $y$ *z*', False]]),
    ],
)
def test_bold_is_the_only_mark(text, runs):
    assert bold_runs(text) == runs
