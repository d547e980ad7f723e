import pytest

from dunlin.rules.cash.memory_test import item
from dunlin.rules.cash.references import Index, forms_of, mentions_in, one_slip, rf_valid

pytestmark = [pytest.mark.req("E2"), pytest.mark.rule("P27")]


def named(text: str, *numbers: str, **more: str) -> list[str]:
    """What the mentions of a text find among items with these numbers, as `number how`."""
    index = Index([item(number, 100, **more) for number in numbers])
    found = [index.find(mention) for mention in mentions_in(text) if mention.label != "account"]
    return [f"{'/'.join(i.number for i in each.items)} {each.how}" for each in found if each]


@pytest.mark.parametrize(
    ("text", "numbers", "found"),
    [
        ("INVOICE INV-00123", ["INV-00123"], ["INV-00123 exact"]),
        ("inv INV123", ["INV-00123"], ["INV-00123 exact"]),
        ("0001928559537", ["1928559537"], ["1928559537 exact"]),
        ("1928-559537", ["1928559537"], ["1928559537 exact"]),
        ("Rg.1928559537", ["1928559537"], ["1928559537 exact"]),
        ("l92855953O", ["1928559530"], ["1928559530 swapped"]),
        ("PAYMENT 559537", ["1928559537"], ["1928559537 tail"]),
        ("REF 0356", ["1928580356"], ["1928580356 tail"]),
        ("WIRE 192855", ["1928559537", "1928551111", "1777"], ["1928559537/1928551111 head"]),
        ("INV 1928551370", ["1928551170"], ["1928551170 typo"]),
        ("INV 19285573937", ["1928573937"], ["1928573937 typo"]),
        ("PAID 08/13/24 20240813 1,928.55", ["20240813", "192855", "81324"], []),
        ("TRN*1*927515814*9790", ["927515814", "1928559790"], ["1928559790 tail"]),
    ],
)  # fmt: skip
def test_references_in_the_wild(text, numbers, found):
    assert named(text, *numbers) == found


def test_a_range_is_every_number_of_it():
    assert named("INV123/124-126", "INV123", "124", "125", "126", "127") == [
        "INV123 exact", "124 exact", "125 exact", "126 exact"
    ]  # fmt: skip
    assert [each.text for each in mentions_in("INV 12345-47")] == ["12345", "12346", "12347"]


def test_an_order_number_finds_by_the_order_and_an_account_number_finds_nothing():
    assert named("PO 4548848587", "1928500001", po_number="4548848587") == ["1928500001 order"]
    assert named("PO 45488", "1928500001", po_number="4548848587") == ["1928500001 order_head"]
    assert named("ACCT 203500198", "203500198") == []


def test_hostile_text_is_read_within_bounds():
    assert len(mentions_in("1-99999999999 " * 10_000 + "7" * 5_000)) <= 120 + 50


@pytest.mark.parametrize(
    ("written", "meant", "same"),
    [("1234", "1234", False), ("1235", "1234", True), ("124", "1234", True), ("12344", "1234", True), ("1324", "1234", True), ("4321", "1234", False)],
)  # fmt: skip
def test_one_slip(written, meant, same):
    assert one_slip(written, meant) is same


@pytest.mark.parametrize(
    ("reference", "valid"),
    [("RF18 5390 0754 7034", True), ("RF18539007547035", False), ("RF18", False), ("XX18539007547034", False), ("", False)],
)  # fmt: skip
def test_the_check_digits_of_an_rf_reference(reference, valid):
    assert rf_valid(reference) is valid


def test_a_number_is_looked_up_as_written_and_by_its_digits():
    assert forms_of("inv-00123") == ("INV123",)
    assert forms_of("INV-0012345") == ("INV12345", "12345")
