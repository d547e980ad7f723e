"""Choose the corrections of a clean-up project, account by account, and accept a check by hand (P37)."""

from __future__ import annotations

from collections.abc import Collection

from dunlin.actions.doing import Who, doing
from dunlin.actions.start_clean_up import locked_project
from dunlin.records.models import CleanUpAccount
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.reconciliation.findings import CHECKS


def choose_corrections(who: Who, account_id: int, keys: Collection[str]) -> CleanUpAccount:
    """These findings of the account go into the batch, no others: corrections are posted, questions become follow-ups.

    Refused: clean_up_unknown, clean_up_not_now once approval was asked, fix_changed for a key that is none of the account's.
    """
    with doing(who, "change_clean_up") as act:
        row = _locked(account_id)
        known = {each["key"] for each in row.findings}
        for stray in sorted(set(keys) - known):
            raise Refused("fix_changed", what=stray)
        before = [each["key"] for each in row.findings if each["chosen"]]
        for each in row.findings:
            each["chosen"] = each["key"] in keys
        row.save(update_fields=["findings"])
        act.tell(
            about=f"clean_up:{row.project_id}", customer_id=row.customer_id, before={"chosen": before},
            after={"chosen": sorted(keys)},
        )  # fmt: skip
    return row


def accept_check(who: Who, account_id: int, check: str, note: str) -> CleanUpAccount:
    """A check of the account is settled by hand, with the reason. Refused: clean_up_unknown, clean_up_not_now, reason_missing."""
    note = mask_card_numbers(note.strip())[:120]
    with doing(who, "change_clean_up", cause=note) as act:
        row = _locked(account_id)
        if not note or check not in CHECKS:
            raise Refused("reason_missing")
        before = row.checks.get(check, "")
        row.checks[check] = f"{note} ({who.name}, {who.today})"
        row.save(update_fields=["checks"])
        act.tell(
            about=f"clean_up:{row.project_id}", customer_id=row.customer_id, before={check: before},
            after={check: row.checks[check]},
        )  # fmt: skip
    return row


def _locked(account_id: int) -> CleanUpAccount:
    row = CleanUpAccount.objects.filter(pk=account_id).first()
    if row is None:
        raise Refused("clean_up_unknown", project=account_id)
    locked_project(row.project_id, "ready")
    return CleanUpAccount.objects.get(pk=account_id)
