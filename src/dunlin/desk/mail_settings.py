"""Settings of mail: the mailboxes, the departments, what stands on each entity's letters, whether mail can go at all (B5, B7, C6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dunlin.actions.change_department import DAYS_MAX, change_department
from dunlin.actions.change_entity import FIELDS, LINES, change_entity
from dunlin.actions.change_mailbox import change_mailbox
from dunlin.actions.look_in_archive import settle_by_archive
from dunlin.actions.mailbox_place import ARCHIVE_KEY, SECURITIES, lacks
from dunlin.actions.send_due import unclear_messages
from dunlin.desk.acts import Unclear, allow, needed
from dunlin.desk.answers import done, show
from dunlin.desk.follow_ups import workers
from dunlin.desk.office import number_in, office_act, seeing
from dunlin.formats.mail_addresses import address_problem, suggested_address
from dunlin.records.models import Department, Entity, Mailbox
from dunlin.rules.codes import Refused, sentence

SECURITY_WORDS = {
    "tls": "TLS (port 993)", "starttls": "STARTTLS (port 143)", "none": "None, on this machine only",
}  # fmt: skip
# Field, label, hint. In the order of a letter.
SENDER_FIELDS = (
    ("sender_name", "Sender’s name", "Empty: the name of the entity."),
    ("sender_address", "Sender’s address", "Empty: that of its mailbox, else DUNLIN_MAIL_FROM."),
    ("address", "Postal address", "As it stands at the head of a letter, a line each."),
    ("phone", "Telephone", "Of the accounts-receivable desk."),
    ("tax_number", "Tax number", "Stands at the foot of statements."),
    (
        "payment_instructions", "How to pay",
        "Goes to customers as it stands: bank, account number, what to state. Never a card number.",
    ),
)  # fmt: skip
_BOX_FIELDS = ("name", "address", "entity", "host", "security", "username", "folder")


@dataclass(frozen=True)
class Box:
    """A mailbox as listed: `lacks` is what keeps it from being read though it is switched on."""

    row: Mailbox
    lacks: str


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """What is set up, and what is missing."""
    seeing(request, "see_settings")
    boxes = [
        Box(row, lacks(row)) for row in Mailbox.objects.select_related("entity").order_by("-active", "key")
    ]
    facts = {
        "boxes": boxes, "departments": list(Department.objects.select_related("escalate_to")),
        "entities": list(Entity.objects.all()), "smtp": settings.SMTP, "mail_from": settings.DEFAULT_FROM_EMAIL,
        "archive": settings.MAIL_ARCHIVE, "archive_box": next((box for box in boxes if box.row.key == ARCHIVE_KEY), None),
        "unclear": len(unclear_messages()), "zone": request.door.policy.ledger_time_zone,  # type: ignore[attr-defined]
    }  # fmt: skip
    return show(request, "settings_mail.html", facts)


def mailbox(request: HttpRequest, key: str = "") -> HttpResponse:
    """One mailbox, or a new one. Its password is not typed here: it stands in the environment."""
    row = Mailbox.objects.select_related("entity").filter(key=key).first() if key else None
    if key and row is None:
        raise Refused("mailbox_unknown", mailbox=key)

    def do(typed: Mapping[str, str]) -> str:
        named = key or needed(typed, "key", "Give it a key, such as ar or collections.")
        if not key and Mailbox.objects.filter(key=named).exists():
            raise Unclear("key", f"There is a mailbox {named} already.")
        changes: dict[str, Any] = {name: typed.get(name, "") for name in _BOX_FIELDS}
        changes["name"] = changes["name"] or named
        changes["address"] = _address(typed, "address", required=True)
        changes["port"] = _port(typed)
        changes["active"] = typed.get("active") == "1"
        if changes["host"]:
            needed(typed, "username", "With which name does Dunlin sign in there?")
            changes["folder"] = changes["folder"] or "INBOX"
        who = request.door.who  # type: ignore[attr-defined]
        did = change_mailbox(who, named, changes, from_now_on=bool(typed.get("from_now_on")) and not key)
        return f"{did.key} is {'set up' if did.made else 'changed' if did.changed else 'as it was'}."

    typed = _typed_of(row) if request.method == "GET" else None
    return office_act(
        request, "change_mailbox", "settings_mailbox.html", reverse("mail_settings"), do, typed=typed,
        beside={
            "mailbox_key_wrong": "key", "mailbox_address_wrong": "address", "mailbox_security_unknown": "security",
            "mailbox_not_encrypted": "security", "mailbox_port_wrong": "port", "entity_unknown": "entity", "mailbox_not_read": "host",
        },
        facts=lambda typed: {
            "row": row, "securities": [(each, SECURITY_WORDS[each]) for each in SECURITIES], "lacks": lacks(row) if row else "",
            "entities": [(each.code, f"{each.name} ({each.code})") for each in Entity.objects.all()],
        },
    )  # fmt: skip


def _typed_of(row: Mailbox | None) -> dict[str, str]:
    if row is None:
        return {"security": "tls", "folder": "INBOX", "active": "1", "from_now_on": "1"}
    typed = {name: str(getattr(row, name)) for name in _BOX_FIELDS if name != "entity"}
    return {
        **typed, "entity": row.entity.code if row.entity else "", "port": str(row.port), "active": "1" if row.active else "",
    }  # fmt: skip


def _port(typed: Mapping[str, str]) -> int:
    text = typed.get("port", "")
    if not text:
        return 143 if typed.get("security") == "starttls" else 993
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65_536):
        raise Unclear("port", "A port is a number up to 65535; 993 is usual for TLS, 143 for STARTTLS.")
    return int(text)


def _address(typed: Mapping[str, str], field: str, *, required: bool = False) -> str:
    """The address typed. Unclear says what is wrong with it, or what was probably meant."""
    text = typed.get(field, "")
    if not text and not required:
        return ""
    problem = address_problem(text)
    if problem:
        raise Unclear(field, sentence(problem, {"address": text[:100]}))
    meant = suggested_address(text)
    if meant and meant != text:
        raise Unclear(field, sentence("address_domain_typo", {"address": text[:100], "suggested": meant}))
    return text


def department(request: HttpRequest, key: str = "") -> HttpResponse:
    """Whom we ask inside the company, one of them or a new one."""
    row = Department.objects.select_related("escalate_to").filter(key=key).first() if key else None
    if key and row is None:
        raise Refused("department_unknown", department=key)

    def do(typed: Mapping[str, str]) -> str:
        named = key or needed(typed, "key", "Give it a key, such as sales.")
        if not key and Department.objects.filter(key=named).exists():
            raise Unclear("key", f"There is a department {named} already.")
        days = typed.get("answer_business_days", "")
        if not (days.isascii() and days.isdigit() and 1 <= int(days[:4]) <= DAYS_MAX):
            raise Unclear("answer_business_days", f"Write a number of business days, 1 to {DAYS_MAX}.")
        whom = number_in(typed, "escalate_to", "Choose a person.") if typed.get("escalate_to") else None
        did = change_department(request.door.who, named, {  # type: ignore[attr-defined]
            "name": needed(typed, "name", "What is it called?"), "address": _address(typed, "address"),
            "answer_business_days": int(days), "escalate_to": whom,
        })  # fmt: skip
        return f"{typed['name']} is {'set up' if did.made else 'changed' if did.changed else 'as it was'}."

    typed = None
    if request.method == "GET":
        typed = {"answer_business_days": "2"} if row is None else {
            "name": row.name, "address": row.address, "answer_business_days": str(row.answer_business_days),
            "escalate_to": str(row.escalate_to_id or ""),
        }  # fmt: skip
    return office_act(
        request, "change_mailbox", "settings_department.html", reverse("mail_settings"), do, typed=typed,
        beside={"department_key_wrong": "key", "user_is_inactive": "escalate_to", "user_unknown": "escalate_to"},
        facts=lambda typed: {"row": row, "people": workers()},
    )  # fmt: skip


def sender(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands on the letters and mails of one entity."""
    row = Entity.objects.filter(pk=pk).first()
    if row is None:
        raise Refused("entity_unknown", entity=pk)

    def do(typed: Mapping[str, str]) -> str:
        changes = {name: typed.get(name, "") for name, _, _ in SENDER_FIELDS}
        changes["sender_address"] = _address(typed, "sender_address")
        did = change_entity(request.door.who, row.code, changes)  # type: ignore[attr-defined]
        return (
            f"{row.code} is changed: it stands on what is sent from now on."
            if did.changed
            else "Nothing was different."
        )

    typed = {name: getattr(row, name) for name in FIELDS} if request.method == "GET" else None
    return office_act(
        request, "change_mailbox", "settings_sender.html", reverse("mail_settings"), do, typed=typed,
        beside={"card_number_refused": "payment_instructions", "address_not_usable": "sender_address"},
        facts=lambda typed: {"row": row, "fields": SENDER_FIELDS, "lines": LINES, "limits": FIELDS},
    )  # fmt: skip


@require_POST
def settle(request: HttpRequest) -> HttpResponse:
    """Look into the archive mailbox what became of every message that was cut off."""
    allow(request, "settle_message")
    found = settle_by_archive(request.door.who)  # type: ignore[attr-defined]
    told = (
        f"{found.went:,} had gone, {found.again:,} go again."
        if found.went or found.again
        else "Nothing was to be settled."
    )
    return done(request, told, reverse("mail_settings"))
