"""Write a version of a dunning strategy, put one into force, switch a strategy off and on again (C6, H4).

A version is text and never changes; the one activated last is in force. What is in force never ceases to be readable.
"""

from __future__ import annotations

from dunlin.actions.doing import Act, Who, doing
from dunlin.formats.placed_yaml import TextProblems
from dunlin.formats.strategies import from_yaml
from dunlin.records.models import Strategy, StrategyVersion, Template
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.strategies import Strategy as Meant


def read_strategy(text: str) -> Meant:
    """The strategy a text means, checked against the templates and strategies there are. TextProblems says what is wrong where."""
    templates = set(Template.objects.values_list("key", flat=True))
    known = set(Strategy.objects.values_list("key", flat=True))
    return from_yaml(text, templates or None, known or None, current_policy().home_currency)


def save_strategy(who: Who, text: str, note: str = "") -> StrategyVersion:
    """Keep the text as the next version of the strategy it names, not in force yet. The text of the newest version is that
    version again.

    Refused: strategy_not_usable, with the place of the first mistake (`read_strategy` tells all).
    """
    with doing(who, "save_strategy") as act:
        return _save(act, text, note)


def activate_strategy(who: Who, version_id: int) -> StrategyVersion:
    """Put a version into force; earlier ones stay and can be activated again. Refused: strategy_unknown, strategy_not_usable."""
    with doing(who, "activate_strategy") as act:
        row = (
            StrategyVersion.objects.select_for_update()
            .select_related("strategy")
            .filter(pk=version_id)
            .first()
        )
        if row is None:
            raise Refused("strategy_unknown", strategy=version_id)
        meant = _read(row.text)  # templates may have gone, other strategies too, since it was written
        before = _active(row.strategy)
        row.activated_at, row.activated_by_id = who.now, who.user_id
        row.save(update_fields=["activated_at", "activated_by"])
        row.strategy.name = meant.name
        row.strategy.save(update_fields=["name"])
        act.tell(
            about=f"strategy:{row.strategy.key}",
            before={"version": before.number if before else None},
            after={"version": row.number},
        )
    return row


def switch_strategy(who: Who, key: str, on: bool, why: str) -> Strategy:
    """Stop the notices of a strategy at once, those decided and not sent too, or start them again; nobody gets another's
    meanwhile.

    Refused: strategy_unknown, not_blank.
    """
    if not why.strip():
        raise Refused("not_blank", field="why")
    with doing(who, "activate_strategy", cause=why) as act:
        row = Strategy.objects.select_for_update().filter(key=key).first()
        if row is None:
            raise Refused("strategy_unknown", strategy=key)
        row.switched_off_at = None if on else who.now
        row.save(update_fields=["switched_off_at"])
        act.tell(about=f"strategy:{key}", after={"on": on})
    return row


def _save(act: Act, text: str, note: str) -> StrategyVersion:
    meant = _read(text)
    row, _ = Strategy.objects.get_or_create(key=meant.key, defaults={"name": meant.name})
    Strategy.objects.select_for_update().get(pk=row.pk)
    newest = row.versions.order_by("-number").first()
    if newest is not None and newest.text == text:
        return newest
    version = StrategyVersion.objects.create(
        strategy=row, number=(newest.number if newest else 0) + 1, text=text, note=note.strip()[:200],
        written_at=act.who.now, written_by_id=act.who.user_id,
    )  # fmt: skip
    act.tell(about=f"strategy:{row.key}", after={"version": version.number}, cause=note)
    return version


def _read(text: str) -> Meant:
    try:
        return read_strategy(text)
    except TextProblems as problems:
        raise Refused("strategy_not_usable", why=str(problems.problems[0])) from None


def _active(strategy: Strategy) -> StrategyVersion | None:
    return strategy.versions.filter(activated_at__isnull=False).order_by("-activated_at", "-number").first()
