"""Remittance advice in the text of an e-mail: tables pasted as text, a line a document, deductions with words, a total.

Read are lines that hold a document's number and an amount; words only say what an amount is. What is open to two readings is
settled by the stated total or not at all: then the advice says so (`adds_up` False) and a person looks. Nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from dunlin.formats.amount_marks import MarkEvidence
from dunlin.formats.bank_masks import hide_accounts
from dunlin.formats.dates import OrderEvidence, parse_date
from dunlin.formats.problems import Unreadable
from dunlin.formats.remittance_collect import Draft, Gathered
from dunlin.formats.remittance_model import AdviceFile, AdviceLine, Kept, RemittanceProblem
from dunlin.formats.remittance_words import (
    CHECK,
    CREDIT,
    DEDUCTION,
    PAID_ON,
    PLAIN_TOTAL,
    STRONG_TOTAL,
    TRACE,
    currencies_in,
)
from dunlin.formats.values import parse_amount
from dunlin.rules.cash.deductions import code_of
from dunlin.rules.money import MINOR_DIGITS, Money, NotMoney

CHARS_MAX = 200_000
LINES_MAX = 4_000
LINE_CHARS = 400
_RUN = re.compile(r"\s{2,}")
_MONTHS = r"(?:jan|feb|f[ée]v|m[aä]r|apr|avr|abr|may|mai|jun|juin|jul|juil|aug|ao[uû]|ago|sep|oct|okt|nov|dec|d[ée]c|dez|dic|ene)[a-zéûä]*"
_DATE = re.compile(
    rf"(?<![\w/.-])(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./-]\d{{1,2}}[./-](?:\d{{4}}|\d{{2}})|\d{{1,2}}\.?\s+(?:de\s+)?{_MONTHS}\.?,?\s+(?:de\s+)?\d{{4}}|{_MONTHS}\.?\s+\d{{1,2}},?\s+\d{{4}})(?![\w/-])",
    re.IGNORECASE,
)
_SIGN = r"(?:[€£$]|US\$|CA\$|A\$|\b[A-Z]{3}(?=[ \d]))"
# With decimals, or grouped, or beside a sign of its currency: a bare whole number is a document, a quantity, a year.
_AMOUNT = re.compile(
    rf"(?<![\w.,/#+-])(?P<open>\()?(?P<minus>[-−–]\s?)?(?P<sign>{_SIGN}\s?)?(?P<late>[-−])?(?P<digits>\d{{1,3}}(?:[.,'’ \u00a0\u202f]\d{{3}})+(?:[.,]\d{{1,3}})?|\d+[.,]\d{{1,3}}|\d+)(?P<close>\))?(?P<trail>[-−](?![\w]))?(?P<after>\s?(?:€|£|\$|[A-Z]{{3}}\b))?(?![\w/]|[.,-]\d)"
)
_NUMBER = re.compile(
    r"(?<![\w/.,-])(?:[A-Za-z]{1,8}[-/]?)?(?:[A-Za-z0-9]{1,8}[-/])*[A-Za-z]{0,4}\d[A-Za-z0-9]{0,19}(?:[-/][A-Za-z0-9]{1,12})*(?![\w.,]\d|\w)"
)
_LABELLED = re.compile(
    r"(?<!\w)(?:inv(?:oice)?s?|bill|document|re|rg|rechnung|beleg|fact?(?:ure|ura)?|fa|fra|fattura|ft|factuur|credit\s+(?:memo|note)|gutschrift|avoir|abono|cm|cn|gs)"
    r"\s*[-.]?\s*(?:number|no|num|nr|n°|nº|#)?\s*[.:#]*\s*(?=[A-Za-z0-9/-]*\d)",
    re.IGNORECASE,
)
_OTHER_NUMBER = re.compile(
    r"(?<!\w)(?:p\.?o\.?|purchase\s+order|order|bestellung|commande|pedido|ordine|tel|phone|fax|account|acct|konto|iban|bic|swift|vat|ust|siret|customer|kunde|client|cliente)"
    r"\s*[-.]?\s*(?:id|number|no|num|nr|n°|nº|#)?\s*[.:#]*\s*\+?[A-Za-z0-9/-]*\d[\w/-]*",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Line:
    """A line taken apart: the amounts in it with their signs, the number of its document if it names one."""

    place: str
    text: str
    amounts: list[str]
    number: str
    others: tuple[str, ...] = ()
    paying: bool = False  # it names a check or the reference of a transfer: its amount is that of the payment


@dataclass(slots=True)
class _Found:
    """What the lines said, before the total settles what is open."""

    lines: list[AdviceLine] = field(default_factory=list)
    credits: list[int] = field(
        default_factory=list
    )  # places of lines whose words say credit and whose amount is not negative
    kept: list[tuple[int, Kept]] = field(default_factory=list)  # (line it stands below, -1 for none, what)
    strong: list[Money] = field(default_factory=list)
    plain: list[Money] = field(default_factory=list)


def read_remittance_text(
    name: str, text: str, currency: str = "", decimal_mark: str = "", order: str = "", payer_name: str = ""
) -> AdviceFile:
    """Read the new words of a mail. `currency` and `order` (of day and month) hold where the text itself proves nothing.

    RemittanceProblem when no line names a document with its amount, or the text proves neither currency nor decimal mark.
    """
    text = text[:CHARS_MAX].replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    # Runs of blanks divide columns and mean nothing more; long ones would be tried over and over.
    rows = [_RUN.sub("  ", row[: LINE_CHARS * 10])[:LINE_CHARS] for row in text.split("\n")[:LINES_MAX]]
    parts = [
        part for number, row in enumerate(rows, 1) if row.strip() for part in _parted(f"line {number}", row)
    ]
    if not any(part.amounts and part.number for part in parts):
        raise RemittanceProblem("remittance_text_none")
    known = _currency(rows, currency)
    comma = _comma(parts, decimal_mark, known)
    into = Gathered("text", "text")
    found = _Found()
    for part in parts:
        try:
            _take(into, found, part, comma, known)
        except Unreadable as problem:
            into.unreadable(part.place, part.text, problem)
        except NotMoney:
            into.damage(part.place, part.text, "amount_too_large", value=part.amounts[0][:40])
    if not found.lines:
        raise RemittanceProblem("remittance_text_none")
    draft = into.advice("text", currency=known, payer_name=payer_name)
    _facts(draft, rows, order)
    try:
        _settle(into, draft, found)
    except NotMoney as problem:
        raise RemittanceProblem("bank_not_added", why=str(problem)) from None
    return into.finish(name)


# --- what the whole text proves ---------------------------------------------------------------------------------------


def _currency(rows: list[str], otherwise: str) -> str:
    """Named beside the amounts: by one currency only, else by what is given. "$" alone says no more than the account does."""
    named = set()
    for row in rows:
        if _AMOUNT.search(row):
            named |= set(currencies_in(row))
    if len(named) > 1:
        raise RemittanceProblem("remittance_currencies_mixed", currencies=", ".join(sorted(named)))
    found = named.pop() if named else otherwise.upper()
    if not found and any("$" in row for row in rows):
        found = "USD"
    if found not in MINOR_DIGITS:
        raise RemittanceProblem("remittance_currency_missing")
    return found


def _comma(parts: list[_Line], said: str, currency: str) -> bool:
    if said:
        return said == ","
    marks = MarkEvidence()
    for number, part in enumerate(parts):
        for amount in part.amounts:
            marks.add(number, amount)
    comma = marks.decimal_comma(MINOR_DIGITS[currency])
    if comma is None:
        raise RemittanceProblem("bank_decimals_open")
    return comma


def _facts(draft: Draft, rows: list[str], order: str) -> None:
    """Day of the payment, its reference, the number of its check: the first of each."""
    days = OrderEvidence()
    for number, row in enumerate(rows):
        for each in _DATE.finditer(row):
            days.add(number, each[0])
    proved = days.decide().order
    order = proved if proved in ("ymd", "dmy", "mdy") else order
    for row in rows:
        if draft.paid_on is None and (label := PAID_ON.search(row)):
            draft.paid_on = _day(row[label.end() :], order)
        if not draft.check_number and (check := CHECK.search(row)):
            draft.check_number = check["value"]
        if not draft.trace and (trace := TRACE.search(row)) and any(map(str.isdigit, trace["value"])):
            draft.trace = trace["value"]


def _day(text: str, order: str) -> date | None:
    found = _DATE.search(text[:60])
    if found is None:
        return None
    try:
        return parse_date(found[0], order or "ymd")
    except Unreadable:
        return None


# --- a line -----------------------------------------------------------------------------------------------------------


def _parted(place: str, row: str) -> list[_Line]:
    """Dates and numbers of other things are taken out before amounts and documents are looked for. "10023 $500, 10024 $300" is two."""
    rest = row
    for other in (_DATE, _OTHER_NUMBER, CHECK, TRACE):
        rest = other.sub(lambda each: " " * len(each[0]), rest)
    amounts = [each for each in _AMOUNT.finditer(rest) if _is_amount(each)]
    bare = rest
    for each in amounts:
        bare = bare[: each.start()] + " " * (each.end() - each.start()) + bare[each.end() :]
    numbers = _numbers(bare)
    if pairs := _pairs(bare, numbers, amounts):
        return [_Line(place, f"{number} {_spelt(each)}", [_spelt(each)], number) for number, each in pairs]
    text, money = hide_accounts(" ".join(row.split())), [_spelt(each) for each in amounts]
    paying = bool(CHECK.search(row) or TRACE.search(row))
    return [_Line(place, text, money, numbers[0] if numbers else "", tuple(numbers[1:4]), paying)]


def _pairs(bare: str, numbers: list[str], amounts: list[re.Match[str]]) -> list[tuple[str, re.Match[str]]]:
    """Several documents on one line, each before its amount; nothing when they do not stand so."""
    if len(amounts) < 2 or len(amounts) != len(numbers):
        return []
    placed = sorted((bare.find(number), number) for number in numbers)
    after = [*(at for at, _ in placed[1:]), len(bare)]
    fits = all(at < each.start() < end for (at, _), each, end in zip(placed, amounts, after, strict=True))
    return [(number, each) for (_, number), each in zip(placed, amounts, strict=True)] if fits else []


def _is_amount(found: re.Match[str]) -> bool:
    """Digits without a mark, or grouped by blanks alone as telephone numbers are, count only beside a sign of their currency."""
    digits = found["digits"]
    if not re.search(r"[.,'’]", digits):
        return bool(_money_sign(found["sign"]) or _money_sign(found["after"]))
    return True


def _money_sign(text: str | None) -> bool:
    sign = (text or "").strip()
    return sign in ("€", "£", "$", "US$", "CA$", "A$") or sign in MINOR_DIGITS


def _spelt(found: re.Match[str]) -> str:
    minus = found["minus"] or found["late"] or found["trail"] or (found["open"] and found["close"])
    return ("-" if minus else "") + re.sub(r"[ \u00a0\u202f’']", "", found["digits"])


def _numbers(text: str) -> list[str]:
    """Numbers of documents in a line without its amounts: what a label points at first, then what looks like one."""
    found: list[str] = []
    for label in _LABELLED.finditer(text):
        if at := re.match(r"[A-Za-z0-9/-]*\d[A-Za-z0-9/-]*", text[label.end() : label.end() + 40]):
            # "INV-123" is a number with its letters, "Invoice no. 123" a number with a label before it.
            whole = _NUMBER.match(text, label.start())
            joined = (
                whole is not None
                and whole.end() >= label.end()
                and "-" in text[label.start() : label.end()].rstrip()
            )
            found.append((whole[0] if joined and whole is not None else at[0]).strip("-/ "))
    found += [
        each[0].strip()
        for each in _NUMBER.finditer(text)
        if sum(map(str.isdigit, each[0])) >= 3 and not any(each[0].strip().endswith(known) for known in found)
    ]
    return list(dict.fromkeys(each for each in found if 2 < len(each) <= 40))


def _take(into: Gathered, found: _Found, part: _Line, comma: bool, currency: str) -> None:
    if not part.amounts:
        return
    amounts = [parse_amount(each, comma, currency) for each in part.amounts]
    strong, plain = STRONG_TOTAL.search(part.text), PLAIN_TOTAL.search(part.text)
    below = bool(found.lines) and len(amounts) == 1 and not _own(part)
    if (strong or plain or part.paying) and (len(amounts) == 1 or not part.number):
        (found.strong if strong or not plain else found.plain).append(amounts[-1])
    elif DEDUCTION.search(part.text) and (not part.number or below):
        kept = Kept(Money(abs(amounts[-1].minor), currency), code_of(part.text), part.text[:140], part.number)
        found.kept.append((len(found.lines) - 1, kept))
    elif part.number:
        line = _document(part, amounts)
        if line is None:
            into.damage(part.place, part.text, "remittance_line_unclear", count=len(amounts))
            return
        if CREDIT.search(part.text) and line.paid.minor > 0:
            found.credits.append(len(found.lines))
        into.lines += 1
        found.lines.append(line)


def _own(part: _Line) -> bool:
    """Whether the number stands before the words: "INV-1 100.00 less discount" is a document, "less damage claim 77" is not."""
    words = DEDUCTION.search(part.text)
    at = part.text.find(part.number)
    return words is None or (0 <= at < words.start())


def _document(part: _Line, amounts: list[Money]) -> AdviceLine | None:
    """The line of a document; of several amounts the arithmetic says which was paid: gross less what stands between."""
    currency = amounts[0].currency
    if len(amounts) == 1:
        return AdviceLine(part.place, part.number, amounts[0], others=part.others)
    gross, paid = amounts[0], amounts[-1]
    between = sum(abs(each.minor) for each in amounts[1:-1])
    side = -1 if gross.minor < 0 else 1
    if len(amounts) == 2 and gross == paid:
        return AdviceLine(part.place, part.number, paid, gross=gross, others=part.others)
    if len(amounts) > 2 and gross.minor - side * between == paid.minor:
        less = [Money(side * abs(each.minor), currency) for each in amounts[1:-1] if each.minor]
        return _with_less(part, gross, paid, less)
    if len(amounts) == 2 and DEDUCTION.search(part.text) and abs(paid.minor) < abs(gross.minor):
        return _with_less(part, gross, Money(gross.minor - side * abs(paid.minor), currency), [paid])
    return None


def _with_less(part: _Line, gross: Money, paid: Money, less: list[Money]) -> AdviceLine:
    """The words of the line say what was kept back; without words one amount between is the discount of the usual table."""
    code = code_of(part.text)
    if len(less) == 1 and code in ("unknown", "discount"):
        taken = Money(abs(less[0].minor) * (-1 if gross.minor < 0 else 1), gross.currency)
        if code == "discount" or not DEDUCTION.search(part.text):
            return AdviceLine(part.place, part.number, paid, gross=gross, discount=taken, others=part.others)
    side = -1 if gross.minor < 0 else 1
    kept = tuple(Kept(Money(side * abs(each.minor), gross.currency), code, part.text[:140]) for each in less)
    return AdviceLine(part.place, part.number, paid, gross=gross, kept=kept, others=part.others)


# --- the total settles what is open -------------------------------------------------------------------------------------


def _settle(into: Gathered, draft: Draft, found: _Found) -> None:
    """Deductions below a line are in its amount or not, credits carry their minus or not: the total says which, or nobody does."""
    totals = list(dict.fromkeys(found.strong or found.plain))
    if len(totals) > 1:
        into.warn("text", "remittance_totals_differ", totals=", ".join(str(each) for each in totals[:5]))
    draft.amount = totals[-1] if len(totals) == 1 else None
    ways = [
        (taken, turned)
        for taken in ((False, True) if found.kept else (False,))
        for turned in ((False, True) if found.credits else (False,))
    ]
    if draft.amount is None:
        draft.lines = found.lines
        if len(ways) > 1 or len(totals) > 1:
            draft.apart = [kept for _, kept in found.kept]
            draft.unclear = True
            if not totals:
                into.warn("text", "remittance_total_missing")
        return
    for taken, turned in ways:
        lines, apart = _read_so(found, taken, turned)
        made = sum(line.paid.minor for line in lines) - sum(each.amount.minor for each in apart)
        if made == draft.amount.minor:
            draft.lines, draft.apart = lines, apart
            return
    draft.lines, draft.apart = _read_so(found, bool(found.kept), bool(found.credits))


def _read_so(found: _Found, taken: bool, turned: bool) -> tuple[list[AdviceLine], list[Kept]]:
    """The lines when deductions are still to be taken off (`taken`), and when credits are written without their minus (`turned`)."""
    lines = list(found.lines)
    for at in found.credits if turned else ():
        line = lines[at]
        lines[at] = replace(line, paid=-line.paid, gross=-line.gross if line.gross is not None else None)
    apart: list[Kept] = []
    for at, kept in found.kept:
        if at < 0:
            apart += [kept] if taken else []
            continue
        line = lines[at]
        gross = line.gross if line.gross is not None else line.paid
        if taken:
            paid = Money(line.paid.minor - kept.amount.minor, line.paid.currency)
            lines[at] = replace(line, paid=paid, gross=gross, kept=(*line.kept, kept))
        else:
            more = Money(gross.minor + kept.amount.minor, gross.currency)
            lines[at] = replace(line, gross=more, kept=(*line.kept, kept))
    return lines, apart
