"""dunlin user: who may sign in."""

from __future__ import annotations

import secrets

import click

from dunlin.actions.manage_user import change_user, make_user
from dunlin.cli.main import as_json
from dunlin.cli.standing import who_at_cli
from dunlin.records.models import User
from dunlin.rules.roles import ROLES


@click.group()
def user() -> None:
    """Make, list and change the people who sign in."""


@user.command()
@click.argument("username")
@click.option("--role", type=click.Choice(sorted(ROLES)), required=True)
@click.option("--name", default="", help="First and last name.")
@click.option("--email", default="")
@click.option("--password", help="Left out: one is made and printed once.")
@click.option("--as", "acting", help="Sign-in name of who does this.")
def add(username: str, role: str, name: str, email: str, password: str | None, acting: str | None) -> None:
    """Make a user."""
    chosen = password or secrets.token_urlsafe(12)
    make_user(who_at_cli(acting), username=username, role=role, name=name, email=email, password=chosen)
    click.echo(
        f"{username} may sign in as {role}." + ("" if password else f" Password, shown this once: {chosen}")
    )


@user.command("list")
@click.option("--json", "json_wanted", is_flag=True)
def list_users(json_wanted: bool) -> None:
    """List users with their role."""
    rows = [
        {"username": u.username, "name": u.name, "role": u.role, "email": u.email, "active": u.is_active}
        for u in User.objects.order_by("username")
    ]
    if json_wanted:
        as_json({"users": rows})
        return
    for row in rows:
        click.echo(
            f"{row['username']:<20} {row['role']:<20} {row['name']}{'' if row['active'] else '  (inactive)'}"
        )


@user.command()
@click.argument("username")
@click.option("--role", type=click.Choice(sorted(ROLES)))
@click.option("--active/--inactive", default=None)
@click.option("--new-password", is_flag=True, help="Make a new password and print it once.")
@click.option("--as", "acting", help="Sign-in name of who does this.")
def change(
    username: str, role: str | None, active: bool | None, new_password: bool, acting: str | None
) -> None:
    """Change a user's role, let them in or out, or give a new password."""
    chosen = secrets.token_urlsafe(12) if new_password else None
    change_user(who_at_cli(acting), username, role=role, active=active, password=chosen)
    click.echo(f"{username} changed." + (f" Password, shown this once: {chosen}" if chosen else ""))
