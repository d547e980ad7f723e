"""The shell: attributes, rail, toasts, themes, pages and parts, and the pages of when something is wrong."""

from __future__ import annotations

import re

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.test import Client, RequestFactory, override_settings
from django.urls import include, path, reverse

from dunlin.desk import problems, shell, tables
from dunlin.rules.codes import Refused
from dunlin.rules.roles import VERBS
from tests import cast

# This file is also the addresses of two tests below: the real ones and two that fail on purpose.
handler404 = "dunlin.desk.problems.not_found"
handler500 = "dunlin.desk.problems.broken"


def _refuse(request):
    raise Refused("customer_unknown", customer="C-1")


def _break(request):
    raise RuntimeError("as planned")


urlpatterns = [path("refuse", _refuse), path("break", _break), path("", include("dunlin.config.urls"))]


@pytest.fixture
def ana(db: None, client: Client) -> Client:
    client.force_login(cast.user("collector"))
    return client


def test_attributes_are_written_as_html_wants_them() -> None:
    written = shell.attrs(
        {"hx_get": "/a?b=1&c=2", "data_key": '"', "required": True, "disabled": False, "title": None}
    )
    assert str(written) == ' hx-get="/a?b=1&amp;c=2" data-key="&#34;" required'


@pytest.mark.parametrize("name", ["style", "onclick"])
def test_attributes_that_the_content_policy_drops_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="content policy"):
        shell.attrs({name: "x"})


def test_addresses_that_do_not_exist_are_none() -> None:
    assert shell.url_or_none("no_such_page") is None
    assert shell.url_or_none("design") == "/design"


def test_rail_names_are_different_and_its_verbs_exist() -> None:
    assert (
        len({entry.name for entry in shell.RAIL})
        == len({entry.key for entry in shell.RAIL})
        == len(shell.RAIL)
    )
    for entry in shell.RAIL:
        assert not entry.verb or entry.verb in VERBS


def test_static_files_carry_the_mark_of_their_content() -> None:
    assert re.fullmatch(r"/static/desk\.css\?v=[0-9a-f]{8}", shell.asset("desk.css"))
    with pytest.raises(FileNotFoundError):
        shell.asset("no_such_file.css")


def test_toasts_carry_undo_and_link() -> None:
    request = RequestFactory().get("/")
    request._messages = [
        Message(constants.SUCCESS, "Done.", extra_tags="undo=/undo/4 link=/call/4"),
        Message(constants.ERROR, "No."),
    ]
    assert shell.toasts(request) == [
        shell.Toast("good", "Done.", "/undo/4", "/call/4"),
        shell.Toast("bad", "No."),
    ]


@pytest.mark.parametrize(
    ("asked", "total", "number", "first", "last"),
    [("1", 0, 1, 0, 0), ("", 5, 1, 1, 5), ("2", 150, 2, 101, 150), ("99", 150, 2, 101, 150), ("-3", 150, 1, 1, 100), ("x", 150, 1, 1, 100), ("٢", 150, 1, 1, 100), ("9" * 400, 150, 1, 1, 100)],
)  # fmt: skip
def test_pages_never_leave_their_range(asked: str, total: int, number: int, first: int, last: int) -> None:
    pages = tables.pages_of(RequestFactory().get("/", {"page": asked}), total)
    assert (pages.number, pages.first, pages.last) == (number, first, last)


def test_only_known_orders_reach_the_report() -> None:
    get = RequestFactory().get
    assert tables.sort_of(get("/", {"sort": "-name"}), {"name"}, "id") == "-name"
    assert tables.sort_of(get("/", {"sort": "name; drop"}), {"name"}, "id") == "id"
    assert tables.sort_of(get("/", {"sort": "--name"}), {"name"}, "id") == "id"


def test_a_head_turns_its_order_round() -> None:
    assert tables.next_sort("name", "open", number=True) == "-open"
    assert tables.next_sort("-open", "open", number=True) == "open"
    assert tables.next_sort("-name", "name", number=False) == "name"


def test_design_is_a_page_and_its_table_a_part(ana: Client) -> None:
    page = ana.get(reverse("design"))
    assert page.status_code == 200
    assert b'<nav class="rail"' in page.content
    part = ana.get(reverse("design"), headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert b"Past due customers" in part.content
    assert "HX-Request" in part["Vary"]


def test_no_page_has_inline_style_or_script(ana: Client) -> None:
    for name in ("design", "me"):
        text = ana.get(reverse(name)).content.decode()
        assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", text)
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert "<style" not in text


def test_the_past_is_marked_and_has_a_way_back(ana: Client) -> None:
    text = ana.get(reverse("design"), {"as_of": "2020-03-02"}).content.decode()
    assert "Mon 2 Mar 2020" in text
    assert "Back to today" in text
    assert "Back to today" not in ana.get(reverse("design")).content.decode()


def test_the_theme_stays_in_the_browser(ana: Client) -> None:
    ana.post(reverse("me_theme"), {"theme": "dark"})
    assert '<html lang="en" data-theme="dark">' in ana.get(reverse("me")).content.decode()
    ana.post(reverse("me_theme"), {"theme": '"><script>'})
    assert '<html lang="en">' in ana.get(reverse("me")).content.decode()


@override_settings(ROOT_URLCONF="dunlin.desk.shell_test")
def test_a_refusal_is_a_page_for_people_and_a_sentence_for_a_live_part(ana: Client) -> None:
    page = ana.get("/refuse")
    assert page.status_code == 404
    assert "There is no customer C-1." in page.content.decode()
    part = ana.get("/refuse", headers={"HX-Request": "true"})
    assert part.content.decode().strip() == "<p data-refusal>There is no customer C-1.</p>"


def test_an_unknown_address_says_so(ana: Client) -> None:
    page = ana.get("/no/such/page")
    assert page.status_code == 404
    assert "There is no such page" in page.content.decode()
    assert ana.get("/no/such/page", headers={"Accept": "application/json"}).json()["code"] == "http_404"


@override_settings(ROOT_URLCONF="dunlin.desk.shell_test")
def test_a_broken_page_tells_the_id_and_asks_no_database(ana: Client, django_assert_num_queries) -> None:
    ana.raise_request_exception = False
    page = ana.get("/break", headers={"X-Request-Id": "abcdefgh12345678"})
    assert page.status_code == 500
    assert "abcdefgh12345678" in page.content.decode()
    with django_assert_num_queries(0):
        assert problems.broken(RequestFactory().get("/")).status_code == 500


def test_a_form_without_its_token_is_explained(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.user("collector"))
    page = client.post(reverse("me_theme"), {"theme": "dark"})
    assert page.status_code == 403
    assert "open too long" in page.content.decode()


@pytest.mark.parametrize(
    "address", ["login/", "login/code/", "password/reset/", "signup/", "2fa/", "password/change/", "2fa/totp/activate/", "reauthenticate/", "logout/"],
)  # fmt: skip
def test_sign_in_pages_wear_our_clothes(address: str, ana: Client, client: Client) -> None:
    who = Client() if address.startswith(("login", "signup", "password/reset")) else ana
    page = who.get(f"/sign-in/{address}", follow=True)
    assert page.status_code == 200
    text = page.content.decode()
    assert "/static/desk.css" in text
    assert '<main class="alone"' in text
    assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", text)


def test_a_wrong_password_keeps_the_name_and_says_what_is_wrong(db: None) -> None:
    text = Client().post("/sign-in/login/", {"login": "nobody", "password": "wrong"}).content.decode()
    assert 'value="nobody"' in text
    assert 'role="alert"' in text
