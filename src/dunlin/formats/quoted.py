"""The new words of an answer, apart from quoted history and signature."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Split:
    """`reply` are the sender's new words, `quoted` what they answer to or pass on, `signature` the block below. `sure`: a known mark decided."""

    reply: str
    quoted: str
    signature: str
    sure: bool


def split_reply(text: str, html: str = "") -> Split:
    """Split the text of an answer. Quoted words are ours, not the customer's: never read intent, amounts or dates from them."""
    return Split(text, "", "", False)
