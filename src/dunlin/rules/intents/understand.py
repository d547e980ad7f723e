"""Understand a mail: which of the seventeen intents, how surely, by which words, and what is named in it (B5, D10, P14, P29)."""

from __future__ import annotations

import math

from dunlin.rules.intents.headers import by_headers
from dunlin.rules.intents.kinds import Entities, Found, MailText, Promise, Understanding
from dunlin.rules.intents.reading import Reading, Sentence, read
from dunlin.rules.intents.rules import fired

# Which intent a person would answer first when several are as sure.
_FIRST = {
    intent: rank
    for rank, intent in enumerate("bounce out_of_office legal_threat dispute cancel_service".split())
}


def understand(mail: MailText) -> Understanding:
    """Read a mail. Never raises for what is written in it, and always finds at least one intent (`other` when nothing is)."""
    reading = read(mail)
    found = _intents(mail, reading)
    found.sort(key=lambda each: (-each.confidence, _FIRST.get(each.intent, 9)))
    return Understanding(reading.languages[0], tuple(found), found[0].intent, _entities(mail, reading, found))


def _intents(mail: MailText, reading: Reading) -> list[Found]:
    told = by_headers(mail.headers, mail.from_address, mail.subject, mail.attachments)
    if told is not None:
        end = len(mail.subject) if told[2] else 0
        return [Found(told[0], 0.99, mail.subject[:end], 0, end, told[1])]
    best: dict[str, Found] = {}
    for sentence in reading.sentences:
        for rule, first, last in fired(sentence.row):
            start, end = sentence.tags[first].start, max(tag.end for tag in sentence.tags[first : last + 1])
            confidence = 1 / (1 + math.exp(-rule.weight))
            here = _found(mail, reading, rule.intent, confidence, start, end, rule.name)
            if rule.intent not in best or best[rule.intent].confidence < confidence:
                best[rule.intent] = here
    return list(best.values()) or [Found("other", 0.5, "", 0, 0, "nothing said that is known")]


def _found(
    mail: MailText, reading: Reading, intent: str, confidence: float, start: int, end: int, why: str
) -> Found:
    left, right = reading.place(start), reading.place(end - 1) + 1 if end > start else reading.place(start)
    return Found(intent, round(confidence, 4), mail.text[left:right], left, right, why)


def _entities(mail: MailText, reading: Reading, found: list[Found]) -> Entities:
    intents = {each.intent for each in found}
    contacts = [text for text, _, _ in reading.emails] + (
        [text for text, _, _ in reading.phones] if "contact_change" in intents else []
    )
    promise = _promise(reading) if "promise_to_pay" in intents else None
    ahead = [day.on for day in reading.days if day.on > mail.received.date()]
    back = ahead[-1] if ahead and "out_of_office" in intents else None
    return Entities(
        tuple(dict.fromkeys(each.number for each in reading.numbers)),
        tuple(each.money for each in reading.amounts),
        tuple(dict.fromkeys(day.on for day in reading.days)),
        tuple(dict.fromkeys(contacts)),
        promise,
        back,
    )


def _promise(reading: Reading) -> Promise:
    """The day and amount of the sentence that promises."""
    for sentence in reading.sentences:
        row = sentence.row
        if "DATE_AHEAD" in row or "DATE_NOW" in row:
            return _of(reading, sentence)
    return Promise(None, None)


def _of(reading: Reading, sentence: Sentence) -> Promise:
    days = [day for day in reading.days if sentence.start <= day.start < sentence.end]
    amounts = [each for each in reading.amounts if sentence.start <= each.start < sentence.end]
    return Promise(days[-1].on if days else None, amounts[-1].money if amounts else None)
