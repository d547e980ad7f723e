"""dunlin outbox: what is shown, sent and settled from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dunlin.actions.doing import doing
from dunlin.actions.messages import Draft, make_message
from dunlin.cli.outbox import outbox
from dunlin.records.models import Message
from dunlin.rules.codes import Refused
from tests import cast
from tests.smtp_server import MailServer

pytestmark = [pytest.mark.django_db, pytest.mark.req("G8")]


def _message(address: str) -> Message:
    customer = cast.customer()
    draft = Draft(
        customer.pk,
        "written",
        subject="Your account",
        text="Hello.",
        to=[{"name": "", "address": address, "point": None}],
    )
    with doing(cast.who(), "send_message", customers=[customer.pk]) as act:
        return make_message(act, draft)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(outbox, arguments, catch_exceptions=False)


def test_list_send_and_settle(tmp_path: Path, settings: Any) -> None:
    settings.MAIL_ARCHIVE = ""
    settings.DEFAULT_FROM_EMAIL = "ar@dunlin.test"
    first, mute = _message("ap@lakeside.test"), _message("mute@lakeside.test")
    shown = json.loads(run("list", "--json").output)
    assert [each["id"] for each in shown["messages"]] == [first.pk, mute.pk]
    assert shown["today"]["to_go"] == 2
    with MailServer(tmp_path) as server:
        settings.SMTP = server.at
        assert json.loads(run("send", "--json").output)["sent"] == 1
    cut = json.loads(run("list", "--state", "cut-off", "--json").output)["messages"]
    assert [each["id"] for each in cut] == [mute.pk]
    assert "sent" in run("settle", str(mute.pk), "--went", "--because", "the customer has it").output
    mute.refresh_from_db()
    assert mute.state == "sent"
    assert run("settle").exit_code == 2
    with pytest.raises(Refused, match="no archive mailbox"):
        run("settle", "--look")
