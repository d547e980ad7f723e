"""Who may decide what, up to which amount; what needs no decision at all; and that nobody decides what they asked for (P11, D4).

Limits are in the home currency. What cannot be converted is decided by whoever has no limit. See docs/rules/authority.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from dunlin.rules.money import Money

# What can be asked for. The text completes "… is asked for" and heads the request.
KINDS: Mapping[str, str] = MappingProxyType({
    "adjustment": "Adjustment",
    "clean_up": "Clean-up of accounts",
    "fee_waiver": "Waiver of the card fee",
    "payment_plan": "Payment plan",
    "refund": "Refund",
    "write_off": "Write-off",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limit:
    """`role` decides on requests of `kind` up to and including `up_to` of the home currency; None: whatever the amount."""

    kind: str
    role: str
    up_to: Decimal | None = None


def _rows(kind: str, **roles: int | None) -> tuple[Limit, ...]:
    return tuple(Limit(kind, role, None if most is None else Decimal(most)) for role, most in roles.items())


# P11 says who decides on plans and waivers; the rest is the default of a setting.
LIMITS: tuple[Limit, ...] = (
    *_rows("payment_plan", vp_finance=None, corporate_controller=None),
    *_rows("fee_waiver", vp_finance=None, corporate_controller=None),
    *_rows("refund", ar_manager=5_000, finance_manager=50_000, corporate_controller=None, vp_finance=None),
    *_rows("write_off", ar_manager=1_000, finance_manager=25_000, corporate_controller=None, vp_finance=None),
    *_rows("adjustment", ar_manager=5_000, finance_manager=50_000, corporate_controller=None, vp_finance=None),
    *_rows("clean_up", ar_manager=1_000, finance_manager=25_000, corporate_controller=None, vp_finance=None),
)  # fmt: skip
# P11: what may be passed on to a manager, and to which roles. A delegate may waive but not approve plans.
TO_DELEGATES = frozenset({"fee_waiver"})
DELEGATES = frozenset({"finance_manager", "ar_manager"})
# What a role does without asking, home currency, where its verbs let it do the thing at all. Absent: everything is asked for.
FREE: tuple[Limit, ...] = (
    *_rows("write_off", ar_manager=250, finance_manager=1_000, corporate_controller=5_000, vp_finance=5_000),
    *_rows("adjustment", ar_manager=1_000, finance_manager=5_000, corporate_controller=25_000, vp_finance=25_000),
)  # fmt: skip


def may_decide(kind: str, role: str, amount: Money | None, limits: Iterable[Limit] = LIMITS) -> bool:
    """Whether `role` may decide a request of `kind` over `amount` of the home currency.

    `amount` None is an amount nobody could convert: only a role without a limit decides. KeyError for an unknown kind.
    """
    if kind not in KINDS:
        raise KeyError(f"there is no kind of approval {kind!r} in rules/authority.py")
    return any(each.kind == kind and each.role == role and _within(amount, each.up_to) for each in limits)


def needs_no_approval(kind: str, role: str, amount: Money | None, free: Iterable[Limit] = FREE) -> bool:
    """Whether `role` may do what `kind` is about over `amount` of the home currency without asking anybody."""
    return may_decide(kind, role, amount, free)


def deciders(kind: str, amount: Money | None, limits: Iterable[Limit] = LIMITS) -> tuple[str, ...]:
    """The roles that may decide it, in the order of the table."""
    limits = tuple(limits)
    return tuple(each.role for each in limits if each.kind == kind and _within(amount, each.up_to))


def kinds_of(role: str, limits: Iterable[Limit] = LIMITS) -> tuple[str, ...]:
    """The kinds a role decides on at all, whatever the amount."""
    return tuple(sorted({each.kind for each in limits if each.role == role}))


def allowed(
    kind: str, approver: str, amount: Money | None = None, *, same_person: bool = False, written: bool = True,
    before: bool = True, delegated: bool = False, limits: Iterable[Limit] = LIMITS,
) -> bool:  # fmt: skip
    """P11 in one answer: the approver's role and limit, another person than the requester, in writing and in advance (invariant 29).
    `delegated`: it was passed on to this manager; that reaches what may be passed on, never a payment plan."""
    able = may_decide(kind, approver, amount, limits) or (delegated and kind in TO_DELEGATES and approver in DELEGATES)  # fmt: skip
    return not same_person and written and before and able


def _within(amount: Money | None, most: Decimal | None) -> bool:
    return most is None or (amount is not None and amount.decimal <= most)
