"""What every paper has: who writes, who is written to, the sheet, the language and its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil
from typing import Any

from babel import Locale

from dunlin.formats.paper_glyphs import text_width
from dunlin.formats.paper_language import PaperLanguage, sheet_of

TEXT_MAX = 400  # characters of one name, number or line; the rest is a mistake or an attack
WINDOW_WIDTH, WINDOW_HEIGHT = 80 / 25.4 * 72, 34 / 25.4 * 72  # points, as in paper_sources/base.typ


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
        "to_size": window_size(address(sender, to)) if to else 0,
    }


def address(sender: Sender, to: Recipient) -> tuple[str, ...]:
    """The lines on the envelope; abroad the last one is the country in capitals, in English, as the post wants it."""
    country = to.country.upper()
    abroad = country and country != sender.country.upper()
    name = Locale("en").territories.get(country, country) if abroad else ""
    return tuple(line for line in (to.name, *to.lines, name.upper()) if line.strip())


def window_size(lines: tuple[str, ...]) -> float:
    """The size of type, in points, at which an address fits the window: seven lines of the usual one, else smaller."""
    for size in (9.5, 8.5, 7.5):
        if (
            sum(ceil(text_width(line, size) * 1.04 / WINDOW_WIDTH) for line in lines) * size * 1.28
            <= WINDOW_HEIGHT
        ):
            return size
    return 6.5


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


def breakable(text: str, longest: int = 14) -> str:
    """`text` with invisible places to break in words longer than that, so that none runs into its neighbour.

    Only words of Latin, Greek and Cyrillic letters and figures are cut; other scripts break by themselves or not at all.
    """
    if len(text) <= longest:
        return text
    return re.sub(
        rf"[!-~\u00a1-\u052f]{{{longest}}}(?=[!-~\u00a1-\u052f])", lambda found: found[0] + "\u200b", text
    )
