"""What a template may name: every variable of each kind with its type, meaning and an example. Nothing else exists in one.

A page of the docs, the template editor and the check are made from this table. Variables of `internal` and `call_guide` never
exist in what a customer receives (P38). See docs/rules/templates.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from dunlin.formats.template_values import ItemLine, ItemTable, LeftOut, item_values
from dunlin.rules.money import Money

KINDS = ("email", "letter", "statement", "call_guide", "internal")

# text: one line. lines: several lines, kept as they are. money: one amount or one a currency. link: https, or this machine.
# block: stands alone on its line and is set by Dunlin. items, documents: lists for {% for %}.
TYPES = ("text", "lines", "money", "date", "number", "link", "block", "items", "documents")
LISTS = ("items", "documents")


class Variable(NamedTuple):
    """One variable: what it holds (`type` of TYPES), what it means, and an example value.

    `optional` ones may have no value by their nature; a template must say what happens then.
    """

    type: str
    meaning: str
    example: Any
    optional: bool = False


def _usd(text: str) -> Money:
    return Money.exact(text, "USD")


EXAMPLE_LINES = (
    ItemLine("INV-20931", _usd("18200.00"), _usd("18200.00"), date(2026, 5, 9), date(2026, 4, 9), 17, "PO 4500071"),
    ItemLine("INV-20987", _usd("4100.00"), _usd("1600.00"), date(2026, 5, 14), date(2026, 4, 14), 12, "PO 4500088"),
    ItemLine("INV-21002", _usd("950.50"), _usd("950.50"), date(2026, 5, 20), date(2026, 4, 20), 6, "", _usd("200.00")),
    ItemLine("INV-E-117", Money.exact("760.00", "EUR"), Money.exact("760.00", "EUR"), date(2026, 5, 21), date(2026, 4, 21), 5),
)  # fmt: skip
EXAMPLE_TABLE = ItemTable(
    EXAMPLE_LINES, (LeftOut("disputed", _usd("3300.00"), 2), LeftOut("promised", _usd("500.00"))), (_usd("120.00"),)
)  # fmt: skip

_EVERYWHERE = {
    "customer.name": Variable("text", "Name of the customer", "Harbor & Finch Ltd"),
    "customer.number": Variable("text", "Customer number in our books", "C-10442"),
    "entity.name": Variable("text", "Our company that issued the documents", "Northlight Systems Inc."),
    "entity.phone": Variable(
        "text", "Telephone number of our accounts-receivable desk", "+1 212 555 0142", True
    ),
    "entity.email": Variable("text", "Address that answers go to", "ar@northlight.example"),
    "sender.name": Variable("text", "Who signs", "Dana Whitfield"),
    "sender.title": Variable("text", "What the one who signs does", "Accounts Receivable", True),
    "sender.phone": Variable("text", "Direct number of the one who signs", "+1 212 555 0199", True),
    "today": Variable("date", "Day on which the message is written", date(2026, 5, 26)),
}
_BOOKS = {
    "items": Variable("items", "The documents this message is about, oldest due first", EXAMPLE_LINES),
    "items_table": Variable("block", "The table of these documents with totals and what is left out", EXAMPLE_TABLE),
    "item_count": Variable("number", "How many documents the message is about", 4),
    "total_open": Variable(
        "money", "What is asked for: open less what is disputed and less credit that is netted, one a currency",
        (_usd("20550.50"), Money.exact("760.00", "EUR")),
    ),
    "oldest_due_on": Variable("date", "Due date of the oldest of them", date(2026, 5, 9)),
    "days_past_due": Variable("number", "Days past due of the oldest of them", 17),
    "left_out_total": Variable("money", "Open but not asked for now: disputed, promised, planned", _usd("3800.00"), True),
    "credit_total": Variable("money", "Credit of the customer that is not used yet", _usd("120.00"), True),
    "months_aged": Variable("number", "Months of recurring invoices that are past due", 2),
}  # fmt: skip
_OUTWARD = {
    "contact.name": Variable("text", "The person written to", "Priya Raman", True),
    "invoice": Variable("text", "Number of the one document the message is about", "INV-20931", True),
    "documents": Variable("documents", "The files attached, by name", ("INV-20931.pdf", "INV-20987.pdf")),
    "pay_by": Variable("date", "Day stated by the strategy or by a decision; never made up", date(2026, 6, 9), True),
    "suspend_on": Variable("date", "Day on which a decided suspension takes effect", date(2026, 6, 12)),
    "service": Variable("text", "The service a suspension is about", "Northlight Monitoring", True),
    "portal_url": Variable(
        "link", "Page where the customer sees and pays the account", "https://pay.northlight.example/a", True
    ),
    "payment_instructions": Variable(
        "block", "How to pay, as set for the entity", "Pay by bank transfer and state the invoice numbers."
    ),
    "signature": Variable(
        "block", "Signature of the sender", "Dana Whitfield\nAccounts Receivable\nNorthlight Systems Inc."
    ),
    "their.subject": Variable("text", "Subject of the message that is answered", "Question about INV-20931", True),
    "their.date": Variable("date", "Day of the message that is answered", date(2026, 5, 25)),
    "reference": Variable("text", "Our reference of a question or dispute", "D-318", True),
    "payment.amount": Variable("money", "A payment received, or one that failed", _usd("2500.00")),
    "payment.date": Variable("date", "Day on which that payment was received or begun", date(2026, 5, 22)),
    "promise.amount": Variable("money", "The amount of an agreed promise", _usd("18200.00")),
    "promise.due_on": Variable("date", "The day of an agreed promise", date(2026, 6, 2)),
}  # fmt: skip
_STATEMENT = {
    "statement.date": Variable("date", "Day up to which the statement runs", date(2026, 5, 15)),
    "statement.from": Variable("date", "First day of the statement", date(2026, 4, 16)),
    "statement.opening": Variable("money", "Balance before the first day", _usd("9800.00")),
    "statement.closing": Variable("money", "Balance at the end of the statement date", _usd("24850.50")),
    "statement.past_due": Variable("money", "Part of the closing balance that is past due", _usd("20750.50")),
}
_PORTAL = {
    "portal_link.url": Variable(
        "link",
        "The link to sign in to the portal, good once",
        "https://pay.northlight.example/portal/link/Q7gk2v",
    ),
    "portal_link.minutes": Variable("number", "For how many minutes the link is good", 15),
}
_GUIDE = {
    "contact.name": _OUTWARD["contact.name"],
    "contact.title": Variable("text", "What the person called does", "Accounts payable manager", True),
    "local_time": Variable("text", "Time at the place of the contact", "09:40"),
    "last_contact.on": Variable("date", "Day of the last conversation", date(2026, 5, 12), True),
    "last_contact.note": Variable("lines", "What was noted then; internal", "Waits for the approval of the new PO.", True),
    "promise.amount": _OUTWARD["promise.amount"],
    "promise.due_on": _OUTWARD["promise.due_on"],
    "promise.broken_on": Variable("date", "Day of the last promise that was not kept", date(2026, 5, 19), True),
    "disputed_total": Variable("money", "What is in dispute; not to be asked for", _usd("3300.00")),
    "terms": Variable("text", "The terms of payment", "30 days net"),
}  # fmt: skip
_INTERNAL = {
    "request.title": Variable("text", "What is asked, in one line", "Signed delivery note for INV-20931"),
    "request.text": Variable("lines", "What is asked", "The customer says that pallet 3 never arrived.\nPlease check."),
    "request.reference": Variable("text", "Our reference; the answer keeps it in the subject", "R-204"),
    "request.department": Variable("text", "Department that is asked", "Operations"),
    "request.asked_by": Variable("text", "Who asks", "Dana Whitfield"),
    "request.due_on": Variable("date", "Day by which the answer is needed", date(2026, 5, 28)),
    "bounce.address": Variable("text", "Address that could not be reached", "ap@harbor-finch.example"),
    "bounce.reason": Variable("text", "What the other server said", "550 5.1.1 User unknown"),
    "bounce.subject": Variable("text", "Subject of the message that came back", "Your account with Northlight"),
    "bounce.date": Variable("date", "Day on which it was sent", date(2026, 5, 26)),
    "account_url": Variable("link", "The account in Dunlin", "https://dunlin.example/accounts/C-10442"),
}  # fmt: skip

VARIABLES: Mapping[str, Mapping[str, Variable]] = MappingProxyType({
    "email": _EVERYWHERE | _BOOKS | _OUTWARD | _STATEMENT | _PORTAL,
    "letter": _EVERYWHERE | _BOOKS | _OUTWARD,
    "statement": _EVERYWHERE | _OUTWARD | _STATEMENT | _BOOKS,
    "call_guide": _EVERYWHERE | _BOOKS | _GUIDE,
    "internal": _EVERYWHERE | _BOOKS | _INTERNAL,
})  # fmt: skip

# Inside {% for item in items %} and {% for document in documents %}: the fields of one entry, and their types.
FIELDS: Mapping[str, Mapping[str, Variable]] = MappingProxyType({
    "items": {
        "number": Variable("text", "Document number", "INV-20931"),
        "reference": Variable("text", "Reference of the customer, such as a PO; may be blank", "PO 4500071"),
        "dated_on": Variable("date", "Date of the document", date(2026, 4, 9)),
        "due_on": Variable("date", "Due date", date(2026, 5, 9)),
        "days_past_due": Variable("number", "Days past due; 0 when not due", 17),
        "amount": Variable("money", "What was invoiced", _usd("18200.00")),
        "open": Variable("money", "What is still open of it", _usd("18200.00")),
        "asked": Variable("money", "What is asked for: open less disputed", _usd("18200.00")),
        "disputed": Variable("money", "What is in dispute of it; may be none", _usd("200.00")),
    },
    "documents": {"name": Variable("text", "Name of the file", "INV-20931.pdf")},
})  # fmt: skip

# A filter says what it takes; `default` alone has an argument. Money and dates read well without a filter too.
FILTERS: Mapping[str, tuple[tuple[str, ...], str]] = MappingProxyType({
    "money": (("money",), "The amount in the language of the template, with its currency code"),
    "date": (("date",), "The date in the words of the language"),
    "upper": (("text", "lines"), "In capitals"),
    "lower": (("text", "lines"), "In small letters"),
    "default": (("text", "lines", "money", "date", "number", "link"), 'What stands there when there is no value: default("text")'),
})  # fmt: skip


def examples(kind: str) -> dict[str, Any]:
    """A value for every variable of a kind: what the preview shows without an account."""
    values = {name: variable.example for name, variable in VARIABLES[kind].items()}
    return values | {name: value for name, value in item_values(EXAMPLE_TABLE).items() if name in values}
