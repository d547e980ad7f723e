from datetime import date

import pytest

from dunlin.formats.bank_files import read_bank_file
from dunlin.formats.bank_mt940_details import details_of
from dunlin.rules.money import Money
from tests.bank_samples import MT940

pytestmark = pytest.mark.req("E5")


def read(text):
    return read_bank_file("x.sta", text.encode())


def entry(line, currency="EUR"):
    file = read(f":20:A\n:25:123456789\n:60F:C240603{currency}0,00\n{line}\n")
    assert not file.damaged, file.damaged
    return next(iter(file.entries))


def test_a_statement_reads_and_adds_up():
    file = read(MT940)
    statement = file.statements[0]
    assert (statement.account_tail, statement.number, statement.adds_up) == ("3000", "00112/001", True)
    paid, returned, reversed_ = statement.entries
    assert (paid.payer_name, paid.payer_tail, paid.end_to_end_id) == ("ACME WIDGETS GMBH", "6199", "E2E-4711")
    assert (paid.remittance, paid.references) == (
        "INV-00123 INV-00124 RF18539007547034",
        ("RF18539007547034",),
    )
    assert (returned.kind, returned.amount, returned.return_code, returned.original_trace) == (
        "return", Money(-14950, "EUR"), "914", "E2E-4700",
    )  # fmt: skip
    assert (reversed_.kind, reversed_.amount) == ("reversal", Money(-1000, "EUR"))
    assert file.warnings == file.damaged == ()


@pytest.mark.parametrize(
    "mark, minor, kind",
    [("C", 5012, "credit"), ("D", -5012, "debit"), ("RC", -5012, "reversal"), ("RD", 5012, "reversal"), ("CR", 5012, "credit"), ("RCR", -5012, "reversal")],
)  # fmt: skip
def test_the_side_of_a_line(mark, minor, kind):
    found = entry(f":61:2406040604{mark}50,12NTRFNONREF//B1")
    assert (found.amount.minor, found.kind) == (minor, kind)


@pytest.mark.parametrize(
    "line, currency, plain, day",
    [
        (":61:240604C1234,NTRFX", "EUR", "1234.00", date(2024, 6, 4)),
        (":61:240604C1234,5NTRFX", "EUR", "1234.50", date(2024, 6, 4)),
        (":61:240604C000000000001,62NTRFX", "EUR", "1.62", date(2024, 6, 4)),
        (":61:240604    DD212,39NMSCNONREF", "EUR", "-212.39", date(2024, 6, 4)),
        (":61:240604C1000,NTRFX", "JPY", "1000", date(2024, 6, 4)),
        (":61:240604C1,234NTRFX", "KWD", "1.234", date(2024, 6, 4)),
        (":61:2312310102C1,NTRFX", "EUR", "1.00", date(2024, 1, 2)),
        (":61:2401021231C1,NTRFX", "EUR", "1.00", date(2023, 12, 31)),
    ],
)
def test_amounts_and_days(line, currency, plain, day):
    found = entry(line, currency)
    assert (found.amount.plain, found.booked_on) == (plain, day)


@pytest.mark.parametrize(
    "line, code",
    [
        (":61:240632C10,00NTRFX", "date_does_not_exist"),
        (":61:2406041332C10,00NTRFX", "date_does_not_exist"),
        (":61:240604X10,00NTRFX", "bank_line_unreadable"),
        (":61:240604C10,005NTRFX", "too_many_digits"),
        (
            ":61:240604C1000NTRFX",
            "bank_line_unreadable",
        ),  # the comma is a part of every amount; without it one is lost
        (":61:", "bank_line_unreadable"),
    ],
)
def test_a_wrong_line_is_damaged_alone(line, code):
    file = read(MT940.replace(":62F:", f"{line}\n:62F:"))
    assert [each.code for each in file.damaged] == [code]
    assert len(list(file.entries)) == 3
    assert file.statements[0].adds_up is True


def test_without_a_currency_there_is_no_amount():
    file = read(":20:A\n:61:240604C10,00NTRFX\n")
    assert [each.code for each in file.damaged] == ["bank_currency_missing"]


def test_words_between_slashes_and_plain_words():
    told = details_of(
        ["/EREF/E2E-1/CNTP/NL91ABNA0417164300/ABNANL2A/ACME BV/AMSTERDAM/REMI/USTD//INV-00123/"]
    )
    assert (told.end_to_end_id, told.account, told.name, told.text) == (
        "E2E-1",
        "NL91ABNA0417164300",
        "ACME BV",
        "INV-00123",
    )
    assert details_of(["/RTRN/MS03/EREF/E2E-2/"]).return_code == "MS03"
    assert details_of(["PAYMENT OF\nINV-1", "MORE"]).text == "PAYMENT OF\nINV-1\nMORE"
    assert details_of([]).text == ""


@pytest.mark.invariant(38)
def test_accounts_in_the_words_are_masked():
    file = read(MT940.replace("SVWZ+INV-00123", "SVWZ+FROM DE75512108001245126199 INV-00123"))
    assert next(iter(file.entries)).remittance.startswith("FROM ******************6199 INV-00123")


@pytest.mark.invariant(13)
def test_lines_alike_are_told_apart_and_pages_do_not_swallow_each_other():
    line = ":61:240604C10,00NMSCNONREF\n"

    def keys(page, times):
        return [
            e.key
            for e in read(f":20:A\n:25:123456789\n:28C:{page}\n:60M:C240603EUR0,00\n{line * times}").entries
        ]

    assert len(set(keys("1/1", 3))) == 3
    assert keys("1/1", 2) == keys("1/1", 3)[:2]
    assert not set(keys("1/1", 2)) & set(keys("1/2", 2))


def test_an_interim_report_waits_where_the_bank_gives_no_reference():
    report = ":20:A\n:25:123456789\n:34F:EURC0,\n:61:240604C10,00NMSCNONREF//B1\n:61:240604C20,00NMSCNONREF\n:90C:2EUR30,00\n"
    file = read(report)
    assert [each.status for each in file.entries] == ["booked", "pending"]
    assert [each.code for each in file.warnings] == ["bank_interim"]
    assert "bank_total_wrong" in [each.code for each in read(report.replace("30,00", "31,00")).warnings]


def test_a_statement_may_begin_without_its_reference():
    file = read(MT940.replace("-\n", "") + MT940.removeprefix(":20:STMT240604\n").replace("BR0", "CR0"))
    assert [(len(each.entries), each.adds_up) for each in file.statements] == [(3, True), (3, True)]


def test_the_envelope_of_a_message_is_no_part_of_it():
    head, end = "{1:F01BANKDEFFAXXX0000000000}{2:I940BANKDEFFXXXXN}{4:\n", "-}{5:{CHK:1234}}\n"
    message = head + MT940.removesuffix("-\n") + end
    file = read(message + message.replace("BR0", "CR0"))
    assert [each.adds_up for each in file.statements] == [True, True]
    assert file.damaged == file.warnings == ()
