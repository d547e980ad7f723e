"""Who reaches what. Every view goes through these functions, so scope is proved here and once through the door."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from dunlin.actions.doing import the_clock
from dunlin.actions.run_daily import run_daily
from dunlin.desk import access
from dunlin.desk.doors import Standing
from dunlin.records.models import Absence, Customer, Dispute, FollowUp, Promise
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.roles import ROLES
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("B1")]


def asked_by(user, as_of=cast.TODAY):
    return SimpleNamespace(door=Standing(cast.who(user), current_policy(), cast.TODAY, as_of))


def sees(user, customer) -> bool:
    """Whether the customer is reached; one that is not is always told of as unknown."""
    if customer.pk in access.customers_of(asked_by(user)).values_list("pk", flat=True):
        return access.customer_for(asked_by(user), customer.pk) == customer
    with pytest.raises(Refused, match=f"There is no customer {customer.pk}"):
        access.customer_for(asked_by(user), customer.pk)
    return False


def test_a_collector_reaches_own_accounts_and_no_others(books):
    assert sees(books.alice, books.lakeside)
    assert sees(books.alice, books.branch)
    assert not sees(books.alice, books.harbour)
    assert not sees(books.bob, books.lakeside)


def test_an_account_on_the_list_of_today_stays_in_sight_until_the_day_is_over(books):
    run_daily(the_clock(cast.TODAY, cast.moment(cast.TODAY)), cast.TODAY)
    Customer.objects.filter(pk=books.lakeside.pk).update(collector=books.bob)
    assert sees(books.alice, books.lakeside)
    assert sees(books.bob, books.lakeside)
    late = SimpleNamespace(
        door=Standing(
            cast.who(books.alice), current_policy(), cast.TODAY + timedelta(1), cast.TODAY + timedelta(1)
        )
    )
    assert books.lakeside.pk not in access.customers_of(late).values_list("pk", flat=True)


@pytest.mark.parametrize(
    "role, lands",
    [("collector", "/"), ("ar_manager", "/"), ("sales", "/accounts/"), ("auditor", "/accounts/")],
)
def test_everyone_lands_where_their_work_is(books, client, role, lands):
    person = cast.user(role, "newcomer")
    answer = client.post("/sign-in/login/", {"login": person.username, "password": cast.PASSWORD})
    assert answer["Location"] == lands


@pytest.mark.parametrize("role", [role for role in ROLES if "see_all_customers" in ROLES[role]])
def test_these_roles_reach_every_account(books, role):
    assert sees(cast.user(role), books.lakeside)
    assert sees(cast.user(role), books.harbour)


def test_who_sees_own_only_is_collector_sales_and_business_manager():
    assert {role for role in ROLES if "see_all_customers" not in ROLES[role]} == {
        "collector",
        "sales",
        "business_manager",
    }


@pytest.mark.parametrize("role, field", [("sales", "sales_rep"), ("business_manager", "business_manager")])
def test_sales_and_business_managers_reach_the_accounts_they_sold_or_manage(books, role, field):
    person = cast.user(role)
    assert not sees(person, books.harbour)
    Customer.objects.filter(pk=books.harbour.pk).update(**{field: person})
    assert sees(person, books.harbour)
    assert not sees(person, books.lakeside)


@pytest.mark.parametrize(
    "first, last, reached", [(-3, -1, False), (-1, 0, True), (0, 5, True), (1, 5, False)]
)
def test_a_backup_reaches_the_accounts_of_who_is_away_while_it_lasts(books, first, last, reached):
    Absence.objects.create(
        user=books.alice,
        backup=books.bob,
        from_on=cast.TODAY + timedelta(first),
        through_on=cast.TODAY + timedelta(last),
    )
    assert sees(books.bob, books.lakeside) is reached
    assert not sees(books.alice, books.harbour)


def test_what_hangs_on_a_customer_follows_it(books):
    follow_up = FollowUp.objects.create(
        customer=books.lakeside,
        owner=books.bob,
        what="Ask",
        due_on=cast.TODAY,
        created_at=cast.moment(cast.TODAY),
    )
    promise = Promise.objects.create(
        customer=books.lakeside,
        currency="USD",
        due_on=cast.TODAY,
        made_on=cast.TODAY,
        recorded_at=cast.moment(cast.TODAY),
    )
    dispute = Dispute.objects.create(
        item=books.late, customer=books.lakeside, amount=1, reason="price", opened_on=cast.TODAY,
        recorded_at=cast.moment(cast.TODAY),
    )  # fmt: skip
    contact = books.lakeside.contacts.get()
    reach = [
        (access.item_for, books.late, "item_unknown"),
        (access.contact_for, contact, "contact_point_unknown"),
        (access.contact_point_for, contact.points.first(), "contact_point_unknown"),
        (access.promise_for, promise, "promise_unknown"),
        (access.follow_up_for, follow_up, "follow_up_unknown"),
        (access.dispute_for, dispute, "dispute_unknown"),
    ]
    for get, row, code in reach:
        assert get(asked_by(books.alice), row.pk) == row
        # The owner of a follow-up on an account out of sight does not see the account through it.
        with pytest.raises(Refused) as refused:
            get(asked_by(books.bob), row.pk)
        assert refused.value.code == code


def test_a_stranger_is_told_the_same_as_for_nothing(books, client):
    client.force_login(books.alice)
    there, nowhere = client.get(f"/accounts/{books.harbour.pk}"), client.get("/accounts/999999")
    assert there.status_code == nowhere.status_code == 404
    shown = []
    for page, pk in ((there, books.harbour.pk), (nowhere, 999999)):
        text = page.content.decode().replace(str(pk), "#")
        shown.append(text[text.index("<main") : text.index("</main")])
    assert "Harbour" not in shown[0]
    assert shown[0] == shown[1]


def test_lists_of_others_are_for_those_who_see_every_account(books):
    assert access.list_for(asked_by(books.alice), books.alice.pk) == books.alice.pk
    assert access.list_for(asked_by(books.lena), books.alice.pk) == books.alice.pk
    assert access.list_for(asked_by(books.lena), None) is None
    for wanted in (books.bob.pk, None, 999999):
        with pytest.raises(Refused):
            access.list_for(asked_by(books.alice), wanted)
    assert access.lists_of(asked_by(books.alice), [books.alice.pk, books.bob.pk]) == [
        (books.alice.pk, "My list")
    ]
    assert access.lists_of(asked_by(books.lena), [books.alice.pk, books.bob.pk, None]) == [
        (books.lena.pk, "My list"),
        (books.alice.pk, "Alice"),
        (books.bob.pk, "Bob"),
        (None, "Nobody’s"),
    ]
