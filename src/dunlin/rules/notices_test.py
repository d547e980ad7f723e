"""One notice per customer, entity and run, at the highest level reached; levels are used up by sending (P35)."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.calendars import Calendar
from dunlin.rules.notices import Held, NoticeFacts, notices
from dunlin.rules.policy import Policy
from dunlin.rules.reasons import reason
from dunlin.rules.situations import CustomerBlock, OpenItem, PromiseFact, Situation, Snooze
from dunlin.rules.strategies import Step, Strategy, is_due, next_step

TODAY = date(2026, 5, 15)  # a Friday
LEDGER = Calendar("ledger", frozenset({date(2026, 5, 25)}))
FIRST = Step(1, "First reminder", "notice_1", from_days=5)
SECOND = Step(2, "Second reminder", "notice_2", from_days=15)
FINAL = Step(3, "Final demand", "notice_final", from_days=31, pay_within_days=10)
LEGAL = Step(4, "Legal", "letter_final_demand", channel="letter")
COURTESY = Step(0, "Courtesy", "courtesy", from_days=-5)
THREE = Strategy("default", "Default", (FIRST, SECOND, FINAL, LEGAL))


def item(
    days, amount=10_000, *, id=1, number="", disputed=0, currency="USD", block="", entity=1, kind="invoice"
):
    due = TODAY - timedelta(days)
    return OpenItem(id, number or f"INV-{id}", kind, "standard", due, amount, disputed, currency, None, block, (),
                    entity)  # fmt: skip


def decided(*items, strategy=THREE, today=TODAY, facts=None, drafted=None, **known):
    held = {each: Held(level, TODAY - timedelta(ago)) for each, (level, ago) in known.pop("held", {}).items()}
    facts = facts or NoticeFacts(held, **{key: known.pop(key) for key in list(known) if key in _FACTS})
    situation = Situation(7, "C7", "Northwind", list(items), **known)
    return notices(situation, facts, strategy, today, Policy(), LEDGER, drafted)


_FACTS = (
    "last_notice_on",
    "waiting_since",
    "undelivered",
    "reply_pending",
    "reply_pending_all",
    "interest_through",
    "grace_days",
)


def one(*items, **known):
    (decision,) = decided(*items, **known)
    return decision


def levels(decision):
    return {row.id: row.level for row in decision.carried}


@pytest.mark.req("C6")
@pytest.mark.rule("P35")
@pytest.mark.parametrize(
    "days, held, level",
    [
        pytest.param(0, None, None, id="on the due date nothing is past due", marks=pytest.mark.trap(3)),
        pytest.param(4, None, None, id="4 is not at least 5"),
        pytest.param(5, None, 1, id="5 is"),
        pytest.param(14, None, 1, id="the window stays open", marks=pytest.mark.trap(26)),
        pytest.param(14, (1, 9), None, id="level 2 begins at 15"),
        pytest.param(15, (1, 10), 2, id="level 2"),
        pytest.param(200, None, 1, id="one level a run however old", marks=pytest.mark.trap(27)),
        pytest.param(200, (1, 8), 2, id="the next run takes the next level"),
        pytest.param(200, (2, 8), 3, id="and the next"),
        pytest.param(200, (3, 100), None, id="level 4 is for people to decide"),
        pytest.param(
            200, (1, 0), None, id="a level of today is not raised again today", marks=pytest.mark.trap(28)
        ),
    ],
)
def test_the_level_an_item_comes_to(days, held, level):
    decision = one(item(days), held={1: held} if held else {})
    assert decision.level == (level or -1)
    assert (decision.step is not None) == (level is not None)


@pytest.mark.trap(21)
@pytest.mark.trap(24)
@pytest.mark.rule("P35")
def test_one_notice_carries_all_items_at_the_highest_level_each_with_its_own():
    decision = one(item(40, id=1), item(16, id=2), item(6, id=3), item(2, id=4), item(-3, id=5),
                   held={1: (2, 20), 2: (1, 9)})  # fmt: skip
    assert decision.step is FINAL
    assert levels(decision) == {1: 3, 2: 2, 3: 1}
    assert all(row.raised for row in decision.carried)
    assert [row.id for row in decision.later] == [4, 5]
    assert decision.asked == decision.to_pay == {"USD": 30_000}
    assert decision.pay_by == date(2026, 5, 26)  # ten days, then past Memorial Day
    assert reason(decision.code, decision.facts) == (
        "Final demand (level 3): 3 items, 300.00 USD, the oldest due 5 Apr"
    )


@pytest.mark.trap(59)
@pytest.mark.rule("P35")
def test_paying_one_item_does_not_restart_the_ladder_and_new_ones_begin_at_their_own_level():
    decision = one(item(20, id=2), item(5, id=3), held={1: (2, 8), 2: (2, 8)})
    assert levels(decision) == {2: 2, 3: 1}
    assert decision.step is SECOND
    assert [row.raised for row in decision.carried] == [False, True]


def test_a_payment_that_comes_back_finds_the_level_held_before():
    assert one(item(60), held={1: (2, 40)}).level == 3


@pytest.mark.trap(29)
def test_seven_days_lie_between_two_notices_to_a_customer():
    for ago, goes in ((0, False), (1, False), (6, False), (7, True)):
        decision = one(
            item(20, id=1), item(5, id=2), held={1: (2, ago)}, last_notice_on=TODAY - timedelta(ago)
        )
        assert (decision.step is not None) == goes, ago
    quiet = one(item(5), last_notice_on=TODAY - timedelta(2))
    assert quiet.look_again_on == date(2026, 5, 20)
    assert reason(quiet.code, quiet.facts) == (
        "No notice today: the last one went on 13 May, 7 days lie between two; again from 20 May"
    )


def test_even_without_days_between_nothing_goes_twice_on_a_day():
    hasty = Strategy("hasty", "Hasty", THREE.steps, min_days_between=0)
    assert one(item(5), strategy=hasty, last_notice_on=TODAY).step is None


@pytest.mark.trap(53)
@pytest.mark.rule("P13")
def test_the_disputed_part_is_left_out_and_the_rest_is_chased():
    decision = one(item(20, 10_000, disputed=4_000))
    assert decision.asked == {"USD": 6_000}
    assert [(row.amount, row.why) for row in decision.left_out] == [(4_000, "disputed")]
    assert reason(decision.code, decision.facts).endswith(
        "60.00 USD, the oldest due 25 Apr; left out: 40.00 USD disputed"
    )
    assert one(item(20, 10_000, disputed=10_000)).code == "all_held"


@pytest.mark.trap(52)
@pytest.mark.rule("P18")
def test_a_promise_keeps_its_own_items_quiet_until_its_date():
    promise = PromiseFact(1, None, "USD", TODAY, "open", frozenset({1}), TODAY - timedelta(3))
    decision = one(item(20, id=1), item(20, id=2), promises=[promise])
    assert levels(decision) == {2: 1}
    assert [(row.id, row.why) for row in decision.left_out] == [(1, "promised")]
    later = promise._replace(due_on=TODAY - timedelta(1))
    assert levels(one(item(20, id=1), item(20, id=2), promises=[later])) == {1: 1, 2: 1}


@pytest.mark.trap(59)
@pytest.mark.parametrize(
    "known, why",
    [
        pytest.param({"reply_pending": {1}}, "reply", id="their answer waits for ours"),
        pytest.param({"reply_pending_all": True}, "reply", id="an answer that names no items"),
        pytest.param({"undelivered": {1}}, "undelivered", marks=pytest.mark.rule("P28"), id="it bounced"),
        pytest.param({"cease_contact": True}, "cease_contact", id="cease contact"),
        pytest.param({"blocks": [CustomerBlock("legal")]}, "legal", id="the customer is in legal hands"),
        pytest.param({"blocks": [CustomerBlock("plan", TODAY)]}, "plan", id="a block through today"),
    ],
)
def test_what_is_left_out_and_why(known, why):
    decision = one(item(20), **known)
    assert decision.step is None
    assert [row.why for row in decision.left_out] == [why]
    assert reason(decision.code, decision.facts)


@pytest.mark.parametrize("block", ["plan", "extension", "undelivered", "legal", "agency", "insolvency"])
def test_a_block_of_an_item_holds_that_item_alone(block):
    decision = one(item(20, id=1, block=block), item(20, id=2))
    assert levels(decision) == {2: 1}
    assert [(row.id, row.why) for row in decision.left_out] == [(1, block)]


@pytest.mark.trap(23)
def test_credit_that_covers_is_never_chased_and_the_rest_is_netted_or_shown():
    whole = one(item(20, 10_000), unapplied={(1, "USD"): 10_000})
    assert (whole.step, whole.left_out[0].why) == (None, "unapplied")
    shown = Strategy("show", "Show", THREE.steps, credits="show")
    assert one(item(20, 10_000), unapplied={(1, "USD"): 10_000}, strategy=shown).step is None
    net = one(item(20, 10_000), unapplied={(1, "USD"): 2_500, (2, "USD"): 99_999, (1, "EUR"): 5})
    assert (net.asked, net.credits, net.to_pay) == ({"USD": 10_000}, {"USD": 2_500}, {"USD": 7_500})
    assert "25.00 USD of unapplied credit subtracted" in reason(net.code, net.facts)
    gross = one(item(20, 10_000), unapplied={(1, "USD"): 2_500}, strategy=shown)
    assert (gross.credits, gross.to_pay) == ({"USD": 2_500}, {"USD": 10_000})


@pytest.mark.trap(31)
@pytest.mark.rule("P35")
def test_an_item_below_the_minimum_only_goes_along():
    least = Step(1, "First", "notice_1", from_days=5, minimum={"USD": 2_500})
    strategy = Strategy("least", "Least", (least, SECOND))
    alone = one(item(9, 2_499, id=1), strategy=strategy)
    assert (alone.step, alone.code) == (None, "notice_below_minimum")
    assert reason(alone.code, alone.facts).startswith("No notice: 1 item of 24.99 USD reached a step")
    # Going along it does not climb: it will not be what a final demand is about.
    assert levels(one(item(9, 2_499, id=1), item(9, 2_500, id=2), strategy=strategy)) == {1: -1, 2: 1}
    # What counts is what is open, not what was once billed, and another currency has no minimum here.
    assert one(item(9, 1, currency="EUR"), strategy=strategy).step is least


@pytest.mark.trap(22)
def test_entities_never_share_a_notice_and_currencies_never_a_sum():
    first, second = decided(
        item(20, id=1), item(6, id=2, currency="EUR"), item(40, id=3, entity=2), held={3: (2, 9)}
    )
    assert (first.entity, levels(first), first.asked) == (1, {1: 1, 2: 1}, {"USD": 10_000, "EUR": 10_000})
    assert (second.entity, levels(second), second.step) == (2, {3: 3}, FINAL)


@pytest.mark.trap(54)
def test_before_the_due_date_a_friendly_word_goes_only_to_who_owes_nothing_past_due():
    friendly = Strategy("courtesy", "Courtesy", (COURTESY, FIRST))
    assert one(item(-6), strategy=friendly).step is None
    for days in (-5, -1, 0):
        assert one(item(days), strategy=friendly).step is COURTESY
    assert one(item(1), strategy=friendly).code == "notice_not_reached"
    assert one(item(-2), strategy=friendly, held={1: (0, 2)}).step is None  # once
    mixed = one(item(6, id=1), item(-3, id=2), strategy=friendly)
    assert (levels(mixed), [row.id for row in mixed.later]) == ({1: 1}, [2])
    off = Strategy("off", "Off", (Step(0, "Courtesy", "courtesy", from_days=-5, on=False), FIRST))
    assert one(item(-3), strategy=off).step is None


@pytest.mark.parametrize(
    "today, known, code",
    [
        pytest.param(date(2026, 5, 16), {}, "notice_not_business_day", id="a Saturday"),
        pytest.param(date(2026, 5, 25), {}, "notice_not_business_day", id="a holiday"),
        pytest.param(
            TODAY, {"waiting_since": TODAY - timedelta(1)}, "notice_waiting", id="waits for approval"
        ),
        pytest.param(TODAY, {"emailed_today": True}, "notice_after_mail", id="a mail went today"),
        pytest.param(
            TODAY, {"snooze": Snooze(TODAY + timedelta(2), "on leave", "Ana")}, "snoozed", id="snoozed"
        ),
    ],
)
def test_days_on_which_nothing_goes(today, known, code):
    decision = one(item(20), today=today, **known)
    assert (decision.step, decision.code) == (None, code)
    assert [row.id for row in decision.later] == [1]
    assert reason(decision.code, decision.facts)


def test_a_level_given_by_decision_goes_along_and_is_never_repeated():
    decision = one(item(90, id=1), item(5, id=2), held={1: (4, 30)})
    assert (decision.level, decision.step, levels(decision)) == (4, FINAL, {1: 4, 2: 1})
    assert one(item(90, id=1), held={1: (4, 30)}).code == "notice_level_held"


def test_steps_may_wait_for_the_notice_before():
    waits = Strategy("waits", "Waits", (FIRST, Step(2, "Second", "notice_2", after_days=10)))
    assert one(item(40), strategy=waits, held={1: (1, 9)}).step is None
    assert one(item(40), strategy=waits, held={1: (1, 9)}).look_again_on == date(2026, 5, 16)
    assert one(item(40), strategy=waits, held={1: (1, 10)}).level == 2


def test_a_missed_window_that_closes_is_passed_over():
    closes = Strategy(
        "closes", "Closes", (Step(1, "First", "notice_1", from_days=5, through_days=14), SECOND)
    )
    assert one(item(14), strategy=closes).level == 1
    assert one(item(15), strategy=closes).level == 2


_ITEMS = st.lists(
    st.tuples(
        st.integers(-40, 200),
        st.integers(1, 50_000),
        st.sampled_from(["", "", "", "plan", "undelivered", "legal"]),
        st.sampled_from([0, 0, 0, 1, 20_000, 60_000]),
        st.sampled_from(["USD", "EUR"]),
        st.sampled_from([1, 2]),
        st.one_of(st.none(), st.tuples(st.integers(0, 4), st.integers(0, 60))),
    ),
    max_size=8,
)


@pytest.mark.invariant(11)
@pytest.mark.invariant(24)
@settings(max_examples=300, deadline=None)
@given(
    _ITEMS,
    st.dictionaries(
        st.tuples(st.sampled_from([1, 2]), st.sampled_from(["USD", "EUR"])), st.integers(1, 60_000)
    ),
    st.one_of(st.none(), st.integers(0, 10)),
    st.booleans(),
    st.lists(st.tuples(st.sets(st.integers(0, 7), max_size=2), st.integers(-3, 5)), max_size=2),
)
def test_every_open_item_is_in_one_place_and_every_cent_is_accounted_for(
    drawn, unapplied, ago, replied, promised
):
    items, held = [], {}
    for at, (days, amount, block, disputed, currency, entity, level) in enumerate(drawn):
        items.append(
            item(
                days,
                amount,
                id=at,
                block=block,
                disputed=min(disputed, amount),
                currency=currency,
                entity=entity,
            )
        )
        if level:
            held[at] = Held(level[0], TODAY - timedelta(level[1]))
    promises = [
        PromiseFact(n, None, "USD", TODAY + timedelta(days), "open", frozenset(ids), TODAY - timedelta(5))
        for n, (ids, days) in enumerate(promised)
    ]
    facts = NoticeFacts(
        held, None if ago is None else TODAY - timedelta(ago), reply_pending={0} if replied else ()
    )
    strategy = Strategy("all", "All", (COURTESY, FIRST, SECOND, FINAL, LEGAL))
    situation = Situation(7, "C7", "", items, unapplied, promises=promises)
    found = notices(situation, facts, strategy, TODAY, Policy(), LEDGER)
    assert [each.entity for each in found] == sorted({each.entity for each in items})
    for decision in found:
        ours = [each for each in items if each.entity == decision.entity]
        amounts = {each.id: 0 for each in ours}
        for row in (*decision.carried, *decision.left_out, *decision.later):
            amounts[row.id] += row.amount
        assert amounts == {each.id: each.open for each in ours}
        carried = {row.id for row in decision.carried}
        assert not carried & {row.id for row in decision.later}
        assert {row.id for row in decision.left_out if row.id in carried} <= {
            each.id for each in ours if each.disputed
        }
        assert reason(decision.code, decision.facts)
        assert decision.look_again_on is None or decision.look_again_on > TODAY
        if decision.step is None:
            assert not carried
            continue
        assert ago is None or ago >= 7
        # Decided again with the same facts, a draft is what it was.
        levels_drafted = {row.id: row.level if row.raised else -1 for row in decision.carried}
        again = notices(situation, facts, strategy, TODAY, Policy(), LEDGER, levels_drafted)
        assert next(each for each in again if each.entity == decision.entity)[3:9] == decision[3:9]
        assert all(minor > 0 for minor in decision.to_pay.values())
        assert sum(decision.asked.values()) == sum(row.amount for row in decision.carried)
        for row in decision.carried:
            before = held[row.id].level if row.id in held else -1
            assert row.level >= before
            assert row.raised == (row.level > before)
            assert row.days >= 1 or decision.step is COURTESY
            # The one step that the rule of one item names: the loop over the book says the same as `next_step` and `is_due`.
            since = (TODAY - held[row.id].on).days if row.id in held else None
            window = next_step(strategy.ladder, before, row.days)
            assert row.raised == (window is not None and is_due(window, row.days, since))
            assert not row.raised or row.level == window.level


def test_days_of_grace_shift_the_steps_past_due_and_nothing_else():
    early = Strategy("early", "Early", (COURTESY, Step(1, "First", "notice_1", from_days=1), SECOND))
    for days, level in ((-5, 0), (0, 0), (1, None), (3, None), (4, 1)):
        assert one(item(days), strategy=early, grace_days=3).level == (-1 if level is None else level), days
    waits = one(item(2), strategy=early, grace_days=3)
    assert (waits.code, waits.look_again_on) == ("notice_not_reached", TODAY + timedelta(2))
    assert one(item(17), held={1: (1, 8)}, grace_days=3).level == -1
    (row,) = one(item(18), held={1: (1, 8)}, grace_days=3).carried
    assert (row.level, row.days) == (2, 18)


@pytest.mark.trap(20)
@pytest.mark.trap(29)
def test_a_draft_is_decided_again_when_it_goes_and_never_says_more_than_was_drafted():
    drafted = {1: 2, 2: 1, 3: -1}
    known = {"held": {1: (1, 9)}}
    again = one(item(31, id=1), item(16, 4_000, id=2), item(7, id=3), item(5, id=4), drafted=drafted, **known)
    # Amounts are those of now; item 3 was to go along only, item 4 was not in the draft.
    assert (levels(again), again.asked) == ({1: 2, 2: 1, 3: -1}, {"USD": 24_000})
    assert [row.id for row in again.later] == [4]
    assert [row.raised for row in again.carried] == [True, True, False]
    # Nothing left that it would raise: it does not go.
    gone = one(item(7, id=3), item(5, id=4), drafted=drafted)
    assert (gone.step, [row.id for row in gone.later]) == (None, [4, 3])
    # A second step since the draft waits for a notice of its own.
    capped = one(item(40, id=1), drafted={1: 1}, held={1: (1, 9)})
    assert (capped.step, capped.code) == (None, "notice_level_held")


def test_an_item_within_its_days_of_grace_does_not_go_along_either():
    moved = one(
        item(2, id=1), item(20, id=2), held={1: (1, 30)}, grace_days=3
    )  # its due date was moved later
    assert (levels(moved), [row.id for row in moved.later]) == ({2: 1}, [1])
