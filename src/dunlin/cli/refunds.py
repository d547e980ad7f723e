"""dunlin refunds: where they stand, the file that pays them out, and that they went."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import click
from django.db.models import Q

from dunlin.actions.confirm_refund import confirm_by_bank, confirm_refund
from dunlin.actions.make_payout import download_payout, make_payout, mark_payout_sent, undo_payout
from dunlin.cli.main import as_json, counted
from dunlin.cli.standing import Day, ledger_today, who_at_cli
from dunlin.records.models import BankAccount, PayoutFile, Refund
from dunlin.reports.payouts import FORMS, Preview, preview
from dunlin.reports.refunds import TABS, refunds_page, totals
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

_OUT = click.Path(path_type=Path, dir_okay=False)
_acting = click.option("--as", "acting", required=True, help="Sign-in name of who does it.")


@click.group()
def refunds() -> None:
    """Refunds: where they stand, pay them out, confirm that they went.

    They are asked for and approved on the desk, by two people. Guide: docs/guides/refunds.md.
    """


@refunds.command("list")
@click.option("--state", type=click.Choice([each.replace("_", "-") for each in TABS]), help="Only these.")
@click.option("--json", "json_wanted", is_flag=True)
def show(state: str | None, json_wanted: bool) -> None:
    """How many stand where, and those to be seen to, newest first."""
    sums = totals(Q())
    tabs = [state.replace("-", "_")] if state else ["waiting", "to_pay", "in_file", "sent"]
    rows = [row for tab in tabs for row in _all_of(tab)]
    if json_wanted:
        as_json({
            "totals": {tab: {"count": each.count, "sums": {one.currency: one.plain for one in each.sums}} for tab, each in sums.items()},
            "refunds": [_told(row) for row in rows],
        })  # fmt: skip
        return
    for tab, each in sums.items():
        if each.count:
            click.echo(f"{tab.replace('_', ' '):<10} {each.count:>7,}  {', '.join(map(str, each.sums))}")
    for row in rows:
        told = _told(row)
        click.echo(
            f"{told['refund']}  {told['state']:<9} {told['amount']:>14} {told['currency']}  {told['customer']:<12} {told['payee']}"
        )
    click.echo(f"{counted(len(rows), 'refund')} shown")


@refunds.command("pay-out")
@click.argument("account")
@click.option(
    "--form", type=click.Choice(list(FORMS)), required=True, help="NACHA, SEPA pain.001, or a table."
)
@click.option("--refund", "chosen", multiple=True, metavar="RFD", help="Only this one; may be given again.")
@click.option("--currency", help="Of a table, where the account has none.")
@click.option("--pay-on", type=Day(), help="Day the bank pays; today when left out.")
@click.option(
    "--out", type=_OUT, help="Where the file goes; it must not be there yet. It holds bank details."
)
@click.option("--dry-run", is_flag=True, help="Say what would go and what must wait, and make nothing.")
@click.option("--as", "acting", help="Sign-in name of who pays out.")
@click.option("--json", "json_wanted", is_flag=True)
def pay_out(
    account: str, form: str, chosen: tuple[str, ...], currency: str | None, pay_on: date | None, out: Path | None, dry_run: bool,
    acting: str | None, json_wanted: bool,
) -> None:  # fmt: skip
    """Make one file of the approved refunds that can go from ACCOUNT (its name or number here), and write it to --out.

    What must wait is told with its reason. Take the file to the bank, then say `dunlin refunds sent`.
    """
    ours = _account(account)
    seen = preview(ours, form, currency or ours.currency, ledger_today())
    if dry_run:
        _preview_told(seen, json_wanted)
        return
    if out is None or acting is None:
        raise click.UsageError("Say --out and --as, or --dry-run.")
    _not_there(out)
    ids = [_refund(each) for each in chosen] or [each.refund.pk for each in seen.go]
    who = who_at_cli(acting)
    made = make_payout(who, ours.pk, form, ids, pay_on=pay_on)
    _write(out, download_payout(who, made.file_id).content)
    told = {
        "file": made.number, "refunds": made.count, "sum": Money(made.sum, made.currency).plain, "currency": made.currency,
        "sha256": made.sha256, "out": str(out), "waiting": [_waits(each.refund, each.why_not) for each in seen.wait],
    }  # fmt: skip
    if json_wanted:
        as_json(told)
        return
    click.echo(f"{made.number}: {counted(made.count, 'refund')}, {Money(made.sum, made.currency)}, in {out}")
    _waiting_told(seen)


@refunds.command()
@click.argument("file")
@click.option("--out", type=_OUT, required=True, help="Where it goes; it must not be there yet.")
@_acting
def download(file: str, out: Path, acting: str) -> None:
    """Write a pay-out FILE (DUNLIN00000001) once more; it must be what it was."""
    _not_there(out)
    _write(out, download_payout(who_at_cli(acting), _file(file)).content)
    click.echo(f"{file}: in {out}")


@refunds.command()
@click.argument("file")
@_acting
def sent(file: str, acting: str) -> None:
    """Say that a pay-out FILE went to the bank."""
    mark_payout_sent(who_at_cli(acting), _file(file))
    click.echo(f"{file}: sent; the bank's statement confirms its refunds")


@refunds.command()
@click.argument("file")
@click.option("--because", required=True, help="Why it does not go.")
@_acting
def undo(file: str, because: str, acting: str) -> None:
    """Take the refunds out of a pay-out FILE that did not go to the bank."""
    undo_payout(who_at_cli(acting), _file(file), because)
    click.echo(f"{file}: undone; its refunds wait for the next file")


@refunds.command()
@click.argument("refund", required=False)
@click.option("--on", type=Day(), help="Day it left our account; today when left out.")
@click.option("--by-bank", is_flag=True, help="All that entries of the bank tell without doubt.")
@_acting
def confirm(refund: str | None, on: date | None, by_bank: bool, acting: str) -> None:
    """Say that REFUND (RFD00000001) left our account, or look in what the bank told."""
    who = who_at_cli(acting)
    if by_bank == (refund is not None):
        raise click.UsageError("Name a refund, or say --by-bank.")
    if refund is None:
        click.echo(f"{counted(confirm_by_bank(who), 'refund')} confirmed by the bank")
        return
    confirm_refund(who, _refund(refund), on or who.today)
    click.echo(f"{refund}: confirmed")


def _all_of(tab: str) -> list[Refund]:
    rows: list[Refund] = []
    after: int | None = None
    while True:
        page = refunds_page(tab, Q(), after)
        rows += page.rows
        if page.next is None:
            return rows
        after = page.next


def _told(row: Refund) -> dict[str, Any]:
    return {
        "refund": row.reference, "state": row.state, "customer": row.customer.number, "amount": Money(row.amount, row.currency).plain,
        "currency": row.currency, "method": row.method, "payee": row.payee_name, "tail": row.payee.tail if row.payee else None,
        "asked_on": row.asked_at.date(), "file": row.file.number if row.file else None, "confirmed_on": row.confirmed_on,
    }  # fmt: skip


def _waits(row: Refund, why: str) -> dict[str, Any]:
    return {"refund": row.reference, "amount": Money(row.amount, row.currency).plain, "why": why}


def _preview_told(seen: Preview, json_wanted: bool) -> None:
    if json_wanted:
        as_json({
            "file": None, "refunds": len(seen.go), "sum": seen.sum.plain if seen.sum is not None else None,
            "currency": seen.sum.currency if seen.sum is not None else None,
            "waiting": [_waits(each.refund, each.why_not) for each in seen.wait],
        })  # fmt: skip
        return
    click.echo(
        f"{counted(len(seen.go), 'refund')} would go{f', {seen.sum}' if seen.sum is not None else ''}; nothing was made"
    )
    _waiting_told(seen)


def _waiting_told(seen: Preview) -> None:
    for each in seen.wait:
        amount = Money(each.refund.amount, each.refund.currency)
        click.echo(f"  {each.refund.reference} of {amount} waits: {each.why_not}")


def _account(text: str) -> BankAccount:
    """By its number here, else by its name when one bears it."""
    found = BankAccount.objects.filter(pk=int(text)) if text.isdigit() else BankAccount.objects.filter(name=text)  # fmt: skip
    rows = list(found[:2])
    if len(rows) != 1:
        raise Refused("bank_account_unknown", account=text)
    return rows[0]


def _refund(text: str) -> int:
    number = text.upper().removeprefix("RFD")
    if not (number.isascii() and number.isdigit()):
        raise Refused("refund_unknown", refund=text)
    return int(number)


def _file(text: str) -> int:
    number = text.upper().removeprefix("DUNLIN")
    if not (number.isascii() and number.isdigit()) or not PayoutFile.objects.filter(pk=int(number)).exists():
        raise Refused("payout_unknown", file=text)
    return int(number)


def _not_there(out: Path) -> None:
    if out.exists():
        raise click.UsageError(f"{out} is there already; name a file that is not.")


def _write(out: Path, content: bytes) -> None:
    """For the owner of the shell alone: account numbers stand in it."""
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
