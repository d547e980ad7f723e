"""Bytes of a mail to text: the charset it names when that fits, else what the bytes look like. Never an error."""

from __future__ import annotations

import codecs
import re

import charset_normalizer

# Names seen in real mail, and names whose superset is what was meant: nobody writes true latin-1, everybody writes cp1252.
_MEANT = {
    "ascii": "utf-8",
    "usascii": "utf-8",
    "us-ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "default": "utf-8",
    "unknown-8bit": "utf-8",
    "x-unknown": "utf-8",
    "8bit": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "sjis": "cp932",
    "big5": "big5hkscs",
    "tis-620": "cp874",
    "iso-2022-jp": "iso2022_jp_ext",
    "cp-850": "cp850",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
}
# Text codecs of Python that are no charset of mail: some take quadratic time, some are not meant for data at all.
_NEVER = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_SAMPLE_BYTES = 20_000
_ISO_2022 = re.compile(rb"\x1b(?:\$[@B]|\([BJ])")


def decode_text(data: bytes, charset: str = "") -> tuple[str, str]:
    """The text of `data` and a problem code: "" or "mail_charset" when the charset named is unknown or does not fit."""
    name = _known(charset)
    if name and not (name == "utf-8" and _ISO_2022.search(data[:_SAMPLE_BYTES])):
        try:
            return data.decode(name), ""
        except (UnicodeError, LookupError, ValueError):
            pass
    elif not charset and data.isascii() and b"\x1b" not in data:
        return data.decode("ascii"), ""
    return guess_text(data), "mail_charset"


def guess_text(data: bytes) -> str:
    """Text whose charset is not known: UTF-8 if it is, ISO-2022-JP by its escapes, else what statistics say."""
    if _ISO_2022.search(data[:_SAMPLE_BYTES]):
        return data.decode("iso2022_jp_ext", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        # A mail cut in the middle of a letter, or with a stray byte, is still UTF-8.
        text = data.decode("utf-8", "replace")
        lost = text.count("\ufffd")
        if fault.start > 0 and sum(1 for c in text if c > "\x7f") > 3 * lost:
            return text
    sample = data[:_SAMPLE_BYTES]
    high = sum(1 for byte in sample if byte >= 0xC0)
    letters = high + sum(1 for byte in sample if byte < 0x80 and chr(byte).isalpha()) or 1
    if high / letters >= 0.3 and len(sample) >= 16:
        best = charset_normalizer.from_bytes(sample).best()
        if best is not None:
            return data.decode(best.encoding, "replace")
    return data.decode("cp1252", "replace")


def _known(charset: str) -> str:
    """The codec for the name a mail gives, "" when there is none that may be used."""
    name = charset.strip().strip("\"'").lower()[:60]
    if name in _MEANT:
        return _MEANT[name]
    name = re.split(r"[^\w.:+-]", name)[0]
    if not name or not name.isascii():
        return ""
    name = _MEANT.get(name, name)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    if found.name.replace("-", "_") in _NEVER or not getattr(found, "_is_text_encoding", True):
        return ""
    return found.name
