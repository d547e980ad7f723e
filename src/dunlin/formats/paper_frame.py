"""What every paper has: who writes, who is written to, the sheet, the language and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel import Locale

from dunlin.formats.paper_language import PaperLanguage, sheet_of

TEXT_MAX = 400  # characters of one name, number or line; the rest is a mistake or an attack


@dataclass(frozen=True, slots=True)
class Sender:
    """The entity of ours that writes. `legal` is the small print at the foot: registration, tax numbers."""

    name: str
    lines: tuple[str, ...]
    country: str
    contact: tuple[str, ...] = ()
    legal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is written to: the customer's number and name, and the lines of the address below the name."""

    number: str
    name: str
    lines: tuple[str, ...]
    country: str = ""


def frame(sender: Sender, to: Recipient | None, language: PaperLanguage) -> dict[str, Any]:
    """What every paper has: sender, address, language, sheet, fonts, the words of the language."""
    return {
        "lang": language.tag,
        "region": language.region,
        "rtl": language.rtl,
        "cjk": language.cjk,
        "paper": sheet_of(sender.country),
        "fonts": language.fonts,
        "words": {name: word for name, word in language.words.items() if name != "kinds"},
        "sender": {
            "name": shown(language, sender.name),
            "lines": [shown(language, line) for line in sender.lines],
            "contact": [shown(language, line) for line in sender.contact],
            "return": " · ".join(shown(language, line) for line in (sender.name, *sender.lines)),
            "legal": " · ".join(shown(language, line) for line in sender.legal),
        },
        "to": [shown(language, line) for line in address(sender, to)] if to else [],
    }


def address(sender: Sender, to: Recipient) -> tuple[str, ...]:
    """The lines on the envelope; abroad the last one is the country in capitals, in English, as the post wants it."""
    country = to.country.upper()
    abroad = country and country != sender.country.upper()
    name = Locale("en").territories.get(country, country) if abroad else ""
    return tuple(line for line in (to.name, *to.lines, name.upper()) if line.strip())


def room_of(sender: Sender) -> float:
    """Points between the margins of the sender's sheet, as in paper_sources/base.typ."""
    return (
        612 - 0.875 * 72 - 0.75 * 72
        if sheet_of(sender.country) == "us-letter"
        else (210 - 25 - 15) / 25.4 * 72
    )


def shown(language: PaperLanguage, text: str) -> str:
    """A text of someone else as it goes on paper: one line, of a bearable length."""
    return language.own(text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…")
