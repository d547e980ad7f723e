"""The small acts of an account and a team: each writes what it says, tells the diary, and refuses what makes no sense."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.add_follow_up import FollowUpAsked, add_follow_up
from dunlin.actions.add_note import add_note
from dunlin.actions.assign_customers import assign_by_hand, assign_by_rules, set_portfolio_rule
from dunlin.actions.correct_contact import correct_contact, correct_point
from dunlin.actions.correct_customer import correct_customer
from dunlin.actions.doing import the_clock
from dunlin.actions.finish_follow_up import finish_follow_up
from dunlin.actions.run_daily import run_daily
from dunlin.actions.set_backup import end_backup, set_backup
from dunlin.actions.set_block import lift_block, set_block
from dunlin.actions.snooze_customer import snooze_customer
from dunlin.records import balance_sums
from dunlin.records.models import (
    Absence,
    Block,
    Contact,
    ContactPoint,
    Customer,
    CustomerName,
    Decision,
    DiaryLine,
    FollowUp,
    Note,
    Snooze,
)
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY, moment

pytestmark = pytest.mark.django_db

NIGHT = the_clock(TODAY, moment(TODAY, 4))


def refused_code(act, *args, **more):
    lines = DiaryLine.objects.count()
    with pytest.raises(Refused) as refused:
        act(*args, **more)
    assert DiaryLine.objects.count() == lines
    return refused.value.code


def code_now(customer):
    return Decision.objects.filter(customer=customer, day=TODAY).latest("revision").code


def alice(books):
    return cast.who(books.alice, at=moment(TODAY, 17))


@pytest.mark.req("B6")
@pytest.mark.invariant(38)
def test_a_note_is_kept_masked_and_once_per_key(books):
    first = add_note(alice(books), books.lakeside.pk, " card 4111-1111-1111-1111 ", key="n1")
    assert first == add_note(alice(books), books.lakeside.pk, " card 4111-1111-1111-1111 ", key="n1")
    assert Note.objects.get().text == "card ************1111"
    assert "4111-1111" not in str(list(DiaryLine.objects.values()))
    assert refused_code(add_note, alice(books), books.lakeside.pk, "  ") == "not_blank"
    assert (
        refused_code(add_note, alice(books), books.lakeside.pk, "x", item_id=books.part_paid.pk)
        == "item_unknown"
    )


@pytest.mark.req("B7")
def test_a_follow_up_has_a_day_an_owner_and_an_end(books):
    """Five business days from Wednesday are the next Wednesday."""
    added = add_follow_up(alice(books), books.lakeside.pk, FollowUpAsked("send the contract"))
    assert (added.due_on, added.owner_id) == (TODAY + timedelta(days=7), books.alice.pk)
    finish_follow_up(alice(books), added.follow_up_id, "sent")
    assert FollowUp.objects.get().outcome == "sent"
    assert refused_code(finish_follow_up, alice(books), added.follow_up_id) == "follow_up_done_already"
    assert refused_code(finish_follow_up, alice(books), 999) == "follow_up_unknown"


@pytest.mark.req("A1")
def test_a_contact_is_corrected_and_the_diary_keeps_what_stood_before(books):
    contact = books.lakeside.contacts.get()
    done = correct_contact(
        alice(books), books.lakeside.pk, contact.pk, {"name": "Priya Rao", "title": "AP lead"}
    )
    assert done.changed == ("name", "title")
    line = DiaryLine.objects.get()
    assert (line.before, line.after) == (
        {"name": "Priya Raman", "title": ""},
        {"name": "Priya Rao", "title": "AP lead"},
    )
    assert correct_contact(alice(books), books.lakeside.pk, contact.pk, {"name": "Priya Rao"}).changed == ()
    added = correct_contact(alice(books), books.lakeside.pk, None, {"name": "Sam Wu", "roles": ["billing"]})
    assert Contact.objects.get(pk=added.contact_id).roles == ["billing"]


def test_a_number_is_replaced_and_the_old_one_stays_marked_wrong(books):
    contact = books.lakeside.contacts.get()
    old = ContactPoint.objects.get(contact=contact, kind="phone")
    new = correct_point(alice(books), books.lakeside.pk, contact.pk, point_id=old.pk, value="+1 212 555 0199")
    old.refresh_from_db()
    assert (old.state, ContactPoint.objects.get(pk=new.point_id).value) == ("wrong", "+1 212 555 0199")
    correct_point(alice(books), books.lakeside.pk, contact.pk, point_id=old.pk, state="ok")
    old.refresh_from_db()
    assert old.state == "ok"


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"salary": 5}, "field_not_editable"),
        ({"name": " "}, "not_blank"),
        ({"time_zone": "Mars/Base"}, "zone_unknown"),
        ({"title": "x" * 101}, "field_too_long"),
    ],
    ids=str,
)
def test_what_a_contact_cannot_be_is_refused(books, changes, code):
    contact = books.lakeside.contacts.get()
    assert refused_code(correct_contact, alice(books), books.lakeside.pk, contact.pk, changes) == code
    assert (
        refused_code(correct_contact, alice(books), books.harbour.pk, contact.pk, {})
        == "contact_of_other_customer"
    )


@pytest.mark.trap(48)
def test_a_customers_old_name_stays_findable(books):
    correct_customer(
        cast.who(books.mona), books.harbour.pk, {"name": "Harbour\u00a0 Group", "time_zone": "Europe/Berlin"}
    )
    books.harbour.refresh_from_db()
    assert (books.harbour.name, books.harbour.sort_name) == ("Harbour Group", "harbour group")
    assert CustomerName.objects.get().sort_name == "harbour & sohne"
    assert refused_code(correct_customer, alice(books), books.harbour.pk, {"name": "x"}) == "not_permitted"
    assert refused_code(correct_customer, cast.who(books.mona), books.harbour.pk, {"collector_id": 1}) == (
        "field_not_editable"
    )


@pytest.mark.req("B2")
def test_a_snooze_silences_until_its_day_and_one_follows_another(books):
    run_daily(NIGHT, TODAY)
    snooze_customer(alice(books), books.harbour.pk, TODAY + timedelta(days=9), "new system")
    assert code_now(books.harbour) == "snoozed"
    snooze_customer(alice(books), books.harbour.pk, TODAY + timedelta(days=2), "sooner")
    assert Snooze.objects.filter(ended_at=None).get().reason == "sooner"
    day = TODAY + timedelta(days=2)
    run_daily(the_clock(day, moment(day, 4)), day)
    assert Decision.objects.get(customer=books.harbour, day=day).step == "call"
    assert refused_code(snooze_customer, alice(books), books.harbour.pk, TODAY, "x") == "snooze_not_later"


@pytest.mark.req("D10")
@pytest.mark.parametrize(
    "kind, code",
    [("cease_contact", "cease_contact"), ("legal", "customer_blocked"), ("do_not_call", "due_early")],
    ids=str,
)
def test_a_block_is_felt_at_once_and_lifted_at_once(books, kind, code):
    run_daily(NIGHT, TODAY)
    block = set_block(cast.who(books.mona, at=moment(TODAY, 12)), books.harbour.pk, kind, "letter of today")
    assert code_now(books.harbour) == code
    assert Decision.objects.filter(customer=books.harbour).latest("revision").step != "call"
    lift_block(cast.who(books.mona, at=moment(TODAY, 13)), block.block_id, "withdrawn")
    assert (code_now(books.harbour), Block.objects.get().lifted_by) == ("due_early", books.mona)
    assert refused_code(lift_block, cast.who(books.mona), block.block_id, "again") == "block_lifted_already"


def test_a_block_of_one_item_leaves_the_others(books):
    other = cast.invoice(books.harbour, "80.00", due=TODAY - timedelta(days=6), number="INV-8")
    set_block(cast.who(books.mona), books.harbour.pk, "extension", "agreed", item_id=books.part_paid.pk)
    run_daily(NIGHT, TODAY)
    assert Decision.objects.get(customer=books.harbour).facts["item"] == other.number
    assert refused_code(
        set_block, cast.who(books.mona), books.harbour.pk, "legal", "x", item_id=other.pk
    ) == ("block_kind_unknown")


@pytest.mark.req("B1")
def test_portfolios_by_rule_and_by_hand(books):
    balance_sums.rebuild(TODAY, Policy())
    lena = cast.who(books.lena)
    set_portfolio_rule(lena, "all", books.alice.pk, {}, priority=0)
    set_portfolio_rule(lena, "large", books.bob.pk, {"balance_from": 100_000}, priority=5)
    done = assign_by_rules(lena)
    owners = dict(Customer.objects.values_list("number", "collector__username"))
    assert owners == {"L-100": "bob", "L-101": "alice", "H-200": "alice"}
    assert (done.changed, done.unassigned) == (2, 0)
    assert assign_by_rules(lena).changed == 0
    assign_by_hand(lena, [books.lakeside.pk], books.alice.pk)
    assert assign_by_rules(lena).changed == 0
    assert assign_by_hand(lena, [books.lakeside.pk], None).changed == 1
    books.lakeside.refresh_from_db()
    assert (books.lakeside.collector, books.lakeside.assigned_by_hand) == (books.bob, False)
    assert (
        refused_code(set_portfolio_rule, lena, "x", books.bob.pk, {"moon": 1})
        == "portfolio_criterion_unknown"
    )
    assert refused_code(assign_by_rules, alice(books)) == "not_permitted"


@pytest.mark.rule("P33")
def test_a_backup_is_someone_else_and_ends(books):
    lena = cast.who(books.lena)
    made = set_backup(lena, books.bob.pk, books.alice.pk, TODAY, TODAY)
    end_backup(lena, made.absence_id)
    assert not Absence.objects.exists()
    assert refused_code(set_backup, lena, books.bob.pk, books.bob.pk, TODAY, TODAY) == "backup_is_absentee"
    assert refused_code(set_backup, lena, books.bob.pk, books.alice.pk, TODAY, TODAY - timedelta(days=1)) == (
        "from_after_until"
    )


@pytest.mark.trap(50)
def test_the_diary_alone_can_bring_back_notes_and_contacts(books):
    customer = books.lakeside.pk
    add_note(alice(books), customer, "They pay on the 20th.")
    added = correct_contact(alice(books), customer, None, {"name": "Sam Wu", "roles": ["billing"]})
    wrong = correct_point(alice(books), customer, added.contact_id, kind="phone", value="+1 212 555 0150")
    correct_point(alice(books), customer, added.contact_id, point_id=wrong.point_id, value="+1 212 555 0151")
    contacts, points, notes = {}, {}, []
    for about, before, after in DiaryLine.objects.order_by("pk").values_list("about", "before", "after"):
        kind, _, pk = about.partition(":")
        if kind == "note":
            notes.append(after["text"])
        elif kind == "contact":
            contacts.setdefault(int(pk), {}).update(after)
        elif kind == "contact_point":
            points[int(pk)] = (after["contact"], after["kind"], after["value"], "ok")
            if before:
                points[before["point"]] = (*points[before["point"]][:3], "wrong")
    assert notes == list(Note.objects.order_by("pk").values_list("text", flat=True))
    for pk, told in contacts.items():
        assert told == Contact.objects.filter(pk=pk).values(*told).get()
    stored = ContactPoint.objects.filter(contact__in=contacts)
    assert points == {
        pk: tuple(rest) for pk, *rest in stored.values_list("pk", "contact", "kind", "value", "state")
    }
