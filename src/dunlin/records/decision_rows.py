"""Decisions as they are stored and read back. The figures a decision rested on travel inside its facts."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from dunlin.records.decisions import Decision as Row
from dunlin.rules.decisions import Decision

FIELDS = (
    "day", "customer", "revision", "step", "tier", "code", "facts", "past_due_home", "oldest_due_on", "rank", "collector",
    "look_again_on", "recorded_at",
)  # fmt: skip

# What makes two decisions of one day the same. The place on the list is not part of it.
CONTENT = ("step", "tier", "code", "facts", "past_due_home", "oldest_due_on", "look_again_on")

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def stored_facts(decision: Decision) -> dict[str, Any]:
    """The facts with the figures beside them, so that the whole decision can be read back."""
    return {
        **decision.facts,
        "figures": {
            "past_due": decision.past_due,
            "collectable": decision.collectable,
            "collectable_home": decision.collectable_home,
            "broken": decision.promise_broken,
        },
    }


def facts_text(decision: Decision) -> str:
    """`stored_facts` as the JSON text the column takes."""
    return _encode(stored_facts(decision))


def content(decision: Decision) -> tuple[Any, ...]:
    """What CONTENT reads of a stored row, for this decision."""
    return (
        decision.step,
        decision.tier,
        decision.code,
        stored_facts(decision),
        decision.past_due_home,
        decision.oldest_due_on,
        decision.look_again_on,
    )


def insert_row(
    decision: Decision,
    day: date,
    revision: int,
    facts: str,
    rank: int | None,
    collector_id: int | None,
    recorded_at: datetime,
) -> tuple[Any, ...]:
    """One row for `bulk.insert(Decision, FIELDS, ...)`."""
    return (
        day, decision.customer_id, revision, decision.step, decision.tier, decision.code, facts, decision.past_due_home,
        decision.oldest_due_on, rank, collector_id, decision.look_again_on, recorded_at,
    )  # fmt: skip


def decision_of(row: Row, number: str) -> Decision:
    """The rule's decision as it was recorded."""
    figures = row.facts.get("figures", {})
    return Decision(
        row.customer_id,
        number,
        row.step,
        row.tier,
        row.code,
        {name: value for name, value in row.facts.items() if name != "figures"},
        figures.get("past_due", {}),
        figures.get("collectable", {}),
        row.past_due_home,
        figures.get("collectable_home", 0),
        row.oldest_due_on,
        bool(figures.get("broken")),
        row.look_again_on,
    )
