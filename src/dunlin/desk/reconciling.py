"""Reconcile an account: what does not fit, why, what would put it right, and what the account is then (A8, P27)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dunlin.actions.apply_fixes import NEEDS, Fixed, apply_fixes, net_of
from dunlin.actions.undo_fixes import undo_fixes
from dunlin.desk.access import customer_for, fix_run_for
from dunlin.desk.acts import allow, typed_in
from dunlin.desk.aging import column_words
from dunlin.desk.answers import done, show
from dunlin.desk.doors import Standing
from dunlin.desk.office import seeing
from dunlin.records.models import Customer, Entity, FixRun
from dunlin.reports.reconciliation import Reconciled
from dunlin.reports.reconciliation import reconcile as read
from dunlin.rules.aging import BucketSet, buckets_of
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.reconciliation.check import chosen_at_first
from dunlin.rules.reconciliation.facts import Entry
from dunlin.rules.reconciliation.findings import CHECKS, Finding, Step, called
from dunlin.rules.reconciliation.outcome import outcome
from dunlin.rules.roles import DO, may

_MOST = 500
_SHOWN_MOST = 200
_EARLIER = 5
SURE = {"certain": ("certain", "good"), "likely": ("likely", "info"), "possible": ("possible", "warn")}


@dataclass(frozen=True)
class Shown:
    """A finding as the page has it. `steps` in words; `needs` completes "somebody who may …" where this person may not."""

    of: Finding
    steps: tuple[str, ...]
    chosen: bool
    needs: str


@require_http_methods(["GET", "HEAD", "POST"])
def reconcile(request: HttpRequest, pk: int) -> HttpResponse:
    """What was found, and beside it the account as the ticked corrections would leave it; htmx gets that alone. A POST posts them."""
    seeing(request, "see_own_customers")
    customer = customer_for(request, pk)
    door: Standing = request.door  # type: ignore[attr-defined]
    given = request.POST if request.method == "POST" else request.GET
    chosen = given.getlist("finding")[:_MOST]
    problem = ""
    if request.method == "POST":
        allow(request, "apply_fixes")
        try:
            # What was shown is told back, so that a refusal can name it.
            fixed = apply_fixes(
                door.who,
                pk,
                {key: given.get(f"what-{key}", "") for key in chosen},
                key=given.get("key") or None,
            )
        except Refused as refused:
            problem = str(refused)
        else:
            return _went(request, customer, fixed)
    found = read(pk, door.today, door.policy)
    ticked = set(chosen) if given.get("sent") else {each.key for each in _at_first(found, door.who.role)}
    facts = _facts(customer, found, ticked, door) | {
        "problem": problem,
        "key": typed_in(request).get("key") or uuid4().hex,
        "earlier": list(FixRun.objects.filter(customer=pk).select_related("made_by")[:_EARLIER]),
    }
    return show(request, "reconcile/account.html", facts, part="preview", status=422 if problem else 200)


def _at_first(found: Reconciled, role: str) -> tuple[Finding, ...]:
    return tuple(each for each in chosen_at_first(found.findings) if not needs_of(each, role))


def needs_of(finding: Finding, role: str) -> str:
    """What somebody must be allowed who takes these steps, when this role is not; completes "somebody who may …"."""
    wanted = ["apply_fixes", *(NEEDS[step.kind] for step in finding.steps)]
    return next((DO[verb] for verb in wanted if not may(role, verb)), "")


def _facts(customer: Customer, found: Reconciled, ticked: Collection[str], door: Standing) -> dict[str, Any]:
    names = _names(found)
    shown = [
        Shown(each, _in_words(each.steps, names, each.currency), each.key in ticked, needs_of(each, door.who.role))
        for each in found.findings
    ]  # fmt: skip
    checks = [(words, [each for each in shown if each.of.check == check]) for check, words in CHECKS.items()]
    return {
        "customer": customer,
        "checks": [(words, rows[:_SHOWN_MOST]) for words, rows in checks if rows],
        "clear": [words for (check, words), (_, rows) in zip(CHECKS.items(), checks) if not rows and check != "statement"],
        "hidden": sum(max(0, len(rows) - _SHOWN_MOST) for _, rows in checks),
        "count": len(shown),
        "barred": found.account.barred,
        "sure": SURE,
        **_preview(found, ticked, door.policy, door),
    }  # fmt: skip


def _preview(found: Reconciled, ticked: Collection[str], policy: Policy, door: Standing) -> dict[str, Any]:
    """The account as the ticked findings would leave it."""
    buckets = bucket_set(policy)
    chosen = [each for each in found.findings if each.key in ticked]
    then = outcome(found.account, chosen, door.today, buckets)
    entities = dict(Entity.objects.values_list("pk", "code"))
    return {
        "then": then,
        "called": called,
        "pairs": [(entities.get(was.entity, ""), was, now) for was, now in zip(then.before, then.after)],
        "bucket_words": [column_words(label) for label in buckets.labels],
        "in_group": any(
            was.balance - now.balance != then.written_off.get(was.currency, 0)
            for was, now in zip(then.before, then.after)
        ),
        "corrections": sum(bool(each.steps) for each in chosen),
        "questions": sum(not each.steps for each in chosen),
    }


def bucket_set(policy: Policy) -> BucketSet:
    """The buckets of the settings."""
    return buckets_of(policy.aging_basis, policy.aging_bucket_uppers)  # type: ignore[arg-type]


def _names(found: Reconciled) -> dict[int, Entry]:
    by_id = {entry.id: entry for entry in found.account.entries}
    for others in found.account.elsewhere.values():
        by_id |= {other.entry.id: other.entry for other in others}
    return by_id


def _in_words(steps: Sequence[Step], names: Mapping[int, Entry], currency: str) -> tuple[str, ...]:
    told = []
    for step in steps:
        amount = Money(step.amount, currency)
        if step.kind == "write_off":
            told.append(f"Write off {amount} of {called(names[step.debit])}")
        elif step.kind == "reverse":
            told.append(f"Take {amount} back from {called(names[step.debit])}")
        else:
            told.append(f"Apply {amount} of {called(names[step.credit])} to {called(names[step.debit])}")
    return tuple(told)


def _went(request: HttpRequest, customer: Customer, fixed: Fixed) -> HttpResponse:
    parts = []
    if fixed.corrections:
        parts.append(
            "1 correction is posted"
            if fixed.corrections == 1
            else f"{fixed.corrections} corrections are posted"
        )
    if fixed.questions:
        parts.append(
            "1 follow-up is planned" if fixed.questions == 1 else f"{fixed.questions} follow-ups are planned"
        )
    sentence = ("; ".join(parts) or "The follow-ups were planned already") + "."
    where = (
        reverse("fix_run", args=[fixed.run_id]) if fixed.run_id else reverse("reconcile", args=[customer.pk])
    )
    return done(request, sentence, where)


@require_http_methods(["GET", "HEAD", "POST"])
def fix_run(request: HttpRequest, pk: int) -> HttpResponse:
    """What a run of corrections changed, before and after, and why the balance differs; a POST undoes it."""
    seeing(request, "see_own_customers")
    run = fix_run_for(request, pk)
    door: Standing = request.door  # type: ignore[attr-defined]
    typed = typed_in(request)
    problem = ""
    if request.method == "POST":
        allow(request, "undo_fixes")
        try:
            undo_fixes(door.who, pk, typed.get("reason", ""))
        except Refused as refused:
            problem = str(refused)
        else:
            sentence = "The corrections are undone; every document is open again as it was."
            return done(request, sentence, reverse("fix_run", args=[pk]))
    off: dict[str, int] = {}
    for each in run.findings:
        off[each["currency"]] = off.get(each["currency"], 0) + each["written_off"]
    facts = {
        "run": run, "customer": run.customer, "typed": typed, "problem": problem, "off": {key: minor for key, minor in off.items() if minor},
        "before": net_of(run.proof["before"]), "after": net_of(run.proof["after"]), "pairs": standing_pairs(run),
        "bucket_words": [column_words(label) for label in bucket_set(door.policy).labels],
    }  # fmt: skip
    return show(request, "reconcile/run.html", facts, status=422 if problem else 200)


def standing_pairs(run: FixRun) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The balances before and after, side by side; one that is not there any more is all zeros."""
    names = ("customer", "entity", "currency")
    was, now = (
        {tuple(row[name] for name in names): row for row in run.proof[when]} for when in ("before", "after")
    )
    nothing = {"debits": 0, "unapplied": 0, "buckets": [0] * 8}
    pairs = []
    for key in sorted({*was, *now}):
        row = was.get(key) or now[key]
        pairs.append((was.get(key, {**row, **nothing}), now.get(key, {**row, **nothing})))
    return pairs
