"""Document numbers in the text of a mail, written as people write them: `INV 1002`, `#1002`, `inv-01002/1003`, `0001002`.

Two uses: texts to look up exactly when the customer is not known, and which of one customer's documents are meant when it is.
A number that is an amount, a date, a telephone number or part of an address is no reference. DOMAIN section 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

CANDIDATES_MAX = 300
TEXT_CHARS = 50_000
_NO_REFERENCE = re.compile(
    r"\S{1,200}@\S{1,200}|https?://\S{1,500}"  # addresses
    r"|(?<![\w-])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?![\w/-])"  # dates
    r"|(?<![\w-])\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?![\w])|(?<![\w-])\d+[.,]\d{1,2}(?![\w])"  # amounts
    r"|(?:[$€£¥₹₱]|\b(?:USD|EUR|GBP|CHF|CAD|AUD|JPY|INR|PHP|MXN)\b)\s{0,2}\d[\d.,' ]*"
    r"|\d[\d.,']*\s{0,2}(?:[$€£¥₹₱]|(?:USD|EUR|GBP|CHF|CAD|AUD|JPY|INR|PHP|MXN)\b)"
    r"|\+\d[\d\s().-]{6,20}|\(\d{3}\)\s?\d{3}[-\s]\d{4}|\b\d{3}[-.]\d{3}[-.]\d{4}\b",  # telephones
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W_]+(?:[-/_.][^\W_]+)*")
_SPLIT = re.compile(r"[/_.]")
_WORDS = frozenset(
    "invoice invoices inv bill bills document documents doc statement po order number numbers no nr nos ref reference references"
    " rechnung rechnungen rechnungsnummer rg re beleg bestellung facture factures fact commande factura facturas pedido fattura fatture"
    " ordine fatura faturas nota factuur facturen bestelling faktura faktury fakturu credit memo".split()
)
_NEAR = 3  # words between "invoice" and its number


class Reference(NamedTuple):
    """A number as written. `said` when a word such as "invoice" or "PO" stands before it."""

    text: str
    said: bool


def references_in(text: str, more: Iterable[str] = ()) -> tuple[Reference, ...]:
    """What in the text may be a number of a document, in order; `more` are numbers already recognised as such."""
    found: dict[str, bool] = {each: True for each in more if each.strip()}
    tokens = _TOKEN.findall(_NO_REFERENCE.sub(" , ", text[:TEXT_CHARS]))
    since = _NEAR + 1
    before = ""
    for token in tokens:
        if token.lower() in _WORDS:
            since, before = 0, token
            continue
        if any(mark.isdigit() for mark in token):
            said = since <= _NEAR
            for part in (token, *(_SPLIT.split(token) if _SPLIT.search(token) else ())):
                if sum(mark.isdigit() for mark in part) >= 2 and len(part) <= 40:
                    found[part] = found.get(part, False) or said
            if before.isalpha() and len(before) <= 8 and token[0].isdigit():
                found[f"{before}-{token}"] = found.get(f"{before}-{token}", False) or said
            before = token
        else:
            since += 1
            before = token
        if len(found) >= CANDIDATES_MAX:
            break
    return tuple(Reference(each, said) for each, said in found.items())


def to_look_up(references: Sequence[Reference]) -> tuple[str, ...]:
    """The texts to look for among all document numbers, exactly: those that are unlikely to be anything else."""
    found: dict[str, None] = {}
    for text, said in references:
        digits = sum(mark.isdigit() for mark in text)
        if digits < 3 or (text.isdigit() and digits < (4 if said else 6)):
            continue
        for each in (text, text.upper()):
            found[each] = None
            head, dash, tail = each.rpartition("-")
            if dash and head.isalpha() and tail.isdigit():
                found[head + tail] = found[f"{head} {tail}"] = found[f"{head}/{tail}"] = None
            elif (split := re.fullmatch(r"([A-Za-z]+)(\d+)", each)) is not None:
                found[f"{split[1]}-{split[2]}"] = None
    return tuple(found)[: 4 * CANDIDATES_MAX]


def named(references: Sequence[Reference], numbers: Iterable[tuple[int, str]]) -> tuple[int, ...]:
    """Which of a customer's documents, (id, number), the references name. Written alike first (case, marks and leading zeros left
    aside); of what is left, the last digits when only one document ends so."""
    by_form: dict[str, list[int]] = {}
    by_tail: dict[str, list[int]] = {}
    for pk, number in numbers:
        if number:
            by_form.setdefault(form_of(number), []).append(pk)
            by_tail.setdefault(_tail(number), []).append(pk)
    found: dict[int, None] = {}
    for text, said in references:
        form = form_of(text)
        digits_only = text.isdigit()
        if form in by_form and (said or not digits_only or len(text) >= 5):
            found |= dict.fromkeys(by_form[form])
        elif digits_only and len(text) >= (3 if said else 5):
            of_tail = by_tail.get(text.lstrip("0"), ())
            if len(of_tail) == 1:
                found[of_tail[0]] = None
    return tuple(found)


def form_of(number: str) -> str:
    """What is left of a number when case, marks and leading zeros are no difference: "inv-00123" and "INV 123" are "INV123"."""
    plain = "".join(mark for mark in number.upper() if mark.isalnum())
    return re.sub(r"(?<!\d)0+(?=\d)", "", plain)


def _tail(number: str) -> str:
    """Its last digits without leading zeros."""
    digits = re.search(r"(\d+)\D*$", number)
    return digits[1].lstrip("0") if digits else ""
