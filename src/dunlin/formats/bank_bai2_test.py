from datetime import date

import pytest

from dunlin.formats.bank_files import read_bank_file
from dunlin.rules.money import Money
from tests.bank_samples import BAI2

pytestmark = pytest.mark.req("E5")


def read(text):
    return read_bank_file("x.bai2", text.encode())


def first(text):
    return next(iter(read(text).entries))


def codes(file):
    return [flaw.code for flaw in file.warnings]


def test_a_file_reads_as_the_standard_says():
    file = read(BAI2)
    statement = file.statements[0]
    assert (statement.account_tail, statement.currency, statement.adds_up) == ("3456", "USD", True)
    assert (statement.opening.amount, statement.closing.amount) == (
        Money(100000, "USD"),
        Money(385050, "USD"),
    )
    paid, deposit, returned = statement.entries
    assert (paid.kind, paid.amount, paid.bank_reference, paid.end_to_end_id) == (
        "credit", Money(250000, "USD"), "BR0001", "INV-00123",
    )  # fmt: skip
    assert paid.remittance == "ACME WIDGETS INC PAYMENT OF INV-00123, INV-00124 / PART"
    assert (paid.booked_on, deposit.value_on) == (date(2024, 6, 4), date(2024, 6, 5))
    assert (returned.kind, returned.amount) == ("return", Money(-14950, "USD"))
    assert codes(file) == []


@pytest.mark.parametrize(
    "line, amount, text",
    [
        ("16,475,85000,D,2,0,45000,1,40000,BR9,CR9,TWO DAYS/", -85000, "TWO DAYS"),
        ("16,115,450000,S,100000,200000,150000,BR9,CR9,LOCKBOX/", 450000, "LOCKBOX"),
        ("16,115,450000,V,240605,1200,BR9,CR9,A,B / C/", 450000, "A,B / C"),
        ("16,115,450000,,BR9,CR9,/", 450000, ""),
        ("16,252,1500,0,BR9,CR9,BACK/", 1500, "BACK"),
    ],
)
def test_availability_takes_its_fields_and_text_keeps_its_commas(line, amount, text):
    entry = first(
        BAI2.replace(
            "16,165,250000,Z,BR0001,INV-00123,ACME WIDGETS INC/\n88,PAYMENT OF INV-00123, INV-00124 / PART",
            line,
        )
    )
    assert (entry.amount.minor, entry.bank_reference, entry.end_to_end_id, entry.remittance) == (
        amount,
        "BR9",
        "CR9",
        text,
    )


def test_the_currency_gives_the_digits():
    file = read(BAI2.replace(",USD,", ",JPY,"))
    assert file.statements[0].entries[0].amount.plain == "250000"
    assert (
        read(BAI2.replace(",2359,USD,", ",2359,,").replace("03,4400123456,USD,", "03,4400123456,,"))
        .statements[0]
        .currency
        == "USD"
    )


def test_a_damaged_record_is_kept_and_stops_nothing():
    file = read(BAI2.replace("16,301,50000,V", "16,301,5OOOO,V"))
    assert [each.kind for each in file.entries] == ["credit", "return"]
    assert [(each.place, each.code) for each in file.damaged] == [("line 7", "amount_not_understood")]
    assert file.statements[0].adds_up is False
    assert "bank_total_wrong" in codes(file)


@pytest.mark.parametrize(
    "type_code, code",
    [("040", "bank_type_unknown"), ("705", "bank_type_unknown"), ("1x5", "bank_record_unknown")],
)
def test_a_type_without_a_side_is_no_amount(type_code, code):
    file = read(BAI2.replace("16,301,", f"16,{type_code},"))
    assert [each.code for each in file.damaged] == [code]


def test_a_type_of_the_banks_own_is_in_doubt():
    file = read(BAI2.replace("16,301,", "16,921,"))
    assert [each.doubt for each in file.entries] == ["", "bank_type_custom", ""]


def test_totals_and_counts_that_differ_warn():
    assert codes(read(BAI2.replace("49,1114950,7/", "49,1114951,8/"))) == [
        "bank_total_wrong",
        "bank_count_wrong",
    ]
    assert codes(read(BAI2.replace("99,1114950,1,11/\n", ""))) == ["bank_file_cut"]
    test_only = read(BAI2.replace("BANK01,1,240604", "BANK01,4,240604"))
    assert "bank_group_not_booked" in codes(test_only)
    assert {each.status for each in test_only.entries} == {"info"}


@pytest.mark.invariant(13)
def test_an_interim_report_counts_only_what_the_final_one_will_know_again():
    final, interim = read(BAI2), read(BAI2.replace("2359,USD,2/", "1200,USD,3/").replace("BR0002", ""))
    assert [each.status for each in interim.entries] == ["booked", "pending", "booked"]
    keys = [each.key for each in final.entries]
    assert [each.key in keys for each in interim.entries] == [True, False, True]


@pytest.mark.trap(41)
@pytest.mark.parametrize(
    "words, kind",
    [
        ("RETURNED CHEQUE", "return"),
        ("RTD CHQ SERVICE CHRG", "debit"),
        ("RETURNED ITEM FEE", "debit"),
        ("MACLEOD MALL", "debit"),
    ],
)
def test_words_say_what_a_general_type_does_not(words, kind):
    entry = list(
        read(
            BAI2.replace(
                "16,555,14950,0,BR0003,0990,DEPOSITED ITEM RETURNED NSF",
                f"16,409,14950,0,BR0003,0990,{words}",
            )
        ).entries
    )[2]
    assert (entry.kind, entry.doubt) == (kind, "bank_return_by_words" if kind == "return" else "")
