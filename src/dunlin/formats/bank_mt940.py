"""MT940 and MT942 of SWIFT: tags, one after the other, each with lines that go on below it.

A reversal of a credit (RC) takes money out and a reversal of a debit (RD) brings it back; the library gives both as
credits and loses a whole file for one wrong date, hence this reader: docs/decisions/0013-bank-files.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from dunlin.formats.bank_collect import Collected, Draft, amount_of, short_date
from dunlin.formats.bank_model import Balance, BankFile, Entry
from dunlin.formats.bank_mt940_details import details_of
from dunlin.formats.problems import Unreadable
from dunlin.rules.money import MINOR_DIGITS, Money

_TAG = re.compile(r":(\d{2}[A-Z]?|NS|940|942):")
_LINE = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?\s*(?P<mark>R?[CD]|E[CD])(?P<funds>[A-Z])?\s*(?P<amount>\d{1,20}[,.]\d{0,6})"
    r"(?P<type>[NFS][A-Z0-9]{3})?(?P<rest>[^\n]*)(?P<more>(?:\n.*)*)\Z",
    re.ASCII,
)
_BALANCE = re.compile(
    r"(?P<side>[CD])(?P<on>\d{6})(?P<currency>[A-Z]{3})?(?P<amount>\d{1,20}[,.]\d{0,6})\s*\Z", re.ASCII
)
_FLOOR = re.compile(r"([A-Z]{3})[CD]?\d")
_COUNT = re.compile(r"(\d{1,6})([A-Z]{3})(\d{1,20}[,.]\d{0,6})\s*\Z", re.ASCII)
_SWIFT_MARKS = re.compile(r"\{[1-5]:|-\}|-\s*\Z")  # the envelope of a message, its end


@dataclass(slots=True)
class _State:
    into: Collected
    draft: Draft | None = None
    lines: list[tuple[str, str]] = field(
        default_factory=list
    )  # (place, text) of :61: whose currency is not known yet
    words: list[list[str]] = field(default_factory=list)
    after_closing: bool = False
    counts: list[tuple[str, str, str]] = field(default_factory=list)


def read_mt940(name: str, text: str) -> BankFile:
    """Read MT940 or MT942. A line that cannot be understood is damaged by itself."""
    state = _State(Collected("mt940", "mt940"))
    for tag, line, value in _tags(text, state.into):
        place = f"line {line}"
        if tag in ("940", "942"):
            state.into.variant = f"MT{tag}"
        elif tag == "20" or (
            tag in ("25", "60F", "60M") and state.after_closing
        ):  # some banks write :20: once
            _close(state)
            state.draft = None
            state.after_closing = False
            if tag != "20":
                _header(state, tag, place, value)
        elif tag == "61":
            _begun(state, place)
            state.lines.append((place, value))
            state.words.append([])
            state.after_closing = False
        elif tag in ("86", "NS"):
            # After the closing balance the words are about the statement.
            if state.words and not state.after_closing and (tag == "86" or re.match(r"\d\d", value)):
                state.words[-1].append(value if tag == "86" else _numbered(value))
        else:
            _header(state, tag, place, value)
    _close(state)
    if not state.into.variant:
        state.into.variant = "MT940"
    return state.into.finish(name)


def _tags(text: str, into: Collected) -> Iterator[tuple[str, int, str]]:
    """(tag, line, value) of each field; lines between two tags belong to the first."""
    tag, line, value = "", 0, [""]
    for number, each in enumerate(text.split("\n"), 1):
        found = _TAG.match(each.lstrip())
        if found is not None:
            if tag:
                yield tag, line, "\n".join(value)
            tag, line, value = found[1], number, [each.lstrip()[found.end() :]]
        elif _SWIFT_MARKS.match(each):
            if tag:
                yield tag, line, "\n".join(value)
            tag = ""
        elif tag:
            value.append(each)
        elif each.strip():
            into.damage(f"line {number}", each, "bank_record_alone", record="a line", inside="a tag")
    if tag:
        yield tag, line, "\n".join(value)


def _begun(state: _State, place: str) -> Draft:
    if state.draft is None:
        state.draft = state.into.statement(place)
    return state.draft


def _header(state: _State, tag: str, place: str, value: str) -> None:
    text = value.strip()
    try:
        if tag == "25":
            account = re.sub(
                r"/?(?<=[\d/])([A-Z]{3})\Z", lambda m: "" if m[1] in MINOR_DIGITS else m[0], text
            )
            _begun(state, place).account = account
        elif tag in ("28", "28C"):
            if state.draft is not None:
                state.draft.number = text
        elif tag in ("60F", "60M", "62F", "62M"):
            _balance(state, tag, place, text)
        elif tag == "34F":
            found = _FLOOR.match(text)
            state.into.variant = "MT942"
            draft = _begun(state, place)
            draft.currency = draft.currency or (found[1] if found else "")
        elif tag in ("90C", "90D"):
            _begun(state, place)
            state.counts.append((tag[-1], place, text))
    except Unreadable as problem:
        state.into.unreadable(place, f":{tag}:{text}", problem)


def _balance(state: _State, tag: str, place: str, text: str) -> None:
    draft = _begun(state, place)
    opens = tag[:2] == "60"
    state.after_closing = not opens
    found = _BALANCE.match(text)
    if found is None:
        raise Unreadable("bank_balance_unreadable", tag=tag)
    currency = found["currency"] or draft.currency
    if not found["currency"]:
        if not currency:
            raise Unreadable("bank_balance_unreadable", tag=tag)
        state.into.warn(place, "bank_currency_assumed", currency=currency, why=f":{tag}: names none")
    draft.currency = draft.currency or currency
    amount = amount_of(found["amount"].replace(",", "."), currency)
    balance = Balance(-amount if found["side"] == "D" else amount, short_date(found["on"]))
    if (draft.opening if opens else draft.closing) is not None:
        state.into.warn(place, "bank_record_twice", what=f":{tag}:")
    elif opens:
        draft.opening = balance
    else:
        draft.closing = balance


def _close(state: _State) -> None:
    """Turn the lines of the statement into entries: only now its currency is known for certain."""
    draft = state.draft
    for (place, text), words in zip(state.lines, state.words):
        assert draft is not None
        try:
            _entry(state.into, draft, place, text, words)
        except Unreadable as problem:
            state.into.unreadable(place, text, problem)
    if draft is not None:
        if state.into.variant == "MT942":
            _wait(state.into, draft)
        if draft.opening is not None and draft.closing is None and state.into.variant != "MT942":
            state.into.warn(draft.place, "bank_file_cut", what="the closing balance (:62F:)")
        for side, place, text in state.counts:
            _compare(state.into, draft, side, place, text)
    state.lines, state.words, state.counts = [], [], []


def _entry(into: Collected, draft: Draft, place: str, text: str, words: list[str]) -> None:
    found = _LINE.match(text.strip())
    if found is None:
        raise Unreadable("bank_line_unreadable", tag="61")
    if not draft.currency:
        raise Unreadable("bank_currency_missing")
    written = found["amount"].replace(",", ".")
    amount = amount_of(written, draft.currency)
    mark = found["mark"]
    out = mark in ("D", "RC", "ED")
    value_on = short_date(found["value"])
    reference, _, rest = found["rest"].strip().partition("//")
    reference, _, beside = reference.partition("  ")
    kind = "reversal" if mark in ("RC", "RD") else "debit" if out else "credit"
    details = details_of(words)
    if kind != "reversal" and (details.came_back or (found["type"] or "")[1:] == "RTI"):
        kind = "return"
    remittance = " ".join(filter(None, (details.text, beside.strip(), found["more"].strip())))
    own = "" if reference.strip() == "NONREF" else reference.strip()
    name, account = details.name, details.account
    if beside.strip() and re.fullmatch(r"N\d{3}", found["type"] or ""):
        # Dutch banks write the account and the name of the other side here.
        name, account, own = name or beside.strip(), account or own, ""
    entry = Entry(
        place, kind, -amount if out else amount, "pending" if mark[0] == "E" else "booked", _entry_day(value_on, found["entry"]),
        value_on, type_code=found["type"] or "", bank_reference=rest.strip(), end_to_end_id=details.end_to_end_id, trace=own,
        payer_name=name, payer_ultimate=details.ultimate, payer_account=account, remittance=remittance,
        return_code=details.return_code, original_trace=details.end_to_end_id if kind in ("return", "reversal") else "",
        check_number=own if (found["type"] or "")[1:] == "CHK" else "",
    )  # fmt: skip
    # Without a reference of the bank the statement itself helps to tell: its pages do not overlap.
    identity = (
        (mark, rest.strip(), own) if rest.strip() else (mark, own, account[-4:], remittance, draft.number)
    )
    draft.add(entry, identity)
    if found["type"] is None:
        draft.found[-1] = (replace(entry, doubt="bank_line_without_type"), *draft.found[-1][1:])
        into.warn(place, "bank_line_without_type")


def _wait(into: Collected, draft: Draft) -> None:
    """What an interim report tells without a reference of the bank cannot be recognised in the statement; so it waits for that."""
    waiting = 0
    for at, (entry, identity, booking, sure) in enumerate(draft.found):
        if not entry.bank_reference and entry.status == "booked":
            draft.found[at] = (replace(entry, status="pending"), identity, booking, sure)
            waiting += 1
    if waiting:
        into.warn(draft.place, "bank_interim", count=waiting)


def _entry_day(value_on: date, monthday: str | None) -> date:
    """The booking day (MMDD) in the year nearest to the value day; the value day where none is given."""
    if not monthday:
        return value_on
    for year in (value_on.year, value_on.year - 1, value_on.year + 1):
        try:
            day = date(year, int(monthday[:2]), int(monthday[2:]))
        except ValueError:
            continue
        if abs((day - value_on).days) <= 183:
            return day
    raise Unreadable("date_does_not_exist", value=monthday)


def _compare(into: Collected, draft: Draft, side: str, place: str, text: str) -> None:
    """Number and sum of debits or credits of an MT942 (:90D:, :90C:)."""
    found = _COUNT.match(text)
    if found is None:
        into.damage(place, text, "bank_line_unreadable", tag=f"90{side}")
        return
    ours = [entry for entry, *_ in draft.found if (entry.amount.minor < 0) == (side == "D")]
    # A reversal of a credit counts among the debits or reduces the credits: banks differ, so only plain days are compared.
    if any(entry.kind == "reversal" for entry in ours):
        return
    if int(found[1]) != len(ours):
        into.warn(place, "bank_count_wrong", what=f":90{side}:", stated=int(found[1]), found=len(ours))
    try:
        stated = amount_of(found[3].replace(",", "."), found[2])
    except Unreadable as problem:
        into.unreadable(place, text, problem)
        return
    made = Money(sum(abs(entry.amount.minor) for entry in ours), found[2])
    if stated != made:
        into.warn(place, "bank_total_wrong", what=f":90{side}:", stated=str(stated), found=str(made))


def _numbered(value: str) -> str:
    """The lines of :NS: are numbered: 01 to 14 the purpose, 15 the other side, 17 the kind; written like a structured :86:."""
    parts = []
    for line in value.split("\n"):
        number, words = line[:2], line[2:].strip()
        if number.isdecimal() and words:
            if "01" <= number <= "14":
                parts.append(f"?20{words} ")
            elif number == "15":
                parts.append(f"?32{words}")
            elif number == "17":
                parts.append(f"?00{words}")
    return "000" + "".join(parts)
