"""The diary as an auditor reads it, and the proof of the books at the press of a button."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.add_note import add_note
from dunlin.actions.correct_customer import correct_customer
from dunlin.records.models import DiaryLine, Item
from dunlin.reports import diary as report
from tests import cast
from tests.cast import TODAY, moment, who

pytestmark = [pytest.mark.django_db, pytest.mark.req("D4")]


@pytest.fixture
def auditor(books, client):
    add_note(who(books.alice), books.lakeside.pk, "They pay on the 20th.")
    correct_customer(who("ar_manager"), books.lakeside.pk, {"segment": "large"})
    client.force_login(cast.user("auditor"))
    return client


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_the_diary_tells_who_did_what_before_and_after(auditor, books):
    page = text_of(auditor.get("/settings/diary"))
    for words in ("They pay on the 20th.", "nothing → large", "Alice", "L-100"):
        assert words in page, words


def test_the_diary_is_narrowed_by_day_person_act_and_customer(auditor, books):
    def told(query):
        return text_of(
            auditor.get(f"/settings/diary?{query}", headers={"HX-Request": "true", "HX-Target": "results"})
        )

    assert "20th" in told(f"by={books.alice.pk}")
    assert "→ large" not in told(f"by={books.alice.pk}")
    assert "20th" not in told("verb=correct_customer")
    assert "20th" in told("customer=L-100")
    assert "Nothing was done like that" in told("customer=H-200")
    assert "Nothing was done like that" in told(f"from={TODAY - timedelta(9)}&through={TODAY - timedelta(8)}")
    assert "20th" in told("from=nonsense&by=%27--&before=x")


def test_the_diary_is_read_page_by_page_without_gap_or_repeat(books, monkeypatch):
    monkeypatch.setattr(report, "PAGE_SIZE", 3)
    for n in range(8):
        add_note(who(books.alice), books.lakeside.pk, f"note {n}")
    seen, before = [], None
    while True:
        lines, before = report.diary(TODAY, TODAY, "UTC", before=before)
        seen += [line.id for line in lines]
        if before is None:
            break
    everything = DiaryLine.objects.filter(at__gte=moment(TODAY) - timedelta(hours=12)).order_by("-pk")
    assert seen == list(everything.values_list("pk", flat=True))


def test_a_page_of_the_diary_is_two_statements(auditor, books, django_assert_num_queries):
    with django_assert_num_queries(1):
        report.diary(TODAY, TODAY, "UTC", verb="add_note")


@pytest.mark.req("H5")
def test_the_books_are_proved_at_the_press_of_a_button(auditor, books):
    assert "Prove the books now" in text_of(auditor.get("/settings/proof"))
    proved = text_of(auditor.post("/settings/proof"))
    for words in ("The books are right", "Documents", "Applications", "Due date changes", "Diary lines"):
        assert words in proved, words
    Item.objects.filter(pk=books.late.pk).update(open=1)
    page = text_of(auditor.post("/settings/proof"))
    assert "checks found something" in page
    assert "INV-1001" in page or "INV-1002" in page


def test_a_collector_sees_neither(books, client):
    client.force_login(books.alice)
    assert client.get("/settings/diary").status_code == 403
    assert client.get("/settings/proof").status_code == 403
