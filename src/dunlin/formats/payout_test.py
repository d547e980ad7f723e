"""Pay-out files: read back by our own reader or by their structure, with their counts, sums and hashes; what a bank would refuse is not written."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.bank_files import read_bank_file
from dunlin.formats.payout_csv import HEADER, write_csv
from dunlin.formats.payout_model import Debtor, Payment, Payout, PayoutProblem
from dunlin.formats.payout_nacha import trace_of, write_nacha
from dunlin.formats.payout_pain001 import NAMESPACE, write_pain001
from dunlin.rules.bank_numbers import iban_problem
from dunlin.rules.money import Money

pytestmark = [pytest.mark.req("E6"), pytest.mark.rule("P26")]
AT = datetime(2026, 11, 25, 15, 4, 5, tzinfo=UTC)
ON = date(2026, 11, 27)
OURS = Debtor("Dunlin Trading, Inc.", "001122334455", "021000021", "1234567890", "First Bank")
EURO = Debtor("Dunlin Trading GmbH", "DE89370400440532013000", "DEUTDEFF")
IBANS = ("DE89370400440532013000", "FR1420041010050500013M02606", "NL91ABNA0417164300")


def ach(serial: int, minor: int = 12_345, **more) -> Payment:
    return Payment(
        serial, f"RFD{serial:08d}", more.pop("name", "Harbour & Söhne"), Money(minor, "USD"), "98765432", "091000019", **more
    )  # fmt: skip


def sepa(serial: int, minor: int = 12_345, **more) -> Payment:
    account = more.pop("account", IBANS[serial % 3])
    return Payment(
        serial, f"RFD{serial:08d}", more.pop("name", "Müller & Co"), Money(minor, "EUR"), account, **more
    )


def payout(payments, debtor=OURS, **more) -> Payout:
    return Payout("DUNLIN-17", AT, ON, debtor, payments, **more)


# NACHA


def test_our_reader_reads_what_we_write_without_a_warning():
    written = write_nacha(
        payout(
            [ach(1), ach(2, 5, personal=True, savings=True, text="Refund of WIRE 4711 — thank you"), ach(3)]
        )
    )
    read = read_bank_file("out.ach", written)
    assert [each.code for each in read.warnings] == ["bank_ach_forward"]  # entries of ours, not returns
    assert not read.damaged
    assert [len(each.entries) for each in read.statements] == [2, 1]
    entries = list(read.entries)
    assert [each.amount.minor for each in entries] == [12_345, 12_345, 5]
    assert [each.end_to_end_id for each in entries] == ["RFD00000001", "RFD00000003", "RFD00000002"]
    assert entries[0].payer_name == "HARBOUR & SOHNE"
    assert entries[2].remittance == "REFUND OF WIRE 4711 - THANK YOU"
    assert [each.trace for each in entries] == [trace_of("021000021", serial) for serial in (1, 3, 2)]


def test_records_blocks_hash_and_counts():
    lines = write_nacha(payout([ach(n, text="x") for n in range(1, 8)])).decode("ascii").split("\r\n")[:-1]
    assert {len(line) for line in lines} == {94}
    assert len(lines) % 10 == 0
    control = next(line for line in lines if line[0] == "8")
    assert (control[1:4], control[4:10], control[10:20]) == ("220", "000014", f"{7 * 9100001:010d}")
    assert (control[20:32], control[32:44]) == ("0" * 12, f"{7 * 12_345:012d}")
    last = next(line for line in lines if line[0] == "9")
    assert (last[1:7], last[7:13], last[13:21]) == ("000001", f"{len(lines) // 10:06d}", "00000014")
    header = lines[0]
    assert (header[:3], header[3:13], header[13:23], header[34:40]) == (
        "101",
        " 021000021",
        "1234567890",
        "094101",
    )
    assert lines[1][50:53] == "CCD"
    assert lines[2][1:3] == "22"


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (ach(1, 0), "not above zero"),
        (ach(1, 10**10), "more than an ACH entry holds"),
        (replace(ach(1), bank="091000018"), "check digit"),
        (replace(ach(1), account="1" * 18), "account number"),
        (replace(ach(1), name=" "), "names no payee"),
        (replace(ach(1), amount=Money(5, "EUR")), "not in USD"),
    ],
)
def test_what_a_bank_would_refuse_is_not_written(spoilt, said):
    with pytest.raises(PayoutProblem) as problem:
        write_nacha(payout([spoilt]))
    assert said in str(problem.value)
    assert "98765432" not in str(problem.value)


def test_a_file_needs_payments_and_what_our_bank_calls_us():
    for wrong in (
        payout([]),
        payout([ach(1), ach(1)]),
        payout([ach(1)], replace(OURS, company_id="")),
        payout([ach(1)], replace(OURS, bank="")),
    ):
        with pytest.raises(PayoutProblem):
            write_nacha(wrong)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**9), st.booleans(), st.text(max_size=90), st.text(min_size=1, max_size=40)
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_names_and_amounts_add_up(rows):
    payments = [
        ach(n, minor, personal=personal, text=text, name=f"A{name}") for n, (minor, personal, text, name) in enumerate(rows, 1)
    ]  # fmt: skip
    read = read_bank_file("out.ach", write_nacha(payout(payments)))
    assert {each.code for each in read.warnings} == {"bank_ach_forward"}
    assert sum(each.amount.minor for each in read.entries) == sum(minor for minor, *_ in rows)


# pain.001


def tree(written: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(written)


def said(element: ElementTree.Element, path: str) -> str:
    found = element.find("/".join(f"{{{NAMESPACE}}}{part}" for part in path.split("/")))
    return "" if found is None or found.text is None else found.text


def every(element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return list(element.iter(f"{{{NAMESPACE}}}{name}"))


def names(element: ElementTree.Element) -> list[str]:
    return [each.tag.rpartition("}")[2] for each in element]


def test_the_message_has_the_structure_and_says_its_sums():
    root = tree(
        write_pain001(
            payout(
                [sepa(1), sepa(2, 5, text="Überzahlung <4711> & Rest"), sepa(3, 10**6, bank="ABNANL2A")], EURO
            )
        )
    )
    assert root.tag == f"{{{NAMESPACE}}}Document"
    [initiation] = root
    assert names(initiation) == ["GrpHdr", "PmtInf"]
    header, block = initiation
    assert names(header) == ["MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty"]
    assert names(block)[:10] == [
        "PmtInfId", "PmtMtd", "BtchBookg", "NbOfTxs", "CtrlSum", "PmtTpInf", "ReqdExctnDt", "Dbtr", "DbtrAcct", "DbtrAgt",
    ]  # fmt: skip
    assert names(block)[10:] == ["ChrgBr", "CdtTrfTxInf", "CdtTrfTxInf", "CdtTrfTxInf"]
    for part in (header, block):
        assert said(part, "NbOfTxs") == "3"
        assert said(part, "CtrlSum") == "10123.50"
    assert said(header, "CreDtTm") == "2026-11-25T15:04:05Z"
    assert said(block, "ReqdExctnDt/Dt") == "2026-11-27"
    assert said(block, "PmtTpInf/SvcLvl/Cd") == "SEPA"
    assert said(block, "DbtrAgt/FinInstnId/BICFI") == "DEUTDEFF"
    first, second, third = every(root, "CdtTrfTxInf")
    assert names(first) == ["PmtId", "Amt", "Cdtr", "CdtrAcct"]
    assert names(third) == ["PmtId", "Amt", "CdtrAgt", "Cdtr", "CdtrAcct"]
    assert said(second, "RmtInf/Ustrd") == "Uberzahlung 4711 Rest"
    assert said(first, "Cdtr/Nm") == "Muller Co"
    assert [said(each, "PmtId/EndToEndId") for each in (first, second)] == ["RFD00000001", "RFD00000002"]
    [amount] = every(second, "InstdAmt")
    assert (amount.text, amount.attrib) == ("0.05", {"Ccy": "EUR"})
    assert all(iban_problem(each.text) == "" for each in every(root, "IBAN"))


@pytest.mark.parametrize(
    ("spoilt", "ours", "complaint"),
    [
        (sepa(1, account="DE88370400440532013000"), EURO, "mistyped"),
        (sepa(1, account="SA0380000000608010167519"), EURO, "SEPA does not reach SA"),
        (sepa(1, bank="XX"), EURO, "BIC"),
        (sepa(1, name="—"), EURO, ""),
        (sepa(1, 10**11), EURO, "more than SEPA"),
        (sepa(1), replace(EURO, account="123"), "our account"),
        (replace(sepa(1), amount=Money(5, "USD")), EURO, "not in EUR"),
    ],
)
def test_no_message_a_bank_would_refuse(spoilt, ours, complaint):
    if not complaint:
        assert write_pain001(payout([spoilt], ours))  # a dash is written as a hyphen
        return
    with pytest.raises(PayoutProblem) as problem:
        write_pain001(payout([spoilt], ours))
    assert complaint in str(problem.value)
    assert "370400440532013000" not in str(problem.value)


_TEXT = st.text(max_size=200)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**9), _TEXT, _TEXT), min_size=1, max_size=8))
def test_any_text_is_within_the_signs_and_lengths(rows):
    payments = [sepa(n, minor, text=text, name=f"A {name}") for n, (minor, text, name) in enumerate(rows, 1)]
    root = tree(write_pain001(payout(payments, EURO)))
    for name, longest in (("Nm", 70), ("Ustrd", 140), ("EndToEndId", 35), ("MsgId", 35)):
        for each in every(root, name):
            assert re.fullmatch(r"[A-Za-z0-9/\-?:().,'+ ]+", each.text, re.ASCII)
            assert len(each.text) <= longest
    assert sum(Money.exact(each.text, "EUR").minor for each in every(root, "InstdAmt")) == sum(
        minor for minor, *_ in rows
    )
    assert said(root, "CstmrCdtTrfInitn/GrpHdr/CtrlSum") == payout(payments, EURO).sum.plain


# CSV


def test_a_table_keeps_zeros_and_runs_no_formula():
    spoilt = replace(ach(1, name="=HYPERLINK(1)"), account="0012", method="check")
    text = write_csv(payout([spoilt, ach(2)])).decode("utf-8-sig")
    head, first, second = csv.reader(io.StringIO(text))
    assert tuple(head) == HEADER
    row = dict(zip(head, first))
    assert (row["payee"], row["account"], row["amount"], row["pay_on"]) == (
        "'=HYPERLINK(1)",
        "0012",
        "123.45",
        "2026-11-27",
    )
    assert dict(zip(head, second))["currency"] == "USD"
