"""Who acts at the command line and what day it is there."""

from __future__ import annotations

from datetime import date

import click

from dunlin.actions.doing import Who
from dunlin.records.clock import now, today
from dunlin.records.models import User
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused


class Day(click.ParamType):
    """A date written 2026-05-31, or `today`."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        if value == "today":
            return ledger_today()
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise Refused("date_not_understood", asked=str(value)) from None


def ledger_today() -> date:
    return today(current_policy().ledger_time_zone)


def who_at_cli(username: str | None, dry_run: bool = False) -> Who:
    """The named user; without a name, whoever has the shell acts as administrator, as the diary will say."""
    moment, day = now(), ledger_today()
    if username is None:
        return Who(None, "command line", "administrator", "cli", day, moment, dry_run=dry_run)
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Refused("user_unknown", user=username)
    return Who(user.pk, user.name, user.role, "cli", day, moment, dry_run=dry_run)


def user_named(username: str) -> User:
    """The user with that sign-in name; Refused when there is none."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise Refused("user_unknown", user=username)
    return user
