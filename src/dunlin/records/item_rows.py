"""The columns of items and applications as many at once are written, and the keys imported ones are known by."""

from __future__ import annotations

import hashlib

ITEM_FIELDS = (
    "id", "entity_id", "customer_id", "kind", "side", "invoice_class", "number", "instalment", "currency", "amount",
    "tax", "document_on", "due_on", "posted_on", "value_on", "recorded_at", "service_month", "terms_id", "discount",
    "discount_until", "po_number", "order_number", "reference", "description", "reason", "corrects_id", "source",
    "source_key", "open", "disputed", "last_applied_on", "closed_on", "closed_at", "stage", "stage_on",
)  # fmt: skip
APPLICATION_FIELDS = (
    "credit_id", "debit_id", "amount", "posted_on", "value_on", "recorded_at", "why", "evidence", "by_id",
)  # fmt: skip

ITEM_NUMBER_LONGEST = 64
_KEY_LONGEST = 80


def short_key(key: str) -> str:
    """A key as the table holds it: as it is, or hashed when it is longer."""
    if len(key) <= _KEY_LONGEST:
        return key
    return "sha256|" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def settlement_number(number: str | None) -> str:
    """The number a settlement is shown by."""
    return f"PAID {number}"[:ITEM_NUMBER_LONGEST] if number else ""
