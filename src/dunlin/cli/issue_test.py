"""dunlin issue: a file of charges tried, posted, posted again; every problem with its row and column; credits by line and amount."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dunlin.records.models import Address, Approval, Customer, DiaryLine, IssuedDocument, Item
from dunlin.records.policies import current_policy
from dunlin.reports.verify import verify
from tests import cast, typed
from tests.cast import TODAY
from tests.typed import dunlin

pytestmark = [pytest.mark.django_db, pytest.mark.req("A6"), pytest.mark.invariant(13)]

HEAD = "document,kind,customer,date,terms,po_number,description,quantity,unit_price,tax_pct,jurisdiction,credits,line,amount,reason\n"
RIGHT = (
    f"N-1,,L-100,{TODAY},,PO-7,Freight,2,100.00,8,US-NY,,,,\nN-1,,,,,,Crane,1,124.00,0,,,,,\n"
    f"N-2,credit_memo,L-100,{TODAY},,,Goodwill,1,5.00,0,,,,,goodwill\n"
)
WRONG = (
    f"W-1,,L-100,{TODAY},,,Freight,1,much,8,US-NY,,,,\nW-1,,L-100,{TODAY},,,,1,5,,,,,,\n"
    f"W-2,,nobody,{TODAY},,,Freight,1,5,,,,,,\nW-3,,L-100,26/11/2026,NEVER,,Freight,1,5,,,,,,\n"
    f"W-4,,L-100,{TODAY},,,Freight,1,5,8,,,,,\nW-5,,L-100,{TODAY},,,Freight,1,5,,,,,,\nW-5,,H-200,,,,Crane,1,5,,,,,,\n"
)


@pytest.fixture
def run(books: Any, tmp_path: Path) -> Any:
    """Lakeside has terms and an address."""
    Address.objects.create(customer=books.lakeside, lines="1 Harbor Road", city="Albany", country="US")
    Customer.objects.filter(pk=books.lakeside.pk).update(terms=cast.terms())

    def issue(rows: str, *words: str, status: int = 0, head: str = HEAD) -> Any:
        path = tmp_path / "charges.csv"
        path.write_text(head + rows)
        told = dunlin("issue", path, "--as", "mona", "--json", *words)
        assert told.status == status, told
        return json.loads(told.out)

    return issue


def test_a_file_is_tried_then_posted_and_the_second_time_changes_nothing(run: Any) -> None:
    before = DiaryLine.objects.count(), Item.objects.count()
    tried = run(RIGHT)
    assert typed.differences(typed.documented("issue"), tried) == []
    assert tried["counts"] == {"would": 2, "issued": 0, "before": 0, "asked": 0, "refused": 0}
    assert [(each["amount"], each["number"], each["rows"]) for each in tried["documents"]] == [
        ("340.00", None, [2, 3]), ("5.00", None, [4]),
    ]  # fmt: skip
    assert (DiaryLine.objects.count(), Item.objects.count(), IssuedDocument.objects.count()) == (*before, 0)

    posted = run(RIGHT, "--post")
    assert [each["number"] for each in posted["documents"]] == ["US01-INV-000001", "US01-CM-000001"]
    invoice = Item.objects.get(number="US01-INV-000001")
    assert (invoice.amount, invoice.tax, invoice.lines.count(), invoice.po_number) == (
        34_000,
        1_600,
        2,
        "PO-7",
    )
    again = run(RIGHT, "--post")
    assert (again["counts"]["before"], again["documents"][0]["number"]) == (2, "US01-INV-000001")
    assert IssuedDocument.objects.count() == 2
    other = run(RIGHT.replace("124.00", "125.00"), "--post", status=1)
    assert [each["state"] for each in other["documents"]] == ["refused", "before"]
    assert "used before for something else" in other["documents"][0]["problems"][0]["why"]

    credits = f"C-1,,L-100,{TODAY},,,,1,,,,US01-INV-000001,1,,price\nC-2,,L-100,{TODAY},,,,,,,,US01-INV-000001,,24.00,price\n"
    assert run(credits)["counts"]["would"] == 2
    made = run(credits, "--post")
    assert [each["amount"] for each in made["documents"]] == ["108.00", "24.00"]
    assert run(credits, "--post")["counts"]["before"] == 2
    invoice.refresh_from_db()
    assert invoice.open == 34_000 - 10_800 - 2_400
    wrong = (
        f"C-3,,L-100,{TODAY},,,,,,,,US01-INV-9,,,price\nC-4,,L-100,{TODAY},,,,1,,,,US01-INV-000001,x,,price\n"
    )
    refused = run(wrong, status=1)["documents"]
    assert [each["problems"][0]["column"] for each in refused] == ["credits", "line"]
    assert verify(TODAY, current_policy()).clean


def test_every_problem_has_its_row_and_column_and_holds_nothing_else_back(run: Any) -> None:
    told = run(WRONG + RIGHT, "--post", status=1)
    assert (told["counts"]["refused"], told["counts"]["issued"]) == (5, 2)
    assert [(each["row"], each["column"]) for one in told["documents"] for each in one["problems"]] == [
        (2, "unit_price"), (4, "customer"), (5, "date"), (5, "terms"), (6, "jurisdiction"), (8, "customer"),
    ]  # fmt: skip
    Customer.objects.filter(number="L-100").update(po_required=True)
    stopped = run(f"P-1,,L-100,{TODAY},,,Freight,1,5,,,,,,\n", status=1)
    assert "purchase order number" in stopped["documents"][0]["problems"][0]["why"]
    like = RIGHT.replace("N-1", "N-9").splitlines(keepends=True)
    twice = run("".join(like[:2]), status=1)["documents"][0]["problems"][0]["why"]
    assert "issue_like_another in the column confirmed" in twice
    sure = "".join(
        f"{line.rstrip()},{'issue_like_another' if not at else ''}\n" for at, line in enumerate(like[:2])
    )
    assert run(sure, head=HEAD.strip() + ",confirmed\n")["counts"]["would"] == 1


def test_what_is_more_than_one_may_alone_is_asked_for(run: Any, tmp_path: Path) -> None:
    row = f"N-1,credit_memo,L-100,{TODAY},,,Goodwill,1,5000.00,0,,,,,goodwill\n"
    assert "would be asked for" in run(row)["documents"][0]["said"][0]
    assert not Approval.objects.exists()
    assert run(row, "--post")["counts"]["asked"] == 1
    assert run(row, "--post")["counts"]["before"] == 1
    assert Approval.objects.count() == 1
    path = tmp_path / "other.csv"
    for text, words in (
        ("document,price\nA,1\n", "'price'"),
        ("document,customer\nA,B\n", "'date'"),
        ("", "charges"),
    ):
        path.write_text(text)
        told = dunlin("issue", path, "--as", "mona")
        assert told.refusal == (2, "issue_file_unusable")
        assert words in told.err or not text
    assert dunlin("issue", tmp_path / "none.csv", "--as", "mona").refusal == (2, "file_unknown")
    path.write_text(HEAD + row.replace("N-1", "N-2"))
    alone = dunlin("issue", path, "--as", "alice")
    assert alone.status == 1
    assert "may not" in alone.out
