"""Collects what a reader of a bank file finds: drafts of statements, warnings, damaged records; then closes the books on them.

Closing means: opening and entries against closing, transactions named by their keys, account numbers out of the texts.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from dunlin.formats.bank_masks import creditor_references, hide_accounts, masked, tail_of
from dunlin.formats.bank_model import Balance, BankFile, BankFileProblem, Entry, Flaw, Statement
from dunlin.formats.problems import Unreadable
from dunlin.rules.codes import sentence
from dunlin.rules.money import MINOR_DIGITS, Money, NotMoney

TEXT_MAX = 4000
DAMAGED_MAX = 10_000  # a file with more is of another kind, or made to keep us busy
_BLANKS = re.compile(r"\s+")


@dataclass(slots=True)
class Draft:
    """A statement while it is read. `account` is the full number, in memory only. `number` is the bank's own for the statement."""

    place: str
    account: str = ""
    currency: str = ""
    number: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    found: list[tuple[Entry, tuple[str, ...], tuple[str, ...], bool]] = field(default_factory=list)
    after: list[tuple[int, Balance]] = field(default_factory=list)  # of a table: amount and balance after it

    def add(
        self, entry: Entry, identity: tuple[str, ...], booking: tuple[str, ...] = (), sure: bool = False
    ) -> None:
        """Take an entry. `identity` is what tells it from others of its day and amount.

        `booking` is what tells the bank's line it is a part of, for certain. `sure` says that the bank promises never to
        give that identity twice: then a second one is in doubt.
        """
        self.found.append((entry, identity, booking, sure))


@dataclass(slots=True)
class Collected:
    """Everything found in one file. `rail` names what transactions are compared within: camt.053 and camt.054 are one."""

    format: str
    rail: str
    variant: str = ""
    drafts: list[Draft] = field(default_factory=list)
    warnings: list[Flaw] = field(default_factory=list)
    damaged: list[Flaw] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def statement(self, place: str, **known: Any) -> Draft:
        """A new statement, begun at `place`."""
        self.drafts.append(Draft(place, **known))
        return self.drafts[-1]

    def warn(self, place: str, code: str, /, **facts: Any) -> None:
        """Something does not fit, and what was read stands all the same."""
        self.warnings.append(Flaw(place, code, sentence(code, facts)))

    def damage(self, place: str, text: str, code: str, /, **facts: Any) -> None:
        """One record cannot be understood: kept with its masked text; the others go on. BankFileProblem when nearly all are so."""
        if len(self.damaged) >= DAMAGED_MAX:
            raise BankFileProblem("bank_damaged_all", limit=DAMAGED_MAX)
        self.damaged.append(Flaw(place, code, masked(sentence(code, facts), 300), masked(text)))

    def unreadable(self, place: str, text: str, problem: Unreadable) -> None:
        """A record that holds an unreadable value."""
        self.damage(place, text, problem.code, **problem.facts)

    def finish(self, name: str) -> BankFile:
        """The file as understood. BankFileProblem when it holds no statement and nothing damaged."""
        if not self.drafts and not self.damaged:
            raise BankFileProblem("bank_no_statement", format=self.format)
        try:
            statements = tuple(self._closed(draft) for draft in self.drafts)
        except NotMoney as problem:  # each amount is right; together they are more than an account can hold
            raise BankFileProblem("bank_not_added", why=str(problem)) from None
        return BankFile(
            name, self.format, self.variant, statements, tuple(self.warnings), tuple(self.damaged)
        )

    def _closed(self, draft: Draft) -> Statement:
        tail = tail_of(draft.account)
        entries = tuple(
            self._named(tail, draft, entry, identity, booking, sure)
            for entry, identity, booking, sure in draft.found
        )
        statement = Statement(
            draft.place,
            tail,
            draft.currency,
            draft.number,
            draft.opening,
            draft.closing,
            entries,
            None,
            draft.account,
        )
        return replace(statement, adds_up=self._adds_up(statement))

    def _named(
        self,
        tail: str,
        draft: Draft,
        entry: Entry,
        identity: tuple[str, ...],
        booking: tuple[str, ...],
        sure: bool,
    ) -> Entry:
        """The entry with its keys and without account numbers in its texts.

        Two payments may be alike in all a file says; the second of a kind is told by its number, so that a longer file
        of the same day finds the first ones again. Rule: invariant 13.
        """
        known = tuple(each for each in (entry.payer_account, entry.corrected, draft.account) if each)
        words = _BLANKS.sub(" ", entry.remittance).strip()[:TEXT_MAX]
        key = self._key(tail, entry, identity)
        self.seen[key] += 1
        doubt = entry.doubt
        if self.seen[key] > 1:
            if sure:
                doubt = doubt or "bank_entry_twice"
                self.warn(entry.place, "bank_entry_twice")
            key = f"{key}-{self.seen[key]}"
        references = list(entry.references)
        references += [each for each in creditor_references(words) if each not in references]
        return replace(
            entry,
            payer_tail=tail_of(entry.payer_account),
            corrected_tail=tail_of(entry.corrected),
            remittance=hide_accounts(words, known),
            references=tuple(references),
            doubt=doubt,
            payer_name=hide_accounts(_BLANKS.sub(" ", entry.payer_name).strip(), known),
            key=key,
            booking_key=self._key(tail, entry, ("booking", *booking), whole=True) if booking else "",
        )

    def _key(self, tail: str, entry: Entry, identity: tuple[str, ...], whole: bool = False) -> str:
        """Of the account only the tail goes in: a key stored beside the account need not, and cannot, tell the number."""
        amount = () if whole else (str(entry.amount.minor), entry.amount.currency)
        parts = (self.rail, tail, str(entry.booked_on or entry.value_on or ""), *amount, *identity)
        return hashlib.sha256(
            "\x1f".join(_BLANKS.sub("", part) for part in parts).encode("utf-8", "replace")
        ).hexdigest()[:32]

    def _adds_up(self, statement: Statement) -> bool | None:
        opening, closing = statement.opening, statement.closing
        if opening is None or closing is None:
            return None
        currency = opening.amount.currency
        others = {each.amount.currency for each in statement.entries if each.status == "booked"} - {currency}
        if closing.amount.currency != currency or others:
            named = ", ".join(sorted(others | {closing.amount.currency, currency}))
            self.warn(statement.place, "bank_currencies_mixed", currencies=named)
            return False
        reached = Money(opening.amount.minor + statement.booked(currency).minor, currency)
        if reached == closing.amount:
            return True
        self.warn(
            statement.place, "bank_balance_wrong", opening=str(opening.amount), entries=str(statement.booked(currency)),
            reached=str(reached), closing=str(closing.amount),
        )  # fmt: skip
        return False


# --- values ---------------------------------------------------------------------------------------------------------


def amount_of(text: str, currency: str) -> Money:
    """An amount in major units with a point, exact. Unreadable when it is none, or has more digits than the currency."""
    if currency not in MINOR_DIGITS:
        raise Unreadable("currency_unknown", value=currency)
    if not re.fullmatch(r"[+-]?\d{1,25}(\.\d{0,20})?|[+-]?\.\d{1,20}", text, re.ASCII):
        raise Unreadable("amount_not_understood", value=text[:40])
    try:
        return Money.exact(Decimal(text), currency)
    except (NotMoney, InvalidOperation):
        code = "too_many_digits" if "." in text else "amount_too_large"
        raise Unreadable(code, value=text[:40], currency=currency, digits=MINOR_DIGITS[currency]) from None


def minor_of(text: str, currency: str) -> Money:
    """An amount written as whole minor units ("0000700000"). Unreadable when it is none."""
    if currency not in MINOR_DIGITS:
        raise Unreadable("currency_unknown", value=currency)
    if not re.fullmatch(r"[+-]?\d{1,30}", text, re.ASCII):
        raise Unreadable("amount_not_understood", value=text[:40])
    try:
        return Money(int(text), currency)
    except NotMoney:
        raise Unreadable("amount_too_large", value=text[:40]) from None


def count_of(text: str) -> int | None:
    """A count as trailers write it, with or without leading zeros and blanks; None when it is none."""
    return int(text) if re.fullmatch(r" *\d{1,30} *", text, re.ASCII) else None


def short_date(text: str) -> date:
    """A date written as yymmdd; years from 80 on are of the last century. Unreadable when there is no such day."""
    if not re.fullmatch(r"\d{6}", text, re.ASCII):
        raise Unreadable("date_does_not_exist", value=text[:20])
    year = int(text[:2])
    return long_date(f"{1900 + year if year >= 80 else 2000 + year}{text[2:]}")


def long_date(text: str) -> date:
    """A date written as yyyymmdd. Unreadable when there is no such day."""
    if not re.fullmatch(r"\d{8}", text, re.ASCII):
        raise Unreadable("date_does_not_exist", value=text[:20])
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise Unreadable("date_does_not_exist", value=text) from None
    if not 1900 <= day.year <= 2199:
        raise Unreadable("date_out_of_range", value=text)
    return day
