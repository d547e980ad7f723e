"""What makes a dunning strategy senseless, with the place in it and what to do. See docs/rules/strategies.md (P35; C6)."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from dunlin.rules.strategies import Step, Strategy, day_count_words


class Flaw(NamedTuple):
    """What is wrong: `place` in the strategy ("steps[1].from"), and what to do about it."""

    place: str
    detail: str


def flaws(strategy: Strategy) -> list[Flaw]:
    """What makes the ladder senseless: levels out of order, windows that contradict each other, a step nothing sets off."""
    found = []
    if not any(step.on for step in strategy.steps):
        found.append(Flaw("steps", "no step is on; switch one on or add one"))
    for index, (before, step) in enumerate(pairwise(strategy.steps), start=1):
        if step.level <= before.level:
            found.append(
                Flaw(
                    f"steps[{index}].level",
                    f"level {step.level} stands after level {before.level}; number the steps upwards, each level once",
                )
            )
        elif _starts(step) is not None and _starts(before) is not None and step.from_days <= before.from_days:  # type: ignore[operator]
            found.append(
                Flaw(
                    f"steps[{index}].from",
                    f"{day_count_words(step.from_days or 0)} is not after {day_count_words(before.from_days or 0)}, where level "
                    f"{before.level} begins; let it begin later",
                )
            )
        elif (
            step.from_days is not None
            and before.through_days is not None
            and step.from_days <= before.through_days
        ):
            found.append(
                Flaw(
                    f"steps[{index}].from",
                    f"overlaps level {before.level}, which lasts through {day_count_words(before.through_days)}; begin a day later "
                    f"or leave out its `through`",
                )
            )
    for index, step in enumerate(strategy.steps):
        found += _step_flaws(f"steps[{index}]", step, index)
    return found


def _starts(step: Step) -> int | None:
    return step.from_days if step.after_days is None else None


def _step_flaws(place: str, step: Step, index: int) -> list[Flaw]:
    found = []
    if step.through_days is not None and step.from_days is not None:
        if step.through_days < step.from_days:
            found.append(Flaw(f"{place}.through", f"is before `from`, {day_count_words(step.from_days)}"))
        if step.before_due and step.through_days > 0:
            found.append(
                Flaw(f"{place}.through", "a step before the due date ends with the due date; write 0 or less")
            )
    if step.through_days is not None and step.by_decision:
        found.append(
            Flaw(f"{place}.through", "a step by decision has no days; write `from` too, or leave it out")
        )
    if step.after_days is not None and index == 0:
        found.append(
            Flaw(f"{place}.after", "the first step has none before it; write `from` (days past due)")
        )
    if step.before_due and step.fee is not None:
        found.append(Flaw(f"{place}.fee", "nothing is past due before the due date; leave it out"))
    if step.fee is not None and not step.fee.flat and not step.fee.interest_pct:
        found.append(Flaw(f"{place}.fee", "states neither an amount nor interest"))
    return found
