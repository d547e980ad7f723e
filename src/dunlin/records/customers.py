"""Customers: who owes, how they hang together, where they are, and who looks after them."""

from __future__ import annotations

import unicodedata

from anyascii import anyascii
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower, Replace


class PaymentTerms(models.Model):
    """Terms by code. `rule` holds the fields of rules.terms.Terms as JSON; kind `unknown` means the document states its date."""

    code = models.CharField(max_length=30, unique=True)
    description = models.CharField(max_length=200, blank=True)
    rule = models.JSONField(default=dict)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "payment terms"


class Customer(models.Model):
    """An account. Matched by number, never by name: one number may carry many names (CustomerName)."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    number = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    sort_name = models.CharField(
        max_length=200, editable=False, db_index=True
    )  # lower case, ASCII, single blanks
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    segment = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=8, default="en")
    time_zone = models.CharField(max_length=64, blank=True)  # empty: that of the place (rules/zones.py)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=10, blank=True)
    terms = models.ForeignKey(PaymentTerms, null=True, blank=True, on_delete=models.PROTECT)
    # Empty means no limit is set; zero means nothing is allowed. They are different things.
    credit_limit = models.BigIntegerField(null=True, blank=True)
    collector = models.ForeignKey(
        "User", null=True, blank=True, on_delete=models.PROTECT, related_name="portfolio"
    )
    assigned_by_hand = models.BooleanField(default=False)
    sales_rep = models.ForeignKey(
        "User", null=True, blank=True, on_delete=models.PROTECT, related_name="sold_to"
    )
    business_manager = models.ForeignKey(
        "User", null=True, blank=True, on_delete=models.PROTECT, related_name="managed"
    )
    strategy = models.CharField(
        max_length=40, blank=True
    )  # key of the one named for it; empty: by its segment
    channel = models.CharField(max_length=8, default="email")  # how it is written to: email, letter, none
    po_required = models.BooleanField(default=False)  # pays no invoice without its purchase order number
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(number=""), name="customer_has_a_number"),
            models.CheckConstraint(
                condition=models.Q(credit_limit__isnull=True) | models.Q(credit_limit__gte=0),
                name="customer_credit_limit_is_not_negative",
            ),
        ]

    def save(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        self.sort_name = sort_name(self.name)
        super().save(*args, **kwargs)


def sort_name(name: str) -> str:
    """The form names are searched and sorted by: ASCII, lower case, single blanks, non-breaking blanks too."""
    return " ".join(anyascii(unicodedata.normalize("NFKC", name)).lower().split())[:200]


class CustomerName(models.Model):
    """Another name a customer's documents carried; found by search, shown on the account."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=200)
    sort_name = models.CharField(max_length=200, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "name"], name="customer_name_once")]


class Address(models.Model):
    """A postal address of a customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=12, default="billing")  # billing, delivery, legal
    lines = models.TextField(blank=True)
    city = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=60, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True)


class Contact(models.Model):
    """A person at a customer. Empty zone or language means the customer's."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=100, blank=True)
    roles = models.JSONField(default=list)  # of: billing, ap, escalation, legal
    time_zone = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=8, blank=True)
    do_not_call = models.BooleanField(default=False)
    cease_contact = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    # The database keeps it, so that every way in, bulk included, leaves a name that search finds.
    search_name = models.GeneratedField(
        expression=Lower("name"), output_field=models.CharField(max_length=200), db_persist=True
    )

    class Meta:
        ordering = ["position", "id"]
        indexes = [
            models.Index(
                fields=["search_name"], name="contact_search_name", opclasses=["varchar_pattern_ops"]
            )
        ]


def _digits(column: str) -> Combinable:
    """A number without the marks people write into it."""
    plain: Combinable = F(column)
    for mark in "+ -./()":
        plain = Replace(plain, Value(mark), Value(""))
    return plain


class ContactPoint(models.Model):
    """One e-mail address or telephone number of a contact. A wrong one is kept, marked, and no longer offered."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="points")
    kind = models.CharField(max_length=8, choices=[("email", "e-mail"), ("phone", "phone")])
    value = models.CharField(max_length=254)
    label = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=8, default="ok")  # ok, wrong, bounced
    position = models.PositiveSmallIntegerField(default=0)

    # Of a telephone number: its digits, however it is written. Kept by the database.
    digits = models.GeneratedField(
        expression=Case(When(kind="phone", then=_digits("value")), default=Value("")),
        output_field=models.CharField(max_length=254),
        db_persist=True,
    )

    class Meta:
        ordering = ["kind", "position", "id"]
        indexes = [
            models.Index(fields=["value"], name="contact_point_value", opclasses=["varchar_pattern_ops"]),
            models.Index(
                fields=["digits"],
                name="contact_point_digits",
                opclasses=["varchar_pattern_ops"],
                condition=Q(digits__gt=""),
            ),
            # Whose address is it: people write it in upper and lower case as they like.
            models.Index(Lower("value"), name="contact_point_email"),
        ]
