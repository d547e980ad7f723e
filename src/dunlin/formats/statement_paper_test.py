"""Statements: figures that do not agree are never printed, and what is printed is every line once, to the cent."""

from __future__ import annotations

import dataclasses
import io
import re
from datetime import date

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.paper_language import words_known
from dunlin.formats.statement_paper import (
    LINES_MAX,
    AgingBucket,
    Recipient,
    StatementDoesNotAdd,
    StatementLine,
    check,
    mark_wrapping,
    print_statement,
    statement_pdf,
)
from tests.paper_samples import AMERICAN, GERMAN, SINCE, pages_of, statement, text_of

pytestmark = pytest.mark.req("C1")


def minor(text: str) -> int:
    """Minor units of an amount as printed in English."""
    return int(text.replace(",", "").replace(".", "").replace("−", "-"))


@pytest.mark.invariant(35)
@pytest.mark.parametrize("spoil", ["opening", "closing"])
def test_opening_and_activity_make_closing(spoil):
    good = statement()
    check(good)
    bad = dataclasses.replace(good, **{spoil: getattr(good, spoil) + 1})
    with pytest.raises(StatementDoesNotAdd, match=r"statement of C-10482 of 2026-03-16.*minor units"):
        statement_pdf([good, bad])


@pytest.mark.invariant(35)
def test_an_open_item_left_out_or_put_in_twice_is_noticed():
    good = statement()
    with pytest.raises(StatementDoesNotAdd, match="open amounts"):
        check(dataclasses.replace(good, earlier=good.earlier[1:]))
    with pytest.raises(StatementDoesNotAdd, match="open amounts"):
        check(dataclasses.replace(good, earlier=(*good.earlier, good.earlier[0])))
    moving = dataclasses.replace(good.earlier[0], debit=5)
    with pytest.raises(StatementDoesNotAdd, match="opening balance"):
        check(dataclasses.replace(good, earlier=(moving, *good.earlier[1:])))


@pytest.mark.trap(19)
def test_what_is_over_120_days_old_is_in_the_aging_and_on_the_paper():
    good = statement(earlier=(20, 130, 400))
    without_the_last = dataclasses.replace(good, aging=good.aging[:-1])
    with pytest.raises(StatementDoesNotAdd, match="the aging"):
        check(without_the_last)
    text = text_of(print_statement(good).pdf)
    assert "INV-20500" in text
    assert re.search(r"INV-20230 .* 130 1,001\.30", text)
    assert "91 days and more\n2,005.30" in text


@pytest.mark.invariant(35)
@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(1, 10**11),
            st.integers(0, 10**11),
            st.sampled_from(["PO 1", "", "Ünïcode"]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(-(10**11), 10**11),
)
@settings(max_examples=15, deadline=None)
def test_every_line_stands_on_paper_once_and_to_the_cent(movements, before):
    lines = tuple(
        StatementLine(
            SINCE, "invoice", f"N{index:03}", debit=amount, open=min(left, amount), reference=reference
        )
        if debit
        else StatementLine(SINCE, "payment", f"N{index:03}", credit=amount, open=-min(left, amount))
        for index, (debit, amount, left, reference) in enumerate(movements)
    )
    rest = StatementLine(SINCE, "invoice" if before >= 0 else "payment", "EARLIER", open=before)
    printed = statement(lines=lines, earlier=(), aging=())
    printed = dataclasses.replace(
        printed,
        opening=printed.opening + before,
        closing=printed.closing + before,
        earlier=(rest,) if before else (),
    )
    text = text_of(print_statement(printed).pdf)
    for index, line in enumerate(lines):
        found = re.findall(rf"^.*N{index:03}.*$", text, re.M)
        assert len(found) == 1
        amounts = [minor(word) for word in found[0].split() if re.fullmatch(r"−?[\d,]+\.\d\d", word)]
        assert amounts == [line.debit or line.credit, *([line.open] if line.open else [])]
    opening, closing = (
        minor(re.search(rf"^{label} (−?[\d,.]+)$", text, re.M)[1])
        for label in ("Opening balance", "Closing balance")
    )
    assert opening + sum(line.debit - line.credit for line in lines) == closing == printed.closing


@pytest.mark.trap(22)
@pytest.mark.req("C8")
def test_each_customer_has_a_file_and_no_other_customer_is_in_it():
    names = ["Alpha Works", "Bravo Metals", "Carol & Sons"]
    papers = statement_pdf(
        [
            statement(to=Recipient(f"C-{i}00", name, (f"{i} Street",)), payment_reference=f"REF-{i}")
            for i, name in enumerate(names, 1)
        ]
    )
    assert len(papers) == len(names)
    for i, paper in enumerate(papers, 1):
        text = text_of(paper)
        assert [name for name in names if name in text] == [names[i - 1]]
        assert re.findall(r"REF-\d|C-\d00", text)
        assert set(re.findall(r"REF-\d", text)) == {f"REF-{i}"}
        assert set(re.findall(r"C-\d00", text)) == {f"C-{i}00"}


def test_a_long_statement_repeats_its_head_and_carries_the_balance_over():
    long = statement(300)
    pages = pages_of(print_statement(long).pdf)
    assert len(pages) > 5
    running, brought, seen = long.opening, "Opening balance", 0
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        if "Closing balance" not in page or "Still open" in page:
            assert page.count("Date Document Number") >= 1
        first = re.search(rf"^{brought} (−?[\d,.]+)$", page, re.M)
        assert first is None or minor(first[1]) == running
        here = [line for line in long.lines if re.search(rf"\b{line.number}\b", page)]
        seen += len(here)
        running += sum(line.debit - line.credit for line in here)
        carried = re.search(r"^(Carried forward|Closing balance) (−?[\d,.]+)$", page, re.M)
        assert minor(carried[2]) == running
        brought = "Brought forward"
    assert seen == 300
    assert running == long.closing
    assert carried[1] == "Closing balance"


def test_the_longest_one_there_was_has_2574_lines():
    printed = print_statement(statement(2_574))
    assert 40 < printed.pages < 80
    pages = pypdf.PdfReader(io.BytesIO(printed.pdf)).pages
    first, middle, last = (pages[at].extract_text() for at in (0, len(pages) // 2, -1))
    assert "INV-20500" in first
    assert len(re.findall(r"^\w{3} \d+, 2026 ", middle, re.M)) > 40
    assert f"Page {len(pages)} of {len(pages)}" in last
    with pytest.raises(StatementDoesNotAdd, match="lines are more than"):
        check(statement(LINES_MAX))


def test_the_balance_its_parts_and_how_to_pay_are_on_the_first_page():
    one = statement(60)
    first = pages_of(print_statement(one).pdf)[0]
    overdue = sum(i.open for i in (*one.lines, *one.earlier) if i.open > 0 and (i.days_past_due or 0) > 0)
    unapplied = sum(i.open for i in one.lines if i.open < 0)
    assert f"Balance due\n{one.closing / 100:,.2f} USD".replace("\xa0", " ") in first.replace("\xa0", " ")
    assert f"Past due\n{overdue / 100:,.2f}" in first
    assert "In dispute\n" in first
    assert f"Credits not yet applied\n−{-unapplied / 100:,.2f}" in first
    assert re.search(r"How to pay Bank First Harbor Bank\s.*\sReference C-10482 0326", first, re.S)
    assert re.search(r"INV-20503 In dispute", text_of(print_statement(one).pdf))


def test_a_balance_in_their_favour_says_so_and_a_copy_is_marked():
    line = StatementLine(SINCE, "payment", "PAY-1", credit=5_000, open=-5_000)
    text = text_of(print_statement(statement(lines=(line,), earlier=(), copy=True)).pdf)
    assert "Balance in your favor\n50.00" in text
    assert "Closing balance −50.00" in text
    assert "Copy" in text
    assert "Copy" not in text_of(print_statement(statement(3)).pdf)


def test_nothing_happened_and_only_old_items_are_open():
    one = statement(1, earlier=(40,))
    quiet = dataclasses.replace(
        one, lines=(), opening=100_040, closing=100_040, aging=(AgingBucket(31, 60, 100_040),)
    )
    text = text_of(print_statement(quiet).pdf)
    assert "Opening balance" in text
    assert "Closing balance" in text
    assert "INV-20140" in text


def test_the_sheet_is_the_one_of_the_country():
    def size(paper):
        box = pypdf.PdfReader(io.BytesIO(paper)).pages[0].mediabox
        return round(float(box.width)), round(float(box.height))

    american, german = statement_pdf([statement(2, sender=AMERICAN), statement(2, sender=GERMAN)])
    assert (size(american), size(german)) == ((612, 792), (595, 842))


@pytest.mark.parametrize("language", words_known())
def test_each_language_prints_with_nothing_missing(language):
    printed = print_statement(statement(12, language=language, currency="EUR", sender=GERMAN))
    assert printed.missing == ()
    root = pypdf.PdfReader(io.BytesIO(printed.pdf)).trailer["/Root"]
    assert root["/Lang"].split("-")[0] == language
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part" in printed.pdf


def test_amounts_and_dates_are_written_the_way_of_the_language():
    line = StatementLine(
        SINCE, "invoice", "R-1", debit=123_456_789, open=123_456_789, due_on=date(2026, 5, 3)
    )
    one = statement(lines=(line,), earlier=(), language="de", sender=GERMAN, currency="EUR")
    text = text_of(print_statement(one).pdf)
    assert "Kontoauszug" in text
    assert "16.02.2026 Rechnung R-1 03.05.2026 1.234.567,89 1.234.567,89" in text
    yen = dataclasses.replace(one, currency="JPY", language="en", sender=AMERICAN)
    assert "123,456,789 123,456,789" in text_of(print_statement(yen).pdf)
    dinar = dataclasses.replace(one, currency="KWD", language="en", sender=AMERICAN)
    assert "123,456.789 123,456.789" in text_of(print_statement(dinar).pdf)


def test_the_same_statement_is_the_same_bytes():
    assert statement_pdf([statement(5)]) == statement_pdf([statement(5)])


@pytest.mark.parametrize(("width", "whole"), [(52.0, True), (20.0, False)])
def test_a_mark_is_kept_whole_only_where_its_column_has_room(width, whole):
    row = ["16.02.26", "Invoice", "INV-20503", "PO 1", "", "", "1.00", "", "1.00", "In dispute"]
    mark_wrapping([row], [60, 60, width, 60, 60, 60, 60, 60, 60])
    assert row[10:] == [True, whole]
