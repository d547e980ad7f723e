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
        codes |= font_characters(file.read_bytes()).keys()
    return frozenset(codes)


def font_characters(font: bytes) -> dict[int, int]:
    """The characters of one OpenType font and their glyphs: its `cmap` table in the formats 4 and 12."""
    start = _table(font, b"cmap")
    glyphs: dict[int, int] = {}
    for index in range(struct.unpack_from(">H", font, start + 2)[0]):
        at = start + struct.unpack_from(">I", font, start + 4 + 8 * index + 4)[0]
        form = struct.unpack_from(">H", font, at)[0]
        if form == 4:
            glyphs |= _segments(font, at)
        elif form == 12:
            glyphs |= _groups(font, at)
    return {code: glyph for code, glyph in glyphs.items() if glyph}


@lru_cache(1)
def advances() -> dict[str, float]:
    """How far each character moves on, in ems, in the first of our fonts that has it; Noto Sans comes first."""
    moves: dict[str, float] = {}
    for file in sorted(
        FONTS.glob("*-Regular.[ot]tf"), key=lambda file: (file.stem != "NotoSans-Regular", file.name)
    ):
        font = file.read_bytes()
        em = struct.unpack_from(">H", font, _table(font, b"head") + 18)[0]
        count = struct.unpack_from(">H", font, _table(font, b"hhea") + 34)[0]
        metrics = struct.unpack_from(f">{2 * count}H", font, _table(font, b"hmtx"))
        for code, glyph in font_characters(font).items():
            moves.setdefault(chr(code), metrics[2 * min(glyph, count - 1)] / em)
    return moves


def text_width(text: str, size: float) -> float:
    """Points that `text` takes at `size` points, set in one line; where letters join rather more than less."""
    moves = advances()
    return size * sum(moves.get(sign, 0.0 if _unseen(ord(sign)) else 1.0) for sign in text)


def _table(font: bytes, tag: bytes) -> int:
    for index in range(struct.unpack_from(">H", font, 4)[0]):
        if font[12 + 16 * index : 16 + 16 * index] == tag:
            return int(struct.unpack_from(">I", font, 12 + 16 * index + 8)[0])
    raise ValueError(f"a font without {tag.decode()}")


def _segments(font: bytes, at: int) -> dict[int, int]:
    count = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends, starts, deltas, offsets = (
        struct.unpack_from(f">{count}H", font, at + 14 + 2 * count * part + (2 if part else 0))
        for part in range(4)
    )
    glyphs: dict[int, int] = {}
    for index in range(count):
        for code in range(starts[index], ends[index] + 1):
            if offsets[index]:
                place = at + 16 + 6 * count + 2 * index + offsets[index] + 2 * (code - starts[index])
                found = struct.unpack_from(">H", font, place)[0] if code != 0xFFFF else 0
            else:
                found = code
            glyphs[code] = (found + deltas[index]) % 0x10000 if found else 0
    glyphs.pop(0xFFFF, None)
    return glyphs


def _groups(font: bytes, at: int) -> dict[int, int]:
    glyphs: dict[int, int] = {}
    for index in range(struct.unpack_from(">I", font, at + 12)[0]):
        first, last, glyph = struct.unpack_from(">III", font, at + 16 + 12 * index)
        glyphs |= {code: glyph + code - first for code in range(first, last + 1)}
    return glyphs


def _unseen(code: int) -> bool:
    return unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs", "Zl", "Zp")
