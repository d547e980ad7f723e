"""Team: who may see it, gaps with their fix, backups, rules tried before they are saved, assignment with a reason."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunlin.actions import preview_portfolios
from dunlin.desk.assigning import in_words
from dunlin.records.models import Absence, Customer, DiaryLine, PortfolioRule
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("B1")]

PAGES = ("/team/", "/team/assign", "/team/backup", "/team/rules", "/team/rules/new")


@pytest.fixture
def lead(books, client):
    client.force_login(books.lena)
    return client


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "role, status", [("team_lead", 200), ("ar_manager", 200), ("collector", 403), ("sales", 403)]
)
def test_the_team_is_for_those_who_lead(books, client, page, role, status):
    client.force_login(cast.user(role))
    assert client.get(page).status_code == status


def test_an_auditor_looks_and_is_offered_nothing(books, client):
    client.force_login(cast.user("auditor"))
    page = client.get("/team/").content.decode()
    assert "Alice" in page
    assert "Assign customers" not in page
    assert client.get("/team/assign").status_code == 403


@pytest.mark.req("B8")
@pytest.mark.parametrize("days", ["1", "7", "30", "", "x", "999999"])
def test_each_person_stands_with_portfolio_and_work(lead, books, days):
    page = lead.get(f"/team/?days={days}").content.decode()
    assert "Alice" in page
    assert "Bob" in page
    assert f"/team/{books.alice.pk}" in page
    assert "500.00" in page, "what Alice's customers have past due"


def test_the_past_is_shown_and_offers_no_change(lead):
    page = lead.get("/team/?as_of=2026-11-20").content.decode()
    assert "portfolios are those of today" in page
    assert "Assign customers" not in page
    assert lead.post("/team/rules?as_of=2026-11-20", {"do": "apply"}).status_code in (302, 422)


def test_gaps_stand_with_the_fix_beside_them(lead, books):
    Customer.objects.filter(pk=books.harbour.pk).update(collector=None)
    page = lead.get("/team/").content.decode()
    assert "Assigned to nobody" in page
    assert "owner=none" in page
    Absence.objects.create(user=books.alice, backup=books.bob, from_on=cast.TODAY, through_on=cast.TODAY)
    Absence.objects.create(user=books.bob, backup=books.alice, from_on=cast.TODAY, through_on=cast.TODAY)
    page = lead.get("/team/").content.decode()
    assert "Alice is away without cover" in page
    assert f"/team/backup?user={books.alice.pk}" in page


def test_a_person_stands_with_days_calls_and_notes_and_a_stranger_does_not(lead, books):
    assert lead.get(f"/team/{books.alice.pk}").status_code == 200
    assert lead.get("/team/999999").status_code == 404
    assert lead.get(f"/team/{books.adam.pk}").status_code == 404, "who works no accounts has no such page"


def test_a_backup_is_set_and_ended(lead, books):
    form = {
        "user": books.alice.pk,
        "backup": books.bob.pk,
        "from": "",
        "through": "2026-12-04",
        "reason": "Leave",
    }
    assert lead.post("/team/backup", form).status_code == 302
    row = Absence.objects.get()
    assert (row.from_on, row.through_on.isoformat(), row.reason) == (cast.TODAY, "2026-12-04", "Leave")
    assert "Leave" in lead.get("/team/").content.decode()
    assert lead.post(f"/team/backup/{row.pk}/end").status_code == 302
    assert not Absence.objects.exists()
    assert lead.post(f"/team/backup/{row.pk}/end").status_code == 404


@pytest.mark.parametrize("changed, words", [
    ({"backup": "self"}, "cannot be the backup for themselves"),
    ({"through": "2026-01-01", "from": "2026-02-01"}, "before it starts"),
    ({"through": "someday"}, "someday"), ({"through": ""}, "Through which day?"), ({"user": ""}, "Who is away?"),
])  # fmt: skip
def test_a_backup_that_will_not_do_says_why_and_keeps_what_was_typed(lead, books, changed, words):
    form = {
        "user": books.alice.pk,
        "backup": books.bob.pk,
        "through": "2026-12-04",
        "reason": "Long leave",
        **changed,
    }
    form = {name: books.alice.pk if value == "self" else value for name, value in form.items()}
    answer = lead.post("/team/backup", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "Long leave" in page
    assert 'aria-invalid="true"' in page
    assert not Absence.objects.exists()


RULE = {"name": "US to Bob", "priority": "10", "countries": "us", "active": "1"}


def test_a_rule_is_tried_on_the_whole_book_and_nothing_is_changed(lead, books):
    lines = DiaryLine.objects.count()
    page = lead.post("/team/rules/new", {**RULE, "collector": books.bob.pk, "do": "try"}).content.decode()
    assert "2 customers would change hands" in page
    assert "Alice" in page
    assert "Save and assign 2" in page
    assert not PortfolioRule.objects.exists()
    assert Customer.objects.get(pk=books.lakeside.pk).collector == books.alice
    assert DiaryLine.objects.count() == lines


def test_a_rule_is_saved_changed_and_applied(lead, books):
    lead.post("/team/rules/new", {**RULE, "collector": books.bob.pk, "do": "save"})
    row = PortfolioRule.objects.get()
    assert row.criteria == {"countries": ["US"]}
    assert Customer.objects.get(pk=books.lakeside.pk).collector == books.alice
    page = lead.get(f"/team/rules/{row.pk}").content.decode()
    assert 'value="US"' in page
    assert "US to Bob" in page
    lead.post(
        f"/team/rules/{row.pk}",
        {**RULE, "collector": books.bob.pk, "balance_from": "1,000.00", "do": "apply"},
    )
    row.refresh_from_db()
    assert row.criteria == {"countries": ["US"], "balance_from": 100_000}
    assert Customer.objects.get(pk=books.lakeside.pk).collector == books.bob
    assert lead.get("/team/rules/999").status_code == 404


@pytest.mark.parametrize("changed, words", [
    ({"name": " "}, "Give the rule a name"), ({"collector": ""}, "Who gets these customers?"),
    ({"balance_from": "a lot"}, "Write an amount such as"), ({"balance_from": "5", "balance_to": "4"}, "below the lower end"),
    ({"priority": "high"}, "A whole number"),
])  # fmt: skip
def test_a_rule_that_will_not_do_keeps_what_was_typed(lead, books, changed, words):
    form = {
        **RULE,
        "collector": books.bob.pk,
        "name_from": "Lake",
        "invoice_classes": ["mrr"],
        "do": "save",
        **changed,
    }
    answer = lead.post("/team/rules/new", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'value="Lake"' in page
    assert 'value="mrr" checked' in page
    assert not PortfolioRule.objects.exists()


def test_all_rules_are_tried_then_applied(lead, books):
    PortfolioRule.objects.create(name="All", collector=books.bob, priority=1)
    page = lead.post("/team/rules", {"do": "try"}).content.decode()
    assert "Assign 2 customers" in page
    lead.post("/team/rules", {"do": "apply"})
    assert set(Customer.objects.values_list("collector", flat=True)) == {books.bob.pk}


def test_a_preview_tells_from_whom_to_whom(books):
    found = preview_portfolios.preview_portfolios(
        cast.who(books.lena),
        {
            "name": "All",
            "collector_id": books.bob.pk,
            "criteria": {"name_from": "Lakeside", "name_to": "Lakeside"},
        },
    )
    assert (books.alice.pk, books.bob.pk, 2) in found.moves
    assert (books.bob.pk, None, 1) in found.moves, "whom no rule takes has nobody"
    assert (found.changed, found.unassigned) == (3, 1)


def test_chosen_customers_are_given_away_with_a_reason(lead, books):
    form = {"customer": [books.lakeside.pk], "to": books.bob.pk, "reason": "Alice moves to Berlin"}
    assert lead.post("/team/assign", form).status_code == 302
    row = Customer.objects.get(pk=books.lakeside.pk)
    assert (row.collector, row.assigned_by_hand) == (books.bob, True)
    line = DiaryLine.objects.get(verb="assign_customers", customer=row)
    assert (line.cause, line.by) == ("Alice moves to Berlin", books.lena)
    assert Customer.objects.get(pk=books.branch.pk).collector == books.alice


def test_every_customer_that_passes_the_filters_can_be_given_away_and_back_to_the_rules(lead, books):
    form = {"every": "1", "to": books.bob.pk, "reason": "All"}
    lead.post(f"/team/assign?owner={books.alice.pk}", form)
    assert Customer.objects.filter(collector=books.bob).count() == 3
    lead.post("/team/assign?name=Harbour", {"every": "1", "to": "rules", "reason": "Rules again"})
    assert Customer.objects.get(pk=books.harbour.pk).collector is None, "no rule takes it"


@pytest.mark.parametrize("changed, words", [
    ({"reason": ""}, "Say why"), ({"to": ""}, "To whom?"), ({"customer": []}, "Choose at least one"), ({"to": "999999"}, "no user"),
])  # fmt: skip
def test_an_assignment_that_will_not_do_keeps_the_choice(lead, books, changed, words):
    form = {"customer": [books.lakeside.pk], "to": books.bob.pk, "reason": "Because", **changed}
    answer = lead.post("/team/assign", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    if form["customer"]:
        assert f'value="{books.lakeside.pk}" aria-label="Choose Lakeside Hotels" checked' in page
    assert Customer.objects.get(pk=books.lakeside.pk).collector == books.alice


def test_criteria_are_told_in_words():
    assert in_words({}, "USD") == "everyone"
    assert in_words({"countries": ["US"], "name_from": "A", "balance_from": 100_00}, "USD") == (
        "in US; name A to the last; owing 100.00 USD or more"
    )


@pytest.mark.parametrize("page", ["/team/", "/team/assign", "/team/rules"])
def test_more_people_and_customers_take_no_more_queries(lead, books, page):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert lead.get(page).status_code == 200
        return len(seen)

    before = queries()
    for n in range(8):
        person = cast.user("collector", f"more{n}")
        PortfolioRule.objects.create(name=f"R{n}", collector=person)
        cast.invoice(cast.customer(f"More {n}", collector=person), "10.00", due=cast.TODAY)
    assert queries() == before
