"""Do what a mail asks for, once a person confirms it, or by a rule of the house for what is sure and harmless (B5, D10).

Disputes, plans, refunds, cancellations, legal threats and changes of contacts are never done without a person, whatever is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.keep_remittance import follow_mail
from dunlin.actions.proposal_acts import DO, Case, Did
from dunlin.records.models import Item, MailProposal
from dunlin.records.policies import current_policy
from dunlin.reports.conversation import contact_of
from dunlin.reports.inbox import items_named
from dunlin.reports.proposal_facts import proposal_facts
from dunlin.rules.codes import Refused
from dunlin.rules.intents.kinds import NEVER_ALONE


@dataclass(frozen=True)
class Confirmed:
    """What was done: the record, such as promise:17, and the sentence that says so."""

    proposal_id: int
    did: str
    sentence: str


def confirm_proposal(
    who: Who, proposal_id: int, changes: Mapping[str, Any] | None = None, *, key: str | None = None
) -> Confirmed:
    """Do it, with what the person changed: `due_on`, `amount`, `item_ids`, `note`, `reason`, `department`, `document_ids`, `text`,
    `contact_id`, `name`, `email`, `phone`, `until_on`, `what`, `owner_id`, each where the action has it.

    Refused: proposal_unknown, proposal_decided_already, conversation_without_customer, proposal_incomplete, copies_missing, and what
    the act itself refuses; nothing is written then, and the proposal stays.
    """
    customer = _customer_of(proposal_id)
    asked = [proposal_id, {name: str(value) for name, value in (changes or {}).items()}]
    with doing(who, "confirm_proposal", customers=[customer], key=key, asked=asked) as act:
        if act.answered:
            return Confirmed(**act.answer)
        case = _case(proposal_id)
        did = DO[case.proposal.action](act, case, changes or {})
        _decide(act, case, "done", did)
        act.answer = {"proposal_id": proposal_id, "did": did.did, "sentence": did.sentence}
    _afterwards(who, case, did)
    return Confirmed(proposal_id, did.did, did.sentence)


def dismiss_proposal(who: Who, proposal_id: int) -> None:
    """It says something else, or nothing is to be done. Refused: proposal_unknown, proposal_decided_already."""
    with doing(who, "confirm_proposal") as act:
        row = _proposal(proposal_id)
        row.state, row.done_at, row.done_by_id = "dismissed", who.now, who.user_id
        row.save(update_fields=["state", "done_at", "done_by"])
        mail = row.mail
        act.tell(
            about=f"mail_proposal:{row.pk}", customer_id=mail.customer_id, after={"dismissed": row.intent}
        )


def act_alone(who: Who, mail_id: int) -> tuple[Confirmed, ...]:
    """What the setting `inbox.act_alone` lets go by itself of a mail's proposals, done; what is refused is left to a person.

    A person is still owed an answer: the clock of the conversation runs on (P14).
    """
    shares = dict(current_policy().inbox_act_alone)
    if not shares:
        return ()
    rows = list(MailProposal.objects.filter(mail=mail_id, state="proposed", mail__customer__isnull=False))
    if any(each.intent in NEVER_ALONE for each in rows):
        return ()  # a mail that also disputes or threatens is read by a person before anything is done
    sure = [each for each in rows if _may_alone(each, shares)]
    done = []
    for row in sure:
        try:
            with doing(who, "take_mail", customers=[_customer_of(row.pk)], cause="inbox.act_alone") as act:
                case = _case(row.pk)
                did = DO[row.action](act, case, {})
                _decide(act, case, "by_itself", did)
        except Refused:
            continue
        _afterwards(who, case, did)
        done.append(Confirmed(row.pk, did.did, did.sentence))
    return tuple(done)


def _afterwards(who: Who, case: Case, did: Did) -> None:
    """An advice that was kept may be of money that came before it."""
    if did.did.startswith("remittance:"):
        follow_mail(who, case.mail.pk)


def _may_alone(row: MailProposal, shares: Mapping[str, Decimal]) -> bool:
    return row.intent not in NEVER_ALONE and row.intent in shares and row.confidence >= shares[row.intent]


def _customer_of(proposal_id: int) -> int:
    found = (
        MailProposal.objects.filter(pk=proposal_id)
        .values_list("mail__customer", "mail__conversation__customer")
        .first()
    )
    if found is None:
        raise Refused("proposal_unknown", proposal=proposal_id)
    customer = found[1] or found[0]
    if customer is None:
        raise Refused("conversation_without_customer")
    return int(customer)


def _proposal(proposal_id: int) -> MailProposal:
    row = MailProposal.objects.select_for_update(of=("self",)).filter(pk=proposal_id).first()
    if row is None:
        raise Refused("proposal_unknown", proposal=proposal_id)
    if row.state != "proposed":
        raise Refused(
            "proposal_decided_already",
            state=row.state.replace("_", " ").replace("by itself", "done by itself"),
        )
    return row


def _case(proposal_id: int) -> Case:
    """The proposal, held, with its mail, conversation, customer and contact."""
    row = _proposal(proposal_id)
    mail = row.mail
    conversation = mail.conversation
    if conversation is not None and conversation.merged_into is not None:
        conversation = conversation.merged_into
    customer = (conversation.customer if conversation else None) or mail.customer
    if customer is None:
        raise Refused("conversation_without_customer")
    facts = proposal_facts(row.facts)
    wanted = facts.items or (items_named(conversation.pk) if conversation is not None else ())
    items = Item.objects.filter(pk__in=wanted, customer=customer).order_by("due_on", "pk")
    return Case(
        row, mail, conversation, customer, contact_of(customer.pk, mail.from_address), facts,
        tuple(items.values_list("pk", flat=True)),
    )  # fmt: skip


def _decide(act: Act, case: Case, state: str, did: Did) -> None:
    row = case.proposal
    row.state, row.done_at, row.done_by_id, row.did = state, act.who.now, act.who.user_id, did.did[:80]
    row.save(update_fields=["state", "done_at", "done_by", "did"])
    after = {state: row.intent, "did": did.did}
    act.tell(about=f"mail_proposal:{row.pk}", customer_id=case.customer.pk, after=after)
