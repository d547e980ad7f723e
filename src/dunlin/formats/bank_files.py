"""One door for bank files: what a file is, its content says, and one model comes out of all of them.

A file that cannot be read ends in a `BankFileProblem` with its reason; a damaged record stays in the answer and stops
nothing. Nothing else is ever raised for content, and no bytes of a file leave it for another. Guide: docs/guides/bank-files.md.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from dunlin.formats.bank_bai2 import read_bai2
from dunlin.formats.bank_camt import read_camt
from dunlin.formats.bank_fedwire import read_fedwire
from dunlin.formats.bank_lockbox import read_lockbox
from dunlin.formats.bank_model import BankFile, BankFileProblem, Entry, Flaw, Statement
from dunlin.formats.bank_mt940 import read_mt940
from dunlin.formats.bank_nacha import read_nacha
from dunlin.formats.bank_ofx import read_ofx
from dunlin.formats.encodings import find_encoding
from dunlin.rules.codes import sentence
from dunlin.rules.money import NotMoney

__all__ = [
    "BYTES_MAX",
    "BankFile",
    "BankFileProblem",
    "Entry",
    "Flaw",
    "Statement",
    "format_of",
    "read_bank_file",
    "text_of",
]

BYTES_MAX = 128 << 20
_HEAD_BYTES = 20_000

_NACHA = re.compile(
    r"1\d[\d ].{20}\d{6}[\d ]{4}[A-Z0-9]|5(?:200|220|225|280).{46}[A-Z]{3}|6[2-58][1-9]\d{9}.{17}\d{10}|7(?:99R|98C)\d{2}",
    re.ASCII,
)
_LOCKBOX = re.compile(
    r"1[\d ]{2}.{20}\d{6}\d{4}\s*\n\s*2|5\d{3}\d{3}.{7}\d{6}.{20}\s*\n\s*6\d{6}\d{10}", re.ASCII
)
_BAI2 = re.compile(
    r"01,[^,\n]*,[^,\n]*,\d{6},\d{0,4},|02,[^,\n]*,[^,\n]*,[1-4]?,\d{6},|03,[^,\n]*,(?:[A-Z]{3})?,(?:\d{3},|/)"
)
_MT940 = re.compile(r"(?:\{[1-4]:|:(?:20|21|25|28C?|60[FM]|61|62[FM]|64|86|34F|940|942):)")
_FEDWIRE = re.compile(r"\{(?:1[15]\d\d|2000|3\d{3})\}")
_OFX = re.compile(r"OFXHEADER\s*[:=]|<OFX>|<\?OFX", re.I)
# The marks of a transmission and the end of file of old systems, beside a line and never inside one.
_MARKS = re.compile(r"^[\x01-\x04\x1a]+|[\x01-\x04\x1a]+$", re.M)
_LOST = re.compile("[\ud800-\udfff\ufffd]")
_XML = re.compile(r"<(?:\?|!|[A-Za-z_])")

_READERS: dict[str, Callable[[str, str], BankFile]] = {
    "bai2": read_bai2, "mt940": read_mt940, "ofx": read_ofx, "nacha": read_nacha, "lockbox": read_lockbox, "fedwire": read_fedwire,
}  # fmt: skip


def read_bank_file(name: str, content: bytes) -> BankFile:
    """Read a bank file of any of the formats. `name` only goes into the answer.

    BankFileProblem, with the code and the sentence, when it is none of them, is not safe to open, or holds nothing.
    """
    if not content.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise BankFileProblem("bank_file_empty")
    if len(content) > BYTES_MAX:
        raise BankFileProblem("bank_file_large", limit=BYTES_MAX >> 20)
    kind = format_of(text_of(content[:_HEAD_BYTES])[0])
    try:
        if kind == "xml":  # expat decodes by the declaration; blanks before it are a common fault
            return read_camt(name, content.lstrip())
        text, lost = text_of(content)
        read = _READERS[kind](name, text)
    except (
        NotMoney
    ) as problem:  # each amount is right by itself; together they are more than an account can hold
        raise BankFileProblem("bank_not_added", why=str(problem)) from None
    if lost:
        flaw = Flaw("file", "bank_letters_lost", sentence("bank_letters_lost", {"count": lost}))
        return BankFile(
            name, read.format, read.variant, read.statements, (*read.warnings, flaw), read.damaged
        )
    return read


def format_of(text: str) -> str:
    """Which format a text is in; "xml" for what camt would be. BankFileProblem when it is none."""
    head = text[:_HEAD_BYTES].lstrip("\ufeff \n\t")
    if _OFX.search(head):
        return "ofx"
    if _XML.match(head):
        return "xml"
    if _BAI2.match(head):
        return "bai2"
    if _FEDWIRE.match(head):
        return "fedwire"
    if _MT940.match(head):
        return "mt940"
    if _LOCKBOX.match(head):
        return "lockbox"
    if _NACHA.match(head):
        return "nacha"
    raise BankFileProblem("bank_file_unknown")


def text_of(content: bytes) -> tuple[str, int]:
    """The text with "\\n" as line end, and how many bytes of it were no text. A zero byte is in no text file."""
    encoding, errors = find_encoding(io.BytesIO(content))
    try:
        text = content.decode(encoding, errors)
    except (UnicodeError, LookupError):
        raise BankFileProblem("file_encoding", encoding=encoding) from None
    if "\0" in text:
        raise BankFileProblem("bank_file_binary")
    lost = 0 if text.isascii() else len(_LOST.findall(text))
    if lost:
        text = _LOST.sub("\ufffd", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    return _MARKS.sub("", text), lost
