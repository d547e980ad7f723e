"""Settings people change on the screen: one row each; what is not stored has its default in rules/policy.py."""

from __future__ import annotations

from django.db import models

from dunlin.rules.policy import Policy


class Setting(models.Model):
    """One changed setting; the diary keeps who changed it and what it was."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField()


def current_policy() -> Policy:
    """All settings as they stand: stored ones over the defaults. One query."""
    return Policy.from_mapping(dict(Setting.objects.values_list("name", "value")))
