"""Who paid: accounts, customer numbers and names as payers write them. Step 0 of DOMAIN section 6.

A name alone never beats an account that is known, and a name that fits several customers names none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz.distance import OSA

from dunlin.rules.cash.facts import Book, Known, Payment
from dunlin.rules.cash.references import Mention

CANDIDATES_MAX = 12
NAME_MIN = 8  # letters of a cut-off name that still say something
# Legal forms and the like: what payers leave out or write otherwise.
_FORMS = frozenset(
    "INC INCORPORATED LLC LTD LIMITED CORP CORPORATION CO COMPANY LP LLP PLC GMBH AG KG SA SAS SARL SRL SPA BV NV AB OY AS PTY PTE"
    " AND SONS THE OF".split()
)
_SHORT: Mapping[str, str] = {
    "SVCS": "SERVICES", "SVC": "SERVICES", "SPLY": "SUPPLY", "SUP": "SUPPLY", "HLDGS": "HOLDINGS", "HLDG": "HOLDINGS", "BEV": "BEVERAGES",
    "LOG": "LOGISTICS", "HOSP": "HOSPITALITY", "INTL": "INTERNATIONAL", "INT": "INTERNATIONAL", "MFG": "MANUFACTURING", "GRP": "GROUP",
    "DIST": "DISTRIBUTION", "DISTR": "DISTRIBUTION", "MED": "MEDICAL", "IND": "INDUSTRIES", "INDS": "INDUSTRIES", "SYS": "SYSTEMS",
    "TECH": "TECHNOLOGY", "ASSOC": "ASSOCIATES", "BROS": "BROTHERS", "NATL": "NATIONAL", "MGMT": "MANAGEMENT", "PKG": "PACKAGING",
    "PROV": "PROVISIONS", "REST": "RESTAURANTS", "WHSL": "WHOLESALE", "TRDG": "TRADING", "PHARM": "PHARMACY", "CTR": "CENTER",
    "ENT": "ENTERPRISES", "COMPANY": "CO", "LIMITED": "LTD", "CORPORATION": "CORP", "INCORPORATED": "INC",
}  # fmt: skip
_ALSO = re.compile(r"\b(?:DBA|D/B/A|T/A|C/O|FBO|O/B/O|FOR|VIA)\b")


def words_of(name: str) -> tuple[str, ...]:
    """A name as plain upper-case words: marks gone, `S.A.` is SA, shortenings written out."""
    joined = re.sub(r"(?<=\b[^\W\d_])\.(?=[^\W\d_]\b)", "", name.upper())
    plain = re.sub(r"[^\w\s]|_", " ", joined.replace("&", " AND ")).split()
    return tuple(_SHORT.get(word, word) for word in plain)


def key_of(name: str) -> str:
    """What is the same however the words are turned: all words in order of the alphabet, without `AND`."""
    return " ".join(sorted(word for word in words_of(name) if word != "AND"))


def stem_of(name: str) -> str:
    """The name without its legal forms, words in order of the alphabet."""
    return " ".join(sorted(word for word in words_of(name) if word not in _FORMS))


def _run_of(name: str) -> str:
    """The letters run together, as written: blanks moved about make no difference."""
    return "".join(mark for mark in name.upper() if mark.isalnum())


def _jumbled(run: str) -> str:
    """The first three letters in order of the alphabet, marked: two exchanged at the start are found by it."""
    return "~" + "".join(sorted(run[:3]))


class Names:
    """The customers' names (and learnt aliases), looked up as payers write them: exactly, turned, shortened, cut off, misspelt."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self.by_key: dict[str, dict[str, None]] = {}
        self.by_stem: dict[str, dict[str, None]] = {}
        self.by_start: dict[str, list[tuple[str, str]]] = {}
        self.by_word: dict[str, dict[tuple[str, tuple[str, ...]], None]] = {}
        self.kept: dict[str, tuple[Known, ...]] = {}
        for customer, name in names:
            self.add(customer, name)

    def add(self, customer: str, name: str) -> None:
        """One more name of a customer: master data, or an alias learnt."""
        self.by_key.setdefault(key_of(name), {})[customer] = None
        if stem := stem_of(name):
            self.by_stem.setdefault(stem, {})[customer] = None
        for run in {_run_of(name), "".join(words_of(name))}:
            for start in {run[:2], _jumbled(run)}:
                self.by_start.setdefault(start, []).append((run, customer))
        plain = tuple(word for word in words_of(name) if word not in _FORMS)
        if plain:
            self.by_word.setdefault(plain[0], {})[customer, plain] = None
        self.kept.clear()

    def find(self, name: str) -> tuple[Known, ...]:
        """The customers a name may stand for, the surest first; what it was known by goes with each."""
        if name not in self.kept:
            if len(self.kept) > 20_000:  # bounded: names come from outside
                self.kept.clear()
            self.kept[name] = self._find(name)
        return self.kept[name]

    def _find(self, name: str) -> tuple[Known, ...]:
        if not name.strip():
            return ()
        parts = [part for part in _ALSO.split(name.upper()) if part.strip()]
        for index, part in enumerate(parts):
            found = self._one(part)
            if found:
                return (
                    found if index == 0 else tuple(Known(k.customer, min(k.sure, 950), k.how) for k in found)
                )
        return ()

    def _one(self, name: str) -> tuple[Known, ...]:
        if (key := key_of(name)) and (same := self.by_key.get(key)):
            return _shared(same, 990, "name")
        words = words_of(name)
        runs = dict.fromkeys((_run_of(name), "".join(words)))
        for run in runs:
            near = self.by_start.get(run[:2], ())
            if spaced := dict.fromkeys(customer for whole, customer in near if whole == run):
                return _shared(spaced, 985, "name")
        # A name that is the beginning of others is cut off, or lacks its legal form; both may be at once.
        cut: dict[str, None] = {}
        for run in runs:
            if len(run) >= NAME_MIN:
                near = self.by_start.get(run[:2], ())
                cut |= dict.fromkeys(customer for whole, customer in near if whole.startswith(run))
        if (stem := stem_of(name)) and (same := self.by_stem.get(stem)):
            cut |= same
        if cut:
            return _shared(cut, 960, "name_short")
        return self._misspelt(tuple(runs)) or self._abbreviated(words)

    def _abbreviated(self, words: Sequence[str]) -> tuple[Known, ...]:
        """Words shortened in ways no list has: each is its word or a shortening of it, the first one whole."""
        near = self.by_word.get(words[0], {}) if words else {}
        plain = [word for word in words if word not in _FORMS]
        found = {
            customer: None
            for customer, name in near
            if len(plain) >= 2 and len(plain) <= len(name) and all(map(_shortens, plain, name))
        }
        return _shared(found, 955, "name_short") if found else ()

    def _misspelt(self, runs: Sequence[str]) -> tuple[Known, ...]:
        best: dict[str, int] = {}
        for run in runs:
            slips = 1 + (len(run) >= 12)
            for whole, customer in (*self.by_start.get(run[:2], ()), *self.by_start.get(_jumbled(run), ())):
                if abs(len(whole) - len(run)) <= slips:
                    distance = OSA.distance(run, whole, score_cutoff=slips)
                elif len(run) >= 12 and len(whole) > len(run):
                    distance = 1 + OSA.distance(run, whole[: len(run)], score_cutoff=slips - 1)
                else:
                    continue
                if distance <= slips:
                    best[customer] = min(best.get(customer, 99), distance)
        if not best:
            return ()
        least = min(best.values())
        return _shared(
            {each: None for each, distance in best.items() if distance == least}, 950, "name_misspelt"
        )


def _shortens(short: str, word: str) -> bool:
    """Whether letters were left out of a word: PTNRS of PARTNERS, DIST of DISTRIBUTION."""
    if short == word:
        return True
    letters = iter(word)
    return len(short) >= 3 and short[0] == word[0] and all(letter in letters for letter in short)


def _shared(customers: Mapping[str, None], sure: int, how: str) -> tuple[Known, ...]:
    """Several customers share what one would have had."""
    many = len(customers)
    return tuple(Known(each, sure if many == 1 else sure // (many + 1), how) for each in customers)[
        :CANDIDATES_MAX
    ]


def identify(payment: Payment, mentions: Sequence[Mention], book: Book) -> tuple[Known, ...]:
    """The customers a payment may be from, the surest first: account, customer number in the text, name, advice."""
    found: dict[str, Known] = {}
    if payment.account and not book.shared_account(payment.account):
        for known in book.by_account(payment.account):
            found[known.customer] = known
    for mention in mentions:
        if len(mention.digits) >= 5 and (customer := book.by_number(mention.text)) is not None:
            _better(found, Known(customer, 995, "customer_number"))
    for known in book.by_name(payment.payer_name):
        _better(found, known)
    if payment.advised:
        _better(found, Known(payment.advised, 990, "advice"))
    ordered = sorted(found.values(), key=lambda known: -known.sure)
    return tuple(ordered[:CANDIDATES_MAX])


def _better(found: dict[str, Known], known: Known) -> None:
    """Two independent signs of one customer make it surer; an account and an alias learnt from it are one sign."""
    before = found.get(known.customer)
    if before is None:
        found[known.customer] = known
    elif {before.how, known.how} == {"account", "alias"}:
        found[known.customer] = max(before, known, key=lambda each: each.sure)
    elif before.how != known.how:
        doubt = (1000 - before.sure) * (1000 - known.sure) // 1000
        first = before if before.sure >= known.sure else known
        found[known.customer] = Known(known.customer, 1000 - max(1, doubt), first.how)
