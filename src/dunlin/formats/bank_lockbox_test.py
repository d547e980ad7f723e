from datetime import date

import pytest

from dunlin.formats.bank_files import read_bank_file
from dunlin.rules.money import Money
from tests.bank_samples import FEDWIRE, LOCKBOX

pytestmark = pytest.mark.req("E5")


def read(text):
    return read_bank_file("x", text.encode())


def codes(file):
    return [flaw.code for flaw in file.warnings]


def test_a_check_carries_its_invoices():
    file = read(LOCKBOX)
    first, second = file.entries
    assert (first.amount, first.check_number, first.payer_name, first.payer_tail) == (
        Money(250000, "USD"), "4711", "ACME WIDGETS INC", "3456",
    )  # fmt: skip
    assert (first.booked_on, first.value_on) == (date(2024, 6, 4), date(2024, 6, 3))
    assert [(d.number, d.paid) for d in first.documents] == [
        ("INV-00123", Money(200000, "USD")),
        ("INV-00125", Money(50000, "USD")),
    ]
    assert second.amount == Money(14950, "USD")
    assert codes(file) == []


def test_what_differs_warns_and_what_is_damaged_is_kept():
    file = read(LOCKBOX.replace("0000050000", "0000050001"))
    assert codes(file) == ["bank_details_differ"]
    assert next(iter(file.entries)).doubt == "bank_details_differ"
    damaged = read(LOCKBOX.replace("6001002000001495", "6001002OOOOO1495"))
    assert [each.code for each in damaged.damaged] == ["amount_not_understood"]
    assert len(list(damaged.entries)) == 1
    assert codes(damaged).count("bank_total_wrong") == 2
    assert "bank_file_cut" in codes(read(LOCKBOX.replace("9000010\n", "")))


def test_a_wire_is_a_receipt():
    file = read(FEDWIRE)
    entry = next(iter(file.entries))
    assert (entry.kind, entry.status, entry.amount) == ("credit", "booked", Money(250000, "USD"))
    assert (entry.payer_name, entry.payer_tail, entry.bank_reference) == (
        "ACME WIDGETS INC",
        "3456",
        "REF4711",
    )
    assert entry.remittance == "INV-00123 PAYMENT OF INV-00123"
    assert codes(file) == []


@pytest.mark.parametrize(
    "old, new",
    [
        ("USERREF P", "USERREF T"),
        ("{1510}1000", "{1510}1031"),
        ("{1510}1000", "{1510}1090"),
        ("{3600}CTR", "{3600}SVC"),
    ],
)
def test_a_test_a_request_and_a_service_message_bring_no_money(old, new):
    file = read(FEDWIRE.replace(old, new))
    assert [each.status for each in file.entries] == ["info"]
    assert codes(file) == ["bank_wire_not_money"]


def test_many_wires_in_one_file_and_a_damaged_one():
    other = FEDWIRE.replace("R000123", "R000124")
    file = read(
        FEDWIRE + other + FEDWIRE.replace("R000123", "R000125").replace("000000250000", "0000002500OO")
    )
    assert len(list(file.entries)) == 2
    assert [each.code for each in file.damaged] == ["amount_not_understood"]
    invoice = read(FEDWIRE + "{8400}CINV*INV-00123*\n{8450}USD2500,00*\n{8550}USD50,00*\n")
    document = next(iter(invoice.entries)).documents[0]
    assert (document.number, document.paid, document.discount) == (
        "INV-00123",
        Money(250000, "USD"),
        Money(5000, "USD"),
    )
