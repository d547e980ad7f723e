"""Start a clean-up project: a named list of accounts, looked at by a job; and look at them again (P37)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django_q.tasks import async_task

from dunlin.actions.doing import Who, doing
from dunlin.records import bulk
from dunlin.records.clock import now, today
from dunlin.records.models import CleanUpAccount, CleanUpProject, Customer, User
from dunlin.records.policies import current_policy
from dunlin.reports.reconciliation import accounts_for, limits_of
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.reconciliation.check import chosen_at_first, findings_of
from dunlin.rules.reconciliation.findings import CHECKS, Finding

ACCOUNTS_MAX = 2000
CHUNK = 100
# A page waits for so few accounts; more of them are a job's.
HERE_MOST = 50


@dataclass(frozen=True)
class Wanted:
    """A project: its name, the accounts, who sees to it and by when."""

    name: str
    customers: Sequence[int]
    owner_id: int | None = None
    due_on: date | None = None


def start_clean_up(who: Who, wanted: Wanted) -> int:
    """Make the project and have its accounts looked at; its id. Refused: not_blank, clean_up_accounts, customer_unknown, user_unknown."""
    name = mask_card_numbers(wanted.name.strip())[:80]
    ids = list(dict.fromkeys(wanted.customers))
    with doing(who, "start_clean_up") as act:
        if not name:
            raise Refused("not_blank", field="the name")
        if not 0 < len(ids) <= ACCOUNTS_MAX:
            raise Refused("clean_up_accounts", limit=f"{ACCOUNTS_MAX:,}", count=f"{len(ids):,}")
        known = set(Customer.objects.filter(pk__in=bulk.one_of(ids)).values_list("pk", flat=True))
        for missing in sorted(set(ids) - known):
            raise Refused("customer_unknown", customer=missing)
        owner = User.objects.filter(pk=wanted.owner_id or who.user_id or 0, is_active=True).first()
        if owner is None:
            raise Refused("user_unknown", user=wanted.owner_id or who.name)
        project = CleanUpProject.objects.create(
            name=name, owner=owner, due_on=wanted.due_on, created_at=who.now, created_by_id=who.user_id
        )
        CleanUpAccount.objects.bulk_create(CleanUpAccount(project=project, customer_id=pk) for pk in ids)
        act.tell(
            about=f"clean_up:{project.pk}", after={"name": name, "accounts": len(ids), "owner": owner.pk}
        )
    _queue(project.pk)
    return project.pk


def look_again(who: Who, project_id: int) -> None:
    """Have all accounts looked at anew; what was chosen is chosen afresh. Refused: clean_up_unknown, clean_up_not_now."""
    with doing(who, "start_clean_up") as act:
        project = locked_project(project_id, "ready")
        project.state = "checking"
        project.save(update_fields=["state"])
        project.accounts.update(state="waiting", findings=[], checks={}, problem="")
        act.tell(about=f"clean_up:{project.pk}", after={"again": True})
    _queue(project_id)


def check_stored(project_id: int) -> None:
    """The job: look at the accounts that wait, a chunk at a time; killed, it goes on where it was."""
    policy, day = current_policy(), today(current_policy().ledger_time_zone)
    limits = limits_of(policy, day)
    while True:
        with transaction.atomic():
            project = CleanUpProject.objects.select_for_update().filter(pk=project_id).first()
            if project is None or project.state != "checking":
                return
            rows = list(project.accounts.filter(state="waiting").order_by("pk")[:CHUNK])
            accounts = accounts_for([row.customer_id for row in rows], day, policy)
            for row in rows:
                fill(row, findings_of(accounts[row.customer_id], limits))
            CleanUpAccount.objects.bulk_update(rows, ["state", "findings", "checks"])
            if len(rows) < CHUNK:
                project.state, project.checked_at = "ready", now()
                project.save(update_fields=["state", "checked_at"])
                return


def fill(row: CleanUpAccount, findings: Sequence[Finding]) -> None:
    """What was found goes into the row: each finding with what a page needs, each check with what it said."""
    first = {each.key for each in chosen_at_first(findings)}
    row.findings = [
        {
            "key": each.key, "code": each.code, "check": each.check, "label": each.label, "sentence": each.sentence,
            "question": each.question, "amount": each.amount, "currency": each.currency, "sure": each.sure,
            "written_off": each.written_off, "fix": bool(each.steps), "chosen": each.key in first,
        }
        for each in findings
    ]  # fmt: skip
    found = {each.check for each in findings}
    row.checks = {check: "found" if check in found else "clear" for check in CHECKS if check != "statement"}
    row.checks["statement"] = "open"
    row.state = "found" if findings else "clear"


def locked_project(project_id: int, *states: str) -> CleanUpProject:
    """The project under lock. Refused: clean_up_unknown, clean_up_not_now unless it is in one of `states`."""
    project = CleanUpProject.objects.select_for_update().filter(pk=project_id).first()
    if project is None:
        raise Refused("clean_up_unknown", project=project_id)
    if project.state not in states:
        raise Refused("clean_up_not_now", state=project.state)
    return project


def _queue(project_id: int) -> None:
    async_task("dunlin.actions.start_clean_up.check_stored", project_id, task_name=f"clean-up {project_id}")
