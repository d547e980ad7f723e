"""Payment terms: the list, and one of them with what it says in words and for an invoice of today (A2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from dunlin.actions.save_terms import save_terms, usable
from dunlin.desk.acts import Unclear, allow, typed_in
from dunlin.desk.answers import show
from dunlin.desk.office import office_act, seeing
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import Item, PaymentTerms
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.terms import Terms, discount_until, in_short, in_words, instalment_plan, terms_of

KINDS = (
    ("net_days", "Days after the invoice date"), ("eom_plus", "Days after the end of the month"),
    ("day_of_month", "A day of the month"), ("prox", "A day of the month, with a cut-off day"),
    ("range_end_plus", "Days after the end of a range of days"), ("instalments", "Instalments"),
    ("unknown", "None: the document states its due date"),
)  # fmt: skip
ROLLS = (
    ("none", "Stays on that day"),
    ("following", "Moves to the next business day"),
    ("preceding", "Moves to the business day before"),
)
# The fields that a kind is made of; whatever else was typed is not kept.
OF_KIND = {
    "net_days": ("days",), "eom_plus": ("days", "months"), "day_of_month": ("due_day", "months"),
    "prox": ("due_day", "months", "cutoff_day"), "range_end_plus": ("ranges", "days"),
    "instalments": ("count", "days", "months"), "unknown": (),
}  # fmt: skip
_WHOLE = {"days": "days", "months": "months", "count": "instalments", "discount_days": "days", "grace_days": "days"}  # fmt: skip
_EXAMPLE = Decimal(1000)  # major units, of the example invoice


@dataclass(frozen=True)
class Example:
    """What terms make of an invoice of today over `whole`: (due date, amount) of each part, and until when the discount is earned."""

    whole: Money
    parts: tuple[tuple[date, Money], ...]
    until: date | None
    discount: Money | None
    problem: str


@require_safe
def terms_list(request: HttpRequest) -> HttpResponse:
    """All terms with what they say, when an invoice of today is due, and who has them. Four queries."""
    seeing(request, "see_settings")
    door = request.door  # type: ignore[attr-defined]
    rows = list(PaymentTerms.objects.annotate(customers=Count("customer")))
    open_ = dict(
        Item.objects.filter(terms__isnull=False, open__gt=0, side=1)
        .values_list("terms")
        .annotate(Count("pk"))
    )
    lines = []
    for row in rows:
        terms = _read(row)
        lines.append((row, in_short(terms), example(terms, door.today, door.policy.home_currency), open_.get(row.pk, 0)))  # fmt: skip
    return show(request, "settings_terms.html", {"lines": lines})


def terms(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One of them, or new ones. htmx gets what is typed in words, with the example."""
    allow(request, "save_terms")
    door = request.door  # type: ignore[attr-defined]
    row = PaymentTerms.objects.filter(pk=pk).first() if pk is not None else None
    if pk is not None and row is None:
        raise Refused("terms_unknown")
    home = door.policy.home_currency
    if request.htmx:  # type: ignore[attr-defined]
        return show(request, "settings/terms_said.html", said(typed_in(request), door.today, home))

    def do(typed: Mapping[str, str]) -> str:
        code = row.code if row else typed.get("code", "")
        rule = rule_in(typed)
        did = save_terms(
            door.who, code, rule, description=typed.get("description", ""), terms_id=pk, key=typed.get("key") or None
        )  # fmt: skip
        what = in_short(terms_of(did.code, rule) or Terms(did.code, "unknown"))
        return f"{did.code}: {what}. It holds for documents from now on; those posted before keep their due dates."

    def facts(typed: Mapping[str, str]) -> Mapping[str, Any]:
        have = Item.objects.filter(terms=row, side=1, open__gt=0).count() if row else 0
        return {
            "row": row, "kinds": KINDS, "rolls": ROLLS, "of_kind": _kinds_of(), "have": have,
            "key": typed.get("key") or uuid4().hex, **said(typed, door.today, home),
        }  # fmt: skip

    return office_act(
        request, "save_terms", "settings_term.html", reverse("terms_list"), do,
        beside={"not_blank": "code", "terms_code_taken": "code", "terms_not_usable": "form"},
        facts=facts, typed=_typed_of(row) if request.method == "GET" else None,
    )  # fmt: skip


def said(typed: Mapping[str, str], today: date, currency: str) -> dict[str, Any]:
    """What the fields mean: in short, in full, by example; or what cannot be read yet."""
    try:
        rule = rule_in(typed)
        usable("these", rule)
    except (Unclear, Refused) as problem:
        return {"short": "", "full": "", "example": None, "unclear": str(problem)}
    terms = terms_of(typed.get("code") or "these", rule) or Terms("these", "unknown")
    return {
        "short": in_short(terms), "full": in_words(terms), "example": example(terms, today, currency), "unclear": "",
    }  # fmt: skip


def example(terms: Terms, today: date, currency: str) -> Example:
    """An invoice of 1,000.00 of today under these terms. One query when they roll."""
    amount = Money.exact(_EXAMPLE, currency)
    try:
        days = instalment_plan(terms, amount, today, calendar(LEDGER) if terms.roll != "none" else None)
    except Refused as refused:
        return Example(amount, (), None, None, str(refused))
    until = discount_until(terms, today)
    discount = amount.times(terms.discount_pct / 100) if until and terms.discount_pct else None
    return Example(amount, tuple(days), until, discount, "")


def rule_in(typed: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the kind chosen, as they are stored. Unclear names the field that cannot be read."""
    kind = typed.get("kind", "net_days")
    if kind not in OF_KIND:
        raise Unclear("kind", "Choose how the due date is found.")
    rule: dict[str, Any] = {"kind": kind}
    wanted = OF_KIND[kind] if kind == "unknown" else (*OF_KIND[kind], "discount_days", "grace_days")
    for name in wanted:
        text = typed.get(name, "").strip()
        if not text:
            continue
        if name in ("due_day", "cutoff_day"):
            rule[name] = _day(name, text)
        elif name == "ranges":
            rule[name] = _ranges(text)
        else:
            rule[name] = _number(name, text)
    if kind == "unknown":
        return rule
    if typed.get("roll", "none") != "none":
        rule["roll"] = typed["roll"]
    if typed.get("discount_pct"):
        rule["discount_pct"] = _percent(typed["discount_pct"])
        if not typed.get("discount_days"):
            raise Unclear("discount_days", "Within how many days must it be paid?")
    return rule


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Unclear(name, f"Write a whole number of {_WHOLE[name]}, such as 30.")
    return int(text)


def _percent(text: str) -> str:
    try:
        found = Decimal(text.replace("%", "").replace(",", ".").strip())
    except InvalidOperation:
        raise Unclear("discount_pct", "Write a percentage such as 2 or 1.5.") from None
    if not found.is_finite() or not 0 <= found <= 100 or found != round(found, 3):
        raise Unclear("discount_pct", "A discount is 0 to 100 per cent, with three digits at most.")
    return f"{found:f}"


def _day(name: str, text: str) -> int | str:
    if text.lower() in ("eom", "end", "last"):
        return "eom"
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:3]) <= 31):
        raise Unclear(name, "Write a day of the month, 1 to 31, or eom for its last.")
    return int(text)


def _ranges(text: str) -> list[list[int | str]]:
    found: list[list[int | str]] = []
    for part in re.split(r"[,;]", text):
        ends = re.fullmatch(r"\s*(\d{1,2})\s*[-–]\s*(\d{1,2}|eom)\s*", part.lower())
        if not ends:
            raise Unclear("ranges", "Write the ranges of days such as 1-15, 16-eom.")
        found.append([_day("ranges", ends[1]), _day("ranges", ends[2])])
    return found


def _kinds_of() -> dict[str, str]:
    """Field → the kinds it belongs to, for the page to show those of the kind chosen."""
    found: dict[str, list[str]] = {}
    for kind, names in OF_KIND.items():
        for name in (*names, *(("early",) if kind != "unknown" else ())):
            found.setdefault(name, []).append(kind)
    return {name: " ".join(kinds) for name, kinds in found.items()}


def _read(row: PaymentTerms) -> Terms:
    try:
        return terms_of(row.code, row.rule) or Terms(row.code, "unknown")
    except (TypeError, ValueError, ArithmeticError):
        return Terms(row.code, "unknown")


def _typed_of(row: PaymentTerms | None) -> dict[str, str]:
    """What the form holds before anything was typed."""
    if row is None:
        return {"kind": "net_days", "days": "30"}
    terms = _read(row)
    typed = {name: str(value) for name, value in row.rule.items() if name != "ranges"}
    ranges = ", ".join(f"{first}-{last}" for first, last in terms.ranges)
    return {"kind": terms.kind, "code": row.code, "description": row.description, **typed, "ranges": ranges}
