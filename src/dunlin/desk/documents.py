"""Documents: an account's files, what waits for approval, what ends soon; and the one address files are downloaded at (A5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from dunlin.actions.keep_documents import (
    DOCUMENT_BYTES_MAX,
    DocumentAsked,
    add_document,
    approve_document,
    withdraw_document,
)
from dunlin.actions.store_file import path_of
from dunlin.desk.access import customer_for, document_for, in_sight
from dunlin.desk.acts import Unclear, act, allow, needed
from dunlin.desk.answers import show
from dunlin.desk.office import any_day_in, seeing
from dunlin.desk.tables import pages_of
from dunlin.formats.attachments import safe_name
from dunlin.records.documents import DOCUMENT_KINDS, EXPIRES, NEEDS_APPROVAL
from dunlin.records.models import Customer, Document, Item, StoredFile
from dunlin.rules.codes import Refused

KINDS = tuple(
    (kind, "ECO" if kind == "eco" else kind.replace("_", " ").capitalize()) for kind in DOCUMENT_KINDS
)
_WORDS = dict(KINDS)
_TABS = (("approve", "To approve"), ("ending", "Ending soon"), ("ended", "Ended"), ("all", "All"))


@require_safe
def documents(request: HttpRequest) -> HttpResponse:
    """Across the accounts in sight: what waits for approval, certificates and contracts that end or ended."""
    seeing(request, "see_own_customers")
    door = request.door  # type: ignore[attr-defined]
    tab = request.GET.get("tab", "approve")
    tab = tab if tab in dict(_TABS) else "approve"
    found = _of_tab(tab, request).filter(in_sight(door, "customer"))
    words = request.GET.get("q", "").strip()
    if words:
        found = found.filter(
            Q(title__icontains=words) | Q(customer__name__icontains=words) | Q(customer__number=words)
        )
    pages = pages_of(request, found.count())
    rows = list(
        found.select_related("customer", "file", "item", "added_by")[pages.offset : pages.offset + pages.size]
    )
    facts = {
        "rows": rows,
        "pages": pages,
        "tab": tab,
        "tabs": _TABS,
        "words": words,
        "kinds": _WORDS,
        "needs": NEEDS_APPROVAL,
    }
    return show(request, "sending/documents.html", facts, part="results")


def _of_tab(tab: str, request: HttpRequest) -> QuerySet[Document]:
    door = request.door  # type: ignore[attr-defined]
    there = Document.objects.filter(withdrawn_at=None)
    if tab == "approve":
        return there.filter(kind__in=NEEDS_APPROVAL, approved_at=None).order_by("added_at", "pk")
    if tab == "ending":
        soon = door.today + timedelta(days=door.policy.document_expiry_warning_days)
        return there.filter(expires_on__gte=door.today, expires_on__lte=soon).order_by("expires_on", "pk")
    if tab == "ended":
        return there.filter(expires_on__lt=door.today).order_by("-expires_on", "pk")
    return there.order_by("-added_at", "-pk")


@require_safe
def of_account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account's documents, those withdrawn at the end."""
    seeing(request, "see_own_customers")
    customer = customer_for(request, pk)
    found = Document.objects.filter(customer=pk)
    kind = request.GET.get("kind", "")
    if kind in DOCUMENT_KINDS:
        found = found.filter(kind=kind)
    pages = pages_of(request, found.count())
    rows = list(
        found.order_by("withdrawn_at", "-added_at", "-pk").select_related(
            "file", "item", "added_by", "approved_by"
        )[pages.offset : pages.offset + pages.size]
    )
    facts = {
        "customer": customer,
        "rows": rows,
        "pages": pages,
        "kind": kind,
        "kinds": KINDS,
        "words": _WORDS,
        "needs": NEEDS_APPROVAL,
    }
    return show(request, "sending/account_documents.html", facts, part="results")


def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a file into the account's store."""
    customer = customer_for(request, pk)
    items = Item.objects.filter(customer=pk).exclude(number="").order_by("-document_on", "-pk")[:200]

    def do(typed: Mapping[str, str]) -> str:
        door = request.door  # type: ignore[attr-defined]
        sent = request.FILES.get("file")
        if sent is None or not sent.name:
            raise Unclear("file", "Choose a file.")
        if sent.size and sent.size > DOCUMENT_BYTES_MAX:
            raise Unclear("file", f"It has {sent.size >> 20} MB; {DOCUMENT_BYTES_MAX >> 20} MB is the most.")
        asked = DocumentAsked(
            needed(typed, "kind", "Say what it is."),
            typed.get("title", ""),
            _item_in(typed, customer),
            any_day_in(typed, "expires_on", door.today),
            typed.get("jurisdiction", ""),
        )
        row = add_document(door.who, pk, sent.name, sent.read(), asked)
        waits = " It waits for approval before it can be sent." if not row.may_be_sent else ""
        return f"{row.title} is kept.{waits}"

    beside = {
        "file_refused": "file", "file_has_nothing": "file", "files_too_large": "file", "document_kind_unknown": "kind",
        "document_without_expiry": "expires_on", "item_unknown": "item",
    }  # fmt: skip
    facts = {"kinds": KINDS, "items": items, "limit": DOCUMENT_BYTES_MAX >> 20, "expires": EXPIRES}
    return act(request, customer, "add_document", "document", do, beside=beside, facts=facts)


def _item_in(typed: Mapping[str, str], customer: Customer) -> int | None:
    text = typed.get("item", "")
    if not text:
        return None
    found = Item.objects.filter(customer=customer, number=text).order_by("pk").first()
    if found is None:
        raise Unclear("item", f"{customer.name} has no document {text}.")
    return found.pk


@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve one for sending."""
    document = document_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        approve_document(request.door.who, pk)  # type: ignore[attr-defined]
        return f"{document.title} may be sent to {document.customer.name}."

    return act(
        request,
        document.customer,
        "approve_document",
        "approve_document",
        do,
        facts={"document": document, "words": _WORDS},
    )


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """No longer offer one."""
    document = document_for(request, pk)

    def do(typed: Mapping[str, str]) -> str:
        withdraw_document(request.door.who, pk, needed(typed, "why", "Say why."))  # type: ignore[attr-defined]
        return f"{document.title} is no longer offered; it stays on record."

    return act(
        request, document.customer, "withdraw_document", "withdraw_document", do, facts={"document": document}
    )


@require_safe
def download(request: HttpRequest, pk: int) -> FileResponse:
    """The file of a document of a customer in sight."""
    allow(request, "see_own_customers")
    document = document_for(request, pk)
    return handed_out(document.file, document.file_name)


def handed_out(stored: StoredFile, name: str) -> FileResponse:
    """A stored file as a download: never shown within the page, never guessed at. Refused: file_refused for one that may not be
    opened."""
    if stored.refused:
        raise Refused("file_refused", file=safe_name(name), why="it may run when it is opened.")
    path = path_of(stored)
    if not path.is_file():
        raise Refused("file_unknown", file=name)
    answer = FileResponse(
        path.open("rb"), as_attachment=True, filename=safe_name(name), content_type=stored.type
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer
