"""dunlin reconcile: what does not fit on an account, or how much of it the whole book holds."""

from __future__ import annotations

import time
from typing import Any

import click

from dunlin.cli.main import as_json, counted
from dunlin.cli.standing import ledger_today
from dunlin.records.models import Customer
from dunlin.records.policies import current_policy
from dunlin.reports.reconcile_book import BookFindings, control, reconcile_book
from dunlin.reports.reconciliation import reconcile as reconcile_one
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money, NotMoney
from dunlin.rules.reconciliation.control import ControlLine
from dunlin.rules.reconciliation.findings import CODES, Finding


@click.command()
@click.argument("customer", required=False)
@click.option("--book", is_flag=True, help="The whole book: counts and sums by finding.")
@click.option(
    "--control",
    "figures",
    multiple=True,
    metavar="ENTITY:AMOUNT:CURRENCY",
    help="A figure of the control account to hold the open items against, such as US01:1250000.00:USD; may be given again.",
)
@click.option("--json", "json_wanted", is_flag=True)
def reconcile(customer: str | None, book: bool, figures: tuple[str, ...], json_wanted: bool) -> None:
    """Reconcile the account with the number CUSTOMER, or with --book all of them. Nothing is changed.

    Guide: docs/guides/clean-up.md.
    """
    today, policy = ledger_today(), current_policy()
    if customer is None and not book and not figures:
        raise click.UsageError("Name a customer, or say --book.")
    told: dict[str, Any] = {"as_of": today.isoformat()}
    lines: list[str] = []
    if customer is not None:
        row = Customer.objects.filter(number=customer).first()
        if row is None:
            raise Refused("customer_unknown", customer=customer)
        findings = reconcile_one(row.pk, today, policy).findings
        told |= {"customer": customer, "findings": [_told(each) for each in findings]}
        lines += [f"{customer} {row.name}: {counted(len(findings), 'finding')}", *map(_line, findings)]
    if book:
        began = time.perf_counter()
        found = reconcile_book(today, policy)
        seconds = round(time.perf_counter() - began, 2)
        told |= {"book": _book(found), "seconds": seconds}
        lines += _book_lines(found, seconds)
    if figures:
        against = control(_figures(figures))
        told["control"] = [_control(each) for each in against]
        lines += [_control_line(each) for each in against]
    if json_wanted:
        as_json(told)
    else:
        click.echo("\n".join(lines))


def _told(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code, "sure": finding.sure, "amount": Money(finding.amount, finding.currency).plain,
        "currency": finding.currency, "sentence": finding.sentence, "question": finding.question, "items": list(finding.items),
        "steps": [{"kind": step.kind, "credit": step.credit or None, "debit": step.debit, "application": step.application or None,
                   "amount": Money(step.amount, finding.currency).plain} for step in finding.steps],
    }  # fmt: skip


def _line(finding: Finding) -> str:
    what = finding.sure if finding.steps else "question"
    return f"  {finding.label} ({what}): {finding.sentence}"


def _book(found: BookFindings) -> dict[str, Any]:
    def sums(amounts: dict[str, int]) -> dict[str, str]:
        return {currency: Money(minor, currency).plain for currency, minor in sorted(amounts.items())}

    return {
        "customers": found.customers, "with_findings": found.with_findings, "items": found.items,
        "findings": [
            {"code": code, "count": each.count, "proposals": each.proposals, "customers": each.customers, "amounts": sums(each.amounts),
             "written_off": sums(each.written_off)}
            for code, each in found.by_code.items()
        ],
    }  # fmt: skip


def _book_lines(found: BookFindings, seconds: float) -> list[str]:
    lines = [
        f"{counted(found.customers, 'customer')} with {counted(found.items, 'open item')}: something found on {found.with_findings:,}, "
        f"in {seconds} s"
    ]
    for code, each in found.by_code.items():
        if each.count:
            sums = ", ".join(str(Money(minor, currency)) for currency, minor in sorted(each.amounts.items()))
            lines.append(
                f"  {CODES[code][1]}: {each.count:,} on {each.customers:,}, {each.proposals:,} with a proposal; {sums}"
            )
    return lines


def _figures(given: tuple[str, ...]) -> dict[tuple[str, str], int]:
    """ "US01:1250000.00:USD" as minor units by entity and currency."""
    figures = {}
    for text in given:
        entity, _, rest = text.partition(":")
        amount, _, currency = rest.partition(":")
        try:
            figures[entity, currency] = Money.exact(amount, currency).minor
        except NotMoney as problem:
            raise click.UsageError(f"{text}: {problem}. Write it as US01:1250000.00:USD.") from None
    return figures


def _control(line: ControlLine) -> dict[str, Any]:
    def plain(minor: int | None) -> str | None:
        return None if minor is None else Money(minor, line.currency).plain

    return {
        "entity": line.entity, "currency": line.currency, "items": plain(line.ours), "control": plain(line.figure),
        "difference": plain(line.difference),
    }  # fmt: skip


def _control_line(line: ControlLine) -> str:
    ours = Money(line.ours, line.currency)
    if line.figure is None or line.difference is None:
        return f"  {line.entity} {ours} open; no figure given"
    told = "agrees" if line.difference == 0 else f"differs by {Money(line.difference, line.currency)}"
    return f"  {line.entity} {ours} open, control account {Money(line.figure, line.currency)}: {told}"
