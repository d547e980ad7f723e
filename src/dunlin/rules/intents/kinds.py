"""What is read from a mail: the shapes, the seventeen intents, and what each one offers to do (B5, D10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from dunlin.rules.money import Money

# Intent → the action its proposal offers. "read" means: a person reads it, nothing is offered.
ACTIONS: Mapping[str, str] = {
    "promise_to_pay": "log_promise",
    "dispute": "open_dispute",
    "invoice_copy_request": "send_copies",
    "statement_request": "send_statement",
    "remittance_advice": "keep_remittance",
    "already_paid": "look_for_payment",
    "contact_change": "correct_contact",
    "out_of_office": "mark_out_of_office",
    "bounce": "mark_address_failed",
    "payment_plan_request": "propose_plan",
    "fee_waiver_request": "decide_fee_waiver",
    "tax_certificate": "file_certificate",
    "portal_help": "send_portal_help",
    "refund_request": "decide_refund",
    "cancel_service": "pass_to_sales",
    "legal_threat": "pass_to_legal",
    "other": "read",
}
INTENTS: tuple[str, ...] = tuple(ACTIONS)

# A person always decides these, whatever the confidence and whatever the settings say.
NEVER_ALONE: frozenset[str] = frozenset(
    "dispute legal_threat refund_request cancel_service payment_plan_request contact_change".split()
)
# From this confidence on a proposal was right in at least 95 of 100 mails of wording not trained on (docs/rules/intents.md).
ALONE_FROM = 0.90


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail as received. `headers` by name in any case; `currency` is the account's, for an amount that names none (without it
    such an amount is not read as one); `language` overrules the guess, an ISO 639-1 code."""

    received: datetime
    from_address: str
    subject: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: Sequence[str] = ()
    language: str = ""
    currency: str = ""

    @property
    def text(self) -> str:
        """Subject, line end, body: what every `start` and `end` counts in."""
        return f"{self.subject}\n{self.body}"


@dataclass(frozen=True, slots=True)
class Found:
    """One intent. `confidence` 0..1: how often such a proposal is right. `quote` is `text[start:end]`, the words that caused it
    (empty where a header did). `why`: the rule's name, or "words: …" with the three words that weighed most."""

    intent: str
    confidence: float
    quote: str
    start: int
    end: int
    why: str

    @property
    def action(self) -> str:
        return ACTIONS[self.intent]

    @property
    def may_act_alone(self) -> bool:
        """Whether a rule of the house may let it go by itself: sure enough, and not one a person always decides."""
        return self.intent not in NEVER_ALONE and self.intent != "other" and self.confidence >= ALONE_FROM


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised: a day and an amount, each None where none is stated."""

    on: date | None
    amount: Money | None


@dataclass(frozen=True, slots=True)
class Entities:
    """What is named in the new text, in order. Numbers and dates once each, amounts as often as they stand there."""

    invoice_numbers: tuple[str, ...] = ()
    amounts: tuple[Money, ...] = ()
    dates: tuple[date, ...] = ()
    contacts: tuple[str, ...] = ()
    promise: Promise | None = None
    back_on: date | None = None


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a mail seems to want. `intents` by falling confidence, never empty; `primary` is one of them. `handled` is the new text
    that was read: spans of `text`, quoted history left out."""

    language: str
    intents: tuple[Found, ...]
    primary: str
    entities: Entities
