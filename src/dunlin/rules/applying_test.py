"""What a credit is proposed for: chosen, named, oldest; never more than is open, never what is disputed unasked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.applying import Along, Owed, propose, spread_along

OWED = (Owed(1, "INV-1", 100), Owed(2, "INV-12", 200, disputed=150), Owed(3, "7", 300), Owed(4, "INV-4", 50))


@pytest.mark.req("E2")
@pytest.mark.parametrize(
    "unused, given, basis, amounts",
    [
        pytest.param(60, {}, "oldest", {1: 60}, id="oldest-first"),
        pytest.param(400, {}, "oldest", {1: 100, 2: 50, 3: 250}, id="the-disputed-part-is-left"),
        pytest.param(9_000, {}, "oldest", {1: 100, 2: 50, 3: 300, 4: 50}, id="a-rest-stays-unused"),
        pytest.param(220, {"chosen": [4, 2]}, "chosen", {2: 200, 4: 20}, id="chosen-by-age-with-what-is-disputed"),
        pytest.param(90, {"text": "Payment inv-12, thanks"}, "named", {2: 90}, id="its-reference-names-one"),
        pytest.param(90, {"text": "INV-1/INV-4"}, "named", {1: 90}, id="and-several"),
        pytest.param(90, {"named": [3]}, "named", {3: 90}, id="the-document-it-corrects"),
        pytest.param(90, {"text": "7 XINV-1 INV-123"}, "oldest", {1: 90}, id="a-part-of-a-word-names-nothing"),
        pytest.param(90, {"chosen": [9]}, "oldest", {1: 90}, id="chosen-but-not-there"),
        pytest.param(0, {}, "oldest", {}, id="nothing-left"),
    ],
)  # fmt: skip
def test_a_proposal(unused, given, basis, amounts):
    found = propose(unused, OWED, **given)
    assert (found.basis, found.amounts) == (basis, amounts)
    assert list(found.amounts) == [each.id for each in OWED if each.id in found.amounts]


@pytest.mark.req("E2")
@pytest.mark.parametrize(
    "wanted, along, uses, left",
    [
        pytest.param({1: 100}, [], (), {1: 100}, id="no-credit"),
        pytest.param({1: 100, 2: 50}, [Along(9, 30)], ((9, 2, 30),), {1: 100, 2: 20}, id="the-last-document-first"),
        pytest.param({1: 100, 2: 50}, [Along(9, 30, 1)], ((9, 1, 30),), {1: 70, 2: 50}, id="the-one-it-corrects"),
        pytest.param({1: 100, 2: 50}, [Along(8, 60), Along(9, 50, 2)], ((9, 2, 50), (8, 1, 60)), {1: 40}, id="who-prefers-goes-first"),
        pytest.param({1: 100, 2: 50}, [Along(9, 150)], ((9, 2, 50), (9, 1, 100)), {}, id="all-by-the-credit"),
    ],
)  # fmt: skip
def test_credits_used_along(wanted, along, uses, left):
    found = spread_along(wanted, along)
    assert (found.uses, found.left) == (uses, left)


@pytest.mark.invariant(16)
@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 7)), max_size=4),
)
def test_nothing_is_lost_or_used_twice(amounts, credits_):
    wanted = dict(enumerate(amounts))
    along = [Along(100 + at, amount, prefers) for at, (amount, prefers) in enumerate(credits_)]
    if sum(each.amount for each in along) > sum(amounts):
        with pytest.raises(ValueError, match="more than"):
            spread_along(wanted, along)
        return
    found = spread_along(wanted, along)
    for each in along:
        assert sum(amount for credit, _, amount in found.uses if credit == each.id) == each.amount
    for document, amount in wanted.items():
        assert (
            sum(part for _, where, part in found.uses if where == document) + found.left.get(document, 0)
            == amount
        )
