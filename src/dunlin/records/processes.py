"""Runs of the scheduled processes: statements, finals, past-due contacts, MRR, the campaign's e-mails (C1-C4, B3)."""

from __future__ import annotations

from django.db import models


class ProcessRun(models.Model):
    """One run of a process for one period ("2026-11" of statements, a day of notices). Running a period again continues it."""

    process = models.CharField(max_length=16)  # of rules.processes.PROCESSES
    period = models.CharField(max_length=24)
    due_on = models.DateField()
    state = models.CharField(max_length=8, default="running")  # running, done, missed
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    customers = models.PositiveIntegerField(default=0)  # looked at
    messages_made = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)  # code -> customers
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["process", "period"], name="process_run_once")]


class ProcessLine(models.Model):
    """What a run did about one customer, and why: a message, or the code and figures of why none."""

    run = models.ForeignKey(ProcessRun, on_delete=models.CASCADE, related_name="lines", db_index=False)
    customer = models.ForeignKey("Customer", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    message = models.ForeignKey(
        "Message", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    code = models.CharField(max_length=40)  # of rules/codes.py REASONS
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["run", "code"], name="process_line_run")]


class FinalsReport(models.Model):
    """Management says that a month's final invoicing is complete: contacts about its finals begin (P3)."""

    month = models.DateField()  # first day of the month invoiced
    reported_at = models.DateTimeField()
    by = models.ForeignKey("User", on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month"], name="finals_report_once", condition=models.Q(withdrawn_at=None)
            )
        ]
