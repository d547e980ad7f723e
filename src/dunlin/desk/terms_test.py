"""Payment terms at the desk: said in words and by example while one types, saved, refused beside the field, for who may."""

from __future__ import annotations

import re

import pytest

from dunlin.actions.post_item import post_item
from dunlin.actions.save_terms import save_terms
from dunlin.records.models import DiaryLine, Item, PaymentTerms
from dunlin.rules.codes import Refused
from dunlin.rules.terms import Terms, in_short, rule_of, terms_of
from tests import cast
from tests.cast import TODAY, who

pytestmark = pytest.mark.django_db
NEW = "/settings/terms/new"
LIVE = {"hx-request": "true", "hx-target": "terms-said"}
# Today is Wednesday, 25 November 2026.
TERMS = {
    "2/10N30": (
        {"kind": "net_days", "days": "30", "discount_pct": "2", "discount_days": "10"},
        {"kind": "net_days", "days": 30, "discount_pct": "2", "discount_days": 10},
        "2 % within 10 days, else net 30", ["due Fri 25 Dec", "Paid by Sat 5 Dec it costs 20.00 USD less on 1,000.00 USD"],
    ),
    "EOM": ({"kind": "eom_plus"}, {"kind": "eom_plus"}, "The end of the invoice month", ["due Mon 30 Nov"]),
    "EOM15": (
        {"kind": "eom_plus", "days": "15"}, {"kind": "eom_plus", "days": 15},
        "15 days after the end of the invoice month", ["due Tue 15 Dec"],
    ),
    "PROX": (
        {"kind": "prox", "due_day": "20", "months": "1", "cutoff_day": "12"},
        {"kind": "prox", "due_day": 20, "months": 1, "cutoff_day": 12},
        "Day 20 of the month after the invoice; invoices after day 12 a month later", ["due Wed 20 Jan 2027"],
    ),
    "10TH": (
        {"kind": "day_of_month", "due_day": "10", "months": "1", "days": "99"}, {"kind": "day_of_month", "due_day": 10, "months": 1},
        "Day 10 of the month after the invoice", ["due Thu 10 Dec"],
    ),
    "HALVES": (
        {"kind": "range_end_plus", "ranges": "1-15, 16-eom", "days": "10"},
        {"kind": "range_end_plus", "days": 10, "ranges": [[1, 15], [16, "eom"]]},
        "10 days after the end of the invoice's range of days (1–15, 16–end of month)", ["due Thu 10 Dec"],
    ),
    "THIRDS": (
        {"kind": "instalments", "count": "3", "days": "30"}, {"kind": "instalments", "days": 30, "count": 3},
        "3 instalments, the first after 30 days, 1 month apart",
        ["in 3 parts; of 1,000.00 USD", "Fri 25 Dec 333.33 USD", "Mon 25 Jan 2027 333.33 USD", "Thu 25 Feb 2027 333.34 USD"],
    ),
    "ROLLS": (
        {"kind": "net_days", "days": "10", "roll": "following"}, {"kind": "net_days", "days": 10, "roll": "following"},
        "Net 10", ["moves to the next business day", "due Mon 7 Dec"],
    ),
    "STATED": ({"kind": "unknown", "days": "4"}, {"kind": "unknown"}, "the document must state it", []),
}  # fmt: skip


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("&#39;", "'").split()).replace(
        " .", "."
    )


@pytest.mark.req("A2")
@pytest.mark.parametrize("code", list(TERMS))
def test_terms_are_said_while_one_types_and_stored_as_the_rules_hold_them(books, client, code):
    typed, rule, short, said = TERMS[code]
    client.force_login(books.mona)
    live = client.get(NEW, {**typed, "code": code}, headers=LIVE)
    for words in (short, *said):
        assert words in text_of(live), words
    assert "<main" not in live.content.decode()
    assert client.post(NEW, {**typed, "code": code, "key": "k"}).status_code == 302
    stored = PaymentTerms.objects.get(code=code)
    assert stored.rule == rule
    terms = terms_of(code, stored.rule)
    if terms:
        assert rule_of(terms) == rule
    assert short in text_of(client.get("/settings/terms"))
    assert client.post(NEW, {**typed, "code": code, "key": "k"}).status_code == 302
    assert DiaryLine.objects.get(verb="save_terms").after["rule"] == rule
    edit = client.get(f"/settings/terms/{stored.pk}")
    assert short in text_of(edit)
    # Saved again as it stands, nothing of it is lost.
    fields = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]*? value="([^"]*)"', edit.content.decode()))
    kept = {name: value for name, value in fields.items() if name not in ("csrfmiddlewaretoken", "key")}
    again = {**kept, "kind": typed["kind"], "roll": typed.get("roll", "none")}
    assert client.post(f"/settings/terms/{stored.pk}", again).status_code == 302
    stored.refresh_from_db()
    assert stored.rule == rule


@pytest.mark.req("A2")
def test_changed_terms_leave_what_is_posted_and_hold_for_what_comes(books, client):
    net = cast.terms()
    before = cast.draft(books.lakeside, "invoice", "100.00", TODAY, terms_id=net.pk, number="A")
    (old,) = post_item(who(), before).item_ids
    client.force_login(books.mona)
    where = f"/settings/terms/{net.pk}"
    assert "The 1 open document that has them keep its due date" in text_of(client.get(where))
    answer = client.post(where, {"kind": "net_days", "days": "45"})
    assert (
        "NET30: Net 45. It holds for documents from now on; those posted before keep their due dates."
        in text_of(client.get(answer.url))
    )
    after = cast.draft(books.lakeside, "invoice", "100.00", TODAY, terms_id=net.pk, number="B")
    (new,) = post_item(who(), after).item_ids
    due = dict(Item.objects.filter(pk__in=[old, new]).values_list("pk", "due_on"))
    assert [(due[pk] - TODAY).days for pk in (old, new)] == [30, 45]
    line = DiaryLine.objects.get(verb="save_terms")
    assert (line.before["rule"]["days"], line.after["rule"]["days"]) == (30, 45)
    page = text_of(client.get(f"/accounts/{books.lakeside.pk}"))
    assert "Net 45 days from invoice date" in page


@pytest.mark.req("A2")
def test_the_account_says_a_discount_in_words(books, client):
    save_terms(who(), "X", {"kind": "net_days", "days": 30, "discount_pct": "1.5", "discount_days": 10})
    books.lakeside.terms = PaymentTerms.objects.get(code="X")
    books.lakeside.save()
    client.force_login(books.alice)
    page = text_of(client.get(f"/accounts/{books.lakeside.pk}"))
    assert "Net 30 days from invoice date; 1.5 % discount if paid within 10 days" in page


@pytest.mark.parametrize(
    "typed, said",
    [
        ({"code": ""}, "must not be blank"),
        ({"code": "net30"}, "There are terms with the code net30 already"),
        ({"code": "X" * 31}, "30 characters at most"),
        ({"kind": "never"}, "Choose how the due date is found"),
        ({"days": "soon"}, "whole number of days"),
        ({"days": "-1"}, "whole number of days"),
        ({"days": "9999"}, "3650 at most"),
        ({"kind": "prox", "due_day": "32"}, "1 to 31"),
        ({"kind": "range_end_plus"}, "Write the ranges of days"),
        ({"kind": "range_end_plus", "ranges": "1-15 and 16"}, "Write the ranges of days"),
        ({"kind": "instalments", "count": "0"}, "At least one instalment"),
        ({"discount_pct": "two"}, "a percentage such as 2"),
        ({"discount_pct": "101", "discount_days": "1"}, "0 to 100 per cent"),
        ({"discount_pct": "NaN", "discount_days": "1"}, "0 to 100 per cent"),
        ({"discount_pct": "2"}, "Within how many days"),
        ({"roll": "sideways"}, "Roll is none, following or preceding"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(books, client, typed, said):
    client.force_login(books.mona)
    whole = {"code": "NEW", "kind": "net_days", "days": "30", "description": "As agreed", **typed}
    answer = client.post(NEW, whole)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'value="As agreed"' in answer.content.decode()
    assert not PaymentTerms.objects.filter(code="NEW").exists()
    assert client.get(NEW, whole, headers=LIVE).status_code == 200


def test_the_action_refuses_what_no_form_would_send(books):
    with pytest.raises(Refused, match="no such terms"):
        save_terms(who(), "X", {"kind": "net_days"}, terms_id=999)
    for rule in (
        {"kind": "net_days", "days": "x"},
        {"kind": "net_days", "colour": 1},
        {"kind": "prox", "months": 121},
    ):
        with pytest.raises(Refused) as refused:
            save_terms(who(), "X", rule)
        assert refused.value.code == "terms_not_usable"
    with pytest.raises(Refused, match="save terms"):
        save_terms(who("collector"), "X", {"kind": "net_days"})
    assert in_short(Terms("X", "net_days")) == "Due on the invoice date"


@pytest.mark.req("D4")
def test_who_may_only_look_sees_the_list_without_doors(books, client):
    net = cast.terms()
    client.force_login(cast.user("auditor"))
    page = client.get("/settings/terms").content.decode()
    assert "NET30" in page
    assert NEW not in page
    assert f"/settings/terms/{net.pk}" not in page
    for where in (NEW, f"/settings/terms/{net.pk}"):
        assert client.get(where).status_code == client.post(where, {"days": "1"}).status_code == 403
    client.force_login(books.alice)
    assert client.get("/settings/terms").status_code == 403
    client.force_login(books.mona)
    assert client.get("/settings/terms/999").status_code == 404
    assert client.get(f"{NEW}?as_of=2026-01-01").status_code == 422
