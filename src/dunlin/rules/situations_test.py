"""Whatever the facts are: a decision adds up, can be said, asks for nothing held back, and has one place on the list."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.campaigns import OUTCOMES
from dunlin.rules.decisions import Rate, decide, rank, rank_key, stages_fulfilled
from dunlin.rules.decisions_test import LEDGER, POLICY, TODAY, item, promise, said, situation
from dunlin.rules.reasons import why

amounts = st.integers(1, 50_000)
credit_of = st.tuples(st.integers(0, 1), st.sampled_from(["USD", "EUR"]))


@st.composite
def situations(draw, customer_id=1):
    items = []
    for n in range(draw(st.integers(0, 6))):
        amount = draw(amounts)
        items.append(
            item(
                draw(st.integers(-20, 90)), amount, draw(st.sampled_from(["standard", "mrr", "final"])), id=n,
                disputed=draw(st.sampled_from([0, 0, amount // 2, amount])), currency=draw(st.sampled_from(["USD", "EUR"])),
                block=draw(st.sampled_from(["", "", "plan", "legal"])), month=draw(st.sampled_from([None, date(2026, 3, 1)])),
                done=draw(st.sampled_from([(), ("d5",), ("d15",)])), entity=draw(st.integers(0, 1)),
            )
        )  # fmt: skip
    promises = [
        promise(draw(st.integers(-6, 6)), draw(st.sampled_from(["open", "broken", "kept", "cancelled"])),
                draw(st.sets(st.integers(0, 5), max_size=3)), draw(st.none() | amounts), id=n)
        for n in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    return situation(
        *items,
        number=f"C{customer_id}",
        customer_id=customer_id,
        promises=promises,
        unapplied=draw(st.dictionaries(credit_of, amounts)),
        group_unapplied=draw(st.dictionaries(credit_of, amounts, max_size=1)),
        no_phone=draw(st.integers(0, 5)) == 0,
        do_not_call=draw(st.integers(0, 5)) == 0,
        cease_contact=draw(st.integers(0, 7)) == 0,
        last_reached_on=draw(st.none() | st.integers(0, 8).map(lambda n: TODAY - timedelta(n))),
        attempts_today=draw(st.lists(st.sampled_from(OUTCOMES), max_size=4)),
        emailed_today=draw(st.booleans()),
        rates={"EUR": Rate.of(Decimal("1.1"), "EUR", "USD", TODAY)} if draw(st.booleans()) else {},
    )


@pytest.mark.invariant(20)
@pytest.mark.invariant(25)
@settings(max_examples=300, deadline=None)
@given(situations())
def test_every_decision_adds_up_can_be_said_and_asks_for_nothing_held(facts):
    decision = decide(facts, TODAY, POLICY)
    past_due: dict[str, int] = {}
    for each in facts.items:
        if each.due_on < TODAY:
            past_due[each.currency] = past_due.get(each.currency, 0) + each.open
    assert decision.past_due == past_due
    assert all(0 < decision.collectable[cur] <= past_due[cur] for cur in decision.collectable)
    assert said(decision)
    assert len(why(decision, POLICY)) >= 2
    assert json.loads(json.dumps(decision.facts)) == decision.facts
    if decision.step == "none":
        return
    held = dict.fromkeys(past_due, 0)
    for each in decision.facts.get("held", ()):
        held[each["currency"]] += each["minor"]
    assert {cur: decision.collectable.get(cur, 0) + held[cur] for cur in past_due} == past_due
    free = {
        each.id
        for each in facts.items
        if each.due_on < TODAY and not each.block and each.disputed < each.open
    }
    assert {item_id for item_id, _ in stages_fulfilled(facts, TODAY, POLICY, LEDGER)} <= free
    assert free, "a customer whose items are all held back is on no list"
    assert not facts.cease_contact
    assert facts.last_reached_on != TODAY
    assert decision.step == "email" or not (facts.do_not_call or facts.no_phone)
    # All unapplied credit in what is asked for is named: by being held, or by its amount.
    named = {each["currency"] for each in decision.facts.get("unapplied", ())}
    named |= {each["currency"] for each in decision.facts.get("held", ()) if each["why"] == "unapplied"}
    assert {cur for _, cur in facts.unapplied if cur in decision.collectable} <= named


@settings(max_examples=60, deadline=None)
@given(st.lists(situations(), min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_the_order_is_total_and_does_not_depend_on_how_facts_arrive(some, chance):
    for n, each in enumerate(some):
        each.customer_id, each.number = n, f"C{n}"
    first = [decide(each, TODAY, POLICY) for each in some]
    keys = [rank_key(each, POLICY) for each in first if each.step != "none"]
    assert len(set(keys)) == len(keys)
    for each in some:
        chance.shuffle(each.items)
        chance.shuffle(each.promises)
    again = [decide(each, TODAY, POLICY) for each in some]
    assert again == first
    chance.shuffle(again)
    assert rank(again, POLICY) == rank(first, POLICY)
