"""Dunning strategies and templates as people keep them: text, in versions. What the text means stands in formats and rules."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Strategy(models.Model):
    """A dunning strategy by key. The version that is in force is the one activated last; earlier ones are kept (P35, H4)."""

    key = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    switched_off_at = models.DateTimeField(null=True, blank=True)  # its notices stop; null: in force

    class Meta:
        ordering = ["key"]
        verbose_name_plural = "strategies"


class StrategyVersion(models.Model):
    """One version of a strategy, as YAML text (docs/reference/strategy-format.md). Text never changes once it is activated."""

    strategy = models.ForeignKey(Strategy, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    note = models.CharField(max_length=200, blank=True)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(null=True, blank=True)
    activated_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["strategy", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["strategy", "number"], name="strategy_version_once"),
        ]


class Template(models.Model):
    """The wording for one purpose: an e-mail, letter, call guide or statement text, by key (C7)."""

    key = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=12)  # email, letter, call_guide, statement
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["key"]


class TemplateVersion(models.Model):
    """One version of a template in one language. A message names the version it was written from, so none is ever deleted."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    language = models.CharField(max_length=8)
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    note = models.CharField(max_length=200, blank=True)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(null=True, blank=True)  # the one in force is that activated last
    activated_by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["template", "language", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["template", "language", "number"], name="template_version_once"),
            models.CheckConstraint(condition=~Q(language=""), name="template_version_has_a_language"),
        ]
