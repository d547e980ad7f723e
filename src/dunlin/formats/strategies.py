"""A dunning strategy as text: YAML in, YAML out, with the exact place of every mistake (H4, C6).

The text is for people: reviewed, compared, kept in a repository, carried from one installation to another. Format:
docs/reference/strategy-format.md. What a strategy means: rules/strategies.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from importlib.resources import files
from typing import Any

import yaml

from dunlin.formats.placed_yaml import Problem, Reader, TextProblems, amounts_text
from dunlin.rules.money import Money
from dunlin.rules.roles import ROLES
from dunlin.rules.strategies import (
    CHANNELS,
    CREDITS,
    FEE_PER,
    INVOICE_CLASSES,
    LEFT_OUT,
    LEVELS_MAX,
    MIN_DAYS_BETWEEN,
    Escalation,
    Experiment,
    Fee,
    Segment,
    Step,
    Strategy,
    says,
)
from dunlin.rules.strategy_flaws import flaws

__all__ = ["Problem", "TextProblems", "from_yaml", "problems_in", "shipped", "shipped_names", "to_yaml"]

# What the shipped strategies and processes send. A screen passes the keys it really has.
TEMPLATES = (
    "campaign_not_reached", "courtesy", "finals_receipt", "firm_1", "firm_2", "firm_3", "letter_final_demand",
    "mrr_reminder", "notice_1", "notice_2", "notice_3", "notice_final", "statement_cover",
)  # fmt: skip

_HEAD = (
    "key",
    "name",
    "about",
    "priority",
    "for",
    "days_between",
    "credits",
    "left_out",
    "experiment",
    "steps",
)
_FOR = ("segments", "countries", "entities", "brands", "risks", "invoice_classes", "oldest_days_from", "balance_from",
        "balance_to", "past_due_from")  # fmt: skip
_STEP = ("level", "name", "active", "by", "from", "through", "after", "channel", "template", "minimum", "approval",
         "pay_within", "fee", "escalation", "sender", "copies")  # fmt: skip
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_LONGEST_WAIT = 3650


def from_yaml(
    text: str,
    templates: Collection[str] | None = None,
    strategies: Collection[str] | None = None,
    home_currency: str | None = None,
) -> Strategy:
    """The strategy written in `text`. TextProblems holds every mistake with its line and column.

    `templates` and `strategies` are the keys that exist, `home_currency` that of the amounts of a segment; what is None is not
    looked at.
    """
    reader = Reader(text)
    head = reader.table(reader.tree, "", _HEAD, ("key", "name", "steps"))
    strategy = Strategy(
        key=_key(reader, head.get("key", "x"), "key"),
        name=reader.text(head.get("name", "x"), "name", 80),
        about=reader.text(head["about"], "about", 500) if "about" in head else "",
        priority=reader.whole(head.get("priority", 0), "priority", 0, 1000),
        segment=_segment(reader, head["for"], home_currency) if "for" in head else Segment(),
        min_days_between=reader.whole(head.get("days_between", MIN_DAYS_BETWEEN), "days_between", 1, 90, 7),
        credits=reader.choice(head.get("credits", "net"), "credits", CREDITS, "net"),
        left_out=reader.choice(head.get("left_out", "show"), "left_out", LEFT_OUT, "show"),
        experiment=_experiment(reader, head["experiment"], strategies) if "experiment" in head else None,
        steps=tuple(
            _step(reader, each, f"steps[{at}]", templates)
            for at, each in enumerate(reader.listed(head.get("steps"), "steps"))
        ),
    )
    if strategy.experiment is not None and strategy.experiment.other == strategy.key:
        reader.wrong("experiment.other", "is this strategy itself; name the one to compare it with")
    # A ladder is judged as a whole, once each of its steps can be read.
    if not reader.problems:
        for flaw in flaws(strategy):
            reader.wrong(flaw.place, flaw.detail)
    reader.done()
    return strategy


def problems_in(text: str, **known: Any) -> tuple[Problem, ...]:
    """Every mistake in the text, none when it can be used. Takes what `from_yaml` takes."""
    try:
        from_yaml(text, **known)
    except TextProblems as found:
        return found.problems
    return ()


def _key(reader: Reader, value: Any, place: str) -> str:
    if isinstance(value, str) and _KEY.match(value):
        return value
    reader.wrong(place, f"{value} must be small letters, digits, hyphens and underscores, 40 at most")
    return ""


def _segment(reader: Reader, value: Any, home: str | None) -> Segment:
    tree = reader.table(value, "for", _FOR)
    words: dict[str, Any] = {
        key: reader.texts(tree[key], f"for.{key}", 60) for key in _FOR[:6] if key in tree
    }
    for at, code in enumerate(words.get("countries", ())):
        if code and not _COUNTRY.match(code):
            reader.wrong(f"for.countries[{at}]", f"{code} must be a country code of two letters such as US")
    for at, klass in enumerate(words.get("invoice_classes", ())):
        if klass:
            reader.choice(klass, f"for.invoice_classes[{at}]", INVOICE_CLASSES)
    days = tree.get("oldest_days_from")
    money: dict[str, Any] = {
        key: reader.amount(tree[key], f"for.{key}", home)
        for key in ("balance_from", "balance_to", "past_due_from")
        if key in tree
    }
    low, high = money.get("balance_from"), money.get("balance_to")
    if low is not None and high is not None:
        if low.currency != high.currency:
            reader.wrong("for.balance_to", f"must be in {low.currency} as balance_from is")
        elif high < low:
            reader.wrong("for.balance_to", f"is below balance_from, {low}")
    return Segment(
        oldest_days_from=None
        if days is None
        else reader.whole(days, "for.oldest_days_from", 1, _LONGEST_WAIT),
        **words,
        **money,
    )


def _experiment(reader: Reader, value: Any, strategies: Collection[str] | None) -> Experiment | None:
    tree = reader.table(value, "experiment", ("name", "share_pct", "other"), ("name", "share_pct", "other"))
    other = _key(reader, tree["other"], "experiment.other") if "other" in tree else ""
    if other and strategies is not None and other not in strategies:
        known = ", ".join(sorted(strategies)) or "none"
        reader.wrong("experiment.other", f"there is no strategy {other}; there are: {known}")
    return Experiment(
        reader.text(tree.get("name", "x"), "experiment.name", 80),
        reader.whole(tree.get("share_pct", 1), "experiment.share_pct", 1, 99),
        other,
    )


def _step(reader: Reader, value: Any, place: str, templates: Collection[str] | None) -> Step:
    tree = reader.table(value, place, _STEP, ("level", "name", "template"))

    def days(key: str, low: int) -> int | None:
        return reader.whole(tree[key], f"{place}.{key}", low, _LONGEST_WAIT) if key in tree else None

    from_days, through_days, after_days = days("from", -365), days("through", -365), days("after", 1)
    if "by" in tree:
        reader.choice(tree["by"], f"{place}.by", ("decision",))
        if from_days is not None or after_days is not None:
            reader.wrong(
                f"{place}.by", "a step by decision has no days; leave out `by`, or `from` and `after`"
            )
    elif isinstance(value, dict) and len(tree) == len(value) and from_days is None and after_days is None:
        reader.wrong(
            place,
            "says nothing about when; write `from` (days past due), `after` (days) or `by: decision`",
        )
    template = reader.text(tree.get("template", "x"), f"{place}.template", 60)
    if "template" in tree and template and templates is not None:
        reader.choice(template, f"{place}.template", templates)
    return Step(
        level=reader.whole(tree.get("level", 0), f"{place}.level", 0, LEVELS_MAX),
        name=reader.text(tree.get("name", "x"), f"{place}.name", 60),
        template=template,
        channel=reader.choice(tree.get("channel", "email"), f"{place}.channel", CHANNELS, "email"),
        from_days=from_days,
        through_days=through_days,
        after_days=after_days,
        on=reader.yes_or_no(tree.get("active", True), f"{place}.active", True),
        minimum=reader.amounts(tree["minimum"], f"{place}.minimum") if "minimum" in tree else {},
        approval=reader.choice(tree["approval"], f"{place}.approval", ROLES) if "approval" in tree else "",
        escalation=_escalation(reader, tree["escalation"], f"{place}.escalation")
        if "escalation" in tree
        else None,
        fee=_fee(reader, tree["fee"], f"{place}.fee") if "fee" in tree else None,
        pay_within_days=reader.whole(tree.get("pay_within", 0), f"{place}.pay_within", 0, 365),
        sender=reader.text(tree["sender"], f"{place}.sender", 200) if "sender" in tree else "",
        copies=reader.texts(tree.get("copies"), f"{place}.copies", 200),
    )


def _escalation(reader: Reader, value: Any, place: str) -> Escalation:
    tree = reader.table(value, place, ("to", "within", "what"), ("to", "what"))
    return Escalation(
        reader.choice(tree["to"], f"{place}.to", ROLES) if "to" in tree else "",
        reader.whole(tree.get("within", 1), f"{place}.within", 0, 365),
        reader.text(tree.get("what", "x"), f"{place}.what", 200),
    )


def _fee(reader: Reader, value: Any, place: str) -> Fee:
    tree = reader.table(value, place, ("flat", "per", "interest_pct"))
    return Fee(
        reader.amounts(tree["flat"], f"{place}.flat") if "flat" in tree else {},
        reader.decimal(tree["interest_pct"], f"{place}.interest_pct", 0, 100)
        if "interest_pct" in tree
        else Decimal(0),
        reader.choice(tree.get("per", "notice"), f"{place}.per", FEE_PER, "notice"),
    )


# --- writing ----------------------------------------------------------------------------------------------------------


def to_yaml(strategy: Strategy) -> str:
    """The strategy as text: a fixed order, nothing that is at its default, a remark at each step that says when it is due.
    `from_yaml` reads it back the same."""
    head: dict[str, Any] = {"key": strategy.key, "name": strategy.name}
    head |= {"about": strategy.about} if strategy.about else {}
    head |= {"priority": strategy.priority} if strategy.priority else {}
    segment = _segment_tree(strategy.segment)
    head |= {"for": segment} if segment else {}
    head |= {
        "days_between": strategy.min_days_between,
        "credits": strategy.credits,
        "left_out": strategy.left_out,
    }
    if strategy.experiment is not None:
        experiment = strategy.experiment
        head["experiment"] = {
            "name": experiment.name,
            "share_pct": experiment.share_pct,
            "other": experiment.other,
        }
    steps = "".join(f"# {says(step)}.\n{_dump([_step_tree(step)])}" for step in strategy.steps)
    return f"{_dump(head)}steps:\n{steps}"


def _dump(tree: Any) -> str:
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=110)


def _segment_tree(segment: Segment) -> dict[str, Any]:
    tree: dict[str, Any] = {key: [*getattr(segment, key)] for key in _FOR[:6] if getattr(segment, key)}
    if segment.oldest_days_from is not None:
        tree["oldest_days_from"] = segment.oldest_days_from
    for key in ("balance_from", "balance_to", "past_due_from"):
        money: Money | None = getattr(segment, key)
        if money is not None:
            tree[key] = {money.currency: money.plain}
    return tree


def _step_tree(step: Step) -> dict[str, Any]:
    tree: dict[str, Any] = {"level": step.level, "name": step.name}
    if not step.on:
        tree["active"] = False
    if step.by_decision:
        tree["by"] = "decision"
    for key, days in (("from", step.from_days), ("through", step.through_days), ("after", step.after_days)):
        if days is not None:
            tree[key] = days
    tree |= {"channel": step.channel, "template": step.template}
    tree |= {"minimum": amounts_text(step.minimum)} if step.minimum else {}
    tree |= {"approval": step.approval} if step.approval else {}
    tree |= {"pay_within": step.pay_within_days} if step.pay_within_days else {}
    if step.fee is not None:
        fee: dict[str, Any] = {"flat": amounts_text(step.fee.flat)} if step.fee.flat else {}
        fee |= {"per": step.fee.per} if step.fee.per != "notice" else {}
        fee |= {"interest_pct": f"{step.fee.interest_pct:f}"} if step.fee.interest_pct else {}
        tree["fee"] = fee
    if step.escalation is not None:
        tree["escalation"] = {
            "to": step.escalation.to,
            "within": step.escalation.within_days,
            "what": step.escalation.what,
        }
    tree |= {"sender": step.sender} if step.sender else {}
    tree |= {"copies": [*step.copies]} if step.copies else {}
    return tree


# --- shipped strategies -----------------------------------------------------------------------------------------------


def shipped_names() -> tuple[str, ...]:
    """Keys of the strategies that come with Dunlin, sorted."""
    folder = files("dunlin.formats") / "shipped_strategies"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def shipped_text(name: str) -> str:
    """The text of a strategy that comes with Dunlin, remarks included. KeyError if there is none of that key."""
    if name not in shipped_names():
        raise KeyError(name)
    return (files("dunlin.formats") / "shipped_strategies" / f"{name}.yaml").read_text(encoding="utf-8")


def shipped(name: str) -> Strategy:
    """A strategy that comes with Dunlin. KeyError if there is none of that key."""
    return from_yaml(shipped_text(name))
