"""A batch of letters: printed, listed, posted or taken back; and what changed since it was decided."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from dunlin.actions.doing import doing
from dunlin.actions.make_mailing import drop_mailing, make_mailing, post_mailing
from dunlin.actions.messages import Draft, make_message
from dunlin.actions.run_process import run_process
from dunlin.actions.set_block import set_block
from dunlin.actions.store_file import file_bytes
from dunlin.records.models import Address, Customer, Mailing, Message
from dunlin.rules.codes import Refused
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("C8")]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def _letter(customer: Customer | None = None, address: bool = True) -> Message:
    customer = customer or cast.customer("Müller & Söhne GmbH")
    if address:
        Address.objects.create(
            customer=customer, lines="Hafenstraße 7", city="Hamburg", postcode="20457", country="DE"
        )
    draft = Draft(
        customer.pk,
        "written",
        "letter",
        "Your account",
        "Dear Sir or Madam,\n\nplease call us.\n\nKind regards",
    )
    with doing(cast.who(), "send_message", customers=[customer.pk]) as act:
        return make_message(act, draft)


def test_letters_are_printed_listed_and_sent_once_they_are_posted() -> None:
    messages = [_letter() for _ in range(3)]
    told: list[tuple[int, int]] = []
    made = make_mailing(cast.who("team_lead"), progress=lambda done, total: told.append((done, total)))
    assert (made.letters, made.failed) == (3, 0)
    assert told[-1] == (3, 3)
    mailing = Mailing.objects.get()
    with zipfile.ZipFile(io.BytesIO(file_bytes(mailing.letters_file))) as archive:
        names = archive.namelist()
        assert archive.read(names[0]).startswith(b"%PDF")
        manifest = archive.read("manifest.csv").decode()
    assert len(names) == 4
    assert "Hafenstraße 7, 20457 Hamburg" in manifest or "Hafenstraße 7" in manifest
    assert file_bytes(mailing.manifest_file).startswith(b"%PDF")
    assert file_bytes(mailing.labels_file).startswith(b"%PDF")
    assert set(Message.objects.values_list("state", flat=True)) == {"claimed"}
    assert make_mailing(cast.who("team_lead")).letters == 0  # each letter once
    post_mailing(cast.who("team_lead"), mailing.pk)
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    assert all(each.sent_at for each in Message.objects.filter(pk__in=[message.pk for message in messages]))
    with pytest.raises(Refused, match="posted already"):
        post_mailing(cast.who("team_lead"), mailing.pk)


def test_a_batch_that_is_not_posted_is_due_again() -> None:
    message = _letter()
    made = make_mailing(cast.who("team_lead"))
    assert drop_mailing(cast.who("team_lead"), made.mailing_id or 0, "the printer is broken") == 1
    message.refresh_from_db()
    assert (message.state, message.mailing) == ("decided", None)
    assert make_mailing(cast.who("team_lead")).letters == 1


def test_what_was_forbidden_since_and_what_has_no_address_is_not_printed() -> None:
    blocked, homeless = _letter(), _letter(address=False)
    set_block(cast.who(), blocked.customer_id or 0, "insolvency", "notice of the court")
    made = make_mailing(cast.who("team_lead"))
    assert (made.mailing_id, made.letters, made.withdrawn) == (None, 0, 2)
    blocked.refresh_from_db()
    homeless.refresh_from_db()
    assert (blocked.why, homeless.why) == ("conduct_blocked", "letter_without_address")
    assert not Mailing.objects.exists()


def test_a_collector_prints_no_batches() -> None:
    with pytest.raises(Refused, match="may not make mailing"):
        make_mailing(cast.who("collector"))


@pytest.mark.trap(56)
def test_a_notice_by_letter_lists_its_documents_in_a_table() -> None:
    customer = cast.customer("Hafen & Sohn", channel="letter")
    Address.objects.create(customer=customer, lines="Kai 1", city="Hamburg", postcode="20457", country="DE")
    due = cast.invoice(customer, "1,234.50", due=cast.TODAY - timedelta(days=8), number="INV-8801")
    assert run_process(cast.who("administrator"), "past_due").channels == {"letter": 1}
    made = make_mailing(cast.who("team_lead"))
    assert (made.letters, made.failed) == (1, 0)
    with zipfile.ZipFile(io.BytesIO(file_bytes(Mailing.objects.get().letters_file))) as archive:
        pdf = PdfReader(io.BytesIO(archive.read(archive.namelist()[0])))
    text = pdf.pages[0].extract_text()
    assert due.number in text
    assert "1,234.50" in text
    assert "-----" not in text  # a table, and no lines of a plain text
