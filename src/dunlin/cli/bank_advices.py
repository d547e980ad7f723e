"""What a remittance advice says, as a table for people."""

from __future__ import annotations

from pathlib import Path

import click

from dunlin.cli.main import counted
from dunlin.formats.remittance_files import AdviceFile


def show_advices(path: Path, found: AdviceFile) -> None:
    """A line an advice, its documents below it, then what warns and what is damaged."""
    many = sum(1 for _ in found.lines)
    form = found.variant if found.variant.startswith("UBL") else f"{found.format} {found.variant}"
    click.echo(
        f"{path}: remittance advice, {form.strip()}, {counted(len(found.advices), 'advice')}, {counted(many, 'document')}"
    )
    for advice in found.advices:
        state = {True: "adds up", False: "does not add up", None: "no total stated"}[advice.adds_up]
        known = " ".join(
            filter(None, (advice.trace, f"check {advice.check_number}" if advice.check_number else ""))
        )
        on = advice.paid_on or "-"
        click.echo(
            f"\n  {advice.place}  {advice.payer_name or 'payer not named'}  {advice.money}  {on}  {known}  {state}".rstrip()
        )
        for line in advice.lines:
            less = [f"discount {line.discount}"] if line.discount is not None else []
            less += [f"{each.code} {each.amount}" for each in line.kept]
            if line.unexplained is not None and line.unexplained.minor:
                less.append(f"unexplained {line.unexplained}")
            click.echo(f"    {line.number:<24}  {line.paid!s:>22}  {', '.join(less)}".rstrip())
        for each in advice.apart:
            click.echo(f"    {'less':<24}  {-each.amount!s:>22}  {each.code} {each.words[:60]}".rstrip())
    for title, flaws in (("warning", found.warnings), ("damaged", found.damaged)):
        for flaw in flaws:
            click.echo(f"  {title}: {flaw.place}: {flaw.detail}" + (f"  [{flaw.text}]" if flaw.text else ""))
