"""The diary: who did what, when, why, before and after. Append-only; the database refuses updates and deletes."""

from __future__ import annotations

from django.db import models


class DiaryLine(models.Model):
    """One act, written by the action frame (actions/doing.py) in the act's own transaction."""

    at = models.DateTimeField()
    by = models.ForeignKey("User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # The customer's own person, when one acted in the portal.
    contact = models.ForeignKey(
        "Contact", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    role = models.CharField(max_length=24)
    door = models.CharField(max_length=10)  # desk, portal, cli, api, clock
    verb = models.CharField(max_length=32)
    customer = models.ForeignKey(
        "Customer", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    about = models.CharField(max_length=80, blank=True)  # "item:123", "contact:7"
    cause = models.CharField(max_length=300, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    # A repeated request with the same key does nothing and answers what the first one answered.
    key = models.CharField(max_length=80, null=True, unique=True)  # null: no key was given
    key_content = models.CharField(max_length=64, blank=True)  # hash of what was asked under the key
    answer = models.JSONField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-at"], name="diary_customer"),
            models.Index(fields=["at"], name="diary_at"),
        ]
