import pytest

from dunlin.rules.cash.payer import Names

pytestmark = [pytest.mark.req("E2"), pytest.mark.trap(40)]
NAMES = Names(
    [
        ("1", "Tidewater Industries LLC"),
        ("2", "Keystone Networks Company"),
        ("3", "Stone Beverages International Ltd"),
        ("4", "Stone Imports Group East LP"),
        ("5", "Lakeside Partners S.A."),
        ("6", "Iron Foods Corp"),
        ("7", "Iron Foods & Sons Inc"),
    ]
)


@pytest.mark.parametrize(
    ("written", "customer"),
    [
        ("TIDEWATER INDUSTRIES LLC", "1"),
        ("INDUSTRIES LLC TIDEWATER", "1"),
        ("KEYSTOEN NETWORKS COMPANY", "2"),
        ("KEYSTONE NETWORKSC OMPANY", "2"),
        ("STONE BEV INTL LTD", "3"),
        ("STONE BEVERAGES INTERN", "3"),
        ("LAKESIDE PTNRS S.A.", "5"),
        ("LAKESIDE PARTNERS SA DBA SOMETHING ELSE", "5"),
        ("IRON FOODS CORP", "6"),
    ],
)
def test_names_as_payers_write_them(written, customer):
    known = NAMES.find(written)
    assert [each.customer for each in known] == [customer]
    assert known[0].sure >= 900


def test_a_name_of_several_customers_is_sure_of_none():
    assert {each.customer for each in NAMES.find("IRON FOODS")} == {"6", "7"}
    assert all(each.sure < 900 for each in NAMES.find("IRON FOODS"))


@pytest.mark.parametrize("written", ["", "   ", "ZEPHYR", "PAYMENT", "&"])
def test_no_name_is_nobody(written):
    assert NAMES.find(written) == ()
