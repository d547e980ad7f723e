"""Whose mail it is: the order of what decides, and that what is not sure is nobody's but a person's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.mail_matching import Evidence, Thread, match

NAMES = {1: "L-100 Lakeside", 2: "H-200 Harbour", 3: "M-300 Mill"}
THREAD = Thread(1, "our message of 12 Nov")
customers = st.sets(st.integers(1, 3))


def found(**evidence):
    return match(Evidence(address="jo@harbour.test", names=NAMES, **evidence))


@pytest.mark.rule("P14", "P29")
@pytest.mark.trap(58)
@pytest.mark.parametrize(
    "evidence, customer, by, why",
    [
        ({"threads": [THREAD]}, 1, "thread", "It answers our message of 12 Nov."),
        (
            {"threads": [THREAD], "sender": [2], "numbers": {"INV-1": [3]}}, 1, "thread",
            "It answers our message of 12 Nov; the sender is on file for H-200 Harbour.",
        ),
        ({"sender": [2], "numbers": {"INV-1": [1]}}, 2, "sender", "jo@harbour.test is on file for H-200 Harbour only."),
        (
            {"sender": [1, 2]}, None, "",
            "jo@harbour.test is on file for L-100 Lakeside and H-200 Harbour: a person says whose mail it is.",
        ),
        (
            {"sender": [1, 2], "numbers": {"INV-1": [2]}}, 2, "reference",
            "jo@harbour.test is on file for L-100 Lakeside and H-200 Harbour; INV-1 is of H-200 Harbour.",
        ),
        (
            {"sender": [1, 2], "numbers": {"INV-1": [3]}}, None, "",
            "jo@harbour.test is on file for L-100 Lakeside and H-200 Harbour: a person says whose mail it is.",
        ),
        ({"numbers": {"INV-1": [3], "PO-7": [2, 3]}}, 3, "reference", "The sender is not on file; INV-1, PO-7 is of M-300 Mill."),
        (
            {"numbers": {"INV-1": [3], "INV-2": [2]}}, None, "",
            "The sender is not on file, and INV-1, INV-2 is of H-200 Harbour and M-300 Mill.",
        ),
        (
            {"neighbours": [2]}, None, "",
            "The sender is not on file; other addresses at harbour.test are of H-200 Harbour.",
        ),
        ({}, None, "", "The sender is not on file and the text names no document we know."),
    ],
)  # fmt: skip
def test_the_first_that_is_sure_decides(evidence, customer, by, why):
    got = found(**evidence)
    assert (got.customer_id, got.by, got.why) == (customer, by, why)


def test_candidates_are_named_for_the_person_who_decides():
    assert found(sender=[2, 1]).candidates == (1, 2)
    assert found(numbers={"INV-1": [3], "INV-2": [2]}).candidates == (2, 3)
    assert found(neighbours=[3]).candidates == (3,)


@given(
    customers,
    st.dictionaries(st.sampled_from(["A-1", "B-2", "C-3"]), st.sets(st.integers(1, 3), min_size=1)),
    customers,
)
def test_nobody_is_chosen_without_evidence_and_order_does_not_matter(sender, numbers, near):
    got = found(sender=sender, numbers=numbers, neighbours=near)
    if got.customer_id is not None:
        assert got.customer_id in sender | set().union(*numbers.values())
        assert not sender or got.customer_id in sender
    assert got == found(
        sender=sorted(sender, reverse=True), numbers=dict(reversed(numbers.items())), neighbours=sorted(near)
    )
