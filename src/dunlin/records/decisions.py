"""Decisions of each day, and what people changed about the order: pins, overrides, snoozes."""

from __future__ import annotations

from django.db import models


class Decision(models.Model):
    """What to do about one customer on one day, and why, with the figures it rested on. "Not today" is one too.

    Appended, never changed: when facts change within the day a higher `revision` says what holds now; revision 0 is what the
    day's list was chosen from.
    """

    day = models.DateField()
    # Neither customers nor people are ever deleted; to ask for each of them every night takes PostgreSQL as long as writing
    # the decisions does.
    customer = models.ForeignKey(
        "Customer", on_delete=models.CASCADE, related_name="decisions", db_index=False, db_constraint=False
    )
    revision = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=8)  # call, email, none
    tier = models.CharField(max_length=24, blank=True)
    code = models.CharField(max_length=40)  # of rules/codes.py REASONS
    facts = models.JSONField(default=dict)
    past_due_home = models.BigIntegerField()  # minor units of the home currency, at the rates in `facts`
    oldest_due_on = models.DateField(null=True, blank=True)
    rank = models.PositiveIntegerField(
        null=True, blank=True
    )  # 1 is first, within the collector's day; empty: not on a list
    collector = models.ForeignKey(
        "User", null=True, blank=True, on_delete=models.CASCADE, db_index=False, db_constraint=False
    )  # works it that day
    look_again_on = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "day", "revision"], name="decision_once")]
        indexes = [models.Index(fields=["day", "collector", "rank"], name="decision_worklist")]


class DecisionRun(models.Model):
    """One run of the night: what it covered and what came out."""

    day = models.DateField(db_index=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    customers = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    emails = models.PositiveIntegerField(default=0)
    silent = models.PositiveIntegerField(default=0)
    promises_judged = models.PositiveIntegerField(default=0)
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT)


class Pin(models.Model):
    """A manager puts a customer at the head of the day's list, with a reason."""

    day = models.DateField()
    customer = models.ForeignKey("Customer", on_delete=models.CASCADE, related_name="pins")
    position = models.PositiveSmallIntegerField(default=1)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey("User", on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "customer"], name="pin_once_a_day")]


class TierOrder(models.Model):
    """A manager's order of the tiers for one day; the setting holds on every other day."""

    day = models.DateField(unique=True)
    tiers = models.JSONField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey("User", on_delete=models.PROTECT)
    at = models.DateTimeField()


class Snooze(models.Model):
    """A customer is put aside until a day, with a reason. A promise judged broken after `from_on` ends it early; a new contact
    stage does not, it waits for the next contact."""

    customer = models.ForeignKey("Customer", on_delete=models.CASCADE, related_name="snoozes")
    from_on = models.DateField()
    until_on = models.DateField()  # first day it may appear again
    reason = models.CharField(max_length=200)
    by = models.ForeignKey("User", on_delete=models.PROTECT)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)


class PortfolioRule(models.Model):
    """Assigns customers that fit its criteria to a collector; the highest priority number wins (rules/portfolios.py)."""

    name = models.CharField(max_length=100)
    priority = models.IntegerField(default=0)
    criteria = models.JSONField(default=dict)
    collector = models.ForeignKey("User", on_delete=models.PROTECT, related_name="portfolio_rules")
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["-priority", "id"]
