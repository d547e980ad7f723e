"""TxDtls of a camt entry: one payment of a batch, with its parties, references, documents and reason of return."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from dunlin.formats.bank_codes import GVC_RETURNS
from dunlin.formats.bank_collect import amount_of
from dunlin.formats.bank_model import Document, Entry
from dunlin.formats.problems import Unreadable
from dunlin.formats.xml_tree import Element
from dunlin.rules.money import Money

# Unpaid direct debit, its reversal for a returned payment, a returned transfer, an unpaid check.
_RETURNS = ("UPDD", "PRDD", "RRTN", "UPCQ")
_NOT_GIVEN = ("", "NOTPROVIDED", "NONREF", "NOT PROVIDED")


@dataclass(frozen=True, slots=True)
class Detail:
    """One TxDtls. `amount` is None where the bank does not tell it; `side` is "" where it is that of the entry."""

    element: Element
    amount: Money | None
    side: str
    own_reference: str
    end_to_end_id: str
    return_code: str
    references: tuple[str, ...]
    documents: tuple[Document, ...]
    charges: Money | None

    def identity(self, booked_reference: str) -> tuple[str, ...]:
        """What tells this payment from its neighbours: the bank's reference of it, else its ids and what it says."""
        if self.own_reference:
            return (self.own_reference,)
        return (booked_reference, self.end_to_end_id, *_ids(self.element), *self.references, self.text)

    @property
    def text(self) -> str:
        words = [each.text for each in self.element.all("RmtInf/Ustrd")]
        words += [each.text for each in self.element.all("RmtInf/Strd/AddtlRmtInf")]
        return " ".join(word.strip() for word in words if word.strip())

    def filled(self, entry: Entry) -> Entry:
        """The entry with what this detail knows; of several details of one entry the earlier wins, lists are joined."""
        code = code_of(self.element)
        kind = "return" if self.return_code or says_return(code) else entry.kind
        came_back = kind in ("return", "reversal")
        # Whose payment it is: of money in, the debtor; of a payment of theirs that leaves again, the debtor too.
        payer = "Dbtr" if (entry.amount.minor >= 0) != came_back else "Cdtr"
        parties = self.element.first("RltdPties")
        name, ultimate, account = _party(parties, payer)
        reason = self.element.value("RtrInf/AddtlInf")
        words = " ".join(filter(None, (self.text, reason))) or self.element.value("AddtlTxInf")
        return replace(
            entry,
            kind=kind,
            type_code=entry.type_code or code,
            end_to_end_id=self.end_to_end_id or entry.end_to_end_id,
            trace=self.element.value("Refs/UETR", "Refs/TxId", "Refs/InstrId") or entry.trace,
            original_trace=self.end_to_end_id if came_back else entry.original_trace,
            bank_reference=self.own_reference or entry.bank_reference,
            payer_name=name or entry.payer_name,
            payer_ultimate=ultimate or entry.payer_ultimate,
            payer_account=account or entry.payer_account,
            remittance=" ".join(filter(None, (words, entry.remittance if entry.remittance != words else ""))),
            references=(*self.references, *entry.references),
            documents=(*self.documents, *entry.documents),
            return_code=self.return_code or entry.return_code,
            check_number=self.element.value("Refs/ChqNb") or entry.check_number,
            charges=entry.charges if self.charges is None else self.charges,
        )


def details_of(entry: Element) -> list[Detail]:
    """The TxDtls of an Ntry. Unreadable when an amount in them is not one: then the whole entry is damaged."""
    # Version 1 has TxDtls right inside Ntry.
    found = [*entry.all("NtryDtls/TxDtls"), *entry.all("TxDtls")]
    charged = _charges(entry)
    details = [_detail(each, charged if len(found) == 1 else None, entry) for each in found]
    if len(details) > 1:  # some banks repeat the reference of the whole line in each payment
        often = Counter([each.own_reference for each in details] + [entry.value("AcctSvcrRef")])
        details = [
            replace(each, own_reference="") if often[each.own_reference] > 1 else each for each in details
        ]
    return details


def stated_amount(element: Element | None) -> Money | None:
    """The amount of an element with a currency; None when there is no element. Never negative: the side tells the sign."""
    if element is None:
        return None
    amount = amount_of(element.text.strip(), element.attributes.get("Ccy", ""))
    if amount.minor < 0:
        raise Unreadable("amount_not_understood", value=element.text.strip()[:40])
    return amount


def code_of(element: Element) -> str:
    """The transaction code: "PMNT-RCDT-ESCT", or the bank's own."""
    codes = ("BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd")
    return "-".join(filter(None, map(element.value, codes))) or element.value("BkTxCd/Prtry/Cd")


def says_return(code: str) -> bool:
    """Whether a transaction code is that of a payment which came back: of ISO by its sub-family, of German banks by its number."""
    return code.rpartition("-")[2] in _RETURNS or any(part in GVC_RETURNS for part in code.split("+")[1:2])


def _detail(element: Element, charged: Money | None, entry: Element) -> Detail:
    currency = next((each.attributes.get("Ccy", "") for each in entry.all("Amt")), "")
    references = [
        each.text.strip() for each in element.all("RmtInf/Strd/CdtrRefInf/Ref") if each.text.strip()
    ]
    references += [
        each.text.strip() for each in element.all("RmtInf/Strd/CdtrRefInf/CdtrRef") if each.text.strip()
    ]
    ours = element.value("Refs/EndToEndId")
    return Detail(
        element,
        _amount(element, currency),
        element.value("CdtDbtInd"),
        element.value("Refs/AcctSvcrRef"),
        "" if ours.upper() in _NOT_GIVEN else ours,
        element.value("RtrInf/Rsn/Cd", "RtrInf/RtrRsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/RtrRsn/Prtry"),
        tuple(dict.fromkeys(references)),
        tuple(doc for strd in element.all("RmtInf/Strd") for doc in _documents(strd)),
        charged if (own := _charges(element)) is None else own,
    )


def _amount(element: Element, currency: str) -> Money | None:
    """The payment in the currency of the account, where any of the amounts is; else as the bank states it first."""
    stated = [
        found
        for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt")
        if (found := stated_amount(element.first(path))) is not None
    ]
    return next((each for each in stated if each.currency == currency), stated[0] if stated else None)


def _charges(element: Element) -> Money | None:
    total = stated_amount(element.first("Chrgs/TtlChrgsAndTaxAmt"))
    if total is None:
        amounts = [
            stated_amount(each) for each in (*element.all("Chrgs/Rcrd/Amt"), *element.all("Chrgs/Amt"))
        ]
        known = [each for each in amounts if each is not None]
        if known and len({each.currency for each in known}) == 1:
            total = Money(sum(each.minor for each in known), known[0].currency)
    return total if total is not None and total.minor else None


def _party(parties: Element | None, role: str) -> tuple[str, str, str]:
    """(name, name of the ultimate party, account) of the debtor or the creditor; versions from 8 on write Pty around a name."""
    if parties is None:
        return "", "", ""
    name = parties.value(f"{role}/Nm", f"{role}/Pty/Nm", f"{role}/Agt/FinInstnId/Nm")
    ultimate = parties.value(f"Ultmt{role}/Nm", f"Ultmt{role}/Pty/Nm")
    account = parties.value(
        *(f"{role}Acct/Id/{kind}" for kind in ("IBAN", "Othr/Id", "PrtryAcct/Id", "BBAN"))
    )
    return name, ultimate, account.strip()


def _ids(element: Element) -> list[str]:
    return [
        element.value(f"Refs/{name}")
        for name in ("UETR", "TxId", "InstrId", "MsgId", "PmtInfId", "MndtId", "ChqNb")
    ]


def _documents(strd: Element) -> list[Document]:
    """The documents of one Strd. Amounts belong to the block: with one document they are its, with several nobody can say whose."""
    found = list(strd.all("RfrdDocInf"))
    alone = len(found) == 1
    paid = _document_amount(strd, "RmtdAmt") if alone else None
    return [
        Document(
            number,
            each.value("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry", "RfrdDocTp/Cd"),
            _document_day(each.value("RltdDt", "RltdDt/Dt")),
            paid,
            _document_amount(strd, "DuePyblAmt") if alone else None,
            _document_amount(strd, "DscntApldAmt", "DscntApldAmt/Amt") if alone else None,
            _document_amount(strd, "CdtNoteAmt") if alone else None,
        )
        for each in found
        if (number := each.value("Nb", "RfrdDocNb"))
    ]


def _document_amount(strd: Element, *names: str) -> Money | None:
    for name in names:
        for group in ("RfrdDocAmt", "RfrdDocInf/RfrdDocAmt"):
            found = strd.first(f"{group}/{name}")
            if found is not None and found.text.strip():
                return stated_amount(found)
    return None


def _document_day(text: str) -> date | None:
    """A date beside a document helps a person only; one that is wrong does not damage the payment."""
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
