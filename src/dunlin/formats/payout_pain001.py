"""Pay-outs as a customer credit transfer initiation, pain.001.001.09 of ISO 20022, as SEPA takes it: euros, IBAN, the Latin signs.

One group header and one payment information block; each says how many transactions there are and their sum.
"""

from __future__ import annotations

from datetime import UTC
from xml.sax.saxutils import escape

from dunlin.formats.payout_model import Payment, Payout, PayoutProblem, check, in_letters
from dunlin.rules.bank_numbers import SEPA_COUNTRIES, bic_problem, iban_problem, plain

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LARGEST = 99_999_999_999  # cents, what SEPA takes in one transaction
# The signs of the SEPA implementation guidelines; every bank takes them, whatever else it may take.
LETTERS = r"A-Za-z0-9/\-?:().,'+ "
_NAME, _ID, _TEXT = 70, 35, 140


def write_pain001(payout: Payout) -> bytes:
    """The message as UTF-8. Euros only. PayoutProblem names the payment a bank would refuse, never its account number."""
    check(payout, "EUR")
    _check_account("our account", payout.debtor.account, payout.debtor.bank)
    for each in payout.payments:
        _check_account(f"payment {each.reference}", each.account, each.bank)
        if each.amount.minor > LARGEST:
            raise PayoutProblem(f"payment {each.reference}: {each.amount} is more than SEPA takes at once")
    name = _said(payout.debtor.name, _NAME)
    if not name:
        raise PayoutProblem("our name has no sign that SEPA takes")
    number, sums = (
        _id(payout.number),
        f"<NbOfTxs>{len(payout.payments)}</NbOfTxs><CtrlSum>{payout.sum.plain}</CtrlSum>",
    )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<Document xmlns="{NAMESPACE}"><CstmrCdtTrfInitn>',
        f"<GrpHdr><MsgId>{number}</MsgId><CreDtTm>{payout.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z</CreDtTm>{sums}"
        f"<InitgPty><Nm>{name}</Nm></InitgPty></GrpHdr>",
        f"<PmtInf><PmtInfId>{number}</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>true</BtchBookg>{sums}"
        "<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>"
        f"<ReqdExctnDt><Dt>{payout.on:%Y-%m-%d}</Dt></ReqdExctnDt>"
        f"<Dbtr><Nm>{name}</Nm></Dbtr><DbtrAcct><Id><IBAN>{plain(payout.debtor.account)}</IBAN></Id><Ccy>EUR</Ccy></DbtrAcct>"
        f"<DbtrAgt>{_bank(payout.debtor.bank, needed=True)}</DbtrAgt><ChrgBr>SLEV</ChrgBr>",
        *map(_transaction, payout.payments),
        "</PmtInf></CstmrCdtTrfInitn></Document>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _transaction(each: Payment) -> str:
    name = _said(each.name, _NAME)
    if not name:
        raise PayoutProblem(f"payment {each.reference}: the name of the payee has no sign that SEPA takes")
    text = _said(each.text, _TEXT)
    agent = f"<CdtrAgt>{_bank(each.bank)}</CdtrAgt>" if each.bank else ""
    said = f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>" if text else ""
    return (
        f'<CdtTrfTxInf><PmtId><EndToEndId>{_id(each.reference)}</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">{each.amount.plain}'
        f"</InstdAmt></Amt>{agent}<Cdtr><Nm>{name}</Nm></Cdtr><CdtrAcct><Id><IBAN>{plain(each.account)}</IBAN></Id></CdtrAcct>{said}</CdtTrfTxInf>"
    )


def _check_account(whose: str, iban: str, bic: str) -> None:
    if problem := iban_problem(iban):
        raise PayoutProblem(f"{whose}: the IBAN {problem}")
    if plain(iban)[:2] not in SEPA_COUNTRIES:
        raise PayoutProblem(f"{whose}: SEPA does not reach {plain(iban)[:2]}")
    if bic and (problem := bic_problem(bic)):
        raise PayoutProblem(f"{whose}: the BIC {problem}")


def _bank(bic: str, needed: bool = False) -> str:
    if bic:
        return f"<FinInstnId><BICFI>{plain(bic)}</BICFI></FinInstnId>"
    return "<FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId>" if needed else ""


def _said(text: str, longest: int) -> str:
    return escape(in_letters(text, LETTERS, longest))


def _id(text: str) -> str:
    """An identification: no slash at its ends and no two in a row."""
    found = in_letters(text, LETTERS, _ID).replace("//", "/").strip("/")
    if not found:
        raise PayoutProblem("a reference has no sign that SEPA takes")
    return escape(found)
