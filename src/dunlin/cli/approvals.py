"""dunlin approvals: what waits, one request with its evidence, and the decision; the same rule as on the desk (P11, D4)."""

from __future__ import annotations

from typing import Any

import click
from django.db.models import Q

from dunlin.actions.decide_approval import decide_approval, withdraw_approval
from dunlin.actions.doing import Who
from dunlin.cli.main import as_json, counted
from dunlin.cli.standing import who_at_cli
from dunlin.records.approvals import Approval
from dunlin.reports.approvals import TABS, ApprovalRow, approval_row, approvals_page
from dunlin.rules.codes import Refused
from dunlin.rules.roles import VERBS, may

_acting = click.option("--as", "acting", required=True, help="Sign-in name of who does it.")


@click.group()
def approvals() -> None:
    """Approvals: what waits, one with its evidence, the decision.

    Nobody decides what they asked for themselves, and nobody above their limit. Rules: docs/rules/authority.md.
    """


@approvals.command("list")
@click.option("--tab", type=click.Choice([each.replace("_", "-") for each in TABS]), default="for-me", show_default=True)  # fmt: skip
@_acting
@click.option("--json", "json_wanted", is_flag=True)
def show_all(tab: str, acting: str, json_wanted: bool) -> None:
    """What waits for a person (for-me), what they asked for (asked), all that waits (waiting), what was decided, the newest 50."""
    who = _reader(acting)
    page = approvals_page(tab.replace("-", "_"), Q(), who.user_id, who.role, who.now)
    if json_wanted:
        as_json({"approvals": [_told(row) for row in page.rows], "more": page.next is not None})
        return
    for row in page.rows:
        click.echo(
            f"{row.id:>6}  {row.state:<9} {'' if row.amount is None else str(row.amount):>18}  {row.title}"
        )
    click.echo(counted(len(page.rows), "request") + (", and more" if page.next is not None else ""))


@approvals.command("show")
@click.argument("number", type=int)
@_acting
@click.option("--json", "json_wanted", is_flag=True)
def show_one(number: int, acting: str, json_wanted: bool) -> None:
    """One request: what it rests on, and what happens on yes and on no."""
    who = _reader(acting)
    asked = Approval.objects.filter(pk=number).select_related("customer", "asked_by", "decided_by").first()
    if asked is None:
        raise Refused("approval_unknown", approval=number)
    told = _told(approval_row(asked, who.now)) | {
        "evidence": asked.evidence, "if_yes": asked.if_yes, "if_no": asked.if_no,
    }  # fmt: skip
    if json_wanted:
        as_json(told)
        return
    for name in ("title", "state", "amount", "currency", "customer", "asked_by", "reason", "if_yes", "if_no", "expires_at", "decided_by", "note"):  # fmt: skip
        if told[name]:
            click.echo(f"{name.replace('_', ' '):<11}{told[name]}")
    for sentence in asked.evidence:
        click.echo(f"{'':<11}- {sentence}")


@approvals.command()
@click.argument("number", type=int)
@click.option("--note", default="", help="What is said with it.")
@_acting
def approve(number: int, note: str, acting: str) -> None:
    """Approve request NUMBER; what was asked for takes effect now, or waits to be used."""
    click.echo(f"{decide_approval(who_at_cli(acting), number, True, note).title}: approved")


@approvals.command()
@click.argument("number", type=int)
@click.option("--because", required=True, help="Why not.")
@_acting
def refuse(number: int, because: str, acting: str) -> None:
    """Refuse request NUMBER."""
    click.echo(f"{decide_approval(who_at_cli(acting), number, False, because).title}: refused")


@approvals.command()
@click.argument("number", type=int)
@_acting
def withdraw(number: int, acting: str) -> None:
    """Take one's own request NUMBER back before it is decided."""
    click.echo(f"{withdraw_approval(who_at_cli(acting), number).title}: withdrawn")


def _reader(acting: str) -> Who:
    """Who looks on; a role that sees no approvals on the desk sees none here."""
    who = who_at_cli(acting)
    if not may(who.role, "see_approvals"):
        raise Refused(
            "not_permitted", who=who.name, role=who.role.replace("_", " "), verb=VERBS["see_approvals"]
        )
    return who


def _told(row: ApprovalRow) -> dict[str, Any]:
    return {
        "approval": row.id, "kind": row.kind, "title": row.title, "reason": row.reason, "state": row.state,
        "amount": None if row.amount is None else row.amount.plain, "currency": None if row.amount is None else row.amount.currency,
        "customer": row.number, "asked_by": row.asked_by, "asked_at": row.asked_at.isoformat(), "expires_at": row.expires_at.isoformat(),
        "decided_by": row.decided_by or None, "note": row.note,
    }  # fmt: skip
