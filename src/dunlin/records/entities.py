"""Legal entities, their accounting periods, exchange rates and business calendars."""

from __future__ import annotations

from django.db import models


class Entity(models.Model):
    """A legal entity of ours that issues documents."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    country = models.CharField(max_length=2, blank=True)
    # What stands on its letters and mails.
    address = models.TextField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    tax_number = models.CharField(max_length=40, blank=True)
    sender_name = models.CharField(max_length=200, blank=True)  # empty: its name
    sender_address = models.EmailField(blank=True)  # empty: that of its mailbox, else DUNLIN_MAIL_FROM
    payment_instructions = models.TextField(blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "entities"

    def __str__(self) -> str:
        return self.code


class Period(models.Model):
    """A stretch of days of one entity's books. Nothing is posted into a locked one, and its figures never change."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="periods")
    starts_on = models.DateField()
    ends_on = models.DateField()
    locked_at = models.DateTimeField(null=True, blank=True)
    locked_by = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ["entity", "starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["entity", "starts_on"], name="period_starts_once"),
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="period_ends_after_it_starts"
            ),
        ]


class ExchangeRate(models.Model):
    """`rate` units of `quote` for one unit of `base`, from day `on` until a later row says otherwise."""

    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    on = models.DateField()
    rate = models.DecimalField(max_digits=15, decimal_places=6)
    source = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["base", "quote", "-on"]
        constraints = [
            models.UniqueConstraint(fields=["base", "quote", "on"], name="rate_once_a_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_is_above_zero"),
        ]


class BusinessCalendar(models.Model):
    """One of the three kinds of calendar: `ledger`, `bank`, or `contact:CC` for customers of a country (DOMAIN section 0)."""

    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2, blank=True)
    subdivision = models.CharField(max_length=6, blank=True)
    bank_rule = models.BooleanField(default=False)  # Saturday holidays are not moved to Friday

    class Meta:
        ordering = ["code"]


class CalendarDay(models.Model):
    """A day on which a calendar differs from Monday to Friday: closed for a holiday, or open all the same."""

    calendar = models.ForeignKey(BusinessCalendar, on_delete=models.CASCADE, related_name="days")
    on = models.DateField()
    name = models.CharField(max_length=120, blank=True)
    closed = models.BooleanField(default=True)

    class Meta:
        ordering = ["calendar", "on"]
        constraints = [models.UniqueConstraint(fields=["calendar", "on"], name="calendar_day_once")]
