"""The program `dunlin`: each command calls one action or report.

Exit status: 0 done; 2 what was asked cannot be done as asked (the reason code and sentence go to standard error);
1 anything else, an import that refused rows among it. Reading commands take --json; their shapes stand in docs/reference/json.md.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

import click

from dunlin import __version__
from dunlin.rules.codes import Refused

# Command → module and object, and its line in the help; loaded only when asked for, so that help is instant.
_COMMANDS = {
    "init": ("dunlin.cli.init:init", "Create or update the tables."),
    "demo": ("dunlin.cli.demo:demo", "Build the sample company and serve it."),
    "serve": ("dunlin.cli.serve:serve", "Serve the desk and run its jobs."),
    "import": (
        "dunlin.cli.import_files:import_files",
        "Take in customers, contacts, items or payments from files.",
    ),
    "export": ("dunlin.cli.export:export", "Write everything out in open formats."),
    "run": ("dunlin.cli.run:run", "Run what the clock runs: the day, the jobs."),
    "aging": ("dunlin.cli.aging:aging", "What is owed, by age, as of any day."),
    "measures": ("dunlin.cli.measures:measures", "DSO, CEI, late amount, calls, promises against targets."),
    "tracking": ("dunlin.cli.tracking:tracking", "Past due in bands, large debits, old credits, losses."),
    "worklist": ("dunlin.cli.worklist:worklist", "Whom a collector contacts on a day, and why."),
    "why": ("dunlin.cli.why:why", "Why a customer is, or is not, contacted on a day."),
    "mail": ("dunlin.cli.mail:mail", "Set up shared mailboxes and take in mail."),
    "apply": ("dunlin.cli.apply:apply", "Put payments on the documents they pay."),
    "bank": ("dunlin.cli.bank:bank", "What a bank file says; take it in."),
    "reconcile": ("dunlin.cli.reconcile:reconcile", "What does not fit on an account, or in the book."),
    "issue": ("dunlin.cli.issue:issue", "Issue invoices and memos from a file of charges."),
    "refunds": ("dunlin.cli.refunds:refunds", "Refunds: where they stand, pay them out, confirm."),
    "approvals": ("dunlin.cli.approvals:approvals", "Approvals: what waits, its evidence, the decision."),
    "provider": ("dunlin.cli.provider:provider", "Payments by card and bank debit: ask what became of them."),
    "outbox": ("dunlin.cli.outbox:outbox", "What is to be sent: send it, list it, settle what was cut off."),
    "log": ("dunlin.cli.log:log", "Log a call."),
    "verify": ("dunlin.cli.verify:verify", "Prove the books from their postings."),
    "examples": ("dunlin.cli.examples:examples", "Run worked examples through the rules."),
    "strategy": ("dunlin.cli.strategy:strategy", "Check, test and compare dunning strategies as text."),
    "processes": ("dunlin.cli.processes:processes", "The dates of the scheduled processes."),
    "intents": ("dunlin.cli.intents:intents", "How well inbound mail is understood."),
    "bench": ("dunlin.cli.bench:bench", "Measure against limits taken in the same run."),
    "user": ("dunlin.cli.user:user", "Make, list and change the people who sign in."),
    "check": ("dunlin.cli.check:check", "Refuse unsafe settings before going live."),
}
# These need no database, so they work before `dunlin init`.
_WITHOUT_BOOKS = {"apply", "bank", "examples", "intents", "bench", "strategy", "processes"}


class Commands(click.Group):
    """Loads a command's module on first use and starts Django for those that need the books."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        if name not in _WITHOUT_BOOKS:
            start_django()
        module, _, attribute = _COMMANDS[name][0].partition(":")
        return getattr(importlib.import_module(module), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="dunlin")
def program() -> None:
    """The desk of an accounts-receivable collections team."""


def start_django() -> None:
    """Bring up Django with the settings of config/settings.py, which read the environment."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dunlin.config.settings")
    os.environ.setdefault("DUNLIN_LOG_LEVEL", "WARNING")
    django.setup()


def main() -> None:
    """Run the program; turn a refusal into its sentence and exit status."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error as DatabaseError
    from pydantic import ValidationError

    try:
        status = program(prog_name="dunlin", standalone_mode=False)
    except Refused as refused:
        fail(refused.code, str(refused), 2)
    except click.ClickException as problem:
        fail("usage", problem.format_message(), 2)
    except click.Abort:
        fail("stopped", "Stopped.", 1)
    except (ValidationError, ImproperlyConfigured, ValueError) as problem:
        if (
            isinstance(problem, ValueError)
            and not isinstance(problem, ValidationError)
            and "DUNLIN_" not in str(problem)
        ):
            raise
        fail("settings_wrong", str(problem), 2)
    except DatabaseError as problem:
        fail("database", f"{problem}".strip() + "\nIf this is a new database, run `dunlin init` first.", 1)
    except BrokenPipeError:
        sys.stderr.close()
    else:
        sys.exit(status if isinstance(status, int) else 0)


def fail(code: str, message: str, status: int) -> None:
    """Tell standard error what was wrong, for people or (--json) for machines, and end."""
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False), err=True)
    else:
        click.echo(f"dunlin: {code}: {message}", err=True)
    sys.exit(status)


def as_json(value: Any) -> None:
    """One JSON document on standard output: keys in order, dates ISO, amounts as strings."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def counted(count: int, noun: str, plural: str = "") -> str:
    """ "1 row", "1,200 rows", "2 entities"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
