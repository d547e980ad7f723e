"""Imports: saved mappings, runs with their progress, refused rows."""

from __future__ import annotations

from django.db import models


class SavedMapping(models.Model):
    """A named mapping as YAML text (docs/reference/mapping-format.md)."""

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=12)
    text = models.TextField()
    saved_at = models.DateTimeField()
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT)


class ImportRun(models.Model):
    """One file taken in. `rows_done` and `state` move while it runs; the counts stand when it is done."""

    kind = models.CharField(max_length=12)
    file_name = models.CharField(max_length=200)
    file_path = models.CharField(max_length=300, blank=True)  # stored copy in the data folder
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField(default=0)
    mapping_name = models.CharField(max_length=60, blank=True)
    mapping_text = models.TextField(blank=True)
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default="waiting")  # waiting, running, done, failed
    rows_total = models.PositiveIntegerField(null=True, blank=True)
    rows_done = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0)
    totals = models.JSONField(
        default=dict
    )  # currency -> minor units of new items, and other figures of the report
    message = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ["-id"]


class ImportProblem(models.Model):
    """A refused row or a warning: where, what value, why; `raw` is the row as it stood, for the corrections file."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="problems")
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=120, blank=True)
    value = models.CharField(max_length=300, blank=True)
    code = models.CharField(max_length=40)
    sentence = models.CharField(max_length=500)
    refused = models.BooleanField(default=True)
    raw = models.JSONField(default=list)

    class Meta:
        ordering = ["line", "id"]


class ImportChange(models.Model):
    """A row that was known and differs now: what was, what is, and what was done about it."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="changes")
    line = models.PositiveIntegerField()
    about = models.CharField(max_length=120)
    field = models.CharField(max_length=60)
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)
    did = models.CharField(max_length=300)

    class Meta:
        ordering = ["line", "id"]
