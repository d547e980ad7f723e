"""What every answer carries, what an upload cannot do, and what is never stored: card numbers, secrets, formulas."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dunlin.actions.doing import Who
from dunlin.actions.import_file import import_file
from dunlin.desk.urls import urlpatterns
from dunlin.records.models import Customer, ImportRun, Item, Note, Promise, Snooze
from tests import cast
from tests.cast import Books, who
from tests.typed import dunlin

pytestmark = pytest.mark.django_db

PLAIN = [route.name for route in urlpatterns if not route.pattern.converters]
CARDS = ["4111 1111 1111 1111", "4111111111111111", "5500-0000-0000-0004", "3400 000000 00009"]


def signed_in(role: str = "ar_manager") -> Client:
    client = Client()
    client.force_login(cast.user(role, f"the_{role}"))
    return client


# Headers


@pytest.mark.parametrize(
    "where",
    ["/", "/accounts/", "/aging", "/measures", "/tracking", "/imports/", "/no/such/page", "/sign-in/login/"],
)
def test_every_page_is_strict_about_what_may_run_and_who_may_frame_it(db: None, where: str) -> None:
    answer = signed_in().get(where, follow=True)
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert (policy["object-src"], policy["base-uri"], policy["frame-ancestors"]) == (
        "'none'",
        "'none'",
        "'none'",
    )
    assert policy["form-action"] == "'self'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-Id"])


@pytest.mark.parametrize("name", PLAIN)
def test_no_page_needs_what_the_policy_forbids(books: Books, name: str) -> None:
    from django.urls import reverse  # noqa: PLC0415  beside its only use

    page = signed_in("ar_manager").get(reverse(name))
    if page.status_code != 200 or "text/html" not in page["Content-Type"]:
        return
    text = page.content.decode()
    assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"""(src|href)=["'](https?:)?//""", text), "everything comes from ourselves"


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(books: Books) -> None:
    client = Client()
    answer = client.post("/sign-in/login/", {"login": "alice", "password": cast.PASSWORD})
    assert answer.status_code == 302
    session = answer.cookies[settings.SESSION_COOKIE_NAME]
    assert session["httponly"]
    assert session["samesite"] == "Lax"


def test_signing_in_ends_the_session_one_came_with(books: Books) -> None:
    """A session that somebody else planted is not the one that is signed in."""
    client = Client()
    client.get("/sign-in/login/")
    client.session["planted"] = True
    client.session.save()
    before = client.session.session_key
    client.post("/sign-in/login/", {"login": "alice", "password": cast.PASSWORD})
    assert client.session.session_key != before


def test_a_redirect_after_signing_in_stays_here(books: Books) -> None:
    answer = Client().post(
        "/sign-in/login/?next=https://evil.test/", {"login": "alice", "password": cast.PASSWORD}
    )
    assert answer["Location"] == "/"


@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", ""])
def test_another_host_name_is_refused(host: str) -> None:
    assert Client(headers={"host": host}).get("/sign-in/login/").status_code == 400


# Uploads


def bomb() -> bytes:
    """A megabyte of zeroes packed into a kilobyte, many times over."""
    return gzip.compress(b"0" * 300_000_000)


def workbook(inside: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in inside.items():
            packed.writestr(name, text)
    return out.getvalue()


ENTITY = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><workbook>&a;</workbook>"""
)
HOSTILE: dict[str, tuple[str, bytes]] = {
    "an empty file": ("items.csv", b""),
    "a program": ("items.csv", b"\x7fELF\x02\x01\x01" + bytes(500)),
    "a page": ("items.csv", b"<html><script>alert(1)</script></html>"),
    "a pdf": ("items.xlsx", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    "a damaged archive": ("items.csv.gz", b"\x1f\x8b\x08\x00broken"),
    "a damaged workbook": ("items.xlsx", b"PK\x03\x04broken"),
    "a workbook with an outside entity": (
        "items.xlsx",
        workbook({"[Content_Types].xml": ENTITY, "xl/workbook.xml": ENTITY}),
    ),
    "a way out of the folder": ("../../../etc/cron.d/x.csv", b"\x00\x01\x02"),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_file_is_refused_in_a_sentence_and_leaves_nothing(
    db: None, name: str, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    called, content = HOSTILE[name]
    client = signed_in()
    answer = client.post("/imports/", {"kind": "items", "file": SimpleUploadedFile(called, content)})
    if answer.status_code == 303:  # kept, to be looked at: then the looking refuses it
        answer = client.get(answer["Location"], follow=True)
    text = answer.content.decode()
    assert answer.status_code in (200, 302, 422), text[:300]
    assert "root:" not in text
    assert not Item.objects.exists()
    assert not Customer.objects.exists()
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.is_relative_to(tmp_path / "files") and ".." not in path.name for path in kept)


def test_a_packed_bomb_is_not_unpacked_whole(db: None, tmp_path: Path) -> None:
    path = tmp_path / "items.csv.gz"
    path.write_bytes(bomb())
    told = dunlin("import", "items", path, "--json")
    assert told.status == 2, told.out
    assert not Item.objects.exists()


def test_an_upload_is_never_served_by_its_address(db: None, tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    assert settings.MEDIA_URL == "/" or not settings.MEDIA_URL.startswith("http")
    client = signed_in()
    for where in ("/files/x.csv", "/media/x.csv", "/static/../files/x.csv", "/static/../../dunlin.sqlite3"):
        assert client.get(where).status_code == 404


# What is never stored


def everything_stored() -> str:
    """Every text in every table, as one."""
    parts = []
    for model in apps.get_app_config("records").get_models():
        parts += [json.dumps(row, default=str, ensure_ascii=False) for row in model._default_manager.values()]
    return "\n".join(parts)


@pytest.mark.invariant(38)
@pytest.mark.parametrize("card", CARDS)
def test_a_card_number_typed_anywhere_is_stored_nowhere(books: Books, tmp_path: Path, card: str) -> None:
    """Note, call, promise, snooze, follow-up, dispute, block by the screen; customers and items by a file; and the export of it all."""
    client, digits = signed_in(), re.sub(r"\D", "", card)
    text = f"pays with {card} exp 12/29"
    at = f"/accounts/{books.lakeside.pk}"
    client.post(f"{at}/note", {"text": text})
    client.post(f"{at}/follow-up", {"what": text, "due": "in 3 days"})
    client.post(f"{at}/snooze", {"until": "in 3 days", "reason": text})
    client.post(f"{at}/promise", {"promise": "100 tomorrow", "note": text})
    client.post(f"{at}/dispute", {"reason": "price", "item": books.late.pk, "note": text})
    client.post(f"{at}/block", {"kind": "do_not_call", "reason": text})
    client.post(f"/call/{books.harbour.pk}", {"outcome": "reached", "note": text, "override": text})
    assert (Note.objects.count(), Snooze.objects.count(), Promise.objects.count()) == (1, 1, 1)

    people = tmp_path / "customers.csv"
    people.write_text(f'number,name,currency,note\nC-9,Card Lovers,USD,"{text}"\n', encoding="utf-8")
    items = tmp_path / "items.csv"
    items.write_text(
        "customer,entity,number,currency,amount,document_on,due_on,description\n"
        f'C-9,US01,INV-9,USD,5.00,2026-10-01,2026-11-01,"{text}"\n',
        encoding="utf-8",
    )
    actor: Who = who()
    assert import_file(actor, people, "customers").new == 1
    assert import_file(actor, items, "items").new == 1

    assert dunlin("export", tmp_path / "out").status == 0
    exported = "\n".join(file.read_text(encoding="utf-8") for file in (tmp_path / "out").iterdir())
    for where in (everything_stored(), exported):
        assert digits not in re.sub(r"[ \-]", "", where)
        assert digits[-4:] in where


@pytest.mark.invariant(38)
def test_a_refused_row_with_a_card_number_is_not_kept_with_it(books: Books, tmp_path: Path) -> None:
    items = tmp_path / "items.csv"
    items.write_text(
        "customer,entity,number,currency,amount,document_on,due_on,description\n"
        f'L-100,US01,INV-9,USD,not money,2026-10-01,2026-11-01,"card {CARDS[0]}"\n'
        "L-100,US01,INV-8,USD,5.00,2026-10-01,2026-11-01,fine\n",
        encoding="utf-8",
    )
    report = import_file(who(), items, "items")
    assert report.refused == 1
    assert ImportRun.objects.count() == 1
    assert "4111111111111111" not in everything_stored().replace(" ", "")


def test_no_log_line_carries_what_was_typed(books: Books, caplog: pytest.LogCaptureFixture) -> None:
    client = signed_in()
    client.get("/search?q=4111111111111111")
    client.post(f"/accounts/{books.lakeside.pk}/note", {"text": "secret words"})
    assert "4111111111111111" not in caplog.text
    assert "secret words" not in caplog.text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_of_an_export_is_never_a_formula(books: Books, tmp_path: Path, start: str) -> None:
    Customer.objects.filter(pk=books.lakeside.pk).update(name=f"{start}HYPERLINK(1)")
    assert dunlin("export", tmp_path / "out", "--format", "csv").status == 0
    text = (tmp_path / "out" / "customers.csv").read_bytes().decode()
    assert f"'{start}HYPERLINK(1)" in text
    assert not re.search(rf'(^|[,"]){re.escape(start)}HYPERLINK', text)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "</title><b>"]
)
def test_a_name_is_words_on_every_page(books: Books, name: str) -> None:
    Customer.objects.filter(pk=books.lakeside.pk).update(name=name, sort_name=name.casefold())
    client = signed_in()
    for where in (
        "/",
        "/accounts/",
        f"/accounts/{books.lakeside.pk}",
        "/aging?by=customer",
        f"/search?q={name}",
        f"/call/{books.lakeside.pk}",
    ):
        page = client.get(where, follow=True)
        assert page.status_code == 200, where
        text = page.content.decode()
        assert name not in text or "<" not in name, where
        assert "49" not in re.findall(r">\s*(49)\s*<", text)
