"""What a notice is decided from: the days of grace of the terms, of the customer and of an item with terms of its own (P35)."""

from datetime import timedelta

import pytest

from dunlin.rules.notice_rows import NoticeFacts
from dunlin.rules.notices_test import TODAY, item, levels, one


@pytest.mark.rule("P35")
def test_an_item_with_terms_of_its_own_has_their_grace():
    facts = NoticeFacts(grace_days=3, own_grace_days={1: 0, 3: 10})
    told = one(item(6, id=1), item(6, id=2), item(14, id=3), item(9, id=4), facts=facts)
    assert levels(told) == {1: 1, 4: 1}
    assert [(row.id, row.next_on) for row in told.later] == [
        (2, TODAY + timedelta(2)),
        (3, TODAY + timedelta(1)),
    ]
