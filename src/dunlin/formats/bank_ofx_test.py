from datetime import date

import pytest

from dunlin.formats.bank_files import BankFileProblem, read_bank_file
from dunlin.rules.money import Money
from tests.bank_samples import OFX

pytestmark = pytest.mark.req("E5")


def read(text):
    return read_bank_file("x.ofx", text.encode())


def test_tags_that_never_close_read_like_xml():
    file = read(OFX)
    statement = file.statements[0]
    assert (file.variant, statement.account_tail, statement.closing.amount) == (
        "OFX 102",
        "3456",
        Money(335050, "USD"),
    )
    paid, returned = statement.entries
    assert (paid.amount, paid.booked_on, paid.bank_reference) == (
        Money(250000, "USD"),
        date(2024, 6, 4),
        "F1",
    )
    assert paid.remittance == "ACME WIDGETS INV-00123 & INV-00124"
    assert (returned.kind, returned.amount, returned.check_number) == ("return", Money(-14950, "USD"), "990")
    assert returned.doubt == "bank_return_by_words"
    assert file.warnings == file.damaged == ()


@pytest.mark.parametrize(
    "old, new, amount",
    [
        ("<TRNAMT>2500.00", "<TRNAMT>+0000002500.0000", Money(250000, "USD")),
        ("<CURDEF>USD", "<CURDEF>JPY", Money(2500, "JPY")),
        ("<FITID>F1", "<FITID>F1<CURRENCY><CURRATE>1.1<CURSYM>EUR</CURRENCY>", Money(250000, "EUR")),
        ("<FITID>F1", "<FITID>F1<ORIGCURRENCY><CURRATE>1.1<CURSYM>EUR</ORIGCURRENCY>", Money(250000, "USD")),
    ],
)
def test_amounts_and_their_currency(old, new, amount):
    assert next(iter(read(OFX.replace(old, new)).entries)).amount == amount


@pytest.mark.parametrize(
    "old, new, code",
    [
        ("<TRNAMT>2500.00", "<TRNAMT>2.500,00", "amount_not_understood"),
        ("<TRNAMT>2500.00", "<TRNAMT>2500.005", "too_many_digits"),
        ("<TRNAMT>2500.00", "<TRNAMT>NaN", "amount_not_understood"),
        ("<DTPOSTED>20240604120000.000[-5:EST]", "", "bank_date_missing"),
        ("<DTPOSTED>20240604120000.000[-5:EST]", "<DTPOSTED>20240231", "date_does_not_exist"),
        ("<FITID>F1", "<FITID>F1<TRNAMT>1.00", "bank_record_twice"),
    ],
)
def test_a_damaged_transaction_is_kept_and_stops_nothing(old, new, code):
    file = read(OFX.replace(old, new))
    assert [each.code for each in file.damaged] == [code]
    assert [each.bank_reference for each in file.entries] == ["F2"]


def test_a_refused_sign_on_says_what_the_bank_said():
    with pytest.raises(BankFileProblem, match="code 15500: wrong password") as refused:
        read(OFX.replace("<CODE>0<SEVERITY>INFO", "<CODE>15500<SEVERITY>ERROR<MESSAGE>wrong password"))
    assert refused.value.code == "bank_refused_us"


def test_a_document_type_is_not_read():
    with pytest.raises(BankFileProblem) as refused:
        read(OFX.replace("<OFX>", "<!DOCTYPE a [<!ENTITY b 'c'>]><OFX>"))
    assert refused.value.code == "bank_xml_unsafe"


def test_a_correction_is_in_doubt_and_one_that_takes_away_is_not_counted():
    corrected = OFX.replace("<FITID>F2", "<FITID>F2<CORRECTFITID>F0<CORRECTACTION>DELETE")
    entry = list(read(corrected).entries)[1]
    assert (entry.kind, entry.status, entry.original_trace, entry.doubt) == (
        "reversal",
        "info",
        "F0",
        "bank_correction",
    )


@pytest.mark.invariant(13)
@pytest.mark.trap(40)
def test_overlapping_files_share_keys_and_a_repeated_id_is_in_doubt():
    keys = [each.key for each in read(OFX).entries]
    start = OFX.index("<STMTTRN>")
    alone = OFX[:start] + OFX[OFX.index("<STMTTRN>", start + 1) :]
    assert [each.key for each in read(alone).entries] == keys[1:]
    one = OFX[start : OFX.index("</STMTTRN>") + len("</STMTTRN>\n")]
    doubled = list(read(OFX.replace(one, one * 2)).entries)
    assert [each.doubt for each in doubled] == ["", "bank_entry_twice", "bank_return_by_words"]
