"""The fields a row of a file can fill: per kind of row, each with its type, its meaning and whether it is required."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("customers", "contacts", "items", "payments")

DEBIT_KINDS = ("invoice", "debit_memo", "finance_charge", "chargeback", "refund", "returned_payment")
CREDIT_KINDS = ("payment", "credit_memo", "write_off", "discount", "deposit")
ITEM_KINDS = DEBIT_KINDS + CREDIT_KINDS
INVOICE_CLASSES = ("standard", "mrr", "final")
CONTACT_ROLES = ("billing", "ap", "escalation", "legal", "other")


@dataclass(frozen=True, slots=True)
class Target:
    """A field of Dunlin that a mapping can fill.

    `form` says how a cell is read: identifier, name, text, date, month, amount, currency, choice, whole, yes_no, pays.
    `initial` is what a field without column or constant is given.
    """

    name: str
    form: str
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()
    initial: str = ""
    longest: int = 200


_CUSTOMERS = (
    Target(
        "number",
        "identifier",
        "Customer number; derived from the name when no column gives it.",
        required=True,
        longest=60,
    ),
    Target("name", "name", "Customer name.", required=True),
    Target("parent", "identifier", "Customer number of the parent.", longest=60),
    Target("entity", "identifier", "Legal entity that sells to the customer.", longest=40),
    Target("currency", "currency", "Usual currency, ISO 4217."),
    Target(
        "terms", "identifier", "Code of the payment terms; days are kept in the terms, not here.", longest=40
    ),
    Target("credit_limit", "amount", "Credit limit in the usual currency; blank means no limit is set."),
    Target("status", "text", "Status in the source system, kept as a note.", longest=60),
    Target("collector", "text", "Sign-in name or e-mail of the collector."),
    Target("sales_rep", "text", "Sales representative."),
    Target("business_manager", "text", "Business manager."),
    Target(
        "pinned_strategy",
        "identifier",
        "Key of the strategy the customer is to follow, whatever else would fit; blank names none.",
        longest=40,
    ),
    Target(
        "preferred_channel",
        "text",
        "How the customer is written to: email, letter, or none (not by itself).",
        longest=20,
    ),
    Target("email", "text", "E-mail for billing; becomes a billing contact."),
    Target("phone", "text", "Phone for billing; becomes a billing contact.", longest=60),
    Target("street", "text", "Street and house number.", longest=400),
    Target("city", "text", "City."),
    Target("region", "text", "State, province or county."),
    Target("postal_code", "text", "Postal code, kept as text.", longest=20),
    Target("country", "text", "Country, as a code or a name.", longest=60),
    Target("language", "text", "Language, for example en or de-CH.", longest=20),
    Target("time_zone", "text", "Time zone, for example Europe/Vienna.", longest=60),
    Target("tax_number", "identifier", "Tax or company number.", longest=40),
    Target("note", "text", "A note.", longest=4000),
)

_CONTACTS = (
    Target(
        "customer",
        "identifier",
        "Customer number; derived from the customer name when no column gives it.",
        required=True,
        longest=60,
    ),
    Target("customer_name", "name", "Customer name."),
    Target("name", "name", "Name of the person or desk.", required=True),
    Target("role", "choice", "What the contact is for.", choices=CONTACT_ROLES, initial="billing"),
    Target("title", "text", "Position."),
    Target("email", "text", "E-mail; several are divided by a semicolon.", longest=400),
    Target("phone", "text", "Phone; several are divided by a semicolon.", longest=200),
    Target("mobile", "text", "Mobile phone.", longest=60),
    Target("language", "text", "Language, for example en or de-CH.", longest=20),
    Target("time_zone", "text", "Time zone, for example Europe/Vienna.", longest=60),
    Target("do_not_call", "yes_no", "Whether the contact may not be phoned."),
    Target("note", "text", "A note.", longest=4000),
)

_ITEMS = (
    Target(
        "customer",
        "identifier",
        "Customer number; derived from the customer name when no column gives it.",
        required=True,
        longest=60,
    ),
    Target("customer_name", "name", "Customer name as this document spells it."),
    Target("entity", "identifier", "Legal entity the item belongs to.", longest=40),
    Target(
        "number", "identifier", "Document number; blank rows are recognised by their content.", longest=80
    ),
    Target("instalment", "identifier", "Which part, when one document is several items.", longest=40),
    Target("kind", "choice", "What the item is.", choices=ITEM_KINDS, initial="invoice"),
    Target("invoice_class", "choice", "Class of an invoice.", choices=INVOICE_CLASSES, initial="standard"),
    Target("currency", "currency", "Currency of the amounts, ISO 4217.", required=True),
    Target("amount", "amount", "Original amount. One of amount and open is required."),
    Target("paid", "amount", "Paid so far; with amount and open given, amount = paid + open is checked."),
    Target("open", "amount", "Still open."),
    Target(
        "document_on",
        "date",
        "Document date. One of document_on and posted_on is required; each stands in for the other.",
    ),
    Target("posted_on", "date", "Posting date; drives balances and aging."),
    Target("due_on", "date", "Due date; when blank, the terms of the customer give it."),
    Target("settled_on", "date", "Day the payment was made (value date); alone it means settled in full."),
    Target(
        "settled_days",
        "whole",
        "Days from document date to payment, where no date is given; may be negative.",
    ),
    Target("terms", "identifier", "Code of the payment terms.", longest=40),
    Target("po_number", "identifier", "Purchase order number of the customer.", longest=80),
    Target("order_number", "identifier", "Sales order or contract number.", longest=80),
    Target("reference", "text", "Any other reference."),
    Target("service_month", "month", "Month of service of a monthly-recurring invoice."),
    Target("description", "text", "What it is for.", longest=4000),
)

_PAYMENTS = (
    Target(
        "customer",
        "identifier",
        "Customer number; derived from the customer name when no column gives it.",
        required=True,
        longest=60,
    ),
    Target("customer_name", "name", "Customer name."),
    Target("entity", "identifier", "Legal entity that received the money.", longest=40),
    Target(
        "number",
        "identifier",
        "Number of the receipt; blank rows are recognised by their content.",
        longest=80,
    ),
    Target("currency", "currency", "Currency, ISO 4217.", required=True),
    Target("amount", "amount", "Amount received.", required=True),
    Target("value_on", "date", "Day the money arrived (value date).", required=True),
    Target("posted_on", "date", "Posting date; value_on when blank."),
    Target("method", "text", "Way of payment: wire, ach, check, card.", longest=40),
    Target("reference", "text", "Reference of the payer or of the bank."),
    Target("invoices", "pays", "Invoices it pays: `INV-1=100.00; INV-2=50.00`, or numbers alone."),
    Target("description", "text", "Remittance text.", longest=4000),
)

_BY_KIND = {"customers": _CUSTOMERS, "contacts": _CONTACTS, "items": _ITEMS, "payments": _PAYMENTS}


def targets(kind: str) -> tuple[Target, ...]:
    """The fields of a kind of row, in the order of Dunlin's own export. KeyError for an unknown kind."""
    return _BY_KIND[kind]


def target_names(kind: str) -> tuple[str, ...]:
    """The names of the fields of a kind of row, in order."""
    return tuple(target.name for target in _BY_KIND[kind])
