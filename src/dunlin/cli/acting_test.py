"""What the acting commands do: a call with a promise, repeats by key, people, who may do what."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from dunlin.cli.standing import ledger_today
from dunlin.records.clock import now
from dunlin.records.models import Call, Customer, DiaryLine, FollowUp, Promise, User
from tests.cast import Books
from tests.typed import dunlin


@pytest.fixture
def at_noon(books: Books) -> Books:
    """Lakeside keeps its clock so that it is about noon there now, on a day that is not closed."""
    offset = (12 - now().hour) % 24
    zone = f"Etc/GMT-{offset}" if offset <= 14 else f"Etc/GMT+{24 - offset}"
    Customer.objects.filter(pk=books.lakeside.pk).update(time_zone=zone, country="")
    return books


def log(*words: object) -> Any:
    return dunlin("log", "call", "L-100", *words, "--as", "lena", "--override", "they asked us to", "--json")


@pytest.mark.req("B4")
@pytest.mark.req("D2")
def test_a_call_with_a_promise_and_a_follow_up(at_noon: Books) -> None:
    day = ledger_today()
    told = log(
        "reached", "--spoke-to", "Priya Raman", "--promise", "400.00", "--promise-on", day + timedelta(3),
        "--follow-up", "Send the copy", "--follow-up-on", day + timedelta(1), "--note", "pays by card 4111 1111 1111 1111",
    )  # fmt: skip
    assert told.status == 0, told.err
    assert set(told.json) == {
        "call",
        "customer",
        "outcome",
        "reached",
        "attempts_today",
        "promise",
        "follow_up",
    }
    assert (told.json["customer"], told.json["outcome"], told.json["reached"]) == ("L-100", "reached", True)
    promise = Promise.objects.get(pk=told.json["promise"])
    assert (promise.amount, promise.currency, promise.due_on) == (40_000, "USD", day + timedelta(3))
    assert FollowUp.objects.get(pk=told.json["follow_up"]).due_on == day + timedelta(1)
    call = Call.objects.get(pk=told.json["call"])
    assert call.by == at_noon.lena
    assert "4111 1111" not in call.note


@pytest.mark.invariant(26)
def test_after_reached_nobody_calls_again_today(at_noon: Books) -> None:
    assert log("reached").status == 0
    assert log("no_answer").refusal == (2, "call_not_allowed")


def test_a_repeat_with_the_same_key_does_nothing_and_answers_the_same(at_noon: Books) -> None:
    first = log("voicemail", "--key", "phone-17")
    again = log("voicemail", "--key", "phone-17")
    assert first.status == again.status == 0, first.err
    assert first.json == again.json
    assert Call.objects.count() == 1
    assert log("busy", "--key", "phone-17").refusal == (2, "same_key_other_content")


@pytest.mark.parametrize(
    "words, code",
    [
        (["--promise", "10.00"], "usage"),
        (["--promise", "a lot", "--promise-on", "2999-01-01"], "not_money"),
        (["--promise", "10.001", "--promise-on", "2999-01-01"], "not_money"),
        (["--promise-on", "tomorrow"], "date_not_understood"),
        (["--promise-on", "2001-01-01"], "promise_date_past"),
    ],
)
def test_a_promise_that_is_none_is_refused_and_no_call_is_kept(
    at_noon: Books, words: list[str], code: str
) -> None:
    assert log("reached", *words).refusal == (2, code)
    assert not Call.objects.exists()


def test_an_auditor_does_not_call(at_noon: Books) -> None:
    User.objects.create_user("ed", role="auditor")
    assert dunlin("log", "call", "L-100", "reached", "--as", "ed").refusal == (2, "not_permitted")


# People


@pytest.mark.req("D4")
def test_people_are_made_listed_and_changed(db: None) -> None:
    made = dunlin(
        "user", "add", "nora", "--role", "collector", "--name", "Nora Field", "--email", "nora@dunlin.test"
    )
    password = re.search(r"shown this once: (\S+)", made.out)[1]  # type: ignore[index]
    assert User.objects.get(username="nora").check_password(password)
    assert dunlin("user", "list", "--json").json == {
        "users": [
            {
                "username": "nora",
                "name": "Nora Field",
                "role": "collector",
                "email": "nora@dunlin.test",
                "active": True,
            }
        ]
    }
    assert dunlin("user", "change", "nora", "--role", "team_lead", "--inactive", "--new-password").status == 0
    nora = User.objects.get(username="nora")
    assert (nora.role, nora.is_active, nora.check_password(password)) == ("team_lead", False, False)
    assert "(inactive)" in dunlin("user", "list").out
    diary = list(DiaryLine.objects.order_by("pk").values_list("verb", "door", "role"))
    assert diary == [("manage_users", "cli", "administrator")] * 2
    assert password not in str(list(DiaryLine.objects.values()))


@pytest.mark.parametrize(
    "words, code",
    [
        (["add", "alice", "--role", "collector"], "user_exists"),
        (["add", "nora", "--role", "collector", "--password", "short"], "password_too_weak"),
        (["add", "nora", "--role", "collector", "--as", "alice"], "not_permitted"),
        (["change", "adam", "--inactive", "--as", "adam"], "own_role"),
    ],
)
def test_a_person_who_may_not_be_made_is_not(books: Books, words: list[str], code: str) -> None:
    before = list(User.objects.order_by("pk").values())
    assert dunlin("user", *words).refusal == (2, code)
    assert list(User.objects.order_by("pk").values()) == before
