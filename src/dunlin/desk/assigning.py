"""Who gets which customers: the portfolio rules with a preview of what they move, and assignment by hand with a reason (B1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dunlin.actions.assign_customers import assign_by_hand, assign_by_rules, set_portfolio_rule
from dunlin.actions.preview_portfolios import PortfoliosPreviewed, preview_portfolios
from dunlin.desk.acts import Unclear, address, allow, needed, numbers_in, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.office import number_in
from dunlin.desk.tables import Head, pages_of, sort_of
from dunlin.desk.team import people
from dunlin.records.models import Customer, Entity, PortfolioRule, User
from dunlin.reports import accounts as report
from dunlin.reports.filters import NOBODY, Filters
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money, NotMoney

CLASSES = (("standard", "Standard"), ("mrr", "Monthly recurring"), ("final", "Final"))
_TEXTS = ("number_from", "number_to", "name_from", "name_to")
_LISTS = ("countries", "segments", "entities")


@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """The rules in the order they are asked. POST tries them on the whole book, or assigns by them."""
    allow(request, "assign_customers")
    door = request.door  # type: ignore[attr-defined]
    tried: PortfoliosPreviewed | None = None
    if request.method == "POST":
        if request.POST.get("do") == "apply":
            did = assign_by_rules(door.who)
            words = f"{did.changed:,} customers changed hands; {did.unassigned:,} have nobody. Today’s lists stay."
            return done(request, words, reverse("team_rules"))
        tried = preview_portfolios(door.who)
    home = door.policy.home_currency
    rows = [
        {"rule": rule, "words": in_words(rule.criteria, home)}
        for rule in PortfolioRule.objects.select_related("collector").order_by("-active", "-priority", "pk")
    ]
    return show(request, "team_rules.html", {"rows": rows, "tried": tried, "names": _names()})


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add or change a rule: try it first, save it, or save it and assign by all rules at once."""
    allow(request, "assign_customers")
    door = request.door  # type: ignore[attr-defined]
    home = door.policy.home_currency
    row = PortfolioRule.objects.filter(pk=pk).first() if pk is not None else None
    if pk is not None and row is None:
        raise Refused("portfolio_rule_unknown", rule=pk)
    typed = typed_in(request) if request.method == "POST" else _typed_of(row, home)
    classes = (
        request.POST.getlist("invoice_classes")
        if request.method == "POST"
        else (row.criteria if row else {}).get("invoice_classes", ())
    )
    errors: dict[str, str] = {}
    tried: PortfoliosPreviewed | None = None
    if request.method == "POST":
        try:
            wanted = {**_rule_in(typed, classes, home), "rule_id": pk}
            if typed.get("do") not in ("save", "apply"):
                tried = preview_portfolios(door.who, wanted)
            else:
                return done(request, _saved(door.who, wanted, typed["do"] == "apply"), reverse("team_rules"))
        except Unclear as unclear:
            errors[unclear.field] = unclear.problem
        except Refused as refused:
            beside = {"not_blank": "name", "user_unknown": "collector", "user_is_inactive": "collector"}
            errors[beside.get(refused.code, "form")] = str(refused)
    facts = {
        "row": row, "typed": typed, "chosen": list(classes), "errors": errors, "tried": tried, "names": _names(), "people": people(),
        "classes": CLASSES, "home": home, **_offered(),
    }  # fmt: skip
    return show(request, "team_rule.html", facts, status=422 if errors else 200)


def _saved(who: Any, wanted: Mapping[str, Any], apply: bool) -> str:
    set_portfolio_rule(who, **wanted)
    if not apply:
        return f"Saved: {wanted['name']}. It takes effect when customers are assigned by the rules, at night or now."
    did = assign_by_rules(who)
    return (
        f"Saved: {wanted['name']}. {did.changed:,} customers changed hands; {did.unassigned:,} have nobody."
    )


def _rule_in(typed: Mapping[str, str], classes: list[str], home: str) -> dict[str, Any]:
    criteria: dict[str, Any] = {}
    for name in _LISTS:
        values = [each.strip() for each in typed.get(name, "").split(",") if each.strip()]
        if values:
            criteria[name] = [value.upper() for value in values] if name == "countries" else values
    criteria |= {name: typed[name] for name in _TEXTS if typed.get(name)}
    known = [name for name, _ in CLASSES if name in classes]
    if known:
        criteria["invoice_classes"] = known
    for name in ("balance_from", "balance_to"):
        if typed.get(name):
            try:
                criteria[name] = Money.exact(typed[name].replace(",", "").replace(" ", ""), home).minor
            except NotMoney as problem:
                raise Unclear(name, f"{problem}. Write an amount such as 50,000.00.") from None
    if (
        "balance_from" in criteria
        and "balance_to" in criteria
        and criteria["balance_from"] > criteria["balance_to"]
    ):
        raise Unclear("balance_to", "This is below the lower end.")
    text = typed.get("priority", "") or "0"
    if not text.lstrip("-").isdecimal() or not -1_000_000 < int(text) < 1_000_000:
        raise Unclear("priority", "A whole number, such as 10; the highest is asked first.")
    return {
        "name": needed(typed, "name", "Give the rule a name."), "criteria": criteria, "priority": int(text),
        "collector_id": number_in(typed, "collector", "Who gets these customers?"), "active": typed.get("active") == "1",
    }  # fmt: skip


def _typed_of(row: PortfolioRule | None, home: str) -> dict[str, str]:
    if row is None:
        return {"active": "1", "priority": "10"}
    held = row.criteria
    typed = {name: str(held.get(name, "")) for name in _TEXTS} | {
        name: ", ".join(held.get(name, ())) for name in _LISTS
    }
    typed |= {
        name: Money(held[name], home).plain
        for name in ("balance_from", "balance_to")
        if held.get(name) is not None
    }
    return {
        **typed, "name": row.name, "priority": str(row.priority), "collector": str(row.collector_id),
        "active": "1" if row.active else "",
    }  # fmt: skip


def in_words(criteria: Mapping[str, Any], home: str) -> str:
    """What a rule takes, in words; empty criteria take everyone."""
    told = []
    for name, words in (
        ("countries", "in"),
        ("segments", "segment"),
        ("entities", "owing"),
        ("invoice_classes", "with invoices"),
    ):
        if criteria.get(name):
            told.append(f"{words} {', '.join(criteria[name])}")
    for what in ("number", "name"):
        first, last = criteria.get(f"{what}_from", ""), criteria.get(f"{what}_to", "")
        if first or last:
            told.append(f"{what} {first or 'the first'} to {last or 'the last'}")
    low, high = criteria.get("balance_from"), criteria.get("balance_to")
    if low is not None:
        told.append(f"owing {Money(low, home)} or more")
    if high is not None:
        told.append(f"owing {Money(high, home)} or less")
    return "; ".join(told) or "everyone"


def _offered() -> dict[str, list[str]]:
    """Values there are, to choose from while typing. Two queries."""
    pairs = Customer.objects.order_by().values_list("country", "segment").distinct()
    countries, segments = zip(*pairs) if pairs else ((), ())
    return {
        "countries": sorted({each for each in countries if each}), "segments": sorted({each for each in segments if each}),
        "entities": list(Entity.objects.values_list("code", flat=True)),
    }  # fmt: skip


def _names() -> dict[int | None, str]:
    return {None: "Nobody", **{user.pk: user.name for user in User.objects.all()}}


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest) -> HttpResponse:
    """Choose customers and give them to somebody, with a reason."""
    allow(request, "assign_customers")
    door = request.door  # type: ignore[attr-defined]
    given = {
        "owner": request.GET.get("owner", ""),
        "search": " ".join(request.GET.get("name", "").split())[:100],
    }
    owner = (
        NOBODY
        if given["owner"] == "none"
        else int(given["owner"])
        if given["owner"].isdecimal() and len(given["owner"]) < 10
        else None
    )
    asked: dict[str, Any] = {
        "only": Filters(collector=owner),
        "search": given["search"],
        "state": request.GET.get("state", ""),
    }
    asked["state"] = "open" if asked["state"] == "open" else ""
    sort = sort_of(request, report.SORTS, "-past_due")
    typed, errors = typed_in(request) if request.method == "POST" else {}, {}
    chosen = set(numbers_in(request, "customer"))
    if request.method == "POST":
        if typed.get("every") == "1":
            chosen = {
                row.id
                for row in report.every_account(door.today, door.today, door.policy, sort=sort, **asked)
            }
        try:
            to = typed.get("to", "")
            collector = None if to == "rules" else number_in(typed, "to", "To whom?")
            reason = needed(typed, "reason", "Say why; it stands in the diary of each account.")
            if not chosen:
                raise Unclear("customer", "Choose at least one customer.")
            did = assign_by_hand(door.who, sorted(chosen), collector, reason)
        except Unclear as unclear:
            errors[unclear.field] = unclear.problem
        except Refused as refused:
            if refused.code not in ("user_unknown", "user_is_inactive"):
                raise
            errors["to"] = str(refused)
        else:
            words = f"{did.changed:,} of {len(chosen):,} customers changed hands. Today’s lists stay; the next night deals them anew."
            return done(request, words, address("team_assign", owner=given["owner"]))
    number = pages_of(request, 10**9).number
    found = report.accounts(door.today, door.today, door.policy, page=number, sort=sort, **asked)
    facts = {
        "found": found, "pages": pages_of(request, found.count), "sort": sort, "given": {**given, "state": asked["state"]},
        "typed": typed, "errors": errors, "chosen": chosen, "people": people(), "owners": [("none", "Nobody"), *people()],
        "heads": [
            Head("Chosen", unseen=True), Head("Customer", sort="name"), Head("Collector"), Head("Country"), Head("Segment"),
            Head("Currency"), Head("Past due", sort="past_due", number=True), Head("Balance", sort="net", number=True),
        ],
    }  # fmt: skip
    return show(request, "team_assign.html", facts, part="results", status=422 if errors else 200)
