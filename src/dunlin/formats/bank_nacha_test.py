import pytest

from dunlin.formats.bank_files import read_bank_file
from dunlin.rules.money import Money
from tests.bank_samples import NACHA

pytestmark = [pytest.mark.req("E5"), pytest.mark.trap(41)]


def read(text):
    return read_bank_file("x.ach", text.encode())


def codes(file):
    return [flaw.code for flaw in file.warnings]


def test_a_return_takes_money_out_and_a_notice_of_change_moves_none():
    file = read(NACHA)
    returned, paid, notice = file.entries
    assert (returned.kind, returned.amount, returned.return_code) == ("return", Money(-14950, "USD"), "R01")
    assert (returned.original_trace, returned.trace) == ("121042880000099", "121042880000001")
    assert (paid.kind, paid.amount, paid.payer_name) == ("credit", Money(250000, "USD"), "ACME WIDGETS")
    assert [(d.number, d.paid, d.due, d.discount) for d in paid.documents] == [
        ("INV-00123", Money(200000, "USD"), Money(204082, "USD"), Money(4082, "USD")),
        ("INV-00125", Money(50000, "USD"), None, None),
    ]
    assert (notice.kind, notice.status, notice.return_code) == ("noc", "info", "C01")
    assert (notice.corrected, notice.corrected_tail) == ("1918171614", "1614")
    assert "1918171614" not in repr(notice)
    assert codes(file) == ["bank_ach_forward"]


def test_a_returned_credit_of_ours_brings_money_back():
    file = read(NACHA.replace("626231380104", "621231380104"))
    assert next(iter(file.entries)).amount == Money(14950, "USD")


@pytest.mark.parametrize("code", ["R61", "R68", "R70", "R71", "R77", "R40"])
def test_what_is_between_the_banks_moves_nothing_yet(code):
    file = read(NACHA.replace("799R01", f"799{code}"))
    assert next(iter(file.entries)).status == "info"
    assert "bank_return_not_money" in codes(file)


def test_records_without_line_ends_and_with_blanks_cut_off():
    plain = list(read(NACHA).entries)
    assert [each.key for each in read(NACHA.replace("\n", "")).entries] == [each.key for each in plain]
    cut = "\n".join(line.rstrip() for line in NACHA.split("\n"))
    assert [each.key for each in read(cut).entries] == [each.key for each in plain]


@pytest.mark.parametrize(
    "old, new, damage",
    [
        ("0000014950INV", "00000I4950INV", "amount_not_understood"),
        ("626231380104", "600231380104", "bank_type_unknown"),
        ("799R01", "799XX1", "bank_return_unknown"),
        ("5200ACME", "4200ACME", "bank_record_unknown"),
    ],
)
def test_a_damaged_record_is_kept_and_stops_nothing(old, new, damage):
    file = read(NACHA.replace(old, new))
    assert [each.code for each in file.damaged] == [damage]
    assert len(list(file.entries)) >= 2


def test_controls_that_differ_and_parts_that_are_cut_warn():
    assert "bank_total_wrong" in codes(read(NACHA.replace("000000014950", "000000014951", 1)))
    lines = NACHA.split("\n")
    assert "bank_file_cut_before" in codes(read("\n".join(lines[1:])))
    assert "bank_file_cut" in codes(read("\n".join(lines[:6])))


@pytest.mark.invariant(13)
def test_one_trace_twice_is_in_doubt():
    lines = NACHA.split("\n")
    file = read("\n".join([*lines[:4], *lines[2:4], *lines[4:]]))
    assert [each.doubt for each in file.entries][:2] == ["", "bank_entry_twice"]
    assert len({each.key for each in file.entries}) == 4
