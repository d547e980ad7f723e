"""Templates: what is written to customers, each in its languages and versions, checked and looked at before it is used (C7)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dunlin.actions.save_template import activate_template, save_template
from dunlin.desk.access import customers_of
from dunlin.desk.acts import Unclear, address, allow, needed, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.office import office_act, seeing
from dunlin.formats.template_values import ItemTable, item_values
from dunlin.formats.template_variables import FIELDS, KINDS, VARIABLES, examples
from dunlin.formats.templates import Problem, Rendered, check, render
from dunlin.records.models import Item, Template, TemplateVersion
from dunlin.reports.recipients import recipients
from dunlin.reports.senders import sender_for
from dunlin.reports.wording import line_of, values_for
from dunlin.rules.codes import Refused
from dunlin.rules.conduct_words import warnings

KIND_WORDS = {
    "email": "E-mails to customers", "letter": "Letters", "statement": "Statements", "call_guide": "Call guides",
    "internal": "To colleagues",
}  # fmt: skip
_LOOK = "template_look"
FILTERS = (
    ("money", "an amount with its currency, as the language writes it"), ("date", "a date in words"),
    ("upper", "in capitals"), ("lower", "in small letters"), ("default", 'other words when there is none: default("–")'),
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A template filled in: with whose values, and what came out or why nothing did."""

    whose: str
    rendered: Rendered | None
    problem: str = ""
    mark: str = ""  # of the HTML, kept in the session for its frame


@require_safe
def templates(request: HttpRequest) -> HttpResponse:
    """All templates with their languages; by kind."""
    seeing(request, "see_processes")
    kind = request.GET.get("kind", "email")
    kind = kind if kind in KINDS else "email"
    rows = Template.objects.filter(kind=kind).prefetch_related("versions")
    lines = [(row, _in_force(row.versions.all()), _newest(row.versions.all())) for row in rows]
    facts = {"lines": lines, "kind": kind, "kinds": KIND_WORDS}
    return show(request, "sending/templates.html", facts, part="results")


def template(request: HttpRequest, key: str, language: str) -> HttpResponse:
    """One template in one language: its words, what is wrong with them, how they look with a real account, its versions.

    A POST with `do=look` only looks; `do=keep` keeps a version; `do=activate` keeps it and puts it into force.
    """
    seeing(request, "see_processes")
    row = Template.objects.filter(key=key).first()
    if row is None:
        raise Refused("template_unknown", template=key)
    versions = list(row.versions.filter(language=language).select_related("written_by", "activated_by"))
    typed = typed_in(request)
    if request.method == "POST":
        allow(request, "save_template")
        if typed.get("do") in ("keep", "activate"):
            return _keep(request, row, language, typed)
    base = _chosen(versions, request.GET.get("version", "")) or _chosen(
        list(row.versions.filter(language="en")), ""
    )
    subject = typed.get("subject", base.subject if base else "")
    body = request.POST.get("body", base.body if base else "").replace("\r\n", "\n")
    problems = check(row.kind, subject, body)
    facts = {
        "row": row, "language": language, "versions": versions, "base": base, "subject": subject, "body": body,
        "problems": problems, "marked": _marked(body, problems), "warnings": warnings(f"{subject}\n{body}", language),
        "shown": None if problems else _shown(request, row.kind, subject, body, language, typed),
        "account": typed.get("account", ""), "variables": VARIABLES[row.kind], "fields": FIELDS, "filters": FILTERS,
        "languages": sorted({each.language for each in row.versions.all()}), "note": typed.get("note", ""),
        "is_new": not versions, "changed": base is not None and (base.subject, base.body) != (subject, body),
    }  # fmt: skip
    return show(request, "sending/template.html", facts, part="looked")


def _keep(request: HttpRequest, row: Template, language: str, typed: Mapping[str, str]) -> HttpResponse:
    door = request.door  # type: ignore[attr-defined]
    body = request.POST.get("body", "").replace("\r\n", "\n")
    version = save_template(
        door.who, row.key, language, typed.get("subject", ""), body, kind=row.kind, note=typed.get("note", "")
    )
    there = reverse("template", args=[row.key, language])
    if typed.get("do") != "activate":
        return done(
            request, f"Version {version.number} is kept. It is not in force until it is activated.", there
        )
    try:
        activate_template(door.who, version.pk)
    except Refused as refused:
        if refused.code != "template_not_usable":
            raise
        return done(request, f"Version {version.number} is kept, and not activated: {refused}", there)
    return done(
        request, f"Version {version.number} is in force: messages decided or sent from now on use it.", there
    )


@require_safe
def template_look(request: HttpRequest) -> HttpResponse:
    """The HTML looked at last, in a frame of its own that may do nothing: a mail brings its own styles, the page allows none."""
    seeing(request, "see_processes")
    answer = HttpResponse(request.session.get(_LOOK, ""))
    answer["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an earlier version into force again."""
    allow(request, "activate_template")
    row = activate_template(request.door.who, pk)  # type: ignore[attr-defined]
    return done(
        request,
        f"Version {row.number} is in force.",
        reverse("template", args=[row.template.key, row.language]),
    )


def add(request: HttpRequest) -> HttpResponse:
    """A new template, or a new language of one."""

    def do(typed: Mapping[str, str]) -> str:
        key = needed(typed, "key", "Give it a key, such as notice_norway.")
        language = needed(typed, "language", "Which language?")
        if TemplateVersion.objects.filter(template__key=key, language=language).exists():
            raise Unclear("key", f"There is {key} in {language} already.")
        start = TemplateVersion.objects.filter(template__key=key, language="en").order_by("-number").first()
        version = save_template(
            request.door.who, key, language, start.subject if start else "", start.body if start else "",  # type: ignore[attr-defined]
            kind=typed.get("kind", "email"), name=typed.get("name", ""),
        )  # fmt: skip
        return f"{version.template.name} in {language}: write its words, look at them, then activate it."

    typed = typed_in(request)
    to = reverse("templates")
    if typed.get("key") and typed.get("language"):
        to = reverse("templates") + f"?kind={typed.get('kind', 'email')}"
    return office_act(
        request, "save_template", "sending/template_new.html", to, do,
        beside={"template_key_not_usable": "key", "template_language_not_usable": "language", "template_kind_unknown": "kind"},
        facts=lambda typed: {"kinds": KIND_WORDS}, typed={"kind": request.GET.get("kind", "email")},
    )  # fmt: skip


def _chosen(versions: list[TemplateVersion], number: str) -> TemplateVersion | None:
    """The version asked for, else the newest."""
    wanted = next((each for each in versions if str(each.number) == number), None)
    return wanted or (versions[0] if versions else None)


def _in_force(versions: Any) -> dict[str, TemplateVersion]:
    """Language → the version activated last."""
    active = sorted(
        (each for each in versions if each.activated_at), key=lambda each: (each.activated_at, each.number)
    )
    return {each.language: each for each in active}


def _newest(versions: Any) -> dict[str, TemplateVersion]:
    return {each.language: each for each in sorted(versions, key=lambda each: each.number)}


def _marked(body: str, problems: list[Problem]) -> list[tuple[int, str, list[Problem]]]:
    """The lines of the body that have a mistake: number, text, what is wrong."""
    wrong: dict[int, list[Problem]] = {}
    for each in problems:
        if each.part == "body":
            wrong.setdefault(each.line, []).append(each)
    lines = body.split("\n")
    return [(at, lines[at - 1] if at <= len(lines) else "", found) for at, found in sorted(wrong.items())]


def _shown(
    request: HttpRequest, kind: str, subject: str, body: str, language: str, typed: Mapping[str, str]
) -> Shown:
    """With the values of an account in sight, or with those of the examples."""
    number = typed.get("account", "").strip()
    values, whose = dict(examples(kind)), "made-up values"
    if number:
        customer = customers_of(request).filter(number=number).first()
        if customer is None:
            return Shown(number, None, f"There is no account {number}.")
        values |= _of_account(request, customer.pk)
        whose = f"{customer.name}, {customer.number}"
    try:
        rendered = render(kind, subject, body, values, language)
    except Refused as refused:
        return Shown(whose, None, str(refused))
    request.session[_LOOK] = rendered.html
    return Shown(whose, rendered, mark=hashlib.sha256(rendered.html.encode()).hexdigest()[:12])


def _of_account(request: HttpRequest, customer_id: int) -> dict[str, Any]:
    today = request.door.today  # type: ignore[attr-defined]
    items = list(
        Item.objects.filter(customer=customer_id, side=1, open__gt=0, due_on__lt=today).order_by(
            "due_on", "pk"
        )[:200]
    )
    lines = tuple(line_of(each, (today - each.due_on).days, each.disputed) for each in items)
    entity = items[0].entity if items else None
    recipient = recipients([customer_id])[customer_id]
    sender = sender_for(entity.pk if entity else None, "notice")
    return values_for(recipient, entity, sender, today, item_values(ItemTable(lines)) if lines else None)


def link_to_template(key: str, language: str) -> str:
    """The page of a template."""
    return address("template", key, language)
