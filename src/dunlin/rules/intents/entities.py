"""What a mail names, gathered for the proposals: numbers, amounts, days, whom to write to, what is promised (B5, P18)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from dunlin.rules.intents.kinds import Entities, Found, MailText, Promise
from dunlin.rules.intents.reading import Reading

# Where a clause ends: a promise's day and amount stand in one clause where they can.
_CLAUSE = re.compile(
    r"[,;]\s|\s(?:but|however|aber|pero|mais|ma|mas|maar|ale|men|ama|pero|while|whereas|and the rest|and the remain)\s|[，；]"
)

# What makes an amount's clause a story of its own.
_ELSE = frozenset("PAID WRONG DISPUTE FEE CREDIT REFUND NUMBER DATE_PAST DATE_NOW BALANCE ALREADY".split())


def entities(mail: MailText, reading: Reading, found: Mapping[str, Found]) -> Entities:
    """The entities of a mail and, where one is promised, the day and the amount promised."""
    contacts = [text for text, _, _ in reading.emails]
    if "contact_change" in found:
        contacts += [text for text, _, _ in reading.phones]
    return Entities(
        tuple(dict.fromkeys(each.number for each in reading.numbers)),
        tuple(each.money for each in reading.amounts),
        tuple(dict.fromkeys(day.on for day in reading.days)),
        tuple(dict.fromkeys(contacts)),
        _promise(mail, reading, found.get("promise_to_pay")),
        _back_on(mail, reading) if "out_of_office" in found else None,
    )


def _back_on(mail: MailText, reading: Reading) -> date | None:
    ahead = [day.on for day in reading.days if day.on > mail.received.date()]
    return max(ahead) if ahead else None


def _promise(mail: MailText, reading: Reading, found: Found | None) -> Promise | None:
    """The first day ahead in the sentence that promises, else anywhere; the amount of the same clause, else of the sentence when
    it names but one."""
    if found is None:
        return None
    today = mail.received.date()
    spans = [(each.start, each.end) for each in reading.sentences]
    own = [
        span
        for span in spans
        if reading.place(span[0]) <= found.start and found.end <= reading.place(span[1] - 1) + 1
    ]
    for start, end in own + spans:
        days = [day for day in reading.days if start <= day.start < end and day.on >= today]
        ahead = [day for day in days if day.on > today] or days
        if ahead:
            day = ahead[0]
            left, right = _clause(reading.folded, start, end, day.start)
            near = [each.money for each in reading.amounts if left <= each.start < right]
            if not near:
                near = [
                    each.money
                    for each in reading.amounts
                    if start <= each.start < end and _goes_with(reading, start, end, each.start)
                ]
            return Promise(day.on, near[0] if near else None)
    for start, end in own:
        amounts = [each.money for each in reading.amounts if start <= each.start < end]
        if len(amounts) == 1:
            return Promise(None, amounts[0])
    return Promise(None, None)


def _goes_with(reading: Reading, start: int, end: int, at: int) -> bool:
    """Whether an amount in another clause than the day can still be the one promised: its clause tells of nothing else."""
    left, right = _clause(reading.folded, start, end, at)
    concepts = {tag.concept for each in reading.sentences for tag in each.tags if left <= tag.start < right}
    return not concepts & _ELSE


def _clause(folded: str, start: int, end: int, at: int) -> tuple[int, int]:
    """The part of the sentence around a place."""
    left, right = start, end
    for match in _CLAUSE.finditer(folded, start, end):
        if match.end() <= at:
            left = match.end()
        elif match.start() > at:
            right = match.start()
            break
    return left, right
