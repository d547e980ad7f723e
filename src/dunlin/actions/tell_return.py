"""A payment that came back is told at once: an e-mail to those P25 names and a follow-up by its class; and a return a person records (E4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.return_payment import Returned, customers_touched, return_payment
from dunlin.actions.tell_at_once import ask_collector, mail_colleagues
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import Item, ReturnedPayment
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.returned import CLASSES, retry_of

_SHOWN = 30  # documents in a mail


def record_return(
    who: Who, payment_id: int, trace: str, *, returned_on: date, reason: str = "", policy: Policy | None = None
) -> Returned:  # fmt: skip
    """A person saw that a payment came back: taken back and told in one transaction. Refused: what `return_payment` refuses."""
    customers = customers_touched(payment_id)
    with doing(who, "return_payment", customers=customers, cause=f"returned, {reason or 'no code'}") as act:
        # The frame of this act undoes a dry run; the inner one must leave its rows until then.
        inner = replace(who, dry_run=False)
        returned = return_payment(
            inner, payment_id, trace, returned_on=returned_on, reason=reason, policy=policy
        )
        if not returned.already:
            told_by = tell_return(act, payment_id, returned, once=f"returned_payment:{payment_id}")
            act.tell(
                about=f"item:{payment_id}", after={"taken_back_by": returned.item_id, "told_by": told_by}
            )
        return returned


def tell_return(act: Act, payment_id: int, returned: Returned, *, once: str) -> int | None:
    """The mail and the follow-up; the mail's id, None when nobody has an address. `once` is its key."""
    payment = Item.objects.select_related("customer__collector", "customer__sales_rep").get(pk=payment_id)
    came = ReturnedPayment.objects.get(payment=payment)
    message = _mail(act, payment, came, returned, once)
    _follow_up(act, payment, came)
    return message


def _mail(act: Act, payment: Item, came: ReturnedPayment, returned: Returned, once: str) -> int | None:
    customer, meaning = payment.customer, CLASSES.get(came.letter)
    amount = Money(payment.amount, payment.currency)
    opened = list(Item.objects.filter(pk__in=returned.reopened).order_by("due_on", "pk")[:_SHOWN])
    why = f"{came.code}, {meaning.name}" if meaning else came.code.replace("_", " ") or "no reason given"
    told = list(came.evidence[1:])
    if came.letter == "L":
        # A mail goes on from hand to hand. Compliance and the AR manager see the reason in the books.
        why, told = "with compliance; it is not named here, and nobody outside is told why", []
    lines = [
        f"The bank returned a payment of {customer.name} ({customer.number}): {amount}, received {payment.value_on}, returned {came.returned_on}.",
        f"Reason: {why}.", *(f"{each[:1].upper()}{each[1:].rstrip('.')}." for each in told), "", "Open again:",
        *(f"- {each.number or each.reference}, due {each.due_on}: {Money(each.open, each.currency)}" for each in opened),
        *([f"- and {len(returned.reopened) - _SHOWN} more"] if len(returned.reopened) > _SHOWN else []),
        "", f"Next: {meaning.then if meaning else 'Ask the bank why.'}",
    ]  # fmt: skip
    subject = f"Returned payment: {customer.name}, {amount}"
    return mail_colleagues(act, customer, subject, lines, entity_id=payment.entity_id, once=once)


def _follow_up(act: Act, payment: Item, came: ReturnedPayment) -> None:
    """What a person does next, by the class of the code: for want of funds a call on the next business day, else today (DOMAIN section 4)."""
    today, meaning = act.who.today, CLASSES.get(came.letter)
    due = calendar(LEDGER).next_business_day(today) if came.letter == "F" else today
    then = meaning.then if meaning else "Ask the bank why."
    again = ""
    if meaning is not None:
        again = (
            f" {retry_of(came.code, came.rail, times=came.times, first_on=came.first_on, today=today).words}"
        )
    code = f" ({came.code.replace('_', ' ')})" if came.code else ""
    what = f"Payment of {Money(payment.amount, payment.currency)} came back{code}: {then}{again}"
    ask_collector(act, payment.customer, what, due)
