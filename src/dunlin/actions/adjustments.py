"""What a decision on an adjustment does: the memo is issued now, by facts read again, or nothing happens (P11, P21)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dunlin.actions.credit_document import credit_in, credit_of, prepare_memo, seen
from dunlin.actions.doing import Act
from dunlin.actions.issue_document import issue_in, issue_of
from dunlin.actions.issuing import prepare
from dunlin.actions.postings import customers_of
from dunlin.actions.rebill import prepare_rebill, rebill_in, rebill_of
from dunlin.records.approvals import Approval
from dunlin.records.policies import current_policy
from dunlin.reports.issue_facts import Creditable
from dunlin.rules.codes import Refused


def carry_out(act: Act, row: Approval, yes: bool) -> None:
    """Issue what was asked for. Refused: approval_facts_changed when the invoice was paid, credited or changed since, and what
    issuing refuses."""
    if not yes:
        return
    policy = current_policy()
    what = row.facts.get("act")
    if what == "issue":
        # The day of issue is the day it is allowed; nothing is posted into the past by waiting.
        issue = replace(issue_of(row.facts["issue"]), document_on=act.who.today)
        prepared = prepare(act.who, issue, policy)
        if prepared.total.minor != row.amount:
            raise Refused("approval_facts_changed", what=row.title)
        issue_in(act, prepared, policy)
    elif what == "credit":
        credit = credit_of(row.facts["credit"])
        of, memo = prepare_memo(act.who, credit, policy)
        _same(row, of)
        credit_in(act, credit, of, memo, policy)
    elif what == "rebill":
        both = prepare_rebill(act.who, rebill_of(row.facts["rebill"]), policy)
        _same(row, both.of)
        rebill_in(act, both, policy, customers_of([both.of.first.pk]))


def _same(row: Approval, of: Creditable) -> None:
    then: dict[str, Any] = row.facts["seen"]
    if seen(of) != then:
        raise Refused("approval_facts_changed", what=row.title)
