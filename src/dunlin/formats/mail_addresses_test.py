import pytest

from dunlin.formats.mail_addresses import Address, address_problem, suggested_address
from dunlin.formats.mail_headers import read_addresses
from dunlin.rules.codes import PROBLEMS
from tests import shared_data

pytestmark = pytest.mark.req("B5")


@pytest.mark.parametrize(
    "text, code",
    [
        ("ann@acme.example", ""),
        ("o'neil+ar@sub.acme.co.uk", ""),
        ('"a b"@acme.example', ""),
        ("ann@müller.example", ""),
        ("", "address_missing"),
        ("ann", "address_no_at"),
        ("@acme.example", "address_part_missing"),
        ("ann@", "address_part_missing"),
        ("ann@acme", "address_domain"),
        ("ann@acme..example", "address_domain"),
        ("ann@-acme.example", "address_domain"),
        ("ann@127.0.0.1", "address_domain"),
        ("ann@[127.0.0.1]", "address_domain"),
        ("a..n@acme.example", "address_characters"),
        ("an n@acme.example", "address_characters"),
        ("ann@acme.example\n", "address_characters"),
        ("ann\u200b@acme.example", "address_characters"),
        ("änn@acme.example", "address_not_ascii"),
        ("a@b.example,c@d.example", "address_two"),
        ("a" * 65 + "@acme.example", "address_too_long"),
    ],
)
def test_an_address_is_fine_or_has_a_code(text, code):
    assert address_problem(text) == code
    assert not code or code in PROBLEMS


def lines(name):
    path = shared_data.require(f"data/bad_input/email_addresses/mailgun__{name}.txt")
    return [
        line for line in path.read_text().splitlines() if line and line != "#" and not line.startswith("# ")
    ]


def test_odd_names_before_the_at_are_valid_and_survive_a_header():
    for local in lines("abridged_localpart_valid"):
        address = f"{local}@acme.example"
        assert address_problem(address) == "", local
        assert read_addresses(f"Ann, <{address}>") == (Address(address),), local


def test_mistyped_domains_are_suggested_and_real_ones_are_left_alone():
    typos = [line.split(",") for line in lines("domain_typos_valid")]
    right = sum(suggested_address(f"x@{typo}") == f"x@{meant}" for typo, meant in typos)
    assert right >= len(typos) - 2
    assert [domain for domain in lines("domain_typos_invalid") if suggested_address(f"x@{domain}")] == []
    assert suggested_address("x@hotmail.ca") == ""
