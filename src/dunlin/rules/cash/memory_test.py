from datetime import date, timedelta

import pytest

from dunlin.rules.cash.facts import OpenItem, Payment, RemittanceLine
from dunlin.rules.cash.learning import Trust
from dunlin.rules.cash.matching import match
from dunlin.rules.cash.memory import Dated, Learnt, MemoryBook, Party

DAY = date(2026, 3, 2)
pytestmark = pytest.mark.req("E2")


def item(number: str, amount: int, customer: str = "C1", due: int = 0, **more) -> OpenItem:
    """An item due so many days from DAY."""
    on = DAY + timedelta(due)
    return OpenItem(
        number, number, customer, amount, more.pop("currency", "USD"), on - timedelta(30), on, **more
    )


def payment(amount: int, memo: str = "", name: str = "ACME TRADING LTD", listed=(), **more) -> Payment:
    """A payment of the day; `listed` are (reference, paid, reason) of its remittance."""
    lines = tuple(RemittanceLine(*each) for each in listed)
    return Payment(more.pop("id", "P1"), DAY, amount, "USD", name, memo=memo, remittance=lines, **more)


PARTIES = (
    Party("C1", "Acme Trading Ltd"),
    Party("C2", "Borough Mills Inc", parent="C9"),
    Party("C3", "Borough Bakery Inc", parent="C9"),
    Party("C9", "Borough Holdings Corp"),
)


def book(*items: OpenItem, parties=PARTIES, until: date | None = None) -> MemoryBook:
    """A book on DAY with these items open."""
    made = MemoryBook(parties, [Dated(each, DAY - timedelta(1), until) for each in items])
    made.go_to(DAY)
    return made


def test_an_item_is_seen_only_on_the_days_it_is_open():
    made = book(item("5001", 100), until=DAY)
    assert [each.id for each in made.items_of("C1")] == ["5001"]
    made.go_to(DAY + timedelta(1))
    assert made.items_of("C1") == ()
    with pytest.raises(ValueError, match="is before"):
        made.go_to(DAY)


@pytest.mark.invariant(2)
@pytest.mark.trap(38)
def test_what_was_applied_today_is_not_applied_again_and_never_over():
    made = book(item("1928500001", 100_00))
    first = match(payment(100_00, "1928500001"), made)
    made.used(first)
    assert match(payment(100_00, "1928500001", id="P2"), made).decision == "review"
    with pytest.raises(KeyError):
        made.used(first)


@pytest.mark.rule("P27")
def test_an_account_is_learnt_from_what_stood_and_loses_trust_when_wrong():
    made = book(item("5001", 77_31, "C2"))
    unknown = payment(77_31, name="B MLS", account="A1")
    assert match(unknown, made).forbidden == ("payer_unknown",)
    for _ in range(4):
        made.teach(Learnt(unknown, ("C2",)))
    assert match(unknown, made).decision == "auto"
    made.unteach("A1", "C2")
    made.unteach("A1", "C2")
    assert made.by_account("A1") == []


def test_trust_falls_faster_than_it_grows_and_can_be_revoked():
    trust = Trust(right=10)
    assert trust.sure > Trust(right=1).sure > 980
    assert trust.after(False).sure < 700
    assert trust.after(False).after(False).sure == 0
    assert Trust(right=50, revoked=True).sure == 0


def test_an_account_that_pays_for_strangers_names_nobody():
    made = book()
    made.teach(Learnt(payment(1, name="PAY SERVICE", account="A2"), ("C1",)))
    made.teach(Learnt(payment(1, name="PAY SERVICE", account="A2"), ("C2",)))
    assert made.shared_account("A2")
    made.teach(Learnt(payment(1, name="BOROUGH HOLDINGS", account="A3"), ("C2", "C3")))
    assert not made.shared_account("A3")
