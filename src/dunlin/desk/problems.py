"""What a person sees when a page does not exist, is not theirs, or broke. None of these touches the database."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines

_WORDS = {
    400: ("That request was not understood", "The address or the form was not whole. Go back and try again."),
    403: (
        "That was refused",
        "You may not see this, or the page was open too long. Go back, reload, and try again.",
    ),
    404: ("There is no such page", "The address leads nowhere, or what it led to is gone."),
    500: (
        "Something broke",
        "It is our fault, not yours, and it is in the log. Nothing was half done; try again.",
    ),
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403)


def without_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is missing or old, most often a page left open over a sign-in."""
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500)


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    title, sentence = _WORDS[status]
    request_id = getattr(request, "id", "")
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(
            {"code": f"http_{status}", "message": sentence, "request_id": request_id}, status=status
        )
    page = engines["jinja2"].get_template("problem.html").template  # type: ignore[attr-defined]
    theme = request.COOKIES.get("dunlin_theme", "auto")
    return HttpResponse(
        page.render(
            title=title,
            sentence=sentence,
            request_id=request_id if status == 500 else "",
            theme=theme if theme in ("light", "dark") else "auto",
        ),
        status=status,
    )
