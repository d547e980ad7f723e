"""Place one receipt by the rules of cash application: by itself above the bar, else as a proposal with its evidence (E2, P27)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

from dunlin.actions.doing import Who
from dunlin.actions.link_advice import link_advice
from dunlin.actions.process_receipt import Deduction, Placing, keep_proposal, place_receipt
from dunlin.actions.take_payment import Use
from dunlin.records.models import Customer, Item, Receipt, RemittanceAdvice
from dunlin.reports.advices import advice_for
from dunlin.reports.cash_book import CashBook, payment_of
from dunlin.reports.payment_choices import Chosen, chosen_under
from dunlin.rules.applying import Along
from dunlin.rules.cash.facts import Bars, Evidence, Proposal
from dunlin.rules.cash.matching import match
from dunlin.rules.cash.words import sentence_of
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money


def place_by_rules(who: Who, receipt_id: int, book: CashBook) -> str:
    """placed, proposed or asked. Refused: receipt_unknown, receipt_settled_already, and what placing refuses.

    What is for accounts of no one payer group, or needs a person's doubt cleared, is proposed, however sure it is.
    """
    row = Receipt.objects.filter(pk=receipt_id).select_related("account").first()
    if row is None:
        raise Refused("receipt_unknown", receipt=receipt_id)
    chosen = _chosen(row)
    if chosen is not None:
        return _as_chosen(who, row, *chosen, book)
    advice = _advice(who, row, book)
    found = _with_numbers(match(payment_of(row, advice), book, Bars()))
    rests_on = advised(advice, row.currency)
    unclear = advice is not None and advice.adds_up is False
    if _goes_alone(row, found, book) and not unclear:
        placing = _placing(found, row.currency, rests_on)
        place_receipt(who, receipt_id, placing, automatic=True, policy=book.policy)
        book.refresh()
        return "placed"
    customer = int(found.customers[0]) if found.customers else None
    proposal = _kept(row, found, rests_on) if found.lines else None
    question = f"{sentence_of(found, row.currency)} {rests_on}".strip()
    keep_proposal(who, receipt_id, customer, proposal, "" if proposal else question)
    return "proposed" if proposal else "asked"


def _advice(who: Who, row: Receipt, book: CashBook) -> RemittanceAdvice | None:
    """The advice linked to it, else the one that waited for this money, linked now."""
    linked = row.advices.first()
    if linked is None and (found := advice_for(row, book)) is not None and not who.dry_run:
        try:
            link_advice(who, found[0], row.pk, found[1])
        except Refused:  # somebody was quicker
            return None
        linked = row.advices.first()
    return linked


def advised(advice: RemittanceAdvice | None, currency: str) -> str:
    """Which advice a proposal rests on, in a sentence; "" without one."""
    if advice is None:
        return ""
    how = {
        "trace": f"by its reference {advice.trace}", "check": f"by check {advice.check_number}",
        "payer": "by payer, amount and day", "person": "by hand",
    }[advice.linked_by]  # fmt: skip
    said = f"It rests on the advice {advice.name[:60]!r} of {Money(advice.money, currency)}, received {advice.received_at:%Y-%m-%d}, linked {how}."
    if advice.adds_up is False:
        return f"The advice {advice.name[:60]!r} is linked {how}, and its lines were not used: they do not make what it states."
    return said


def _chosen(row: Receipt) -> tuple[str, Chosen] | None:
    """The one choice of a customer in the portal whose reference this money bears: step 1, before anything is guessed."""
    found = {ref: each for ref, each in chosen_under(row.references).items() if each.currency == row.currency}
    return next(iter(found.items())) if len(found) == 1 else None


def _as_chosen(who: Who, row: Receipt, reference: str, chosen: Chosen, book: CashBook) -> str:
    """By itself when the money is what was chosen and all of it is open and nobody's question; else proposed as far as it is open."""
    customer = str(chosen.customer_id)
    items = {int(each.id): each for each in book.items_of(customer)}
    lines = {pk: min(minor, items[pk].open) for pk, minor in chosen.lines.items() if pk in items}
    entity = row.account.entity_id if row.account else None
    whole = lines == dict(chosen.lines) and row.amount == chosen.amount and entity in (None, chosen.entity_id)
    free = not any(items[pk].held for pk in lines) and not book.standing(customer).insolvent and not row.doubt
    evidence = (
        f"It bears reference {reference}, under which the customer chose these documents in the portal."
    )
    if whole and free:
        uses = [Use(pk, Money(minor, row.currency), discount=True) for pk, minor in lines.items()]
        placing = Placing(chosen.customer_id, uses, evidence=evidence, why="cash_reference")
        place_receipt(who, row.pk, placing, automatic=True, policy=book.policy)
        book.refresh()
        return "placed"
    why = (
        "the amount is another"
        if row.amount != chosen.amount
        else "not all of them are open as they were, or one is held"
    )
    kept = {
        "lines": [{"item": pk, "amount": minor} for pk, minor in lines.items()], "deductions": [], "unapplied": 0, "sure": 0,
        "step": "reference", "customers": [chosen.customer_id], "evidence": [f"{evidence} A person is asked: {why}."], "forbidden": [],
    }  # fmt: skip
    keep_proposal(
        who,
        row.pk,
        chosen.customer_id,
        kept if lines else None,
        "" if lines else f"{evidence} They are paid already.",
    )
    return "proposed" if lines else "asked"


def _with_numbers(found: Proposal) -> Proposal:
    """The same, its evidence naming customers by their numbers: a key of the database says nothing to a reader."""
    keys = {str(each.facts["customer"]) for each in found.evidence if "customer" in each.facts}
    numbers = (
        {str(pk): number for pk, number in Customer.objects.filter(pk__in=keys).values_list("pk", "number")}
        if keys
        else {}
    )
    if not numbers:
        return found
    told = tuple(
        Evidence(each.code, {name: numbers.get(str(value), value) if name == "customer" else value for name, value in each.facts.items()})
        for each in found.evidence
    )  # fmt: skip
    return replace(found, evidence=told)


def _goes_alone(row: Receipt, found: Proposal, book: CashBook) -> bool:
    # Money left over is asked about; accounts that are no declared payer group are a person's, with the split for it.
    family = set(book.family(found.customers[0])) if found.customers else set()
    plain = bool(family) and set(found.customers) <= family and not found.unapplied
    return found.decision == "auto" and not found.forbidden and not row.doubt and plain and bool(found.lines)


def _placing(found: Proposal, currency: str, rests_on: str = "") -> Placing:
    said = sentence_of(found, currency)
    evidence = f"{rests_on} {said[:1].upper()}{said[1:]}" if rests_on else said
    amounts: dict[int, int] = defaultdict(int)
    along: dict[int, int] = defaultdict(int)
    for line in found.lines:
        side = amounts if line.amount > 0 else along
        side[int(line.item)] += abs(line.amount)
    uses = [Use(item, Money(minor, currency), discount=True) for item, minor in amounts.items()]
    # An earned discount is granted with its line; what is then left of a deduction is the short pay.
    kept = [Deduction(int(each.item), each.amount, each.reason) for each in found.deductions]
    corrected = dict(Item.objects.filter(pk__in=along).values_list("pk", "corrects"))
    memos = [Along(item, minor, corrected.get(item)) for item, minor in along.items()]
    return Placing(
        int(found.customers[0]), uses, kept, evidence=evidence, why=f"cash_{found.step}"[:32], along=memos
    )


def _kept(row: Receipt, found: Proposal, rests_on: str = "") -> dict[str, Any]:
    """The proposal as it is stored and shown: lines, deductions, what stays unapplied, why it is proposed and why not done alone."""
    return {
        "lines": [{"item": int(line.item), "amount": line.amount} for line in found.lines],
        "deductions": [{"item": int(each.item), "amount": each.amount, "reason": each.reason} for each in found.deductions],
        "unapplied": found.unapplied, "sure": found.sure, "step": found.step, "customers": [int(each) for each in found.customers],
        "evidence": [*([rests_on] if rests_on else []), sentence_of(found, row.currency)], "forbidden": list(found.forbidden),
    }  # fmt: skip
