"""How the portal answers: a page with its words, what was typed kept, refusals beside their field."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse

from dunlin.actions.keep_documents import DOCUMENT_BYTES_MAX
from dunlin.actions.write_message import UploadedFile
from dunlin.formats.problems import Unreadable
from dunlin.formats.values import parse_amount
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

IDS_MAX = 500
_UNTYPED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Unclear(Exception):
    """A field cannot be read: `word` names the sentence that stands beside it."""

    def __init__(self, field: str, word: str, **values: Any) -> None:
        self.field, self.word, self.values = field, word, values
        super().__init__(word)


def show(
    request: HttpRequest, page: str, facts: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """A page of the portal."""
    return HttpResponse(render_to_string(page, dict(facts or {}), request, using="portal"), status=status)


def act(
    request: HttpRequest,
    page: str,
    facts: Mapping[str, Any],
    do: Callable[[Mapping[str, str]], str],
    *,
    beside: Mapping[str, str],
    sentence_of: Callable[[HttpRequest, Refused], str],
    typed: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Show a form or do it. `do` answers where to go on; `beside` says at which field a refusal stands, others stand above the form."""
    words = request.portal.words  # type: ignore[attr-defined]
    errors: dict[str, str] = {}
    given = _typed_in(request) if request.method == "POST" else dict(typed or {})
    if request.method == "POST":
        try:
            return redirect(do(given))
        except Unclear as unclear:
            errors[unclear.field] = words(unclear.word, **unclear.values)
        except Refused as refused:
            if refused.code.endswith("_unknown"):
                raise
            errors[beside.get(refused.code, "")] = sentence_of(request, refused)
    given.setdefault("key", uuid.uuid4().hex)
    return show(request, page, {**facts, "typed": given, "errors": errors}, status=422 if errors else 200)


def _typed_in(request: HttpRequest) -> dict[str, str]:
    """What was typed, without the marks no keyboard writes: a database may refuse them, and they hide what stands there."""
    return {name: _UNTYPED.sub("", request.POST.get(name, "")).strip() for name in request.POST}


def done(pk: int, what: str) -> str:
    """Where a form leads: the account, with the sentence that says what happened."""
    return f"{reverse('portal_account', args=[pk])}?done={what}"


def key_of(typed: Mapping[str, str], contact_id: int) -> str | None:
    """The form's own key, so that one sent twice is done once; of nobody else's form."""
    key = typed.get("key", "")
    return f"portal:{contact_id}:{key}"[:80] if key.isalnum() and len(key) <= 40 else None


def numbers_in(request: HttpRequest, name: str) -> list[int]:
    """The ids of a query or form, each once; what is no number is left out."""
    given = request.POST if request.method == "POST" else request.GET
    found = [
        int(each) for each in given.getlist(name) if each.isascii() and each.isdigit() and len(each) < 19
    ]
    return list(dict.fromkeys(found))[:IDS_MAX]


def day_in(typed: Mapping[str, str], field: str) -> date:
    """A day as a date field gives it. Unclear when it is missing or none."""
    try:
        return date.fromisoformat(typed.get(field, ""))
    except ValueError:
        raise Unclear(field, "day_needed") from None


def money_in(request: HttpRequest, text: str, field: str, currency: str) -> Money | None:
    """An amount as the customer's language writes it; None when the field is empty. Unclear when it cannot be read."""
    if not text.strip():
        return None
    comma = request.portal.words.paper.point == ","  # type: ignore[attr-defined]
    try:
        return parse_amount(text.strip()[:40], _comma_in(text, comma), currency)
    except Unreadable:
        raise Unclear(field, "amount_unreadable") from None


def _comma_in(text: str, comma: bool) -> bool:
    """Which mark divides the decimals: the last one, when both or two digits behind it say so; else the language's."""
    last = max(text.rfind(","), text.rfind("."))
    if last < 0:
        return comma
    mark, other = text[last], "." if text[last] == "," else ","
    if other in text or len(text.strip()) - last - 1 in (1, 2):
        return mark == ","
    return comma


def files_in(request: HttpRequest, field: str) -> list[UploadedFile]:
    """The files of a form. Unclear for one that is too large; what is in it is judged by the action."""
    found = []
    for sent in request.FILES.getlist(field):
        if not sent.name:
            continue
        if sent.size is not None and sent.size > DOCUMENT_BYTES_MAX:
            raise Unclear(field, "file_too_large", limit=DOCUMENT_BYTES_MAX >> 20)
        found.append(UploadedFile(sent.name, sent.content_type or "", sent.read()))
    return found


def shortened(rows: Sequence[Any], most: int) -> tuple[Sequence[Any], bool]:
    """The first rows, and whether there are more."""
    return rows[:most], len(rows) > most
