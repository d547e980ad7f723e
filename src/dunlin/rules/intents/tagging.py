"""A sentence as a row of concepts: the same row whatever the language, so that a rule is written once (B5).

Entities count as concepts too: DATE_AHEAD, DATE_PAST, DATE_NOW, AMOUNT, NUMBER, EMAIL.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dunlin.rules.intents.folding import WORD
from dunlin.rules.intents.lexicon import UNSPACED, Entry, Lexicon, lexicon

_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


_DENIABLE = frozenset({"DISPUTE", "CANCEL", "REFUND", "PAID"})


@dataclass(frozen=True, slots=True)
class Tag:
    """A concept and where its words stand in the text."""

    concept: str
    start: int
    end: int


def tags(folded: str, start: int, end: int, languages: Sequence[str], entities: Sequence[Tag]) -> list[Tag]:
    """The concepts of folded[start:end] in order. `entities` are sorted; words within one are not looked at again."""
    inside = [each for each in entities if start <= each.start < end]
    words = _words(folded, start, end, inside)
    known = [lexicon(language) for language in languages]
    found: list[Tag] = list(inside)
    at = until = 0
    while at < len(words):
        word, left, _ = words[at]
        if left < until:
            at += 1
            continue
        best: tuple[int, int, Entry] | None = None
        if _WIDE.match(word):
            wide, until = _wide(folded, left, left + len(word), end, known)
            found += [
                tag
                for tag in wide
                if not any(each.start < tag.end and tag.start < each.end for each in inside)
            ]
            at += 1
            continue
        for each in known:
            here = _best(words, at, each)
            if here is not None and (best is None or here[:2] > best[:2]):
                best = here
        if best is None:
            at += 1
            continue
        count, _, entry = best
        last = words[at + count - 1][2]
        found.extend(Tag(concept, left, last) for concept in entry.concepts)
        at += count
    found.sort(key=lambda tag: tag.start)
    return _denied(found)


def _denied(found: list[Tag]) -> list[Tag]:
    """ "We do not dispute", "no refund", "do not want to cancel": said not to be so; the two become DENIED."""
    out: list[Tag] = []
    for tag in found:
        before = [each for each in out[-2:] if each.concept != "WANT"]
        if (
            tag.concept in _DENIABLE
            and before
            and before[-1].concept == "NOT"
            and tag.start - before[-1].end < 25
        ):
            while out[-1].concept == "WANT":
                out.pop()
            out[-1] = Tag("DENIED", out[-1].start, tag.end)
        else:
            out.append(tag)
    return out


def _words(folded: str, start: int, end: int, entities: Sequence[Tag]) -> list[tuple[str, int, int]]:
    """Words with their places; "'ll" stands as a word of its own, entities are left out."""
    starts = [each.start for each in entities]
    out: list[tuple[str, int, int]] = []
    for match in WORD.finditer(folded, start, end):
        before = bisect_right(starts, match.start()) - 1
        if before >= 0 and match.start() < entities[before].end:
            continue
        word, left, right = match[0], match.start(), match.end()
        if word.endswith("'ll"):
            out += [(word[:-3], left, right - 3), ("ll", right - 3, right)]
        else:
            out.append((word, left, right))
    return out


def _best(words: Sequence[tuple[str, int, int]], at: int, known: Lexicon) -> tuple[int, int, Entry] | None:
    word = words[at][0]
    best: tuple[int, int, Entry] | None = None
    for entry in _entries(word, known):
        count = len(entry.words)
        if at + count > len(words) or (best is not None and count < best[0]):
            continue
        fits = True
        for step in range(1, count):
            other, wanted = words[at + step][0], entry.words[step]
            if not (other.startswith(wanted) if entry.open_ended[step] else other == wanted):
                fits = False
                break
        if fits:
            size = sum(map(len, entry.words)) - entry.open_ended[0]
            if best is None or (count, size) > best[:2]:
                best = (count, size, entry)
    return best


def _entries(word: str, known: Lexicon) -> Iterable[Entry]:
    yield from known.by_word.get(word, ())
    bare = word
    for part in (word, *_pieces(word, known.language)):
        if part != bare:
            yield from known.by_word.get(part, ())
        for length in range(min(len(part), known.longest_stem), 1, -1):
            yield from known.by_stem.get(part[:length], ())


def _pieces(word: str, language: str) -> list[str]:
    """What is left of a word when what is written onto it is taken off: l'facture, al-fatura."""
    if "'" in word and language in {"fr", "it"}:
        return [word.partition("'")[2]]
    if language == "ar":
        found = []
        for front in ("وال", "بال", "لل", "ال", "و", "ب", "ل", "ف", "س", "ك"):
            if word.startswith(front) and len(word) - len(front) >= 3:
                found.append(word[len(front) :])
        return found
    if "-" in word:
        return word.split("-")[1:]
    return []


def _wide(folded: str, left: int, right: int, end: int, known: Sequence[Lexicon]) -> tuple[list[Tag], int]:
    """Concepts in writing without spaces: the longest known word at each letter of folded[left:right], and where it ended."""
    found: list[Tag] = []
    lexicons = [each for each in known if each.language in UNSPACED]
    at = left
    while at < right:
        length, entry = 0, None
        for each in lexicons:
            for size in range(min(14, end - at), length, -1):
                here = each.by_word.get(folded[at : at + size])
                if here:
                    length, entry = size, here[0]
                    break
        if entry is None:
            at += 1
            continue
        found.extend(Tag(concept, at, at + length) for concept in entry.concepts)
        at += length
    return found, at
