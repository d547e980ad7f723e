"""What a decision does, by the kind of what was asked for: one function a kind, inside the act that decides.

Each gets the act, the request under lock, and whether it was approved. It reads the facts again and refuses with
`approval_facts_changed` when they are no longer what was asked about. A kind without one waits to be used (`use_approval`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dunlin.actions.ask_clean_up import clean_up_decided
from dunlin.actions.decide_refund import decide_refund
from dunlin.actions.doing import Act
from dunlin.records.approvals import Approval

ON_DECISION: Mapping[str, Callable[[Act, Approval, bool], None]] = MappingProxyType({
    "refund": decide_refund,
    "clean_up": clean_up_decided,
})  # fmt: skip
