"""Write a remark for colleagues on a conversation. No customer ever sees it (P38). Card numbers are masked."""

from __future__ import annotations

from dunlin.actions.conversation_clock import customer_of, locked
from dunlin.actions.doing import Who, doing
from dunlin.records.models import ConversationNote
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


def note_conversation(who: Who, conversation_id: int, text: str) -> int:
    """Write the remark; its id. Refused: not_blank, conversation_unknown, conversation_merged."""
    stored = mask_card_numbers(text.strip())
    if not stored:
        raise Refused("not_blank", field="the note")
    customer = customer_of(conversation_id)
    with doing(who, "handle_conversation", customers=[customer] if customer else []) as act:
        row = locked(conversation_id)
        note = ConversationNote.objects.create(
            conversation=row, text=stored[:10_000], at=who.now, by_id=who.user_id
        )
        act.tell(about=f"conversation_note:{note.pk}", after={"text": stored[:300]})
    return note.pk
