"""How the forms of Team and Settings act: what was typed stays, a refusal stands beside its field, a sentence says the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse

from dunlin.desk.acts import Unclear, allow, day_in, typed_in
from dunlin.desk.answers import done, show
from dunlin.rules.codes import Refused
from dunlin.rules.roles import may


def office_act(
    request: HttpRequest,
    verb: str,
    page: str,
    to: str,
    do: Callable[[Mapping[str, str]], str],
    *,
    beside: Mapping[str, str] | None = None,
    facts: Callable[[Mapping[str, str]], Mapping[str, Any]] | None = None,
    typed: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Show `page` or do what its form asks. `do` gets what was typed and returns the sentence that says what happened; then
    the person is led to `to`. `beside` names the field of a refusal (any other stands above the form), `facts` what the page
    shows besides, `typed` what the form holds before anything was typed."""
    allow(request, verb)
    given = {**(typed or {}), **typed_in(request)}
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            sentence = do(given)
        except Unclear as unclear:
            errors[unclear.field] = unclear.problem
        except Refused as refused:
            where = (beside or {}).get(refused.code)
            if where is None and refused.code.endswith("_unknown"):
                raise
            errors[where or "form"] = str(refused)
        else:
            return done(request, sentence, to)
    whole = {"typed": given, "errors": errors, **(facts(given) if facts else {})}
    return show(request, page, whole, status=422 if errors else 200)


def seeing(request: HttpRequest, verb: str) -> None:
    """Refused: not_permitted unless the role may do `verb`. Unlike `allow` also while a past day is shown: looking changes nothing."""
    who = request.door.who  # type: ignore[attr-defined]
    if not may(who.role, verb):
        raise Refused(
            "not_permitted", who=who.name, role=who.role.replace("_", " "), verb=verb.replace("_", " ")
        )


def any_day_in(
    typed: Mapping[str, str], field: str, today: date, otherwise: date | None = None
) -> date | None:
    """The day typed in `field`, also one that is over; `otherwise` when it is empty. Unclear when it cannot be read."""
    try:
        return date.fromisoformat(typed.get(field, ""))
    except ValueError:
        return day_in(typed, field, today, otherwise)


def number_in(typed: Mapping[str, str], field: str, problem: str) -> int:
    """The id chosen in `field`; Unclear with `problem` when none was."""
    text = typed.get(field, "")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Unclear(field, problem)
    return int(text)
