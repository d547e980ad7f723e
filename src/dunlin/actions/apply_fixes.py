"""Put an account right: the corrections somebody chose, all of them or none, proved before and after to the cent (A8, P27).

What was shown is found again under the lock; a correction that is no longer what it was is named and nothing is changed.
Only write-offs may change the balance. Questions that were chosen become follow-ups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dunlin.actions.ask_approval import home_amount
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.postings import Draft, apply, check_posting_day, named, post, reverse
from dunlin.records import balance_sums
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import (
    Application,
    Balance,
    CleanUpProject,
    Customer,
    FixRun,
    FollowUp,
    Item,
    Receipt,
    User,
)
from dunlin.records.policies import current_policy
from dunlin.reports.reconciliation import SMALL, reconcile
from dunlin.rules.authority import needs_no_approval
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.reconciliation.findings import Finding, Step
from dunlin.rules.roles import DO, may

WHY = "reconciled"
# What a step asks of whoever takes it, besides putting accounts right.
NEEDS = {"apply": "apply_credit", "reverse": "reverse_application", "write_off": "write_off"}


@dataclass(frozen=True)
class Fixed:
    """What was done: the run to look at or undo (None when only questions were asked), how many corrections and follow-ups."""

    run_id: int | None
    corrections: int
    questions: int
    written_off: dict[str, int]


def apply_fixes(who: Who, customer_id: int, chosen: Mapping[str, str], *, key: str | None = None) -> Fixed:
    """Post the chosen corrections of a customer, and plan a follow-up for each chosen question. `chosen`: key → what was shown.

    Refused: fix_not_chosen, fix_changed (names what), fix_not_permitted, fix_over_limit, and what posting refuses.
    """
    if not chosen:
        raise Refused("fix_not_chosen")
    policy = current_policy()
    customers = reconcile(customer_id, who.today, policy).customers(chosen.keys())
    with doing(who, "apply_fixes", customers=customers, key=key, asked=[customer_id, *sorted(chosen)]) as act:
        if act.answered:
            return Fixed(**act.answer)
        findings = still_there(who, customer_id, chosen, policy, customers)
        fixes = [each for each in findings if each.steps]
        permitted(who, fixes)
        _within_authority(who, fixes)
        asked = ask(act, customer_id, [each for each in findings if not each.steps])
        run = correct(act, customer_id, fixes, policy, customers) if fixes else None
        off = _written_off(fixes)
        act.answer = {
            "run_id": run.pk if run else None, "corrections": len(fixes), "questions": asked, "written_off": off,
        }  # fmt: skip
        return Fixed(**act.answer)


def still_there(
    who: Who, customer_id: int, chosen: Mapping[str, str], policy: Policy, customers: Collection[int]
) -> list[Finding]:
    """The chosen findings as they are now, under the locks of `customers`. Refused: fix_changed with the first that is not there."""
    again = reconcile(customer_id, who.today, policy)
    there = {each.key: each for each in again.findings}
    for key, what in chosen.items():
        # What another account of the group has to do with it came up after its lock could be taken.
        if key not in there or again.customers([key]) - set(customers):
            raise Refused("fix_changed", what=what[:120] or "what was chosen")
    return [there[key] for key in chosen]


def permitted(who: Who, fixes: Sequence[Finding]) -> None:
    """Refused fix_not_permitted when a step needs a verb that the role does not have."""
    for finding in fixes:
        for step in finding.steps:
            if not may(who.role, NEEDS[step.kind]):
                raise Refused("fix_not_permitted", what=finding.label, verb=DO[NEEDS[step.kind]])


def correct(
    act: Act,
    customer_id: int,
    fixes: Sequence[Finding],
    policy: Policy,
    customers: Collection[int],
    project: CleanUpProject | None = None,
) -> FixRun:
    """Post the steps inside `act`, which holds the customers' locks, and keep what was before and after.

    AssertionError, and nothing is posted, when the balance would differ by anything but the write-offs.
    """
    who = act.who
    touched = {item for each in fixes for step in each.steps for item in (step.credit, step.debit) if item}
    items = Item.objects.in_bulk(touched)
    before = {pk: item.open for pk, item in items.items()}
    balance_sums.refresh(customers, who.today, policy)
    stood = standing(customers)
    for entity_id in {item.entity_id for item in items.values()}:
        check_posting_day(who, entity_id, who.today)
    steps = [taken for each in fixes for step in each.steps for taken in _take(who, each, step, items)]
    facts_changed(who, customers, policy)
    after = standing(customers)
    _prove(stood, after, _written_off(fixes))
    run = FixRun.objects.create(
        customer_id=customer_id, project=project, made_at=who.now, made_on=who.today, made_by_id=who.user_id,
        findings=[_told(each) for each in fixes], steps=steps,
        proof={"items": _moved(items, before), "before": stood, "after": after},
    )  # fmt: skip
    act.tell(
        about=f"fix_run:{run.pk}", customer_id=customer_id, cause="; ".join(each.label for each in fixes)[:300],
        before={"open": before}, after={"open": {pk: item.open for pk, item in items.items()}, "steps": steps},
    )  # fmt: skip
    return run


def standing(customers: Collection[int]) -> list[dict[str, Any]]:
    """The balances of the customers as they are stored: by customer, entity and currency, with their buckets, minor units."""
    rows = Balance.objects.filter(customer__in=sorted(customers)).select_related("entity", "customer")
    return [
        {
            "customer": row.customer_id, "number": row.customer.number, "entity": row.entity.code, "currency": row.currency,
            "debits": row.debits, "unapplied": row.unapplied, "disputed": row.disputed, "past_due": row.past_due,
            "buckets": [getattr(row, f"bucket_{place}") for place in range(8)],
        }
        for row in rows.order_by("customer_id", "entity__code", "currency")
    ]  # fmt: skip


def net_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The sum of balances by currency, minor units."""
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row["currency"]] += row["debits"] - row["unapplied"]
    return dict(sums)


def _prove(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], off: Mapping[str, int]
) -> None:
    """The difference of the sums is what was written off, to the cent: invariant 4, P37."""
    was, now = net_of(before), net_of(after)
    for currency in {*was, *now, *off}:
        assert was.get(currency, 0) - now.get(currency, 0) == off.get(currency, 0), (
            f"{currency} does not add up"
        )


def _take(who: Who, finding: Finding, step: Step, items: dict[int, Item]) -> list[dict[str, Any]]:
    """Post one step; what it made, as `undo_fixes` needs it."""
    day, debit = who.today, items[step.debit]
    if step.kind == "write_off":
        draft = Draft(
            customer_id=debit.customer_id, entity_id=debit.entity_id, kind="write_off",
            amount=Money(step.amount, debit.currency), document_on=day, reason=SMALL,
            description=f"Small balance of {named(debit)}"[:200],
        )  # fmt: skip
        credit, why = post(who, draft, in_open_period=True), "written_off"
    else:
        credit, why = items[step.credit], WHY
    if step.kind == "reverse":
        use = Application.objects.select_related("credit", "debit").get(pk=step.application)
        made = reverse(who, use, posted_on=day, value_on=day, why=WHY, in_open_period=True)
        Receipt.objects.filter(payment=credit, automatic=True).update(corrected=True)
        for item in (credit, debit):
            item.refresh_from_db()
    else:
        made = apply(
            who, credit, debit, step.amount, posted_on=day, value_on=credit.value_on, why=why, evidence=finding.sentence,
            in_open_period=True,
        )  # fmt: skip
    return [
        {
            "kind": step.kind, "credit": credit.pk, "debit": debit.pk, "amount": step.amount, "application": made.pk,
            "reversed": step.application,
        }
    ]  # fmt: skip


def _within_authority(who: Who, fixes: Sequence[Finding]) -> None:
    off = _written_off(fixes)
    for currency, minor in off.items():
        amount = Money(minor, currency)
        if not needs_no_approval("write_off", who.role, home_amount(who, amount)):
            raise Refused("fix_over_limit", amount=amount)


def _written_off(fixes: Sequence[Finding]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for each in fixes:
        if each.written_off:
            sums[each.currency] += each.written_off
    return dict(sums)


def _told(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code, "label": finding.label, "sentence": finding.sentence, "amount": finding.amount,
        "currency": finding.currency, "written_off": finding.written_off,
    }  # fmt: skip


def _moved(items: Mapping[int, Item], before: Mapping[int, int]) -> list[dict[str, Any]]:
    """Every document touched, with what was open on it before and after."""
    rows = sorted(items.values(), key=lambda item: (item.side, item.due_on, item.pk))
    return [
        {
            "item": item.pk, "name": named(item), "customer": item.customer_id, "side": item.side, "currency": item.currency,
            "before": before[item.pk], "after": item.open,
        }
        for item in rows
    ]  # fmt: skip


def ask(act: Act, customer_id: int, questions: Sequence[Finding]) -> int:
    """A follow-up of the account's collector for each question, or of whoever asks; one that is planned already is not planned again."""
    if not questions:
        return 0
    who = act.who
    owner = Customer.objects.select_related("collector").get(pk=customer_id).collector
    if owner is None or not owner.is_active:
        owner = User.objects.filter(pk=who.user_id).first() if who.user_id is not None else None
    if owner is None:
        raise Refused("user_unknown", user=who.name)
    due_on: date = calendar(LEDGER).next_business_day(who.today)
    asked = 0
    for each in questions:
        what = mask_card_numbers(each.question)[:300]
        if FollowUp.objects.filter(customer=customer_id, what=what, done_at=None).exists():
            continue
        row = FollowUp.objects.create(
            customer_id=customer_id, owner=owner, what=what, due_on=due_on, created_at=who.now, created_by_id=who.user_id,
        )  # fmt: skip
        act.tell(
            about=f"follow_up:{row.pk}", customer_id=customer_id, after={"what": what, "owner": owner.pk}
        )
        asked += 1
    return asked
