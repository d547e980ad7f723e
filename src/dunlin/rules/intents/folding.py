"""Text made comparable without moving a letter: lower case, no accents, plain marks, invisible signs taken out.

`fold` maps each letter to exactly one, so a place in the folded text is the same place in the clean text; `clean` takes signs out
and keeps where the rest came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Zero-width signs, direction marks, soft hyphens, control characters, lone accents, Arabic vowel signs.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]+"
)
# A word of folded text: letters with inner apostrophes or hyphens, a run of writing without spaces, a figure, a telling mark.
WORD = re.compile(
    r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:['’-][^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[\u0900-\u097f]+)*"
    r"|[\u0900-\u097f]+|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|\d+(?:[.,]\d+)*|[?#%]"
)
_BY_HAND = {
    "ı": "i", "ł": "l", "ø": "o", "æ": "a", "đ": "d", "ß": "s", "œ": "o", "ð": "d", "þ": "t", "’": "'", "‘": "'", "`": "'",
    "´": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u3000": " ", "\t": " ", "\r": " ", "\u2028": "\n", "\u2029": "\n", "º": "°",
    "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ё": "е", "。": "。",
}  # fmt: skip


class _Table(dict[int, str]):
    """Filled letter by letter as they turn up."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        low = letter.lower()
        low = low if len(low) == 1 else letter
        folded = _BY_HAND.get(low)
        if folded is None:
            folded = low
            if 0xFF00 <= code <= 0xFFEF:
                form = unicodedata.normalize("NFKC", letter).lower()
                folded = form if len(form) == 1 else low
            elif 0x80 <= code < 0x0900 or 0x1E00 <= code < 0x2000:
                base = unicodedata.normalize("NFKD", low)[0]
                folded = _BY_HAND.get(base, base if base.isalnum() else low)
            elif 0x660 <= code <= 0x669:
                folded = str(code - 0x660)
        self[code] = folded
        return folded


_TABLE = _Table()


def fold(text: str) -> str:
    """Lower case without accents, one letter for one letter: len(fold(x)) == len(x)."""
    return text.translate(_TABLE)


@dataclass(frozen=True, slots=True)
class Clean:
    """Text without unseen signs; `places[i]` is where letter i stood, None when nothing was taken out."""

    text: str
    places: Sequence[int] | None

    def place(self, at: int) -> int:
        """Where position `at` stood in the text as given."""
        if self.places is None:
            return at
        return self.places[at] if at < len(self.places) else self.places[-1] + 1 if self.places else 0


def clean(text: str) -> Clean:
    """Take unseen signs out, in linear time."""
    if not _UNSEEN.search(text):
        return Clean(text, None)
    places: list[int] = []
    parts: list[str] = []
    last = 0
    for match in _UNSEEN.finditer(text):
        parts.append(text[last : match.start()])
        places.extend(range(last, match.start()))
        last = match.end()
    parts.append(text[last:])
    places.extend(range(last, len(text)))
    return Clean("".join(parts), places)
