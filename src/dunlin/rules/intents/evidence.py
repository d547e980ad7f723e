"""What a sentence offers the linear model: its concepts, their order, the rules it meets, its words and parts of words (B5).

Names are hashed into a fixed space (crc32, the same on every machine), so that nothing but the weights is shipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from dunlin.rules.intents.folding import WORD
from dunlin.rules.intents.reading import Sentence
from dunlin.rules.intents.rules import fired

SPACE = 1 << 16
# Concepts that say little by themselves; pairs with them are kept only side by side.
_FAINT = frozenset({"WE", "YOU", "ACCOUNT", "THANKS"})
MOST_WORDS = 120


def evidence(sentence: Sentence, folded: str) -> list[tuple[str, int, int]]:
    """(name, start, end) of all that speaks for or against an intent."""
    found = list(_concepts(sentence))
    found += [
        (f"r:{rule.name}", sentence.tags[first].start, sentence.tags[last].end)
        for rule, first, last in fired(sentence.row)
    ]
    found += _words(sentence, folded)
    return found


def place_of(name: str) -> int:
    """Where a name's weights stand."""
    return crc32(name.encode()) % SPACE


def _concepts(sentence: Sentence) -> Iterator[tuple[str, int, int]]:
    row = sentence.tags[:60]
    for at, tag in enumerate(row):
        yield f"c:{tag.concept}", tag.start, tag.end
        for step, other in enumerate(row[at + 1 : at + 6]):
            if other.concept == tag.concept:
                continue
            if step == 0:
                yield f"b:{tag.concept} {other.concept}", tag.start, other.end
            if tag.concept not in _FAINT and other.concept not in _FAINT:
                yield f"p:{tag.concept} {other.concept}", tag.start, other.end
    concepts = {tag.concept for tag in row}
    for name in ("NOT", "WILL", "PAID", "PLEASE", "ATTACHED", "DATE_AHEAD"):
        if name not in concepts:
            yield f"no:{name}", sentence.start, sentence.start


def _words(sentence: Sentence, folded: str) -> Iterator[tuple[str, int, int]]:
    denied = [(tag.start, tag.end) for tag in sentence.tags if tag.concept == "DENIED"]
    before = ""
    for count, match in enumerate(WORD.finditer(folded, sentence.start, sentence.end)):
        if count == MOST_WORDS:
            return
        if any(start <= match.start() < end for start, end in denied):
            continue
        word = "0" if match[0][0].isdigit() else match[0][:24]
        yield f"w:{word}", match.start(), match.end()
        if before:
            yield f"v:{before} {word}", match.start(), match.end()
        if len(word) > 4:
            for at in range(len(word) - 3):
                yield f"x:{word[at : at + 4]}", match.start(), match.end()
        before = word
