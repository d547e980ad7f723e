"""Users: the people of the team, each with one role. What a role may do stands in rules/roles.py."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person or integration that signs in. Nobody is deleted; who leaves is made inactive."""

    role = models.CharField(max_length=24, default="collector")
    phone = models.CharField(max_length=40, blank=True)
    lead = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="team")
    daily_calls = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # own campaign size; empty: the setting
    # SHA-256 of the secret in the link by which a calendar reads their follow-ups; null: there is no link.
    feed_hash = models.CharField(max_length=64, null=True, blank=True, unique=True)

    class Meta:
        ordering = ["username"]

    @property
    def name(self) -> str:
        return self.get_full_name() or self.username


class Absence(models.Model):
    """`user` is away from one day through another; `backup` works their list meanwhile. Ownership does not move (P33)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    backup = models.ForeignKey(User, on_delete=models.PROTECT, related_name="backing_up")
    from_on = models.DateField()
    through_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(through_on__gte=models.F("from_on")), name="absence_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~models.Q(user=models.F("backup")), name="absence_backup_is_someone_else"
            ),
        ]
