import re

import pytest

from dunlin.formats.bank_files import BankFileProblem, read_bank_file
from dunlin.rules.money import Money
from tests.bank_samples import CAMT

pytestmark = pytest.mark.req("E5")


def read(text):
    return read_bank_file("x.xml", text.encode())


def codes(file):
    return [flaw.code for flaw in file.warnings]


def test_a_batch_comes_apart_and_the_statement_adds_up():
    file = read(CAMT)
    statement = file.statements[0]
    assert (file.variant, statement.account_tail, statement.adds_up) == ("camt.053.001.08", "3000", True)
    first, second, returned, fee = statement.entries
    assert (first.amount, second.amount) == (Money(200000, "EUR"), Money(50000, "EUR"))
    assert (first.payer_name, first.payer_tail, first.references) == (
        "Acme Widgets GmbH",
        "6199",
        ("RF18539007547034",),
    )
    document = first.documents[0]
    assert (document.number, document.kind, document.paid, document.due, document.discount) == (
        "INV-00123", "CINV", Money(200000, "EUR"), Money(204082, "EUR"), Money(4082, "EUR"),
    )  # fmt: skip
    assert (second.end_to_end_id, second.remittance) == ("", "INV-00125")
    assert (returned.kind, returned.amount, returned.return_code, returned.original_trace, returned.payer_name) == (
        "return", Money(-14950, "EUR"), "AM04", "E2E-4700", "Beta AG",
    )  # fmt: skip
    assert (fee.kind, fee.amount) == ("debit", Money(-1000, "EUR"))
    assert codes(file) == []


@pytest.mark.parametrize("version", ["01", "02", "04", "06", "08", "10", "13"])
def test_the_version_changes_nothing_but_its_name(version):
    assert list(read(CAMT.replace("001.08", f"001.{version}")).entries) == list(read(CAMT).entries)


def test_details_that_do_not_make_the_entry_are_in_doubt():
    file = read(CAMT.replace('<Amt Ccy="EUR">500.00</Amt>', '<Amt Ccy="EUR">499.00</Amt>'))
    assert "bank_details_differ" in codes(file)
    assert [each.doubt for each in file.entries] == ["bank_details_differ"] * 2 + ["", ""]
    assert file.statements[0].adds_up is False


def test_the_booked_amount_wins_over_one_detail_in_another_currency():
    file = read(
        CAMT.replace(
            "<RltdPties><Dbtr><Nm>Beta",
            '<Amt Ccy="USD">160.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RltdPties><Dbtr><Nm>Beta',
        )
    )
    returned = list(file.entries)[2]
    assert (returned.amount, returned.doubt) == (Money(-14950, "EUR"), "bank_details_differ")


def test_several_details_without_amounts_stay_one_entry_with_all_references():
    text = CAMT.replace('<Amt Ccy="EUR">500.00</Amt>', "")
    first = next(iter(read(text).entries))
    assert (first.amount, first.doubt) == (Money(250000, "EUR"), "bank_details_without_amounts")
    assert "INV-00125" in first.remittance
    assert first.references == ("RF18539007547034",)


@pytest.mark.parametrize("written, minor", [("2500", 250000), ("2500.0", 250000), ("2500.000", 250000)])
def test_amounts_need_not_have_two_decimals(written, minor):
    assert sum(e.amount.minor for e in list(read(CAMT.replace("2500.00", written)).entries)[:2]) == minor


@pytest.mark.parametrize(
    "old, new, code",
    [
        ('<Amt Ccy="EUR">149.50', '<Amt Ccy="EUR">149,50', "amount_not_understood"),
        ('<Amt Ccy="EUR">149.50', '<Amt Ccy="EUR">149.505', "too_many_digits"),
        ('<Amt Ccy="EUR">149.50', '<Amt Ccy="EUR">-149.50', "amount_not_understood"),
        ('<Amt Ccy="EUR">149.50', '<Amt Ccy="EUR">1E3', "amount_not_understood"),
        ('<Amt Ccy="EUR">149.50', '<Amt Ccy="XXX">149.50', "currency_unknown"),
        ("149.50</Amt><CdtDbtInd>DBIT", "149.50</Amt><CdtDbtInd>debit", "bank_side_unknown"),
    ],
)
def test_a_damaged_entry_is_kept_and_stops_nothing(old, new, code):
    file = read(CAMT.replace(old, new))
    assert [each.code for each in file.damaged] == [code]
    assert file.damaged[0].place == "line 18, Ntry 2"
    assert len(list(file.entries)) == 3


@pytest.mark.invariant(13)
@pytest.mark.trap(40)
def test_a_batch_told_as_a_sum_and_in_parts_has_one_booking_key():
    parts = list(read(CAMT).entries)
    start, end = CAMT.index("<NtryDtls><Btch>"), CAMT.index("</NtryDtls></Ntry>") + len("</NtryDtls>")
    whole = next(iter(read(CAMT[:start] + CAMT[end:]).entries))
    assert whole.amount == Money(250000, "EUR")
    assert whole.booking_key == parts[0].booking_key == parts[1].booking_key != ""
    notice = (
        CAMT.replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn")
        .replace("Stmt>", "Ntfctn>")
        .replace("camt.053", "camt.054")
    )
    assert [each.key for each in read(notice).entries] == [each.key for each in parts]


def test_an_interim_report_waits_where_the_bank_gives_no_reference():
    report = (
        CAMT.replace("BkToCstmrStmt", "BkToCstmrAcctRpt")
        .replace("Stmt>", "Rpt>")
        .replace("camt.053", "camt.052")
    )
    file = read(report.replace("<AcctSvcrRef>BR0003</AcctSvcrRef>", ""))
    assert [each.status for each in file.entries] == ["booked", "booked", "booked", "pending"]
    assert "bank_interim" in codes(file)


@pytest.mark.parametrize(
    "text, code",
    [
        ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + CAMT.split("?>", 1)[1], "bank_xml_unsafe"),
        ('<!DOCTYPE a SYSTEM "http://example.invalid/a.dtd"><Document/>', "bank_xml_unsafe"),
        ("<a>" * 100 + "</a>" * 100, "bank_xml_deep"),
        (CAMT[:1500], "bank_xml_broken"),
        (CAMT.replace("</Stmt>", ""), "bank_xml_broken"),
        (CAMT.replace("INV-00125", "&bomb;"), "bank_xml_broken"),
        ("<html><body>Sign in</body></html>", "bank_file_unknown"),
        ("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.09'><CstmrCdtTrfInitn/></Document>", "bank_file_unknown"),
    ],
)  # fmt: skip
def test_what_is_unsafe_broken_or_something_else_is_refused(text, code):
    with pytest.raises(BankFileProblem) as refused:
        read(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "code, kind",
    [
        ("<Domn><Cd>PMNT</Cd><Fmly><Cd>RDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd></Fmly></Domn>", "return"),
        ("<Prtry><Cd>NRTI+109+00905</Cd></Prtry>", "return"),
        ("<Prtry><Cd>NRTI+109</Cd></Prtry>", "return"),
        ("<Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>", "debit"),
    ],
)
def test_a_return_without_a_reason_is_known_by_its_code(code, kind):
    file = read(
        CAMT.replace(
            "<AcctSvcrRef>BR0003</AcctSvcrRef>", f"<AcctSvcrRef>BR0003</AcctSvcrRef><BkTxCd>{code}</BkTxCd>"
        )
    )
    fee = list(file.entries)[3]
    assert (fee.kind, fee.amount) == (kind, Money(-1000, "EUR"))


@pytest.mark.parametrize(
    "text",
    [
        re.sub(r"<(/?)([A-Z])", r"<\1ns:\2", CAMT).replace("<ns:Document xmlns=", "<ns:Document xmlns:ns="),
        '<Envelope xmlns="urn:x"><Header/><Body>' + CAMT.split("?>", 1)[1] + "</Body></Envelope>",
        CAMT.replace(' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', ""),
    ],
    ids=["prefixed", "in an envelope", "without a namespace"],
)
def test_where_the_names_come_from_does_not_matter(text):
    assert [each.key for each in read(text).entries] == [each.key for each in read(CAMT).entries]
