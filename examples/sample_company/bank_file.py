"""A camt.053 of one account, written down from lines: bank files for the sample company and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

OUR_ACCOUNT = "DE89370400440532013000"


@dataclass(frozen=True)
class Line:
    """An entry: what came in, or with a minus what left. `returned` is a reason code of a payment that came back."""

    amount: str
    payer: str = ""
    text: str = ""
    id: str = ""
    account: str = ""
    on: date | None = None  # the day of the statement
    returned: str = ""
    rf: str = ""


def camt(
    lines: Sequence[Line], on: date, number: str = "1", currency: str = "USD", opening: str = "0.00"
) -> bytes:
    """The statement; its closing balance is the opening one and the lines."""
    closing = Decimal(opening) + sum(Decimal(each.amount) for each in lines)
    body = "".join(_entry(each, place, currency, on) for place, each in enumerate(lines, 1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M{number}</MsgId>
<CreDtTm>{on}T06:00:00</CreDtTm></GrpHdr><Stmt><Id>S{number}</Id><CreDtTm>{on}T06:00:00</CreDtTm>
<Acct><Id><IBAN>{OUR_ACCOUNT}</IBAN></Id><Ccy>{currency}</Ccy></Acct>
{_balance("OPBD", Decimal(opening), currency, on)}{_balance("CLBD", closing, currency, on)}{body}</Stmt></BkToCstmrStmt></Document>""".encode()


def _balance(code: str, amount: Decimal, currency: str, on: date) -> str:
    sign = "CRDT" if amount >= 0 else "DBIT"
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{abs(amount)}</Amt>'
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
    )


def _entry(line: Line, place: int, currency: str, day: date) -> str:
    amount, on = Decimal(line.amount), line.on or day
    sign = "CRDT" if amount > 0 else "DBIT"
    money = f'<Amt Ccy="{currency}">{abs(amount)}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
    identity = line.id or f"E{place}"
    party = "Dbtr" if amount > 0 or line.returned else "Cdtr"
    account = f"<{party}Acct><Id><IBAN>{line.account}</IBAN></Id></{party}Acct>" if line.account else ""
    structured = f"<Strd><CdtrRefInf><Ref>{line.rf}</Ref></CdtrRefInf></Strd>" if line.rf else ""
    back = f"<RtrInf><Rsn><Cd>{line.returned}</Cd></Rsn></RtrInf>" if line.returned else ""
    return (
        f"<Ntry>{money}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{on}</Dt></BookgDt><ValDt><Dt>{on}</Dt></ValDt>"
        f"<AcctSvcrRef>B{identity}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{identity}</EndToEndId></Refs>{money}"
        f"<RltdPties><{party}><Pty><Nm>{escape(line.payer)}</Nm></Pty></{party}>{account}</RltdPties>"
        f"<RmtInf><Ustrd>{escape(line.text)}</Ustrd>{structured}</RmtInf>{back}</TxDtls></NtryDtls></Ntry>"
    )
