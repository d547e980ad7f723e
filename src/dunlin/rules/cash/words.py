"""A proposal in plain sentences: what was done, by what evidence, and why a person is asked. The codes come with their figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dunlin.rules.cash.facts import Evidence, Proposal
from dunlin.rules.money import Money

_HOW = {
    "exact": "in full", "swapped": "with letters for digits", "order": "by its order", "order_head": "by the first digits of its order",
    "tail": "by its last digits", "head": "by its first digits", "typo": "with one digit wrong", "amount": "by its amount alone",
}  # fmt: skip
_PAYER = {
    "account": "known by the bank account", "advice": "known by the advice", "customer_number": "named by its customer number", "name": "named in full",
    "name_short": "named in a shortened form", "name_misspelt": "named with a misspelling", "alias": "known by an alias",
}  # fmt: skip
_WAYS: Mapping[str, str] = {
    "one_item": "{items} open item of exactly this amount",
    "few_items": "{items} open items make the amount; ways found: {ways}",
    "whole_balance": "the {items} open items of the customer make the amount",
    "past_due": "the {items} items past due make the amount",
}
_WHY: Mapping[str, str] = {
    "customer_insolvent": "the customer is insolvent",
    "duplicate_suspect": "it may be a duplicate",
    "equal_items": "items of equal amount are as good",
    "item_held": "an item is held",
    "items_of_others": "the items are another customer's",
    "names_not_open": "it names documents that are not open",
    "names_something_else": "it names other documents than those that fit",
    "netting": "it is marked as netting",
    "not_from_a_customer": "it is not from a customer",
    "nothing_fits": "nothing open fits",
    "other_currency": "an item is in another currency",
    "over_auto_limit": "it is above the limit",
    "payer_instruction": "the payer says it is for something else",
    "payer_unknown": "the payer is not known",
    "sanctions_hit": "there is a sanctions hit",
}


def sentence_of(proposal: Proposal, currency: str) -> str:
    """The evidence in one line, then why a person is asked."""
    said = [text for each in proposal.evidence[:12] if (text := _said(each, currency))]
    if len(proposal.evidence) > 12:
        said.append(f"and {len(proposal.evidence) - 12} more")
    why = [_WHY[code] for code in proposal.forbidden]
    if proposal.decision == "review" and not why:
        why = [f"{proposal.sure / 10:g} % sure is below the bar"]
    end = f". A person is asked: {', '.join(why)}" if why else ""
    return "; ".join(said) + end + "."


def _said(evidence: Evidence, currency: str) -> str:
    facts = dict(evidence.facts)
    for name in ("amount", "paid", "listed"):
        if isinstance(minor := facts.get(name), int):
            facts[name] = Money(minor, currency)
    if evidence.code in _WAYS:
        return _WAYS[evidence.code].format_map(facts)
    words = _WORDS.get(evidence.code)
    return words(facts) if words else ""


_WORDS: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "another_item_fits": lambda f: "another open item is of exactly the amount",
    "duplicate_suspect": lambda f: f"same payer, amount and references as {f['of']} of {f['on']}",
    "kept_back": lambda f: f"{f['amount']} kept back on {f['item']} ({f['reason']})",
    "list_and_money_differ": lambda f: f"the list says {f['listed']}, the money is {f['amount']}",
    "named": lambda f: (
        f"it names {f['item']}" if f["as"] == f["item"] else f"{f['as']} is {f['item']} {_HOW[str(f['how'])]}"
    ),
    "names_nothing_open": lambda f: "nothing open is named",
    "no_items_make_amount": lambda f: "no open items make the amount",
    "not_from_a_customer": lambda f: f"{f['payer']} is not a customer's name",
    "oldest_first": lambda f: "the customer's terms are oldest first",
    "over": lambda f: f"{f['amount']} more than what it pays stays unapplied",
    "part": lambda f: f"{f['share']} of {f['item']}",
    "payer": lambda f: f"customer {f['customer']} {_PAYER[str(f['how'])]}",
    "payer_instruction": lambda f: f"the payer writes {f['said']}",
    "payers_possible": lambda f: f"{f['payers']} customers may be meant, {f['fitting']} of them fit",
    "usual_discount": lambda f: f"{f['items']} open items less the usual {f['rate']} % make the amount",
    "remittance": lambda f: f"the list pays {f['paid']} on {f['as']}, found {_HOW[str(f['how'])]}",
    "remittance_more_than_money": lambda f: "the list is more than the money by far",
    "remittance_side_wrong": lambda f: "the list pays a credit memo or takes from an invoice",
    "remittance_line_not_found": lambda f: f"{f['reference']} of the list is not open",
}
