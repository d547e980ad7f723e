"""What differs between two strategies, in sentences for whoever approves the change (H4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dunlin.rules.money import Money
from dunlin.rules.roles import LABELS
from dunlin.rules.strategies import CHANNELS, Experiment, Fee, Segment, Step, Strategy, describe, says


def changes(old: Strategy, new: Strategy) -> list[str]:
    """One sentence a change, head first, then step by step in order of level; an empty list when nothing differs."""
    found = [f"{name}: {was} becomes {now}." for name, was, now in _differing(_HEAD, old, new)]
    before = {step.level: step for step in old.steps}
    after = {step.level: step for step in new.steps}
    for level in sorted(before.keys() | after.keys()):
        step, now_step = before.get(level), after.get(level)
        if step is None and now_step is not None:
            found.append(f"New: {describe(now_step)}")
        elif now_step is None and step is not None:
            found.append(f"Step {level}, {step.name}, is gone.")
        elif step is not None and now_step is not None:
            found += [
                f"Step {level}, {step.name}: {name}, {was} becomes {now}."
                for name, was, now in _differing(_STEP, step, now_step)
            ]
    return found


_Told = dict[str, Callable[[Any], str]]


def _differing(told: _Told, old: Any, new: Any) -> list[tuple[str, str, str]]:
    both = ((name, say(old), say(new)) for name, say in told.items())
    return [(name, was, now) for name, was, now in both if was != now]


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "none"


def _amounts(amounts: Mapping[str, int]) -> str:
    return " or ".join(str(Money(minor, cur)) for cur, minor in sorted(amounts.items())) or "none"


def _segment(segment: Segment) -> str:
    parts = [
        f"{name.replace('_', ' ')} {', '.join(values)}"
        for name in ("segments", "countries", "entities", "brands", "risks", "invoice_classes")
        if (values := getattr(segment, name))
    ]
    if segment.oldest_days_from is not None:
        parts.append(f"oldest item {segment.oldest_days_from} days past due or more")
    for name in ("balance_from", "balance_to", "past_due_from"):
        money = getattr(segment, name)
        if money is not None:
            parts.append(f"{name.replace('_', ' ')} {money}")
    return "; ".join(parts) or "everyone"


def _experiment(experiment: Experiment | None) -> str:
    if experiment is None:
        return "none"
    return f"“{experiment.name}”, {experiment.share_pct} % of the customers with {experiment.other}"


def _fee(fee: Fee | None) -> str:
    if fee is None:
        return "none"
    flat = f"{_amounts(fee.flat)} per {fee.per}" if fee.flat else ""
    interest = f"{fee.interest_pct.normalize():f} % a year" if fee.interest_pct else ""
    return " and ".join(part for part in (flat, interest) if part) or "nothing"


def _task(step: Step) -> str:
    task = step.escalation
    if task is None:
        return "none"
    days = "1 business day" if task.within_days == 1 else f"{task.within_days} business days"
    return f"{_quoted(task.what)} for {LABELS.get(task.to, task.to)} within {days}"


_HEAD: _Told = {
    "Key": lambda each: each.key,
    "Name": lambda each: _quoted(each.name),
    "About": lambda each: _quoted(each.about),
    "Priority": lambda each: str(each.priority),
    "Days between two notices": lambda each: str(each.min_days_between),
    "Unapplied credit": lambda each: {"net": "subtracted", "show": "shown only"}[each.credits],
    "What is left out": lambda each: {"show": "shown", "hide": "not shown"}[each.left_out],
    "For": lambda each: _segment(each.segment),
    "Comparison": lambda each: _experiment(each.experiment),
}

_STEP: _Told = {
    "name": lambda each: _quoted(each.name),
    "active": lambda each: "yes" if each.on else "no",
    "when": lambda each: says(each)[:1].lower() + says(each)[1:] if each.on else "never",
    "channel": lambda each: CHANNELS.get(each.channel, each.channel),
    "template": lambda each: each.template,
    "least amount": lambda each: _amounts(each.minimum),
    "approval": lambda each: LABELS.get(each.approval, each.approval) or "none",
    "days to pay": lambda each: str(each.pay_within_days),
    "fee": lambda each: _fee(each.fee),
    "task": _task,
    "sender": lambda each: each.sender or "that of the entity",
    "copies": lambda each: ", ".join(each.copies) or "none",
}
