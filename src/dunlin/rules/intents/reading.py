"""A mail laid out for reading: clean, folded, quoted history blanked, in sentences, with its entities and concepts (B5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from dunlin.rules.intents.amounts import Amount, amounts_in, bare_amounts_in
from dunlin.rules.intents.days import Day, days_in
from dunlin.rules.intents.folding import clean, fold
from dunlin.rules.intents.history import new_lines
from dunlin.rules.intents.kinds import MailText
from dunlin.rules.intents.language import guess
from dunlin.rules.intents.lexicon import LANGUAGES
from dunlin.rules.intents.numbers import Number, numbers_in
from dunlin.rules.intents.sentences import sentences, signature_start
from dunlin.rules.intents.tagging import Tag, tags

# What a person writes is in the first pages; the rest of a mail is logs, lists and history.
SUBJECT_AT_MOST = 400
BODY_AT_MOST = 20_000
SENTENCES_AT_MOST = 150

_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9](?:[a-z0-9.-]{0,200}[a-z0-9])?")
_URL = re.compile(r"(?:https?://|www\.)\S{1,400}")
_PHONE = re.compile(
    r"(?<![\w.,/])(?:\+\d[\d ()./-]{7,20}\d|\(\d{2,5}\)[\d ./-]{5,14}\d|0\d{2,4}[ /-]\d[\d -]{4,12}\d|\d{3}[-. ]\d{3}[-. ]\d{4}|1?[-. ]?800[-. ]\d[\d-]{5,9})(?!\w)"
)
_IBAN = re.compile(
    r"(?<!\w)[a-z]{2}\d{2}(?:\s?[a-z0-9]{4}){3,7}(?:\s?[a-z0-9]{1,3})?(?!\w)|(?<![\d])\d{13,34}(?!\d)"
)
_TIME = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)")
_REPLY = re.compile(
    r"^(?:\s?(?:re|aw|fw|fwd|wg|sv|vs|tr|rv|res|enc|rif|i|ynt|ang|odp|vl|antw|doorst|r|回复|答复|转发|отв)(?:\[\d+\])?\s?[:：])+",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the new text and its concepts."""

    start: int
    end: int
    tags: tuple[Tag, ...]

    @property
    def row(self) -> str:
        """Its concepts as the rules read them."""
        return "".join(f"{tag.concept} " for tag in self.tags)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. Places count in `text`; `place` turns them into places of the mail as given."""

    text: str
    folded: str
    languages: tuple[str, ...]
    subject_end: int
    signature: int
    sentences: tuple[Sentence, ...]
    numbers: tuple[Number, ...]
    amounts: tuple[Amount, ...]
    days: tuple[Day, ...]
    emails: tuple[tuple[str, int, int], ...]
    phones: tuple[tuple[str, int, int], ...]
    place: Callable[[int], int]


def read(mail: MailText) -> Reading:
    """Lay a mail out. Linear in its length; only its first pages are looked at."""
    subject = mail.subject[:SUBJECT_AT_MOST].replace("\n", " ")
    skipped = len(mail.subject) - len(subject)
    made = clean(f"{subject}\n{mail.body[:BODY_AT_MOST]}")
    text = made.text
    subject_end = text.index("\n")
    folded = _new_only(fold(text), subject_end)
    languages = _languages(mail.language[:2].lower(), text, folded)
    signature = signature_start(folded, subject_end + 1)

    free = bytearray(b"\x01" * len(folded))
    emails = _taken(_EMAIL, folded, text, free)
    _taken(_URL, folded, text, free)
    _taken(_IBAN, folded, text, free)
    spans = sentences(folded, 0, subject_end) + sentences(folded, subject_end + 1, len(folded))
    received = mail.received.date()
    amounts = [
        each for each in amounts_in(folded, languages[0], mail.currency) if all(free[each.start : each.end])
    ]
    _mark(free, amounts)
    months_first = _month_first(languages[0], mail, amounts)
    days = days_in(_hidden(folded, free), received, languages, months_first, _past(folded, spans, languages))
    _mark(free, days)
    phones = _taken(_PHONE, folded, text, free)
    _taken(_TIME, folded, text, free)
    reply = _REPLY.match(folded)
    if reply:
        free[: reply.end()] = bytes(reply.end())
    bare = bare_amounts_in(folded, languages, mail.currency, free)
    _mark(free, bare)
    amounts += bare
    numbers = numbers_in(folded, text, languages, free, signature, subject_end)
    amounts.sort(key=lambda each: each.start)
    entities = _as_tags(amounts, numbers, days, emails, received)
    laid = tuple(
        Sentence(start, end, tuple(tags(folded, start, end, languages, entities)))
        for start, end in spans[:SENTENCES_AT_MOST]
    )

    def place(at: int) -> int:
        return made.place(at) + (skipped if at > subject_end else 0)

    return Reading(
        text, folded, languages, subject_end, signature, laid, tuple(numbers), tuple(amounts), tuple(days), tuple(emails), tuple(phones), place
    )  # fmt: skip


def _languages(stated: str, text: str, folded: str) -> tuple[str, ...]:
    """The language stated, where its words are known, else the guess; English is always read too."""
    guessed = guess(text, folded)
    if stated not in LANGUAGES:
        return tuple(guessed)
    return tuple(dict.fromkeys((stated, *(guessed[:1] if stated == "en" else ["en"]))))


def _as_tags(
    amounts: list[Amount],
    numbers: list[Number],
    days: list[Day],
    emails: list[tuple[str, int, int]],
    received: date,
) -> list[Tag]:
    """The entities as concepts, in order."""
    found = [Tag("AMOUNT", each.start, each.end) for each in amounts]
    found += [Tag("NUMBER", each.start, each.end) for each in numbers]
    found += [Tag(_when(each.on, received), each.start, each.end) for each in days]
    found += [Tag("EMAIL", start, end) for _, start, end in emails]
    return sorted(found, key=lambda tag: tag.start)


def _new_only(folded: str, subject_end: int) -> str:
    """The folded text with quoted history blanked, no letter moved."""
    lines = folded[subject_end + 1 :].split("\n")
    kept = new_lines(lines)
    if all(kept):
        return folded
    return folded[: subject_end + 1] + "\n".join(
        line if keep else " " * len(line) for line, keep in zip(lines, kept)
    )


def _taken(pattern: re.Pattern[str], folded: str, text: str, free: bytearray) -> list[tuple[str, int, int]]:
    found = []
    for match in pattern.finditer(folded):
        start, end = match.span()
        if all(free[start:end]):
            found.append((text[start:end], start, end))
            free[start:end] = bytes(end - start)
    return found


def _mark(free: bytearray, found: list[Amount] | list[Day]) -> None:
    for each in found:
        free[each.start : each.end] = bytes(each.end - each.start)


def _hidden(folded: str, free: bytearray) -> str:
    """The text with what is taken already blanked."""
    return "".join(letter if open_ else "_" for letter, open_ in zip(folded, free))


def _when(on: date, received: date) -> str:
    return "DATE_AHEAD" if on > received else "DATE_PAST" if on < received else "DATE_NOW"


def _month_first(language: str, mail: MailText, amounts: list[Amount]) -> bool | None:
    """English is written both ways: pounds, euros or a British, Irish, Australian address say day first."""
    if language != "en":
        return None
    if any(each.money.currency in {"GBP", "EUR", "AUD", "NZD", "INR", "ZAR"} for each in amounts):
        return False
    return not re.search(
        r"\.(?:uk|ie|au|nz|in|za|sg|eu|de|fr|es|it|nl)>?$", mail.from_address.strip().lower()
    )


def _past(folded: str, spans: list[tuple[int, int]], languages: tuple[str, ...]) -> Callable[[int], bool]:
    """Whether the sentence around a place tells of what is done: it has a word of having paid and none of the future."""
    known: dict[int, bool] = {}

    def past(at: int) -> bool:
        for start, end in spans:
            if start <= at < end:
                if start not in known:
                    row = {tag.concept for tag in tags(folded, start, end, languages, [])}
                    known[start] = bool(row & {"PAID", "ALREADY", "CHECKREC"}) and "WILL" not in row
                return known[start]
        return False

    return past
