"""One door for remittance advice: what a file is, its content says (EDI 820, UBL, a table, lines of text), and one model comes out.

A file that cannot be read ends in a `RemittanceProblem` with its reason; nothing else is ever raised for content.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from dunlin.formats.bank_files import BYTES_MAX, text_of
from dunlin.formats.bank_model import BankFileProblem, Flaw
from dunlin.formats.problems import TableProblem
from dunlin.formats.remittance_820 import FIRST, read_820
from dunlin.formats.remittance_model import Advice, AdviceFile, AdviceLine, Kept, RemittanceProblem
from dunlin.formats.remittance_table import headings, read_remittance_table
from dunlin.formats.remittance_text import read_remittance_text
from dunlin.formats.remittance_ubl import read_ubl
from dunlin.formats.tables import open_table
from dunlin.rules.codes import sentence
from dunlin.rules.money import NotMoney

__all__ = [
    "Advice",
    "AdviceFile",
    "AdviceLine",
    "Kept",
    "RemittanceProblem",
    "looks_like_advice",
    "read_remittance",
    "read_remittance_text",
]

_HEAD_BYTES = 20_000
_BROKEN = re.compile(
    r"(?:^|[~\n'])\s*(?:BPR|RMR|TRN|N1|SE|GE|IEA)[*|^+]|</?(?:\w{1,20}:)?(?:RemittanceAdvice|\w+Amount|ID)\b",
    re.ASCII,
)
_SHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")


def read_remittance(
    name: str,
    content: bytes,
    columns: Mapping[str, str] | None = None,
    currency: str = "",
    date_order: str = "",
    decimal_mark: str = "",
) -> AdviceFile:
    """Read an advice of any of the formats. `currency` holds where the file names none; `columns` and the marks are for tables.

    RemittanceProblem, with the code and the sentence, when it is none of them or is not safe to open.
    """
    if not content.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise RemittanceProblem("bank_file_empty")
    if len(content) > BYTES_MAX:
        raise RemittanceProblem("bank_file_large", limit=BYTES_MAX >> 20)
    try:
        if columns or content.startswith(_SHEETS):
            return read_remittance_table(name, content, columns, currency, date_order, decimal_mark)
        text, lost = text_of(content)
        start = text.lstrip("\ufeff \n\t")
        if FIRST.match(start):
            read = read_820(name, start)
        elif start.startswith("<"):
            read = read_ubl(name, content.lstrip())
        elif _has_headings(name, content):
            read = read_remittance_table(name, content, None, currency, date_order, decimal_mark)
        elif _BROKEN.search(start):  # lines of text are never looked for in what was made for machines
            raise RemittanceProblem("remittance_header_cut")
        else:
            read = read_remittance_text(name, text, currency, decimal_mark, date_order)
    except BankFileProblem as problem:
        raise RemittanceProblem(problem.code, problem.line, **problem.facts) from None
    except NotMoney as problem:
        raise RemittanceProblem("bank_not_added", why=str(problem)) from None
    if not lost or start.startswith("<"):
        return read
    return _with_lost(read, lost)


def looks_like_advice(name: str, content: bytes) -> bool:
    """Whether its content says that it is remittance advice and no bank's file: an 820, UBL, a table headed as one."""
    if content.startswith(_SHEETS):
        return _has_headings(name, content)
    head = content[:_HEAD_BYTES]
    with suppress(BankFileProblem):
        start = text_of(head)[0].lstrip("\ufeff \n\t")
        if FIRST.match(start):
            return True
        if start.startswith("<"):
            return "RemittanceAdvice" in start[:2_000]
    return _has_headings(name, content)


def _has_headings(name: str, content: bytes) -> bool:
    try:
        return {"number", "paid"} <= set(headings(open_table(content, name).header))
    except TableProblem:
        return False


def _with_lost(read: AdviceFile, lost: int) -> AdviceFile:
    flaw = Flaw("file", "bank_letters_lost", sentence("bank_letters_lost", {"count": lost}))
    return AdviceFile(
        read.name, read.format, read.variant, read.advices, (*read.warnings, flaw), read.damaged
    )
