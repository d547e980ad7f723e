"""Ask approval of the corrections of a clean-up project, all of them in one request, and what its decision does (P37, P11)."""

from __future__ import annotations

import hashlib
from collections import Counter

from dunlin.actions.ask_approval import Asked, ask_approval
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.start_clean_up import locked_project
from dunlin.records.approvals import Approval
from dunlin.records.models import CleanUpProject
from dunlin.records.policies import current_policy
from dunlin.reports.clean_up import Batch, batch_of
from dunlin.reports.rates import home_minor, rates_to
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money


def ask_clean_up(who: Who, project_id: int, reason: str) -> Approval:
    """Ask; the amount is what would be written off, in the home currency at today's rate.

    Refused: clean_up_unknown, clean_up_not_now, clean_up_nothing, clean_up_no_rate, reason_missing, approval_asked_already.
    """
    with doing(who, "ask_clean_up", cause=reason) as act:
        project = locked_project(project_id, "ready")
        batch = batch_of(project.pk)
        if not batch.corrections:
            raise Refused("clean_up_nothing")
        off = _at_home(who, batch)
        row = ask_approval(
            act,
            Asked(
                kind="clean_up", about=about(project), amount=off if off.minor else None, reason=reason,
                title=f"{batch.corrections:,} corrections on {batch.accounts:,} accounts: {project.name}",
                if_yes="The corrections can be run. Each account is read again; what no longer fits is left out and told.",
                if_no="Nothing is posted; the project can be changed and asked for again.",
                evidence=_evidence(batch), facts={"batch": digest(batch)},
            ),
        )  # fmt: skip
        project.state, project.approval = "asked", row
        project.save(update_fields=["state", "approval"])
    return row


def clean_up_decided(act: Act, approval: Approval, yes: bool) -> None:
    """Approved, the project may be run; refused, withdrawn or expired, it is open again. Refused: approval_facts_changed."""
    pk = int(approval.about.partition(":")[2])
    project = CleanUpProject.objects.select_for_update().get(pk=pk)
    if yes and (project.state != "asked" or digest(batch_of(pk)) != approval.facts.get("batch")):
        raise Refused("approval_facts_changed", what=approval.title)
    if project.state in ("asked", "approved"):
        project.state = "approved" if yes else "ready"
        project.save(update_fields=["state"])
    act.tell(about=about(project), after={"state": project.state})


def about(project: CleanUpProject) -> str:
    """The name by which a request tells of the project."""
    return f"clean_up:{project.pk}"


def digest(batch: Batch) -> str:
    """Stands for exactly these corrections of exactly these accounts."""
    return hashlib.sha256(repr(sorted(batch.keys)).encode()).hexdigest()


def _at_home(who: Who, batch: Batch) -> Money:
    home = current_policy().home_currency
    rates = rates_to(home, set(batch.written_off), who.today)
    minor = 0
    for currency, amount in batch.written_off.items():
        found = home_minor(amount, currency, rates, home)
        if found is None:
            raise Refused("clean_up_no_rate", currency=currency, home=home)
        minor += found
    return Money(minor, home)


def _evidence(batch: Batch) -> list[str]:
    off = ", ".join(str(Money(minor, currency)) for currency, minor in sorted(batch.written_off.items()))
    told = [
        f"{off or 'Nothing'} would be written off; everything else leaves the sum of the balances as it is."
    ]
    moved = Counter(batch.by_label)
    told += [f"{label}: {count:,}" for label, count in moved.most_common()]
    return [*told, f"{batch.questions:,} questions become follow-ups."] if batch.questions else told
