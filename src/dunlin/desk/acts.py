"""How every form of the desk acts: what was typed stays, a refusal stands beside its field, and a sentence says what happened.

A form is one address. GET shows it, POST does it; without JavaScript it is a page, on the account page it is a dialog.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from dunlin.desk.answers import done, show
from dunlin.desk.doors import Standing
from dunlin.records.models import Customer
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money, NotMoney
from dunlin.rules.plain_words import understand_day

_OF_ONE = {
    "see_team": "the team", "see_own_customers": "accounts", "see_all_customers": "all accounts", "see_diary": "the diary",
    "order_worklist": "the worklist", "change_calendar": "the calendar", "add_follow_up": "a follow-up",
    "finish_follow_up": "a follow-up", "run_daily": "the day",
}  # fmt: skip


class Unclear(Exception):
    """A field cannot be read; `problem` stands beside it."""

    def __init__(self, field: str, problem: str) -> None:
        self.field, self.problem = field, problem
        super().__init__(problem)


def act(
    request: HttpRequest,
    customer: Customer,
    verb: str,
    page: str,
    do: Callable[[Mapping[str, str]], str],
    *,
    beside: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show or do one act about a customer. `do` gets what was typed and returns the sentence that says what happened.

    `beside` names the field a refusal belongs to; any other stands above the form. A role that may not is refused before
    it sees the form.
    """
    allow(request, verb)
    typed = typed_in(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            sentence = do(typed)
        except Unclear as unclear:
            errors[unclear.field] = unclear.problem
        except Refused as refused:
            if refused.code.endswith("_unknown") and refused.code not in (beside or {}):
                raise
            errors[(beside or {}).get(refused.code, "form")] = str(refused)
        else:
            return done(request, sentence, back_to(request, customer))
    whole = {
        "customer": customer,
        "typed": typed,
        "errors": errors,
        "back": typed.get("back", ""),
        "page": page,
        **(facts or {}),
    }
    return show(request, "act.html", whole, status=422 if errors else 200)


def allow(request: HttpRequest, verb: str) -> None:
    """Refused: not_permitted when the role may not do `verb`, past_is_read_only while a past day is shown."""
    door: Standing = request.door  # type: ignore[attr-defined]
    if door.may(verb):
        return
    if door.in_past:
        raise Refused("past_is_read_only", as_of=door.as_of.isoformat())
    who = door.who
    raise Refused("not_permitted", who=who.name, role=who.role.replace("_", " "), verb=in_english(verb))


def in_english(verb: str) -> str:
    """A verb as a sentence has it: log_call → log a call, see_team → see the team, see_measures → see measures."""
    first, _, what = verb.partition("_")
    if verb in _OF_ONE or not what:
        return f"{first} {_OF_ONE.get(verb, '')}".strip()
    words = what.replace("_", " ")
    article = "" if words.endswith("s") else "an " if words[0] in "aeiou" else "a "
    return f"{first} {article}{words}"


def typed_in(request: HttpRequest) -> dict[str, str]:
    """What was typed, or what the address says beforehand."""
    given = request.POST if request.method == "POST" else request.GET
    return {name: given.get(name, "").strip() for name in given if name != "csrfmiddlewaretoken"}


def day_in(typed: Mapping[str, str], field: str, today: date, otherwise: date | None = None) -> date | None:
    """The day typed in `field` ("fri", "30/6", 2026-06-30); `otherwise` when it is empty. Unclear when it cannot be read."""
    text = typed.get(field, "")
    if not text:
        return otherwise
    found, problem = understand_day(text, today)
    if found is None:
        raise Unclear(field, problem)
    return found


def needed(typed: Mapping[str, str], field: str, problem: str) -> str:
    """What was typed in `field`; Unclear with `problem` when nothing was."""
    if not typed.get(field, ""):
        raise Unclear(field, problem)
    return typed[field]


def money_in(typed: Mapping[str, str], field: str, currency: str) -> Money | None:
    """The amount typed in `field` ("1,200.50"), None when it is empty. Unclear when it cannot be read."""
    text = typed.get(field, "").replace(",", "").replace(" ", "")
    if not text:
        return None
    try:
        return Money.exact(text, currency)
    except NotMoney as problem:
        raise Unclear(field, f"{problem}.") from None


def numbers_in(request: HttpRequest, name: str) -> tuple[int, ...]:
    """Ids given several times under one name; what is no number is left out."""
    given = request.POST if request.method == "POST" else request.GET
    return tuple(
        int(text) for text in given.getlist(name) if text.isascii() and text.isdigit() and len(text) < 12
    )


def back_to(request: HttpRequest, customer: Customer) -> str:
    """Where the act was asked from: an address of ours, `today`, or the account."""
    wanted = request.POST.get("back", "") or request.GET.get("back", "")
    if wanted == "today":
        return reverse("today") + f"#row-{customer.pk}"
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        return wanted
    return reverse("account", args=[customer.pk])


def address(name: str, /, *args: Any, **query: Any) -> str:
    """An address with a query; empty values are left out."""
    kept = {key: value for key, value in query.items() if value not in (None, "")}
    return reverse(name, args=args) + (f"?{urlencode(kept, doseq=True)}" if kept else "")
