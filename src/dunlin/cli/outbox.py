"""dunlin outbox: what is to be sent, send it, settle what was cut off."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click

from dunlin.actions.doing import Who
from dunlin.actions.look_in_archive import settle_by_archive
from dunlin.actions.send_due import send_due, unclear_messages
from dunlin.actions.settle_message import settle_message
from dunlin.cli.main import as_json
from dunlin.cli.standing import who_at_cli
from dunlin.records.models import Message
from dunlin.reports.outbox import counts_of_day


@click.group()
def outbox() -> None:
    """Messages on their way out."""


@outbox.command()
@click.option("--limit", type=int, help="Send no more than this many.")
@click.option(
    "--release-after",
    type=int,
    default=10,
    show_default=True,
    metavar="MINUTES",
    help="Take back claims of senders that stopped this long ago; 0 only when no other sender runs.",
)
@click.option("--as", "acting", help="Sign-in name of who sends.")
@click.option("--json", "json_wanted", is_flag=True)
def send(limit: int | None, release_after: int, acting: str | None, json_wanted: bool) -> None:  # fmt: skip
    """Send every e-mail that is due, each once. Facts are read again just before."""
    result = send_due(who_at_cli(acting), limit=limit, release_after=timedelta(minutes=release_after))
    if json_wanted:
        as_json(asdict(result))
        return
    click.echo(
        f"{result.sent} sent, {result.withdrawn} withdrawn, {result.put_off} put off, {result.failed} failed, "
        f"{result.unclear} cut off (see `dunlin outbox list --state cut-off`)"
    )


@outbox.command("list")
@click.option(
    "--state",
    type=click.Choice(["waiting", "decided", "claimed", "cut-off", "failed", "bounced"]),
    help="Only these; cut-off: handed over, and the answer was lost.",
)
@click.option("--limit", default=50, show_default=True)
@click.option("--json", "json_wanted", is_flag=True)
def show(state: str | None, limit: int, json_wanted: bool) -> None:  # fmt: skip
    """What has not gone, oldest first, and the counts of today."""
    rows = _rows(state)[:limit]
    told: list[dict[str, Any]] = [
        {
            "id": row.pk,
            "state": row.state,
            "purpose": row.purpose,
            "customer": row.customer.number if row.customer else None,
            "to": [each["address"] for each in row.to],
            "subject": row.subject,
            "message_id": row.message_id,
            "why": row.why,
            "handed_over_at": row.handed_over_at,
        }
        for row in rows
    ]
    if json_wanted:
        as_json({"messages": told, "today": counts_of_day(who_at_cli(None).today)})
        return
    for each in told:
        click.echo(f"{each['id']:>8}  {each['state']:<9} {each['purpose']:<12} {each['customer'] or '':<12} {', '.join(each['to'])}  {each['subject']}")  # fmt: skip
    click.echo(f"{len(told)} shown")


@outbox.command()
@click.argument("message", type=int, required=False)
@click.option("--went/--not-sent", default=None, help="What became of MESSAGE.")
@click.option("--because", default="", help="How you know.")
@click.option(
    "--look", is_flag=True, help="Look for each Message-ID in the archive mailbox (DUNLIN_MAIL_ARCHIVE)."
)
@click.option("--as", "acting", help="Sign-in name of who settles.")
def settle(message: int | None, went: bool | None, because: str, look: bool, acting: str | None) -> None:
    """Say what became of a message whose sending was cut off, or let the archive mailbox say it."""
    who: Who = who_at_cli(acting)
    if look:
        settled = settle_by_archive(who)
        click.echo(f"{settled.went} went, {settled.again} go again, {len(unclear_messages())} still unclear")
        return
    if message is None or went is None:
        raise click.UsageError("name the message and say --went or --not-sent, or use --look")
    settle_message(who, message, went, because)
    click.echo(f"Message {message}: {'sent' if went else 'goes again with the next sending'}")


def _rows(state: str | None) -> list[Message]:
    if state == "cut-off":
        return unclear_messages()
    wanted = (state,) if state else ("waiting", "decided", "claimed", "failed")
    return list(Message.objects.filter(state__in=wanted).select_related("customer").order_by("pk")[:1000])
