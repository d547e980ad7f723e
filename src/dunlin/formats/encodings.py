"""Which encoding a text file is in, decided over the whole file: the marks it carries first, statistics last."""

from __future__ import annotations

import codecs
from typing import BinaryIO

import charset_normalizer

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
_SAMPLE_BYTES = 200_000


def has_mark(head: bytes) -> bool:
    """Whether the first bytes are a byte-order mark: then it says the encoding, whatever anybody was told."""
    return any(head.startswith(mark) for mark, _ in _MARKS)


def find_encoding(stream: BinaryIO) -> tuple[str, str]:
    """The encoding of a stream read to its end, and the error handler to decode it with.

    A file that is UTF-8 but for a few bytes is UTF-8 with "surrogateescape": the damaged cells are refused by
    themselves, and the rest keeps its letters.
    """
    head = stream.read(_CHUNK)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, "surrogateescape" if name == "utf-8-sig" else "replace"
    wide = _wide_without_mark(head[:4096])
    if wide:
        return wide, "replace"
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    sample = b""
    chunk = head
    while chunk:
        following = stream.read(_CHUNK)
        # A chunk may end inside a character: the decoder carries the rest over to the next.
        if not chunk.isascii() or decoder.getstate()[0]:
            text = decoder.decode(chunk, final=not following)
            damaged = sum(1 for c in text if "\udc80" <= c <= "\udcff")
            bad += damaged
            good += sum(1 for c in text if c > "\x7f") - damaged
            if damaged and len(sample) < _SAMPLE_BYTES:
                sample += b"\n".join(line for line in chunk.split(b"\n") if not line.isascii())[
                    :_SAMPLE_BYTES
                ]
        chunk = following
    if not bad or good > 2 * bad:
        return "utf-8", "surrogateescape" if bad else "strict"
    return _single_byte(sample), "replace"


def _wide_without_mark(head: bytes) -> str:
    """UTF-16 without its mark shows as a zero in every other byte of what is mostly Latin text."""
    if len(head) < 4:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def _single_byte(sample: bytes) -> str:
    """Western text has few letters outside ASCII; a file of mostly such letters is another script, so count them."""
    high = sum(1 for byte in sample if byte >= 0xC0)  # below lie quotation marks and signs
    letters = high + sum(1 for byte in sample if byte < 0x80 and chr(byte).isalpha()) or 1
    if high / letters < 0.3:
        try:
            sample.decode("cp1252")
        except UnicodeDecodeError:
            return "latin-1"
        return "cp1252"
    best = charset_normalizer.from_bytes(sample).best()
    # A mark of wide letters inside a file is none: the file itself would begin with it.
    if best is None or best.encoding.startswith(("utf_16", "utf_32")):
        return "cp1252"
    return best.encoding
