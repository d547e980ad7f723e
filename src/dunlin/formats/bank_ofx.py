"""OFX 1 (SGML, where most tags are never closed) and OFX 2 (XML): bank, card and the cash side of investment statements.

One reader for both: a tag, and the text up to the next one. Nothing is expanded and no document type is read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from dunlin.formats.bank_codes import words_say_returned
from dunlin.formats.bank_collect import Collected, Draft, amount_of, long_date
from dunlin.formats.bank_model import Balance, BankFile, BankFileProblem, Entry
from dunlin.formats.problems import Unreadable
from dunlin.rules.money import Money

_TAG = re.compile(r"<(/?)([A-Za-z0-9_.]{1,40})\s*/?>([^<]*)|<!\[CDATA\[(.*?)\]\]>([^<]*)", re.DOTALL)
_STATEMENTS = ("STMTRS", "CCSTMTRS", "INVSTMTRS")
_UNSAFE = re.compile(r"<!(DOCTYPE|ENTITY)", re.I)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ONCE = ("TRNAMT", "DTPOSTED", "FITID")
TAGS_MAX = 5_000_000


@dataclass(slots=True)
class _State:
    into: Collected
    draft: Draft | None = None
    place: str = ""
    line: int = 0
    transaction: dict[str, str] | None = None
    balance: dict[str, str] | None = None
    inside: list[str] = field(
        default_factory=list
    )  # the open ones of the few aggregates whose members have common names
    status: dict[str, str] | None = None
    ended: bool = False


# Members of these would otherwise be taken for those of the transaction or the statement around them.
_AGGREGATES = (
    "CURRENCY",
    "ORIGCURRENCY",
    "PAYEE",
    "BANKACCTTO",
    "CCACCTTO",
    "STATUS",
    "SONRS",
    "AVAILBAL",
    "BAL",
    "INVBAL",
)


def read_ofx(name: str, text: str) -> BankFile:
    """Read OFX. BankFileProblem when the bank refused the sign-on, so that there is nothing to read, and it says why."""
    if _UNSAFE.search(text):
        raise BankFileProblem("bank_xml_unsafe")
    state = _State(Collected("ofx", "ofx"))
    version = re.search(r"VERSION\s*[:=]\s*\"?(\d{3})", text[:2000])
    state.into.variant = f"OFX {version[1]}" if version else "OFX"
    if text.rfind("<![CDATA[") > text.rfind("]]>"):  # each would be looked for to the end of the file
        raise BankFileProblem("bank_xml_broken", why="a CDATA section never ends")
    for hidden in _CDATA.finditer(text):
        if "<TRNAMT" in hidden[1]:
            state.into.warn(f"line {text.count(chr(10), 0, hidden.start()) + 1}", "bank_text_holds_record")
            break
    for line, closing, tag, value in _tags(text):
        state.line = line
        if closing:
            _ends(state, tag)
        else:
            _begins(state, tag, value)
    if state.transaction is not None:
        _damage(state, "bank_file_cut", what="</STMTTRN>")
    if not state.ended:
        state.into.warn("end of file", "bank_file_cut", what="</OFX>")
    for draft in state.into.drafts:
        if not draft.currency and draft.found:
            draft.currency = draft.found[0][0].amount.currency
    return state.into.finish(name)


def _tags(text: str) -> Iterator[tuple[int, bool, str, str]]:
    """(line, closing, TAG, text after it). A CDATA section is text of the tag before it."""
    line, last, count = 1, 0, 0
    held: tuple[int, str, str] | None = None
    for found in _TAG.finditer(text):
        count += 1
        if count > TAGS_MAX:
            raise BankFileProblem("bank_xml_elements", limit=TAGS_MAX)
        line += text.count("\n", last, found.start())
        last = found.start()
        if found[2] is None:
            if held is not None:
                held = (held[0], held[1], held[2] + found[4])
            continue
        if held is not None:
            yield held[0], False, held[1], held[2].strip()
            held = None
        if found[1]:
            yield line, True, found[2].upper(), ""
        else:
            held = (line, found[2].upper(), html.unescape(found[3]))
    if held is not None:
        yield held[0], False, held[1], held[2].strip()


def _begins(state: _State, tag: str, value: str) -> None:
    if tag in _STATEMENTS:
        state.draft = state.into.statement(f"line {state.line}, {tag} {len(state.into.drafts) + 1}")
        state.inside = []
    elif tag == "STMTTRN":
        if state.transaction is not None:
            _damage(state, "bank_file_cut", what="</STMTTRN>")
        state.transaction, state.place = {}, f"line {state.line}, STMTTRN"
        state.inside = []
    elif tag == "LEDGERBAL":
        state.balance = {}
    elif tag in _AGGREGATES and not value:
        state.inside.append(tag)
        if tag == "STATUS":
            state.status = {}
        if tag == "CURRENCY" and state.transaction is not None:
            state.transaction["CURRENCY"] = "1"
    elif value:
        _member(state, tag, value)


def _member(state: _State, tag: str, value: str) -> None:
    around = state.inside[-1] if state.inside else ""
    if tag == "TRNAMT" and state.transaction is None:
        place = f"line {state.line}"
        state.into.damage(
            place, f"TRNAMT={value}", "bank_record_alone", record="An amount", inside="<STMTTRN>"
        )
    elif around == "STATUS" and state.status is not None:
        state.status.setdefault(tag, value)
    elif state.transaction is not None:
        named = f"{around}.{tag}" if around and tag not in _ONCE else tag
        if named in state.transaction and tag in _ONCE:
            state.transaction["TWICE"] = tag
        state.transaction.setdefault(named, value)
    elif around in ("AVAILBAL", "BAL", "INVBAL"):
        return
    elif state.balance is not None:
        state.balance.setdefault(tag, value)
    elif state.draft is not None:
        if tag == "CURDEF":
            state.draft.currency = value.upper()
        elif tag == "ACCTID" and not state.draft.account:
            state.draft.account = value


def _ends(state: _State, tag: str) -> None:
    if tag == "STMTTRN":
        _finish_transaction(state)
    elif tag == "LEDGERBAL":
        _finish_balance(state)
    elif tag in _STATEMENTS:
        if state.transaction is not None:
            _damage(state, "bank_file_cut", what="</STMTTRN>")
        state.draft = None
    elif tag == "OFX":
        state.ended = True
    elif tag == "STATUS":
        _finish_status(state)
    if tag in state.inside:
        while state.inside and state.inside.pop() != tag:
            pass


def _finish_status(state: _State) -> None:
    status, state.status = state.status or {}, None
    code = status.get("CODE", "0")
    if code in ("", "0"):
        return
    words = status.get("MESSAGE", status.get("SEVERITY", ""))[:300]
    if "SONRS" in state.inside:
        raise BankFileProblem("bank_refused_us", state.line, status=code[:20], message=words)
    state.into.warn(f"line {state.line}", "bank_status", status=code[:20], message=words)


def _damage(state: _State, code: str, **facts: str) -> None:
    text = " ".join(f"{name}={value}" for name, value in (state.transaction or {}).items())
    state.into.damage(state.place, text, code, **facts)
    state.transaction = None


def _finish_transaction(state: _State) -> None:
    said = state.transaction
    if said is None:
        return
    draft = state.draft or state.into.statement(f"line {state.line}")
    state.draft = draft
    try:
        _entry(draft, state.place, said)
    except Unreadable as problem:
        _damage(state, problem.code, **problem.facts)
    state.transaction = None


def _entry(draft: Draft, place: str, said: dict[str, str]) -> None:
    # In <CURRENCY> the amount is in that currency, not converted; in <ORIGCURRENCY> it is in that of the account.
    currency = said.get("CURRENCY.CURSYM", "").upper() if "CURRENCY" in said else ""
    currency = currency or draft.currency
    if "TWICE" in said:  # two transactions whose end and beginning are lost
        raise Unreadable("bank_record_twice", what=said["TWICE"])
    if not currency:
        raise Unreadable("bank_currency_missing")
    amount = _amount(said.get("TRNAMT", ""), currency)
    posted = _day(said.get("DTPOSTED", ""))
    if posted is None:
        raise Unreadable("bank_date_missing")
    sort = said.get("TRNTYPE", "").upper()
    deleted = said.get("CORRECTACTION", "").upper() == "DELETE"
    corrected = said.get("CORRECTFITID", "")
    fitid, words = said.get("FITID", ""), said.get("MEMO", "")
    name = said.get("NAME") or said.get("PAYEE.NAME", "")
    kind = "reversal" if corrected else "credit" if amount.minor >= 0 else "debit"
    entry = Entry(
        place, kind, amount, "info" if deleted else "booked", posted, _day(said.get("DTAVAIL", "")), type_code=sort,
        bank_reference=fitid, trace=said.get("SRVRTID", "") or said.get("REFNUM", ""), payer_name=name,
        payer_account=said.get("BANKACCTTO.ACCTID", ""), remittance=words if words.startswith(name) else f"{name} {words}",
        check_number=said.get("CHECKNUM", ""), original_trace=corrected, doubt="bank_correction" if corrected else "",
    )  # fmt: skip
    if kind == "debit" and words_say_returned(f"{name} {words}"):
        entry = replace(entry, kind="return", doubt="bank_return_by_words")
    draft.add(entry, (fitid,) if fitid else (sort, name, words, entry.check_number), sure=bool(fitid))


def _finish_balance(state: _State) -> None:
    said, state.balance = state.balance or {}, None
    draft = state.draft
    if draft is None or not said.get("BALAMT"):
        return
    try:
        currency = draft.currency
        if not currency:
            raise Unreadable("bank_currency_missing")
        draft.closing = Balance(_amount(said["BALAMT"], currency), _day(said.get("DTASOF", "")))
    except Unreadable as problem:
        text = f"BALAMT={said['BALAMT']} DTASOF={said.get('DTASOF', '')}"
        state.into.unreadable(f"line {state.line}, LEDGERBAL", text, problem)


def _amount(text: str, currency: str) -> Money:
    """The standard allows a comma for the point, and no other separator."""
    return amount_of(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text, currency)


def _day(text: str) -> date | None:
    """The day of YYYYMMDDHHMMSS.XXX[zone] as written; no zone is applied."""
    return long_date(text[:8]) if text else None
