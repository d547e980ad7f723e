"""The tables of an export, made from the records themselves: a new column is exported without anyone thinking of it.

Each row keeps its key. What people call by a name (customers, entities, users, terms, calendars) is referred to by it,
everything else by its key. Money is a text with its currency. See docs/reference/export-format.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import models

from dunlin.formats.csv_out import guarded
from dunlin.records import models as records
from dunlin.records.customers import sort_name
from dunlin.rules.money import Money, NotMoney

# What the rows of these are called by, instead of their key.
NATURAL: dict[type[models.Model], str] = {
    records.Customer: "number",
    records.Entity: "code",
    records.User: "username",
    records.PaymentTerms: "code",
    records.BusinessCalendar: "code",
}

# Money columns, and where their currency stands: a column of the row, or reached from it.
_MONEY: dict[type[models.Model], tuple[tuple[str, ...], str]] = {
    records.Customer: (("credit_limit",), "currency"),
    records.Item: (("amount", "tax", "discount", "open", "disputed"), "currency"),
    records.ItemLine: (("amount", "tax"), "item__currency"),
    records.IssuedDocument: (("net", "tax", "total"), "item__currency"),
    records.Application: (("amount",), "credit__currency"),
    records.Dispute: (("amount",), "item__currency"),
    records.Promise: (("amount", "paid"), "currency"),
    records.PromiseItem: (("open_then",), "item__currency"),
    records.PromiseJudgement: (("paid",), "promise__currency"),
    records.MessageItem: (("amount",), "item__currency"),
    records.PaymentChoice: (("amount",), "currency"),
    records.PaymentChoiceItem: (("amount",), "choice__currency"),
    records.OnlinePayment: (("amount", "fee", "refunded"), "currency"),
    records.Receipt: (("amount", "charges"), "currency"),
    records.Approval: (("amount",), "currency"),
    records.Overpayment: (("amount",), "payment__currency"),
    records.RemittanceAdvice: (("amount", "money"), "currency"),
    records.PayoutFile: (("sum",), "currency"),
    records.Refund: (("amount",), "currency"),
    records.DailyFigure: (
        ("debits", "unapplied", "disputed", "current", "late", "sales", "collected"),
        "currency",
    ),
}

# Columns that are secret, or follow from others and are made again on loading.
_LEFT_OUT: dict[type[models.Model], frozenset[str]] = {
    records.User: frozenset({"password", "last_login", "feed_hash"}),
    records.Customer: frozenset({"sort_name"}),
    records.CustomerName: frozenset({"sort_name"}),
    # Account numbers do not leave, not even locked: in a copy of the books they are entered and confirmed anew.
    records.PayeeAccount: frozenset({"locked"}),
    records.PayoutAccount: frozenset({"locked"}),
    records.PayoutFile: frozenset({"ours"}),
}

_BOOKS: tuple[tuple[str, type[models.Model]], ...] = (
    ("entities", records.Entity), ("users", records.User), ("payment_terms", records.PaymentTerms),
    ("calendars", records.BusinessCalendar), ("calendar_days", records.CalendarDay),
    ("exchange_rates", records.ExchangeRate), ("periods", records.Period), ("absences", records.Absence),
    ("settings", records.Setting), ("customers", records.Customer), ("customer_names", records.CustomerName),
    ("addresses", records.Address), ("contacts", records.Contact), ("contact_points", records.ContactPoint),
    ("items", records.Item), ("due_date_changes", records.DueDateChange),
    ("applications", records.Application), ("bank_accounts", records.BankAccount), ("bank_files", records.BankFile),
    ("receipts", records.Receipt), ("payer_aliases", records.PayerAlias), ("approvals", records.Approval),
    ("payee_accounts", records.PayeeAccount), ("payout_accounts", records.PayoutAccount), ("payout_files", records.PayoutFile),
    ("refunds", records.Refund), ("disputes", records.Dispute), ("blocks", records.Block),
    ("calls", records.Call), ("promises", records.Promise), ("promise_items", records.PromiseItem),
    ("promise_judgements", records.PromiseJudgement), ("notes", records.Note), ("follow_ups", records.FollowUp),
    ("portfolio_rules", records.PortfolioRule), ("tier_orders", records.TierOrder), ("pins", records.Pin),
    ("snoozes", records.Snooze), ("daily_figures", records.DailyFigure), ("mappings", records.SavedMapping),
    ("stored_files", records.StoredFile), ("documents", records.Document), ("item_lines", records.ItemLine),
    ("issued_documents", records.IssuedDocument), ("number_ranges", records.NumberRange), ("strategies", records.Strategy),
    ("strategy_versions", records.StrategyVersion), ("templates", records.Template),
    ("template_versions", records.TemplateVersion), ("finals_reports", records.FinalsReport),
    ("process_runs", records.ProcessRun), ("mailboxes", records.Mailbox), ("conversations", records.Conversation),
    ("conversation_items", records.ConversationItem), ("conversation_notes", records.ConversationNote),
    ("mailings", records.Mailing), ("messages", records.Message), ("message_items", records.MessageItem),
    ("message_events", records.MessageEvent), ("message_files", records.MessageFile),
    ("process_lines", records.ProcessLine), ("mails", records.Mail), ("mail_files", records.MailFile),
    ("mail_proposals", records.MailProposal), ("departments", records.Department), ("requests", records.Request),
    ("payment_choices", records.PaymentChoice), ("payment_choice_items", records.PaymentChoiceItem),
    ("online_payments", records.OnlinePayment), ("provider_events", records.ProviderEvent),
    ("clean_up_projects", records.CleanUpProject), ("clean_up_accounts", records.CleanUpAccount), ("fix_runs", records.FixRun),
    ("remittance_advices", records.RemittanceAdvice), ("overpayments", records.Overpayment), ("returned_payments", records.ReturnedPayment),
    ("diary", records.DiaryLine),
)  # fmt: skip
_DECISIONS: tuple[tuple[str, type[models.Model]], ...] = (
    ("decision_runs", records.DecisionRun),
    ("decisions", records.Decision),
)

# Made anew on loading (balances), about the taking in of files and not about the books, or of the hour (who is in the portal).
NOT_EXPORTED = (
    records.Balance, records.ImportRun, records.ImportProblem, records.ImportChange, records.PortalLink, records.PortalSession,
)  # fmt: skip

# Lines about the copy itself: with them no copy would ever be like its original.
_NOT_OF_THE_BOOKS = ("export_books", "load_export")


@dataclass(frozen=True)
class Field:
    """One column: `path` is read from the table, `column` written to it ("" for a currency that is only told)."""

    name: str
    path: str
    column: str
    kind: str  # text, whole, yes_no, date, moment, decimal, json, money, natural
    nullable: bool
    refers_to: type[models.Model] | None = None


@dataclass(frozen=True)
class Table:
    """One table of an export."""

    name: str
    model: type[models.Model]
    fields: tuple[Field, ...]
    currency: int | None  # place of the currency of its money columns

    @property
    def money(self) -> tuple[tuple[int, Field], ...]:
        """(place, field) of the money columns."""
        return tuple((place, field) for place, field in enumerate(self.fields) if field.kind == "money")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns written on loading, those that are made again at the end."""
        made = tuple(sorted(MADE_AGAIN.get(self.model, {})))
        return (*(field.column for field in self.fields if field.column), *made)

    def values(self) -> Iterator[tuple[Any, ...]]:
        """The rows in the order of their keys, streamed."""
        found = self.model._default_manager.order_by("pk")
        if self.model is records.DiaryLine:
            found = found.exclude(verb__in=_NOT_OF_THE_BOOKS)
        return found.values_list(*(field.path for field in self.fields)).iterator(chunk_size=5000)


def tables(decisions: bool = False) -> tuple[Table, ...]:
    """The tables in the order they are written and loaded; with the stored decisions of each day when asked."""
    return tuple(_table(name, model) for name, model in (_BOOKS + _DECISIONS if decisions else _BOOKS))


def _table(name: str, model: type[models.Model]) -> Table:
    money, currency = _MONEY.get(model, ((), ""))
    left_out = _LEFT_OUT.get(model, frozenset())
    fields = [
        _field(field, field.name in money)
        for field in model._meta.concrete_fields
        if field.name not in left_out and not field.generated  # the database makes it anew
    ]
    if money and "__" in currency:
        fields.append(Field("currency", currency, "", "text", False))
    place = next((at for at, field in enumerate(fields) if field.name == "currency"), None)
    return Table(name, model, tuple(fields), place if money else None)


def _field(field: models.Field[Any, Any], money: bool) -> Field:
    if isinstance(field, models.ForeignKey):
        target = field.related_model
        if target in NATURAL:
            path = f"{field.name}__{NATURAL[target]}"
            return Field(field.name, path, field.attname, "natural", field.null, target)  # type: ignore[arg-type]
        return Field(field.name, field.attname, field.attname, "whole", field.null)
    kinds: tuple[tuple[type[models.Field[Any, Any]] | tuple[type[models.Field[Any, Any]], ...], str], ...] = (
        (models.BooleanField, "yes_no"),
        (models.DateTimeField, "moment"),
        (models.DateField, "date"),
        (models.DecimalField, "decimal"),
        (models.JSONField, "json"),
        (models.IntegerField, "whole"),
        ((models.CharField, models.TextField), "text"),
    )
    kind = next((kind for of, kind in kinds if isinstance(field, of)), None)
    if kind is None:
        raise TypeError(f"{field} has no form in an export")
    return Field(field.name, field.attname, field.attname, "money" if money else kind, field.null)


# --- values out ---------------------------------------------------------------------------------------------------------


def _same(value: Any) -> Any:
    return value


_OUT: dict[str, Callable[[Any], Any]] = {
    "text": _same, "whole": _same, "yes_no": _same, "json": _same, "natural": _same, "money": _same,
    "date": date.isoformat, "decimal": "{:f}".format, "moment": lambda value: value.astimezone(UTC).isoformat(),
}  # fmt: skip


def json_text(value: Any) -> str:
    """JSON in one form: keys sorted, no blanks. Engines keep keys in orders of their own."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def as_lines(table: Table, rows: Iterator[tuple[Any, ...]], sums: dict[str, dict[str, int]]) -> Iterator[str]:
    """The rows as JSON Lines; `sums` gathers minor units per money column and currency."""
    names = [field.name for field in table.fields]
    for row in _encoded(table, rows, sums):
        yield (
            json_text(
                {
                    name: {"amount": value.plain, "currency": value.currency}
                    if type(value) is Money
                    else value
                    for name, value in zip(names, row)
                }
            )
            + "\n"
        )


def as_cells(
    table: Table, rows: Iterator[tuple[Any, ...]], sums: dict[str, dict[str, int]]
) -> Iterator[list[str]]:
    """The rows as CSV cells. A text a spreadsheet would run gets an apostrophe in front, which loading takes away."""
    kinds = [field.kind for field in table.fields]
    for row in _encoded(table, rows, sums):
        yield [_cell(kind, value) for kind, value in zip(kinds, row)]


def _cell(kind: str, value: Any) -> str:
    if value is None:
        return ""
    if kind == "json":
        return json_text(value)
    if kind == "yes_no":
        return "true" if value else "false"
    if kind == "money":
        return str(value.plain)
    if kind in ("text", "natural") and value and (value[0] == "'" or guarded(value) != value):
        return "'" + str(value)
    return str(value)


def _encoded(
    table: Table, rows: Iterator[tuple[Any, ...]], sums: dict[str, dict[str, int]]
) -> Iterator[list[Any]]:
    encoders = [_OUT[field.kind] for field in table.fields]
    money, at = table.money, table.currency
    for row in rows:
        out = [None if value is None else encode(value) for encode, value in zip(encoders, row)]
        for place, field in money:
            minor = out[place]
            if minor is not None:
                currency = row[at]  # type: ignore[index]
                held = sums.setdefault(field.name, {})
                held[currency] = held.get(currency, 0) + minor
                out[place] = Money(minor, currency)
        yield out


# --- values in ----------------------------------------------------------------------------------------------------------

# Columns that follow from others: model → column → how it is made from the row by name.
MADE_AGAIN: dict[type[models.Model], dict[str, Callable[[Mapping[str, Any]], Any]]] = {
    records.Customer: {"sort_name": lambda row: sort_name(row["name"])},
    records.CustomerName: {"sort_name": lambda row: sort_name(row["name"])},
    records.PayeeAccount: {"locked": lambda row: ""},
    records.PayoutAccount: {"locked": lambda row: ""},
    records.PayoutFile: {"ours": lambda row: ""},
    # Nobody signs in with a copied password: each is set anew.
    records.User: {"password": lambda row: make_password(None)},
}

Names = dict[type[models.Model], dict[str, int]]


class NotAsExported(ValueError):
    """A row of an export that does not read as one; the message says what is wrong."""


def read_row(
    table: Table, record: Mapping[str, Any], names: Names, sums: dict[str, dict[str, int]]
) -> list[Any]:
    """One record as the values of `table.columns`. NotAsExported names the field that is not as it should be."""
    out = []
    for field in table.fields:
        if field.name not in record:
            raise NotAsExported(f"{table.name} has no {field.name}")
        if not field.column:
            continue
        try:
            out.append(_read(field, record[field.name], names, sums))
        except (ValueError, TypeError, KeyError, ArithmeticError, NotMoney) as error:
            told = f"{table.name}: {field.name} {record[field.name]!r} is not understood ({error})"
            raise NotAsExported(told) from None
    made = MADE_AGAIN.get(table.model, {})
    return [*out, *(made[column](record) for column in sorted(made))]


def _read(field: Field, value: Any, names: Names, sums: dict[str, dict[str, int]]) -> Any:
    if value is None:
        if not field.nullable:
            raise ValueError("it must not be empty")
        return None
    if field.kind == "natural":
        return names[field.refers_to][value]  # type: ignore[index]
    if field.kind == "money":
        money = Money.exact(value["amount"], value["currency"])
        held = sums.setdefault(field.name, {})
        held[money.currency] = held.get(money.currency, 0) + money.minor
        return money.minor
    return _IN[field.kind](value)


def _exactly(of: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not of:
            raise TypeError(f"it must be {of.__name__}")
        return value

    return read


_IN: dict[str, Callable[[Any], Any]] = {
    "text": _exactly(str), "whole": _exactly(int), "yes_no": _exactly(bool), "json": json_text,
    "date": date.fromisoformat, "moment": datetime.fromisoformat, "decimal": lambda value: f"{Decimal(value):f}",
}  # fmt: skip


def record_from_cells(table: Table, header: list[str], cells: list[str]) -> dict[str, Any]:
    """A CSV row as the record it was."""
    by_name = dict(zip(header, cells))
    record: dict[str, Any] = {}
    for field in table.fields:
        text = by_name.get(field.name)
        if text is None:
            raise NotAsExported(f"{table.name} has no {field.name}")
        record[field.name] = _from_cell(field, text, by_name)
    return record


def _from_cell(field: Field, text: str, by_name: dict[str, str]) -> Any:
    if text == "" and (field.nullable or field.kind != "text"):
        return None
    if field.kind in ("text", "natural"):
        return text.removeprefix("'")
    try:
        if field.kind == "whole":
            return int(text)
        if field.kind == "yes_no":
            return {"true": True, "false": False}[text]
        if field.kind == "json":
            return json.loads(text)
    except (ValueError, KeyError):
        raise NotAsExported(f"{field.name} {text!r} is not understood") from None
    if field.kind == "money":
        return {"amount": text, "currency": by_name.get("currency", "")}
    return text
