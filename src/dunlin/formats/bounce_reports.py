"""Delivery reports of RFC 3464, however well or badly they are written: whom a mail did not reach, and what the server said."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dunlin.formats.bounce_reasons import DIAGNOSTIC_CHARS, is_permanent, reason_of, status_in
from dunlin.formats.mail_headers import decoded

RECIPIENTS_MAX = 500
ADDRESS = re.compile(
    r"[^\s<>,;:\"()\[\]@'`|]{1,200}@[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\u0080-\U0010ffff_-]|\.(?=[A-Za-z0-9\u0080-\U0010ffff])){0,200}"
)
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient of a mail that came back.

    `action` is failed, delayed, delivered, relayed, expanded or complained; `status` like 5.1.1, "" when none is stated; `reason` one of
    `bounce_reasons.REASONS`; `permanent`: trying again is useless. The address itself is at fault only when it is
    permanent and `reason` is mailbox_unknown or domain. `original` is the address the sender wrote to, where the report names it.
    """

    address: str
    action: str
    status: str
    diagnostic: str
    permanent: bool
    reason: str
    original: str = ""


def failure(address: str, action: str, status: str, diagnostic: str, original: str = "") -> Failure:
    """A failure with its reason and permanence worked out. An address keeps its spelling but for the case of its domain."""
    diagnostic = re.sub(r"\s{1,1000}", " ", diagnostic).strip()[:DIAGNOSTIC_CHARS]
    if not status or (status.endswith(".0.0") and action != "delivered"):
        # A better status is often in the words; one of another class contradicts the action and is left.
        better = status_in(diagnostic)
        status = (
            better
            if better and (not status or better[0] == status[0]) and not (status and better.endswith(".0.0"))
            else status
        )
    reason = "delayed" if action == "delayed" else reason_of(diagnostic, status)
    return Failure(
        plain_address(address),
        action,
        status,
        diagnostic,
        is_permanent(action, status, reason),
        reason,
        plain_address(original),
    )


def plain_address(text: str) -> str:
    """The address in a field like `rfc822; <a@b.example>`, "" when there is none."""
    found = ADDRESS.search(decoded(text, 1_000).partition(";")[2] or decoded(text, 1_000))
    if found is None:
        return ""
    local, _, domain = found[0].strip(".").rpartition("@")
    return f"{local}@{domain.lower().rstrip('.')}"


def read_report(text: str) -> tuple[Failure, ...]:
    """The recipients of a delivery-status text: one block of fields each, the fields in any order, some missing."""
    found: list[Failure] = []
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        fields = _fields(block)
        recipient = (
            fields.get("final-recipient")
            or fields.get("original-recipient")
            or fields.get("x-actual-recipient", "")
        )
        if not recipient:
            continue
        found.append(_one(fields))
        if len(found) >= RECIPIENTS_MAX:
            break
    return tuple(one for one in found if one.address)


def _one(fields: dict[str, str]) -> Failure:
    stated = re.match(r"\s*([a-z]+)", fields.get("action", "").lower())
    action = next((known for known in _ACTIONS if stated and known.startswith(stated[1][:6])), "")
    status = re.search(r"[245]\.\d{1,3}\.\d{1,3}", fields.get("status", ""))
    diagnostic = fields.get("diagnostic-code", "").strip()
    diagnostic = re.sub(
        r"^(?:smtp|x-[\w.-]{1,40}|dns)\s*;\s*", "", diagnostic, flags=re.IGNORECASE
    ) or fields.get("x-notes", "")
    number = status[0] if status else ""
    if not action:
        action = "delivered" if number.startswith("2") else "delayed" if number.startswith("4") else "failed"
    final = plain_address(fields.get("final-recipient", ""))
    original = plain_address(fields.get("original-recipient", "")) or plain_address(
        fields.get("x-actual-recipient", "")
    )
    return failure(final or original, action, number, diagnostic, original if original != final else "")


def _fields(block: str) -> dict[str, str]:
    """The fields of one block, the first of each name, continued lines joined."""
    fields: dict[str, str] = {}
    name = ""
    for line in block.split("\n")[:400]:
        if line[:1] in (" ", "\t") and name:
            if len(fields[name]) < 4_000:
                fields[name] += " " + line.strip()
            continue
        head, colon, value = line.partition(":")
        name = (
            head.strip().lower()
            if colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{1,40}", head.strip())
            else ""
        )
        if name in fields:
            name = ""
        elif name:
            fields[name] = value.strip()
    return fields
