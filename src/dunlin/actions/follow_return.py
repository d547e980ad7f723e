"""What follows from a payment that came back, in its own transaction: retry, fee, auto-pay, flag, blocks, escalation (DOMAIN section 4, P25).

The reversal itself is `return_payment`; whom it is told to, `process_return`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dunlin.actions.add_follow_up import FollowUpAsked, record_follow_up
from dunlin.actions.ask_department import ar_manager, on_duty
from dunlin.actions.doing import Act
from dunlin.actions.postings import Draft, post
from dunlin.records.models import Application, Block, Customer, Item, ReturnedPayment
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.returned import (
    RETRY_DAYS,
    ReturnClass,
    auto_pay_after,
    class_of,
    rail_of,
    retry_of,
    return_fee_allowed,
)

FEE_SOURCE = "return_fee"  # with the trace of the return as its key: one fee a return
# What a person chooses instead of a bank's code → the rail it was.
_WORDS = {"check_returned": "check", "card_dispute": "card", "recalled": "", "other": ""}
# Class → the block that stands until a person lifts it.
_BLOCKS = {
    "D": ("cease_contact", "The payer is reported deceased ({code}): no demand is made on the person."),
    "L": ("legal", "With compliance ({code}): no contact about why the payment came back."),
}
_ESCALATED = ("U", "D", "L")


@dataclass(frozen=True)
class Come:
    """How it came back: the bank's trace, the day, the day it is posted, the code or a word for it, the rail ("" to go by the code)."""

    trace: str
    returned_on: date
    posted_on: date
    reason: str
    rail: str = ""
    fee: bool = True  # whether one may be charged at all


def follow_return(act: Act, payment: Item, come: Come, policy: Policy) -> ReturnedPayment:
    """Record the return and do what its class asks for. `payment` is reversed already; the caller refreshes the balances."""
    who = act.who
    rail, meaning = _meaning(come)
    times, first_on = _chain(payment, who.today)
    retry = retry_of(come.reason, rail, times=times, first_on=first_on, today=who.today) if meaning else None
    fee = _fee(act, payment, come, policy) if rail == "ach" and come.fee else None
    funds = ReturnedPayment.objects.filter(
        customer=payment.customer_id, letter="F", returned_on__gt=come.returned_on - timedelta(RETRY_DAYS)
    ).count()
    auto_pay = auto_pay_after(meaning, funds + (meaning is not None and meaning.letter == "F"))
    if rail == "card" and come.reason == "card_dispute":
        auto_pay = "stopped"  # the stored card is not charged while its holder contests a charge
    row = ReturnedPayment.objects.create(
        payment=payment, customer_id=payment.customer_id, rail=rail, code=come.reason[:24], letter=meaning.letter if meaning else "",
        returned_on=come.returned_on, recorded_at=who.now, times=times, first_on=first_on, retry=meaning.retry if meaning else "",
        retries_left=retry.left if retry else 0, retry_until=retry.until if retry else None, retry_label=retry.label if retry else "",
        fee=fee, flag_until=who.today + timedelta(policy.return_flag_days), auto_pay=auto_pay,
        evidence=_evidence(payment, come, meaning, times, retry.words if retry else "", fee, auto_pay),
    )  # fmt: skip
    _block(act, payment, come, meaning)
    if meaning is not None and meaning.letter in _ESCALATED:
        _escalate(act, payment, come, meaning)
    act.tell(
        about=f"item:{payment.pk}", customer_id=payment.customer_id,
        after={
            "returned": row.code, "class": row.letter, "times": times, "retries_left": row.retries_left, "fee": fee.pk if fee else None,
            "auto_pay": auto_pay, "flag_until": row.flag_until,
        },
    )  # fmt: skip
    return row


def _meaning(come: Come) -> tuple[str, ReturnClass | None]:
    if come.reason in _WORDS:
        return come.rail or _WORDS[come.reason], None
    rail = come.rail or rail_of(come.reason)
    return rail, class_of(come.reason, rail) if come.reason else None


def _chain(payment: Item, today: date) -> tuple[int, date]:
    """How often this money came back, this time counted, and when it was received first: earlier returns of the same amount that
    were for one of the same documents, or bear the same reference, within the time in which a debit may be presented again."""
    mine = set(Application.objects.filter(credit=payment).values_list("debit", flat=True))
    earlier = ReturnedPayment.objects.filter(
        customer=payment.customer_id, payment__amount=payment.amount, payment__currency=payment.currency,
        returned_on__lte=payment.value_on, first_on__gte=today - timedelta(RETRY_DAYS),
    ).exclude(payment=payment)  # fmt: skip
    for row in earlier.select_related("payment").order_by("-returned_on", "-pk")[:20]:
        its = set(Application.objects.filter(credit=row.payment).values_list("debit", flat=True))
        if mine & its or (payment.reference and payment.reference == row.payment.reference):
            return row.times + 1, row.first_on
    return 1, payment.value_on


def _fee(act: Act, payment: Item, come: Come, policy: Policy) -> Item | None:
    """One return fee, where it is told beforehand and lawful: a document of its own (P25)."""
    charged = Item.objects.filter(source=FEE_SOURCE, source_key=come.trace[:80]).exists()
    if not policy.return_fee or payment.currency != "USD":
        return None
    if not return_fee_allowed(come.reason, policy.return_fee_told, policy.return_fee_told, charged):
        return None
    draft = Draft(
        customer_id=payment.customer_id, entity_id=payment.entity_id, kind="finance_charge",
        amount=Money.exact(str(policy.return_fee), "USD"), document_on=come.posted_on, due_on=come.posted_on, reason="return_fee",
        reference="RETURN FEE", description=f"Return fee: the payment of {payment.value_on} came back ({come.reason})",
        corrects_id=payment.pk, source=FEE_SOURCE, source_key=come.trace[:80],
    )  # fmt: skip
    return post(act.who, draft)


def _evidence(
    payment: Item,
    come: Come,
    meaning: ReturnClass | None,
    times: int,
    retry: str,
    fee: Item | None,
    auto_pay: str,
) -> list[str]:
    money = Money(payment.amount, payment.currency)
    what = f" ({come.reason}, {meaning.name})" if meaning else f" ({come.reason.replace('_', ' ')})" if come.reason else ""  # fmt: skip
    said = [f"{money} received on {payment.value_on} came back on {come.returned_on}{what}"]
    said += [f"it came back {times} times now"] if times > 1 else []
    said += [retry] if retry else []
    said += [f"a return fee of {Money(fee.amount, fee.currency)} was charged"] if fee else []
    said += [f"auto-pay is {auto_pay}"] if auto_pay != "on" else []
    return said


def _block(act: Act, payment: Item, come: Come, meaning: ReturnClass | None) -> None:
    """Nobody is asked on account of a death, or about what compliance looks at; once, until a person lifts it."""
    if meaning is None or meaning.letter not in _BLOCKS:
        return
    kind, words = _BLOCKS[meaning.letter]
    if Block.objects.filter(customer=payment.customer_id, item=None, kind=kind, lifted_at=None).exists():
        return
    who = act.who
    row = Block.objects.create(
        customer_id=payment.customer_id, kind=kind, from_on=who.today, reason=words.format(code=come.reason)[:300],
        recorded_at=who.now, by_id=who.user_id,
    )  # fmt: skip
    act.tell(
        about=f"block:{row.pk}", customer_id=payment.customer_id, cause=f"class {meaning.letter} of a returned payment",
        after={"kind": kind, "from_on": who.today},
    )  # fmt: skip


def _escalate(act: Act, payment: Item, come: Come, meaning: ReturnClass) -> None:
    """The AR manager sees to it the same day."""
    customer = Customer.objects.select_related("collector__lead").get(pk=payment.customer_id)
    boss = ar_manager(customer)
    if boss is None:
        return
    money = Money(payment.amount, payment.currency)
    what = f"Escalated: a payment of {money} came back ({come.reason}, {meaning.name}). {meaning.then}"
    record_follow_up(act, customer.pk, FollowUpAsked(what, act.who.today, on_duty(boss, act.who.today).pk))
