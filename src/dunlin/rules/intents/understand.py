"""Understand a mail: which of the seventeen intents, how surely, by which words, and what is named in it (B5, D10, P14, P29)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dunlin.rules.intents.entities import entities
from dunlin.rules.intents.evidence import evidence
from dunlin.rules.intents.headers import by_headers
from dunlin.rules.intents.kinds import INTENTS, Found, MailText, Understanding
from dunlin.rules.intents.reading import Reading, Sentence, read
from dunlin.rules.intents.rules import Rule, fired
from dunlin.rules.intents.sentences import clauses
from dunlin.rules.intents.weights import heaviest, scores, weights

# From this score (log odds) on an intent is found at all; below, only the best one is.
FOUND_FROM = 0.0
# A subject says it in short; under "Re:" it is our own subject and says nothing.
_SUBJECT_LESS = 0.7
_OURS = 4.0
# A part of a sentence lacks what the rest says.
_PART_LESS = 1.0
# These rules stand by themselves: missing one of them costs more than a needless look.
_SURE = 3.0
_ALONE = frozenset({"legal_threat", "bounce", "out_of_office"})
# Which of several that are surely meant is answered first: what stops the others, what is asked, then what is told.
_FIRST = {
    intent: rank
    for rank, intent in enumerate(
        "bounce out_of_office legal_threat payment_plan_request dispute fee_waiver_request cancel_service refund_request "
        "already_paid portal_help statement_request invoice_copy_request promise_to_pay tax_certificate contact_change "
        "remittance_advice other".split()
    )
}
_SURELY = 0.65
# What is said along with an intent and is part of it: "charged twice, please refund" asks for the money, it disputes nothing else.
_PART_OF = {
    "refund_request": {"dispute", "already_paid"},
    "fee_waiver_request": {"refund_request", "dispute"},
    "remittance_advice": {"already_paid", "invoice_copy_request"},
    "contact_change": {"invoice_copy_request"},
    "portal_help": {"invoice_copy_request"},
    "tax_certificate": {"remittance_advice", "invoice_copy_request"},
    "dispute": {"invoice_copy_request"},
    "legal_threat": {"dispute"},
    "payment_plan_request": {"promise_to_pay"},
}
_PART_FROM = 1.0
_REPLY = re.compile(
    r"^\s*(?:re|aw|antw|sv|vs|rv|res|rif|r|ynt|odp|atb|ref|回复|答复|回覆|返信|회신|отв|на)\s?(?:\[\d+\])?\s?[:：]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A sentence, its evidence and the score it gives each intent."""

    sentence: Sentence
    names: Sequence[tuple[str, int, int]]
    rules: Sequence[tuple[Rule, int, int]]
    odds: Sequence[float]


def understand(mail: MailText) -> Understanding:
    """Read a mail. Never raises for what is written in it, and always finds at least one intent (`other` when nothing is)."""
    reading = read(mail)
    found = _by_envelope(mail) or _by_words(mail, reading)
    return Understanding(
        reading.languages[0],
        found,
        found[0].intent,
        entities(mail, reading, {each.intent: each for each in found}),
    )


def _by_envelope(mail: MailText) -> tuple[Found, ...]:
    told = by_headers(mail.headers, mail.from_address, mail.subject, mail.attachments)
    if told is None:
        return ()
    intent, rule, in_subject = told
    end = len(mail.subject) if in_subject else 0
    return (Found(intent, 0.99, mail.subject[:end], 0, end, rule),)


def _by_words(mail: MailText, reading: Reading) -> tuple[Found, ...]:
    reply = _REPLY.match(mail.subject) is not None
    heard = [_hear(sentence, reading, reply) for sentence in reading.sentences]
    heard += [
        _hear(part, reading, reply, _PART_LESS)
        for whole in reading.sentences
        for part in _parts(whole, reading)
    ]
    best: dict[int, tuple[float, _Heard]] = {}
    for each in heard:
        for intent, odds in enumerate(each.odds):
            if intent not in best or odds > best[intent][0]:
                best[intent] = (odds, each)
    if not best:
        return (Found("other", 0.5, "", 0, 0, "nothing written"),)
    ranked = sorted(best.items(), key=lambda item: (-item[1][0], _FIRST[INTENTS[item[0]]]))
    chosen = [item for item in ranked if item[1][0] >= FOUND_FROM and INTENTS[item[0]] != "other"]
    if not chosen or (INTENTS[ranked[0][0]] == "other" and chosen[0][1][0] < 1.0):
        chosen = ranked[:1]
    kept = [item for item in chosen if not _is_part(item, chosen)]
    return tuple(_found(reading, mail, intent, odds, each) for intent, (odds, each) in kept)


def _is_part(
    item: tuple[int, tuple[float, _Heard]], chosen: Sequence[tuple[int, tuple[float, _Heard]]]
) -> bool:
    """Whether another, clearly surer intent of the same sentence covers this one."""
    intent, (odds, heard) = item
    return any(
        INTENTS[intent] in _PART_OF.get(INTENTS[other], ())
        and surer >= odds + _PART_FROM
        and where.sentence.start < heard.sentence.end
        and heard.sentence.start < where.sentence.end
        for other, (surer, where) in chosen
    )


def _parts(whole: Sentence, reading: Reading) -> Iterator[Sentence]:
    """The clauses of a sentence that say something by themselves."""
    for start, end in clauses(reading.folded, whole.start, whole.end):
        tags = tuple(tag for tag in whole.tags if start <= tag.start < end)
        if len(tags) >= 2:
            yield Sentence(start, end, tags)


def _hear(sentence: Sentence, reading: Reading, reply: bool, less: float = 0.0) -> _Heard:
    names = evidence(sentence, reading.folded)
    rules = fired(sentence.row)
    odds = scores({name for name, _, _ in names}).tolist()
    for rule, _, _ in rules:
        at = INTENTS.index(rule.intent)
        if rule.intent in _ALONE:
            odds[at] = max(odds[at], rule.weight)
    if sentence.start < reading.subject_end:
        odds = [each - (_OURS if reply else _SUBJECT_LESS) for each in odds]
    if less:
        odds = [each - less for each in odds]
    return _Heard(sentence, names, rules, odds)


def _found(reading: Reading, mail: MailText, intent: int, odds: float, heard: _Heard) -> Found:
    known = weights()
    confidence = 1 / (1 + math.exp(-(known.slope * odds + known.shift)))
    start, end, why = _cause(reading, intent, heard)
    left = reading.place(start)
    right = reading.place(end - 1) + 1 if end > start else left
    return Found(INTENTS[intent], round(confidence, 4), mail.text[left:right], left, right, why)


def _cause(reading: Reading, intent: int, heard: _Heard) -> tuple[int, int, str]:
    """The words that caused it: a rule's, else from the first to the last of the three that weighed most."""
    tags = heard.sentence.tags
    for rule, first, last in heard.rules:
        if rule.intent == INTENTS[intent]:
            return tags[first].start, max(tag.end for tag in tags[first : last + 1]), rule.name
    top = [(name, start, end) for name, start, end in heaviest(heard.names, intent) if end > start][:3]
    if not top:
        return heard.sentence.start, heard.sentence.end, "words"
    words = dict.fromkeys(reading.text[start:end] for _, start, end in top)
    return min(start for _, start, _ in top), max(end for *_, end in top), f"words: {', '.join(words)}"
