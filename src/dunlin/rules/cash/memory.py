"""A book in memory: what matching asks, answered from lists. Used by `dunlin apply files`, by tests and by the benchmarks.

An item is seen only on the days it is open. The rows are the ledger: what a run applies is gone until the end of that day, and the
next day is again as the rows have it. What is known of payers is what was taught.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from dunlin.rules.cash.facts import Earlier, Habits, Known, OpenItem, Payment, Proposal, Standing
from dunlin.rules.cash.forbidden import DUPLICATE_DAYS
from dunlin.rules.cash.learning import Trust, related
from dunlin.rules.cash.matching import references_of
from dunlin.rules.cash.payer import Names, key_of
from dunlin.rules.cash.references import digits_of, form_of, forms_of

_PLAIN = Standing()
_NONE = Habits()
HEAD_DIGITS = 4
STRANGE_MIN, STRANGE_SURE = 4, 850


@dataclass(frozen=True, slots=True)
class Party:
    """A customer of the master data."""

    id: str
    name: str
    parent: str = ""
    currency: str = ""
    standing: Standing = _PLAIN


@dataclass(frozen=True, slots=True)
class Dated:
    """An item and the days it can be seen: from `since` to `until`, both included; None is still open."""

    item: OpenItem
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Learnt:
    """What an application that stood teaches: whose payment it was, and the discounts taken, in hundredths of a per cent."""

    payment: Payment
    customers: tuple[str, ...]
    discounts: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class _Account:
    """What an account paid for; `own` when a payer's name was once the customer's own."""

    trust: dict[str, Trust] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)


class MemoryBook:
    """Implements `facts.Book`. `go_to` moves it to a day, days only forward; `teach` and `used` change it."""

    def __init__(self, parties: Iterable[Party], items: Iterable[Dated]) -> None:
        self.parties: dict[str, Party] = {party.id: party for party in parties}
        self.parents = {party.id: party.parent for party in self.parties.values() if party.parent}
        self.children: dict[str, list[str]] = {}
        for party in self.parties.values():
            if party.parent:
                self.children.setdefault(party.parent, []).append(party.id)
        self.names = Names((party.id, party.name) for party in self.parties.values())
        self.numbers = {form_of(party.id): party.id for party in self.parties.values()}
        self.coming = sorted(items, key=lambda dated: (dated.since, dated.item.id), reverse=True)
        self.leaving: dict[date, list[str]] = {}
        self.open: dict[str, OpenItem] = {}
        self.by_customer: dict[str, dict[str, OpenItem]] = {}
        self.by_form: dict[str, dict[str, OpenItem]] = {}
        self.looks: set[tuple[int, str]] = set()
        self.accounts: dict[str, _Account] = {}
        self.aliases: dict[str, dict[str, Trust]] = {}
        self.discounts: dict[str, dict[int, int]] = {}
        self.lately: dict[str, deque[Earlier]] = {}
        self.used_today: dict[str, OpenItem] = {}
        self.day = date.min

    def go_to(self, day: date) -> None:
        """Show what is open on a day. ValueError when it lies before the day shown: the past is not seen again."""
        if day < self.day:
            raise ValueError(f"{day} is before {self.day}: payments are taken in order of their days")
        if day > self.day:  # the rows are the ledger: what they still show open on the next day is open
            for item in self.used_today.values():
                self._put(item)
            self.used_today.clear()
        for gone in sorted(on for on in self.leaving if on < day):
            for item_id in self.leaving.pop(gone):
                self._close(item_id)
        while self.coming and self.coming[-1].since <= day:
            dated = self.coming.pop()
            if dated.until is None or dated.until >= day:
                self._show(dated)
            self._look(dated.item)
        self.day = day

    def _show(self, dated: Dated) -> None:
        self._put(dated.item)
        if dated.until is not None:
            self.leaving.setdefault(dated.until, []).append(dated.item.id)

    def _put(self, item: OpenItem) -> None:
        self.open[item.id] = item
        self.by_customer.setdefault(item.customer, {})[item.id] = item
        for form in _keys_of(item):
            self.by_form.setdefault(form, {})[item.id] = item

    def _look(self, item: OpenItem) -> None:
        digits = digits_of(item.number)
        if len(digits) > HEAD_DIGITS and item.number.isdigit():
            self.looks.add((len(digits), digits[:HEAD_DIGITS]))

    def _close(self, item_id: str) -> None:
        item = self.open.pop(item_id, None)
        if item is not None:
            del self.by_customer[item.customer][item_id]
            for form in _keys_of(item):
                self.by_form[form].pop(item_id, None)

    def used(self, proposal: Proposal) -> None:
        """What a proposal that was carried out leaves open. ValueError when it puts more on an item than is open (invariant 2)."""
        for line in proposal.lines:
            item = self.open[line.item]
            left = item.open - line.amount
            if left and (left > 0) != (item.open > 0):
                raise ValueError(f"{line.amount} is more than the {item.open} open on {item.number}")
        kept = {each.item for each in proposal.deductions}
        for line in proposal.lines:
            item = self.open[line.item]
            self.used_today.setdefault(item.id, item)
            left = item.open - line.amount
            if left and line.item not in kept:
                self._put(replace(item, open=left))
            else:
                self._close(line.item)

    def teach(self, learnt: Learnt) -> None:
        """Learn from an application that stood. Money of nobody in the book teaches nothing."""
        payment = learnt.payment
        named = {known.customer for known in self.names.find(payment.payer_name)}
        for customer in learnt.customers:
            if payment.account:
                account = self.accounts.setdefault(payment.account, _Account())
                account.trust[customer] = account.trust.get(customer, Trust()).after(True)
                if named & set(self.family(customer)):
                    account.own.add(customer)
        if len(learnt.customers) == 1 and payment.payer_name and not self.shared_account(payment.account):
            alias = self.aliases.setdefault(key_of(payment.payer_name), {})
            alias[learnt.customers[0]] = alias.get(learnt.customers[0], Trust()).after(True)
        for customer, rate in learnt.discounts:
            rates = self.discounts.setdefault(customer, {})
            rates[rate] = rates.get(rate, 0) + 1

    def correct(self, learnt: Learnt, decided: Proposal | None) -> None:
        """What people made of a payment, `decided` alone before or not: whoever was wrongly taken for the payer loses trust."""
        if decided is not None and learnt.payment.account:
            for wrong in set(decided.customers) - set(learnt.customers):
                self.unteach(learnt.payment.account, wrong)
        self.teach(learnt)

    def unteach(self, account: str, customer: str) -> None:
        """An application that this account led to was wrong: its trust falls."""
        trust = self.accounts.setdefault(account, _Account()).trust
        trust[customer] = trust.get(customer, Trust()).after(False)

    def seen(self, payment: Payment) -> None:
        """Remember a payment, so that a second one like it is noticed."""
        earlier = Earlier(payment.id, payment.on, payment.amount, payment.currency, references_of(payment))
        for key in _payer_keys(payment):
            row = self.lately.setdefault(key, deque(maxlen=200))
            row.append(earlier)
            while row and row[0].on < payment.on - timedelta(DUPLICATE_DAYS):
                row.popleft()

    def by_account(self, account: str) -> Sequence[Known]:
        """As learnt: the customers this account paid for whose trust stands, the surest first."""
        if account not in self.accounts:
            return ()
        found = self.accounts[account]
        known = [
            Known(
                customer,
                trust.sure if self._proven(trust, customer in found.own) else STRANGE_SURE,
                "account",
            )
            for customer, trust in found.trust.items()
            if trust.sure
        ]
        return sorted(known, key=lambda each: (-each.sure, each.customer))

    @staticmethod
    def _proven(trust: Trust, own: bool) -> bool:
        """Whether one look at it is enough: under a strange name it takes more, it may be a service that pays for anybody."""
        return own or trust.right >= STRANGE_MIN

    def shared_account(self, account: str) -> bool:
        """It paid for customers that are not of one group."""
        trusts = self.accounts[account].trust if account in self.accounts else {}
        return len(trusts) > 1 and not related(trusts, self.parents)

    def by_name(self, name: str) -> Sequence[Known]:
        """Master data first, then aliases learnt; an alias of several customers names none of them."""
        found = self.names.find(name)
        if found and found[0].sure >= 900:
            return found
        alias = {
            customer: trust for customer, trust in self.aliases.get(key_of(name), {}).items() if trust.sure
        }
        if len(alias) == 1:
            customer, trust = next(iter(alias.items()))
            sure = min(trust.sure, 985) if self._proven(trust, own=False) else STRANGE_SURE
            return (Known(customer, sure, "alias"), *(k for k in found if k.customer != customer))
        return found

    def by_number(self, number: str) -> str | None:
        """The customer with this number."""
        return self.numbers.get(form_of(number))

    def family(self, customer: str) -> Sequence[str]:
        """The customer, its parent, the parent's children, its own children."""
        parent = self.parents.get(customer, "")
        others = [parent, *self.children.get(parent, ())] if parent in self.parties else []
        return tuple(dict.fromkeys((customer, *others, *self.children.get(customer, ()))))

    def items_of(self, customer: str) -> Sequence[OpenItem]:
        """What is open of it today."""
        return tuple(self.by_customer.get(customer, {}).values())

    def items_named(self, form: str) -> Sequence[OpenItem]:
        """What is open today under this form of a number."""
        return tuple(self.by_form.get(form, {}).values())

    def number_like(self, digits: str) -> bool:
        """As many digits and the same first ones as a document number seen so far, or the first digits of such a one."""
        head = digits[:HEAD_DIGITS]
        return any(head == known and HEAD_DIGITS + 2 <= len(digits) <= length for length, known in self.looks)

    def habits(self, customer: str) -> Habits:
        """The discounts it took."""
        rates = self.discounts.get(customer)
        return Habits(rates) if rates else _NONE

    def standing(self, customer: str) -> Standing:
        """What forbids acting alone for it."""
        party = self.parties.get(customer)
        return party.standing if party else _PLAIN

    def earlier(self, payment: Payment) -> Sequence[Earlier]:
        """Payments of the same account or name in the days before."""
        found: dict[str, Earlier] = {}
        for key in _payer_keys(payment):
            found |= {each.payment: each for each in self.lately.get(key, ())}
        return tuple(found.values())


def _keys_of(item: OpenItem) -> tuple[str, ...]:
    """The forms an item is found by: of its number, and of its order."""
    return (*forms_of(item.number), form_of(item.po_number)) if item.po_number else forms_of(item.number)


def _payer_keys(payment: Payment) -> tuple[str, ...]:
    return tuple(
        key
        for key in (payment.account and f"account {payment.account}", f"name {key_of(payment.payer_name)}")
        if key
    )


def rates_of(deductions: Mapping[str, int], amounts: Mapping[str, int]) -> tuple[int, ...]:
    """The discount rates, in hundredths of a per cent, that deductions are of the full amounts; odd ones are left out."""
    found = []
    for item, kept in deductions.items():
        full = amounts.get(item, 0)
        rate = round(kept * 10_000 / full / 25) * 25 if full > 0 else 0
        if 0 < rate <= 1_000 and abs(kept * 10_000 - rate * full) <= 10_000:
            found.append(rate)
    return tuple(found)
