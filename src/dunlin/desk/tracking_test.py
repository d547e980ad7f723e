"""Tracking on screen: the figures of the reports, each a link to its documents, the same in files; who may see what."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from dunlin.actions.change_settings import change_settings
from dunlin.records.clock import today
from dunlin.records.models import Call, ExchangeRate, FollowUp, User
from tests import cast, screens

pytestmark = [pytest.mark.django_db, pytest.mark.req("F1"), pytest.mark.rule("P17")]

DAY = today("UTC")
VIEWS = ("bands", "large", "credits", "rolls", "losses", "items")


@pytest.fixture
def book(db):
    """Lakeside of Alice: 60,000.00 of 12 days, 100.00 of 4, an old credit. Harbour of Bob: 200.00 EUR of 95 days."""
    alice, bob = cast.user("collector", "alice"), cast.user("collector", "bob")
    lakeside = cast.customer("Lakeside Hotels", number="L-100", collector=alice)
    harbour = cast.customer("Harbour", number="H-200", currency="EUR", collector=bob)
    cast.invoice(lakeside, "60,000.00", due=DAY - timedelta(12), number="INV-1")
    cast.invoice(lakeside, "100.00", due=DAY - timedelta(4), number="INV-2")
    cast.payment(lakeside, "75.00", on=DAY - timedelta(40), number="RC-1")
    cast.invoice(harbour, "200.00", due=DAY - timedelta(95), number="INV-3")
    ExchangeRate.objects.create(
        base="EUR", quote="USD", on=DAY - timedelta(800), rate=Decimal("1.09"), source="test"
    )
    Call.objects.create(
        customer=lakeside, outcome="no_answer", day=DAY, started_at=cast.moment(DAY), by=alice
    )
    FollowUp.objects.create(
        customer=lakeside, owner=alice, what="Send the proof", due_on=DAY + timedelta(1), created_at=cast.moment(DAY - timedelta(9))
    )  # fmt: skip
    return lakeside


@pytest.fixture
def mona(client, book):
    client.force_login(cast.user("ar_manager", "mona"))
    return client


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(screens.body(answer).decode("utf-8-sig"))))


def test_bands_and_cumulative_view_with_the_home_currency_last(mona):
    page = screens.read(mona.get("/tracking"))
    bands, more = page.tables[-2:]
    assert [cell.text for cell in bands[0]] == [
        "Days past due",
        "1–4",
        "5–9",
        "10–14",
        "15–29",
        "30–59",
        "60–89",
        "90+",
        "Past due",
    ]
    assert [[cell.text for cell in row] for row in bands[1:]] == [
        ["EUR", "0", "0", "0", "0", "0", "0", "200.00", "200.00"],
        ["USD", "100.00", "0", "60,000.00", "0", "0", "0", "0", "60,100.00"],
        ["All in USD", "100.00", "0", "60,000.00", "0", "0", "0", "218.00", "60,318.00"],
    ]
    assert [cell.text for cell in more[3]] == [
        "All in USD",
        "60,218.00",
        "60,218.00",
        "218.00",
        "218.00",
        "218.00",
        "218.00",
    ]
    text = mona.get("/tracking").content.decode()
    for words in ("1 EUR = 1.09 USD", "on target", "below 2,000,000.00", "−75.00"):
        assert words in text


def test_every_figure_leads_to_documents_that_sum_to_it(mona):
    page = screens.read(mona.get("/tracking"))
    checked = 0
    for table in page.tables[-2:]:
        for row in table[1:-1]:
            for cell in row[1:]:
                if not cell.href:
                    assert cell.text == "0"
                    continue
                lines = screens.read(mona.get("/tracking" + cell.href))
                assert lines.facts[0][1].text == cell.text
                assert sum(Decimal(each[4].text.replace(",", "")) for each in lines.tables[0][1:]) == Decimal(
                    cell.text.replace(",", "")
                )
                checked += 1
    assert checked == 13
    home = next(cell for cell in page.tables[-2][-1] if cell.text == "60,318.00")
    assert len(screens.read(mona.get("/tracking" + home.href)).tables[0]) == 4


def test_each_line_names_owner_last_contact_and_next(mona):
    for view, document, amount in (("large", "INV-1", "60,000.00"), ("credits", "RC-1", "−75.00")):
        (line,) = screens.read(mona.get(f"/tracking?view={view}")).tables[0][1:]
        words = [cell.text for cell in line]
        assert words[0] == document
        assert words[4:6] == [amount, amount]
        assert words[6] == "Alice"
        assert words[7].endswith("no answer")
        assert words[8].startswith("Follow up")
        assert words[8].endswith("Send the proof")
        assert line[0].href == f"/accounts/{cast.Customer.objects.get(number='L-100').pk}"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "query", ["", "&currency=EUR", "&collector=none", f"&as_of={DAY - timedelta(30)}", "&from=5&through=9"]
)
def test_every_view_and_file_answers(mona, view, query):
    assert mona.get(f"/tracking?view={view}{query}").status_code == 200
    rows(mona.get(f"/tracking?view={view}{query}&form=csv"))
    file = screens.body(mona.get(f"/tracking?view={view}{query}&form=xlsx"))
    names = CalamineWorkbook.from_filelike(io.BytesIO(file)).sheet_names
    assert (names[0], len(names)) == ("About", 2)


@pytest.mark.req("H2")
def test_the_past_is_marked_and_links_stay_there(mona):
    then = DAY - timedelta(10)
    answer = mona.get(f"/tracking?as_of={then}")
    assert 'class="past"' in answer.content.decode()
    bands = screens.read(answer).tables[-2]
    assert [cell.text for cell in bands[2]][:3] == ["USD", "60,000.00", "0"]
    assert f"as_of={then}" in bands[2][1].href


def test_roll_rates_and_losses_lead_to_the_aging(mona):
    for view in ("rolls", "losses"):
        page = screens.read(mona.get(f"/tracking?view={view}"))
        cell = next(cell for row in page.tables[-1] for cell in row if "/aging/items" in cell.href)
        assert mona.get(cell.href).status_code == 200
        assert cell.text in [fact.text for _, fact in screens.read(mona.get(cell.href)).facts]


def test_loss_rates_that_do_not_fit_say_so(mona):
    change_settings(cast.who("ar_manager", today=DAY), {"loss.rates_pct": ["1", "2"]})
    text = mona.get("/tracking?view=losses").content.decode()
    assert "There are 2 loss rates (loss.rates_pct) for 5 buckets" in text
    assert "<table" not in text


@pytest.mark.parametrize(
    "asked",
    [
        "view=nothing",
        "view=items&from=0",
        "view=items&from=9&through=5",
        "view=items&from=x",
        "view=items&from=10000",
        "view=items&through=000000001" + "0" * 5000,
        "currency=XXY",
    ],
)
def test_what_is_not_understood_is_said_and_no_figure_shown(mona, asked):
    answer = mona.get(f"/tracking?{asked}")
    assert answer.status_code == 422
    assert "No figures are shown" in answer.content.decode()


def test_an_empty_book_says_so(client, db):
    client.force_login(cast.user("ar_manager"))
    for view, words in {"bands": "Nothing is open.", "large": "No large debits.", "credits": "No old credits.", "rolls": "Nothing was open.",
                        "losses": "Nothing is open.", "items": "Nothing stands here."}.items():  # fmt: skip
        assert words in client.get(f"/tracking?view={view}").content.decode()


@pytest.mark.req("D4")
def test_a_collector_sees_only_own_accounts_and_sales_nothing(client, book):
    client.force_login(User.objects.get(username="bob"))
    bands = screens.read(client.get("/tracking")).tables[-2]
    assert [row[0].text for row in bands[1:]] == ["EUR", "All in USD"]
    for view in VIEWS:
        for form in ("", "&form=csv"):
            answer = client.get(f"/tracking?view={view}{form}")
            assert b"Lakeside" not in screens.body(answer)
    assert "Of the accounts you may see." in client.get("/tracking").content.decode()
    client.force_login(cast.user("sales"))
    assert client.get("/tracking").status_code == 403


@pytest.mark.trap(8)
@pytest.mark.trap(9)
def test_a_long_list_comes_in_pages(mona, book, django_assert_max_num_queries):
    for each in range(205):
        cast.invoice(book, 100 + each, due=DAY - timedelta(20))
    with django_assert_max_num_queries(32):
        page = mona.get("/tracking?view=items&from=15")
    assert len(screens.read(page).tables[0]) == 101
    assert len(screens.read(mona.get("/tracking?view=items&from=15&page=3")).tables[0]) == 7
    assert len(rows(mona.get("/tracking?view=items&from=15&form=csv"))) == 206
