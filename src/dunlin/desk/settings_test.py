"""Settings: made from the registry, errors beside fields, resets, the diary; calendars, periods, rates, people."""

from __future__ import annotations

import re

import pytest

from dunlin.actions.change_settings import change_settings
from dunlin.actions.record_rate import record_rate
from dunlin.desk.settings import value_of
from dunlin.records import balance_sums
from dunlin.records.models import (
    Balance,
    BusinessCalendar,
    CalendarDay,
    DiaryLine,
    ExchangeRate,
    Period,
    Setting,
    User,
)
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.policy import SETTINGS, Policy
from tests import cast

pytestmark = pytest.mark.django_db

PAGES = ("/settings/", "/settings/calendars", "/settings/periods", "/settings/rates", "/settings/text")


@pytest.fixture
def manager(books, client):
    client.force_login(books.mona)
    return client


@pytest.fixture
def admin(books, client):
    client.force_login(books.adam)
    return client


@pytest.mark.parametrize("page", [*PAGES, "/settings/users"])
@pytest.mark.parametrize(
    "role, status",
    [("ar_manager", 200), ("administrator", 200), ("collector", 403), ("team_lead", 403), ("auditor", 200)],
)
def test_settings_are_for_those_who_answer_for_them(books, client, page, role, status):
    client.force_login(cast.user(role))
    assert client.get(page).status_code == status


@pytest.mark.parametrize("page", [*PAGES, "/settings/users", "/settings/diary", "/imports/"])
def test_an_auditor_reads_everything_and_finds_nothing_to_press(books, client, page):
    client.force_login(cast.user("auditor"))
    text = client.get(page).content.decode().partition("<main")[2]
    posts = re.findall(r'<form[^>]*method="post"[^>]*>.*?</form>', text, re.DOTALL)
    assert not [form for form in posts if "<button" in form.replace('class="unseen"', "")]


def test_every_setting_stands_on_the_page_with_its_help_and_default(manager):
    page = manager.get("/settings/").content.decode()
    assert sorted(re.findall(r'name="sent\.([a-z_.]+)"', page)) == sorted(SETTINGS)
    assert "Everything is at its default" in page
    assert "Default 75; 1 to 1000" in page


def test_the_form_as_shown_changes_nothing(manager):
    """Sending back every field as the page shows it is no change: reading and writing are each other's inverse."""
    page = manager.get("/settings/").content.decode()
    inputs = re.findall(r'<input([^>]*) name="([a-z_.]+)" value="([^"]*)"([^>]*)>', page)
    form = {name: value for head, name, value, tail in inputs if "checkbox" not in head or "checked" in tail}
    form |= dict(re.findall(r'<textarea[^>]* name="([a-z_.]+)"[^>]*>([^<]*)</textarea>', page))
    for name, options in re.findall(r'<select[^>]* name="([a-z_.]+)"[^>]*>(.*?)</select>', page):
        form[name] = re.search(r'value="([^"]*)" selected', options).group(1)
    assert len(form) > 2 * len(SETTINGS) - 5
    assert manager.post("/settings/", form).status_code == 302
    assert list(Setting.objects.values_list("name", "value")) == []


@pytest.mark.req("B2")
def test_a_change_is_kept_marked_told_and_set_back(manager, books):
    answer = manager.post(
        "/settings/", {"group": "campaign", "sent.campaign.size": "1", "campaign.size": "60"}, follow=True
    )
    page = answer.content.decode()
    assert current_policy().campaign_size == 60
    assert "Saved: Customers on a day’s list" in page
    assert "1 setting differs" in page
    assert "Mona, " in page
    assert "Set back" in page
    line = DiaryLine.objects.get(about="setting:campaign.size")
    assert (line.before, line.after, line.by) == (75, 60, books.mona)
    manager.post("/settings/", {"group": "campaign", "reset": "campaign.size"})
    assert current_policy() == Policy()
    assert DiaryLine.objects.filter(about="setting:campaign.size").count() == 2


@pytest.mark.parametrize("name, typed, words", [
    ("campaign.size", "5000", "is above 1000"), ("campaign.size", "many", "is not a whole number"), ("campaign.size", "", "is not a whole number"),
    ("campaign.max_attempts", "4", "is above 3"), ("aging.bucket_uppers", "60, 30", "rising"),
    ("aging.bucket_uppers", "1 2 3 4 5 6 7 8 9 10", "at most"), ("home.currency", "XYZ", "XYZ"), ("ledger.time_zone", "Mars/Base", "not a time zone"),
    ("ledger.time_zone", "../../etc/passwd", "not a time zone"), ("conduct.call_hours", "default 8-20", "is not hours"),
    ("conduct.call_hours", "US 08:00-20:00", "no row"), ("target.late_total", "NaN", "not a number"), ("stage.days", "5", "two of them"),
])  # fmt: skip
def test_what_will_not_do_stands_beside_its_field_and_keeps_what_was_typed(manager, name, typed, words):
    answer = manager.post(
        "/settings/", {f"sent.{name}": "1", name: typed, "sent.target.dso_days": "1", "target.dso_days": "33"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'aria-invalid="true"' in page
    assert 'value="33"' in page, "the other fields keep what was typed too"
    assert not Setting.objects.exists(), "all or nothing"


def test_the_order_of_the_tiers_comes_from_their_places():
    setting = SETTINGS["worklist.tier_order"]
    typed = {
        f"{setting.name}.{tier}": str(len(setting.choices) - at) for at, tier in enumerate(setting.choices)
    }
    assert value_of(setting, typed) == list(reversed(setting.choices))


@pytest.mark.req("A3")
def test_other_buckets_write_the_balances_anew_in_the_same_act(manager, books):
    change_settings(cast.who(books.mona), {"aging.late_bucket_from": 31})
    manager.post("/settings/", {"sent.aging.bucket_uppers": "1", "aging.bucket_uppers": "10, 45"})
    row = Balance.objects.get(customer=books.lakeside)
    assert (row.bucket_0, row.bucket_1, row.bucket_2, row.bucket_3) == (100_000, 0, 50_000, 0)
    assert balance_sums.compare(row.as_of, current_policy()) == []


def test_a_dry_run_of_a_change_leaves_nothing(books):
    change_settings(cast.who(books.mona).dry(), {"campaign.size": 60})
    assert not Setting.objects.exists()
    with pytest.raises(Refused, match="no setting"):
        change_settings(cast.who(books.mona), {"campaign.sise": 60})
    with pytest.raises(Refused, match="may not"):
        change_settings(cast.who(books.alice), {"campaign.size": 60})


@pytest.mark.req("H4")
def test_settings_as_text_go_out_and_come_back_in(manager):
    text = manager.get("/settings/text?form=yaml").content.decode()
    assert text.endswith("{}\n")
    page = manager.post(
        "/settings/text", {"text": "campaign.size: 60\ntarget.dso_days: 30\n", "do": "check"}
    ).content.decode()
    assert "Apply 2 changes" in page
    assert not Setting.objects.exists()
    manager.post("/settings/text", {"text": "campaign.size: 60\n", "do": "apply"})
    assert current_policy().changed() == {"campaign.size": 60}
    manager.post("/settings/text", {"text": "{}", "do": "apply"})
    assert current_policy() == Policy()


@pytest.mark.parametrize(
    "text",
    [
        "campaign.sise: 60",
        "- a",
        "a: [",
        "campaign.size: 9999",
        "!!python/object/apply:os.system ['true']",
        "1: 2",
    ],
)
def test_a_text_that_will_not_do_is_kept_with_its_reason(manager, text):
    answer = manager.post("/settings/text", {"text": text, "do": "apply"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Setting.objects.exists()


def test_calendars_are_filled_closed_and_opened(manager):
    assert "There are no calendars yet" in manager.get("/settings/calendars").content.decode()
    manager.post("/settings/calendars", {"do": "fill", "country": "us", "years": "2026"})
    assert set(BusinessCalendar.objects.values_list("code", flat=True)) == {"ledger", "bank", "contact:US"}
    there = "/settings/calendars?calendar=ledger&year=2026"
    manager.post(there, {"do": "close", "on": "2026-12-24", "name": "Office closed"})
    assert "Office closed" in manager.get(there).content.decode()
    manager.post(there, {"do": "open", "on": "2026-12-24"})
    assert not CalendarDay.objects.filter(calendar__code="ledger", on="2026-12-24").exists()
    assert DiaryLine.objects.filter(verb="change_calendar", about="calendar:ledger").count() == 2
    answer = manager.post(there, {"do": "close", "on": "soon", "name": "Kept"})
    assert answer.status_code == 422
    assert 'value="Kept"' in answer.content.decode()
    assert manager.post(there, {"do": "close", "on": "2026-12-24", "name": ""}).status_code == 422
    assert manager.post(there, {"do": "fill", "country": "XX", "years": "2026"}).status_code == 422
    assert manager.post(there, {"do": "fill", "country": "US", "years": "2026-2030"}).status_code == 422


@pytest.mark.invariant(9)
def test_a_period_is_locked_and_unlocked_with_a_reason(manager, books):
    form = {"entity": books.entity.pk, "starts": "2026-09-01", "ends": "2026-09-30", "reason": "Month closed"}
    assert manager.post("/settings/periods", form).status_code == 302
    row = Period.objects.get()
    assert row.locked_by == books.mona
    again = manager.post("/settings/periods", form)
    assert again.status_code == 422
    assert "is locked already" in again.content.decode()
    assert (
        manager.post("/settings/periods", {**form, "starts": "2026-09-15", "ends": "2026-10-15"}).status_code
        == 422
    )
    assert (
        manager.post("/settings/periods", {**form, "starts": "2026-10-15", "ends": "2026-10-01"}).status_code
        == 422
    )
    assert manager.post("/settings/periods", {**form, "entity": "999999"}).status_code == 422
    assert (
        manager.post("/settings/periods", {"do": "unlock", "period": row.pk, "reason": " "}).status_code
        == 422
    )
    assert (
        manager.post(
            "/settings/periods", {"do": "unlock", "period": row.pk, "reason": "Credit note"}
        ).status_code
        == 302
    )
    assert DiaryLine.objects.get(verb="unlock_period").cause == "Credit note"


def test_an_administrator_locks_no_period_and_records_no_rate(admin, books):
    form = {"entity": books.entity.pk, "starts": "2026-09-01", "ends": "2026-09-30"}
    assert admin.post("/settings/periods", form).status_code == 403
    assert admin.post("/settings/rates", {"base": "EUR", "quote": "USD", "rate": "1.1"}).status_code == 403


def test_a_rate_is_recorded_and_corrected(manager, books):
    form = {"base": "eur", "quote": "usd", "rate": "1.0845", "on": "2026-11-20", "source": "ECB"}
    assert manager.post("/settings/rates", form).status_code == 302
    manager.post("/settings/rates", {**form, "rate": "1.09"})
    assert str(ExchangeRate.objects.get().rate) == "1.090000"
    line = DiaryLine.objects.filter(verb="record_rate").latest("pk")
    assert (line.before["rate"], line.after["rate"]) == ("1.084500", "1.09")
    page = manager.get("/settings/rates").content.decode()
    assert "ECB" in page
    assert "1.09" in page


@pytest.mark.parametrize("changed", [
    {"rate": "0"}, {"rate": "-1"}, {"rate": "NaN"}, {"rate": "1e99"}, {"rate": "1.12345678"}, {"rate": "abc"}, {"base": "USD"}, {"base": "XXZ"},
    {"on": "2099-01-01"},
])  # fmt: skip
def test_a_rate_that_will_not_do_is_refused_beside_its_field(manager, changed):
    answer = manager.post(
        "/settings/rates", {"base": "EUR", "quote": "USD", "rate": "1.1", "source": "Kept", **changed}
    )
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert 'value="Kept"' in answer.content.decode()
    assert not ExchangeRate.objects.exists()


def test_a_rate_of_today_may_be_given_as_text(books):
    assert record_rate(cast.who(books.mona), "EUR", "USD", cast.TODAY, "1.1").before is None


@pytest.mark.req("D4")
def test_a_person_is_added_with_a_password_shown_once_that_works(admin, client):
    answer = admin.post(
        "/settings/users",
        {"name": "Nora Weiss", "username": "nora", "role": "collector", "email": "n@x.test"},
    )
    page = answer.content.decode()
    password = re.search(r'class="secret code">([^<]+)<', page).group(1)
    person = User.objects.get(username="nora")
    assert person.check_password(password)
    assert "no-store" in answer["Cache-Control"]
    assert password not in admin.get("/settings/users").content.decode()
    assert password not in "".join(map(str, DiaryLine.objects.values_list("after", flat=True)))


@pytest.mark.parametrize("changed, words", [
    ({"username": "alice"}, "There is a user alice already"), ({"username": ""}, "Which name"), ({"username": "a b<script>"}, "Use letters"),
    ({"role": ""}, "Choose a role"), ({"role": "king"}, "is not a role"), ({"email": "nowhere"}, "not an e-mail"),
])  # fmt: skip
def test_a_person_that_will_not_do_keeps_what_was_typed(admin, changed, words):
    answer = admin.post(
        "/settings/users", {"name": "Nora Weiss", "username": "nora", "role": "collector", **changed}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'value="Nora Weiss"' in page
    assert "a b<script>" not in page
    assert not User.objects.filter(first_name="Nora").exists()


@pytest.mark.req("D4")
def test_roles_change_people_leave_and_passwords_are_made_anew(admin, books, client):
    there = f"/settings/users/{books.alice.pk}"
    admin.post(there, {"role": "senior_collector"})
    books.alice.refresh_from_db()
    assert books.alice.role == "senior_collector"
    page = admin.post(there, {"do": "password"}).content.decode()
    books.alice.refresh_from_db()
    assert books.alice.check_password(re.search(r'class="secret code">([^<]+)<', page).group(1))
    admin.post(there, {"do": "leave"})
    books.alice.refresh_from_db()
    assert not books.alice.is_active
    admin.post(there, {"do": "return"})
    books.alice.refresh_from_db()
    assert books.alice.is_active
    assert admin.post(there, {"role": "king"}).status_code == 422
    own = f"/settings/users/{books.adam.pk}"
    assert admin.post(own, {"role": "ar_manager"}).status_code == 422
    assert admin.post(own, {"do": "leave"}).status_code == 422
    assert admin.get("/settings/users/999999").status_code == 404


def test_nobody_else_touches_people(manager, books):
    for there in ("/settings/users", f"/settings/users/{books.alice.pk}"):
        assert (
            manager.post(there, {"role": "administrator", "username": "x", "do": "password"}).status_code
            == 403
        )


@pytest.mark.req("D4")
def test_an_administrator_finds_the_forms_for_somebody_else_and_not_for_themselves(admin, books):
    other = admin.get(f"/settings/users/{books.alice.pk}").content.decode()
    assert "Change the role" in other
    assert "They left" in other
    own = admin.get(f"/settings/users/{books.adam.pk}").content.decode()
    assert "Change the role" not in own
    assert "They left" not in own
