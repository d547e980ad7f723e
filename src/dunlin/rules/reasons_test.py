"""Every decision has its sentence, and the figures behind it add up (H3)."""

import string
from datetime import date
from decimal import Decimal

import pytest

from dunlin.rules import codes
from dunlin.rules.decisions import Rate, decide
from dunlin.rules.decisions_test import POLICY, TODAY, decided, item, promise, said, situation
from dunlin.rules.policy import TIERS
from dunlin.rules.reasons import day_words, machine_facts, money_words, reason, why


@pytest.mark.req("H3")
def test_why_adds_up_in_words_and_figures():
    rates = {"EUR": Rate.of(Decimal("1.0825"), "EUR", "USD", date(2026, 5, 14))}
    decision = decided(
        item(10, 1_000_000, disputed=250_000), item(3, 40_000, id=2, currency="EUR"), item(50, 300, id=3, block="legal"),
        promises=[promise(-2, "broken")], rates=rates,
    )  # fmt: skip
    assert why(decision, POLICY) == [
        "Invoice INV-1, 10 days past due, 7,500.00 USD; 400.00 EUR and 7,500.00 USD in all; "
        "left out: 2,500.00 USD disputed, 3.00 USD in legal hands; promise of 13 May broken.",
        "Past due 400.00 EUR = 400.00 EUR to collect.",
        "Past due 10,003.00 USD = 7,500.00 USD to collect + 2,500.00 USD disputed + 3.00 USD in legal hands.",
        "In USD at 1.0825 for 1 EUR (rate of 2026-05-14): past due 10,436.00 USD, to collect 7,933.00 USD.",
        "Tier 4 of 5: items early past due (5 to 15 days).",
        "Within the tier: broken promise first (yes, 13 May), then the larger amount to collect (7,933.00 USD), "
        "then the older item (due 5 May), then the customer number (C1).",
        "A payment, a promise, a dispute or a snooze takes it off the list.",
    ]


def test_facts_for_machines_carry_exact_amounts():
    facts = decided(item(9, 1_820_000)).facts
    assert machine_facts(facts)["amount"] == [{"amount": "18200.00", "currency": "USD"}]


def test_several_invoices_of_one_class_are_counted():
    finals = [item(3, 100, "final"), item(9, 200, "final", id=2)]
    assert said(decided(*finals)) == "2 final invoices, the oldest INV-2, 9 days past due; 3.00 USD"
    assert (
        said(decided(item(1), item(4, id=2)))
        == "2 items, the oldest invoice INV-2, 4 days past due; 200.00 USD"
    )


def test_recurring_invoices_say_how_many_months():
    months = [
        item(70, 100, "mrr", month=date(2026, 2, 1)),
        item(40, 100, "mrr", month=date(2026, 3, 1), id=2),
    ]
    assert said(decided(*months)) == (
        "2 months of recurring invoices: 2 open, the oldest INV-1, 70 days past due; 2.00 USD"
    )
    assert said(decided(months[0])) == "Recurring invoice INV-1, aged 2 months, 70 days past due, 1.00 USD"


@pytest.mark.parametrize(
    "facts, said",
    [
        (
            {"minutes": 1, "spacing_minutes": 60},
            "The last attempt was 1 minute ago; wait 60 minutes between two",
        ),
        (
            {"minutes": 0, "spacing_minutes": 1},
            "The last attempt was 0 minutes ago; wait 1 minute between two",
        ),
    ],
)
def test_one_of_a_thing_is_one(facts, said):
    assert reason("conduct_spacing", facts) == said
    assert (
        reason("conduct_attempts", {"attempts": 1, "max_attempts": 1})
        == "1 call today already; 1 a day is the most"
    )


def test_silence_says_when_it_is_looked_at_again():
    assert (
        why(decided(item(40), promises=[promise(9)]), POLICY)[-1]
        == "Looked at again on 25 May, or as soon as a fact changes."
    )
    assert (
        why(decided(item(40), cease_contact=True), POLICY)[-1]
        == "Only a new fact changes this; no date does."
    )


def test_a_second_currency_without_a_rate_does_not_hide_the_first():
    rates = {"EUR": Rate.of(Decimal(2), "EUR", "USD", TODAY)}
    decision = decide(
        situation(item(9, currency="EUR"), item(9, currency="GBP", id=2), rates=rates), TODAY, POLICY
    )
    lines = why(decision, POLICY)
    assert "There is no rate for GBP: that money is not counted in USD." in lines
    assert decision.collectable_home == 20_000


def test_days_and_amounts_in_words():
    assert day_words("2026-05-12", "2026-11-25") == "12 May"
    assert day_words(date(2027, 1, 2), date(2026, 11, 25)) == "2 Jan 2027"
    assert money_words([]) == "nothing"
    assert money_words([{"minor": 1, "currency": "USD"}] * 3) == "0.01 USD, 0.01 USD and 0.01 USD"


@pytest.mark.parametrize("tier", TIERS)
def test_every_tier_has_a_sentence(tier):
    assert "due_" + tier in codes.REASONS


def test_a_missing_fact_is_an_error_and_not_a_gap_in_the_sentence():
    with pytest.raises(KeyError):
        reason("snoozed", {"today": "2026-05-15", "until": "2026-05-19"})


def test_no_reason_code_is_a_refusal_code_too():
    assert not set(codes.REASONS) & set(codes.REFUSALS)
    for text in codes.REASONS.values():
        assert all(name is None or name.isidentifier() for _, name, _, _ in string.Formatter().parse(text))


def test_many_items_are_written_as_a_number_people_read():
    facts = {
        "today": "2026-05-15", "item": "INV-1", "kind": "invoice", "class": "standard", "due_on": "2026-03-01", "days": 75,
        "count": 1843, "amount": [{"minor": 100, "currency": "USD"}], "months": 0,
    }  # fmt: skip
    assert reason("due_late", facts).startswith("1,843 items, the oldest invoice INV-1, 75 days past due")
