"""A short stretch of the year, every mail of it checked; and the checker itself finds what is wrong when something is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from dunlin.actions.set_block import set_block
from dunlin.records.models import Item, Message, ProcessLine
from examples import year_of_nights
from examples.check_mailbox import check, report
from examples.sample_company import build as company
from tests import cast

START, DAYS = date(2026, 1, 5), 20


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.req("C1", "C2", "C3", "C4", "B3", "D10")
@pytest.mark.trap(1, 3, 7, 21, 24, 25, 28, 29, 52, 53, 57, 59)
@pytest.mark.invariant(24, 25)
def test_twenty_nights_ask_for_nothing_that_is_settled_and_explain_every_silence(
    tmp_path: Path, settings: Any
) -> None:
    settings.SMTP = settings.MAIL_DOMAIN = settings.MAIL_ARCHIVE = settings.DEFAULT_FROM_EMAIL = (
        ""  # put back afterwards
    )
    settings.MEDIA_ROOT = tmp_path / "files"
    did = year_of_nights.play(tmp_path, START, DAYS, 60, 7, False, lambda text: None)
    last = START + timedelta(DAYS - 1)
    found = check(tmp_path / "mails", START, last, company.ZONE)
    assert found.violations == [], report(found)
    assert did["sent"] > 20
    assert found.mails["notice"] > 5
    assert found.mails["statement"] > 5
    assert found.customer_days > 100
    _finds_what_is_wrong(tmp_path / "mails", last)


def _finds_what_is_wrong(folder: Path, last: date) -> None:
    """The same mails against books in which one was paid before, another has no line, and one lies twice in the server."""
    message = Message.objects.filter(purpose="notice", state="sent", channel="email").earliest("pk")
    item = Item.objects.get(pk=message.items.filter(left_out="").values_list("item", flat=True)[0])
    ProcessLine.objects.filter(run__process="past_due", run__due_on=START + timedelta(1)).delete()
    mail = next(
        file
        for file in folder.glob("*.eml")
        if f"X-Dunlin-Message: {message.pk}\r\n".encode() in file.read_bytes()
    )
    (folder / "again.eml").write_bytes(mail.read_bytes())
    who = cast.who(today=START, at=cast.moment(START, 0))
    set_block(who, item.customer_id, "plan", "three parts", item_id=item.pk)
    kinds = {what for what, _ in check(folder, START, last, company.ZONE).violations}
    assert {"sent twice", "planned", "unexplained"} <= kinds
