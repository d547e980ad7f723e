"""What a message says at the moment it goes: the facts are read again, and what stopped being true stops it.

What a person wrote stands as written. What the clock decided is decided again by the process it came from, which may answer
with other figures or with the code why nothing goes. What a message brings with it (a fee, a task, a contact stage) is done
in the transaction that says it was sent, never when it is decided (traps 28, 31).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from dunlin.actions.doing import Act, Who
from dunlin.actions.messages import Line
from dunlin.formats.message_blocks import Block
from dunlin.records.models import Message, MessageItem
from dunlin.rules.policy import Policy


@dataclass(frozen=True)
class Content:
    """Subject, text and HTML as they go. `lines`, `level` and `facts` replace those of the message unless `lines` and `facts`
    are None."""

    subject: str
    text: str
    html: str
    lines: Sequence[Line] | None = None
    level: int | None = None
    facts: dict[str, Any] | None = None
    blocks: Sequence[Block] = ()  # of a letter: its paragraphs and tables


@dataclass(frozen=True)
class Stop:
    """Nothing goes: the code (REASONS) and its facts."""

    code: str
    facts: Mapping[str, Any]


Again = Callable[[Who, Message, Policy], Content | Stop]

# Purpose → the process that decides it again. A purpose that is not here was written by a person and stands.
AGAIN: dict[str, Again] = {}

# Purpose → what follows from its being sent, under the lock of its customer and in the transaction that says so.
AFTER: dict[str, Callable[[Act, Message], None]] = {}


def fresh_content(who: Who, message: Message, policy: Policy) -> Content | Stop:
    """The message as of now. Called under the lock of its customer."""
    _registered()
    again = AGAIN.get(message.purpose)
    return again(who, message, policy) if again else Content(message.subject, message.text, message.html)


def keep(message: Message, content: Content) -> None:
    """What the message says from now on, in the caller's transaction; the caller saves the row."""
    message.subject, message.text, message.html = content.subject, content.text, content.html
    if content.facts is not None:
        message.facts = content.facts
    if content.lines is not None:
        message.items.all().delete()
        MessageItem.objects.bulk_create(
            MessageItem(message=message, item_id=each.item_id, amount=each.amount, level=each.level, left_out=each.left_out)
            for each in content.lines
        )  # fmt: skip
        message.level = content.level


def after_sent(act: Act, message: Message) -> None:
    """What follows from the message having gone. For every place that marks one as sent: the sender, a letter posted, a person
    who settles what was cut off."""
    _registered()
    after = AFTER.get(message.purpose)
    if after is not None:
        after(act, message)


def _registered() -> None:
    """The processes enter themselves above when they are loaded. Whoever sends must have them, whatever else it uses."""
    import_module("dunlin.actions.run_process")
    import_module("dunlin.actions.send_portal_link")
    import_module("dunlin.actions.tell_payer")
