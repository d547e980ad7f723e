"""Correct a customer's own data: name, zone, language, place, limit, people, how it is written to. The diary keeps what stood before (A1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from dunlin.actions.doing import Who, doing
from dunlin.records.customers import sort_name
from dunlin.records.models import Customer, CustomerName, User
from dunlin.reports.strategies import in_force
from dunlin.rules.codes import Refused

FIELDS = (
    "name", "status", "segment", "language", "time_zone", "country", "region", "terms_id", "credit_limit", "sales_rep_id",
    "business_manager_id", "strategy", "channel",
)  # fmt: skip
CHANNELS = {"email": "by e-mail", "letter": "by letter", "none": "not at all by itself"}
_PEOPLE = ("sales_rep_id", "business_manager_id")


@dataclass(frozen=True)
class CustomerCorrected:
    """The customer and the fields that differ now."""

    customer_id: int
    changed: tuple[str, ...]


def correct_customer(who: Who, customer_id: int, changes: Mapping[str, Any]) -> CustomerCorrected:
    """Change fields of a customer (FIELDS). An old name stays findable. The collector is assigned by `assign_customers`.

    Refused: customer_unknown, field_not_editable, field_too_long, not_blank, zone_unknown, user_unknown,
    strategy_unknown (only one in force is named), channel_unknown.
    """
    with doing(who, "correct_customer", customers=[customer_id]) as act:
        customer = Customer.objects.filter(pk=customer_id).first()
        if customer is None:
            raise Refused("customer_unknown", customer=customer_id)
        before = {name: getattr(customer, name) for name in changes if name in FIELDS}
        for name, value in changes.items():
            setattr(customer, name, _checked(name, value))
        changed = tuple(name for name in changes if before[name] != getattr(customer, name))
        if changed:
            if "name" in changed:
                CustomerName.objects.get_or_create(
                    customer=customer, name=before["name"], defaults={"sort_name": sort_name(before["name"])}
                )
            customer.save()
            act.tell(
                about=f"customer:{customer.pk}",
                before={name: before[name] for name in changed},
                after={name: getattr(customer, name) for name in changed},
            )
    return CustomerCorrected(customer_id, changed)


def _checked(name: str, value: Any) -> Any:
    if name not in FIELDS:
        raise Refused("field_not_editable", field=name.replace("_", " "))
    if name in _PEOPLE and value is not None and not User.objects.filter(pk=value).exists():
        raise Refused("user_unknown", user=value)
    if not isinstance(value, str):
        return value
    text = " ".join(value.split())
    limit = getattr(Customer._meta.get_field(name), "max_length", None)
    if limit and len(text) > limit:
        raise Refused("field_too_long", field=name.replace("_", " "), limit=limit)
    if name == "time_zone" and text and text not in available_timezones():
        raise Refused("zone_unknown", zone=text)
    if name == "name" and not text:
        raise Refused("not_blank", field="the name")
    if name == "strategy" and text and text not in in_force().by_key:
        raise Refused("strategy_unknown", strategy=text)
    if name == "channel" and text not in CHANNELS:
        raise Refused("channel_unknown", channel=text, channels=", ".join(CHANNELS))
    if name == "status" and text not in Customer.Status.values:
        raise Refused("field_not_editable", field=f"status {text}")
    return text
