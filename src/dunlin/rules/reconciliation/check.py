"""All checks of one account in their order: what is certain takes its documents before what only fits.

No two proposals touch one document, so any choice of them can be applied together. See docs/rules/reconciliation.md (P27).
"""

from __future__ import annotations

from collections.abc import Collection

from dunlin.rules.reconciliation.credits import check_amounts, check_memos, check_named, check_rest
from dunlin.rules.reconciliation.duplicates import check_duplicates
from dunlin.rules.reconciliation.facts import Account, Limits
from dunlin.rules.reconciliation.findings import CODES, Desk, Finding
from dunlin.rules.reconciliation.named import Names
from dunlin.rules.reconciliation.small import check_figures, check_small
from dunlin.rules.reconciliation.wrong_place import check_places

BARRED = {"insolvency": "is insolvent", "legal": "is with legal", "agency": "is with an agency"}
TICKED = ("certain", "likely")


def findings_of(account: Account, limits: Limits) -> tuple[Finding, ...]:
    """Everything found on an account, in the order of CODES. Each item is in the steps of one finding at most.

    A barred account has questions only: nothing is proposed of a customer in insolvency or in the hands of others.
    """
    desk = Desk(account, limits)
    names = Names(each for each in account.entries if each.customer == account.customer)
    found = check_figures(desk) + check_duplicates(desk) + check_places(desk, names)
    found += check_memos(desk, names) + check_named(desk, names) + check_amounts(desk) + check_rest(desk)
    found += check_small(desk)
    if account.barred:
        why = BARRED.get(account.barred, f"is barred ({account.barred})")
        found = [
            each.as_question(each.question or f"The account {why}: nothing is applied or written off here. {each.sentence}")
            for each in found
        ]  # fmt: skip
    order = list(CODES)
    return tuple(sorted(found, key=lambda each: (order.index(each.code), -each.amount, each.items)))


def chosen_at_first(findings: Collection[Finding]) -> tuple[Finding, ...]:
    """What a page ticks beforehand: proposals that are certain or likely."""
    return tuple(each for each in findings if each.steps and each.sure in TICKED)
