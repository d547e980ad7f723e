"""Collects what a reader of remittance advice finds: drafts of advices, warnings, damaged records; then closes each one.

Closing means: lines against the stated amount, account numbers out of the texts, a fingerprint of the whole.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from dunlin.formats.bank_masks import hide_accounts, masked, tail_of
from dunlin.formats.bank_model import Flaw
from dunlin.formats.problems import Unreadable
from dunlin.formats.remittance_model import Advice, AdviceFile, AdviceLine, Kept, RemittanceProblem
from dunlin.rules.codes import sentence
from dunlin.rules.money import Money, NotMoney

DAMAGED_MAX = 10_000
LINES_MAX = 100_000  # of one file: an advice of a large retailer has some thousands
KEPT_MAX = 50  # of one line
TEXT_MAX = 140
_BLANKS = re.compile(r"\s+")


@dataclass(slots=True)
class Draft:
    """An advice while it is read. `account` is the payer's full number, in memory only."""

    place: str
    currency: str = ""
    amount: Money | None = None
    lines: list[AdviceLine] = field(default_factory=list)
    apart: list[Kept] = field(default_factory=list)
    payer_name: str = ""
    payer_ids: list[str] = field(default_factory=list)
    account: str = ""
    paid_on: date | None = None
    trace: str = ""
    check_number: str = ""
    number: str = ""
    method: str = ""
    unclear: bool = False  # the reader could not settle what it says; a warning tells why


@dataclass(slots=True)
class Gathered:
    """Everything found in one file."""

    format: str
    variant: str = ""
    drafts: list[Draft] = field(default_factory=list)
    warnings: list[Flaw] = field(default_factory=list)
    damaged: list[Flaw] = field(default_factory=list)
    lines: int = 0

    def advice(self, place: str, **known: Any) -> Draft:
        """A new advice, begun at `place`."""
        self.drafts.append(Draft(place, **known))
        return self.drafts[-1]

    def line(self, draft: Draft, line: AdviceLine) -> None:
        """One more document. RemittanceProblem when the file has more than any list of documents."""
        self.lines += 1
        if self.lines > LINES_MAX:
            raise RemittanceProblem("remittance_long", limit=LINES_MAX)
        draft.lines.append(line)

    def warn(self, place: str, code: str, /, **facts: Any) -> None:
        """Something does not fit, and what was read stands all the same."""
        if len(self.warnings) < DAMAGED_MAX:
            self.warnings.append(Flaw(place, code, sentence(code, facts)))

    def damage(self, place: str, text: str, code: str, /, **facts: Any) -> None:
        """One record cannot be understood: kept with its masked text; the others go on. RemittanceProblem when nearly all are so."""
        if len(self.damaged) >= DAMAGED_MAX:
            raise RemittanceProblem("bank_damaged_all", limit=DAMAGED_MAX)
        self.damaged.append(Flaw(place, code, masked(sentence(code, facts), 300), masked(text)))

    def unreadable(self, place: str, text: str, problem: Unreadable) -> None:
        """A record that holds an unreadable value."""
        self.damage(place, text, problem.code, **problem.facts)

    def finish(self, name: str) -> AdviceFile:
        """The file as understood. RemittanceProblem when it holds no advice and nothing damaged."""
        if not self.drafts and not self.damaged:
            raise RemittanceProblem("remittance_none", format=self.format)
        seen: Counter[str] = Counter()
        advices = []
        for draft in self.drafts:
            try:
                advice = self._closed(draft)
            except (
                NotMoney
            ) as problem:  # each amount is right; together they are more than an account can hold
                raise RemittanceProblem("bank_not_added", why=str(problem)) from None
            seen[advice.key] += 1
            if seen[advice.key] > 1:
                self.warn(advice.place, "remittance_twice")
                continue
            advices.append(advice)
        return AdviceFile(
            name, self.format, self.variant, tuple(advices), tuple(self.warnings), tuple(self.damaged)
        )

    def _closed(self, draft: Draft) -> Advice:
        tidy = _tidier((draft.account,) if draft.account else ())
        lines = tuple(
            replace(
                each,
                number=tidy(each.number)[:60],
                others=tuple(tidy(other)[:60] for other in each.others[:20]),
                kept=tuple(_tidied(kept, tidy) for kept in each.kept[:KEPT_MAX]),
            )
            for each in draft.lines
        )
        advice = Advice(
            draft.place, draft.currency, draft.amount, lines, tuple(_tidied(each, tidy) for each in draft.apart),
            tidy(draft.payer_name)[:TEXT_MAX], tuple(dict.fromkeys(tidy(each)[:60] for each in draft.payer_ids[:10] if each)),
            tail_of(draft.account), draft.paid_on, tidy(draft.trace)[:80], tidy(draft.check_number)[:40], tidy(draft.number)[:60],
            draft.method[:20],
        )  # fmt: skip
        adds_up = self._adds_up(advice)
        return replace(advice, adds_up=False if draft.unclear else adds_up, key=_key(advice))

    def _adds_up(self, advice: Advice) -> bool | None:
        if not advice.lines:
            self.warn(advice.place, "remittance_without_lines")
            return False
        listed = advice.listed
        if advice.amount is None:  # with a record lost and no amount to check by, nobody knows
            return False if self.damaged else None
        if listed == advice.amount:
            return True
        self.warn(advice.place, "remittance_total_wrong", stated=advice.amount, found=listed)
        return False


def _tidier(known: tuple[str, ...]) -> Callable[[str], str]:
    return lambda text: hide_accounts(_BLANKS.sub(" ", text).strip(), known)


def _tidied(kept: Kept, tidy: Callable[[str], str]) -> Kept:
    return replace(kept, words=tidy(kept.words)[:TEXT_MAX], number=tidy(kept.number)[:60])


def _key(advice: Advice) -> str:
    """A fingerprint of what the advice says; the place it stands at is no part of it. Rule: invariant 13."""
    parts = [
        advice.payer_name.casefold(), advice.payer_tail, advice.currency, _minor(advice.amount), str(advice.paid_on or ""), advice.trace,
        advice.check_number, advice.number,
    ]  # fmt: skip
    for line in advice.lines:
        parts += [line.number, _minor(line.paid), _minor(line.gross), _minor(line.discount), line.kind]
        parts += [f"{each.code}{each.amount.minor}{each.number}" for each in line.kept]
    parts += [f"{each.code}{each.amount.minor}{each.number}{each.words}" for each in advice.apart]
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:40]


def _minor(amount: Money | None) -> str:
    return "" if amount is None else str(amount.minor)
