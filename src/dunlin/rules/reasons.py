"""The sentence people read for a decision, and the figures behind it. Facts in, words out; see docs/rules/worklist.md (H3).

A decision stores a code and facts. Here they become one sentence, and `why` adds the lines that explain the place on
the list. Every figure comes from the decision, so the lines add up to what was decided and not to what is true now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dunlin.rules.codes import sentence
from dunlin.rules.decisions import Decision
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy

TIER_NAMES = {
    "final_just_past_due": "final invoices just past due",
    "mrr_aged": "recurring invoices aged by months",
    "late": "items of the late bucket",
    "early": "items early past due",
    "rest": "everything else past due",
}

HELD_NAMES = {
    "agency": "with an agency",
    "cease_contact": "not to be contacted",
    "disputed": "disputed",
    "extension": "under an approved extension",
    "insolvency": "in insolvency",
    "legal": "in legal hands",
    "plan": "on a payment plan",
    "promised": "promised",
    "reply": "waiting for our answer",
    "sanctions": "under a sanctions hold",
    "unapplied": "covered by unapplied credit",
    "undelivered": "not delivered",
}

_CLASS_NAMES = {"final": "final invoice", "mrr": "recurring invoice"}
_EMAIL_BECAUSE = {
    "do_not_call": "must not be called",
    "no_phone": "no usable phone number on file",
    "not_reached": "not reached by phone today",
    "wrong_number": "the number was wrong",
}
_CREDIT_LIES = {"here": "", "other_entity": " with another entity", "group": " with the group"}
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def reason(code: str, facts: Mapping[str, Any]) -> str:
    """The one sentence of a decision: "Final invoice INV-20931, 3 days past due, 18,200.00 USD; promise of 12 May broken"."""
    today = facts.get("today", "")
    words: dict[str, Any] = {name: _word(name, value, today) for name, value in facts.items()}
    if "item" in facts:
        words["which"] = _which(code, facts)
        words["mark"] = "," if facts["count"] == 1 else ";"  # the amount is of all of them, not of the oldest
        words["tail"] = "".join(f"; {each}" for each in _tail(facts))
    if "zone" in facts:
        # The clock of a place nobody named is read in the ledger's zone: whoever reads the hour must know.
        words["assumed"] = f" (time zone assumed: {facts['zone']})" if facts["zone_assumed"] else ""
    if "conduct_rule" in facts:
        words["rule"] = "rule {key} of the profile {profile}".format(**facts["conduct_rule"])
    if "more" in facts:
        words["more"] = f" and {_count(facts['more'], 'more promise')}" if facts["more"] else ""
        words["more"] += f", of {money_words(facts['of'])} past due" if "of" in facts else ""
    if code == "notice_due":
        how = {"net": "subtracted", "show": "shown"}.get(facts.get("credits", ""), "")
        words["credit"] = f"; {words['unapplied']} of unapplied credit {how}" if how else ""
        words["left_out"] = f"; left out: {words['held']}" if facts.get("held") else ""
    if code == "customer_blocked":
        words["until"] = f" until {words['until']}" if facts["until"] else ""
    return sentence(code, words)


def why(decision: Decision, policy: Policy) -> list[str]:
    """The reason, then in lines: how the past due divides, the conversion, the tier, the order within it, what would change it."""
    lines = [reason(decision.code, decision.facts) + "."]
    lines += [_division(decision, currency) for currency in sorted(decision.past_due)]
    lines += _conversion(decision, policy)
    if decision.tier:
        lines += _place(decision, policy)
    lines += _what_would_change(decision)
    return lines


def machine_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with money as machines read it: {"amount": "18200.00", "currency": "USD"} for minor units."""
    return {name: _machine(value) for name, value in facts.items()}


def day_words(on: date | str, today: date | str = "") -> str:
    """ "12 May", with the year when it is not that of `today`."""
    iso, current = str(on), str(today)
    text = f"{int(iso[8:10])} {_MONTHS[int(iso[5:7]) - 1]}"
    return text if iso[:4] == current[:4] else f"{text} {iso[:4]}"


def money_words(amounts: Sequence[Mapping[str, Any]]) -> str:
    """ "18,200.00 USD and 40.00 EUR"; "nothing" when there is none."""
    return _and([str(Money(each["minor"], each["currency"])) for each in amounts]) or "nothing"


def _word(name: str, value: Any, today: str) -> Any:
    if name == "held":
        return _held_words(value)
    if name == "block":
        return HELD_NAMES.get(value, str(value).replace("_", " "))
    if name in ("days", "months", "minutes", "spacing_minutes"):
        return _count(value, name.removeprefix("spacing_")[:-1])
    if name == "items":
        return _count(value, "item")
    if name in ("calls", "attempts"):
        return _count(value, "call")
    if isinstance(value, list):
        return money_words(value) if value and "minor" in value[0] else value
    if value and (name.endswith("_on") or name in ("until", "day")):
        return day_words(value, today)
    return value


def _which(code: str, facts: Mapping[str, Any]) -> str:
    kind = _CLASS_NAMES.get(facts["class"]) or facts["kind"].replace("_", " ")
    aged = code == "due_mrr_aged"
    if facts["count"] == 1:
        return f"{kind[:1].upper()}{kind[1:]} {facts['item']}" + (
            f", aged {_count(facts['months'], 'month')}" if aged else ""
        )
    # These two tiers hold items of one class only.
    if aged:
        return f"{_count(facts['months'], 'month')} of {kind}s: {facts['count']} open, the oldest {facts['item']}"
    if code == "due_final_just_past_due":
        return f"{facts['count']} {kind}s, the oldest {facts['item']}"
    return f"{facts['count']:,} items, the oldest {kind} {facts['item']}"


def _tail(facts: Mapping[str, Any]) -> list[str]:
    parts = []
    if "collectable" in facts:
        parts.append(f"{money_words(facts['collectable'])} in all")
    if "held" in facts:
        parts.append(f"left out: {_held_words(facts['held'])}")
    for each in facts.get("unapplied", ()):
        parts.append(f"{Money(each['minor'], each['currency'])} lies unapplied{_CREDIT_LIES[each['where']]}")
    missing = [each["currency"] for each in facts.get("rates", ()) if each["rate"] is None]
    if missing:
        parts.append(f"no rate for {_and(missing)}")
    if "broken_on" in facts:
        parts.append(f"promise of {day_words(facts['broken_on'], facts['today'])} broken")
    if "passed_on" in facts:
        passed = f"promise of {day_words(facts['passed_on'], facts['today'])} has passed"
        judged = f"judged on {day_words(facts['judged_on'], facts['today'])}" if "judged_on" in facts else ""
        parts.append(f"{passed}, {judged or 'not judged while money lies unapplied'}")
    if "email_because" in facts:
        parts.append(f"by e-mail, {_EMAIL_BECAUSE[facts['email_because']]}")
    return parts


def _held_words(held: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(_held_word(each) for each in held)


def _held_word(each: Mapping[str, Any]) -> str:
    name = HELD_NAMES.get(each["why"], each["why"].replace("_", " "))
    part = f" in part ({Money(**each['stated'])})" if "stated" in each else ""
    return f"{Money(each['minor'], each['currency'])} {name}{part}"


def _division(decision: Decision, currency: str) -> str:
    """One currency: past due = to collect + each amount held back."""
    parts = [f"{Money(decision.collectable.get(currency, 0), currency)} to collect"]
    held = [each for each in decision.facts.get("held", ()) if each["currency"] == currency]
    parts += [_held_words([each]) for each in held]
    whole = Money(decision.past_due[currency], currency)
    if sum(each["minor"] for each in held) + decision.collectable.get(currency, 0) != whole.minor:
        return f"Past due {whole}."  # silent for another reason than the items, such as cease contact: nothing is divided
    return f"Past due {whole} = {' + '.join(parts)}."


def _conversion(decision: Decision, policy: Policy) -> list[str]:
    rates = decision.facts.get("rates")
    if not rates:
        return []
    stated = [each for each in rates if each["rate"] is not None]
    lines = []
    if stated:
        at = _and([f"{each['rate']} for 1 {each['currency']} (rate of {each['on']})" for each in stated])
        past_due, collect = (
            Money(minor, policy.home_currency)
            for minor in (decision.past_due_home, decision.collectable_home)
        )
        lines.append(f"In {policy.home_currency} at {at}: past due {past_due}, to collect {collect}.")
    missing = [each["currency"] for each in rates if each["rate"] is None]
    if missing:
        lines.append(
            f"There is no rate for {_and(missing)}: that money is not counted in {policy.home_currency}."
        )
    return lines


def _place(decision: Decision, policy: Policy) -> list[str]:
    position = policy.tier_order.index(decision.tier) + 1
    bounds = {
        "final_just_past_due": f"1 to {policy.final_just_past_due_through} days",
        "mrr_aged": f"{policy.mrr_priority_months} months or more",
        "late": f"{policy.late_bucket_from} days or more",
        "early": f"{policy.early_days[0]} to {policy.early_days[1]} days",
        "rest": "no tier above takes it",
    }
    today, oldest = decision.facts["today"], decision.oldest_due_on or ""
    broken = f"yes, {day_words(decision.facts['broken_on'], today)}" if decision.promise_broken else "no"
    return [
        f"Tier {position} of {len(policy.tier_order)}: {TIER_NAMES[decision.tier]} ({bounds[decision.tier]}).",
        f"Within the tier: broken promise first ({broken}), then the larger amount to collect "
        f"({Money(decision.collectable_home, policy.home_currency)}), then the older item (due {day_words(oldest, today)}), "
        f"then the customer number ({decision.number}).",
    ]


def _what_would_change(decision: Decision) -> list[str]:
    if decision.step != "none":
        return ["A payment, a promise, a dispute or a snooze takes it off the list."]
    if decision.look_again_on is None:
        return ["Only a new fact changes this; no date does."]
    return [
        f"Looked at again on {day_words(decision.look_again_on, decision.facts['today'])}, or as soon as a fact changes."
    ]


def _machine(value: Any) -> Any:
    if isinstance(value, list):
        return [_machine(each) for each in value]
    if isinstance(value, Mapping) and "minor" in value:
        rest = {name: _machine(each) for name, each in value.items() if name not in ("minor", "currency")}
        return rest | {
            "amount": Money(value["minor"], value["currency"]).plain,
            "currency": value["currency"],
        }
    return value


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
