"""Invoice numbers people name in mail: "INV-1044", "invoices 2210, 2211", "facture n° 551", "copies of 2201 and 2204" (B5).

A figure that is an amount, a day, a telephone number, or the number of something else (a cheque, an order, a ticket) is none. A range
gives its two ends as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from dunlin.rules.intents.lexicon import UNSPACED, lexicon

# Letters that invoices are numbered with; three figures after them are enough.
_OURS = frozenset("inv fac fact fa fv re rg rn si in fat nf ar ra bill".split())
# Letters before a figure that name something else than an invoice.
_OTHERS = frozenset(
    "po so wo chk ck ref ach tt id txn case tkt ticket w q h iso vat ust iban bic chapter tel fax mt no nr crm ext rfc sn cp cap ch gst pan "
    "plz zip room rm apt ste suite b covid mp ft kw utc gmt pm am smtp http error err bc rma ust".split()
)
_LETTERED = re.compile(
    r"(?<![\w.@/-])([a-z]{1,5}(?:-[a-z]{1,3})?)(?:[-_/#]?|-\s|\s(?=inv|#))(\d[\d]*(?:[-/]\d+)*)(?![\w@]|[.,]\d|/\d)"
)
_BARE = re.compile(r"(?<![\w.,/@+#:'-])#?(\d{3,12})(?![\w@%:]|[.,']\d|/\d|-\d)")
_RANGE = re.compile(
    r"(?<![\w.,/@+'-])(\d{3,9})\s?(?:-|/|–|bis|to|through|thru|au|a|al|t/m|до)\s?(\d{3,9})(?![\w@%]|[.,/-]\d)"
)
_LINK = re.compile(
    r"\s?(?:,|;|/|&|\+|、|和|及|与|と|와|과|and|und|sowie|et|oraz|och|og|ve|as well as|plus|saka|at|en|sekä|y|e|i|a|и|та|و)?"
    r"\s?(?:and\s|und\s|et\s|y\s|e\s)?(?:#|no\.?\s?|nr\.?\s?|n°\s?|also\s)?(?=[a-z]{0,5}[-_/#]?\d)"
)


@dataclass(frozen=True, slots=True)
class Number:
    """An invoice number as written and where."""

    number: str
    start: int
    end: int


def numbers_in(
    folded: str, text: str, languages: Sequence[str], free: bytearray, until: int, subject_end: int
) -> list[Number]:
    """The numbers, in order. `free`: letters that are not part of an amount, a day or an address; `until`: where the signature
    begins, after which a bare figure is a postcode or a telephone number."""
    found: dict[int, Number] = {}

    def take(start: int, end: int) -> None:
        if all(free[start:end]):
            for at in range(start, end):
                free[at] = 0
            found[start] = Number(text[start:end], start, end)

    for language in languages:
        for match in _named(language).finditer(folded):
            glued = match[0][-1].isascii() and match[0][-1].isalpha() and folded[match.end()].isdigit()
            if glued and len(match[0]) <= 5:
                continue  # "INV123": the letters belong to the number
            _follow(folded, match.end(), free, languages, take)
    for match in _LETTERED.finditer(folded):
        if _is_lettered(folded, match) and not _is_blocked(folded, match.start(), languages):
            take(match.start(), match.end())
    for match in _RANGE.finditer(folded):
        alike = len(match[1]) == len(match[2]) and all(free[match.start() : match.end()])
        if match.start() < until and alike and _plain(folded, *match.span(), match[1], languages):
            take(*match.span(1))
            take(*match.span(2))
    for match in _BARE.finditer(folded):
        start, end = match.span(1)
        if start >= until or not all(free[start:end]):
            continue
        if len(match[1]) < 4 and not (end <= subject_end or match[0][0] == "#"):
            continue
        if _plain(folded, start, end, match[1], languages):
            take(start, end)
    return [found[at] for at in sorted(found)]


def _is_lettered(folded: str, match: re.Match[str]) -> bool:
    """Letters and figures that can be an invoice's number: no order, cheque, tax number, nor a word before a figure."""
    letters, figures = match[1], match[2]
    prefix = letters.split("-")[0]
    known = prefix in _OURS
    digits = sum(map(str.isdigit, figures))
    if prefix in _OTHERS or digits < (3 if known else 4) or (digits >= 8 and len(letters) == 2 and not known):
        return False
    apart = match.end(1) != match.start(2) and folded[match.end(1)] not in "-_/#"
    return not (apart and letters in {"re", "in", "fa", "rn", "at"})


def _is_blocked(folded: str, start: int, languages: Sequence[str]) -> bool:
    return any(_blocked(language).search(folded, max(0, start - 40), start) for language in languages)


def _plain(folded: str, start: int, end: int, figures: str, languages: Sequence[str]) -> bool:
    """A bare figure that nothing says is something else."""
    if len(figures) == 4 and 1990 <= int(figures) <= 2039:
        return False
    if _is_blocked(folded, start, languages):
        return False
    return not any(_unit(language).match(folded, end) for language in languages)


def _follow(
    folded: str, at: int, free: bytearray, languages: Sequence[str], take: Callable[[int, int], None]
) -> None:
    """The numbers that follow the word "invoice": one, a list, a range."""
    size = 0
    for step in range(200):
        match = _NEXT.match(folded, at)
        if match is None:
            return
        start, end = match.span(1)
        digits = sum(map(str.isdigit, match[1]))
        if digits < 2 or not all(free[start:end]) or (step and abs(digits - size) > 1):
            return
        if digits < 3 and match[1].isdigit() and "#" not in folded[max(0, start - 2) : start]:
            return
        if any(_unit(language).match(folded, end) for language in languages) and match[1].isdigit():
            return
        size = digits
        parts = re.fullmatch(r"(\d{3,9})-(\d{3,9})", match[1])
        if parts and len(parts[1]) == len(parts[2]):
            take(start, start + len(parts[1]))
            take(end - len(parts[2]), end)
        else:
            take(start, end)
        link = _LINK.match(folded, end)
        if link is None or not link[0].strip():
            span = re.compile(r"\s?(?:-|to|through|bis|au|al|a|through)\s?").match(folded, end)
            if span is None:
                return
            link = span
        at = link.end()


_NEXT = re.compile(
    r"((?:[a-z]{1,5}(?:-[a-z]{1,4})?[-_/#]?)?\d+(?:[-/]\d+)*)(?![\w@%]|[.,']\d|\s?(?:%|€|\$|£|eur\b|usd\b|gbp\b)|:\d)"
)


@cache
def _named(language: str) -> re.Pattern[str]:
    """The word "invoice", with "no." or the like, up to where its number begins."""
    lists = lexicon(language).lists
    invoice, number = _either(lists.get("invoice", ())), _either(lists.get("number_word", ()))
    gap, edge = (r"\s?", "") if language in UNSPACED else (r"\s?", r"(?<![^\W_])")
    return re.compile(
        rf"{edge}(?:{invoice})(?:[-.]?{gap}(?:{number}|n°|nº|no|nr|№|#)[.:°]?)?{gap}[.:#(]?{gap}(?=[a-z]{{0,5}}[-_/#a-z]{{0,5}}\d)"
    )


@cache
def _blocked(language: str) -> re.Pattern[str]:
    """Words right before a figure that make it the number of something else."""
    lists = lexicon(language).lists
    blocked, number = _either(lists.get("not_invoice", ())), _either(lists.get("number_word", ()))
    return re.compile(
        rf"(?<![^\W_])(?:{blocked})(?:\s?(?:{number}|is|code|n°|no|nr|#))?[.:#]?\s?(?:is\s)?[:#(+]?\s?$"
    )


@cache
def _unit(language: str) -> re.Pattern[str]:
    units = _either(lexicon(language).lists.get("unit", ()))
    return re.compile(rf"\s?(?:{units})(?![^\W_])")


def _either(words: Sequence[str]) -> str:
    return "|".join(re.escape(each) for each in sorted(words, key=len, reverse=True)) or "(?!)"
