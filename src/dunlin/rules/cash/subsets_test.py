from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.cash.subsets import sets_making, subset_match

pytestmark = pytest.mark.req("E2")


def test_unique_ambiguous_none():
    assert subset_match([12_000, 8_000, 5_000, 4_500], 17_000).sets == ((0, 2),)
    assert subset_match([100, 200, 300], 300).status == "ambiguous"  # 300, or 100 and 200
    assert subset_match([500, 500, 100], 600).status == "ambiguous"  # twins: one is as good as the other
    assert subset_match([500, 500], 1_000).status == "unique"
    assert subset_match([100, 200], 250).status == "none"
    assert subset_match([], 250).status == "none"


def test_credit_memos_count_against():
    assert subset_match([1_000, 700, -150], 850).sets == ((0, 2),)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-40, 60).filter(bool), max_size=9), st.integers(1, 150))
def test_it_finds_what_trying_everything_finds(amounts, target):
    tried = {
        tuple(sorted(amounts[place] for place in chosen))
        for size in range(1, 6)
        for chosen in combinations(range(len(amounts)), size)
        if sum(amounts[place] for place in chosen) == target
    }
    found = sets_making(amounts, target)
    kept = {tuple(sorted(amounts[place] for place in chosen)) for chosen in found.sets}
    assert kept <= tried
    assert found.cut or {each for each in tried if max(each) <= target - 2 * min(0, *amounts)} <= kept


def test_many_items_are_searched_for_smaller_sets_and_it_is_told():
    found = sets_making([1_000 + 7 * n for n in range(5_000)], 35_993)
    assert found.size_max == 1
    assert found.sets == ((4_999,),)
