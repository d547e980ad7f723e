"""Which language a mail is in: by its letters, then by the small words and the trade's words it uses."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from dunlin.rules.intents.folding import WORD
from dunlin.rules.intents.lexicon import LANGUAGES, lexicon

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")), ("ko", re.compile(r"[\uac00-\ud7af]")), ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("uk", re.compile(r"[іїєґ]")), ("ru", re.compile(r"[\u0430-\u044f]")), ("ar", re.compile(r"[\u0620-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")), ("el", re.compile(r"[\u03b1-\u03c9]")), ("he", re.compile(r"[\u05d0-\u05ea]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)  # fmt: skip
# Letters that few languages have; they tell short mails apart.
_LETTERS = {
    "ñ": ("es", "tl"), "¿": ("es",), "¡": ("es",), "ß": ("de",), "ã": ("pt",), "õ": ("pt",), "ç": ("pt", "fr", "tr"), "ä": ("de", "sv", "fi"),
    "ö": ("de", "sv", "fi", "tr", "hu"), "ü": ("de", "tr", "hu", "es"), "å": ("sv", "da", "no"), "ø": ("da", "no"), "æ": ("da", "no"),
    "ł": ("pl",), "ż": ("pl",), "ś": ("pl",), "ą": ("pl",), "ę": ("pl",), "ě": ("cs",), "ř": ("cs",), "ů": ("cs",), "č": ("cs",), "ı": ("tr",),
    "ğ": ("tr",), "ş": ("tr", "ro"), "ő": ("hu",), "ű": ("hu",), "ț": ("ro",), "ș": ("ro",), "ă": ("ro", "vi"), "ê": ("fr", "pt", "vi"),
    "è": ("fr", "it"), "à": ("fr", "it", "pt"), "ù": ("fr", "it"), "ì": ("it",), "ò": ("it",), "é": ("fr", "es", "pt", "hu"), "ơ": ("vi",), "ư": ("vi",),
    "đ": ("vi",), "ạ": ("vi",), "ế": ("vi",), "œ": ("fr",), "î": ("fr", "ro"), "ó": ("es", "pl", "hu"), "í": ("es", "cs", "pt"),
    "ý": ("cs",), "ž": ("cs",), "š": ("cs",),
}  # fmt: skip


def guess(text: str, folded: str) -> list[str]:
    """Languages by falling likelihood, one to three, English last where nothing else speaks for another."""
    letters = folded[:4000]
    for language, script in _SCRIPTS:
        hits = len(script.findall(letters))
        if hits >= 3 and hits * 8 >= sum(map(str.isalpha, letters)):
            return [language, "en"]
    scores: Counter[str] = Counter()
    words = [match[0] for match in WORD.finditer(letters)]
    stops = _stops()
    for word in words:
        owners = stops.get(word, ())
        for owner in owners:
            scores[owner] += 1.0 / len(owners) ** 0.5  # type: ignore[assignment]
        for language in ("fr", "it"):
            if "'" in word and word.partition("'")[0] in {
                "l",
                "d",
                "n",
                "j",
                "qu",
                "s",
                "c",
                "m",
                "dell",
                "all",
                "nell",
                "un",
            }:
                scores[language] += 0.5  # type: ignore[assignment]
    for letter in set(text[:4000].lower()) & _LETTERS.keys():
        for owner in _LETTERS[letter]:
            scores[owner] += 1.0 / len(_LETTERS[letter])  # type: ignore[assignment]
    best = [language for language, score in scores.most_common(3) if score > 0.4 * max(scores.values())]
    if not best:
        return ["en"]
    return best if "en" in best else [*best[:2], "en"]


@cache
def _stops() -> dict[str, tuple[str, ...]]:
    """Small words and single trade words → the languages that use them."""
    owners: dict[str, list[str]] = {}
    for language in LANGUAGES:
        known = lexicon(language)
        for word in {*known.lists.get("stop", ()), *known.by_word}:
            if (word.isalpha() and len(word) > 1) or word in {"y", "e", "i", "o", "a", "w", "z", "v", "s"}:
                owners.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in owners.items()}
