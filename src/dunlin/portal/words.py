"""The words of the portal by language, and how amounts and days are written for the customer: as on their papers.

A language is a file of words/; what it lacks is English. Nothing a customer reads is written anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from dunlin.formats.paper_language import PaperLanguage, paper_language
from dunlin.formats.template_files import choose_language

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "ar")
ENGLISH = "en"


@dataclass(frozen=True)
class Words:
    """The words of one language; amounts and days as `paper` writes them."""

    tag: str
    known: Mapping[str, str]
    paper: PaperLanguage

    @property
    def direction(self) -> str:
        return "rtl" if self.paper.rtl else "ltr"

    def __call__(self, name: str, **values: Any) -> str:
        """The sentence of that name, filled. KeyError when there is none: a page must not show a hole."""
        text = self.known[name]
        return text.format(**values) if values else text

    def count(self, name: str, number: int) -> str:
        """One or many of something: NAME_one or NAME_many with {n}."""
        return self(f"{name}_one" if number == 1 else f"{name}_many", n=number)

    def money(self, minor: int, currency: str) -> str:
        return self.paper.money(minor, currency)

    def day(self, on: date | None) -> str:
        return self.paper.day(on) if on is not None else ""

    def kind(self, code: str) -> str:
        return self.paper.kind(code)


@cache
def _table(tag: str) -> dict[str, str]:
    text = (files("dunlin.portal") / "words" / f"{tag}.yaml").read_text(encoding="utf-8")
    return {str(name): str(words) for name, words in yaml.safe_load(text).items()}


@cache
def words_in(tag: str, country: str = "") -> Words:
    """The words of a language of LANGUAGES, figures as in the country."""
    return Words(tag, _table(ENGLISH) | _table(tag), paper_language(tag, country))


def language_of(chosen: str, own: Sequence[str], accepted: str) -> str:
    """The language of a page: the one chosen here, else that of the customer, else what the browser asks for, else English."""
    browser = [each.partition(";")[0].strip() for each in accepted[:200].split(",")]
    for wanted in (chosen, *own, *browser):
        base = wanted.replace("_", "-").partition("-")[0].lower()
        if base in LANGUAGES:
            return choose_language(wanted, LANGUAGES)
    return ENGLISH
