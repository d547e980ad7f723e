"""The sentences the linear model learns from: written by hand in this folder, filled in and varied with a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from dunlin.rules.intents.kinds import MailText

HERE = Path(__file__).parent
RECEIVED = datetime(2025, 9, 22, 10, tzinfo=UTC)
LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "nl", "tl")
PAST = {
    "en": "last week|on August 3|on 9/12|two weeks ago|yesterday|in July|on the 3rd",
    "es": "la semana pasada|el 3 de agosto|hace dos semanas|ayer|el mes pasado",
    "fr": "la semaine dernière|le 3 août|il y a deux semaines|hier|le mois dernier",
    "de": "letzte Woche|am 3. August|vor zwei Wochen|gestern|am 03.08.2025",
    "it": "la settimana scorsa|il 3 agosto|due settimane fa|ieri",
    "pt": "na semana passada|dia 3 de agosto|ontem|há duas semanas",
    "nl": "vorige week|op 3 augustus|gisteren",
    "tl": "kahapon|noong nakaraang linggo|noong August 3",
}
AMOUNTS = ("$2,000", "1.250,00 EUR", "USD 840.50", "450 EUR", "$310", "5,000.00 USD")
NUMBERS = ("INV-2044", "7731", "20155", "4412", "F-10233")
EMAILS = ("ap@harbor.example", "j.smith@lodge.example", "compta@loire.example")


@dataclass(frozen=True)
class Line:
    """One written sentence and what it means; `intent` "none" for what means nothing."""

    language: str
    intent: str
    text: str


def digest() -> str:
    """What the written sentences are, in short: a model is stale when it was learnt from others."""
    found = sha256()
    for language in LANGUAGES:
        found.update((HERE / f"{language}.txt").read_bytes())
    return found.hexdigest()[:16]


def lines() -> Iterator[Line]:
    """All written sentences."""
    for language in LANGUAGES:
        for name, text in _rows(language):
            if name in {"dates", "greetings", "closings"}:
                continue
            for each in text.split(";"):
                if each.strip():
                    yield Line(language, name, each.strip())


def mails(seed: int, variants: int) -> Iterator[tuple[str, frozenset[str], bool]]:
    """(text, intents, words?) of made mails: one sentence, or two; without `words` only concepts are learnt from it."""
    chance = random.Random(seed)
    frames = {language: dict(_rows(language)) for language in LANGUAGES}
    written = list(lines())
    by_language = {each: [line for line in written if line.language == each] for each in LANGUAGES}
    for line in written:
        for _ in range(variants):
            text = _filled(line, frames[line.language], chance)
            intents = {line.intent} - {"none"}
            if chance.random() < 0.25:
                other = chance.choice(by_language[line.language])
                text = f"{text} {_filled(other, frames[line.language], chance)}".replace(".. ", ". ")
                intents |= {other.intent} - {"none"}
                intents -= {"other"} if len(intents) > 1 else set()
            if chance.random() < 0.25:
                text = _mistyped(text, chance)
            yield text, frozenset(intents), chance.random() < 0.5


def written_mails(name: str) -> Iterator[tuple[MailText, list[str], str]]:
    """(mail, intents, language) of a file of whole mails, unseen.txt or fresh.txt."""
    for row in (HERE / name).read_text(encoding="utf-8").splitlines():
        if row.strip() and not row.startswith("#"):
            language, intents, subject, body = (part.strip() for part in row.split("|", 3))
            wanted = [each.strip() for each in intents.split(",")]
            sender = "mailer-daemon@mx.example" if wanted == ["bounce"] else "ap@customer.example"
            yield MailText(RECEIVED, sender, subject, body, currency="USD"), wanted, language


def _rows(language: str) -> Iterator[tuple[str, str]]:
    for row in (HERE / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        name, _, text = row.partition(":")
        yield name.strip(), text.strip()


def _filled(line: Line, frame: dict[str, str], chance: random.Random) -> str:
    text = line.text
    while "{" in text:
        text = text.replace("{d}", chance.choice(frame["dates"].split(", ")), 1)
        text = text.replace("{p}", chance.choice(PAST[line.language].split("|")), 1)
        text = text.replace("{a}", chance.choice(AMOUNTS), 1)
        text = text.replace("{n}", chance.choice(NUMBERS), 1)
        text = text.replace("{e}", chance.choice(EMAILS), 1)
    return text


def _mistyped(text: str, chance: random.Random) -> str:
    """One letter lost or two swapped, as on a telephone."""
    places = [at for at in range(1, len(text) - 2) if text[at].isalpha() and text[at + 1].isalpha()]
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + (text[at + 1] + text[at] if chance.random() < 0.5 else text[at + 1]) + text[at + 2 :]
