"""One cell to one value: text, names, identifiers, amounts, marks. What is not understood is named, never guessed.

Dates are in `dates.py`. How amounts are read: docs/rules/import-mapping.md.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from dunlin.formats.problems import Unreadable
from dunlin.rules.money import LARGEST_MINOR, MINOR_DIGITS, TRUE_MINUS, Money

Cell = str | float | int | date | datetime | None

# Controls that reorder or hide what a person reads: bidi overrides and isolates, zero-width space, BOM, soft hyphen.
_HIDDEN = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
)
_BLANKS = re.compile(r"\s{2,}")
_FLOAT_ID = re.compile(r"-?\d+\.0+\Z", re.ASCII)
_SHORTENED = re.compile(r"-?\d(?:[.,]\d+)?E\+\d{1,3}\Z", re.ASCII)


def cell_text(cell: Cell) -> str:
    """A cell as text for showing and for writing back: typed dates as ISO, floats in their shortest form."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ") if (cell.hour or cell.minute or cell.second) else cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def clean_text(cell: Cell, keep_lines: bool = False) -> str:
    """Text without control characters, hidden direction marks and outer blanks; all kinds of blanks become one kind.

    Line breaks become blanks unless `keep_lines`. Unreadable `cell_not_text` when bytes did not decode.
    """
    text = cell if isinstance(cell, str) else cell_text(cell)
    if text.isprintable():
        return text.strip()
    out = []
    for char in text:
        if char == "\n" and keep_lines:
            out.append(char)
            continue
        category = unicodedata.category(char)
        if category == "Cs":
            raise Unreadable(
                "cell_not_text", value=text.encode("ascii", "backslashreplace").decode(), encoding="UTF-8"
            )
        if category in ("Zs", "Zl", "Zp") or char in "\t\n\r\v\f\x85":
            out.append(" ")
        elif category != "Cc":
            out.append(char)
    return "".join(out).translate(_HIDDEN).strip()


def clean_name(cell: Cell) -> str:
    """A name for showing and finding: cleaned, composed (NFC), with single blanks inside."""
    text = clean_text(cell)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return _BLANKS.sub(" ", text) if "  " in text else text


def identifier(cell: Cell) -> str:
    """A number or code that identifies: trimmed, leading zeros kept, inner blanks kept; 1930571429.0 is 1930571429.

    Unreadable `identifier_shortened` for 1.93057E+09: the digits are gone.
    """
    if isinstance(cell, float):
        if not cell.is_integer() or abs(cell) >= 1e15:
            return repr(cell) if abs(cell) < 1e15 else _refuse_shortened(repr(cell))
        return str(int(cell))
    text = clean_text(cell)
    if text.endswith("0") and "." in text and _FLOAT_ID.match(text):
        return text.partition(".")[0]
    if "E+" in text and _SHORTENED.match(text):
        _refuse_shortened(text)
    return text


def _refuse_shortened(text: str) -> str:
    raise Unreadable("identifier_shortened", value=text)


def customer_number_from_name(name: str) -> str:
    """A customer number made from a name, the same each time: "David  Taylor" gives DAVID-TAYLOR.

    Case and blanks do not matter. When anything else had to be left out, six hex digits of the name's SHA-256 follow,
    so that two names never share a number by accident.
    """
    normal = clean_name(unicodedata.normalize("NFKC", name)).casefold()
    words = re.findall(r"[a-z0-9]+", normal)
    slug = "-".join(words).upper()
    if " ".join(words) == normal and len(slug) <= 40:
        return slug
    digest = hashlib.sha256(normal.encode("utf-8", "surrogatepass")).hexdigest()[:6].upper()
    return f"{slug[:33].rstrip('-')}-{digest}".lstrip("-")  # 40 characters in all


# --- amounts --------------------------------------------------------------------------------------------------------

_NOISE = Decimal("0.000001")
_WIDE = Context(prec=60)
_DOLLARS = frozenset(
    (
        "USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "BBD", "BMD", "BND", "BSD",
        "BZD", "FJD", "GYD", "JMD", "KYD", "LRD", "NAD", "SBD", "SRD", "TTD", "XCD",
        "MXN", "ARS", "CLP", "COP", "UYU",
    )
)  # fmt: skip
_SYMBOLS: dict[str, frozenset[str]] = {
    "$": _DOLLARS,
    "US$": frozenset({"USD"}), "CA$": frozenset({"CAD"}), "C$": frozenset({"CAD"}), "A$": frozenset({"AUD"}),
    "NZ$": frozenset({"NZD"}), "HK$": frozenset({"HKD"}), "S$": frozenset({"SGD"}), "R$": frozenset({"BRL"}),
    "MX$": frozenset({"MXN"}), "€": frozenset({"EUR"}), "£": frozenset({"GBP", "EGP", "GIP", "FKP", "SHP"}),
    "¥": frozenset({"JPY", "CNY"}), "₹": frozenset({"INR"}), "RS": frozenset({"INR", "PKR", "LKR", "NPR", "MUR"}),
    "RS.": frozenset({"INR", "PKR", "LKR", "NPR", "MUR"}), "KR": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "KR.": frozenset({"DKK", "SEK", "NOK", "ISK"}), "ZŁ": frozenset({"PLN"}), "₺": frozenset({"TRY"}),
    "₽": frozenset({"RUB"}), "₩": frozenset({"KRW"}), "₪": frozenset({"ILS"}), "฿": frozenset({"THB"}),
    "₫": frozenset({"VND"}), "₱": frozenset({"PHP"}), "₦": frozenset({"NGN"}), "₴": frozenset({"UAH"}),
    "FR": frozenset({"CHF"}), "FR.": frozenset({"CHF"}), "SFR.": frozenset({"CHF"}), "R": frozenset({"ZAR"}),
    "KČ": frozenset({"CZK"}), "FT": frozenset({"HUF"}), "RM": frozenset({"MYR"}), "RP": frozenset({"IDR"}),
}  # fmt: skip
_MARK = re.compile(r"([^\d.,'’+\-()\s]+(?:[^\d,'’+\-()\s]*[^\d.,'’+\-()\s])?\.?)")
_DASHES = str.maketrans(
    {TRUE_MINUS: "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "﹣": "-", "－": "-"}
)
_GROUP_MARKS = " '’"
_ZERO_DASH = re.compile(r"-{1,2}\Z")


def parse_amount(cell: Cell, decimal_comma: bool, currency: str) -> Money:
    """The amount in a cell, of `currency`.

    Reads thousands separators, blanks of every kind, parentheses or a leading, trailing or true minus, DR and CR,
    symbols and codes of the currency. Float noise (a number cell, or digits past the minor unit) is rounded only when
    within a millionth of the minor unit's value; more digits are refused. Unreadable names the reason.
    """
    digits = MINOR_DIGITS[currency]
    if type(cell) is str:
        # The common case first: plain digits with a point. Everything else takes the careful way.
        whole, point, fraction = cell.partition(".")
        if not decimal_comma and len(fraction) <= digits and whole.isdecimal() and cell.isascii():
            if not point:
                return _money(int(whole) * 10**digits, currency, cell)
            if fraction.isdecimal():
                return _money(
                    int(whole) * 10**digits + int(fraction) * 10 ** (digits - len(fraction)), currency, cell
                )
        return _careful(cell, decimal_comma, currency)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _to_minor(_decimal(repr(cell), cell), currency, cell)
    if cell is None:
        raise Unreadable("blank_required", target="amount")
    raise Unreadable("amount_not_understood", value=cell_text(cell))


def _money(minor: int, currency: str, cell: Cell) -> Money:
    if abs(minor) > LARGEST_MINOR:
        raise Unreadable("amount_too_large", value=cell_text(cell))
    return Money(minor, currency)


def _decimal(text: str, cell: Cell) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Unreadable("amount_not_understood", value=cell_text(cell)) from None
    if not number.is_finite():
        raise Unreadable("amount_not_understood", value=cell_text(cell))
    if number.adjusted() > 20:
        raise Unreadable("amount_too_large", value=cell_text(cell))
    return number


def _to_minor(number: Decimal, currency: str, cell: Cell) -> Money:
    digits = MINOR_DIGITS[currency]
    scaled = _WIDE.scaleb(number, digits)
    minor = int(scaled.to_integral_value(ROUND_HALF_EVEN, _WIDE))
    if abs(_WIDE.subtract(number, _WIDE.scaleb(Decimal(minor), -digits))) >= _NOISE:
        raise Unreadable("too_many_digits", value=cell_text(cell), currency=currency, digits=digits)
    return _money(minor, currency, cell)


def _careful(cell: str, decimal_comma: bool, currency: str) -> Money:
    text = clean_text(cell).translate(_DASHES)
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(c, c)) for c in text).replace("٫", ".").replace("٬", "'")
    if not text:
        raise Unreadable("blank_required", target="amount")
    if _ZERO_DASH.match(text):
        return Money(0, currency)  # the accounting format of a spreadsheet shows zero as a dash
    exponent = re.fullmatch(r"[-+]?\d+(?:\.\d+)?[eE]([-+]?)\d{1,3}", text)
    if exponent:
        number = _decimal(text, cell)
        if exponent[1] != "-" and number != 0:
            raise Unreadable("amount_in_exponent", value=cell)
        return _to_minor(number, currency, cell)
    text, sides = _without_marks(text, currency, cell)
    text, sign = _without_sign(text, sides, cell)
    plain = _ungrouped(text, decimal_comma, cell)
    return _to_minor(_decimal(plain, cell) * sign, currency, cell)


def _without_marks(text: str, currency: str, cell: str) -> tuple[str, list[int]]:
    """`text` without currency marks and DR/CR, and the signs that DR/CR gave."""
    sides: list[int] = []
    for mark in _MARK.findall(text):
        upper = mark.upper()
        if upper in ("DR", "DR.", "CR", "CR."):
            sides.append(1 if upper.startswith("DR") else -1)
        elif upper in MINOR_DIGITS or upper in _SYMBOLS:
            fits = _SYMBOLS.get(upper, frozenset({upper}))
            if currency not in fits:
                raise Unreadable("amount_other_currency", value=cell, currency=currency)
        else:
            raise Unreadable("amount_not_understood", value=cell)
        text = text.replace(mark, " ", 1)
    return text.strip(), sides


def _without_sign(text: str, sides: list[int], cell: str) -> tuple[str, int]:
    """`text` without its sign, and the sign: +1 or -1. Two signs are refused; a plus is no sign."""
    signs = list(sides)
    if text.startswith("(") and text.endswith(")"):
        signs.append(-1)
        text = text[1:-1].strip()
    for edge in (text[:1], text[-1:]):
        if edge in ("-", "+") and edge:
            signs.append(-1 if edge == "-" else 1)
    if text[:1] in ("-", "+"):
        text = text[1:].strip()
    elif text[-1:] in ("-", "+"):
        text = text[:-1].strip()
    if len(signs) > 1:
        raise Unreadable("amount_sign_twice", value=cell)
    return text, signs[0] if signs else 1


def _ungrouped(text: str, decimal_comma: bool, cell: str) -> str:
    """Digits with a point, from digits with thousands marks; refused when the marks do not stand at thousands."""
    mark = "," if decimal_comma else "."
    other = "." if decimal_comma else ","
    whole, point, fraction = text.partition(mark)
    if point and not re.fullmatch(r"\d*", fraction, re.ASCII):
        # Blanks between decimals ("1.234 567") or a second mark: not a number written by any custom.
        raise Unreadable("amount_separator", value=cell, mark="comma" if decimal_comma else "point")
    grouped = whole.replace("’", "'")
    if not re.fullmatch(r"\d*", grouped, re.ASCII):
        if not re.fullmatch(r"\d[\d,.' ]*", grouped, re.ASCII):
            raise Unreadable("amount_not_understood", value=cell)
        # Thousands by threes, or the Indian way by twos with three at the end; one kind of mark throughout.
        marks = "|".join(re.escape(m) for m in (other, "'", " "))
        shape = re.fullmatch(rf"\d{{1,3}}(?:({marks})\d{{2,3}})?(?:\1\d{{2,3}})*", grouped)
        groups = re.split(r"[,.' ]", grouped)
        threes = all(len(g) == 3 for g in groups[1:])
        indian = len(groups) > 2 and len(groups[-1]) == 3 and all(len(g) == 2 for g in groups[1:-1])
        if not shape or not (threes or (indian and len(groups[0]) <= 2)):
            raise Unreadable("amount_separator", value=cell, mark="comma" if decimal_comma else "point")
        grouped = "".join(groups)
    if not grouped and not fraction:
        raise Unreadable("amount_not_understood", value=cell)
    return f"{grouped or '0'}.{fraction or '0'}"


_YES = frozenset(("yes", "y", "true", "1", "x", "ja", "oui", "si", "sí", "sì", "sim", "tak"))
_NO = frozenset(("no", "n", "false", "0", "nein", "non", "não", "nao", "nie"))


def yes_or_no(cell: Cell) -> bool:
    """True for yes, false for no and for blank. Unreadable `yes_or_no` otherwise."""
    text = identifier(cell).casefold()
    if text in _YES:
        return True
    if text in _NO or not text:
        return False
    raise Unreadable("yes_or_no", value=text)


def whole_number(cell: Cell) -> int:
    """A whole number, negative allowed; 13.0 is 13."""
    text = identifier(cell).translate(_DASHES)
    if not re.fullmatch(r"[-+]?\d{1,9}", text, re.ASCII):
        raise Unreadable("number_not_whole", value=text)
    return int(text)
