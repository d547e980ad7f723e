"""The outbox and the documents on the desk: who sees what, and what each page says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dunlin.actions.doing import doing
from dunlin.actions.messages import Draft, make_message
from dunlin.actions.store_file import store_bytes
from dunlin.records.models import Document, Message
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("A5", "B6")]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _message(customer: Any, **more: Any) -> Message:
    draft = Draft(
        customer.pk, "written", subject=more.pop("subject", "Your account"), text="Hello <b>there</b>.",
        html="<p>Hello</p><script>alert(1)</script>", to=[{"name": "AP", "address": "ap@lakeside.test", "point": None}], **more,
    )  # fmt: skip
    with doing(cast.who(), "send_message", customers=[customer.pk]) as act:
        return make_message(act, draft)


def test_a_collector_sees_messages_to_their_own_accounts_only(books: cast.Books) -> None:
    mine, other = _message(books.lakeside), _message(books.harbour, subject="To a stranger")
    page = signed_in(books.alice).get("/sending/outbox?tab=to_go").content.decode()
    assert "Your account" in page
    assert "To a stranger" not in page
    alice = signed_in(books.alice)
    assert alice.get(f"/messages/{mine.pk}").status_code == 200
    for address in (f"/messages/{other.pk}", f"/messages/{other.pk}/html", f"/messages/{other.pk}/withdraw"):
        assert alice.get(address).status_code == 404
    assert alice.post(f"/messages/{other.pk}/again").status_code in (403, 404)


def test_a_message_says_its_words_and_its_steps(books: cast.Books) -> None:
    file = store_bytes(PDF, "application/pdf", cast.moment(cast.TODAY))
    row = _message(books.lakeside, files=[(file, "INV-1.pdf")])
    client = signed_in(books.alice)
    page = client.get(f"/messages/{row.pk}").content.decode()
    assert "Hello &lt;b&gt;there&lt;/b&gt;." in page
    assert "INV-1.pdf" in page
    html = client.get(f"/messages/{row.pk}/html")
    assert html["Content-Security-Policy"].startswith("sandbox;")
    got = client.get(f"/messages/{row.pk}/files/{row.files.get().pk}")
    assert b"".join(got.streaming_content) == PDF
    assert got["Content-Disposition"].startswith("attachment;")
    assert got["X-Content-Type-Options"] == "nosniff"


def test_withdrawing_says_why(books: cast.Books) -> None:
    row = _message(books.lakeside)
    client = signed_in(books.alice)
    assert client.post(f"/messages/{row.pk}/withdraw", {"why": ""}).status_code == 422
    assert client.post(f"/messages/{row.pk}/withdraw", {"why": "sent by post"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "withdrawn"
    assert "sent by post" in client.get(f"/messages/{row.pk}").content.decode()


def test_a_document_is_added_approved_by_another_and_downloaded(books: cast.Books) -> None:
    alice, mona = signed_in(books.alice), signed_in(books.mona)
    at = f"/accounts/{books.lakeside.pk}/documents"
    assert "No documents of this account" in alice.get(at).content.decode()
    sent = {"file": SimpleUploadedFile("contract.pdf", PDF), "kind": "contract", "title": "Master agreement"}
    assert alice.post(f"{at}/add", sent).status_code == 302
    document = Document.objects.get()
    assert "waits for approval" in alice.get(at).content.decode()
    assert alice.post(f"/documents/{document.pk}/approve").status_code == 403
    assert "Master agreement" in mona.get("/sending/documents").content.decode()
    assert mona.post(f"/documents/{document.pk}/approve", {"back": at}).status_code == 302
    assert "may be sent" in alice.get(at).content.decode()
    got = alice.get(f"/documents/{document.pk}")
    assert b"".join(got.streaming_content) == PDF
    assert signed_in(books.bob).get(f"/documents/{document.pk}").status_code == 404


@pytest.mark.parametrize(
    "sent, problem",
    [
        ({}, "Choose a file."),
        ({"file": ("a.pdf", PDF), "kind": ""}, "Say what it is."),
        ({"file": ("a.pdf", PDF), "kind": "tax_exempt_certificate"}, "states the last day"),
        ({"file": ("run.exe", b"MZ" + b"\0" * 99), "kind": "other"}, "is not sent"),
        ({"file": ("a.pdf", PDF), "kind": "invoice", "item": "NO-SUCH"}, "has no document NO-SUCH"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(books: cast.Books, sent: dict[str, Any], problem: str) -> None:
    if "file" in sent:
        sent = {**sent, "file": SimpleUploadedFile(*sent["file"])}
    answer = signed_in(books.alice).post(f"/accounts/{books.lakeside.pk}/documents/add", sent)
    assert answer.status_code == 422
    assert problem in answer.content.decode()
    assert not Document.objects.exists()
