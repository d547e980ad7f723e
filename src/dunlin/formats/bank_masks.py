"""Account numbers of strangers: reduced to their last four before anything is kept or shown (invariant 38).

What stays readable is the creditor reference, which has the form of an account number and is not one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dunlin.rules.masking import mask_card_numbers

_IBAN = re.compile(
    r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Z0-9])", re.ASCII
)
_COUNTRIES = frozenset(
    "AD AE AL AT AZ BA BE BG BH BR CH CR CY CZ DE DK DO EE EG ES FI FO FR GB GE GI GL GR GT HR HU IE IL IQ IS IT JO KW KZ LB LC LI LT "
    "LU LV MC MD ME MK MR MT MU NL NO PK PL PS PT QA RO RS SA SC SE SI SK SM ST SV TL TN TR UA VA VG XK".split()
)
_RF = re.compile(r"(?<![A-Z0-9])RF\d{2}(?: ?[A-Z0-9]){1,21}", re.ASCII)
_POLISH = re.compile(
    r"(?<!\d)\d{26}(?!\d)", re.ASCII
)  # an IBAN of Poland is written without its country at home
_LONG = re.compile(r"[0-9A-Za-z*~](?:[.\-/~]?[0-9A-Za-z*~])*(?: \d{2,})*", re.ASCII)


def tail_of(account: str) -> str:
    """The last four letters and digits of an account number, fewer of a short one: never the whole number."""
    plain = re.sub(r"[^0-9A-Za-z]", "", account)
    return plain[-4:] if len(plain) > 4 else plain[len(plain) - len(plain) // 2 :]


def hide_accounts(text: str, known: tuple[str, ...] = ()) -> str:
    """`text` without full account or card numbers: IBANs, cards, and each number of `known`, are reduced to their last four."""
    for account in known:
        if len(account) >= 6 and account in text:
            text = text.replace(account, starred(account))
    if len(text) < 13:
        return text
    # A creditor reference may look like a card number; it is what cash application lives from, so it stays.
    parts, last = [], 0
    for start, end, _ in _references(text):
        parts += [_hidden(text[last:start]), text[start:end]]
        last = end
    return "".join([*parts, _hidden(text[last:])])


def _hidden(text: str) -> str:
    return mask_card_numbers(_POLISH.sub(_starred_polish, _IBAN.sub(_starred_iban, text)))


def starred(number: str) -> str:
    """ "DE58740618130100033626" becomes "******************3626"."""
    tail = tail_of(number)
    return "*" * (len(number) - len(tail)) + tail


def _starred_iban(found: re.Match[str]) -> str:
    digits = sum(1 for sign in found[0] if sign.isdigit())
    return starred(found[0]) if found[0][:2] in _COUNTRIES and digits >= 10 else found[0]


def _starred_polish(found: re.Match[str]) -> str:
    """Twenty-six digits may be a reference; those of an account are right by the check of ISO 13616."""
    return starred(found[0]) if int(found[0][2:] + "2521" + found[0][:2]) % 97 == 1 else found[0]


def creditor_references(text: str) -> list[str]:
    """The creditor references of ISO 11649 in a text, without blanks, that are right by their own check."""
    return [reference for _, _, reference in _references(text)]


def _references(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, reference). One written in groups may be followed by a word; it ends where the check holds."""
    for found in _RF.finditer(text):
        ends = [at + 1 for at in range(found.start(), found.end()) if text[at] != " "]
        for end in reversed(ends[4:25]):
            compact = text[found.start() : end].replace(" ", "")
            if int("".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])) % 97 == 1:
                yield found.start(), end, compact
                break


def masked(text: str, limit: int = 200) -> str:
    """The text of a damaged record for showing: any run with five digits or more keeps only its last four signs."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text[: limit * 2])
    shown = _LONG.sub(lambda run: starred(run[0]) if sum(map(str.isdigit, run[0])) >= 5 else run[0], shown)
    return shown[:limit] + ("…" if len(shown) > limit or len(text) > limit * 2 else "")
