"""Whose mail is it? Thread, then sender, then numbers in the text; what is not sure is a person's to say, with the candidates named.

A wrong match shows one customer's affairs beside another's, so no match is better than a wrong one. Nothing is ever thrown away.
Rules P14, P29; traps 58, 59. See docs/rules/mail-matching.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

# Anybody has an address there; neighbours of a domain say nothing.
FREE_DOMAINS = frozenset(
    "gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.co.jp hotmail.com hotmail.fr outlook.com live.com msn.com "
    "aol.com icloud.com me.com mac.com gmx.de gmx.net gmx.at web.de t-online.de freenet.de orange.fr wanadoo.fr free.fr libero.it "
    "mail.ru yandex.ru qq.com 163.com 126.com naver.com protonmail.com proton.me comcast.net verizon.net att.net sbcglobal.net "
    "btinternet.com rediffmail.com ymail.com zoho.com".split()
)
NAMED_MAX = 5


@dataclass(frozen=True, slots=True)
class Thread:
    """A mail or message that this one answers, of a customer; `what` says it in words: "our message of 12 Nov"."""

    customer_id: int
    what: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a mail. `threads` nearest first; `sender` are the customers that have its address on file; `numbers` are
    the document numbers in the text that exist, each with the customers that have it; `neighbours` are the customers with other
    addresses at its domain. `names` gives each customer in words."""

    address: str = ""
    threads: Sequence[Thread] = ()
    sender: Collection[int] = ()
    numbers: Mapping[str, Collection[int]] = field(default_factory=dict)
    neighbours: Collection[int] = ()
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """The customer, or None for triage; by what (thread, sender, reference, or "" for none); why in words; who else it may be."""

    customer_id: int | None
    by: str
    why: str
    candidates: tuple[int, ...] = ()


def match(evidence: Evidence) -> Match:
    """Whose mail it is. The first that decides: the thread, one customer with the sender's address, the numbers it names."""
    sender = sorted(set(evidence.sender))
    if evidence.threads:
        thread = evidence.threads[0]
        strange = (
            ""
            if not sender or thread.customer_id in sender
            else f"; the sender is on file for {_named(evidence, sender)}"
        )
        return Match(thread.customer_id, "thread", f"It answers {thread.what}{strange}.")
    if len(sender) == 1:
        return Match(
            sender[0], "sender", f"{evidence.address} is on file for {_named(evidence, sender)} only."
        )
    owners = _owners(evidence.numbers)
    numbers = ", ".join(sorted(evidence.numbers)[:NAMED_MAX])
    if sender:
        among = sorted(set(owners) & set(sender))
        if len(among) == 1:
            why = f"{evidence.address} is on file for {_named(evidence, sender)}; {numbers} is of {_named(evidence, among)}."
            return Match(among[0], "reference", why)
        why = f"{evidence.address} is on file for {_named(evidence, sender)}: a person says whose mail it is."
        return Match(None, "", why, tuple(sender))
    if len(owners) == 1:
        return Match(
            owners[0], "reference", f"The sender is not on file; {numbers} is of {_named(evidence, owners)}."
        )
    if owners:
        why = f"The sender is not on file, and {numbers} is of {_named(evidence, owners)}."
        return Match(None, "", why, tuple(owners))
    near = sorted(set(evidence.neighbours))
    if near:
        domain = evidence.address.rpartition("@")[2]
        why = f"The sender is not on file; other addresses at {domain} are of {_named(evidence, near)}."
        return Match(None, "", why, tuple(near))
    return Match(None, "", "The sender is not on file and the text names no document we know.")


def _owners(numbers: Mapping[str, Collection[int]]) -> list[int]:
    """The customers that have all the numbers; when none has, everybody who has one. A number of many customers (a PO number)
    says nothing beside one that is of one customer alone."""
    if not numbers:
        return []
    sets = [set(owners) for owners in numbers.values()]
    common = set.intersection(*sets)
    if common:
        return sorted(common)
    single = {next(iter(owners)) for owners in sets if len(owners) == 1}
    return sorted(single or set.union(*sets))


def _named(evidence: Evidence, customers: Sequence[int]) -> str:
    names = [evidence.names.get(each, f"customer {each}") for each in customers[:NAMED_MAX]]
    if len(customers) > NAMED_MAX:
        return f"{', '.join(names)} and {len(customers) - NAMED_MAX} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
