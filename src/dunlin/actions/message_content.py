"""What a message says at the moment it goes: the facts are read again, and what stopped being true stops it.

What a person wrote stands as written. What the clock decided is decided again by the process it came from, which may answer
with other figures or with the code why nothing goes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dunlin.actions.doing import Who
from dunlin.actions.messages import Line
from dunlin.records.models import Message
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


@dataclass(frozen=True)
class Stop:
    """Nothing goes: the code (REASONS) and its facts."""

    code: str
    facts: Mapping[str, Any]


Again = Callable[[Who, Message, Policy], Content | Stop]

# Purpose → the process that decides it again. A purpose that is not here was written by a person and stands.
AGAIN: dict[str, Again] = {}


def fresh_content(who: Who, message: Message, policy: Policy) -> Content | Stop:
    """The message as of now. Called under the lock of its customer."""
    again = AGAIN.get(message.purpose)
    return again(who, message, policy) if again else Content(message.subject, message.text, message.html)
