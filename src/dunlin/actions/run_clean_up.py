"""Run an approved clean-up project as a job that may be left: account by account, each all or nothing, proved at the end (P37)."""

from __future__ import annotations

from collections import Counter

from django.db import transaction
from django_q.models import OrmQ
from django_q.tasks import async_task

from dunlin.actions.apply_fixes import ask, correct, net_of, permitted, still_there
from dunlin.actions.ask_approval import use_approval
from dunlin.actions.doing import Who, doing
from dunlin.actions.start_clean_up import HERE_MOST, check_stored, locked_project
from dunlin.records.clock import now, today
from dunlin.records.locks import lock_customers
from dunlin.records.models import CleanUpAccount, CleanUpProject, FixRun, User
from dunlin.records.policies import current_policy
from dunlin.reports.reconciliation import reconcile
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy


def run_clean_up(who: Who, project_id: int) -> None:
    """Use the approval and hand the project to a job. Refused: clean_up_unknown, clean_up_not_now, approval_not_usable."""
    with doing(who, "run_clean_up") as act:
        project = locked_project(project_id, "approved")
        if project.approval_id is None:
            raise Refused("clean_up_not_now", state=project.state)
        use_approval(act, project.approval_id)
        project.state, project.started_at, project.run_by_id = "running", who.now, who.user_id
        project.save(update_fields=["state", "started_at", "run_by"])
        act.tell(about=f"clean_up:{project.pk}", after={"state": "running"})
    async_task("dunlin.actions.run_clean_up.run_stored", project_id, task_name=f"clean-up {project_id}")


def go_on_here(who: Who, project_id: int) -> None:
    """Do what waits for a job in the request itself, where no job process runs. Refused: clean_up_unknown, clean_up_not_now (too many)."""
    with doing(who, "change_clean_up"):
        project = locked_project(project_id, "checking", "running")
        if project.accounts.count() > HERE_MOST:
            raise Refused("clean_up_not_now", state=f"too big to run here: more than {HERE_MOST} accounts")
    # Otherwise a job process that starts meanwhile would do the same work again.
    queued = [each.pk for each in OrmQ.objects.all() if each.name() == f"clean-up {project_id}"]
    OrmQ.objects.filter(pk__in=queued).delete()
    if project.state == "checking":
        check_stored(project_id)
    else:
        run_stored(project_id)


def run_stored(project_id: int) -> None:
    """The job: the accounts with something chosen, one transaction each; killed, it goes on where it was."""
    project = CleanUpProject.objects.select_related("run_by").filter(pk=project_id).first()
    if project is None or project.state != "running" or project.run_by is None:
        return
    policy = current_policy()
    who = _who(project.run_by, policy)
    for pk in list(project.accounts.filter(state="found").order_by("pk").values_list("pk", flat=True)):
        _account(who, project, pk, policy)
    with transaction.atomic():
        project = CleanUpProject.objects.select_for_update().get(pk=project_id)
        if project.state != "running":
            return
        project.before, project.after, project.written_off = totals(project)
        project.state, project.finished_at = "done", now()
        project.save(update_fields=["before", "after", "written_off", "state", "finished_at"])
    with doing(who, "run_clean_up") as act:
        act.tell(
            about=f"clean_up:{project.pk}", before={"balances": project.before},
            after={"balances": project.after, "written_off": project.written_off},
        )  # fmt: skip


def totals(project: CleanUpProject) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """By currency, minor units: the balances of the corrected accounts before, after, and what was written off.

    Each account was read under its lock just before and just after its corrections: what others posted meanwhile is in neither.
    """
    before: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    off: Counter[str] = Counter()
    seen: set[int] = set()
    for run in FixRun.objects.filter(project=project).order_by("pk"):
        was, now_ = run.proof["before"], run.proof["after"]
        before.update(net_of([row for row in was if row["customer"] not in seen]))
        seen |= {row["customer"] for row in was}
        moved.update(net_of(now_))
        moved.subtract(net_of(was))
        for each in run.findings:
            if each["written_off"]:
                off[each["currency"]] += each["written_off"]
    currencies = sorted({*before, *moved})
    after = {currency: before[currency] + moved[currency] for currency in currencies}
    return {currency: before[currency] for currency in currencies}, after, dict(off)


def _account(who: Who, project: CleanUpProject, pk: int, policy: Policy) -> None:
    row = CleanUpAccount.objects.get(pk=pk)
    chosen = {each["key"]: each["sentence"] for each in row.findings if each["chosen"]}
    if not chosen:
        return
    customers = reconcile(row.customer_id, who.today, policy).customers(chosen.keys())
    try:
        with doing(who, "run_clean_up", customers=customers) as act:
            lock_customers(customers)
            row = CleanUpAccount.objects.select_for_update().get(pk=pk)
            if row.state != "found":  # another job was here
                return
            findings = still_there(who, row.customer_id, chosen, policy, customers)
            fixes = [each for each in findings if each.steps]
            permitted(who, fixes)
            if fixes:
                correct(act, row.customer_id, fixes, policy, customers, project)
            ask(act, row.customer_id, [each for each in findings if not each.steps])
            row.state = "corrected"
            for each in findings:
                row.checks[each.check] = "corrected" if each.steps else "asked"
            row.save(update_fields=["state", "checks"])
    except Refused as refused:
        CleanUpAccount.objects.filter(pk=pk).update(state="left", problem=str(refused)[:300])


def _who(user: User, policy: Policy) -> Who:
    """The job acts in the name of whoever ran it, with the role they have now."""
    return Who(user.pk, user.name, user.role, "clock", today(policy.ledger_time_zone), now())
