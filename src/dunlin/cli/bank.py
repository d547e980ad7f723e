"""dunlin bank: what a bank file says, before anything of it is stored, and taking it in. No database is needed for `read`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dunlin.cli.bank_advices import show_advices
from dunlin.cli.main import as_json, counted, start_django
from dunlin.formats.bank_files import BankFile, BankFileProblem, read_bank_file
from dunlin.formats.bank_plain import plain_file, sums_of
from dunlin.formats.bank_table import DATE_ORDERS, DECIMAL_MARKS, FIELDS, read_bank_table
from dunlin.formats.remittance_files import AdviceFile, RemittanceProblem, looks_like_advice, read_remittance
from dunlin.formats.remittance_plain import plain_advices
from dunlin.formats.remittance_table import FIELDS as ADVICE_FIELDS
from dunlin.rules.codes import Refused

# Why a text is no advice at all, and not one that is unclear.
_NO_ADVICE = (
    "remittance_text_none",
    "remittance_unknown",
    "remittance_currency_missing",
    "file_encoding",
    "bank_file_binary",
)


@click.group()
def bank() -> None:
    """Files of banks."""


@bank.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="FIELD=COLUMN",
    help=f"For CSV and spreadsheets: the column of a field, or FIELD=:VALUE for every row. Fields: {', '.join(FIELDS)}; "
    f"of remittance advice: {', '.join(ADVICE_FIELDS)}.",
)
@click.option("--date-order", type=click.Choice(DATE_ORDERS), help="Order of day and month in a table.")
@click.option(
    "--decimal-mark",
    type=click.Choice(DECIMAL_MARKS),
    help="What divides the decimals in a table.",
)
@click.option("--json", "json_wanted", is_flag=True)
def read(
    files: tuple[Path, ...],
    settings: tuple[str, ...],
    date_order: str | None,
    decimal_mark: str | None,
    json_wanted: bool,
) -> None:
    """Show what FILEs say: statements, transactions, sums, what warns, what is damaged. Nothing is stored.

    The content says which format a file is in: BAI2, camt.052, 053, 054, MT940, MT942, OFX, NACHA, BAI lockbox, Fedwire.
    Remittance advice: EDI 820, UBL, a table with a row a document, the text of a mail with a line a document.
    A bank's list as CSV or spreadsheet is read by the columns that --set names.
    A file that cannot be read is refused with exit status 2; a warning or a damaged record is shown and refuses nothing.
    Guide: docs/guides/bank-files.md.
    """
    told: list[dict[str, Any]] = []
    refusals: list[Refused] = []
    columns = _columns(settings)
    for path in files:
        try:
            found = _read(path, columns, date_order, decimal_mark)
        except Refused as refused:
            refusals.append(refused)
            told.append({"file": str(path), "refused": str(refused)})
            continue
        told.append(
            {"file": str(path)} | (plain_file(found) if isinstance(found, BankFile) else plain_advices(found))
        )
        if not json_wanted:
            _show(path, found) if isinstance(found, BankFile) else show_advices(path, found)
    if json_wanted and len(refusals) < len(files):
        as_json({"files": told})
    for other in refusals[1:]:
        click.echo(str(other), err=True)
    if refusals:  # the others were shown all the same
        raise refusals[0]


@bank.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--no-placing", is_flag=True, help="Take in only; place nothing yet.")
@click.option("--as", "acting", help="Sign-in name of who takes them in.")
@click.option("--json", "json_wanted", is_flag=True)
def take(files: tuple[Path, ...], no_placing: bool, acting: str | None, json_wanted: bool) -> None:
    """Take FILEs in: each transaction once, whichever file told of it first; then place what is certain.

    What came back is taken back at once; what is not certain waits under Receipts. The same file twice changes nothing.
    Remittance advice is kept until its money comes, or linked to the money that came before it.
    A file that cannot be read is refused with exit status 2; the others are taken in all the same.
    """
    start_django()
    from dunlin.cli.bank_take import take_files

    take_files(files, acting, json_wanted, placing=not no_placing)


def _columns(settings: tuple[str, ...]) -> dict[str, str]:
    columns = {}
    for setting in settings:
        field, equals, column = setting.partition("=")
        if not equals:
            raise click.UsageError(f"--set {setting}: write it as FIELD=COLUMN.")
        columns[field.strip()] = column.strip()
    return columns


def _read(
    path: Path, columns: dict[str, str], date_order: str | None, decimal_mark: str | None
) -> BankFile | AdviceFile:
    """What the file is, its content says; a table is an advice when the columns named are those of one."""
    try:
        content, order, mark = path.read_bytes(), date_order or "", decimal_mark or ""
        if columns and set(columns) & {"number", "paid"}:
            return read_remittance(path.name, content, columns, "", order, mark)
        if columns:
            return read_bank_table(path.name, content, columns, order, mark)
        if looks_like_advice(path.name, content):
            return read_remittance(path.name, content, None, "", order, mark)
        return _bank_or_text(path, content, order, mark)
    except FileNotFoundError:
        raise Refused("file_unknown", file=str(path)) from None
    except OSError as problem:
        raise Refused("bank_file_not_read", file=str(path), why=problem.strerror or str(problem)) from None
    except (BankFileProblem, RemittanceProblem) as problem:
        raise Refused("bank_file_not_read", file=str(path), why=str(problem)) from None


def _bank_or_text(path: Path, content: bytes, order: str, mark: str) -> BankFile | AdviceFile:
    """What is no file of a bank may be the text of a mail; when it is not that either, the bank's refusal stands."""
    try:
        return read_bank_file(path.name, content)
    except BankFileProblem as problem:
        if problem.code != "bank_file_unknown":
            raise
        try:
            return read_remittance(path.name, content, None, "", order, mark)
        except RemittanceProblem as other:
            if other.code in _NO_ADVICE:
                raise problem from None
            raise


def _show(path: Path, found: BankFile) -> None:
    """The table for people: a line a statement, its entries below it."""
    many = sum(len(each.entries) for each in found.statements)
    click.echo(
        f"{path}: {found.variant}, {counted(len(found.statements), 'statement')}, {counted(many, 'transaction')}"
    )
    for currency, sums in sums_of(found.entries).items():
        waiting = "".join(f", {sums[name]} {name}" for name in ("pending", "info") if sums[name])
        click.echo(f"  {currency}: {sums['booked']} booked, in {sums['in']}, out {sums['out']}{waiting}")
    for statement in found.statements:
        account = f"account ..{statement.account_tail}" if statement.account_tail else "no account"
        ends = " to ".join(
            str(each.amount) if each else "-" for each in (statement.opening, statement.closing)
        )
        state = {True: "adds up", False: "does not add up", None: ""}[statement.adds_up]
        click.echo(f"\n  {statement.place}  {account}  {ends}  {state}".rstrip())
        for entry in statement.entries:
            on = entry.booked_on or entry.value_on or ""
            sort = entry.kind if entry.status == "booked" else f"{entry.kind}, {entry.status}"
            words = " ".join(filter(None, (entry.return_code, entry.payer_name, entry.remittance)))
            click.echo(f"    {on!s:<10}  {entry.amount!s:>22}  {sort:<16}  {words[:90]}".rstrip())
    for title, flaws in (("warning", found.warnings), ("damaged", found.damaged)):
        for flaw in flaws:
            click.echo(f"  {title}: {flaw.place}: {flaw.detail}" + (f"  [{flaw.text}]" if flaw.text else ""))
