"""Numbers in mail: found however they are written, and never made of an amount, a date, a telephone number or a year."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.mail_numbers import form_of, named, references_in, to_look_up

DOCUMENTS = [(1, "INV-1001"), (2, "INV-01002"), (3, "INV/2026/77"), (4, "4500012345"), (5, "CM 88-B")]


def ids(text, documents=DOCUMENTS):
    return named(references_in(text), documents)


@pytest.mark.req("B5")
@pytest.mark.parametrize(
    "text, wanted",
    [
        ("Copy of INV-1001 please", (1,)),
        ("inv 1001 and inv1002", (1, 2)),
        ("Rechnung Nr. 1002 ist bezahlt", (2,)),
        ("invoices #1001, 1002", (1, 2)),
        ("INV-1001/INV-1002", (1, 2)),
        ("see INV/2026/77.", (3,)),
        ("PO 4500012345", (4,)),
        ("ref 0004500012345", (4,)),
        ("remittance_INV-1001.pdf", (1,)),
        ("facture n° 1001", (1,)),
        ("We paid 1,001.00 USD", ()),
        ("we paid $1001", ()),
        ("on 2026-10-01 and 10/01/2026", ()),
        ("call +1 212 555 1001 or 212-555-1002", ()),
        ("write to inv1001@harbour.test", ()),
        ("Suite 1001, Main Street", ()),
        ("see you in 1002 days", ()),
        ("", ()),
    ],
)  # fmt: skip
def test_documents_are_found_as_people_write_them(text, wanted):
    assert tuple(sorted(ids(text))) == wanted


def test_a_tail_that_two_documents_have_names_neither():
    assert ids("invoice 1001", [(1, "A-1001"), (2, "B-1001")]) == ()
    assert ids("invoice A1001", [(1, "A-1001"), (2, "B-1001")]) == (1,)


def test_bare_figures_are_not_looked_up_in_the_whole_book():
    assert "2026" not in to_look_up(references_in("in 2026 we bought 12345 pieces"))
    assert {"INV-1002", "INV1002", "INV 1002"} <= set(to_look_up(references_in("inv 1002")))


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    references = references_in(text)
    assert len(to_look_up(references)) <= 1200
    assert set(named(references, DOCUMENTS)) <= {1, 2, 3, 4, 5}


@given(st.from_regex(r"[A-Z]{1,4}-[1-9][0-9]{3,8}", fullmatch=True))
def test_a_number_names_its_document(number):
    assert named(references_in(f"about {number}, thanks"), [(7, number)]) == (7,)
    assert form_of(number) == form_of(number.lower().replace("-", " 00"))
