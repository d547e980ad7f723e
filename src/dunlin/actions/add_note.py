"""Write a remark on an account or an item. Internal: no customer ever sees it (P38). Card numbers are masked."""

from __future__ import annotations

from dataclasses import dataclass

from dunlin.actions.doing import Who, doing
from dunlin.records.models import Customer, Item, Note
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


@dataclass(frozen=True)
class NoteAdded:
    """The note as stored."""

    note_id: int
    text: str


def add_note(
    who: Who, customer_id: int, text: str, *, item_id: int | None = None, key: str | None = None
) -> NoteAdded:
    """Write a note. Refused: customer_unknown, item_unknown, not_blank."""
    with doing(who, "add_note", customers=[customer_id], key=key, asked=[customer_id, text, item_id]) as act:
        if act.answered:
            return NoteAdded(**act.answer)
        stored = mask_card_numbers(text.strip())
        if not stored:
            raise Refused("not_blank", field="the note")
        if not Customer.objects.filter(pk=customer_id).exists():
            raise Refused("customer_unknown", customer=customer_id)
        if item_id is not None and not Item.objects.filter(pk=item_id, customer=customer_id).exists():
            raise Refused("item_unknown", item=item_id)
        note = Note.objects.create(
            customer_id=customer_id, item_id=item_id, text=stored, at=who.now, by_id=who.user_id
        )
        act.tell(about=f"note:{note.pk}", after={"text": stored})
        act.answer = {"note_id": note.pk, "text": stored}
    return NoteAdded(note.pk, stored)
