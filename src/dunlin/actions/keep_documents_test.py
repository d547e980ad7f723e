"""The document store: what may be sent, who approves, what is refused, what expires."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dunlin.actions.doing import doing
from dunlin.actions.keep_documents import (
    DocumentAsked,
    add_document,
    approve_document,
    warn_of_expiry,
    withdraw_document,
)
from dunlin.actions.messages import Draft, make_message
from dunlin.actions.store_file import file_bytes
from dunlin.records.models import Document, FollowUp, StoredFile
from dunlin.rules.codes import Refused
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("A5")]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def _send(customer_id: int, document_id: int) -> None:
    draft = Draft(
        customer_id, "copies", subject="Copies", text="Here they are.", document_ids=[document_id],
        to=[{"name": "", "address": "ap@lakeside.test", "point": None}],
    )  # fmt: skip
    with doing(cast.who(), "send_message", customers=[customer_id]) as act:
        make_message(act, draft)


def test_the_same_bytes_are_kept_once() -> None:
    one, other = cast.customer(), cast.customer()
    first = add_document(cast.who(), one.pk, "INV-1.pdf", PDF, DocumentAsked("invoice"))
    second = add_document(cast.who(), other.pk, "copy.pdf", PDF, DocumentAsked("invoice", "A copy"))
    assert StoredFile.objects.count() == 1
    assert (first.title, second.title) == ("INV-1.pdf", "A copy")
    assert file_bytes(second.file) == PDF
    assert first.file.type == "application/pdf"


def test_an_invoice_may_be_sent_at_once_and_a_contract_once_somebody_else_approved_it() -> None:
    customer = cast.customer()
    lena, mona = cast.user("team_lead", "lena"), cast.user("ar_manager", "mona")
    _send(customer.pk, add_document(cast.who(lena), customer.pk, "a.pdf", PDF, DocumentAsked("invoice")).pk)
    contract = add_document(cast.who(lena), customer.pk, "b.pdf", PDF, DocumentAsked("contract"))
    with pytest.raises(Refused, match="was not approved for sending"):
        _send(customer.pk, contract.pk)
    with pytest.raises(Refused, match="Nobody approves what they added"):
        approve_document(cast.who(lena), contract.pk)
    approve_document(cast.who(mona), contract.pk)
    _send(customer.pk, contract.pk)


def test_a_document_of_another_customer_is_never_sent() -> None:
    one, other = cast.customer(), cast.customer()
    document = add_document(cast.who(), one.pk, "a.pdf", PDF, DocumentAsked("invoice"))
    with pytest.raises(Refused, match="There is no document"):
        _send(other.pk, document.pk)


def test_a_withdrawn_one_is_kept_and_not_sent() -> None:
    customer = cast.customer()
    document = add_document(cast.who(), customer.pk, "a.pdf", PDF, DocumentAsked("invoice"))
    withdraw_document(cast.who(), document.pk, "the wrong customer")
    with pytest.raises(Refused, match="was withdrawn"):
        _send(customer.pk, document.pk)
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    "name, content, why",
    [
        ("invoice.pdf.exe", b"MZ" + b"\0" * 200, "is not sent"),
        ("page.html", b"<html><script>alert(1)</script></html>", "is not sent"),
        ("empty.pdf", b"", "is empty"),
    ],
)
def test_what_could_run_is_not_taken(name: str, content: bytes, why: str) -> None:
    customer = cast.customer()
    with pytest.raises(Refused, match=why):
        add_document(cast.who(), customer.pk, name, content, DocumentAsked("other"))
    assert not Document.objects.exists()


def test_a_certificate_warns_once_before_it_ends_and_not_when_the_next_one_is_there() -> None:
    cast.user("ar_manager", "mona")
    one, other = cast.customer(), cast.customer()
    ends = cast.TODAY + timedelta(days=20)
    with pytest.raises(Refused, match="states the last day"):
        add_document(cast.who(), one.pk, "tx.pdf", PDF, DocumentAsked("tax_exempt_certificate"))
    for customer in (one, other):
        asked = DocumentAsked("tax_exempt_certificate", "TX certificate", expires_on=ends, jurisdiction="TX")
        add_document(cast.who(), customer.pk, "tx.pdf", PDF, asked)
    later = DocumentAsked("tax_exempt_certificate", expires_on=ends + timedelta(days=365), jurisdiction="TX")
    add_document(cast.who(), other.pk, "tx2.pdf", PDF, later)
    assert warn_of_expiry(cast.who("administrator")) == 1
    assert warn_of_expiry(cast.who("administrator")) == 0
    assert [each.customer_id for each in FollowUp.objects.all()] == [one.pk]
