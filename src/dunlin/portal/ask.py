"""Ask a question: it lands in the inbox like a mail, and the answer comes by mail."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from dunlin.actions.ask_question import Question, ask_question
from dunlin.portal.access import account_for, items_for
from dunlin.portal.answers import Unclear, act, done, files_in, key_of, numbers_in
from dunlin.portal.problems import sentence_of

_BESIDE = {
    "not_blank": "text", "field_too_long": "text", "files_too_many": "files", "files_too_large": "files", "file_refused": "files",
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """About the account, or about the documents ticked."""
    mine = account_for(request, pk)
    items = items_for(mine, numbers_in(request, "item"))

    def do(typed: Mapping[str, str]) -> str:
        if not typed.get("text"):
            raise Unclear("text", "question_needed")
        subject = typed.get("subject") or request.portal.words("ask_subject")  # type: ignore[attr-defined]
        question = Question(
            mine.contact.pk, request.portal.address, subject, typed["text"],  # type: ignore[attr-defined]
            tuple(item.pk for item in items), tuple(files_in(request, "files")),
        )  # fmt: skip
        ask_question(mine.who, pk, question, key=key_of(typed, mine.contact.pk))
        return done(pk, "asked")

    address = request.portal.address  # type: ignore[attr-defined]
    facts = {"mine": mine, "items": items, "address": address}
    return act(request, "ask.html", facts, do, beside=_BESIDE, sentence_of=sentence_of)
