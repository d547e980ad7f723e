"""Set up a shared mailbox: where it is read, and the address it is answered from. Its password stands in the environment (G3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dunlin.actions.doing import Who, doing
from dunlin.actions.mailbox_place import place_of
from dunlin.connectors.imap import SECURITIES, ImapMailbox, MailboxFailed, is_loopback
from dunlin.formats.mail_addresses import address_problem
from dunlin.records.models import Entity, Mailbox
from dunlin.rules.codes import Refused

FIELDS = {
    "name": 120, "address": 254, "entity": 0, "host": 200, "port": 0, "security": 8, "username": 200, "folder": 100, "active": 0,
}  # fmt: skip
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,19}")


@dataclass(frozen=True)
class MailboxChanged:
    """The mailbox and the fields that differ now."""

    mailbox_id: int
    key: str
    made: bool
    changed: tuple[str, ...]


def change_mailbox(
    who: Who, key: str, changes: Mapping[str, Any], *, from_now_on: bool = False
) -> MailboxChanged:
    """Change the mailbox of that key, or make it. `entity` is a code, "" for all. `from_now_on` asks the server for its newest mail and
    takes in only what comes later, so that a mailbox full of old mail does not fill the queue.

    A change of host, user name or folder begins anew with what the server has; nothing is taken twice. Refused: mailbox_key_wrong,
    field_not_editable, field_too_long, not_blank, mailbox_address_wrong, mailbox_security_unknown, mailbox_not_encrypted,
    mailbox_port_wrong, entity_unknown, mailbox_not_read.
    """
    with doing(who, "change_mailbox") as act:
        if not _KEY.fullmatch(key):
            raise Refused("mailbox_key_wrong", key=key[:40])
        row = Mailbox.objects.select_for_update().filter(key=key).first()
        made = row is None
        row = row or Mailbox(key=key, name=key)
        before = {name: _value(row, name) for name in FIELDS}
        for name, value in changes.items():
            _set(row, name, value)
        _check(row)
        changed = tuple(name for name in FIELDS if made or _value(row, name) != before[name])
        if {"host", "username", "folder"} & set(changed):
            row.uid_validity, row.last_uid, row.problem = None, 0, ""
        if from_now_on:
            _skip_old(row)
        row.save()
        act.tell(
            about=f"mailbox:{row.pk}", before=None if made else {name: before[name] for name in changed},
            after={name: _value(row, name) for name in changed},
        )  # fmt: skip
    return MailboxChanged(row.pk, key, made, changed)


def _value(row: Mailbox, name: str) -> Any:
    if name == "entity":
        return row.entity.code if row.entity is not None else ""
    return getattr(row, name)


def _set(row: Mailbox, name: str, value: Any) -> None:
    if name not in FIELDS:
        raise Refused("field_not_editable", field=name.replace("_", " "))
    if name == "entity":
        found = Entity.objects.filter(code=value).first() if value else None
        if value and found is None:
            raise Refused("entity_unknown", entity=value)
        row.entity = found
        return
    if isinstance(value, str):
        value = value.strip()
        if len(value) > FIELDS[name] or not value.isprintable():
            raise Refused("field_too_long", field=name, limit=FIELDS[name])
    setattr(row, name, value)


def _check(row: Mailbox) -> None:
    if not row.name:
        raise Refused("not_blank", field="the name")
    if address_problem(row.address):
        raise Refused("mailbox_address_wrong", address=row.address)
    if row.security not in SECURITIES:
        raise Refused("mailbox_security_unknown", security=row.security, securities=", ".join(SECURITIES))
    if row.host and row.security == "none" and not is_loopback(row.host):
        raise Refused("mailbox_not_encrypted", host=row.host)
    if not isinstance(row.port, int) or not 0 < row.port < 65_536:
        raise Refused("mailbox_port_wrong", port=row.port)
    if row.host and not (row.username and row.folder):
        raise Refused("not_blank", field="the user name" if not row.username else "the folder")


def _skip_old(row: Mailbox) -> None:
    try:
        with ImapMailbox(place_of(row)) as opened:
            row.uid_validity, row.last_uid = opened.uid_validity, opened.newest_uid()
    except MailboxFailed as problem:
        raise Refused("mailbox_not_read", mailbox=row.key, why=str(problem)) from None
