"""Which characters the fonts of this package have, read from their character maps, so that a missing one is told."""

from __future__ import annotations

import struct
import unicodedata
from functools import lru_cache
from pathlib import Path

FONTS = Path(__file__).with_name("paper_fonts")


def without_glyph(text: str) -> tuple[str, ...]:
    """The characters of `text` that no font of ours has, in order of their codes. They would print as empty boxes."""
    lacking = {ord(sign) for sign in set(text)} - covered()
    return tuple(chr(code) for code in sorted(lacking) if not _unseen(code))


@lru_cache(1)
def covered() -> frozenset[int]:
    """All characters of all fonts of the package."""
    codes: set[int] = set()
    for file in sorted(FONTS.glob("*.[ot]tf")):
        codes |= font_characters(file.read_bytes())
    return frozenset(codes)


def font_characters(font: bytes) -> set[int]:
    """The characters of one OpenType font: its `cmap` table in the formats 4 and 12."""
    tables = struct.unpack_from(">H", font, 4)[0]
    start = next(
        struct.unpack_from(">I", font, 12 + 16 * index + 8)[0]
        for index in range(tables)
        if font[12 + 16 * index : 16 + 16 * index] == b"cmap"
    )
    codes: set[int] = set()
    for index in range(struct.unpack_from(">H", font, start + 2)[0]):
        at = start + struct.unpack_from(">I", font, start + 4 + 8 * index + 4)[0]
        form = struct.unpack_from(">H", font, at)[0]
        if form == 4:
            codes |= _segments(font, at)
        elif form == 12:
            codes |= _groups(font, at)
    return codes


def _segments(font: bytes, at: int) -> set[int]:
    count = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", font, at + 14)
    starts = struct.unpack_from(f">{count}H", font, at + 16 + 2 * count)
    return {code for first, last in zip(starts, ends) if first != 0xFFFF for code in range(first, last + 1)}


def _groups(font: bytes, at: int) -> set[int]:
    codes: set[int] = set()
    for index in range(struct.unpack_from(">I", font, at + 12)[0]):
        first, last = struct.unpack_from(">II", font, at + 16 + 12 * index)
        codes |= set(range(first, last + 1))
    return codes


def _unseen(code: int) -> bool:
    return unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs", "Zl", "Zp")
