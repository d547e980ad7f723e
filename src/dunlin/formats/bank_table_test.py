import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.bank_model import BankFileProblem
from dunlin.formats.bank_table import read_bank_table
from dunlin.rules.money import Money

pytestmark = pytest.mark.req("E5")
ROWS = (
    "Date;Text;Name;Amount;Balance\n"
    "04.06.2024;INV-00123 RF18539007547034;Acme GmbH;2.500,00;3.500,00\n"
    "14.06.2024;Fee;Bank;-10,00;3.490,00\n"
)
COLUMNS = {
    "booked_on": "Date", "text": "Text+Name", "payer_name": "Name", "amount": "Amount", "balance": "Balance", "currency": ":EUR",
    "account": ":DE89370400440532013000",
}  # fmt: skip


def read(text=ROWS, columns=COLUMNS, **said):
    return read_bank_table("x.csv", text.encode(), columns, **said)


def code(*given, **said):
    with pytest.raises(BankFileProblem) as refused:
        read(*given, **said)
    return refused.value.code


def test_a_table_is_read_by_its_columns_and_adds_up():
    file = read()
    statement = file.statements[0]
    assert (statement.account_tail, statement.adds_up) == ("3000", True)
    assert (statement.opening.amount, statement.closing.amount) == (
        Money(100000, "EUR"),
        Money(349000, "EUR"),
    )
    paid, fee = statement.entries
    assert (paid.amount, paid.payer_name, paid.references) == (
        Money(250000, "EUR"),
        "Acme GmbH",
        ("RF18539007547034",),
    )
    assert (fee.kind, fee.amount, fee.place) == ("debit", Money(-1000, "EUR"), "line 3")


def test_the_newest_may_stand_first():
    lines = ROWS.split("\n")
    assert read("\n".join([lines[0], lines[2], lines[1]])).statements[0].adds_up is True
    assert read(ROWS.replace("3.490,00", "3.491,00")).statements[0].adds_up is False


def test_money_in_and_out_in_columns_of_their_own():
    text = "Day,In,Out\n2024-06-04,2500.00,\n2024-06-05,,10.00\n2024-06-06,1.00,1.00\n2024-06-07,,-3.00\n"
    file = read(text, {"booked_on": "Day", "in": "In", "out": "Out", "currency": ":USD"})
    assert [each.amount.minor for each in file.entries] == [250000, -1000, -300]
    assert [(each.place, each.code) for each in file.damaged] == [("line 4", "bank_sides_wrong")]


@pytest.mark.parametrize(
    "text, columns, expected",
    [
        (ROWS, COLUMNS | {"amount": "Betrag"}, "bank_column_missing"),
        (ROWS, COLUMNS | {"sum": "Amount"}, "bank_field_unknown"),
        (ROWS, {"booked_on": "Date", "currency": ":EUR"}, "bank_field_missing"),
        (ROWS, {"booked_on": "Date", "amount": "Amount"}, "bank_field_missing"),
        (ROWS.replace("14.06", "05.06"), COLUMNS, "bank_dates_open"),
        (ROWS.replace("-10,00", "-10.00"), COLUMNS, "bank_decimals_open"),
        ("<html><table></table></html>", COLUMNS, "file_not_a_table"),
    ],
)
def test_what_is_not_proved_is_asked_and_not_guessed(text, columns, expected):
    assert code(text, columns) == expected


def test_what_is_said_settles_it():
    days = [
        each.booked_on.isoformat() for each in read(ROWS.replace("14.06", "05.06"), date_order="dmy").entries
    ]
    assert days == ["2024-06-04", "2024-06-05"]
    thousand = 'Day,Amount\n2024-06-04,"1,234"\n'
    columns = {"booked_on": "Day", "amount": "Amount", "currency": ":KWD"}
    assert code(thousand, columns) == "bank_decimals_open"
    assert next(iter(read(thousand, columns, decimal_mark=",").entries)).amount == Money(1234, "KWD")
    assert next(iter(read(thousand, columns, decimal_mark=".").entries)).amount == Money(1234000, "KWD")


def test_a_row_that_cannot_be_read_is_damaged_alone():
    file = read(ROWS + "15.06.2024;x;y;many;\n;x;y;1,00;\n")
    assert [each.code for each in file.damaged] == ["amount_not_understood", "bank_date_missing"]
    assert len(list(file.entries)) == 2


@pytest.mark.invariant(13)
def test_rows_keep_their_keys_in_a_longer_file():
    assert [each.key for each in read(ROWS + "15.06.2024;x;y;5,00;3.495,00\n").entries][:2] == [
        each.key for each in read().entries
    ]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(alphabet='0123456789.,;-/\n"INV \u0661\x00é', max_size=200), st.integers(0, len(ROWS)))
def test_any_rows_are_read_or_refused(junk, at):
    try:
        file = read(ROWS[:at] + junk + ROWS[at:])
    except BankFileProblem:
        return  # it says why, or it could not have been made
    assert file.statements or file.damaged
