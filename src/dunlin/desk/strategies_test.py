"""The strategy editor: sentences, mistakes with their place, versions, off and on, who may."""

from __future__ import annotations

import pytest
from django.test import Client

from dunlin.actions.keep_shipped import keep_shipped
from dunlin.formats.strategies import shipped_text
from dunlin.records.models import StrategyVersion
from dunlin.reports.strategies import in_force
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("C6", "H4")]
AT = "/sending/strategies/default"


@pytest.fixture
def mona(books: cast.Books) -> Client:
    keep_shipped(cast.moment(cast.TODAY))
    client = Client()
    client.force_login(books.mona)
    return client


@pytest.mark.trap(54)
def test_each_ladder_says_its_windows_in_words(mona: Client) -> None:
    page = mona.get("/sending/strategies/").content.decode()
    assert "Default ladder" in page
    assert "From 5 days past due" in page
    assert "Highly delinquent" in page or "firm" in page.lower()


def test_a_change_is_told_kept_and_activated(mona: Client) -> None:
    text = shipped_text("default").replace("from: 15", "from: 12")
    looked = mona.post(AT, {"do": "look", "text": text}).content.decode()
    assert "Against the version in force" in looked
    assert "12" in looked
    assert StrategyVersion.objects.filter(strategy__key="default").count() == 1
    mona.post(AT, {"do": "keep", "text": text, "note": "earlier"})
    assert in_force().by_key["default"].steps[2].from_days == 15
    mona.post(AT, {"do": "activate", "text": text})
    assert in_force().by_key["default"].steps[2].from_days == 12


def test_mistakes_stand_with_their_place_and_the_typing_stays(mona: Client) -> None:
    text = shipped_text("default").replace("channel: email\n", "channel: pigeon\n", 1)
    answer = mona.post(AT, {"do": "activate", "text": text})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 13, character 3:" in page
    assert "pigeon" in page
    assert StrategyVersion.objects.filter(strategy__key="default").count() == 1


def test_a_key_never_changes(mona: Client) -> None:
    text = shipped_text("default").replace("key: default", "key: other")
    assert "a key never changes" in mona.post(AT, {"do": "look", "text": text}).content.decode()


@pytest.mark.trap(29)
def test_switching_off_wants_a_reason(mona: Client) -> None:
    assert mona.post("/sending/strategies/firm/switch", {"why": ""}).status_code == 422
    assert mona.post("/sending/strategies/firm/switch", {"why": "under review"}).status_code == 302
    assert "firm" in in_force().off
    assert "switched off" in mona.get("/sending/strategies/firm").content.decode()


def test_what_is_exported_can_be_brought_in_again(mona: Client) -> None:
    text = mona.get(AT + "/text?form=canonical").content.decode()
    mine = text.replace("key: default", "key: mine")
    assert mona.post("/sending/strategies/new", {"text": mine}).status_code == 302
    assert "Drafts never in force" in mona.get("/sending/strategies/").content.decode()
    assert mona.post("/sending/strategies/new", {"text": "key: x\nsteps: 7\n"}).status_code == 422


def test_a_collector_reads_only(books: cast.Books, mona: Client) -> None:
    alice = Client()
    alice.force_login(books.alice)
    assert alice.get(AT).status_code == 200
    assert alice.post(AT, {"do": "keep", "text": "x"}).status_code == 403
