"""How a language writes on paper: its words, amounts, dates, direction, the size of its sheet, its fonts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date
from babel.numbers import get_decimal_symbol, get_group_symbol

from dunlin.rules.money import TRUE_MINUS, minor_digits

WORDS = Path(__file__).with_name("paper_words.yaml")
ENGLISH = "en"
RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur", "yi", "ps"})
# Where the sheet is US Letter (CLDR); everywhere else it is A4.
LETTER_COUNTRIES = frozenset("BZ CA CL CO CR GT MX NI PA PH PR SV US VE".split())

_LATIN = "Noto Sans"
_CJK = "Noto Sans CJK JP"
_FIRST_FONT = {
    "ar": "Arabic",
    "fa": "Arabic",
    "ur": "Arabic",
    "he": "Hebrew",
    "hi": "Devanagari",
    "th": "Thai",
}
_REGION = {"ja": "JP", "zh": "CN", "ko": "KR"}  # decides the shape of shared characters
_CLDR = {"tl": "fil"}

# Controls have no business on paper, and marks that turn the direction of what follows can make a number read backwards.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffc\ud800-\udfff]"
)


def printable(text: str) -> str:
    """`text` as it goes on paper: composed, without control characters and without marks that turn the direction."""
    if text.isascii() and text.isprintable():
        return text
    return _UNPRINTABLE.sub(" ", unicodedata.normalize("NFC", text))


@dataclass(frozen=True)
class PaperLanguage:
    """A language as paper needs it. `tag` is what the document says it is written in, `locale` writes its figures."""

    tag: str
    region: str | None
    locale: Locale
    words: Mapping[str, Any]
    group: str
    point: str
    grouping: tuple[int, int]

    @property
    def rtl(self) -> bool:
        return self.tag in RIGHT_TO_LEFT

    @property
    def cjk(self) -> bool:
        return self.tag in _REGION

    @property
    def fonts(self) -> list[str]:
        """Families in order of preference; a character that none has is looked for in all others."""
        own = _FIRST_FONT.get(self.tag)
        # Latin first: the figures and signs of Noto Sans are the ones that line up.
        return [_LATIN, *([f"{_LATIN} {own}"] if own else []), _CJK]

    def amount(self, minor: int, currency: str) -> str:
        """Minor units as the language writes the figure, with a true minus and without the currency."""
        digits = minor_digits(currency)
        whole, rest = divmod(abs(minor), 10**digits)
        figure = self._grouped(str(whole)) + (f"{self.point}{rest:0{digits}}" if digits else "")
        return self.isolated(f"{TRUE_MINUS}{figure}" if minor < 0 else figure, ltr=True)

    def money(self, minor: int, currency: str) -> str:
        """The amount with its currency code."""
        return self.isolated(f"{self.amount(minor, currency)}\u00a0{currency}", ltr=True)

    def day(self, on: date) -> str:
        """A date as the language writes it in a table."""
        return _day(self.locale, on)

    def isolated(self, text: str, ltr: bool = False) -> str:
        """`text` kept apart from its surroundings, so that right-to-left words do not turn a number or a name around."""
        if not self.rtl or not text:
            return text
        return f"{chr(0x2066) if ltr else chr(0x2068)}{text}\u2069"

    def own(self, text: str) -> str:
        """A text of someone else (a name, a number) ready for paper, in one line."""
        return self.isolated(" ".join(printable(text).split()))

    def word(self, name: str, **values: object) -> str:
        return str(self.words[name]).format(**values)

    def kind(self, code: str) -> str:
        """The name of a kind of item; one that is not known stands as it is."""
        return str(self.words["kinds"].get(code) or printable(code))

    def _grouped(self, digits: str) -> str:
        first, further = self.grouping
        head, tail = digits[:-first], digits[-first:]
        parts = [tail]
        while head:
            head, tail = head[:-further], head[-further:]
            parts.append(tail)
        return self.group.join(reversed(parts))


@lru_cache(256)
def paper_language(tag: str, country: str = "") -> PaperLanguage:
    """The language of a tag ("de", "pt-BR"), figures and dates as in `country` where it has its own way.

    A language without words of its own gets the English ones and says so in `tag`.
    """
    base, _, region = tag.replace("_", "-").partition("-")
    base = base.lower()
    region = region.upper() if len(region) == 2 else country.upper()
    known = _words()
    if base not in known:
        base, region = ENGLISH, country.upper()
    locale = _locale(base, region)
    pattern = locale.decimal_formats[None]
    return PaperLanguage(
        tag=base,
        region=region if len(region) == 2 and region.isalpha() and base not in _REGION else _REGION.get(base),
        locale=locale,
        words=known[ENGLISH] | known[base] | {"kinds": known[ENGLISH]["kinds"] | known[base]["kinds"]},
        group=get_group_symbol(locale, numbering_system="latn"),
        point=get_decimal_symbol(locale, numbering_system="latn"),
        grouping=pattern.grouping,
    )


def sheet_of(country: str) -> str:
    """The size of paper in a country: "us-letter" or "a4"."""
    return "us-letter" if country.upper() in LETTER_COUNTRIES else "a4"


def words_known() -> tuple[str, ...]:
    """The languages that have words of their own."""
    return tuple(_words())


def _locale(base: str, region: str) -> Locale:
    name = _CLDR.get(base, base)
    try:
        return Locale.parse(f"{name}_{region}")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(name)


@lru_cache(4096)
def _day(locale: Locale, on: date) -> str:
    return format_date(on, "medium", locale)


@lru_cache(1)
def _words() -> dict[str, dict[str, Any]]:
    with WORDS.open(encoding="utf-8") as stream:
        return yaml.load(stream, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe
