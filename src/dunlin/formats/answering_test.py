"""Answers as mail programs expect them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.formats.answering import answer_subject, chain, quoted_below, with_quote


@pytest.mark.req("B5")
@pytest.mark.parametrize(
    "came, goes",
    [
        ("Invoice INV-1", "Re: Invoice INV-1"),
        ("Re: Invoice INV-1", "Re: Invoice INV-1"),
        ("AW: RE[2]: Fwd: Invoice INV-1", "Re: Invoice INV-1"),
        ("RE : Facture 12", "Re: Facture 12"),
        ("回复：发票", "Re: 发票"),
        ("Regarding: the order", "Re: Regarding: the order"),
        ("Reminder", "Re: Reminder"),
        ("", "Re: your message"),
        ("Re:", "Re: your message"),
        ("two\r\nlines", "Re: two lines"),
    ],
)
def test_re_stands_once(came: str, goes: str) -> None:
    assert answer_subject(came) == goes


@given(st.text(max_size=400))
def test_answering_an_answer_changes_nothing(subject: str) -> None:
    once = answer_subject(subject)
    assert len(once) <= 300
    assert "\n" not in once
    assert "\r" not in once
    assert answer_subject(once) == once or len(once) == 300


@pytest.mark.req("B5")
def test_the_words_answered_stand_below_marked() -> None:
    quote = quoted_below("We pay Friday.\n\n> older words\nJo", "Jo Weber", "Tue 24 Nov 2026 10:12")
    assert with_quote("Thank you.  \n", quote) == (
        "Thank you.\n\nOn Tue 24 Nov 2026 10:12, Jo Weber wrote:\n> We pay Friday.\n>\n> > older words\n> Jo\n"
    )


def test_a_long_mail_is_quoted_in_part_and_says_so() -> None:
    quote = quoted_below("word\n" * 2_000, "Jo", "today").split("\n")
    assert (len(quote), quote[-1]) == (402, "> […]")


@given(st.text(max_size=2_000))
def test_no_quoted_line_stands_unmarked(text: str) -> None:
    lines = quoted_below(text, "Jo", "today").split("\n")
    assert all(line.startswith(">") for line in lines[1:])


def test_a_thread_keeps_its_beginning_and_its_end() -> None:
    ids = [f"m{n}@x" for n in range(50)]
    assert chain(ids) == ("m0@x", *ids[-19:])
    assert chain(["a@x", "", "a@x", "b@x"]) == ("a@x", "b@x")
