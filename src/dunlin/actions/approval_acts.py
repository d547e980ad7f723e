"""What a decision does, by the kind of what was asked for: one function a kind, inside the act that decides.

Each gets the act, the request under lock, and whether it was approved. It reads the facts again and refuses with
`approval_facts_changed` when they are no longer what was asked about. A kind without one waits to be used (`use_approval`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dunlin.actions.adjustments import carry_out
from dunlin.actions.ask_clean_up import clean_up_decided
from dunlin.actions.decide_refund import decide_refund
from dunlin.actions.decide_short_pay import decide_asked_short_pay
from dunlin.actions.doing import Act
from dunlin.records.approvals import Approval

Effect = Callable[[Act, Approval, bool], None]
# The kind and the first word of `about` → what a decision about such a row does.
_BY_SUBJECT: Mapping[tuple[str, str], Effect] = MappingProxyType({
    ("adjustment", "item"): carry_out, ("adjustment", "short_pay"): decide_asked_short_pay, ("write_off", "short_pay"): decide_asked_short_pay,
})  # fmt: skip


def _by_subject(act: Act, row: Approval, yes: bool) -> None:
    """One kind is asked for in several places; each asks about rows of its own."""
    effect = _BY_SUBJECT.get((row.kind, row.about.partition(":")[0]))
    if effect is not None:
        effect(act, row, yes)


ON_DECISION: Mapping[str, Effect] = MappingProxyType({
    "adjustment": _by_subject, "clean_up": clean_up_decided, "refund": decide_refund, "write_off": _by_subject,
})  # fmt: skip
