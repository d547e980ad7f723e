"""dunlin mail: the shared mailboxes, and taking in what came to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dunlin.actions.change_mailbox import change_mailbox
from dunlin.actions.take_mail import TakenFrom, take_mail
from dunlin.actions.take_raw import take_raw
from dunlin.cli.main import as_json, counted
from dunlin.cli.standing import who_at_cli
from dunlin.records.models import Mailbox
from dunlin.rules.codes import Refused


@click.group()
def mail() -> None:
    """Shared mailboxes: set them up, read them, take in mail from files."""


@mail.command()
@click.option("--mailbox", "key", help="Only the mailbox of this key; left out: every active one.")
@click.option("--as", "acting", help="Sign-in name of who does this.")
@click.option("--json", "json_wanted", is_flag=True)
def read(key: str | None, acting: str | None, json_wanted: bool) -> int:
    """Take in what is new in the mailboxes. Exit status 1 when one could not be read."""
    taken = take_mail(who_at_cli(acting), _named(key).pk if key else None)
    if json_wanted:
        as_json({"new": taken.new, "mailboxes": [_told(each) for each in taken.mailboxes]})
    elif not taken.mailboxes:
        click.echo("No mailbox is set up to be read: dunlin mail mailboxes --help")
    else:
        for each in taken.mailboxes:
            click.echo(_line(each))
    return 1 if taken.problems else 0


@mail.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--mailbox", "key", required=True, help="Key of the mailbox they count as received in.")
@click.option("--as", "acting", help="Sign-in name of who does this.")
@click.option("--json", "json_wanted", is_flag=True)
def take(files: tuple[Path, ...], key: str, acting: str | None, json_wanted: bool) -> None:
    """Take in raw mails from FILES (.eml), as if they had just been received. What is there already is not taken twice."""
    box = _named(key)
    who = who_at_cli(acting)
    told: list[dict[str, Any]] = []
    for path in files:
        taken = take_raw(who, box, path.read_bytes())
        told.append({
            "file": str(path), "mail": taken.mail_id, "new": taken.new, "kind": taken.kind, "customer": taken.customer_id,
            "conversation": taken.conversation_id,
        })  # fmt: skip
    if json_wanted:
        as_json({"mails": told})
        return
    for each in told:
        state = each["kind"].replace("_", " ") if each["new"] else "there already"
        click.echo(
            f"{each['file']}: {state}"
            + ("" if each["customer"] or not each["conversation"] else ", to triage")
        )


@mail.command()
@click.argument("key", required=False)
@click.option("--name", help="What it is called; default: its key.")
@click.option("--address", help="The address it has, and answers leave from.")
@click.option("--entity", help="Entity code; empty: for all.")
@click.option("--host", help="Server it is read from; empty: it is only answered from.")
@click.option("--port", type=int, help="993 for tls (default), 143 for starttls.")
@click.option("--security", type=click.Choice(["tls", "starttls", "none"]), help="none only on this machine.")
@click.option("--username")
@click.option("--folder", help="Default: INBOX.")
@click.option("--active/--inactive", default=None)
@click.option("--from-now-on", is_flag=True, help="Leave the mail that lies there already.")
@click.option("--as", "acting", help="Sign-in name of who does this.")
@click.option("--json", "json_wanted", is_flag=True)
def mailboxes(
    key: str | None, from_now_on: bool, acting: str | None, json_wanted: bool, **given: Any
) -> None:
    """List the mailboxes; with KEY and options make or change one. Its password stands in DUNLIN_MAILBOX_PASSWORDS."""
    if key is not None:
        changes = {name: value for name, value in given.items() if value is not None}
        done = change_mailbox(who_at_cli(acting), key, changes, from_now_on=from_now_on)
        if not json_wanted:
            click.echo(
                f"{key} {'is set up' if done.made else 'changed'}: {', '.join(done.changed) or 'nothing differs'}."
            )
            return
    rows = [
        {
            "key": each.key, "name": each.name, "address": each.address, "entity": each.entity.code if each.entity else "",
            "host": each.host, "port": each.port, "security": each.security, "username": each.username, "folder": each.folder,
            "active": each.active, "read_at": each.read_at, "problem": each.problem,
        }
        for each in Mailbox.objects.select_related("entity").order_by("key")
        if key is None or each.key == key
    ]  # fmt: skip
    if json_wanted:
        as_json({"mailboxes": rows})
        return
    for row in rows:
        where = (
            f"{row['username']} at {row['host']}:{row['port']}, {row['security']}"
            if row["host"]
            else "not read"
        )
        state = "" if row["active"] else "  (inactive)"
        problem = f"  {row['problem']}" if row["problem"] else ""
        click.echo(f"{row['key']:<14} {row['address']:<34} {where}{state}{problem}")


def _named(key: str) -> Mailbox:
    found = Mailbox.objects.filter(key=key).first()
    if found is None:
        raise Refused("mailbox_unknown", mailbox=key)
    return found


def _told(taken: TakenFrom) -> dict[str, Any]:
    return {
        "key": taken.key, "new": taken.new, "known": taken.known, "triage": taken.triage, "by_kind": taken.by_kind,
        "problem": taken.problem,
    }  # fmt: skip


def _line(taken: TakenFrom) -> str:
    kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(taken.by_kind.items()))
    told = f"{taken.key}: {counted(taken.new, 'new mail')}" + (f" ({kinds})" if kinds else "")
    if taken.triage:
        told += f", {taken.triage} to triage"
    return told + (f". {taken.problem}" if taken.problem else "")
