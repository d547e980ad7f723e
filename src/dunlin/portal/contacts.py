"""The people of an account: who we write to, and what should be changed of it."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from dunlin.actions.ask_question import Question, propose_contact
from dunlin.actions.correct_contact import correct_contact, correct_point
from dunlin.formats.mail_addresses import address_problem
from dunlin.portal.access import Account, account_for, contact_for
from dunlin.portal.answers import Unclear, act, done
from dunlin.portal.problems import sentence_of
from dunlin.records.models import Contact

_BESIDE = {"not_blank": "name", "field_too_long": "name"}


@require_http_methods(["GET", "HEAD", "POST"])
def contacts(request: HttpRequest, pk: int) -> HttpResponse:
    """The people as we have them, and a form for what is new: it asks us, or holds at once, by the setting."""
    mine = account_for(request, pk)
    people = Contact.objects.filter(customer=pk, active=True).prefetch_related("points")
    at_once = request.portal.policy.portal_contact_changes == "at_once"  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        person = _person(mine, typed)
        if at_once:
            _change(mine, person, typed)
            return done(pk, "contact_changed")
        text = _in_english(person, typed)
        question = Question(
            mine.contact.pk, request.portal.address, "Change of contacts, from the portal", text  # type: ignore[attr-defined]
        )  # fmt: skip
        points = [typed[name] for name in ("email", "phone") if typed.get(name)]
        propose_contact(mine.who, pk, question, points)
        return done(pk, "contact_asked")

    facts = {"mine": mine, "people": list(people), "at_once": at_once}
    return act(request, "contacts.html", facts, do, beside=_BESIDE, sentence_of=sentence_of)


def _person(mine: Account, typed: Mapping[str, str]) -> Contact | None:
    """Who is meant, None for somebody new. Unclear says what is missing."""
    chosen = typed.get("person", "")
    person = contact_for(mine, int(chosen)) if chosen.isascii() and chosen.isdigit() else None
    if person is None and not typed.get("name"):
        raise Unclear("name", "name_needed")
    if typed.get("email") and address_problem(typed["email"]):
        raise Unclear("email", "address_wrong")
    gone = bool(typed.get("gone"))
    if gone and person is None:
        raise Unclear("person", "choose_person")
    if gone and person is not None and person.pk == mine.contact.pk:
        raise Unclear("gone", "not_yourself")
    if not gone and not any(typed.get(name) for name in ("name", "email", "phone")):
        raise Unclear("email", "nothing_changed")
    return person


def _change(mine: Account, person: Contact | None, typed: Mapping[str, str]) -> None:
    with transaction.atomic():
        if person is not None and typed.get("gone"):
            correct_contact(mine.who, mine.pk, person.pk, {"active": False})
            return
        named = {"name": typed["name"]} if typed.get("name") else {}
        new = {"roles": ["ap"]} if person is None else {}
        pk = person.pk if person is not None else None
        if named or person is None:
            pk = correct_contact(mine.who, mine.pk, pk, {**named, **new}).contact_id
        assert pk is not None  # a new person has a name
        for kind in ("email", "phone"):
            if typed.get(kind):
                correct_point(mine.who, mine.pk, pk, kind=kind, value=typed[kind])


def _in_english(person: Contact | None, typed: Mapping[str, str]) -> str:
    """What a colleague reads in the inbox."""
    if person is not None and typed.get("gone"):
        return f"{person.name} does not work there any more."
    lines = [f"Of {person.name}:" if person is not None else "A new person:"]
    labels = (("name", "Name"), ("email", "E-mail"), ("phone", "Telephone"))
    lines += [f"{label}: {typed[name]}" for name, label in labels if typed.get(name)]
    return "\n".join(lines)
