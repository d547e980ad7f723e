"""Every form of the account: done by who may, refused to who may not, errors beside the field, strangers told nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from dunlin.records.clock import today
from dunlin.records.models import (
    Block,
    Contact,
    ContactPoint,
    DiaryLine,
    Dispute,
    FollowUp,
    Note,
    Promise,
    Snooze,
)
from tests import cast

pytestmark = pytest.mark.django_db

DAY = today("UTC")


def text_of(answer):
    return " ".join(answer.content.decode().split())


# address, what is typed, what it makes, a mistake, and what is said about it
ACTS = {
    "note": ("note", {"text": "Asked for a copy"}, Note, {"text": " "}, "must not be blank"),
    "follow-up": ("follow-up", {"what": "Send it", "due": "in 3 days"}, FollowUp, {"what": "Send it", "due": "soonish"}, "Write a day"),
    "promise": ("promise", {"promise": "100 tomorrow"}, Promise, {"promise": "90000 tomorrow"}, "is more than the"),
    "snooze": ("snooze", {"until": "in 3 days", "reason": "New ERP"}, Snooze, {"until": "today", "reason": "x"}, "later day"),
    "dispute": ("dispute", {"reason": "price"}, Dispute, {"reason": ""}, "Say why"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(ACTS))
def test_an_act_is_done_and_said_and_comes_back(books, client, name):
    address, typed, made, _, _ = ACTS[name]
    client.force_login(books.alice)
    where = f"/accounts/{books.lakeside.pk}/{address}"
    assert client.get(where).status_code == 200
    if name == "dispute":
        typed = {**typed, "item": books.late.pk}
    answer = client.post(where, typed)
    assert (answer.status_code, answer.url) == (302, f"/accounts/{books.lakeside.pk}")
    assert made.objects.count() == 1
    assert "toast good" in text_of(client.get(answer.url))


def test_it_goes_back_where_it_was_asked_from_and_never_to_another_site(books, client):
    client.force_login(books.alice)
    where, account = f"/accounts/{books.lakeside.pk}/note", f"/accounts/{books.lakeside.pk}"
    for back, there in (
        ("today", f"/#row-{books.lakeside.pk}"),
        ("/follow-ups", "/follow-ups"),
        ("https://elsewhere.test/", account),
        ("//elsewhere.test/", account),
        ("javascript:alert(1)", account),
    ):
        assert client.post(where, {"text": "x", "back": back}).url == there


@pytest.mark.parametrize("name", list(ACTS))
def test_a_mistake_stands_beside_its_field_and_what_was_typed_stays(books, client, name):
    address, _, made, mistake, said = ACTS[name]
    client.force_login(books.alice)
    if name == "dispute":
        mistake = {**mistake, "item": books.late.pk}
    answer = client.post(f"/accounts/{books.lakeside.pk}/{address}", mistake)
    page = text_of(answer)
    assert answer.status_code == 422
    assert said in page
    assert 'aria-invalid="true"' in page
    for value in mistake.values():
        assert str(value).strip() in page
    assert made.objects.count() == 0


@pytest.mark.parametrize("role", ["auditor", "administrator"])
@pytest.mark.parametrize("name", [*ACTS, "block", "pin", "contact"])
def test_a_reader_changes_nothing(books, client, role, name):
    client.force_login(cast.user(role))
    lines = DiaryLine.objects.count()
    typed = ACTS[name][1] if name in ACTS else {"reason": "x", "kind": "legal", "name": "New"}
    assert client.get(f"/accounts/{books.lakeside.pk}/{name}").status_code == 403
    assert client.post(f"/accounts/{books.lakeside.pk}/{name}", typed).status_code == 403
    assert DiaryLine.objects.count() == lines


@pytest.mark.parametrize("name", [*ACTS, "block", "pin", "contact", "wake"])
def test_a_stranger_is_told_nothing(books, client, name):
    client.force_login(books.bob)
    typed = ACTS[name][1] if name in ACTS else {"reason": "x"}
    assert client.get(f"/accounts/{books.lakeside.pk}/{name}").status_code == 404
    assert client.post(f"/accounts/{books.lakeside.pk}/{name}", typed).status_code == 404


def test_a_form_from_another_site_is_refused(books):
    client = Client(enforce_csrf_checks=True)
    client.force_login(books.alice)
    assert client.post(f"/accounts/{books.lakeside.pk}/note", {"text": "x"}).status_code == 403
    assert not Note.objects.exists()


@pytest.mark.req("D2")
def test_a_promise_for_chosen_documents(books, client):
    client.force_login(books.alice)
    where = f"/accounts/{books.lakeside.pk}/promise"
    page = text_of(client.get(where, {"item": books.current.pk}))
    assert "INV-1002 (1,000.00 USD)" in page
    asked = {"hx-request": "true", "hx-target": "promise-line-understood"}
    said = text_of(client.get(where, {"item": books.current.pk, "promise": "half fri"}, headers=asked))
    assert "500.00 USD (half of 1,000.00 USD)" in said
    client.post(where, {"item": books.current.pk, "promise": "half fri", "source": "e-mail"})
    promise = Promise.objects.get()
    assert (promise.amount, promise.source) == (50_000, "e-mail")
    assert [row.item for row in promise.items.all()] == [books.current]
    answer = client.post(f"/promises/{promise.pk}/cancel", {"reason": "Logged twice"})
    assert answer.status_code == 302
    promise.refresh_from_db()
    assert promise.status == "cancelled"
    assert "cancelled" in text_of(client.get(answer.url))


@pytest.mark.req("D1")
def test_disputes_of_several_documents_are_opened_together_or_not_at_all(books, client):
    client.force_login(books.alice)
    where = f"/accounts/{books.lakeside.pk}/dispute"
    both = [books.late.pk, books.current.pk]
    answer = client.post(where, {"item": both, "reason": "price", "amount": "5"})
    assert answer.status_code == 422
    assert "for one document" in text_of(answer)
    assert not Dispute.objects.exists()
    assert client.post(where, {"item": both, "reason": "price", "department": "sales"}).status_code == 302
    assert sorted(Dispute.objects.values_list("amount", flat=True)) == [50_000, 100_000]
    # A collector opens; a senior resolves.
    dispute = Dispute.objects.first()
    assert client.post(f"/disputes/{dispute.pk}/resolve", {"resolution": "refused"}).status_code == 403
    client.force_login(cast.user("senior_collector"))
    assert client.post(f"/disputes/{dispute.pk}/resolve", {"resolution": ""}).status_code == 422
    assert client.post(f"/disputes/{dispute.pk}/resolve", {"resolution": "refused"}).status_code == 302
    dispute.refresh_from_db()
    assert dispute.resolution == "refused"


@pytest.mark.req("A1")
def test_a_number_is_corrected_and_the_old_one_kept(books, client):
    client.force_login(books.alice)
    point = ContactPoint.objects.get(value="+1 212 555 0143")
    assert client.post(f"/points/{point.pk}", {"value": "+1 212 555 0155"}).status_code == 302
    point.refresh_from_db()
    assert point.state == "wrong"
    new = ContactPoint.objects.get(value="+1 212 555 0155")
    assert (new.contact, new.kind, new.state) == (point.contact, "phone", "ok")
    line = DiaryLine.objects.get(about=f"contact_point:{new.pk}")
    assert (line.by, line.before["value"], line.after["value"]) == (
        books.alice,
        "+1 212 555 0143",
        "+1 212 555 0155",
    )
    assert client.post(f"/points/{new.pk}", {"state": "wrong"}).status_code == 302
    assert client.post(f"/points/{new.pk}", {"state": "nonsense"}).status_code == 422
    assert client.post(f"/points/{new.pk}", {"value": " "}).status_code == 422
    client.force_login(books.bob)
    assert client.post(f"/points/{point.pk}", {"value": "+1"}).status_code == 404


@pytest.mark.req("A1")
def test_people_are_added_and_changed(books, client):
    client.force_login(books.alice)
    where = f"/accounts/{books.lakeside.pk}/contact"
    assert client.post(where, {"name": ""}).status_code == 422
    client.post(
        where,
        {
            "name": "Noor Haddad",
            "role": ["ap", "nonsense"],
            "phone": "+1 212 555 0111",
            "email": "noor@l-100.test",
        },
    )
    person = Contact.objects.get(name="Noor Haddad")
    assert person.roles == ["ap"]
    assert sorted(person.points.values_list("kind", "value")) == [
        ("email", "noor@l-100.test"),
        ("phone", "+1 212 555 0111"),
    ]
    assert client.post(f"/contacts/{person.pk}/point", {"value": "noor@example.test"}).status_code == 302
    assert person.points.get(value="noor@example.test").kind == "email"
    typed = {
        "name": "Noor Haddad",
        "role": ["billing"],
        "time_zone": "Asia/Beirut",
        "do_not_call": "1",
        "gone": "1",
    }
    assert client.post(f"/contacts/{person.pk}", {**typed, "time_zone": "Moon/Base"}).status_code == 422
    assert client.post(f"/contacts/{person.pk}", typed).status_code == 302
    person.refresh_from_db()
    assert (person.roles, person.time_zone, person.do_not_call, person.active) == (
        ["billing"],
        "Asia/Beirut",
        True,
        False,
    )


def test_a_snooze_ends_when_it_is_ended(books, client):
    client.force_login(books.alice)
    where = f"/accounts/{books.lakeside.pk}"
    client.post(f"{where}/snooze", {"until": "2 weeks", "reason": "New ERP"})
    assert "snoozed until" in text_of(client.get(where))
    client.post(f"{where}/wake")
    assert "snoozed until" not in text_of(client.get(where))


def test_blocks_are_set_and_lifted_by_a_manager(books, client):
    client.force_login(books.mona)
    where = f"/accounts/{books.lakeside.pk}"
    assert client.post(f"{where}/block", {"kind": "", "reason": "x"}).status_code == 422
    assert (
        client.post(
            f"{where}/block", {"kind": "legal", "reason": "Counsel has it", "until": "in 2 months"}
        ).status_code
        == 302
    )
    block = Block.objects.get()
    assert "Counsel has it" in text_of(client.get(where))
    assert client.post(f"/blocks/{block.pk}/lift", {"reason": ""}).status_code == 422
    assert client.post(f"/blocks/{block.pk}/lift", {"reason": "Settled"}).status_code == 302
    assert "Counsel has it" not in text_of(client.get(f"{where}?kind=call"))


@pytest.mark.req("B7")
def test_follow_ups_are_listed_due_first_and_finished(books, client):
    for what, ahead in (("Later", 3), ("Late", -1), ("Today", 0)):
        FollowUp.objects.create(
            customer=books.lakeside, owner=books.alice, what=what, due_on=DAY + timedelta(ahead), created_at=cast.moment(DAY)
        )  # fmt: skip
    client.force_login(books.alice)
    page = text_of(client.get("/follow-ups"))
    assert page.index("Late<") < page.index("Today<", page.index("Late<")) < page.index("Later<")
    row = FollowUp.objects.get(what="Late")
    assert (
        client.post(f"/follow-ups/{row.pk}/finish", {"outcome": "Sent", "back": "/follow-ups"}).url
        == "/follow-ups"
    )
    assert "Late<" not in text_of(client.get("/follow-ups"))
    assert "Sent" in text_of(client.get("/follow-ups?done=1"))
    client.force_login(books.bob)
    assert "Later" not in text_of(client.get("/follow-ups?whose=all"))
    client.force_login(books.lena)
    assert "Later" in text_of(client.get("/follow-ups?whose=all"))


def test_a_follow_up_is_put_off_and_stays_with_its_owner(books, client):
    row = FollowUp.objects.create(
        customer=books.lakeside, owner=books.alice, what="Ask Priya", due_on=DAY, created_at=cast.moment(DAY)
    )
    client.force_login(books.alice)
    assert "put_off=1" in text_of(client.get("/follow-ups"))
    where = f"/follow-ups/{row.pk}/finish"
    assert client.post(where, {"put_off": "1", "until": "today"}).status_code == 422
    assert not FollowUp.objects.exclude(done_at=None).exists()
    assert (
        client.post(where, {"put_off": "1", "until": "in 4 days", "back": "/follow-ups"}).url == "/follow-ups"
    )
    row.refresh_from_db()
    again = FollowUp.objects.get(done_at=None)
    assert row.outcome.startswith("put off to ")
    assert (again.what, again.owner_id, again.due_on) == ("Ask Priya", books.alice.pk, DAY + timedelta(4))
