"""Amounts people write in mail: "$6,300", "980,00 EUR", "1'234.50 CHF", "5k", "2 lakh" (B5). Exact; an amount without a currency is
the account's, and none where the account's is not known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from dunlin.rules.intents.lexicon import lexicon
from dunlin.rules.money import MINOR_DIGITS, Money, NotMoney, minor_digits

_SYMBOLS = {
    "us$": "USD", "u$s": "USD", "usd": "USD", "c$": "CAD", "ca$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "s$": "SGD",
    "hk$": "HKD", "mx$": "MXN", "r$": "BRL", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₱": "PHP", "₩": "KRW",
    "₺": "TRY", "₽": "RUB", "₴": "UAH", "₫": "VND", "₪": "ILS", "฿": "THB", "zł": "PLN", "zl": "PLN", "pln": "PLN", "kc": "CZK",
    "円": "JPY", "日元": "JPY", "元": "CNY", "人民币": "CNY", "rmb": "CNY", "万円": "JPY", "원": "KRW", "rs": "INR", "rs.": "INR",
    "rp": "IDR", "ft": "HUF", "lei": "RON", "sfr": "CHF", "fr.": "CHF", "tl": "TRY", "kr": "", "美元": "USD", "欧元": "EUR", "ドル": "USD",
    "ユーロ": "EUR", "달러": "USD", "유로": "EUR", "€uro": "EUR", "руб": "RUB", "грн": "UAH", "डॉलर": "USD", "रुपये": "INR", "दिरहम": "AED",
    "دولار": "USD", "يورو": "EUR", "ريال": "SAR", "درهم": "AED", "جنيه": "EGP", "евро": "EUR", "доллар": "USD", "доларів": "USD",
}  # fmt: skip
_WORDS = {
    "euro": "EUR", "euros": "EUR", "eur": "EUR", "eurs": "EUR", "eura": "EUR", "evro": "EUR", "avro": "EUR", "dollar": "USD",
    "dollars": "USD", "dolares": "USD", "dolar": "USD", "dollari": "USD", "dolarow": "USD", "dolary": "USD", "dolaru": "USD",
    "bucks": "USD", "pounds": "GBP", "pound": "GBP", "quid": "GBP", "libras": "GBP", "livres": "GBP", "sterline": "GBP", "pfund": "GBP",
    "reais": "BRL", "real": "BRL", "pesos": "MXN", "piso": "PHP", "zloty": "PLN", "zlotych": "PLN", "korun": "CZK", "koruny": "CZK",
    "kronor": "SEK", "kroner": "", "lira": "TRY", "francs": "CHF", "franken": "CHF", "franchi": "CHF", "rupees": "INR", "rupee": "INR",
    "yen": "JPY", "yuan": "CNY", "rubles": "RUB", "рублей": "RUB", "рубля": "RUB", "долларов": "USD", "forint": "HUF", "dirhams": "AED",
}  # fmt: skip
_KRONE = {"sv": "SEK", "da": "DKK", "no": "NOK"}
_DOLLARS = frozenset("USD CAD AUD NZD SGD HKD MXN".split())
_PESOS = frozenset("MXN PHP COP CLP ARS UYU DOP".split())
_SCALES = {
    "k": 1_000, "grand": 1_000, "thousand": 1_000, "mil": 1_000, "mille": 1_000, "tausend": 1_000, "mila": 1_000, "tys": 1_000, "tys.": 1_000,
    "тыс": 1_000, "тыс.": 1_000, "bin": 1_000, "m": 1_000_000, "mm": 1_000_000, "mn": 1_000_000, "mio": 1_000_000, "mio.": 1_000_000,
    "million": 1_000_000, "millones": 1_000_000, "lakh": 100_000, "lakhs": 100_000, "lac": 100_000, "crore": 10_000_000, "万": 10_000, "만": 10_000,
    "千": 1_000, "लाख": 100_000, "हजार": 1_000, "tusen": 1_000, "tusind": 1_000, "duizend": 1_000, "tisic": 1_000, "ألف": 1_000, "الف": 1_000,
}  # fmt: skip


def _either(words: Sequence[str] | dict[str, str] | dict[str, int]) -> str:
    return "|".join(re.escape(each) for each in sorted(words, key=len, reverse=True))


_CODES = "|".join(
    code.lower()
    for code in MINOR_DIGITS
    if code not in {"ALL", "TOP", "TRY", "CUP", "MOP", "GEL", "ANG", "PEN", "LAK"}
)
_NUMBER = r"\d{1,3}(?:[ .,']\d{2,3})+(?:[.,]\d{1,2})?(?![\d])|\d+(?:[.,]\d{1,3})?(?!\d)"
_SYMBOL = _either(_SYMBOLS)
_AMOUNT = re.compile(
    rf"(?:(?<![^\W\d_])(?P<before>{_SYMBOL}|{_CODES}|try)\s?(?P<n1>{_NUMBER})(?:\s?(?P<s1>{_either(_SCALES)})(?![^\W_]))?"
    rf"|(?<![\w.,/-])(?P<n2>{_NUMBER})(?:\s?(?P<s2>{_either(_SCALES)})(?=[^\w]|$|[元円원₹]))?\s?(?:\s(?:us|us-|de|of)\s?)?,?-?\s?"
    rf"(?P<after>{_SYMBOL}|{_either(_WORDS)}|(?:{_CODES}|try))(?![^\W_]|['-]\w))"
)
_BARE = re.compile(
    rf"(?<![\w.,/:#°-])(?P<n>{_NUMBER})(?:\s?(?P<s>k|grand|thousand|tys|mio|lakh|lakhs))?(?![\w%/:]|\s?%|[.,-]\d)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount and the words that name it."""

    money: Money
    start: int
    end: int


def amounts_in(folded: str, language: str, currency: str) -> list[Amount]:
    """Amounts that name their currency, in order."""
    found: list[Amount] = []
    for match in _AMOUNT.finditer(folded):
        named = match["before"] or match["after"]
        code = _code(named, language, currency)
        money = _money(match["n1"] or match["n2"], match["s1"] or match["s2"], code)
        if money is not None:
            found.append(Amount(money, match.start(), match.end()))
    return found


def bare_amounts_in(
    folded: str, languages: Sequence[str], currency: str, free: Sequence[bool] | bytearray
) -> list[Amount]:
    """Figures that can only be amounts though they name no currency: 845.00, "payment of 4000", 5k. `free` tells which letters are
    not part of something else already."""
    found: list[Amount] = []
    if not currency:
        return found
    for match in _BARE.finditer(folded):
        start, end = match.span()
        if not free[start] or not free[end - 1]:
            continue
        text = match["n"]
        cents = re.fullmatch(r".*[.,]\d\d", text) is not None
        grouped = re.fullmatch(r"\d{1,3}(?:[.,']\d{3})+", text) is not None
        cues = [cue for each in languages if (cue := _cue(each).search(folded, max(0, start - 40), start))]
        cued = any(cue[1] not in _SOFT for cue in cues)
        whole = text.isdigit() and len(text) >= 2 and (cued or (bool(cues) and text.endswith("00")))
        if not (cents or grouped or match["s"] or whole) or (not cued and text.count(" ") and not cents):
            continue
        if whole and any(_unit(each).match(folded, end) for each in languages):
            continue
        money = _money(text, match["s"], currency)
        if money is not None:
            found.append(Amount(money, start, end))
    return found


# Words that stand before an amount or before an invoice's number; only a round figure after one is an amount.
_SOFT = frozenset(
    "pay paid by for up to only por per pour uber pagar payer regler zahlen betalen zaplacic zaplatit pa ng na".split()
)


@cache
def _cue(language: str) -> re.Pattern[str]:
    cues = lexicon(language).lists.get("amount_cue", ())
    return re.compile(rf"(?<![^\W_])({_either(cues) or '(?!)'})\s?(?:is|are|was|de|von|di|:|of|:)?\s?$")


@cache
def _unit(language: str) -> re.Pattern[str]:
    units = lexicon(language).lists.get("unit", ())
    return re.compile(rf"\s?(?:{_either(units) or '(?!)'})(?![^\W_])")


def _code(named: str, language: str, currency: str) -> str:
    code = (
        named.upper()
        if named.upper() in MINOR_DIGITS and named not in _SYMBOLS
        else _SYMBOLS.get(named, _WORDS.get(named, ""))
    )
    if named in {"$", "dollar", "dollars", "dolares", "dolar"} and currency in _DOLLARS:
        return currency
    if named in {"pesos", "piso", "$"} and currency in _PESOS:
        return currency
    if named == "pesos" and language == "tl":
        return "PHP"
    if named == "¥" and (currency == "CNY" or language == "zh"):
        return "CNY"
    if not code:
        return _KRONE.get(language, currency)
    return code


def _money(text: str, scale: str | None, code: str) -> Money | None:
    if not code:
        return None
    try:
        value = _value(text, minor_digits(code)) * _SCALES.get(scale or "", 1)
        return Money.exact(value, code)
    except (NotMoney, ArithmeticError):
        return None


def _value(text: str, digits: int) -> Decimal:
    """1,234.56 and 1.234,56 alike: the last mark is the decimal one unless three digits stand behind it."""
    plain = text.replace(" ", "").replace("'", "")
    marks = [mark for mark in plain if mark in ".,"]
    if not marks:
        return Decimal(plain)
    last = max(plain.rfind("."), plain.rfind(","))
    behind = len(plain) - last - 1
    same = len(set(marks)) == 1
    decimal = not (same and len(marks) > 1) and (behind != 3 or (digits == 3 and len(marks) == 1) or not same)
    whole = re.sub("[.,]", "", plain[:last])
    if decimal and digits == 0 and behind == 3:
        decimal = False
    return Decimal(f"{whole}.{plain[last + 1 :]}") if decimal else Decimal(whole + plain[last + 1 :])
