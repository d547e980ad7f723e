"""dunlin intents: how well inbound mail is understood, on mails whose meaning is known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from dunlin.cli.main import as_json
from dunlin.formats.jsonl import read_jsonl
from dunlin.formats.problems import TableProblem
from dunlin.rules.codes import Refused
from dunlin.rules.intents import INTENTS, MailText, understand
from dunlin.rules.intents.measure import Known, measured
from dunlin.rules.money import MINOR_DIGITS, Money


@click.group()
def intents() -> None:
    """Understanding inbound mail."""


@intents.command("eval")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--currency", default="USD", show_default=True, help="Of amounts that name none.")
@click.option("--json", "json_wanted", is_flag=True)
def evaluate(file: Path, currency: str, json_wanted: bool) -> None:
    """Read the mails of FILE (JSON Lines: received, from, subject, body, intents, primary, entities) and compare.

    What the lines say of intents and entities is only compared with; nothing is learnt from it.
    """
    if currency not in MINOR_DIGITS:
        raise click.BadParameter(f"{currency!r} is not a currency code of ISO 4217.")
    cases = list(_cases(file, currency))
    if cases:
        understand(cases[0][0])  # what is loaded once is not a mail's time
    began = perf_counter()
    understood = [understand(mail) for mail, _ in cases]
    seconds = perf_counter() - began
    told = measured(zip((known for _, known in cases), understood))
    told["seconds"] = round(seconds, 3)
    told["mails_per_second"] = round(len(cases) / seconds, 1) if seconds and cases else None
    if json_wanted:
        as_json(told)
    else:
        _show(told)


def _cases(file: Path, currency: str) -> Iterator[tuple[MailText, Known]]:
    line = 0
    try:
        with file.open(encoding="utf-8-sig") as stream:
            for line, record in read_jsonl(stream):  # noqa: B007
                yield _case(record, currency)
    except FileNotFoundError:
        raise Refused("file_unknown", file=str(file)) from None
    except (OSError, UnicodeDecodeError, TableProblem) as problem:
        raise Refused("file_not_understood", file=str(file), why=str(problem)) from None
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        why = f"{problem} is missing" if isinstance(problem, KeyError) else problem
        raise Refused("file_not_understood", file=str(file), why=f"line {line}: {why}") from None


def _case(record: Mapping[str, Any], currency: str) -> tuple[MailText, Known]:
    mail = MailText(
        datetime.fromisoformat(record["received"]),
        _text(record, "from"),
        _text(record, "subject"),
        _text(record, "body"),
        headers={str(name): str(value) for name, value in dict(record.get("headers") or {}).items()},
        attachments=[str(name) for name in record.get("attachments") or ()],
        currency=currency,
    )
    wanted = frozenset(record["intents"])
    unknown = sorted({*wanted, record["primary"]} - set(INTENTS))
    if unknown or not wanted:
        raise ValueError(f"{', '.join(unknown) or 'nothing'} is not one of the intents {', '.join(INTENTS)}")
    stated = record.get("entities")
    return mail, Known(
        wanted, record["primary"], str(record.get("lang", "")), _entities(stated) if stated else None
    )


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name, "") if name == "from" else record[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    return value


def _entities(stated: Mapping[str, Any]) -> dict[str, list[str]]:
    promise = stated.get("promise") or {}
    amounts = [_money(each["value"], each["currency"]) for each in stated.get("amounts", ())]
    promised = promise.get("amount")
    currency = amounts[0].currency if amounts else "USD"
    plain = None if promised is None else _money(promised, currency).plain
    told = promise.get("date") is not None or plain is not None
    return {
        "invoice_numbers": [str(each) for each in stated.get("invoice_numbers", ())],
        "amounts": [f"{each.plain} {each.currency}" for each in amounts],
        "dates": [str(each) for each in stated.get("dates", ())],
        "promise": [f"{promise.get('date')} {plain}"] if told else [],
    }


def _money(value: Any, currency: str) -> Money:
    return Money.rounded(value if isinstance(value, (int, Decimal)) else str(value), currency)


def _show(told: Mapping[str, Any]) -> None:
    click.echo(f"{told['mails']} mails, {told['mails_per_second']} a second")
    for name in ("top1_in_set", "primary_accuracy", "macro_f1", "handled_at_95", "calibration_error"):
        click.echo(f"{name:<20} {_plain(told[name])}")
    alone = told["handled_alone"]
    click.echo(
        f"{'handled_alone':<20} {_plain(alone['share'])}, precision {_plain(alone['precision'])}, "
        f"from confidence {alone['confidence']}"
    )
    click.echo("\nentities, F1")
    for kind, share in told["entity_f1"].items():
        click.echo(f"  {kind:<18} {_plain(share)}")
    click.echo(f"\n{'intent':<24}{'mails':>6}{'precision':>11}{'recall':>9}{'f1':>8}   taken for")
    for intent, each in told["per_intent"].items():
        if each["mails"] or each["found"]:
            others = {
                name: many for name, many in told["confusion"].get(intent, {}).items() if name != intent
            }
            figures = f"{_plain(each['precision']):>11}{_plain(each['recall']):>9}{_plain(each['f1']):>8}"
            click.echo(f"{intent:<24}{each['mails']:>6}{figures}   {_listed(others)}".rstrip())
    click.echo(f"\n{'language':<12}{'mails':>6}{'top1_in_set':>13}{'primary':>9}{'recognised':>12}")
    for language, each in told["by_language"].items():
        figures = f"{_plain(each['top1_in_set']):>13}{_plain(each['primary_accuracy']):>9}{_plain(each['recognised']):>12}"
        click.echo(f"{language or '-':<12}{each['mails']:>6}{figures}")


def _plain(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _listed(others: Mapping[str, int]) -> str:
    return json.dumps(others).strip("{}").replace('"', "")
