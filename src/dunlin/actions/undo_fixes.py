"""Undo corrections exactly: what was applied is unapplied, what was taken back is applied again, what was written off is owed again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dunlin.actions.apply_fixes import WHY, net_of, standing
from dunlin.actions.doing import Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.granted import take_back
from dunlin.actions.postings import apply, customers_of, items_of, named, reverse
from dunlin.records import balance_sums
from dunlin.records.models import Application, FixRun
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.roles import may


def undo_fixes(who: Who, run_id: int, reason: str) -> FixRun:
    """Undo a run of corrections, all of it or nothing; every document is open again as it was before them.

    Refused: reason_missing, fix_run_unknown, fix_undone_already, fix_undo_not_yours, fix_undo_changed, and a closed period.
    """
    if not reason.strip():
        raise Refused("reason_missing")
    found = FixRun.objects.filter(pk=run_id).first()
    if found is None:
        raise Refused("fix_run_unknown", run=run_id)
    touched = {item for step in found.steps for item in (step["credit"], step["debit"])}
    customers = customers_of(touched) | {found.customer_id}
    policy = current_policy()
    with doing(who, "undo_fixes", customers=customers, cause=reason) as act:
        run = FixRun.objects.select_for_update().get(pk=run_id)
        if run.undone_at is not None:
            raise Refused("fix_undone_already", on=run.undone_on)
        _yours(who, run)
        balance_sums.refresh(customers, who.today, policy)
        before = standing(customers)
        opens = {pk: item.open for pk, item in items_of(touched).items()}
        for step in reversed(run.steps):
            _back(who, step)
        facts_changed(who, customers, policy)
        after = standing(customers)
        back = {pk: item.open for pk, item in items_of(touched).items()}
        run.undone_at, run.undone_on, run.undone_by_id = who.now, who.today, who.user_id
        run.undone_why = reason.strip()[:200]
        run.undo = {"before": before, "after": after, "net": [net_of(before), net_of(after)]}
        run.save(update_fields=["undone_at", "undone_on", "undone_by", "undone_why", "undo"])
        act.tell(
            about=f"fix_run:{run.pk}",
            customer_id=run.customer_id,
            before={"open": opens},
            after={"open": back},
        )
    return run


def _yours(who: Who, run: FixRun) -> None:
    own_today = run.made_by_id is not None and run.made_by_id == who.user_id and run.made_on == who.today
    if not own_today and not may(who.role, "reverse_application"):
        raise Refused("fix_undo_not_yours")


def _back(who: Who, step: Mapping[str, Any]) -> None:
    """Undo one step. Whatever the books refuse now means that something happened since."""
    day = who.today
    try:
        if step["kind"] == "reverse":
            items = items_of([step["credit"], step["debit"]])
            credit, debit = items[step["credit"]], items[step["debit"]]
            old = Application.objects.get(pk=step["reversed"])
            apply(
                who, credit, debit, step["amount"], posted_on=day, value_on=old.value_on, why=old.why, evidence=old.evidence
            )  # fmt: skip
            return
        use = Application.objects.select_related("credit", "debit").get(pk=step["application"])
        reverse(who, use, posted_on=day, value_on=day, why=WHY)
        if step["kind"] == "write_off":
            if use.credit.open != use.credit.amount:
                raise Refused(
                    "application_exceeds_credit",
                    asked=step["amount"],
                    open=use.credit.open,
                    credit=named(use.credit),
                )
            take_back(who, use.credit_id, posted_on=day, value_on=day)
    except Refused as refused:
        if refused.code in ("period_locked", "posting_in_future"):
            raise
        raise Refused("fix_undo_changed", why=str(refused)) from None
