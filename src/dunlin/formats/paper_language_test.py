"""How languages write: amounts as Babel writes them, words in every language there is, the right sheet and direction."""

from __future__ import annotations

import string
from datetime import date

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from dunlin.formats.paper_language import paper_language, sheet_of, words_known

pytestmark = pytest.mark.req("C8")

WANTED = set("en es fr de it pt nl pl sv da cs tr ru ar he hi th ja zh ko tl".split())


def test_every_language_has_every_word_and_the_same_places_to_fill():
    assert set(words_known()) == WANTED
    english = paper_language("en").words
    for tag in WANTED:
        words = paper_language(tag).words
        assert words.keys() == english.keys(), tag
        assert words["kinds"].keys() == english["kinds"].keys(), tag
        for name, word in english.items():
            if name != "kinds":
                places = [
                    {field for _, field, _, _ in string.Formatter().parse(w) if field}
                    for w in (word, words[name])
                ]
                assert places[0] == places[1], (tag, name)
                assert words[name].strip()


@given(
    st.sampled_from(["en", "de", "fr", "hi", "sv", "de-CH", "en-IN", "pt-BR", "ja"]),
    st.integers(10_000_00, 10**15) | st.integers(-(10**15), -10_000_00),
)
def test_amounts_are_written_as_the_language_writes_numbers(tag, minor):
    language = paper_language(tag)
    expected = format_decimal(abs(minor) // 100, locale=language.locale)
    written = language.amount(minor, "USD")
    assert written.startswith("−") == (minor < 0)
    assert written.lstrip("−") == f"{expected}{language.point}{abs(minor) % 100:02}"


def test_digits_after_the_point_follow_the_currency():
    english = paper_language("en-US")
    assert [english.amount(-1234567, code) for code in ("USD", "JPY", "KWD")] == [
        "−12,345.67",
        "−1,234,567",
        "−1,234.567",
    ]
    assert english.amount(5, "USD") == "0.05"
    assert english.money(0, "USD") == "0.00\u00a0USD"


def test_right_to_left_keeps_numbers_and_names_apart():
    arabic = paper_language("ar", "AE")
    assert arabic.rtl
    assert arabic.amount(-500, "AED") == "\u2066−5.00\u2069"
    assert arabic.own("A-1") == "\u2068A-1\u2069"
    assert not paper_language("en").rtl


def test_dates_and_unknown_languages():
    on = date(2026, 5, 12)
    assert paper_language("en-US").day(on) == "May 12, 2026"
    assert paper_language("en", "GB").day(on) == "12 May 2026"
    assert paper_language("de").day(on) == "12.05.2026"
    assert paper_language("tl", "PH").day(on)
    assert paper_language("xx").tag == "en"
    assert paper_language("de", "US").day(on) == "12.05.2026"
    assert paper_language("zh", "DE").region == "CN"


def test_the_sheet_of_a_country():
    assert [sheet_of(code) for code in ("US", "ca", "DE", "JP", "")] == [
        "us-letter",
        "us-letter",
        "a4",
        "a4",
        "a4",
    ]
