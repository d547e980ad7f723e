"""A customer's statement against our account: a file is read, its columns are guessed, nothing of it is kept or posted (P27)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from dunlin.desk.access import customer_for
from dunlin.desk.acts import allow, typed_in
from dunlin.desk.answers import show
from dunlin.desk.doors import Standing
from dunlin.formats.customer_statement import FIELDS, Statement, read_statement
from dunlin.formats.problems import TableProblem
from dunlin.records.models import Customer, Item
from dunlin.reports.reconciliation import statement_entries
from dunlin.rules.reconciliation.statement import KINDS, Comparison, Row, compare

FILE_BYTES_MAX = 10 << 20
LOOKS = {
    "differs": "warn",
    "not_here": "warn",
    "paid_not_here": "bad",
    "closed_here": "info",
    "not_there": "",
    "matched": "good",
}
FIELD_WORDS = {"number": "Document number", "amount": "Open amount", "on": "Date"}
_SHOWN_MOST = 300


@require_http_methods(["GET", "HEAD", "POST"])
def customer_statement(request: HttpRequest, pk: int) -> HttpResponse:
    """The form; a POST reads the file and shows the comparison. Nothing is changed by either."""
    allow(request, "apply_fixes")
    customer = customer_for(request, pk)
    door: Standing = request.door  # type: ignore[attr-defined]
    typed = typed_in(request)
    currencies = _currencies(customer)
    currency = typed.get("currency", "")
    currency = currency if currency in currencies else currencies[0]
    facts: dict[str, Any] = {
        "customer": customer, "typed": typed, "currencies": [(each, each) for each in currencies], "currency": currency,
        "problem": "", "read": None, "told": None, "kinds": KINDS, "looks": LOOKS, "fields": FIELD_WORDS,
        "limit": FILE_BYTES_MAX >> 20, "most": _SHOWN_MOST,
    }  # fmt: skip
    if request.method == "POST":
        read, facts["problem"] = _read(request, currency, {field: typed.get(field, "") for field in FIELDS})
        facts["read"] = read
        facts["columns"] = [(column, column) for column in read.header] if read else []
        if read is not None and not read.usable:
            facts["problem"] = (
                "Which columns hold the document number and the amount? Choose them and send the file again."
            )
        elif read is not None:
            facts["told"] = _compared(customer, read, currency, door)
    return show(request, "reconcile/statement.html", facts, status=422 if facts["problem"] else 200)


def _currencies(customer: Customer) -> list[str]:
    found = set(
        Item.objects.filter(customer=customer).values_list("currency", flat=True).distinct().order_by()
    )
    return [customer.currency, *sorted(found - {customer.currency})]


def _read(request: HttpRequest, currency: str, chosen: dict[str, str]) -> tuple[Statement | None, str]:
    """What was read, or why it was not."""
    sent = request.FILES.get("file")
    if sent is None or not sent.name:
        return None, "Choose the file of the customer’s statement: CSV, Excel or OpenDocument."
    if (sent.size or 0) > FILE_BYTES_MAX:
        return None, f"{sent.name} is larger than {FILE_BYTES_MAX >> 20} MB."
    try:
        return read_statement(sent.read(), sent.name, currency, chosen), ""
    except TableProblem as problem:
        return None, f"{sent.name} cannot be read: {problem.detail}"


def _compared(customer: Customer, read: Statement, currency: str, door: Standing) -> Comparison:
    rows = [Row(row.line, row.number, row.amount, row.on) for row in read.rows]
    days = [row.on for row in rows if row.on is not None]
    back = door.today - timedelta(door.policy.reconcile_days_back)
    entries = statement_entries(customer.pk, currency, min([back, *days]))
    return compare(rows, entries, currency)
