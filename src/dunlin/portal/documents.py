"""Documents to take: a statement as of today, invoices and what else may be sent; and a certificate to hand in."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_safe

from dunlin.actions.hand_in import hand_in_certificate
from dunlin.actions.make_statement import hand_out, make_statement
from dunlin.actions.store_file import path_of
from dunlin.formats.attachments import safe_name
from dunlin.portal.access import account_for, document_for
from dunlin.portal.answers import Unclear, act, day_in, done, files_in, show
from dunlin.portal.problems import problem, sentence_of
from dunlin.records.models import Entity, Item
from dunlin.reports.portal_account import PAGE_SIZE, handed_out
from dunlin.rules.codes import Refused

_BESIDE = {
    "files_too_large": "file", "file_refused": "file", "file_has_nothing": "file", "document_without_expiry": "expires_on",
}  # fmt: skip


@require_safe
def documents(request: HttpRequest, pk: int) -> HttpResponse:
    """Newest first."""
    mine = account_for(request, pk)
    open_ = Item.objects.filter(customer=pk, open__gt=0).order_by("entity__name", "currency")
    papers = list(open_.values_list("entity", "entity__name", "currency").distinct())
    text = request.GET.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    found = handed_out(pk).exclude(kind="letter")
    pages = max(1, -(-found.count() // PAGE_SIZE))
    page = max(1, min(page, pages))
    rows = found.select_related("item", "file").order_by("-added_at", "-pk")[
        (page - 1) * PAGE_SIZE : page * PAGE_SIZE
    ]
    facts = {"mine": mine, "papers": papers, "rows": list(rows), "page": page, "pages": pages}
    return show(request, "documents.html", facts)


@require_safe
def document(request: HttpRequest, pk: int, document: int) -> HttpResponseBase:
    """The file, as a download."""
    mine = account_for(request, pk)
    document_for(mine, document)
    row = hand_out(mine.who, document, pk)
    path = path_of(row.file)
    if not path.is_file():
        return problem(request, 404)
    answer = FileResponse(
        path.open("rb"), as_attachment=True, filename=safe_name(row.file_name), content_type=row.file.type
    )
    return _guarded(answer)


@require_safe
def statement(request: HttpRequest, pk: int, entity: int, currency: str) -> HttpResponseBase:
    """The statement as of today, of one of our companies and one currency."""
    mine = account_for(request, pk)
    if not Entity.objects.filter(pk=entity).exists():
        raise Refused("document_unknown", document="statement")
    made = make_statement(mine.who, pk, entity, currency, request.portal.words.tag)  # type: ignore[attr-defined]
    answer = HttpResponse(made.content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return _guarded(answer)


@require_http_methods(["GET", "HEAD", "POST"])
def certificate(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand in a tax-exempt certificate with its last day."""
    mine = account_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        files = files_in(request, "file")
        if not files:
            raise Unclear("file", "file_needed")
        expires_on = day_in(typed, "expires_on")
        if expires_on < request.portal.today:  # type: ignore[attr-defined]
            raise Unclear("expires_on", "expired_already")
        hand_in_certificate(
            mine.who, pk, files[0], expires_on, typed.get("jurisdiction", ""), mine.contact.name
        )
        return done(pk, "certificate")

    facts = {"mine": mine, "first": request.portal.today}  # type: ignore[attr-defined]
    return act(request, "certificate.html", facts, do, beside=_BESIDE, sentence_of=sentence_of)


def _guarded(answer: HttpResponseBase) -> HttpResponseBase:
    """Never shown within the page, never guessed at, never kept by anything between."""
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
