"""Remittance advice of each form: what is read, what is checked, what is refused, what is never guessed."""

from __future__ import annotations

import io
from datetime import date

import pytest
import xlsxwriter

from dunlin.formats.remittance_files import (
    RemittanceProblem,
    looks_like_advice,
    read_remittance,
    read_remittance_text,
)
from dunlin.formats.remittance_plain import plain_advices
from dunlin.rules.money import Money
from tests.remittance_samples import ADVICES, EDI_820, TABLE, TEXT, UBL

pytestmark = [pytest.mark.req("E5"), pytest.mark.req("E2")]


def read(text, name="x", **said):
    return read_remittance(name, text.encode() if isinstance(text, str) else text, **said)


def one(text, **said):
    (advice,) = read(text, **said).advices
    return advice


def mail(text, currency="", **said):
    (advice,) = read_remittance_text("mail", text, currency, **said).advices
    return advice


def lines(advice):
    return [(each.number, each.paid.minor, each.reason) for each in advice.lines]


def codes(file):
    return [each.code for each in file.warnings]


def refused(do, *given, **said):
    with pytest.raises(RemittanceProblem) as raised:
        do(*given, **said)
    return raised.value.code


# --- EDI 820 ------------------------------------------------------------------------------------------------------------


def test_an_820_tells_payer_payment_documents_and_why_less_was_paid():
    file = read(EDI_820)
    first, second = file.advices
    assert (file.format, file.variant, file.damaged, len(file.warnings)) == ("820", "005010", (), 1)
    assert (first.payer_name, first.payer_ids, first.payer_tail) == (
        "ACME WIDGETS INC",
        ("1234567890", "C-1001"),
        "3456",
    )
    assert (first.amount, first.paid_on, first.trace, first.adds_up) == (
        Money(286_000, "USD"), date(2024, 6, 4), "ACH0004711", True,
    )  # fmt: skip
    assert lines(first) == [
        ("INV-00123", 196_000, ""),
        ("INV-00124", 100_000, "damage"),
        ("CM-00009", -10_000, ""),
    ]
    assert (first.lines[0].discount, first.lines[0].on, first.lines[0].others) == (
        Money(4_000, "USD"), date(2024, 5, 1), ("PO PO-7001",),
    )  # fmt: skip
    assert first.lines[1].unexplained == Money(0, "USD")
    assert (second.check_number, second.adds_up) == ("10023", True)
    assert codes(file) == ["bank_currency_assumed"]  # the second set names none
    assert "9984123456" not in repr(file) + repr(plain_advices(file))


@pytest.mark.parametrize("separator, end", [("*", "~\r\n"), ("|", "\n"), ("^", "'"), ("*", "\\")])
def test_the_separators_are_those_of_the_header(separator, end):
    text = EDI_820.replace("*", separator).replace("~\n", end)
    assert [lines(each) for each in read(text).advices] == [lines(each) for each in read(EDI_820).advices]


def test_a_line_stated_before_what_was_kept_back_is_read_so_when_the_payment_proves_it():
    gross = EDI_820.replace("PO*1000.00*1100.00", "PO*1100.00*1100.00")
    assert lines(read(gross).advices[0])[1] == ("INV-00124", 100_000, "damage")
    neither = EDI_820.replace("PO*1000.00*1100.00", "PO*1050.00*1100.00")
    assert (read(neither).advices[0].adds_up, lines(read(neither).advices[0])[1][1]) == (False, 105_000)


@pytest.mark.parametrize(
    "old, new, code",
    [
        ("SE*14*0001", "SE*15*0001", "bank_count_wrong"),
        ("GE*2*17", "GE*3*17", "bank_count_wrong"),
        ("IEA*1*", "IEA*2*", "bank_count_wrong"),
        ("SE*14*0001", "SE*14*0009", "remittance_control_differs"),
        ("SE*14*0001~\n", "", "bank_file_cut"),
        ("IEA*1*000000017~\n", "", "bank_file_cut"),
        ("BPR*C*2860.00*C*ACH", "BPR*C*2860.00*D*ACH", "remittance_debit"),
        ("BPR*C*2860.00", "BPR*C*2860.01", "remittance_total_wrong"),
        ("ST*820*0002", "ST*835*0002", "remittance_set_other"),
        ("CUR*PR*USD", "CUR*PR*XYZ", "bank_currency_assumed"),
    ],
)
def test_what_does_not_agree_warns(old, new, code):
    assert code in codes(read(EDI_820.replace(old, new)))


def test_a_damaged_segment_is_kept_with_its_place_and_stops_nothing():
    file = read(EDI_820.replace("PO*1960.00*2000", "PO*19x0.00*2000"))
    assert [(each.place, each.code) for each in file.damaged] == [
        ("segment 10, RMR", "amount_not_understood")
    ]
    assert [each.number for each in file.advices[0].lines] == ["INV-00124", "CM-00009"]
    assert file.advices[0].adds_up is False


def test_an_advice_told_twice_counts_once_wherever_it_stands():
    again = EDI_820.replace("ISA*00", "ISA*00", 1).replace("000000017", "000000018")
    assert [each.key for each in read(again).advices] == [each.key for each in read(EDI_820).advices]
    doubled = EDI_820.replace(
        "GE*2*17", EDI_820[EDI_820.index("ST*820*0002") : EDI_820.index("GE*2")] + "GE*3*17"
    )
    file = read(doubled)
    assert (len(file.advices), codes(file).count("remittance_twice")) == (2, 1)


# --- UBL ----------------------------------------------------------------------------------------------------------------


def test_ubl_tells_debits_less_credits():
    file = read(UBL)
    advice = file.advices[0]
    assert (file.variant, file.warnings, file.damaged) == ("UBL 2.1", (), ())
    assert (advice.payer_name, advice.payer_ids, advice.payer_tail, advice.trace, advice.number) == (
        "Acme Widgets GmbH", ("C-1001",), "6199", "E2E-4711", "RA-17",
    )  # fmt: skip
    assert (advice.amount, advice.adds_up, advice.paid_on) == (Money(135_000, "EUR"), True, date(2024, 6, 5))
    assert lines(advice) == [
        ("INV-00123", 95_000, "damage"),
        ("INV-00124", 50_000, ""),
        ("CM-00009", -10_000, ""),
    ]


@pytest.mark.parametrize(
    "old, new, code",
    [
        (">1500.00<", ">1500.01<", "bank_total_wrong"),
        (">150.00<", ">150.01<", "bank_total_wrong"),
        (">1350.00<", ">1350.01<", "remittance_total_wrong"),
    ],
)
def test_each_total_is_compared(old, new, code):
    assert code in codes(read(UBL.replace(old, new)))


@pytest.mark.trap(43)
def test_another_currency_is_damaged_and_never_added():
    file = read(
        UBL.replace(
            '<cbc:DebitLineAmount currencyID="EUR">500.00', '<cbc:DebitLineAmount currencyID="USD">500.00'
        )
    )
    assert [each.code for each in file.damaged] == ["amount_other_currency"]
    assert file.advices[0].adds_up is False


def test_hostile_xml_is_refused():
    bomb = UBL.replace("<RemittanceAdvice", "<!DOCTYPE a [<!ENTITY b 'c'>]><RemittanceAdvice", 1)
    assert refused(read, bomb) == "bank_xml_unsafe"
    assert refused(read, UBL[:-200]) == "bank_xml_broken"
    assert refused(read, "<Invoice/>") == "remittance_unknown"


# --- table --------------------------------------------------------------------------------------------------------------


def test_a_table_is_known_by_its_headings():
    advice = one(TABLE, currency="EUR")
    assert lines(advice) == [
        ("INV-00123", 196_000, ""), ("INV-00124", 100_000, "damage"), ("CM-00009", -10_000, ""), ("INV-00125", 1_234_567, ""),
    ]  # fmt: skip
    assert (advice.amount, advice.adds_up) == (Money(1_520_567, "EUR"), True)
    assert advice.lines[1].kept[0].words == "damaged goods"
    assert refused(read, TABLE) == "remittance_currency_missing"
    assert one(TABLE.replace("15.205,67", "15.205,68"), currency="EUR").adds_up is False


def test_what_names_no_document_stands_apart_or_is_damaged_and_is_never_a_line():
    less = one(
        TABLE.replace("Total;;", "Freight deduction;;;;;;-50,00\nTotal;;").replace("15.205,67", "15.155,67"),
        currency="EUR",
    )
    assert [(each.amount.minor, each.code) for each in less.apart] == [(5_000, "freight")]
    assert less.adds_up is True
    slipped = read(TABLE.replace("Total;", "TotalEUR;"), currency="EUR")
    assert [each.code for each in slipped.damaged] == ["remittance_without_number"]
    assert slipped.advices[0].adds_up is False


def test_a_sheet_reads_as_its_text_does():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(
            (["Invoice", "Amount paid", "Check no"], ["INV-1", 10.5, 10023], ["INV-2", 20, 10024])
        ):
            sheet.write_row(at, 0, row)
    first, second = read(out.getvalue(), name="x.xlsx", currency="USD").advices
    assert (first.check_number, lines(first), lines(second)) == (
        "10023",
        [("INV-1", 1_050, "")],
        [("INV-2", 2_000, "")],
    )


def test_columns_are_said_where_the_headings_tell_nothing():
    text = "a;b;c\nINV-1;10,50;EUR\n"
    assert refused(read, text, columns={"number": "a"}) == "remittance_columns_unknown"
    assert refused(read, text, columns={"number": "a", "paid": "z"}) == "remittance_column_missing"
    assert refused(read, text, columns={"number": "a", "sum": "b"}) == "bank_field_unknown"
    assert lines(one(text, columns={"number": "a", "paid": "b", "currency": "c"})) == [("INV-1", 1_050, "")]


# --- text of a mail -------------------------------------------------------------------------------------------------------


def test_a_list_in_a_mail():
    advice = mail(TEXT, payer_name="Acme Widgets Inc")
    assert [each[:2] for each in lines(advice)] == [
        ("INV-00123", 196_000), ("INV-00124", 100_000), ("INV-00125", 1_234_567), ("CM-00009", -10_000),
    ]  # fmt: skip
    assert (advice.adds_up, advice.trace, advice.paid_on, advice.currency) == (
        True,
        "ACH0004711",
        date(2024, 6, 4),
        "USD",
    )


@pytest.mark.parametrize(
    "text, expected, total",
    [
        (
            "folgende Rechnungen haben wir überwiesen:\nRechnungsnr.  Datum  Brutto  Skonto  Zahlbetrag\n"
            "RE-2024-001  01.01.2024  1.000,00  20,00  980,00\nRE-2024-002  02.01.2024  500,00  0,00  500,00\nGesamtbetrag 1.480,00 EUR",
            [("RE-2024-001", 98_000), ("RE-2024-002", 50_000)],
            148_000,
        ),
        (
            "Virement du 15 janvier 2024\nFacture n° FA2024-17 : 1 250,00 €\nFacture n° FA2024-18 : 300,00 €\nAvoir AV-9 : 50,00 €\n"
            "Montant du virement : 1 500,00 €",
            [("FA2024-17", 125_000), ("FA2024-18", 30_000), ("AV-9", -5_000)],
            150_000,
        ),
        (
            "Factura F-2024/33   2.000,00 EUR\n  descuento por daño  -100,00\nImporte transferido: 1.900,00 EUR",
            [("F-2024/33", 190_000)],
            190_000,
        ),
        (
            "Invoice 4711 was 1,000.00 less 50.00 damaged goods = 950.00\nCheck # 10023 for $950.00",
            [("4711", 95_000)],
            95_000,
        ),
        ("| INV-100 | 100.00 |\n| INV-200 | 200.00 |\n| Total | $300.00 |", [("INV-100", 10_000), ("INV-200", 20_000)], 30_000),
        ("INV-1001 USD 1,200\nINV-1002 USD 300\nWe have paid USD 1,500.", [("INV-1001", 120_000), ("INV-1002", 30_000)], 150_000),
    ],
)  # fmt: skip
def test_words_of_four_languages(text, expected, total):
    advice = mail(text)
    assert [each[:2] for each in lines(advice)] == expected
    assert (advice.amount.minor, advice.adds_up) == (total, True)


def test_the_total_says_whether_a_deduction_is_in_the_line():
    below = "INV-100 1,000.00\n less damaged goods 50.00\nTotal paid {} USD"
    (taken,) = mail(below.format("950.00")).lines
    (stated,) = mail(below.format("1,000.00")).lines
    assert (taken.paid.minor, taken.gross.minor, taken.reason) == (95_000, 100_000, "damage")
    assert (stated.paid.minor, stated.gross.minor, stated.reason) == (100_000, 105_000, "damage")


@pytest.mark.parametrize(
    "text",
    [
        "INV-100 100.00\nINV-200 200.00\nTotal paid 350.00",  # does not add up
        "INV-100 100.00\nless freight 10.00",  # nothing says whether it is taken off
        "INV-100 100.00\nTotal paid 100.00\nAmount paid 120.00",  # two totals
        "INV-100 100.00 70.00\nINV-200 50.00",  # which of the two was paid
    ],
)
def test_what_is_open_is_said_and_never_guessed(text):
    assert mail(text, "USD").adds_up is False


@pytest.mark.parametrize(
    "text, code",
    [
        ("Thank you for your patience, we will pay soon.", "remittance_text_none"),
        ("INV-100 1.234,00\nINV-101 1,234.00 USD", "bank_decimals_open"),
        ("INV-100 10.00 USD\nINV-101 10.00 EUR", "remittance_currencies_mixed"),
        ("INV-100 10.00", "remittance_currency_missing"),
    ],
)
def test_a_text_that_proves_too_little_is_refused(text, code):
    assert refused(read_remittance_text, "mail", text) == code


def test_telephone_numbers_orders_and_accounts_are_no_documents():
    text = "INV-1001  500.00 USD\nTel. +1 555 123 4567\nPO 4500012345  ship 12 pcs\nIBAN DE75512108001245126199\nTotal 500.00 USD"
    assert lines(mail(text)) == [("INV-1001", 50_000, "")]


# --- the door -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(ADVICES))
def test_what_a_file_is_its_content_says(name):
    content = ADVICES[name].encode()
    assert read_remittance("x", content, currency="EUR" if name == "remittance_table" else "").advices
    assert looks_like_advice("x", content) is (name != "remittance_text")


def test_lines_are_never_looked_for_in_what_was_made_for_machines():
    assert refused(read, EDI_820[3:]) == "remittance_header_cut"
    assert refused(read, EDI_820[: EDI_820.index("*U*")]) == "remittance_header_cut"
    assert refused(read, b"\0\1") in ("bank_file_binary", "file_encoding")
    assert refused(read, b"  ") == "bank_file_empty"
