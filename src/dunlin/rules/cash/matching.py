"""The order of cash application: the first step that succeeds proposes, the bar and what is forbidden decide. DOMAIN section 6, rule P27.

0 who paid; 1 and 2 what is named, in the payer's list or in the text; 3 one item of the amount; 4 a few items; 5 a whole balance;
6 oldest first where the customer's terms say so; 7 unapplied, with a task. A second way that is nearly as likely is a person's question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dunlin.rules.cash.amounts import by_amount
from dunlin.rules.cash.facts import Bars, Book, Decision, EqualItems, Evidence, Payment, Proposal
from dunlin.rules.cash.forbidden import duplicate_of, instruction_in, not_ours, why_never
from dunlin.rules.cash.guesses import by_habit, first_guess
from dunlin.rules.cash.named import by_names, what_is_named
from dunlin.rules.cash.reading import Case, Plan, read
from dunlin.rules.cash.references import mentions_in
from dunlin.rules.cash.remitted import by_remittance

PLAIN_BARS = Bars()


def match(payment: Payment, book: Book, bars: Bars = PLAIN_BARS) -> Proposal:
    """What to do with a payment. ValueError when its amount is not above zero: money that goes out is not cash to apply."""
    if payment.amount <= 0:
        raise ValueError(
            f"payment {payment.id} is of {payment.amount} minor units; only money that came in is applied"
        )
    case = read(payment, book, bars)
    if said := instruction_in(payment):
        return _unapplied(case, "payer_instruction", said=said)
    if not_ours(payment) and not case.named:
        return _unapplied(case, "not_from_a_customer", payer=payment.payer_name)
    earlier = duplicate_of(payment, references_of(payment), book.earlier(payment))
    plan = by_remittance(case) or by_names(case) or _by_amount_alone(case)
    if earlier is not None and (
        plan is None or "names_not_open" in plan.forbidden or not references_of(payment)
    ):
        return _unapplied(case, "duplicate_suspect", of=earlier.payment, on=earlier.on.isoformat())
    if plan is None:
        return _unapplied(case, "nothing_fits" if case.known else "payer_unknown")
    return _decided(case, plan, ("duplicate_suspect",) if earlier is not None else ())


def references_of(payment: Payment) -> frozenset[str]:
    """The numbers a payment names, in one form, to tell a duplicate by."""
    texts = (payment.memo, *(line.reference for line in payment.remittance))
    return frozenset(
        mention.digits
        for text in texts
        for mention in mentions_in(text)
        if mention.label != "account" and len(mention.digits) > 3
    )


def _by_amount_alone(case: Case) -> Plan | None:
    """Steps 3 to 6. A payment that names documents which are not open is never decided by its amount."""
    named = what_is_named(case, case.mentions)
    listed = bool(case.payment.remittance)
    plan = by_amount(case) or by_habit(case) or first_guess(case)
    if plan is None:
        return None
    forbidden = plan.forbidden
    if named.missing or listed:
        forbidden = (*forbidden, "names_not_open")
    elif named.fixed:
        forbidden = (*forbidden, "names_something_else")
    return replace(plan, forbidden=forbidden)


def _decided(case: Case, plan: Plan, forbidden: tuple[str, ...] = ()) -> Proposal:
    """Alone only above the bar and when nothing forbids it."""
    payment = case.payment
    customers = tuple(dict.fromkeys(item.customer for item in plan.items))
    codes = [*forbidden, *plan.forbidden, *why_never(payment, plan.items, customers, case.book, case.bars)]
    if plan.equal_items and _equal_items(case, customers) == "ask":
        codes.append("equal_items")
    if _of_others(case, customers):
        codes.append("items_of_others")
    decision: Decision = "auto" if plan.sure >= case.bars.auto_bar and not codes else "review"
    assert sum(line.amount for line in plan.lines) + plan.unapplied == payment.amount, payment.id
    return Proposal(
        payment.id, decision, plan.step, customers, plan.lines, plan.deductions, plan.unapplied, plan.sure,
        (*case.tried, *plan.evidence), tuple(dict.fromkeys(codes)),
    )  # fmt: skip


def _equal_items(case: Case, customers: Sequence[str]) -> EqualItems:
    """What is done when an item not chosen is as good: the customer's own choice, else the setting of the run."""
    chosen = {case.book.standing(customer).equal_items for customer in customers}
    return chosen.pop() or case.bars.equal_items if len(chosen) == 1 else "ask"


def _of_others(case: Case, customers: Sequence[str]) -> bool:
    """Whether the items belong to customers outside the group of the payer, when the payer is sure."""
    payer = case.payer
    return payer is not None and not set(customers) <= {payer.customer, *case.scope}


def _unapplied(case: Case, code: str, **facts: object) -> Proposal:
    """Step 7: the money stays unapplied and a person is asked."""
    payment = case.payment
    customers = (case.known[0].customer,) if case.known and code != "not_from_a_customer" else ()
    if code == "nothing_fits" and case.payer is None:
        code = "payer_unknown"
    return Proposal(
        payment.id, "review", "unapplied", customers, (), (), payment.amount, 0,
        (*case.tried, Evidence(code, facts)), (code,),
    )  # fmt: skip
