"""Which part of the book a report is about: the same filters for stored balances, for items and for arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from dunlin.records.models import Customer

NOBODY = 0  # as `collector`: accounts that nobody looks after


@dataclass(frozen=True)
class Filters:
    """Every part that is given must hold; none given is the whole book.

    `entity`, `collector` and `customer` are ids (`collector` 0: accounts without one); `parent` is the top account of a
    group and takes the whole group; `scope` is the customers the reader may see, as a queryset of Customer.
    """

    entity: int | None = None
    collector: int | None = None
    customer: int | None = None
    parent: int | None = None
    country: str | None = None
    region: str | None = None
    segment: str | None = None
    kind: str | None = None
    currency: str | None = None
    invoice_class: str | None = None
    scope: QuerySet[Customer] | None = None

    @property
    def by_document(self) -> bool:
        """Whether single documents must be looked at, which balances do not know."""
        return self.kind is not None or self.invoice_class is not None

    @property
    def narrow(self) -> bool:
        """Whether only a few accounts are meant, so that their index beats a pass over the book."""
        return self.customer is not None or self.parent is not None

    def given(self) -> dict[str, Any]:
        """The filters that were given, by name, without the scope; for a page's chips and for JSON."""
        return {
            each.name: value
            for each in fields(self)
            if each.name != "scope" and (value := getattr(self, each.name)) is not None
        }

    def sql(self, row: str, customer: str | None = None) -> tuple[str, list[Any]]:
        """Conditions that begin with AND, and their parameters, for rows of alias `row` with the columns of an item or a
        balance. `customer` is the column that names the customer; by default the row's own."""
        parts: list[str] = []
        values: list[Any] = []
        for column in ("entity_id", "currency", "kind", "invoice_class"):
            value = getattr(self, column.removesuffix("_id"))
            if value is not None:
                parts.append(f"AND {row}.{column} = %s")
                values.append(value)
        column = customer or f"{row}.customer_id"
        if self.customer is not None:
            parts.append(f"AND {column} = %s")
            values.append(self.customer)
        customers = self.customers()
        if customers is not None:
            try:
                inner, given = customers.values("pk").query.sql_with_params()
                parts.append(f"AND {column} IN ({inner})")
                values.extend(given)
            except EmptyResultSet:
                parts.append("AND 1 = 0")
        return " ".join(parts), values

    def customers(self) -> QuerySet[Customer] | None:
        """The customers that pass by what they are, not by what they owe; None when all do."""
        wanted: dict[str, Any] = {}
        if self.collector is not None:
            wanted |= (
                {"collector__isnull": True} if self.collector == NOBODY else {"collector": self.collector}
            )
        for name in ("country", "region", "segment"):
            if getattr(self, name) is not None:
                wanted[name] = getattr(self, name)
        if self.parent is not None:
            wanted["pk__in"] = group_of(self.parent)
        scope = (
            self.scope if self.scope is not None and self.scope.query.where else None
        )  # else everything is in sight
        if not wanted and scope is None:
            return None
        customers = Customer.objects.all() if scope is None else scope
        return customers.filter(**wanted).order_by()


ALL = Filters()


def top_accounts() -> dict[int, int]:
    """The top account of every customer that has a parent. One query."""
    parents = dict(Customer.objects.filter(parent__isnull=False).values_list("pk", "parent_id"))
    tops = {}
    for customer in parents:
        seen, top = {customer}, customer
        while top in parents:
            top = parents[top]
            if top in seen:  # a circle of parents must not hang a report: each then stands for itself
                top = customer
                break
            seen.add(top)
        tops[customer] = top
    return tops


def group_of(parent: int) -> list[int]:
    """The account and every account below it. One query."""
    return [
        parent,
        *(customer for customer, top in top_accounts().items() if top == parent and customer != parent),
    ]
