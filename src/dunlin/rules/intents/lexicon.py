"""The words Dunlin knows, by language: files in `words/`, read once when first asked for.

A file has lines `NAME: word, stem*, two words`. A name in capitals is a concept (PAY, INVOICE, NOT), `WILL+PAY` gives two; `stop`
are the small words a language is told by; names in small letters belong to days (see days.py). Folded as mail is folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from dunlin.rules.intents.folding import WORD, fold

LANGUAGES = tuple("en es fr de it pt nl pl sv da no cs tr tl ja zh ko hi ar ru fi ro hu id vi el uk".split())
UNSPACED = frozenset({"ja", "zh", "ko"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A word or words (a trailing * is taken off and told by `open_ended`) and the concepts they stand for."""

    words: tuple[str, ...]
    open_ended: tuple[bool, ...]
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language. `by_word` and `by_stem` by the first word of each entry; `lists` are the small-letter lines."""

    language: str
    by_word: Mapping[str, list[Entry]]
    by_stem: Mapping[str, list[Entry]]
    lists: Mapping[str, tuple[str, ...]]
    longest_stem: int


@cache
def lexicon(language: str) -> Lexicon:
    """The words of a language; of one without a file, none."""
    by_word: dict[str, list[Entry]] = {}
    by_stem: dict[str, list[Entry]] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for name, words in _lines(language):
        if name.islower():
            lists[name] = (*lists.get(name, ()), *(fold(word) for word in words))
            continue
        concepts = tuple(name.split("+"))
        for written in words:
            for word in _spellings(written, language):
                if language in UNSPACED:  # looked up letter by letter, spaces and all
                    by_word.setdefault(word, []).append(Entry((word,), (False,), concepts))
                    continue
                found = list(WORD.finditer(word))
                if not found:
                    continue
                entry = Entry(
                    tuple(part[0] for part in found),
                    tuple(word[part.end() : part.end() + 1] == "*" for part in found),
                    concepts,
                )
                (by_stem if entry.open_ended[0] else by_word).setdefault(entry.words[0], []).append(entry)
    return Lexicon(language, by_word, by_stem, lists, max(map(len, by_stem), default=0))


def _lines(language: str) -> Iterator[tuple[str, list[str]]]:
    path = files("dunlin.rules.intents") / "words" / f"{language}.txt"
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, colon, words = line.partition(":")
        if colon and not line.startswith("#"):
            yield name.strip(), [word.strip() for word in words.split(",") if word.strip()]


def _spellings(word: str, language: str) -> set[str]:
    """As written, and as typed where the letters are not on the keyboard (ä as ae, å as aa, ß as ss)."""
    found = {fold(word.lower())}
    if language in {"de", "sv", "da", "no", "fi"}:
        typed = word.lower()
        for letter, letters in (
            ("ä", "ae"),
            ("ö", "oe"),
            ("ü", "ue"),
            ("ß", "ss"),
            ("å", "aa"),
            ("ø", "oe"),
            ("æ", "ae"),
        ):
            typed = typed.replace(letter, letters)
        found.add(fold(typed))
    return found
