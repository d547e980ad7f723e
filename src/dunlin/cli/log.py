"""dunlin log: log a call from the command line."""

from __future__ import annotations

from datetime import date

import click

from dunlin.actions.add_follow_up import FollowUpAsked
from dunlin.actions.log_call import log_call
from dunlin.actions.log_promise import PromiseAsked
from dunlin.cli.main import as_json
from dunlin.cli.standing import Day, who_at_cli
from dunlin.records.models import Customer
from dunlin.rules.campaigns import OUTCOMES
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money, NotMoney


@click.group()
def log() -> None:
    """Log what was said."""


@log.command()
@click.argument("customer")
@click.argument("outcome", type=click.Choice(sorted(OUTCOMES)))
@click.option("--as", "acting", required=True, help="Sign-in name of who called.")
@click.option("--spoke-to", default="")
@click.option("--number", default="", help="Number dialled.")
@click.option("--in", "inbound", is_flag=True, help="They called us.")
@click.option("--note", default="")
@click.option("--promise-on", type=Day(), help="Date promised.")
@click.option("--promise", help="Amount promised, such as 4000.00; left out: all that is past due.")
@click.option("--currency", default="", help="Of the amount; default: the customer's.")
@click.option("--follow-up", default="", help="What to do next.")
@click.option("--follow-up-on", type=Day(), help="By when; default: the setting follow_up.days.")
@click.option(
    "--override", default="", help="Reason for calling against the conduct rules, where they let a person."
)
@click.option("--key", help="Repeats with the same key do nothing.")
@click.option("--json", "json_wanted", is_flag=True)
def call(
    customer: str, outcome: str, acting: str, spoke_to: str, number: str, inbound: bool, note: str, promise_on: date | None,
    promise: str | None, currency: str, follow_up: str, follow_up_on: date | None, override: str, key: str | None,
    json_wanted: bool,
) -> None:  # fmt: skip
    """Log a call to CUSTOMER (a number) with its OUTCOME, and what was promised."""
    found = Customer.objects.filter(number=customer).first()
    if found is None:
        raise Refused("customer_unknown", customer=customer)
    if promise and promise_on is None:
        raise click.UsageError("a promise needs its date: --promise-on 2026-05-31")
    try:
        amount = Money.exact(promise, currency or found.currency) if promise else None
    except NotMoney as problem:
        raise Refused("not_money", why=str(problem)) from None
    logged = log_call(
        who_at_cli(acting),
        found.pk,
        outcome,
        spoke_to=spoke_to,
        number=number,
        direction="in" if inbound else "out",
        note=note,
        promise=PromiseAsked(promise_on, amount, currency=currency) if promise_on else None,
        follow_up=FollowUpAsked(follow_up, follow_up_on) if follow_up else None,
        override=override,
        key=key,
    )
    if json_wanted:
        as_json(
            {
                "call": logged.call_id, "customer": customer, "outcome": logged.outcome, "reached": logged.reached,
                "attempts_today": logged.attempts_today, "promise": logged.promise_id, "follow_up": logged.follow_up_id,
            }
        )  # fmt: skip
        return
    click.echo(
        f"Logged: {outcome.replace('_', ' ')}, attempt {logged.attempts_today} today."
        + (" Promise recorded." if logged.promise_id else "")
        + (" Follow-up recorded." if logged.follow_up_id else "")
    )
