"""Applying a credit by keyboard alone, and the other doors to the books: no accessibility fault, nothing scrolls sideways."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from dunlin.records.models import Application, Item
from tests import cast
from tests.cast import TODAY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.req("B9")
@pytest.mark.req("E2")
def test_a_credit_is_applied_without_the_mouse(committed_books, signed_in, page, shot):
    books = committed_books
    cast.credit_memo(books.lakeside, "75.00", number="CM-7", on=TODAY)
    signed_in(books.alice, f"/accounts/{books.lakeside.pk}")
    with page.expect_navigation():
        page.keyboard.press("a")
    field = page.locator(f"[name=amount-{books.late.pk}]")
    assert page.evaluate("document.activeElement.name") == f"amount-{books.late.pk}"
    assert field.input_value() == "200.00"
    shot("apply")
    shot("apply", phone=True)
    page.keyboard.press("Control+a")
    page.keyboard.type("120", delay=15)
    page.locator(f"#after-{books.late.pk}", has_text="380.00").wait_for()
    page.locator("#applied", has_text="80.00 USD stays unused").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.type("99999", delay=15)
    page.locator(f"#after-{books.current.pk}", has_text="1,000.00 USD is open, no more").wait_for()
    page.locator("#applied", has_text="more than the credit has").wait_for()
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    error = page.locator(f"[id='amount-{books.current.pk}-error']")
    assert "is more than the" in error.text_content()
    shot("apply-refused")
    shot("apply-refused", phone=True)
    page.locator(f"[name=amount-{books.current.pk}]").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    page.locator(
        ".toast.good", has_text="120.00 USD applied to INV-1001; 80.00 USD of the credit is unused."
    ).wait_for()
    assert Application.objects.get(credit=books.unapplied).amount == 12_000

    # The other credit, from its own line on the Credits tab.
    page.goto(page.url.split("?")[0] + "?group=credits")
    page.locator("#items a.name", has_text="CM-7").focus()
    with page.expect_navigation():
        page.keyboard.press("a")
    assert "CM-7" in page.locator("main").text_content()
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert Item.objects.get(number="CM-7").open == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_fault_on_any_door(committed_books, signed_in, page, shot, scheme):
    books = committed_books
    page.emulate_media(color_scheme=scheme)
    cast.credit_memo(books.lakeside, "75.00", number="CM-7", on=TODAY)
    cast.payment(books.lakeside, "980.00", on=TODAY, reference="For INV-1003")
    offered = {"discount": 2_000, "discount_until": TODAY + timedelta(5)}
    cast.invoice(books.lakeside, "1,000.00", due=TODAY + timedelta(20), number="INV-1003", **offered)
    cast.terms("2/10N30", kind="net_days", days=30, discount_pct="2", discount_days=10)
    thirds = cast.terms("THIRDS", kind="instalments", count=3, days=30)
    signed_in(books.mona)
    base, lake, harbour = page.url.rstrip("/"), books.lakeside.pk, books.harbour.pk
    use = books.part_payment.uses.get()
    for name, path in {
        "door-account": f"/accounts/{lake}?group=credits&item={books.unapplied.pk}",
        "door-uses": f"/accounts/{harbour}?item={books.part_paid.pk}",
        "door-apply": f"/accounts/{lake}/apply",
        "door-nothing": f"/accounts/{harbour}/apply",
        "door-undo": f"/applications/{use.pk}/reverse",
        "door-return": f"/items/{books.part_payment.pk}/return",
        "door-due": f"/items/{books.late.pk}/due-date",
        "door-terms": "/settings/terms",
        "door-new-terms": "/settings/terms/new",
        "door-instalments": f"/settings/terms/{thirds.pk}",
    }.items():
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        found = Axe().run(page).response["violations"]
        assert [(path, fault["id"], [node["target"] for node in fault["nodes"]][:3]) for fault in found] == []
        for phone in (False, True):
            shot(f"{name}-{scheme}", phone)


def test_terms_are_said_while_one_types(committed_books, signed_in, page):
    signed_in(committed_books.mona, "/settings/terms/new")
    page.keyboard.type("2/10N30")
    page.locator("[name=discount_pct]").fill("2")
    page.locator("[name=discount_days]").fill("10")
    page.locator("#terms-said", has_text="2 % within 10 days, else net 30").wait_for()
    assert not page.locator("[name=count]").is_visible()
    page.locator("[name=kind]").select_option("instalments")
    page.locator("[name=count]").fill("3")
    page.locator("#terms-said", has_text="in 3 parts").wait_for()
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    page.locator(".toast.good", has_text="those posted before keep their due dates").wait_for()
