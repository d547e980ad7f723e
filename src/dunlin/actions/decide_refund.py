"""What a decision on a refund does: approved, the debit is posted and uses up the credit, on facts read again; else the credit is free (P26)."""

from __future__ import annotations

from dunlin.actions.doing import Act
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.postings import Draft, apply, items_of, post
from dunlin.records.approvals import Approval
from dunlin.records.models import Refund
from dunlin.records.policies import current_policy
from dunlin.reports.refundable import called, judged, owners
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

SOURCE = "refund"  # with the refund's own number as its key


def decide_refund(act: Act, approval: Approval, yes: bool) -> None:
    """The effect of the kind `refund`, inside the act that decides, which holds the customer's lock. Refused: approval_facts_changed."""
    number = int(approval.about.partition(":")[2])
    row = Refund.objects.select_for_update(of=("self",)).select_related("payee").filter(pk=number).first()
    if row is None or row.state != "requested":
        raise Refused("approval_facts_changed", what="The refund is not waiting any more.")
    before = {"state": row.state}
    if yes:
        _post(act, row, int(approval.facts.get("owed", 0)))
        row.state = "approved"
    else:
        row.state = "refused" if approval.state == "refused" else "cancelled"
        row.ended_on, row.ended_why = act.who.today, (approval.note or approval.state)[:300]
    row.decided_at = act.who.now
    row.save(update_fields=["state", "decided_at", "ended_on", "ended_why", "item"])
    act.tell(
        about=f"refund:{row.pk}",
        customer_id=row.customer_id,
        before=before,
        after={"state": row.state, "item": row.item_id},
    )


def _post(act: Act, row: Refund, owed_then: int) -> None:
    """Post the refund and use the credit for it, if everything is as it was when it was asked for."""
    who, policy = act.who, current_policy()
    credit = items_of([row.credit_id])[row.credit_id]
    amount = Money(row.amount, row.currency)
    answer = judged(
        credit, who.today, policy, rail=row.rail, asked=amount, method=row.method, payee=row.payee, waived=row.waived, but=row.pk
    )  # fmt: skip
    if not answer.allowed:
        raise Refused("approval_facts_changed", what=answer.objections[0].text)
    owed = owners([row.customer_id], row.currency, who.today)[row.customer_id].owed
    if owed.minor > owed_then:
        said = f"The customer owes {owed} now; it was {Money(owed_then, row.currency)}."
        raise Refused("approval_facts_changed", what=said)
    if row.payee is not None and row.payee.retired_at is not None:
        raise Refused("approval_facts_changed", what="The bank details are no longer used.")
    draft = Draft(
        customer_id=row.customer_id, entity_id=row.entity_id, kind="refund", amount=amount, document_on=who.today,
        number=row.reference, description=f"Refund of {called(credit)}"[:200], corrects_id=credit.pk, source=SOURCE, source_key=str(row.pk),
    )  # fmt: skip
    debit = post(who, draft)
    apply(
        who, credit, debit, amount.minor, posted_on=who.today, value_on=who.today, why="refunded", evidence=row.reason,
        in_open_period=True,
    )  # fmt: skip
    row.item = debit
    facts_changed(who, [row.customer_id], policy)
