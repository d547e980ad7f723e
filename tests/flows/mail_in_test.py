"""All sample mails of the world through a real mailbox: none lost, none crashing, twice adds nothing, a kill in the middle goes on."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from dunlin.actions.mail_reading import read_raw
from dunlin.actions.take_mail import take_mail
from dunlin.records.models import Conversation, Mail, Mailbox
from dunlin.rules.codes import sentence
from tests import at_once, cast, mail_cast, mail_servers, shared_data
from tests.flows.races_test import address

__all__ = ["address"]  # the fixture of the races

RAW_FOLDERS = (
    "bounces", "bounces_crlf", "bounces_cr_only", "auto_replies", "feedback_loops", "not_bounces", "raw_messages",
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Any:
    with mail_servers.imap_server() as running:
        yield running


@pytest.fixture
def reading(settings: Any, tmp_path: Path) -> None:
    """The password of the mailbox, and a place for files."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"mailbox_passwords": type(settings.ENVIRONMENT.mailbox_passwords)(passwords("ar", "pile"))}
    )


def passwords(*keys: str) -> str:
    return json.dumps(dict.fromkeys(keys, mail_servers.PASSWORD))


def box(server: mail_servers.ImapServer, username: str) -> Mailbox:
    """The mailbox `ar` of the product, read from the server under a user name of its own."""
    return Mailbox.objects.create(
        key="ar", name="Accounts receivable", address="ar@dunlin.test", host="127.0.0.1", port=server.port, security="none",
        username=username,
    )  # fmt: skip


def samples() -> list[tuple[str, str, bytes]]:
    """(folder, name, bytes) of every sample; a quoted reply, of which only the body is there, is put into a mail."""
    root = shared_data.require("data/email")
    found = [
        (folder, path.name, path.read_bytes())
        for folder in RAW_FOLDERS
        for path in sorted((root / folder).iterdir())
        if path.suffix == ".eml"
    ]
    for path in sorted((root / "quoted_replies").iterdir()):
        body = path.read_bytes()
        if path.suffix == ".eml" or re.match(rb"(?:[A-Za-z-]+:[^\n]*\n){2}", body):
            found.append(("quoted_replies", path.name, body))
            continue
        kind = b"html" if path.suffix == ".html" else b"plain"
        head = (
            b"From: Jo <jo@nowhere.test>\nSubject: Re: invoices\nMIME-Version: 1.0\nContent-Type: text/%s; charset=utf-8\n"
            % kind
        )
        found.append(("quoted_replies", path.name, head + b"Content-Transfer-Encoding: 8bit\n\n" + body))
    return found


@pytest.mark.req("B5", "G3")
@pytest.mark.trap(57, 58)
@pytest.mark.django_db
@pytest.mark.slow
def test_every_sample_is_taken_in_once(server: mail_servers.ImapServer, reading: None) -> None:
    books = cast.books()
    row = box(server, "samples")
    all_samples = samples()
    for _, _, raw in all_samples:
        server.deliver(raw, "samples")
    began = time.monotonic()
    taken = take_mail(cast.who("administrator"))
    seconds = time.monotonic() - began

    assert taken.problems == ()
    distinct = {key_of(raw) for _, _, raw in all_samples}
    assert taken.new == Mail.objects.count() == len(distinct)
    assert taken.new + taken.mailboxes[0].known == len(all_samples)
    unhandled = [
        pk for pk, found in Mail.objects.values_list("pk", "problems") if "mail_not_handled" in found
    ]
    assert unhandled == []
    row.refresh_from_db()
    assert (row.last_uid, row.problem) == (len(all_samples), "")
    # What a person wrote is owed an answer or in triage; what a machine wrote is owed none.
    assert not Mail.objects.filter(kind="message", conversation=None).exists()
    owed = Conversation.objects.filter(clock_from__isnull=False)
    assert set(owed.values_list("mails__kind", flat=True)) == {"message"}
    rates = rates_of(all_samples)
    print(f"{len(all_samples)} mails in {seconds:.1f} s; {rates}")
    assert rates["bounces"][0] >= 0.97 * rates["bounces"][1]
    assert rates["auto_replies"][0] == rates["auto_replies"][1]
    assert rates["feedback_loops"][0] == rates["feedback_loops"][1]
    assert rates["not_bounces"][0] >= 1  # the other says of itself that it is a "bounce notification"

    again = take_mail(cast.who("administrator"))
    assert (again.new, again.mailboxes[0].known) == (0, 0)
    server.forget("samples")
    renumbered = take_mail(cast.who("administrator"))
    assert (renumbered.new, renumbered.mailboxes[0].known) == (0, len(all_samples))
    assert Mail.objects.count() == len(distinct)
    assert books.lakeside.mails.count() == 0


def key_of(raw: bytes) -> str:
    """What makes a mail the same again, as the server gives it: with lines that end in CR and LF."""
    key = read_raw(re.sub(rb"\r?\n", b"\r\n", raw), frozenset()).received.dedupe_key
    return key if len(key) <= 80 else f"key:{hashlib.sha256(key.encode()).hexdigest()}"


def small(count: int, username: str, server: mail_servers.ImapServer) -> None:
    for n in range(count):
        server.deliver(mail_cast.raw(f"Mail number {n}", message_id=f"{username}{n}@customer.test"), username)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same for processes of their own."""
    monkeypatch.setenv("DUNLIN_MAILBOX_PASSWORDS", passwords("ar"))
    monkeypatch.setenv("DUNLIN_DATA_DIR", str(tmp_path / "data"))


@pytest.mark.trap(38)
def test_two_readers_at_once_take_each_mail_once(
    committed_books: cast.Books, address: Any, server: mail_servers.ImapServer, outside: None
) -> None:
    small(40, "race", server)
    row = box(server, "race")
    at = address()
    order = {"act": "take_mail", "times": 2, "mailbox": row.pk}
    got = at_once.run(at, [order, order])

    assert [each["problem"] for each in got] == [""] * 4
    assert sum(each["new"] for each in got) == 40
    after = at_once.run(at, [{"act": "mail_state", "times": 1}])[0]
    assert after == {"mails": 40, "ids": 40, "conversations": 40, "last_uid": 40}


@pytest.mark.slow
def test_a_reader_that_is_killed_goes_on_where_it_stopped(
    committed_books: cast.Books, address: Any, server: mail_servers.ImapServer, outside: None
) -> None:
    """Killed without warning some mails on, again and again; at the end each mail is there once."""
    small(40, "kill", server)
    box(server, "kill")
    at = address()
    environment = {**os.environ, "DUNLIN_DATABASE_URL": at, "PYTHONPATH": f"{at_once.ROOT / 'src'}"}
    seen: list[int] = []
    for _ in range(12):
        reader = subprocess.Popen(
            [sys.executable, "-m", "dunlin", "mail", "read"],
            env=environment,
            cwd=at_once.ROOT,
            stdout=subprocess.PIPE,
        )
        wanted = (seen[-1] if seen else 0) + 9
        while reader.poll() is None and taken_by(at) < wanted:
            time.sleep(0.01)
        if reader.poll() is None:
            os.kill(reader.pid, signal.SIGKILL)
        reader.communicate(timeout=60)
        seen.append(taken_by(at))
        if reader.returncode == 0:
            break
    assert reader.returncode == 0
    assert len(seen) > 3
    after = at_once.run(at, [{"act": "mail_state", "times": 1}])[0]
    assert after == {"mails": 40, "ids": 40, "conversations": 40, "last_uid": 40}


def taken_by(at: str) -> int:
    """How many mails the database at that address holds now."""
    if connection.vendor == "postgresql":
        return Mail.objects.count()
    with sqlite3.connect(at.removeprefix("sqlite:///"), timeout=20) as link:
        found: int = link.execute("SELECT COUNT(*) FROM records_mail").fetchone()[0]
    link.close()
    return found


@pytest.mark.django_db
def test_a_mailbox_that_cannot_be_read_says_why_and_holds_up_no_other(
    server: mail_servers.ImapServer, reading: None
) -> None:
    cast.books()
    small(2, "fine", server)
    row = box(server, "fine")
    Mailbox.objects.create(
        key="pile",
        name="Pile",
        address="pile@dunlin.test",
        host="127.0.0.1",
        port=1,
        security="none",
        username="x",
    )
    Mailbox.objects.create(
        key="secretless",
        name="S",
        address="s@dunlin.test",
        host="127.0.0.1",
        port=1,
        security="none",
        username="x",
    )
    Mailbox.objects.create(
        key="closed", name="C", address="c@dunlin.test", host="127.0.0.1", port=1, active=False
    )
    taken = take_mail(cast.who("administrator"))
    assert [(each.key, each.new, each.problem) for each in taken.mailboxes] == [
        ("ar", 2, ""),
        ("pile", 0, "127.0.0.1:1 takes no connections."),
        ("secretless", 0, "DUNLIN_MAILBOX_PASSWORDS has no password for secretless."),
    ]
    assert Mailbox.objects.get(key="pile").problem == "127.0.0.1:1 takes no connections."
    row.refresh_from_db()
    assert (row.problem, row.read_at) == ("", cast.moment(cast.TODAY))


@pytest.mark.django_db
def test_hostile_mail_is_kept_and_defused(server: mail_servers.ImapServer, reading: None) -> None:
    """50 MB; an archive in an archive; a page with scripts; our own mail coming back. Each says what a person sees."""
    cast.books()
    box(server, "hostile")
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("invoice.pdf.exe", b"MZ" + bytes(100))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    server.deliver(mail_cast.raw("x", subject="Huge") + b"A" * 76 * 800_000, "hostile")
    server.deliver(
        mail_cast.raw(
            "see file", subject="Nested", files=[("docs.zip", "application/zip", outer.getvalue())]
        ),
        "hostile",
    )
    page = mail_cast.raw("x", subject="Page").replace(b"text/plain", b"text/html") + (
        b"<p onclick='x()'>Pay <script>alert(1)</script><img src='http://evil.test/a.gif'></p><form action='//evil'><input></form>"
    )
    server.deliver(page, "hostile")
    server.deliver(mail_cast.raw(by="ar@dunlin.test", subject="Loop", X_Dunlin_Message="3"), "hostile")
    taken = take_mail(cast.who("administrator"))
    assert (taken.new, taken.problems) == (4, ())
    by = {each.subject: each for each in Mail.objects.all()}
    assert by["Huge"].problems[0] == "mail_too_large"
    assert (by["Huge"].text, by["Huge"].customer.number) == ("", "L-100")
    nested = by["Nested"].files.get()
    assert nested.file.refused in ("file_archive_nested", "file_holds_program", "file_name_hides")
    assert "mail_file_refused" in by["Nested"].problems
    for hostile in ("<script", "onclick", "evil", "<form", "alert"):
        assert hostile not in by["Page"].html
    assert (by["Loop"].kind, by["Loop"].conversation) == ("loop", None)
    assert all(sentence(code) for each in by.values() for code in each.problems)


def rates_of(all_samples: list[tuple[str, str, bytes]]) -> dict[str, tuple[int, int]]:
    """Of each folder whose kind is known: how many were recognised as it by the whole path, and of how many."""
    kinds = dict(Mail.objects.values_list("dedupe_key", "kind"))
    wanted = {
        "bounces": ("bounce", "delay"), "bounces_crlf": ("bounce", "delay"), "bounces_cr_only": ("bounce", "delay"),
        "auto_replies": ("auto_reply",), "feedback_loops": ("feedback_loop",), "not_bounces": ("message", "auto_reply", "delivery_report"),
    }  # fmt: skip
    right: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for folder, _, raw in all_samples:
        if folder in wanted:
            of[folder] += 1
            right[folder] += kinds[key_of(raw)] in wanted[folder]
    return {folder: (right[folder], of[folder]) for folder in of}
