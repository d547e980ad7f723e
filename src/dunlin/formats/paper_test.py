"""The door to the typesetter: what is handed over is shown and never read, and what is too much is refused."""

from __future__ import annotations

import re

import pytest
import typst

from dunlin.formats import paper
from dunlin.formats.paper import PAPERS, SOURCES, PaperRefused, page_count, print_paper
from dunlin.formats.paper_glyphs import FONTS, advances, covered, text_width, without_glyph
from dunlin.formats.paper_language import printable
from dunlin.formats.statement_paper import Recipient, print_statement, statement_data
from tests.paper_samples import ON, pages_of, statement, text_of

pytestmark = pytest.mark.req("C8")

HOSTILE = [
    '#read("/etc/passwd")',
    "#{panic()}",
    '#import "@preview/x:0.1.0"',
    "$x^2$ *bold* _it_ `code` = head",
    "</script><b>x</b>",
    '"; quit(); "',
    "\\u{41} \\ #sys.inputs",
    '{"data": 1}',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_the_data_is_printed_as_it_stands(text):
    one = statement(2, to=Recipient("C-1", text, (text,)), notes=(text,), payment_reference=text)
    printed = text_of(print_statement(one).pdf)
    assert printed.count(text) >= 4


def test_controls_and_turning_marks_do_not_reach_the_paper():
    assert printable("a\x00b\u202ec\u2066d\ud800e") == "a b c d e"
    assert printable("Zu\u0308rich") == "Zürich"
    one = statement(2, to=Recipient("C-1", "Evil\u202e 00.01\x00\nNext", ("x",)))
    assert "Evil 00.01 Next" in text_of(print_statement(one).pdf)


def test_a_character_no_font_has_is_told_and_the_paper_is_printed_all_the_same():
    printed = print_statement(statement(2, to=Recipient("C-1", "Smile 😀 Inc.", ())))
    assert printed.missing == ("😀",)
    assert "C-1" in text_of(printed.pdf)
    assert b"pdfuaid:part" not in printed.pdf


def test_only_our_sources_are_set_and_they_read_nothing():
    for name in ("nothing", "../paper_sources/statement", "base", "/etc/passwd"):
        with pytest.raises(PaperRefused, match="no paper"):
            print_paper(name, {}, on=ON)
    assert sorted(PAPERS) == ["invoice", "labels", "letter", "manifest", "statement"]
    for source in SOURCES.glob("*.typ"):
        text = source.read_text()
        assert not re.search(r"\b(read|eval|plugin|image|csv|xml|yaml|toml|cbor|include)\s*[(\"]|@", text), (
            source.name
        )
        assert re.findall(r'#import "([^"]*)"', text) in ([], ["/base.typ"])


@pytest.mark.parametrize("source", ['#read("/etc/passwd")', '#read("../paper.py")', "#while true {}"])
def test_even_a_source_of_someone_else_sees_no_other_file_and_does_not_loop(source):
    with pytest.raises(typst.TypstError, match=r"not found|escape|always true"):
        typst.Compiler(source.encode(), root=SOURCES, font_paths=paper._fonts(False)).compile(format="pdf")


def test_too_many_pages_and_too_much_data_are_refused():
    data = statement_data(statement(120))
    with pytest.raises(PaperRefused, match="4 pages are more than the 2"):
        print_paper("statement", data, on=ON, pages_max=2)
    with pytest.raises(PaperRefused, match="characters are more than"):
        print_paper("statement", data | {"notes": ["x" * paper.DATA_MAX]}, on=ON)
    with pytest.raises(PaperRefused, match="cannot be set"):
        print_paper("statement", {}, on=ON)


def test_pages_are_counted():
    for count in (1, 30, 200):
        printed = print_statement(statement(count))
        assert printed.pages == page_count(printed.pdf) == len(pages_of(printed.pdf))


def test_the_fonts_carry_what_they_should_and_their_licence():
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text()
    assert sum(file.stat().st_size for file in FONTS.iterdir()) < 12_000_000
    greetings = "Grüße Žluťoučký Привет Γειά שלום مرحبا नमस्ते สวัสดี こんにちは 您好 안녕하세요 €₹₺₽¥− „“ №"
    assert without_glyph(greetings) == ()
    assert without_glyph("a😀\U0001f680b") == ("😀", "\U0001f680")
    assert len(covered()) > 18_000


def test_figures_are_equally_wide_and_so_is_the_minus_to_the_plus():
    moves = advances()
    assert len({moves[figure] for figure in "0123456789"}) == 1
    assert moves["−"] == moves["+"]
    assert text_width("1,234.50", 10) == pytest.approx(10 * (6 * moves["0"] + moves[","] + moves["."]))
    assert moves["東"] == 1
    assert text_width("สั่", 10) == text_width("ส", 10)
