import pytest

from dunlin.formats.bank_masks import creditor_references, hide_accounts, masked, tail_of

pytestmark = pytest.mark.invariant(38)


@pytest.mark.parametrize(
    "account, tail",
    [
        ("DE89 3704 0044 0532 0130 00", "3000"),
        ("1452687~7", "6877"),
        ("12345", "2345"),
        ("9100", "00"),
        ("7", ""),
        ("", ""),
    ],
)
def test_a_tail_is_never_the_whole_number(account, tail):
    assert tail_of(account) == tail


@pytest.mark.parametrize(
    "text, shown",
    [
        ("FROM DE75512108001245126199 OK", "FROM ******************6199 OK"),
        ("card 4111 1111 1111 1111", "card ************1111"),
        ("PL 56114010810000267002001001 x", "PL **********************1001 x"),
        ("RF18 5390 0754 7034 INV-00123", "RF18 5390 0754 7034 INV-00123"),
        ("INV-00123 PO 4500012345", "INV-00123 PO 4500012345"),
    ],
)
def test_accounts_go_and_references_stay(text, shown):
    assert hide_accounts(text) == shown


def test_a_known_account_goes_whatever_its_form():
    assert hide_accounts("BO:11111111 BO1:DOE", ("11111111",)) == "BO:****1111 BO1:DOE"


def test_a_damaged_record_shows_its_shape_only():
    assert masked("16,1x5,4400123456,ACME") == "16,1x5,******3456,ACME"
    assert "998412345" not in masked("62623138010499841234500000I4950")
    assert len(masked("x" * 5000)) == 201


def test_references_are_right_by_their_check():
    assert creditor_references("PAY RF18 5390 0754 7034 NOW") == ["RF18539007547034"]
    assert creditor_references("RF19539007547034 RF RF1") == []
