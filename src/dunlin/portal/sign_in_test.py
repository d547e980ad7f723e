"""Who gets into the portal and who does not: links, sessions, limits, the desk beside it, forged forms, what breaks (E7, D4)."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from dunlin.actions.send_due import send_due
from dunlin.portal.doors import COOKIE
from dunlin.portal.urls import urlpatterns
from dunlin.records.models import (
    Contact,
    ContactPoint,
    Conversation,
    Dispute,
    Document,
    MailProposal,
    Message,
    PaymentChoice,
    PortalLink,
    PortalSession,
    Promise,
)
from dunlin.reports.recipients import recipients
from dunlin.reports.senders import sender_for
from dunlin.reports.wording import values_for
from tests import cast
from tests.cast import TODAY, Books
from tests.portal_cast import PRIYA, Browser, ask_for, at, setting, signed_in, words
from tests.smtp_server import MailServer, header

pytestmark = [pytest.mark.django_db, pytest.mark.req("E7")]


def rows() -> dict[str, int]:
    tables = (Promise, Dispute, Document, Conversation, PaymentChoice, Contact, ContactPoint, MailProposal)
    return {each.__name__: each.objects.count() for each in tables}


def test_the_same_answer_whether_or_not_the_address_is_known(books: Books) -> None:
    known = Browser().post("/portal/sign-in", {"address": PRIYA})
    unknown = Browser().post("/portal/sign-in", {"address": "priya@l-101.test"})

    def bare(answer):
        text = re.sub(r'value="[\w-]{64}"', "", answer.content.decode())
        return (
            answer.status_code,
            re.sub(r"priya@l-10\d.test", "", text),
            sorted(answer.headers),
            sorted(answer.cookies),
        )

    assert bare(known) == bare(unknown)
    assert Message.objects.count() == 1
    assert PortalLink.objects.count() == 2


def test_a_link_is_used_by_its_button_and_not_by_being_opened(books: Books) -> None:
    client = Browser()
    path = ask_for(client, PRIYA)
    for _ in range(3):  # a mail scanner, a preview, the person
        assert Browser().get(path).status_code == 200
        assert Browser().head(path).status_code == 200
    assert not PortalSession.objects.exists()
    answer = client.post(path)
    assert (answer.status_code, answer.url) == (302, "/portal/")
    cookie = answer.cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/portal/", True, "Lax")
    assert cookie["max-age"] == 8 * 3600
    assert cookie.value not in str(list(PortalSession.objects.values()))
    assert "1,500.00" in words(client, at("portal_account", books.lakeside))


def test_a_link_works_once_and_in_one_browser(books: Books) -> None:
    asking, opening, third = Browser(), Browser(), Browser()
    path = ask_for(asking, PRIYA)
    assert opening.post(path).status_code == 302  # the telephone, where the mail is read
    assert opening.get("/portal/").status_code == 302
    assert third.post(path).status_code == 410
    assert third.get(path).status_code == 410
    for stranger in (asking, third):
        assert stranger.get(at("portal_account", books.lakeside)).url == "/portal/sign-in"


def test_a_link_is_over_after_fifteen_minutes_and_a_session_after_its_hours(books: Books) -> None:
    client = Browser()
    with time_machine.travel("2026-11-25T15:00:00+00:00"):
        path = ask_for(client, PRIYA)
    with time_machine.travel("2026-11-25T15:16:00+00:00"):
        assert client.post(path).status_code == 410
    with time_machine.travel("2026-11-25T15:00:00+00:00"):
        client = signed_in()
    home = at("portal_account", books.lakeside)
    with time_machine.travel("2026-11-25T22:58:00+00:00"):
        assert client.get(home).status_code == 200
    with time_machine.travel("2026-11-25T23:02:00+00:00"):
        assert client.get(home).url == "/portal/sign-in"


def test_a_made_up_link_is_like_an_old_one(books: Books) -> None:
    for path in ("/portal/link/x", f"/portal/link/{'A' * 43}", "/portal/link/%00"):
        assert Browser().get(path).status_code == 410
        assert Browser().post(path).status_code == 410


def test_asking_too_often_is_refused_alike_for_known_and_unknown(books: Books) -> None:
    for address in (PRIYA, "nobody@example.test"):
        for _ in range(3):
            assert Browser().post("/portal/sign-in", {"address": address}).status_code == 200
        answer = Browser().post("/portal/sign-in", {"address": address})
        assert answer.status_code == 429
        assert "15 minutes" in answer.content.decode()


def test_a_forged_forwarded_for_does_not_pass_the_limit(books: Books) -> None:
    for number in range(20):
        Browser().post("/portal/sign-in", {"address": f"a{number}@example.test"}, headers={"X-Forwarded-For": f"203.0.113.{number}"})  # fmt: skip
    assert Browser().post("/portal/sign-in", {"address": PRIYA}).status_code == 429


@pytest.mark.parametrize(
    "typed", ["", "priya", "priya@", "a@b@c", "x" * 400 + "@a.test", "a\r\nBcc: x@y.test"]
)
def test_what_is_no_address_is_said_at_the_field(books: Books, typed: str) -> None:
    answer = Browser().post("/portal/sign-in", {"address": typed})
    assert answer.status_code == 422
    assert 'id="address-error"' in answer.content.decode()
    assert not PortalLink.objects.exists()


@pytest.mark.req("D4")
def test_a_colleague_reads_the_link_only_where_no_mail_server_is_set_up(books: Books, settings) -> None:
    path = ask_for(Browser(), PRIYA)
    message = Message.objects.get()
    staff = Client()
    staff.force_login(books.mona)
    for page in (reverse("message", args=[message.pk]), reverse("message_html", args=[message.pk])):
        settings.SMTP = None
        assert path in words(staff, page)
        settings.SMTP = {"host": "127.0.0.1", "port": 1, "user": "", "password": "", "security": "none"}
        assert path not in words(staff, page)
        assert "/portal/link/…" in words(staff, page)


@pytest.mark.req("G3")
def test_the_link_goes_by_mail_works_and_is_forgotten(books: Books, settings, tmp_path) -> None:
    settings.MAIL_DOMAIN, settings.DEFAULT_FROM_EMAIL = "dunlin.test", "ar@dunlin.test"
    client = Browser()
    path = ask_for(client, PRIYA)
    with MailServer(tmp_path / "mails") as server:
        settings.SMTP = server.at
        assert send_due(cast.who("administrator")).sent == 1
        [(addresses, mail)] = server.mails()
    assert addresses == [PRIYA]
    assert header(mail, "Auto-Submitted") == "auto-generated"
    read = message_from_bytes(mail, policy=default).get_body(("plain",)).get_content()
    assert f"http://localhost{path}" in read
    kept = Message.objects.get()
    assert kept.state == "sent"
    assert path not in kept.text + kept.html
    assert client.post(path).status_code == 302


def test_links_lead_to_the_address_that_is_set(books: Books, settings) -> None:
    settings.PORTAL_URL = "https://pay.dunlin.test/portal/"
    Browser().post("/portal/sign-in", {"address": PRIYA})
    assert "https://pay.dunlin.test/portal/link/" in Message.objects.get().text


@pytest.mark.req("C7")
def test_statements_and_notices_name_the_portal_when_its_address_is_set(books: Books, settings) -> None:
    recipient = recipients([books.lakeside.pk])[books.lakeside.pk]
    sender = sender_for(books.entity.pk, "statement")
    assert values_for(recipient, books.entity, sender, TODAY)["portal_url"] is None
    settings.PORTAL_URL = "https://pay.dunlin.test/portal/"
    assert (
        values_for(recipient, books.entity, sender, TODAY)["portal_url"] == "https://pay.dunlin.test/portal/"
    )


def test_signing_out_ends_the_session_wherever_its_cookie_is(books: Books) -> None:
    client = signed_in()
    copy = Browser()
    copy.cookies[COOKIE] = client.cookies[COOKIE].value
    assert copy.get(at("portal_account", books.lakeside)).status_code == 200
    assert client.get("/portal/sign-out").status_code == 405
    assert client.post("/portal/sign-out").url == "/portal/sign-in"
    assert copy.get(at("portal_account", books.lakeside)).status_code == 302


@pytest.mark.req("D4")
def test_who_is_no_contact_any_more_is_out_at_once(books: Books) -> None:
    client = signed_in()
    home = at("portal_account", books.lakeside)
    assert client.get(home).status_code == 200
    ContactPoint.objects.filter(value=PRIYA).update(state="wrong")
    assert client.get(home).url == "/portal/sign-in"


@pytest.mark.req("D4")
def test_staff_do_not_open_the_portal_nor_customers_the_desk(books: Books) -> None:
    staff = Client()
    staff.force_login(books.mona)
    assert staff.get("/portal/").url == "/portal/sign-in"
    assert staff.get(at("portal_account", books.lakeside)).url == "/portal/sign-in"
    customer = signed_in()
    for path in ("/", "/accounts/", f"/accounts/{books.lakeside.pk}", "/inbox/", "/settings/"):
        assert customer.get(path).url.startswith("/sign-in/login/")
    # The cookie of one under the name of the other opens nothing.
    crossed = Browser()
    crossed.cookies["sessionid"] = customer.cookies[COOKIE].value
    assert crossed.get("/accounts/").status_code == 302
    crossed.cookies[COOKIE] = staff.cookies["sessionid"].value
    assert crossed.get(at("portal_account", books.lakeside)).status_code == 302


def test_a_closed_portal_answers_nothing(books: Books) -> None:
    client = signed_in()
    setting("portal.open", False)
    assert client.get(at("portal_account", books.lakeside)).status_code == 404
    assert Browser().get("/portal/sign-in").status_code == 404
    assert Browser().post("/portal/sign-in", {"address": PRIYA}).status_code == 404


def test_what_breaks_says_so_in_the_customers_words(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    Contact.objects.filter(customer=books.lakeside).update(language="de")
    client = signed_in(raise_request_exception=False)

    def broken(*_: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("dunlin.portal.home.lines", broken)
    answer = client.get(at("portal_account", books.lakeside))
    assert answer.status_code == 500
    assert "Es liegt an uns" in answer.content.decode()
    assert b"secret" not in answer.content


def test_what_is_too_large_or_nowhere_is_said(books: Books) -> None:
    client = signed_in()
    assert client.post(at("portal_ask", books.lakeside), {"text": "x"}, CONTENT_LENGTH=str(200 << 20)).status_code == 413  # fmt: skip
    for path in (
        "/portal/nowhere",
        "/portal/accounts/99999999999999999999",
        at("portal_account", books.lakeside) + "/x",
    ):
        page = words(client, path, 404)
        assert "There is nothing here" in page
    assert client.get(at("portal_document", books.lakeside, document=10**30)).status_code == 404
    assert Browser().get("/portal").status_code == 301


def test_a_cookie_of_nonsense_is_no_session(books: Books) -> None:
    for secret in ("x", "é" * 43, "A" * 43, "A" * 5000, '"; DROP TABLE'):
        stranger = Browser()
        stranger.cookies[COOKIE] = secret
        assert stranger.get(at("portal_account", books.lakeside)).url == "/portal/sign-in"


def test_forged_forms_are_refused(books: Books) -> None:
    client = Browser(enforce_csrf_checks=True)
    client.cookies[COOKIE] = signed_in().cookies[COOKIE].value
    before = rows()
    for route in urlpatterns:
        if route.name in ("portal_nothing", "portal_link", "portal_document", "portal_statement"):
            continue
        own = {"pk": books.lakeside.pk}
        path = reverse(route.name, kwargs={each: own.get(each, 1) for each in route.pattern.converters})
        assert client.post(path, {"item": books.late.pk}).status_code in (403, 405), route.name
    assert "Something broke" not in client.post("/portal/sign-in").content.decode()
    assert rows() == before
