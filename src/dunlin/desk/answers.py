"""How a staff view answers: a page, or only its live part; and a sentence after something was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import engines
from django_htmx.http import HttpResponseClientRedirect

from dunlin.desk.pages import context


def show(
    request: HttpRequest, page: str, facts: Mapping[str, Any], part: str = "", status: int = 200
) -> HttpResponse:
    """The page; when htmx asks, only its block `part` followed by toasts. One view, one address, both answers."""
    htmx = request.htmx  # type: ignore[attr-defined]
    if part and htmx and not htmx.boosted and not htmx.history_restore_request:
        text = _part(request, page, facts, part)
    else:
        text = engines["jinja2"].get_template(page).render(dict(facts), request)
    answer = HttpResponse(text, status=status)
    # The same address answers differently to htmx; a cache that mixed them would show half a page.
    answer["Vary"] = "HX-Request, Cookie"
    answer["Cache-Control"] = "no-store"
    return answer


def _part(request: HttpRequest, page: str, facts: Mapping[str, Any], part: str) -> str:
    template = engines["jinja2"].get_template(page).template  # type: ignore[attr-defined]
    values = {**context(request), **facts}
    bound = template.new_context(values)
    try:
        block = template.blocks[part]
    except KeyError:
        raise LookupError(f"{page} has no block {part!r}") from None
    body = "".join(block(bound))
    if values["toasts"]:
        body += str(template.environment.globals["ui"].late_toasts(values["toasts"], values["csrf"]))
    return body


def done(request: HttpRequest, sentence: str, to: str, *, undo: str = "", link: str = "") -> HttpResponse:
    """Say what happened, with an undo and a link to the record where there is one, and go to `to`."""
    extra = " ".join(f"{name}={value}" for name, value in (("undo", undo), ("link", link)) if value)
    messages.success(request, sentence, extra_tags=extra)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(to)
    return redirect(to)
