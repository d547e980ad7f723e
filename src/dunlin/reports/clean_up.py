"""Clean-up projects: the list, the batch of one, its accounts page by page, how far a run is, and the proof (P37). Read-only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from dunlin.records.models import CleanUpAccount, CleanUpProject, FixRun
from dunlin.rules.money import Money
from dunlin.rules.reconciliation.findings import CHECKS

PAGE_SIZE = 25
# State → what it is called and how it looks.
STATES: Mapping[str, tuple[str, str]] = {
    "checking": ("being looked at", "info"), "ready": ("to be chosen", ""), "asked": ("waits for approval", "warn"),
    "approved": ("approved, not run yet", "good"), "running": ("running", "info"), "done": ("done", "good"),
}  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """What is chosen in a project. `keys` are (account row, finding); amounts in minor units by currency."""

    corrections: int
    questions: int
    accounts: int
    written_off: dict[str, int]
    by_label: dict[str, int]
    keys: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """A project in the list, with how many of its accounts are looked at and corrected."""

    project: CleanUpProject
    accounts: int
    waiting: int
    found: int
    corrected: int
    left: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a look or a run is: accounts done of all that take part."""

    done: int
    total: int


def projects(limit: int = 100) -> list[ProjectLine]:
    """The projects, newest first. Two queries."""
    counted = CleanUpAccount.objects.values_list("project", "state").annotate(n=Count("pk")).order_by()
    counts: dict[int, dict[str, int]] = {}
    for project, state, number in counted:
        counts.setdefault(project, {})[state] = number
    lines = []
    for row in CleanUpProject.objects.select_related("owner").order_by("-pk")[:limit]:
        states = counts.get(row.pk, {})
        waiting, found, corrected, left = (
            states.get(state, 0) for state in ("waiting", "found", "corrected", "left")
        )
        lines.append(ProjectLine(row, sum(states.values()), waiting, found, corrected, left))
    return lines


def batch_of(project_id: int) -> Batch:
    """What is chosen, account by account. One query."""
    off: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    keys: list[tuple[int, str]] = []
    accounts: set[int] = set()
    questions = 0
    for pk, findings in CleanUpAccount.objects.filter(project=project_id, state="found").values_list(
        "pk", "findings"
    ):
        for each in findings:
            if not each["chosen"]:
                continue
            keys.append((pk, each["key"]))
            accounts.add(pk)
            if not each["fix"]:
                questions += 1
                continue
            labels[each["label"]] += 1
            if each["written_off"]:
                off[each["currency"]] += each["written_off"]
    return Batch(sum(labels.values()), questions, len(accounts), dict(off), dict(labels), tuple(keys))


def accounts_page(project_id: int, offset: int, limit: int = PAGE_SIZE) -> list[CleanUpAccount]:
    """One page of the accounts, those with something found first. One query."""
    found = CleanUpAccount.objects.filter(project=project_id).select_related("customer")
    # left, found, waiting before corrected and clear: what a person has to look at comes first.
    return list(found.order_by("-state", "pk")[offset : offset + limit])


def progress_of(project: CleanUpProject) -> Progress:
    """How far the look or the run is. One query."""
    rows = project.accounts.aggregate(
        all=Count("pk"),
        waiting=Count("pk", filter=Q(state="waiting")),
        done=Count("pk", filter=Q(state__in=("corrected", "left"))),
    )
    if project.state == "checking":
        return Progress(rows["all"] - rows["waiting"], rows["all"])
    chosen = batch_of(project.pk).accounts
    return Progress(rows["done"], rows["done"] + chosen)


def checklist(project_id: int) -> list[tuple[str, str, dict[str, int]]]:
    """Check, what it is called, and how many accounts say what: clear, found, corrected, asked, open, accepted. One query."""
    counts: dict[str, Counter[str]] = {check: Counter() for check in CHECKS}
    known = ("clear", "found", "corrected", "asked", "open")
    for checks in CleanUpAccount.objects.filter(project=project_id).values_list("checks", flat=True):
        for check, said in checks.items():
            counts[check][said if said in known else "accepted"] += 1
    return [(check, CHECKS[check], dict(counts[check])) for check in CHECKS]


def proof_rows(project_id: int) -> Iterator[Sequence[Any]]:
    """Every document a project touched: account, document, open before and after, run, whether undone."""
    for run in FixRun.objects.filter(project=project_id).select_related("customer").order_by("pk").iterator():
        for each in run.proof["items"]:
            before, after = (
                Money(each["side"] * each[when], each["currency"]) for when in ("before", "after")
            )
            yield (
                run.customer.number,
                run.customer.name,
                each["name"],
                before,
                after,
                after - before,
                run.undone_on,
            )


def correction_rows(project_id: int) -> Iterator[Sequence[Any]]:
    """Every correction a project made: account, what it is called, its sentence, what was written off."""
    for run in FixRun.objects.filter(project=project_id).select_related("customer").order_by("pk").iterator():
        for each in run.findings:
            off = Money(each["written_off"], each["currency"])
            yield run.customer.number, run.customer.name, each["label"], each["sentence"], off, run.undone_on


def balance_rows(project_id: int) -> Iterator[Sequence[Any]]:
    """The balance and the aging of every account a project touched, before and after each of its runs."""
    for run in FixRun.objects.filter(project=project_id).order_by("pk").iterator():
        for when in ("before", "after"):
            for row in run.proof[when]:
                money = [Money(minor, row["currency"]) for minor in (row["debits"] - row["unapplied"], row["debits"], row["unapplied"], *row["buckets"])]  # fmt: skip
                yield row["number"], row["entity"], when, *money
