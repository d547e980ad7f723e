"""dunlin mail: set up a mailbox, read it, take in files; what it says on the screen and as JSON."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dunlin.cli.mail import mail
from dunlin.records.models import Mail, Mailbox
from dunlin.rules.codes import Refused
from tests import mail_cast, mail_servers

pytestmark = [pytest.mark.django_db, pytest.mark.req("G3")]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def ran(*words, status=0):
    result = CliRunner().invoke(mail, [str(each) for each in words], standalone_mode=False)
    if result.exception:
        raise result.exception
    assert (result.return_value or 0) == status
    return result.output


def test_a_mailbox_is_set_up_listed_and_read(books, settings):
    with mail_servers.imap_server() as server:
        secret = type(settings.ENVIRONMENT.mailbox_passwords)(json.dumps({"ar": mail_servers.PASSWORD}))
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"mailbox_passwords": secret})
        server.deliver(mail_cast.raw("old"), "ar")
        told = ran(
            "mailboxes", "ar", "--address", "ar@dunlin.test", "--host", "127.0.0.1", "--port", server.port, "--security", "none",
            "--username", "ar", "--from-now-on",
        )  # fmt: skip
        assert told.startswith("ar is set up")
        assert f"ar at 127.0.0.1:{server.port}, none" in ran("mailboxes")
        assert ran("read") == "ar: 0 new mails\n"
        server.deliver(mail_cast.raw("new"), "ar")
        server.deliver(mail_cast.raw("new", by="x@unknown.test"), "ar")
        assert ran("read") == "ar: 2 new mails (2 message), 1 to triage\n"
        shown = json.loads(ran("read", "--mailbox", "ar", "--json"))
        assert shown == {
            "new": 0, "mailboxes": [{"key": "ar", "new": 0, "known": 0, "triage": 0, "by_kind": {}, "problem": ""}],
        }  # fmt: skip
    told = ran("read", status=1)
    assert "takes no connections" in told
    assert json.loads(ran("mailboxes", "--json"))["mailboxes"][0]["problem"]
    assert Mail.objects.count() == 2


def test_files_are_taken_in_once(books, tmp_path):
    Mailbox.objects.create(key="ar", name="AR", address="ar@dunlin.test")
    path = tmp_path / "one.eml"
    path.write_bytes(mail_cast.raw("hello", by="x@unknown.test"))
    assert ran("take", path, "--mailbox", "ar") == f"{path}: message, to triage\n"
    assert ran("take", path, "--mailbox", "ar") == f"{path}: there already, to triage\n"
    assert json.loads(ran("take", path, "--mailbox", "ar", "--json"))["mails"][0]["new"] is False
    with pytest.raises(Refused, match="no mailbox nowhere"):
        ran("take", path, "--mailbox", "nowhere")
    assert ran("read").startswith("No mailbox is set up to be read")
