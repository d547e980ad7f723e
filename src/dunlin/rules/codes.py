"""Every refusal and every reason: a code and its one plain sentence, the same on screen, in API, command line and docs.

A sentence may name facts in braces; `sentence(code, facts)` fills them in. A code missing here cannot be raised.
Kept in alphabetical order within each part so that two people adding one do not collide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What was asked is not done, and why. Exit status 2 at the command line, 4xx in the API, a message at the field on screen.
REFUSALS: dict[str, str] = {
    "application_before_document": "Posting date {posted_on} is before {document} was posted ({document_posted_on}).",
    "application_exceeds_credit": "{asked} is more than the {open} still unused on {credit}.",
    "application_exceeds_debit": "{asked} is more than the {open} still open on {debit}.",
    "application_not_positive": "An application must be more than zero, not {asked}.",
    "application_other_currency": "{credit} is in {credit_currency}, {debit} in {debit_currency}: different currencies are never applied to each other.",
    "application_other_customer": "{credit} and {debit} belong to different customers that are not in one group.",
    "application_reversed_already": "This application was reversed on {reversed_on}; it cannot be reversed twice.",
    "amount_not_positive": "The amount must be more than zero, not {asked}.",
    "customer_unknown": "There is no customer {customer}.",
    "date_not_understood": "{asked!r} is not a date Dunlin understands; write it as 2026-05-31.",
    "not_money": "{why}",
    "not_permitted": "{who} ({role}) may not {verb}.",
    "past_is_read_only": "The page shows {as_of}; nothing can be changed in the past. Go back to today first.",
    "period_locked": "The period {period} of {entity} is locked; post on {first_open} or later.",
    "same_key_other_content": "The key {key} was used before for something else; nothing was done.",
}

# Why something is, or is not, done: worklist positions, silence, conduct.
REASONS: dict[str, str] = {}

_ALL = {**REFUSALS, **REASONS}


class Refused(Exception):
    """An act that rules or constraints do not allow: `code` names the reason, `facts` fill its sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        if code not in REFUSALS:
            raise KeyError(f"refusal code {code!r} has no sentence in rules/codes.py")
        self.code = code
        self.facts = facts
        super().__init__(sentence(code, facts))


def sentence(code: str, facts: Mapping[str, Any] | None = None) -> str:
    """The plain sentence of a code with its facts filled in. KeyError names the code that has none."""
    try:
        template = _ALL[code]
    except KeyError:
        raise KeyError(f"code {code!r} has no sentence in rules/codes.py") from None
    return template.format(**(facts or {}))
