"""References in a payer's words: found, normalised, and matched against the items of a customer. DOMAIN section 6.

A reference may lose its zeros, its head or its tail, swap O for 0 or I for 1, have one digit wrong, or be a range
(`INV123/124-126`). A number that is a date, an amount, or behind a word such as PO or ACCT is not a document's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from dunlin.rules.cash.facts import OpenItem

Label = Literal["", "document", "order", "account"]
How = Literal["exact", "swapped", "order", "tail", "head", "typo", "order_head"]

TEXT_CHARS = 4_000
MENTIONS_MAX = 120
LIKENESSES_MAX = 100_000  # numbers of one payment times items, looked for by their likeness
RANGE_MAX = 50
TAIL_MIN = 4
SWAPS = str.maketrans("OoQIlLSBZ", "000111582")
_ORDER = frozenset("PO P.O. ORDER BESTELLUNG COMMANDE PEDIDO ORDINE BESTELLING".split())
_ACCOUNT = frozenset("ACCT ACCOUNT KUNDE KUNDENNR CUSTOMER CUST CLIENT DEBITOR KONTO KD".split())
_DOCUMENT = frozenset(
    "INV IV INVOICE INVOICES BILL FACT FACTURE FACTURA FATTURA FACTUUR RE RG RG. RECHNUNG BELEG CM CREDIT".split()
)
# Numbers that banks put there: the trace of an addenda record, the reference of the originator.
_BANKS_OWN = re.compile(
    r"\bTRN\*\d\*\w+\*?|/ROC/[^/\s]*/?|/EREF/[^/\s]*/?|\bTRACE\s*\d+|/URI/", re.IGNORECASE
)
_DATES = re.compile(
    r"(?<![\w/-])(?:\d{1,2}[./-]\d{1,2}[./-](?:20)?\d\d|20\d\d[./-]\d{1,2}[./-]\d{1,2}|20[1-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?![\w/-])"
)
_AMOUNTS = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?:[.,']\d{3})+(?:[.,]\d{1,2})?|\d+[.,]\d{2})(?![\w])"
    r"|[$€£¥]\s?\d[\d.,]*|\b(?:USD|EUR|GBP|CAD|CHF)\s?\d[\d.,]*",
)
_TOKEN = re.compile(r"[^\W_]+(?:-[^\W_]+)*(?:\.(?=\d)[^\W_]+)*")
_RANGE = re.compile(r"(\d{1,12})-(\d{1,12})\Z")


@dataclass(frozen=True, slots=True)
class Mention:
    """A number as written. `last` when nothing stands behind it: its tail may be cut off."""

    text: str
    digits: str
    label: Label = ""
    last: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A mention and the items it may be, all by the same kind of likeness; one item is a finding, several are a question."""

    mention: Mention
    items: tuple[OpenItem, ...]
    how: How


def form_of(number: str) -> str:
    """Letters and digits only, upper case, leading zeros of each number gone: "inv-00123" → "INV123"."""
    plain = "".join(mark for mark in number.upper() if mark.isalnum())
    return re.sub(r"(?<!\d)0+(?=\d)", "", plain)


def digits_of(number: str) -> str:
    """Its digits without leading zeros: "INV-00123" → "123"."""
    return "".join(mark for mark in number if mark.isdigit() and mark.isascii()).lstrip("0")


def forms_of(number: str) -> tuple[str, ...]:
    """The forms under which a document's number is looked up: as written, and its digits when there are enough of them."""
    form, digits = form_of(number), digits_of(number)
    return (form,) if digits == form or len(digits) < TAIL_MIN else (form, digits)


def mentions_in(text: str, known_order: bool = False) -> tuple[Mention, ...]:
    """The numbers a text names, in order, ranges written out. `known_order` reads unlabelled numbers as orders'."""
    clean = _AMOUNTS.sub(" ; ", _DATES.sub(" ; ", _BANKS_OWN.sub(" ", text[:TEXT_CHARS])))
    found: dict[tuple[str, Label], Mention] = {}
    label: Label = "order" if known_order else ""
    before = ""
    matches = list(_TOKEN.finditer(clean))
    for index, match in enumerate(matches):
        token = match[0]
        if token[:2].upper() == "RF" and rf_valid(token) and not token[4:].isdigit():
            token = token[
                4:
            ]  # a reference of ours around the number of a document; digits alone are the portal's own
        if not any(mark.isdigit() for mark in token):
            label = _label_of(token, label if clean[match.start() - 1 : match.start()] in "#:. " else "")
            before = ""
            continue
        last = index == len(matches) - 1 and not any(map(str.isalnum, clean[match.end() :]))
        for part in _parts(token, before):
            mention = Mention(part, digits_of(part), label, last)
            found.setdefault((part, label), mention)
        before = digits_of(token)
        if len(found) >= MENTIONS_MAX:
            break
        if label in ("order", "account"):
            label = ""
    return tuple(found.values())


def _label_of(word: str, kept: Label) -> Label:
    upper = word.upper()
    if upper in _ORDER:
        return "order"
    if upper in _ACCOUNT:
        return "account"
    if upper in _DOCUMENT:
        return "document"
    return kept if upper in ("NO", "NR", "NUM", "NUMBER") else ""


def _parts(token: str, before: str) -> Iterable[str]:
    """A token as one number, or a range written out: after 123, `124-126` is 124, 125, 126; `1928-566792` is one number."""
    span = _RANGE.match(token)
    if span is None:
        return (token,)
    first, end = span[1], span[2]
    if len(end) < len(first):  # 12345-47 is 12345 to 12347
        end = first[: len(first) - len(end)] + end
    if len(first) != len(end) or not 0 < int(end) - int(first) <= RANGE_MAX:
        return (token,)
    if len(span[2]) < len(first) and len(first) + len(span[2]) > 8 and not before:
        return (token,)  # more like one number with a dash in it
    return [str(number).zfill(len(first)) for number in range(int(first), int(end) + 1)]


class Index:
    """The items of the customers in question, by what their numbers look like. Made once per payment: bounded by the items."""

    def __init__(self, items: Sequence[OpenItem]) -> None:
        self.items = items
        self.numbers: list[tuple[str, OpenItem]] = []
        self.parts_left = max(10, LIKENESSES_MAX // (len(items) + 1))
        self.by_form: dict[str, list[OpenItem]] = {}
        self.by_order: dict[str, list[OpenItem]] = {}
        for item in items:
            for form in forms_of(item.number):
                self.by_form.setdefault(form, []).append(item)
            if item.po_number:
                self.by_order.setdefault(form_of(item.po_number), []).append(item)

    def find(self, mention: Mention) -> Found | None:
        """The items a mention may be, by the closest likeness that finds any."""
        if mention.label == "order":
            return self._order(mention)
        form = form_of(mention.text)
        for key, how in ((form, "exact"), (mention.digits, "exact"), (_swapped(mention.text), "swapped")):
            if (
                key
                and key in self.by_form
                and (len(key) >= TAIL_MIN or mention.label == "document" or key == form)
            ):
                return Found(mention, tuple(self.by_form[key]), how)  # type: ignore[arg-type]
        return self._order(mention) or self._part(mention)

    def _order(self, mention: Mention) -> Found | None:
        form = form_of(mention.text)
        if form in self.by_order:
            return Found(mention, tuple(self.by_order[form]), "order")
        if mention.label == "order" and len(form) >= TAIL_MIN:
            near = [
                each for order, items in self.by_order.items() if order.startswith(form) for each in items
            ]
            if near:
                return Found(mention, tuple(near), "order_head")
        return None

    def _part(self, mention: Mention) -> Found | None:
        """By the last digits (zeros among them count), the first digits, or with one digit wrong."""
        digits, tail = mention.digits, "".join(mark for mark in mention.text if mark.isdigit())
        if len(tail) < TAIL_MIN:
            return None
        if not self.parts_left:
            return None
        self.parts_left -= 1
        self.numbers = self.numbers or [(digits_of(item.number), item) for item in self.items]
        for how in ("tail", "head", "typo"):
            near = tuple(
                item for number, item in self.numbers if _like(tail if how == "tail" else digits, number, how)
            )
            if near:
                return Found(mention, near, how)  # type: ignore[arg-type]
        return None


def _like(digits: str, number: str, how: str) -> bool:
    if how == "tail":
        return len(digits) < len(number) and number.endswith(digits)
    if how == "head":
        return TAIL_MIN <= len(digits) < len(number) and number.startswith(digits)
    return len(digits) >= 6 and one_slip(digits, number)


def one_slip(written: str, meant: str) -> bool:
    """Whether one digit is wrong, lost, doubled, or two neighbours are exchanged."""
    if written == meant or abs(len(written) - len(meant)) > 1:
        return False
    start = 0
    while start < min(len(written), len(meant)) and written[start] == meant[start]:
        start += 1
    a, b = written[start:], meant[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
    return a[1:] == b if len(a) > len(b) else b[1:] == a


def _swapped(text: str) -> str:
    """Its digits with letters that look like digits read as digits, when most of it is digits anyway."""
    plain = "".join(mark for mark in text if mark.isalnum())
    numeral = sum(mark.isdigit() for mark in plain)
    if numeral < TAIL_MIN or numeral == len(plain):
        return ""
    tail = re.search(r"[\dOoQIlLSBZ]+\Z", plain)
    return tail[0].translate(SWAPS).lstrip("0") if tail else ""


def rf_valid(reference: str) -> bool:
    """Whether an RF creditor reference (ISO 11649) has the right check digits [63]: mod 97 of it, moved and in numbers, is 1."""
    plain = "".join(reference.split()).upper()
    if not re.fullmatch(r"RF\d\d[0-9A-Z]{1,21}", plain, re.ASCII):
        return False
    return int("".join(str(int(mark, 36)) for mark in plain[4:] + plain[:4])) % 97 == 1
