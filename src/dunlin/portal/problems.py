"""What a customer sees when something cannot be done, does not exist or broke: their words, and a way on. Never ours."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dunlin.portal.answers import show
from dunlin.portal.words import Words, language_of, words_in
from dunlin.rules.codes import Refused

_TITLES = {400: "problem_400", 403: "problem_403", 404: "problem_404", 413: "problem_413", 500: "problem_500"}


def problem(request: HttpRequest, status: int, sentence: str = "") -> HttpResponse:
    """A page of its own. It stands when the door did not come to do its part: no database is asked."""
    words = _words(request)
    name = _TITLES.get(status, "problem_400")
    facts = {"title": words(f"{name}_title"), "sentence": sentence or words(name), "plain_words": words}
    return show(request, "problem.html", facts, status=status)


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """What is not there and what is somebody else's are answered alike."""
    if refused.code.endswith("_unknown") or refused.code in ("contact_of_other_customer",):
        return problem(request, 404)
    return problem(request, 422, sentence_of(request, refused))


def sentence_of(request: HttpRequest, refused: Refused) -> str:
    """A refusal in the customer's words; one that has none here says that it could not be done, and never what our books say."""
    words = _words(request)
    name = f"refused_{refused.code}"
    return words(name) if name in words.known else words("refused")


def not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    return problem(request, 404)


def _words(request: HttpRequest) -> Words:
    standing = getattr(request, "portal", None)
    if standing is not None:
        return standing.words  # type: ignore[no-any-return]
    return words_in(language_of("", (), request.headers.get("Accept-Language", "")))
