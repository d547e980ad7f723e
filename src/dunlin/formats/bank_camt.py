"""camt.052, camt.053 and camt.054 of ISO 20022, versions 1 to 13: what an account, a statement, a notification says.

Element names are read without their namespace, because banks leave it out or name one of their own; the version only
goes into the answer. What differs between versions (Pty around a name, Cd in Sts, Amt in TxDtls) is read either way.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from dunlin.formats.bank_camt_details import Detail, code_of, details_of, says_return, stated_amount
from dunlin.formats.bank_collect import Collected, Draft
from dunlin.formats.bank_model import Balance, BankFile, BankFileProblem, Entry
from dunlin.formats.problems import Unreadable
from dunlin.formats.xml_tree import Element, read_xml
from dunlin.rules.money import Money

_STATEMENTS = ("Rpt", "Stmt", "Ntfctn")
_MESSAGES = {"BkToCstmrAcctRpt": "camt.052", "BkToCstmrStmt": "camt.053", "BkToCstmrDbtCdtNtfctn": "camt.054"}
_OPENING = ("OPBD", "PRCD")  # of the two the first counts: PRCD is the closing of the day before
_CLOSING = ("CLBD",)


def read_camt(name: str, content: bytes) -> BankFile:
    """Read a camt message. BankFileProblem when the XML is broken, unsafe, or no camt."""
    reading = _Reading()
    root = read_xml(content, reading.finished)
    if root is None or reading.message is None:
        version = re.search(r"camt\.05\d\.\d{3}\.\d{2}", root.namespace) if root is not None else None
        if version is None:
            raise BankFileProblem("bank_file_unknown")
        raise BankFileProblem("bank_no_statement", format=version[0])
    if not reading.into.drafts and not reading.into.damaged:
        raise BankFileProblem("bank_no_statement", format=reading.into.variant)
    return reading.into.finish(name)


class _Reading:
    """Takes each entry as it ends, so that a statement of a million entries is never one tree."""

    def __init__(self) -> None:
        self.into = Collected("camt", "camt")
        self.message: str | None = None
        self.draft: Draft | None = None
        self.entries = 0
        self.waiting = 0

    def finished(self, element: Element, above: list[Element]) -> bool:
        if not self.message and len(above) >= 1:
            self._find_message(above)
        if self.message is None:
            return False
        inside = above[-1].name if above else ""
        if element.name == "Ntry" and inside in _STATEMENTS:
            self._begin(above[-1])
            self.entries += 1
            self._entry(element)
            return True
        if element.name == "Ntry":
            place = f"line {element.line}, Ntry"
            self.into.damage(
                place, _words(element), "bank_record_alone", record="An entry (Ntry)", inside="a statement"
            )
            return True
        if element.name in _STATEMENTS and inside.startswith(self.message):
            self._begin(element)
            self._end(element)
            return True
        return False

    def _find_message(self, above: list[Element]) -> None:
        for each in above[:8]:
            short = re.sub(r"V\d\d$", "", each.name)  # version 1 writes BkToCstmrAcctRptV01
            if short in _MESSAGES:
                self.message = short
                version = re.search(r"camt\.05[234]\.\d{3}\.\d{2}", each.namespace)
                self.into.variant = version[0] if version else _MESSAGES[short]

    def _begin(self, statement: Element) -> None:
        """The account and the balances stand before the entries, so they are known at the first one."""
        if self.draft is not None:
            return
        place = f"line {statement.line}, {statement.name} {len(self.into.drafts) + 1}"
        self.draft = self.into.statement(place, number=statement.value("Id"))
        self.draft.account = statement.value(
            "Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id", "Acct/Id/BBAN"
        )
        self.draft.currency = statement.value("Acct/Ccy")
        self.entries = 0

    def _end(self, statement: Element) -> None:
        draft = self.draft
        assert draft is not None
        self._balances(draft, statement)
        if not draft.currency:
            draft.currency = draft.found[0][0].amount.currency if draft.found else ""
        self._summary(draft, statement)
        if self.waiting:
            self.into.warn(draft.place, "bank_interim", count=self.waiting)
        self.draft, self.waiting = None, 0

    def _balances(self, draft: Draft, statement: Element) -> None:
        found: dict[str, Balance] = {}
        for each in statement.all("Bal"):
            code = each.value("Tp/CdOrPrtry/Cd", "Tp/Cd")
            if code in _OPENING + _CLOSING:
                try:
                    amount = _signed(stated_amount(each.first("Amt")), each.value("CdtDbtInd"))
                    balance = Balance(amount, _day(each.value("Dt/Dt", "Dt/DtTm")))
                except Unreadable as problem:
                    self.into.unreadable(f"line {each.line}, Bal {code}", _words(each), problem)
                    continue
                if code in found and "ITBD" not in code:
                    self.into.warn(
                        f"line {each.line}, Bal {code}", "bank_record_twice", what=f"the balance {code}"
                    )
                found.setdefault(code, balance)
        draft.opening = next((found[code] for code in _OPENING if code in found), None)
        draft.closing = next((found[code] for code in _CLOSING if code in found), None)
        if not draft.currency and (known := draft.closing or draft.opening):
            draft.currency = known.amount.currency

    def _summary(self, draft: Draft, statement: Element) -> None:
        """The bank's own count of the entries; a cut or filtered statement shows here."""
        stated = statement.value("TxsSummry/TtlNtries/NbOfNtries")
        if stated and stated != str(self.entries):
            self.into.warn(
                draft.place, "bank_count_wrong", what="The summary", stated=stated, found=self.entries
            )

    def _entry(self, element: Element) -> None:
        draft = self.draft
        assert draft is not None
        place = f"line {element.line}, Ntry {self.entries}"
        try:
            booked = _Booked(element, place)
            details = details_of(element)
        except Unreadable as problem:
            self.into.unreadable(place, _words(element), problem)
            return
        self._take(draft, booked, details)

    def _take(self, draft: Draft, booked: _Booked, details: list[Detail]) -> None:
        booking = (booked.reference,) if booked.reference else ()
        if len(details) > 1 and all(each.amount is not None for each in details):
            doubt = self._compare(booked, details)
            for number, each in enumerate(details, 1):
                assert each.amount is not None
                amount = _signed(each.amount, each.side or booked.side)
                entry = each.filled(booked.entry(f"{booked.place}, TxDtls {number}", amount, doubt))
                draft.add(entry, each.identity(booked.reference), booking, sure=bool(each.own_reference))
            return
        # One detail, or several whose amounts the bank does not tell: the booked line is the transaction.
        doubt = ""
        if len(details) > 1:
            doubt = "bank_details_without_amounts"
            self.into.warn(booked.place, doubt, count=len(details))
        elif details and details[0].amount is not None:
            doubt = self._compare(booked, details)
        entry = booked.entry(booked.place, booked.amount, doubt)
        for each in reversed(details):
            entry = each.filled(entry)
        identity = details[0].identity(booked.reference) if details else (booked.reference, booked.text)
        own = bool(details and details[0].own_reference)
        if (
            self.message == "BkToCstmrAcctRpt"
            and entry.status == "booked"
            and not booked.reference
            and not own
        ):
            entry = replace(entry, status="pending")
            self.waiting += 1
        draft.add(entry, identity, booking, sure=own)

    def _compare(self, booked: _Booked, details: list[Detail]) -> str:
        """ "" when the details make the booked amount; else warn. Money moved as booked, so a person decides what the details mean."""
        amounts = [
            _signed(each.amount, each.side or booked.side) for each in details if each.amount is not None
        ]
        currencies = {each.currency for each in amounts}
        if currencies == {booked.amount.currency}:
            made = Money(sum(each.minor for each in amounts), booked.amount.currency)
            if made == booked.amount:
                return ""
            told = str(made)
        else:
            told = ", ".join(str(each) for each in amounts[:5])
        self.into.warn(booked.place, "bank_details_differ", booked=str(booked.amount), details=told)
        return "bank_details_differ"


class _Booked:
    """An Ntry: the line of the account itself. Unreadable when its amount, side or date is."""

    def __init__(self, element: Element, place: str) -> None:
        self.place = place
        self.side = element.value("CdtDbtInd")
        self.amount = _signed(stated_amount(element.first("Amt")), self.side)
        self.reversed = element.value("RvslInd").lower() in ("true", "1")
        sort = element.value("Sts", "Sts/Cd", "Sts/Prtry")
        self.status = {"BOOK": "booked", "": "booked", "PDNG": "pending", "FUTR": "pending"}.get(sort, "info")
        self.booked_on = _day(element.value("BookgDt/Dt", "BookgDt/DtTm"))
        self.value_on = _day(element.value("ValDt/Dt", "ValDt/DtTm"))
        self.reference = element.value("AcctSvcrRef")
        self.text = " ".join(each.text for each in element.all("AddtlNtryInf"))
        self.code = code_of(element)

    def entry(self, place: str, amount: Money, doubt: str) -> Entry:
        kind = "reversal" if self.reversed else "credit" if amount.minor >= 0 else "debit"
        if says_return(self.code):
            kind = "return"
        return Entry(
            place, kind, amount, self.status, self.booked_on, self.value_on, type_code=self.code,
            bank_reference=self.reference, remittance=self.text, doubt=doubt,
        )  # fmt: skip


def _signed(amount: Money | None, side: str) -> Money:
    if amount is None:
        raise Unreadable("amount_not_understood", value="")
    if side not in ("CRDT", "DBIT"):
        raise Unreadable("bank_side_unknown", value=side)
    return -amount if side == "DBIT" else amount


def _day(text: str) -> date | None:
    """The day of an ISO date or moment as written; no zone is applied. None when there is none."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise Unreadable("date_does_not_exist", value=text[:20]) from None
    if not 1900 <= day.year <= 2199:
        raise Unreadable("date_out_of_range", value=text[:10])
    return day


def _words(element: Element) -> str:
    """What an element says, for showing a damaged one."""
    parts: list[str] = []
    left = [element]
    while left and len(parts) < 40:
        each = left.pop()
        if text := each.text.strip():
            parts.append(f"{each.name}={text[:60]}")
        left.extend(reversed(each.children))
    return " ".join(parts)
