"""Accounts put right: what was corrected at once, proved before and after, and clean-up projects over many accounts (P27, P37)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

# checking: the accounts are being looked at. ready: corrections are chosen. asked, approved: of the approval. running, done.
CLEAN_UP_STATES = ("checking", "ready", "asked", "approved", "running", "done")
# waiting: not looked at. found, clear: what the look said. corrected: its corrections were posted. left: they no longer fitted.
ACCOUNT_STATES = ("waiting", "found", "clear", "corrected", "left")


class CleanUpProject(models.Model):
    """A named list of accounts with one approval for the whole batch of corrections. `sums` currency -> written off, minor units."""

    name = models.CharField(max_length=80)
    owner = models.ForeignKey("User", on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=8, default="checking")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    approval = models.ForeignKey(
        "Approval", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    run_by = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    before = models.JSONField(
        default=dict
    )  # currency -> sum of the balances, minor units, when the run began
    after = models.JSONField(default=dict)
    written_off = models.JSONField(
        default=dict
    )  # currency -> minor units: all that may differ between the two

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CLEAN_UP_STATES), name="clean_up_state_known"),
        ]


class CleanUpAccount(models.Model):
    """One account of a project: what each check said and what is proposed.

    `findings`: key, code, check, label, sentence, question, amount, currency, sure, written_off, items, fix (whether it has
    steps), chosen. `checks`: check -> clear, found, corrected, or a note of who accepted it.
    """

    project = models.ForeignKey(CleanUpProject, on_delete=models.CASCADE, related_name="accounts")
    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, default="waiting")
    checks = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "customer"], name="clean_up_account_once"),
            models.CheckConstraint(condition=Q(state__in=ACCOUNT_STATES), name="clean_up_account_state_known"),
        ]  # fmt: skip


class FixRun(models.Model):
    """Corrections of one customer posted together. `steps` name every posting made, so that it can be undone exactly.

    `findings`: code, label, sentence, amount, currency. `steps`: kind, credit, debit, amount, application (the one made),
    reversed (the one undone). `proof`: documents and balances before and after; `undo` the same of the undoing.
    """

    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="fix_runs")
    project = models.ForeignKey(
        CleanUpProject, null=True, blank=True, on_delete=models.PROTECT, related_name="fix_runs"
    )
    made_at = models.DateTimeField()
    made_on = models.DateField()
    made_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    findings = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    proof = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_on = models.DateField(null=True, blank=True)
    undone_by = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undone_why = models.CharField(max_length=200, blank=True)
    undo = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
