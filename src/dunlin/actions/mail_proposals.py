"""What a mail seems to ask for, kept as proposals with the words that say so; a person confirms them (B5).

Only the sender's new words are read: what is quoted, and the subject of our own message, are ours.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dunlin.records.models import Customer, Mail, MailProposal
from dunlin.rules.intents.kinds import Entities, MailText, Understanding
from dunlin.rules.intents.understand import understand
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

log = logging.getLogger(__name__)
WORDS_CHARS = 20_000
_PREFIX = re.compile(
    r"^\s*(?:(?:re|aw|antw|antwort|fw|fwd|wg|sv|vs|tr|rv|res|ynt|odp|回复|答复|回覆|転送)\s*(?:\[\d+\])?\s*[:：]\s*)+",
    re.IGNORECASE,
)


def own_words(mail: Mail) -> str:
    """The subject where the sender wrote it; "" where it is that of the message or mail answered."""
    subject = _PREFIX.sub("", mail.subject).strip()
    if (
        mail.answers is not None
        and subject
        and _PREFIX.sub("", mail.answers.subject).strip()[:250] == subject[:250]
    ):
        return ""
    return mail.subject


def read_words(
    mail: Mail, currency: str, files: Sequence[str], headers: Mapping[str, str], policy: Policy
) -> Understanding:
    """What the new words of a mail say. `currency` is the account's, "" in triage. A fault in reading them costs the proposals, named
    as a problem of the mail, and not the mail."""
    text = MailText(
        received=mail.received_at.astimezone(ZoneInfo(policy.ledger_time_zone)),
        from_address=mail.from_address,
        subject=own_words(mail),
        body=mail.reply[:WORDS_CHARS],
        headers=headers,
        attachments=tuple(files),
        currency=currency,
    )
    try:
        return understand(text)
    except Exception:
        log.exception("the words of a mail could not be read")
        mail.problems = list(dict.fromkeys([*mail.problems, "mail_not_understood"]))
        return Understanding("", (), "other", Entities())


def keep_proposals(mail: Mail, found: Understanding, items: Sequence[int]) -> None:
    """Proposals of what was found, in place of those nobody decided yet. `items` are the documents named that are the customer's."""
    mail.proposals.filter(state="proposed").delete()
    facts = facts_of(found.entities, items)
    MailProposal.objects.bulk_create(
        MailProposal(
            mail=mail, intent=each.intent, action=each.action, confidence=Decimal(str(round(each.confidence, 3))),
            quote=mask_card_numbers(each.quote)[:500], facts={**facts, "why": each.why[:200], "primary": each.intent == found.primary},
        )
        for each in found.intents
        if each.intent != "other"
    )  # fmt: skip


def facts_of(entities: Entities, items: Sequence[int]) -> dict[str, Any]:
    """As reports/proposal_facts.py reads them: amounts as {"minor", "currency"}, days as ISO text, items as ids."""
    promise = entities.promise
    return {
        "amounts": [_money(each) for each in entities.amounts[:50]],
        "dates": [each.isoformat() for each in entities.dates[:50]],
        "items": list(items)[:200],
        "invoice_numbers": [mask_card_numbers(each)[:60] for each in entities.invoice_numbers[:100]],
        "contacts": [mask_card_numbers(each)[:254] for each in entities.contacts[:50]],
        "promise": None
        if promise is None
        else {
            "on": promise.on.isoformat() if promise.on else None,
            "amount": _money(promise.amount) if promise.amount is not None else None,
        },
        "back_on": entities.back_on.isoformat() if entities.back_on else None,
    }


def currency_of(customer_id: int | None) -> str:
    """The currency an amount without one is in: the account's."""
    if customer_id is None:
        return ""
    return Customer.objects.values_list("currency", flat=True).get(pk=customer_id)


def _money(amount: Money) -> dict[str, Any]:
    return {"minor": amount.minor, "currency": amount.currency}
