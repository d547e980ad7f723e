"""dunlin why: why a customer is, or is not, contacted on a day."""

from __future__ import annotations

from datetime import date

import click

from dunlin.cli.main import as_json
from dunlin.cli.standing import Day
from dunlin.records.models import Customer
from dunlin.records.policies import current_policy
from dunlin.reports.why import why as explain
from dunlin.rules.codes import Refused


@click.command()
@click.argument("customer")
@click.option("--date", "day", type=Day(), default="today", show_default=True)
@click.option("--json", "json_wanted", is_flag=True)
def why(customer: str, day: date, json_wanted: bool) -> None:
    """Tell the decision about CUSTOMER (a number) on a day: the reason, the figures behind it, the place on the list."""
    found = Customer.objects.filter(number=customer).values_list("pk", flat=True).first()
    if found is None:
        raise Refused("customer_unknown", customer=customer)
    told = explain(found, day, current_policy())
    if not json_wanted:
        click.echo(f"{told.number} {told.name}, {day:%a} {day}")
        click.echo(told.reason)
        for line in (*told.lines, told.place):
            if line:
                click.echo(f"  {line}")
        return
    as_json(
        {
            "customer": told.number, "name": told.name, "date": told.day, "step": told.step, "tier": told.tier,
            "code": told.code, "reason": told.reason, "lines": list(told.lines), "facts": told.facts,
            "past_due": [{"amount": m.plain, "currency": m.currency} for m in told.past_due],
            "collectable": [{"amount": m.plain, "currency": m.currency} for m in told.collectable],
            "collector": told.collector, "rank": told.rank, "ranked": told.ranked, "size": told.size, "place": told.place,
            "look_again": told.look_again_on,
        }
    )  # fmt: skip
