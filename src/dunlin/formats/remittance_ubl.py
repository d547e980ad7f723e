"""Remittance advice as UBL 2.0 and 2.1 RemittanceAdvice: debits less credits of a line are what is paid on its document.

Names are read without their namespace prefix, as camt is. The three totals are compared with what the lines make.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dunlin.formats.bank_collect import amount_of, long_date
from dunlin.formats.bank_model import BankFileProblem
from dunlin.formats.problems import Unreadable
from dunlin.formats.remittance_collect import LINES_MAX, Draft, Gathered
from dunlin.formats.remittance_model import AdviceFile, AdviceLine, Kept, RemittanceProblem
from dunlin.formats.xml_tree import Element, read_xml
from dunlin.rules.cash.deductions import code_of
from dunlin.rules.money import MINOR_DIGITS, Money, NotMoney

_DOCUMENTS = (
    ("InvoiceDocumentReference", "invoice"), ("SelfBilledInvoiceDocumentReference", "invoice"),
    ("DebitNoteDocumentReference", "debit_note"), ("ReminderDocumentReference", "reminder"),
    ("CreditNoteDocumentReference", "credit_memo"), ("SelfBilledCreditNoteDocumentReference", "credit_memo"),
    ("AdditionalDocumentReference", "other"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Line:
    place: str
    amounts: tuple[tuple[str, str], ...]  # of debit, credit, balance: text and currency
    documents: tuple[tuple[str, str, str], ...]  # kind, number, day
    note: str


def read_ubl(name: str, content: bytes) -> AdviceFile:
    """Read a RemittanceAdvice. RemittanceProblem when the XML is broken, unsafe, or another document."""
    lines: list[_Line] = []

    def finished(element: Element, above: list[Element]) -> bool:
        if element.name != "RemittanceAdviceLine" or len(above) != 1:
            return False
        if len(lines) >= LINES_MAX:
            raise RemittanceProblem("remittance_long", limit=LINES_MAX)
        lines.append(_line(element))
        return True

    try:
        root = read_xml(content, finished)
    except BankFileProblem as problem:
        raise RemittanceProblem(problem.code, problem.line, **problem.facts) from None
    if root is None or root.name != "RemittanceAdvice":
        raise RemittanceProblem("remittance_unknown")
    into = Gathered("ubl", f"UBL {root.value('UBLVersionID')[:8]}".strip())
    draft = _header(into, root, lines)
    found = [0, 0]
    for line in lines:
        try:
            read, sides = _read(line, draft.currency)
        except Unreadable as problem:
            into.unreadable(line.place, f"{line.documents} {line.amounts}", problem)
            continue
        into.line(draft, read)
        found = [found[0] + sides[0], found[1] + sides[1]]
    try:
        _totals(into, root, draft, found)
    except NotMoney as problem:
        raise RemittanceProblem("bank_not_added", why=str(problem)) from None
    return into.finish(name)


def _line(element: Element) -> _Line:
    amounts = [
        _stated(element.first(path)) for path in ("DebitLineAmount", "CreditLineAmount", "BalanceAmount")
    ]
    documents = [
        (kind, each.value("ID"), each.value("IssueDate"))
        for reference in element.all("BillingReference")
        for path, kind in _DOCUMENTS
        for each in reference.all(path)
        if each.value("ID")
    ]
    number = element.value("ID")
    place = f"line {element.line}, RemittanceAdviceLine {number[:12]}".rstrip()
    note = " ".join(filter(None, (element.value("PaymentPurposeCode"), element.value("Note"))))
    return _Line(place, tuple(amounts), tuple(documents[:20]), note[:300])


def _stated(element: Element | None) -> tuple[str, str]:
    if element is None:
        return "", ""
    return element.text.strip(), element.attributes.get("currencyID", "").upper()


def _header(into: Gathered, root: Element, lines: list[_Line]) -> Draft:
    stated = _stated(root.first("TotalPaymentAmount"))
    said = [
        stated[1],
        root.value("DocumentCurrencyCode").upper(),
        *(c for line in lines for _, c in line.amounts),
    ]
    currency = next((each for each in said if each in MINOR_DIGITS), "")
    if not currency:
        raise RemittanceProblem("remittance_currency_missing")
    place = f"line {root.line}, RemittanceAdvice"
    draft = into.advice(place, currency=currency, number=root.value("ID"))
    try:
        draft.amount = _money(stated, currency)
    except Unreadable as problem:
        into.unreadable(place, stated[0], problem)
    payer = root.first("PayerParty", "AccountingCustomerParty/Party", "AccountingCustomerParty")
    if payer is not None:
        draft.payer_name = payer.value(
            "PartyName/Name", "PartyLegalEntity/RegistrationName", "Party/PartyName/Name"
        )
    draft.payer_ids += [
        found
        for path in (
            "AccountingCustomerParty/SupplierAssignedAccountID", "PayerParty/EndpointID", "PayerParty/PartyIdentification/ID",
            "AccountingCustomerParty/Party/EndpointID", "AccountingCustomerParty/Party/PartyIdentification/ID",
        )
        if (found := root.value(path))
    ]  # fmt: skip
    means = root.first("PaymentMeans")
    if means is not None:
        draft.account = means.value("PayerFinancialAccount/ID")
        draft.method = means.value("PaymentMeansCode")
        draft.trace = means.value("PaymentID", "InstructionID") or root.value("PaymentOrderReference")
        draft.paid_on = _day(into, place, means.value("PaymentDueDate"))
    return draft


def _read(line: _Line, currency: str) -> tuple[AdviceLine, tuple[int, int]]:
    """The line and its two sides in minor units."""
    debit, credit, balance = (_money(each, currency) for each in line.amounts)
    if debit is None and credit is None:
        debit = balance
    if debit is None and credit is None:
        raise Unreadable("amount_not_understood", value="")
    if not line.documents:
        raise Unreadable("remittance_without_number")
    sides = (debit.minor if debit is not None else 0, credit.minor if credit is not None else 0)
    try:
        paid = Money(sides[0] - sides[1], currency)
    except NotMoney:
        raise Unreadable("amount_too_large", value=line.amounts[0][0][:40]) from None
    kind, number, day = line.documents[0]
    others = tuple(each for _, each, _ in line.documents[1:])
    # A credit beside a debit of one invoice is kept back of it; beside a credit memo it is the memo that is used.
    kept: tuple[Kept, ...] = ()
    gross = None
    if kind != "credit_memo" and sides[0] and sides[1]:
        assert debit is not None
        assert credit is not None
        gross, kept = debit, (Kept(credit, code_of(line.note), line.note),)
    return AdviceLine(line.place, number, paid, kind, gross, None, _plain_day(day), kept, others), sides


def _totals(into: Gathered, root: Element, draft: Draft, found: list[int]) -> None:
    """Debit and credit totals against the lines; they also make the payment where it is not stated."""
    totals: list[Money | None] = []
    for path, made in zip(("TotalDebitAmount", "TotalCreditAmount"), found, strict=True):
        stated = _stated(root.first(path))
        try:
            totals.append(_money(stated, draft.currency))
        except Unreadable as problem:
            totals.append(None)
            into.unreadable(draft.place, stated[0], problem)
            continue
        total = totals[-1]
        if total is not None and total.minor != made:
            into.warn(
                draft.place, "bank_total_wrong", what=path, stated=total, found=_shown(made, draft.currency)
            )
    if draft.amount is None and totals[0] is not None:
        less = totals[1].minor if totals[1] is not None else 0
        draft.amount = Money(totals[0].minor - less, draft.currency)
    if draft.amount is None:
        into.warn(draft.place, "remittance_without_amount")


def _shown(minor: int, currency: str) -> str:
    try:
        return str(Money(minor, currency))
    except NotMoney:
        return "more than an account can hold"


def _money(stated: tuple[str, str], currency: str) -> Money | None:
    text, named = stated
    if not text:
        return None
    if named and named != currency:
        raise Unreadable("amount_other_currency", value=f"{text[:30]} {named[:10]}", currency=currency)
    return amount_of(text, currency)


def _day(into: Gathered, place: str, text: str) -> date | None:
    try:
        return long_date(text[:10].replace("-", "")) if text else None
    except Unreadable as problem:
        into.unreadable(place, text, problem)
        return None


def _plain_day(text: str) -> date | None:
    """The day of a document is told where it can be read; nothing rests on it."""
    try:
        return long_date(text[:10].replace("-", "")) if text else None
    except Unreadable:
        return None
