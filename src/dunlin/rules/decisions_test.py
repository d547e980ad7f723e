"""The decision of a day (P4-P7, P18): who is contacted, in which order, and who is not and why."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dunlin.rules.calendars import Calendar
from dunlin.rules.decisions import (
    CustomerBlock,
    OpenItem,
    PromiseFact,
    Rate,
    Situation,
    Snooze,
    decide,
    rank,
    stages_fulfilled,
)
from dunlin.rules.policy import TIERS, Policy
from dunlin.rules.reasons import reason, why

TODAY = date(2026, 5, 15)  # a Friday
POLICY = Policy()
LEDGER = Calendar("ledger")


def item(days, amount=10_000, invoice_class="standard", *, id=1, number="", disputed=0, currency="USD", month=None,
         block="", done=(), entity=0):  # fmt: skip
    due = TODAY - timedelta(days)
    return OpenItem(id, number or f"INV-{id}", "invoice", invoice_class, due, amount, disputed,
                    currency, month, block, done, entity)  # fmt: skip


def promise(days_from_today, status="open", items=(1,), amount=400_000, made=-10, id=1, paid=0):
    return PromiseFact(id, amount, "USD", TODAY + timedelta(days_from_today), status, frozenset(items),
                       TODAY + timedelta(made), paid=paid)  # fmt: skip


def situation(*items, number="C1", customer_id=1, **facts):
    return Situation(customer_id, number, "Northwind", list(items), **facts)


def decided(*items, **facts):
    return decide(situation(*items, **facts), TODAY, POLICY)


def said(decision):
    return reason(decision.code, decision.facts)


@pytest.mark.req("B2")
@pytest.mark.req("H3")
@pytest.mark.rule("P5")
def test_the_reason_names_the_item_the_figures_and_the_broken_promise():
    final = item(3, 1_820_000, "final", number="INV-20931", done={"receipt"})
    decision = decided(final, promises=[promise(-3, "broken")])
    assert decision.step == "call"
    assert (
        said(decision) == "Final invoice INV-20931, 3 days past due, 18,200.00 USD; promise of 12 May broken"
    )


@pytest.mark.trap(52)
@pytest.mark.rule("P18")
def test_a_promise_not_yet_due_is_the_reason_for_silence():
    decision = decided(item(40, 400_000), promises=[promise(9)])
    assert (decision.step, decision.look_again_on) == ("none", date(2026, 5, 25))
    assert said(decision) == "Not today: promise of 4,000.00 USD due 24 May"


@pytest.mark.trap(52)
@pytest.mark.trap(24)
def test_a_promise_keeps_only_its_own_items_quiet_and_only_until_its_date():
    other = item(8, 5_000, id=2)
    decision = decided(item(40, 400_000), other, promises=[promise(0)])
    assert decision.collectable == {"USD": 5_000}
    assert said(decision) == "Invoice INV-2, 8 days past due, 50.00 USD; left out: 4,000.00 USD promised"
    assert decided(item(40, 400_000), promises=[promise(-1)]).step == "call"


@pytest.mark.trap(52)
@pytest.mark.rule("P18")
def test_a_promise_of_a_part_keeps_only_the_oldest_of_its_items_quiet():
    owed = [item(40, 100_000, id=1), item(35, 15_000_000, id=2), item(33, 50_000, id=3)]
    part = decided(*owed, promises=[promise(3, items=(1, 2, 3), amount=50_000)])
    assert part.step == "call"
    assert part.collectable == {"USD": 15_050_000}
    assert decided(*owed, promises=[promise(3, items=(1, 2, 3), amount=100_001)]).collectable == {
        "USD": 50_000
    }
    assert decided(*owed, promises=[promise(3, items=(1, 2, 3), amount=None)]).step == "none"


def test_the_silence_after_the_promised_date_is_a_setting():
    patient = Policy(promise_pause_days_after=2)
    assert decide(situation(item(40), promises=[promise(-2)]), TODAY, patient).step == "none"
    assert decide(situation(item(40), promises=[promise(-3)]), TODAY, patient).step == "call"


def test_a_promise_that_names_no_items_covers_what_was_due_when_it_was_made():
    decision = decided(item(10), item(3, 700, id=2), promises=[promise(5, items=())])  # made 10 days ago
    assert decision.collectable == {"USD": 700}


@pytest.mark.trap(53)
def test_the_undisputed_rest_is_still_asked_for():
    decision = decided(item(10, 10_000, disputed=4_000))
    assert decision.collectable == {"USD": 6_000}
    assert decision.past_due == {"USD": 10_000}
    assert said(decision) == "Invoice INV-1, 10 days past due, 60.00 USD; left out: 40.00 USD disputed"


SILENT = [
    pytest.param([], {}, "Nothing is open", None, id="nothing open"),
    pytest.param(
        [item(0), item(-5, 900, id=2)], {}, "Not today: nothing past due; next due 15 May, 100.00 USD", 1, id="due today"
    ),
    pytest.param(
        [item(9, disputed=10_000)], {}, "Not today: everything past due is disputed: 100.00 USD", None, id="disputed"
    ),
    pytest.param(
        [item(9, block="plan")], {}, "Not today: everything past due is on a payment plan: 100.00 USD", None, id="plan"
    ),
    pytest.param(
        [item(9, disputed=10_000), item(9, 5_000, block="undelivered", id=2)],
        {},
        "Not today: nothing past due is left to ask for: 100.00 USD disputed, 50.00 USD not delivered",
        None,
        id="several reasons",
    ),
    pytest.param(
        [item(9)],
        {"unapplied": {(0, "USD"): 10_000}},
        "Not today: unapplied credit covers 100.00 USD past due: apply it first",
        None,
        id="unapplied covers",
    ),
    pytest.param(
        [item(9)], {"cease_contact": True}, "Not contacted: the customer has told us to cease contact", None, id="cease"
    ),
    pytest.param([item(9)], {"blocks": [CustomerBlock("legal")]}, "Not today: the customer is in legal hands", None, id="legal"),
    pytest.param(
        [item(9)],
        {"blocks": [CustomerBlock("agency", TODAY)]},
        "Not today: the customer is with an agency until 15 May",
        1,
        id="block through today",
    ),
    pytest.param(
        [item(9)],
        {"snooze": Snooze(TODAY + timedelta(4), "waits for the new PO", "Ana")},
        "Not today: snoozed until 19 May by Ana: waits for the new PO",
        4,
        id="snoozed",
    ),
    pytest.param(
        [item(9)],
        {"last_reached_on": TODAY - timedelta(2)},
        "Not today: reached on 13 May, resting until 18 May",
        3,
        id="resting",
    ),
    pytest.param([item(9)], {"attempts_today": ["reached"]}, "Not again today: reached today", 1, id="reached today"),
    pytest.param(
        [item(9)],
        {"attempts_today": ["busy"] * 3, "emailed_today": True},
        "Not again today: 3 calls without reaching anyone, e-mail sent",
        1,
        id="mailed",
    ),
    pytest.param(
        [item(9)],
        {"promises": [promise(300, amount=None)]},
        "Not today: promise of 100.00 USD due 11 Mar 2027",
        301,
        id="promise without amount, in another year",
    ),
    pytest.param(
        [item(9), item(9, id=2)],
        {"promises": [promise(3), promise(1, items=[2], id=2)]},
        "Not today: promise of 4,000.00 USD due 16 May and 1 more promise",
        2,
        id="two promises",
    ),
]  # fmt: skip


@pytest.mark.req("B2")
@pytest.mark.rule("P4")
@pytest.mark.parametrize("items, facts, text, look_again", SILENT)
def test_not_today_is_a_decision_with_its_reason(items, facts, text, look_again):
    decision = decided(*items, **facts)
    assert (decision.step, decision.tier) == ("none", "")
    assert stages_fulfilled(situation(*items, **facts), TODAY, POLICY, LEDGER) == ()
    assert said(decision) == text
    assert decision.look_again_on == (None if look_again is None else TODAY + timedelta(look_again))


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"blocks": [CustomerBlock("agency", TODAY - timedelta(1))]}, id="block over"),
        pytest.param({"snooze": Snooze(TODAY, "", "Ana")}, id="snooze over"),
        pytest.param({"last_reached_on": TODAY - timedelta(5)}, id="rest over"),
        pytest.param(
            {"last_reached_on": TODAY - timedelta(2), "follow_up_due_on": TODAY}, id="follow-up ends the rest"
        ),
        pytest.param(
            {"last_reached_on": TODAY - timedelta(2), "promises": [promise(-1, "broken")]}, id="broken since"
        ),
        pytest.param(
            {"last_reached_on": TODAY - timedelta(2), "promises": [promise(-2, "broken")]}, id="due that day"
        ),
        pytest.param({"unapplied": {(0, "USD"): 9_999}}, id="credit does not cover"),
        pytest.param({"unapplied": {(0, "EUR"): 90_000}}, id="credit of another currency"),
        pytest.param({"attempts_today": ["busy"]}, id="tried once"),
    ],
)
def test_called_again_when_the_reason_for_silence_is_over(facts):
    assert decided(item(9), **facts).step == "call"


@pytest.mark.req("D2")
def test_a_promise_broken_since_ends_a_snooze_and_an_older_one_does_not():
    snooze = Snooze(TODAY + timedelta(4), "waits for the new PO", "Ana", TODAY - timedelta(3))
    assert decided(item(9), snooze=snooze, promises=[promise(-3, "broken")]).step == "call"
    assert decided(item(9), snooze=snooze, promises=[promise(-4, "broken")]).step == "none"


@pytest.mark.req("D2")
@pytest.mark.rule("P18")
def test_what_a_person_knew_is_told_by_the_day_a_promise_was_judged_broken():
    """Due before the snooze or the conversation, and broken only after the days of tolerance."""
    known = promise(-3, "broken")._replace(broke_on=TODAY - timedelta(2))
    news = known._replace(broke_on=TODAY)
    snooze = Snooze(TODAY + timedelta(4), "says it is on the way", "Ana", TODAY - timedelta(2))
    assert decided(item(9), snooze=snooze, promises=[news]).step == "call"
    assert decided(item(9), snooze=snooze, promises=[known]).code == "snoozed"
    assert decided(item(9), last_reached_on=TODAY - timedelta(2), promises=[news]).step == "call"
    assert decided(item(9), last_reached_on=TODAY - timedelta(2), promises=[known]).code == "resting"


def test_a_promise_broken_before_the_conversation_does_not_end_the_rest():
    assert (
        decided(item(9), last_reached_on=TODAY - timedelta(2), promises=[promise(-3, "broken")]).step
        == "none"
    )


@pytest.mark.trap(23)
def test_credit_in_one_currency_silences_that_currency_only():
    rates = {"EUR": Rate.of(Decimal("1.10"), "EUR", "USD", TODAY)}
    decision = decided(
        item(9, 500), item(40, 10_000, currency="EUR", id=2), unapplied={(0, "USD"): 500}, rates=rates
    )
    assert decision.collectable == {"EUR": 10_000}
    assert (decision.past_due_home, decision.collectable_home) == (11_500, 11_000)
    assert said(decision).endswith("left out: 5.00 USD covered by unapplied credit")


@pytest.mark.trap(23)
@pytest.mark.invariant(10)
def test_credit_in_one_legal_entity_silences_that_entity_only():
    ours, theirs = item(9, 900, id=1, entity=1), item(40, 500, id=2, entity=2)
    decision = decided(ours, theirs, unapplied={(2, "USD"): 600})
    assert decision.collectable == {"USD": 900}
    assert said(decision) == (
        "Invoice INV-1, 9 days past due, 9.00 USD; left out: 5.00 USD covered by unapplied credit"
    )
    other = decided(ours, unapplied={(2, "USD"): 100_000})
    assert (other.step, other.collectable) == ("call", {"USD": 900})
    assert said(other).endswith("; 1,000.00 USD lies unapplied with another entity")


@pytest.mark.trap(23)
def test_credit_that_does_not_cover_is_named_and_so_is_that_of_the_group():
    decision = decided(item(9, 100_000), unapplied={(0, "USD"): 99_999, (0, "EUR"): 700})
    assert decision.collectable == {"USD": 100_000}
    assert said(decision) == "Invoice INV-1, 9 days past due, 1,000.00 USD; 999.99 USD lies unapplied"
    assert said(decided(item(9), group_unapplied={(0, "USD"): 10_000})) == (
        "Invoice INV-1, 9 days past due, 100.00 USD; 100.00 USD lies unapplied with the group"
    )


@pytest.mark.trap(43)
def test_the_reason_itself_says_that_a_rate_is_missing():
    assert said(decided(item(9, 900_000_000, currency="CAD"))).endswith("9,000,000.00 CAD; no rate for CAD")


@pytest.mark.trap(43)
def test_a_currency_without_a_rate_is_named_and_never_taken_at_par():
    decision = decided(item(9, 10_000, currency="JPY"))
    assert (decision.step, decision.collectable_home) == ("call", 0)
    assert "There is no rate for JPY: that money is not counted in USD." in why(decision, POLICY)


def test_rates_respect_minor_units_and_round_half_up_once():
    decision = decided(
        item(9, 1_000, currency="JPY"), rates={"JPY": Rate.of(Decimal("0.00675"), "JPY", "USD", TODAY)}
    )
    assert decision.collectable_home == 675  # 1,000 JPY = 6.75 USD


@pytest.mark.rule("P6")
@pytest.mark.parametrize(
    "facts, ending",
    [
        ({"do_not_call": True}, "by e-mail, must not be called"),
        ({"attempts_today": ["busy"] * 3}, "by e-mail, not reached by phone today"),
        ({"attempts_today": ["wrong_number"]}, "by e-mail, the number was wrong"),
        ({"no_phone": True}, "by e-mail, no usable phone number on file"),
        ({"no_phone": True, "attempts_today": ["wrong_number"]}, "by e-mail, the number was wrong"),
    ],
)
def test_who_cannot_be_called_is_written_to_and_is_not_on_the_call_list(facts, ending):
    decision = decided(item(9), **facts)
    assert decision.step == "email"
    assert said(decision).endswith(ending)
    assert rank([decision], POLICY) == []


@pytest.mark.req("B2")
@pytest.mark.rule("P5")
@pytest.mark.parametrize(
    "items, tier",
    [
        ([item(1, invoice_class="final")], "final_just_past_due"),
        ([item(30, invoice_class="final")], "final_just_past_due"),
        ([item(31, invoice_class="final")], "late"),
        ([item(40, month=date(2026, 3, 1), invoice_class="mrr"), item(9, month=date(2026, 4, 1), invoice_class="mrr", id=2)], "mrr_aged"),
        ([item(40, month=date(2026, 3, 1), invoice_class="mrr")], "late"),
        ([item(61, invoice_class="mrr")], "mrr_aged"),
        ([item(31)], "late"),
        ([item(30)], "rest"),
        ([item(15)], "early"),
        ([item(5)], "early"),
        ([item(4)], "rest"),
        ([item(90), item(2, invoice_class="final", id=2)], "final_just_past_due"),
    ],
)  # fmt: skip
def test_the_tier_is_the_first_that_fits(items, tier):
    assert decided(*items).tier == tier


@pytest.mark.rule("P5")
def test_order_of_work_and_its_ties():
    def of(number, *items, **facts):
        return decide(situation(*items, number=number, customer_id=int(number), **facts), TODAY, POLICY)

    by_number = {
        "1": of("1", item(9, 900)),
        "2": of("2", item(9, 100), promises=[promise(-5, "broken")]),
        "3": of("3", item(9, 500)),
        "4": of("4", item(12, 500)),
        "5": of("5", item(12, 500)),
        "6": of("6", item(45, 100)),
        "7": of("7", item(2, 100, "final")),
        "8": of("8", item(2, 9_999_999)),
    }
    order = [each.number for each in rank(list(by_number.values()), POLICY)]
    assert order == ["7", "6", "2", "1", "4", "5", "3", "8"]
    assert [each.number for each in rank(list(by_number.values()), POLICY, pins={8: 1, 3: 0})][:3] == [
        "3",
        "8",
        "7",
    ]
    late_first = Policy(tier_order=("late", *(tier for tier in TIERS if tier != "late")))
    assert rank(list(by_number.values()), late_first)[0].number == "6"


def test_a_pin_does_not_put_on_the_list_whom_the_decision_leaves_out():
    assert rank([decided(item(9), cease_contact=True)], POLICY, pins={1: 0}) == []


@pytest.mark.rule("P4")
def test_stages_fulfilled_by_the_contact():
    items = [
        item(6, invoice_class="final", id=1, done={"receipt"}),
        item(17, id=2),
        item(45, id=3, done={"suspension"}),
    ]
    asked = situation(*items, item(9, id=4, block="plan"))
    assert sorted(stages_fulfilled(asked, TODAY, POLICY, LEDGER)) == [(1, "d5"), (2, "d15")]


def test_a_weekend_fulfils_no_stage_but_still_has_a_list():
    sunday = date(2026, 5, 17)
    assert decide(situation(item(9)), sunday, POLICY).step == "call"
    assert stages_fulfilled(situation(item(9)), sunday, POLICY, LEDGER) == ()
