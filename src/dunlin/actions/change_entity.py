"""Change what of one of our entities stands on its letters and mails: who sends, its address, how to pay it (C6).

What is here goes to customers, bank details as well: it is the place for them. Card numbers are no way to pay us and are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dunlin.actions.doing import Who, doing
from dunlin.formats.mail_addresses import address_problem
from dunlin.records.models import Entity
from dunlin.rules.codes import Refused, sentence
from dunlin.rules.masking import mask_card_numbers

FIELDS = {
    "sender_name": 200, "sender_address": 254, "address": 600, "phone": 40, "tax_number": 40, "payment_instructions": 2_000,
}  # fmt: skip
LINES = frozenset({"address", "payment_instructions"})  # may hold several


@dataclass(frozen=True)
class EntityChanged:
    """The entity and the fields that differ now."""

    entity_id: int
    code: str
    changed: tuple[str, ...]


def change_entity(who: Who, code: str, changes: Mapping[str, Any]) -> EntityChanged:
    """Change fields (FIELDS) of the entity of that code. Messages that were sent keep what they said.

    Refused: entity_unknown, field_not_editable, field_too_long, address_not_usable, card_number_refused.
    """
    with doing(who, "change_mailbox", cause=f"entity {code[:40]}") as act:
        row = Entity.objects.select_for_update().filter(code=code).first()
        if row is None:
            raise Refused("entity_unknown", entity=code[:40])
        wanted = {name: _checked(name, value) for name, value in changes.items()}
        before = {name: getattr(row, name) for name in wanted}
        changed = tuple(name for name in FIELDS if name in wanted and wanted[name] != before[name])
        for name in changed:
            setattr(row, name, wanted[name])
        if changed:
            row.save(update_fields=changed)
            act.tell(
                about=f"entity:{row.pk}", before={name: before[name] for name in changed},
                after={name: wanted[name] for name in changed},
            )  # fmt: skip
    return EntityChanged(row.pk, code, changed)


def _checked(name: str, value: Any) -> str:
    if name not in FIELDS:
        raise Refused("field_not_editable", field=name.replace("_", " "))
    words = name.replace("_", " ")
    text = str(value).replace("\r\n", "\n").strip()
    lines = [line.rstrip() for line in text.split("\n")]
    if len(text) > FIELDS[name] or (len(lines) > 1 and name not in LINES):
        raise Refused("field_too_long", field=words, limit=FIELDS[name])
    if not all(line.isprintable() for line in lines):
        raise Refused(
            "field_too_long", field=f"{words}, with signs that cannot be printed,", limit=FIELDS[name]
        )
    problem = address_problem(text) if name == "sender_address" and text else ""
    if problem:
        raise Refused(
            "address_not_usable", address=text[:100], why=sentence(problem, {"address": text[:100]})
        )
    text = "\n".join(lines)
    if mask_card_numbers(text) != text:
        raise Refused("card_number_refused", field=words)
    return text
