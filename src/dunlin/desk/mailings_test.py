"""Letters on the desk: print what is due, take the files, say that they were posted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dunlin.actions.doing import doing
from dunlin.actions.messages import Draft, make_message
from dunlin.records.models import Address, Mailing, Message
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("C8")]


def test_a_batch_from_due_to_posted(books: cast.Books, tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    lena, alice = Client(), Client()
    lena.force_login(books.lena)
    alice.force_login(books.alice)
    assert "No letters were printed yet" in lena.get("/sending/letters/").content.decode()
    Address.objects.create(
        customer=books.lakeside, lines="1 Pier Road", city="Erie", postcode="16501", country="US"
    )
    with doing(cast.who(), "send_message", customers=[books.lakeside.pk]) as act:
        make_message(act, Draft(books.lakeside.pk, "written", "letter", "Your account", "Please call us."))
    assert "1</span> letter is due" in lena.get("/sending/letters/").content.decode()
    assert alice.post("/sending/letters/make").status_code == 403
    assert lena.post("/sending/letters/make").status_code == 302
    mailing = Mailing.objects.get()
    got = lena.get(f"/sending/letters/{mailing.pk}/manifest")
    assert b"".join(got.streaming_content).startswith(b"%PDF")
    assert alice.get(f"/sending/letters/{mailing.pk}/letters").status_code == 403
    assert lena.post(f"/sending/letters/{mailing.pk}/posted").status_code == 302
    assert Message.objects.get().state == "sent"
    assert "posted" in lena.get("/sending/letters/").content.decode()
