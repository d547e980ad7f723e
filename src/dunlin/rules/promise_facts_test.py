"""What a decision says of promises: a part of what is owed, paid already, passed and not judged yet; when it is looked at again."""

from datetime import timedelta

import pytest

from dunlin.rules.decisions_test import POLICY, TODAY, decided, item, promise, said
from dunlin.rules.reasons import machine_facts, why


@pytest.mark.req("H3")
@pytest.mark.trap(52)
def test_a_promise_of_less_than_its_items_says_so():
    alone = decided(item(40, 10_000_000), promises=[promise(9, amount=50_000)])
    assert said(alone) == "Not today: promise of 500.00 USD due 24 May, of 100,000.00 USD past due"
    beside = decided(
        item(40, 10_000_000), item(8, 5_000, id=2), promises=[promise(9, items=(1, 2), amount=50_000)]
    )
    assert (
        said(beside)
        == "Invoice INV-2, 8 days past due, 50.00 USD; left out: 100,000.00 USD promised in part (500.00 USD)"
    )
    told = why(beside, POLICY)
    assert (
        "Past due 100,050.00 USD = 50.00 USD to collect + 100,000.00 USD promised in part (500.00 USD)."
        in told
    )
    held = machine_facts(beside.facts)["held"]
    assert held == [
        {
            "why": "promised", "amount": "100000.00", "currency": "USD",
            "stated": {"amount": "500.00", "currency": "USD"},
        }
    ]  # fmt: skip


@pytest.mark.rule("P18")
@pytest.mark.trap(52)
def test_what_was_not_promised_is_asked_for_once_the_promised_amount_has_come():
    rest = item(40, 4_000)
    assert decided(rest, promises=[promise(9, amount=6_000, paid=5_999)]).step == "none"
    came = decided(rest, promises=[promise(9, amount=6_000, paid=6_000)])
    assert said(came) == "Invoice INV-1, 40 days past due, 40.00 USD"


@pytest.mark.rule("P18")
@pytest.mark.req("H3")
def test_in_the_days_of_tolerance_the_reason_says_that_the_day_of_the_promise_has_passed():
    asked = item(40, 400_000)
    passed = decided(asked, promises=[promise(-2)])
    assert said(passed).endswith("; promise of 13 May has passed, judged on 16 May")
    waiting = decided(asked, promises=[promise(-3)])
    assert said(waiting).endswith("; promise of 12 May has passed, not judged while money lies unapplied")
    assert "passed" not in said(decided(asked, promises=[promise(-2, amount=6_000, paid=6_000)]))
    assert "passed" not in said(decided(asked, promises=[promise(-2, items=(2,))]))


@pytest.mark.req("B2")
@pytest.mark.rule("P18")
def test_it_is_looked_at_again_when_the_first_of_what_holds_it_back_ends():
    both = [item(10, id=1), item(10, 5_000, id=2, block="extension")]
    extended, promised = {2: TODAY + timedelta(2), 9: TODAY}, [promise(9)]
    assert decided(*both, promises=promised, block_ends=extended).look_again_on == TODAY + timedelta(3)
    assert decided(*both, promises=[promise(1)], block_ends=extended).look_again_on == TODAY + timedelta(2)
    assert decided(both[1], block_ends=extended).look_again_on == TODAY + timedelta(3)
    assert decided(both[1]).look_again_on is None
