"""Import on the screen: who may, what is refused where, what the address keeps, and files that mean harm."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from dunlin.actions import receive_file
from dunlin.records.models import Contact, ContactPoint, Customer, Decision, ImportRun, Item, SavedMapping
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("A9")]

HEAD = "Customer;Customer name;Invoice no;Invoice date;Due date;Amount;Currency\n"
ROWS = "C-1;Acme Steel;A-1;03/04/2026;05/04/2026;1.234,50;EUR\nC-1;Acme Steel;A-2;04/05/2026;06/05/2026;abc;EUR\n"


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def desk(books, client):
    client.force_login(books.mona)
    return client


def send(client, content: str | bytes, name: str = "open.csv", **more):
    data = content.encode() if isinstance(content, str) else content
    return client.post("/imports/", {"file": SimpleUploadedFile(name, data), **more})


def preview_of(client, content: str | bytes, *sets: str, **more) -> str:
    address = send(client, content, **more)["Location"]
    return address + "".join(f"&set={each.replace('=', '%3D')}" for each in sets)


@pytest.mark.parametrize("role, status", [
    ("ar_manager", 200), ("finance_manager", 200), ("administrator", 200), ("collector", 403), ("team_lead", 403), ("sales", 403),
])  # fmt: skip
def test_the_page_is_for_those_who_may_import(books, client, role, status):
    client.force_login(cast.user(role))
    assert client.get("/imports/").status_code == status
    assert (send(client, HEAD + ROWS).status_code == 303) is (status == 200)
    assert client.get("/imports/preview?file=" + "0" * 64).status_code == (404 if status == 200 else 403)


def test_an_auditor_looks_on_and_sends_nothing(books, client):
    client.force_login(cast.user("auditor"))
    assert client.get("/imports/").status_code == 200
    assert send(client, HEAD + ROWS).status_code == 403


def test_a_new_system_is_told_what_to_import_first(db, client):
    client.force_login(cast.user("ar_manager"))
    page = client.get("/imports/").content.decode()
    assert "What comes first" in page
    assert (
        page.index("Customers</span>")
        < page.index("Invoices and credits</span>")
        < page.index("Payments</span>")
    )
    assert "Template</a>" in page
    assert 'class="done"' not in page


def test_the_order_of_files_ticks_what_is_there(books, client):
    client.force_login(books.mona)
    assert client.get("/imports/").content.decode().count('<li class="done">') == 4
    ContactPoint.objects.all().delete()
    Contact.objects.all().delete()
    assert client.get("/imports/").content.decode().count('<li class="done">') == 3


def test_the_template_of_a_kind_names_its_fields_and_an_unknown_kind_is_refused(desk):
    answer = desk.get("/imports/template/items.csv")
    assert b"customer,customer_name,entity,number" in b"".join(answer)
    assert desk.get("/imports/template/people.csv").status_code == 404


@pytest.mark.parametrize("content, name, words", [
    (b"", "empty.csv", "is empty"),
    (b"\x89PNG\r\n\x1a\n" + bytes(200), "book.csv", "a picture"),
    (b"%PDF-1.7 " + bytes(100), "../../etc/passwd", "a PDF document"),
    (b"\x7fELF" + bytes(100), "run.xlsx", "a program"),
    (("x," * 700 + "\n1\n").encode(), "wide.csv", "more than"),
])  # fmt: skip
def test_a_file_that_is_no_table_is_refused_beside_the_field_and_not_kept(
    desk, tmp_path, content, name, words
):
    answer = send(desk, content, name, kind="items")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'aria-invalid="true"' in page
    assert 'value="items" checked' in page, "the chosen kind stays"
    assert "etc/passwd" not in page, "only the name of a file is a name"
    assert not list(tmp_path.glob("imports/*"))
    assert not ImportRun.objects.exists()


def test_no_file_and_too_large_a_file_say_so(desk, monkeypatch):
    assert "Choose a file first" in desk.post("/imports/", {"kind": "items"}).content.decode()
    monkeypatch.setattr(receive_file, "UPLOAD_BYTES_MAX", 10)
    answer = send(desk, HEAD + ROWS)
    assert answer.status_code == 422
    assert "the most that can be sent here" in answer.content.decode()


@pytest.mark.parametrize("file", ["", "..", "../../db.sqlite3", "0" * 64, "%2e%2e%2fdb", "A" * 64])
def test_only_a_fingerprint_of_a_received_file_leads_to_a_file(desk, file):
    assert desk.get("/imports/preview", {"file": file}).status_code == 404


def test_the_order_of_dates_is_asked_with_what_it_would_mean(desk):
    page = desk.get(preview_of(desk, HEAD + ROWS)).content.decode()
    assert "No date in the whole file tells day from month" in page
    assert "03/04/2026 is 3 Apr 2026" in page
    assert "03/04/2026 is 4 Mar 2026" in page
    assert "Import 1 row" not in page


def test_an_answer_goes_into_the_address_and_the_rest_is_shown(desk):
    address = preview_of(desk, HEAD + ROWS)
    answered = desk.post(address, {"do": "again", "answer.date_order": "dmy"})
    assert answered.status_code == 303
    assert parse_qs(urlsplit(answered["Location"]).query)["set"] == ["date_order=dmy"]
    page = desk.get(answered["Location"]).content.decode()
    assert "Import 1 row" in page
    assert "1,234.50" in page
    assert "&#39;abc&#39; is not an amount" in page
    assert not Item.objects.filter(number="A-1").exists(), "a preview writes nothing"


def test_an_answer_that_will_not_do_keeps_the_form(desk):
    address = preview_of(desk, HEAD + ROWS, "date_order=dmy")
    answer = desk.post(
        address, {"do": "again", "to.amount": "", "was.to.amount": "Amount", "to.due_on": "Due date"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "one of amount and open is required" in page
    assert "What was understood" in page


def test_a_mapping_of_another_kind_says_so_and_offers_to_start_over(desk):
    answer = desk.get(preview_of(desk, HEAD + ROWS) + "&kind=customers&mapping=dunlin-items")
    assert answer.status_code == 422
    assert "Start over with this file" in answer.content.decode()


def test_the_result_says_what_comes_next(desk, books):
    def imported(number: str) -> str:
        desk.post(preview_of(desk, HEAD + ROWS.replace("A-1", number), "date_order=dmy"), {"do": "import"})
        run = ImportRun.objects.latest("pk")
        desk.post(f"/imports/{run.pk}/run")
        return desk.get(f"/imports/{run.pk}").content.decode()

    page = imported("A-1")
    assert "See aging" in page
    assert "Decide the day" in page
    assert "Assign 1 customer<" in page
    assert "/team/assign?owner=none" in page
    decided = desk.post("/imports/decide")
    assert decided.status_code == 302
    assert Decision.objects.filter(customer__number="C-1").exists()
    assert "Decide the day" not in imported("A-3")
    desk.force_login(cast.user("auditor"))
    page = desk.get(f"/imports/{ImportRun.objects.latest('pk').pk}").content.decode()
    assert ("Assign 1" in page, "See aging" in page) == (False, True)
    assert desk.post("/imports/decide").status_code == 403


def test_a_run_that_took_nothing_in_says_so_and_leads_nowhere_else(desk):
    desk.post(
        preview_of(desk, HEAD + ROWS.splitlines()[0].replace("C-1;Acme Steel", ";"), "date_order=dmy"),
        {"do": "import"},
    )
    run = ImportRun.objects.latest("pk")
    desk.post(f"/imports/{run.pk}/run")
    page = desk.get(f"/imports/{run.pk}").content.decode()
    assert "No row was taken in." in page
    assert "See aging" not in page


def test_a_mapping_is_saved_under_a_name_and_reads_the_file_from_then_on(desk):
    address = preview_of(desk, HEAD + ROWS, "date_order=dmy")
    saved = desk.post(address, {"do": "save", "mapping_name": "Our ERP, open items"})
    assert saved.status_code == 302
    assert SavedMapping.objects.get().name == "our-erp-open-items"
    page = desk.get(preview_of(desk, HEAD + ROWS.replace("A-1", "A-9"))).content.decode()
    assert "saved mapping" in page
    assert "Import 1 row" in page
    assert desk.post(address, {"do": "save", "mapping_name": " ,"}).status_code == 422


def test_an_import_waits_for_the_jobs_is_followed_and_can_be_run_here(desk, books):
    started = desk.post(preview_of(desk, HEAD + ROWS, "date_order=dmy"), {"do": "import"})
    run = ImportRun.objects.get()
    assert started["Location"] == f"/imports/{run.pk}"
    assert OrmQ.objects.count() == 1
    assert "every 1s" in desk.get(f"/imports/{run.pk}").content.decode()
    assert "Run it right here" not in desk.get(f"/imports/{run.pk}").content.decode(), (
        "the jobs get a moment first"
    )
    ImportRun.objects.update(started_at=cast.moment(cast.TODAY - cast.timedelta(days=400)))
    assert "No job process has taken it yet" in desk.get(f"/imports/{run.pk}").content.decode()
    desk.post(f"/imports/{run.pk}/run")
    assert OrmQ.objects.count() == 0, "a job that starts now must not do it again"
    page = desk.get(f"/imports/{run.pk}").content.decode()
    assert "every 1s" not in page
    assert "1 row was refused" in page
    assert Item.objects.get(number="A-1").amount == 123450
    assert desk.post(f"/imports/{run.pk}/run").status_code == 302, (
        "a run that is over is refused in a sentence"
    )


def test_corrections_come_back_mended_with_the_same_mapping(desk):
    desk.post(preview_of(desk, HEAD + ROWS, "date_order=dmy"), {"do": "import"})
    run = ImportRun.objects.get()
    desk.post(f"/imports/{run.pk}/run")
    answer = desk.get(f"/imports/{run.pk}/corrections.csv")
    text = b"".join(answer).decode("utf-8-sig")
    assert "attachment" in answer["Content-Disposition"]
    assert "abc" in text
    assert "A-1" not in text
    mended = text.replace(",abc,", ',"99,90",')
    page = desk.get(preview_of(desk, mended, run=str(run.pk), kind="items")).content.decode()
    assert "Questions first" not in page
    assert "One question first" not in page
    assert "Import 1 row" in page
    assert "99.90" in page


def test_what_a_list_of_open_items_leaves_out_is_told_and_can_be_downloaded(desk):
    head = "Customer;Invoice no;Invoice date;Due date;Open amount;Currency\n"
    rows = ["C-1;A-1;13/04/2026;25/04/2026;10,50;EUR\n", "C-1;A-2;13/04/2026;25/04/2026;20,50;EUR\n"]
    for content in (head + "".join(rows), head + rows[1]):
        desk.post(preview_of(desk, content), {"do": "import"})
        desk.post(f"/imports/{ImportRun.objects.latest('pk').pk}/run")
    run = ImportRun.objects.latest("pk")
    page = desk.get(f"/imports/{run.pk}").content.decode()
    assert "1 document of earlier files of this mapping is not in this one and still open here." in page
    assert f"/imports/{run.pk}/corrections.csv?of=missing" in page
    answer = desk.get(f"/imports/{run.pk}/corrections.csv?of=missing")
    assert f"not-in-file-{run.pk}.csv" in answer["Content-Disposition"]
    text = b"".join(answer).decode("utf-8-sig")
    assert "A-1" in text
    assert "10.50" in text
    assert "A-2" not in text


def test_names_are_text_and_formulas_stay_asleep_in_corrections(desk):
    rows = "C-1;<script>alert(1)</script>;A-1;13/04/2026;25/04/2026;abc;EUR\nC-2;\"=cmd|' /C calc'!A0\";A-2;13/04/2026;25/04/2026;abc;EUR\nC-3;Plain;A-3;13/04/2026;25/04/2026;10,50;EUR\n"
    address = preview_of(desk, HEAD + rows)
    page = desk.get(address).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    desk.post(address, {"do": "import"})
    run = ImportRun.objects.get()
    desk.post(f"/imports/{run.pk}/run")
    text = b"".join(desk.get(f"/imports/{run.pk}/corrections.csv")).decode()
    assert "\n=cmd" not in text
    assert ",=cmd" not in text
    assert '"=cmd' not in text


def test_a_second_import_of_the_file_changes_nothing(desk):
    for _ in range(2):
        desk.post(preview_of(desk, HEAD + ROWS, "date_order=dmy"), {"do": "import"})
        desk.post(f"/imports/{ImportRun.objects.latest('pk').pk}/run")
    last = ImportRun.objects.latest("pk")
    assert (last.new, last.changed, last.same, last.refused) == (0, 0, 1, 1)


def test_a_large_file_shows_the_page_before_it_is_read(desk, monkeypatch):
    monkeypatch.setattr("dunlin.desk.import_preview._BIG", 10)
    address = preview_of(desk, HEAD + ROWS, "date_order=dmy")
    whole = desk.get(address).content.decode()
    assert 'hx-trigger="load"' in whole
    assert "Import 1 row" not in whole
    part = desk.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Import 1 row" in part
    assert "<html" not in part


def test_the_list_of_runs_takes_as_many_queries_for_many_as_for_one(desk):
    def run_of(n: int) -> None:
        for each in range(n):
            ImportRun.objects.create(
                kind="items",
                file_name=f"f{each}.csv",
                sha256="0" * 64,
                state="done",
                started_at=cast.moment(cast.TODAY),
            )

    counts = []
    for n in (1, 60):
        run_of(n)
        with CaptureQueriesContext(connection) as seen:
            page = desk.get("/imports/")
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert "Older runs" in page.content.decode()


def test_everything_can_be_taken_out_by_who_may(desk, books):
    answer = desk.post("/imports/export", {"format": "csv"})
    data = b"".join(answer)
    assert data[:2] == b"PK"
    assert "dunlin-" in answer["Content-Disposition"]
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(data)).namelist()
    desk.force_login(books.lena)
    assert desk.post("/imports/export").status_code == 403


def test_customers_in_a_file_are_made(desk):
    text = "number,name,country\nK-1,Kestrel Freight,GB\n"
    desk.post(preview_of(desk, text, kind="customers"), {"do": "import"})
    desk.post(f"/imports/{ImportRun.objects.get().pk}/run")
    assert Customer.objects.get(number="K-1").name == "Kestrel Freight"


def test_the_runs_may_be_looked_at_from_a_past_day_but_nothing_is_sent_there(desk):
    assert desk.get("/imports/?as_of=2026-11-20").status_code == 200
    desk.post("/imports/?as_of=2026-11-20", {"file": SimpleUploadedFile("a.csv", (HEAD + ROWS).encode())})
    assert not ImportRun.objects.exists()


def test_a_run_under_way_tells_how_far_it_is_and_one_that_stopped_why(desk):
    run = ImportRun.objects.create(
        kind="items",
        file_name="f.csv",
        sha256="0" * 64,
        state="running",
        rows_total=200,
        rows_done=80,
        started_at=cast.moment(cast.TODAY),
    )
    part = desk.get(f"/imports/{run.pk}", headers={"HX-Request": "true"}).content.decode()
    assert "80</span> of 200 rows, 40 %" in part
    assert "every 1s" in part
    assert "<html" not in part
    ImportRun.objects.update(state="failed", message="The disk is full.")
    page = desk.get(f"/imports/{run.pk}").content.decode()
    assert "The import stopped: The disk is full." in page
    assert desk.get("/imports/999999").status_code == 404
