"""Every address of the desk: closed to strangers, closed to roles without the verb, closed to forged forms and to the past.

The addresses are read from the program itself; one that is new and stands in no table below fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dunlin.actions.keep_shipped import keep_shipped
from dunlin.desk.urls import urlpatterns
from dunlin.records.models import (
    Absence,
    Approval,
    BankAccount,
    BankFile,
    Block,
    CleanUpAccount,
    CleanUpProject,
    Conversation,
    Customer,
    Department,
    Dispute,
    Document,
    FixRun,
    FollowUp,
    ImportRun,
    Mail,
    Mailbox,
    MailFile,
    Mailing,
    MailProposal,
    Message,
    MessageFile,
    Overpayment,
    PayeeAccount,
    PayoutFile,
    PortfolioRule,
    ProcessRun,
    Promise,
    Receipt,
    Refund,
    Request,
    StoredFile,
    StrategyVersion,
    TemplateVersion,
    User,
)
from dunlin.rules.roles import ROLES, may
from tests import cast
from tests.cast import TODAY, Books

pytestmark = [pytest.mark.django_db, pytest.mark.req("D4"), pytest.mark.slow]

# Address → the verb that a POST to it needs; what is in no table takes no POST.
ACTS = {
    "apply_credit": "apply_credit", "reverse_application": "reverse_application", "return_payment": "return_payment",
    "change_due_date": "change_due_date", "terms": "save_terms", "terms_new": "save_terms",
    "order_worklist": "order_worklist", "set_block": "set_block", "lift_block": "set_block", "lift_auto_pay": "lift_auto_pay", "ask_fee_waiver": "ask_fee_waiver", "pin": "pin_customer",
    "add_contact": "correct_contact", "change_contact": "correct_contact", "add_point": "correct_contact",
    "change_point": "correct_contact", "open_dispute": "open_dispute", "resolve_dispute": "resolve_dispute",
    "add_follow_up": "add_follow_up", "finish_follow_up": "finish_follow_up", "add_note": "add_note",
    "add_promise": "log_promise", "cancel_promise": "cancel_promise", "snooze": "snooze_customer", "wake": "snooze_customer",
    "call": "log_call", "imports": "import_file", "import_preview": "import_file", "import_run_here": "import_file",
    "decide_day": "run_daily",
    "export_books": "export_books", "settings": "change_settings", "settings_file": "change_settings",
    "calendars": "change_calendar", "periods": "lock_period", "rates": "record_rate", "users": "manage_users",
    "user": "manage_users", "proof": "verify_books", "team_assign": "assign_customers", "team_backup": "set_backup", "team_backup_end": "set_backup",
    "team_rules": "assign_customers", "team_rule_new": "assign_customers", "team_rule": "assign_customers",
    "how_written": "correct_customer", "change_feed": "change_feed", "send_now": "send_message", "write_message": "send_message", "ask_department": "ask_department", "close_question": "ask_department", "answer": "answer_mail",
    "take_conversation": "handle_conversation", "assign_conversation": "handle_conversation", "snooze_conversation": "handle_conversation",
    "close_conversation": "handle_conversation", "reopen_conversation": "handle_conversation", "merge_conversation": "handle_conversation",
    "note_conversation": "handle_conversation", "whose": "match_mail", "queue_call": "queue_call", "read_mailboxes": "take_mail",
    "confirm_proposal": "confirm_proposal", "dismiss_proposal": "confirm_proposal", "add_document": "add_document",
    "approve_document": "approve_document", "withdraw_document": "withdraw_document", "approve_message": "approve_message",
    "send_again": "withdraw_message", "withdraw_message": "withdraw_message", "settle_message": "settle_message",
    "settle_by_archive": "settle_message", "finals_report": "report_finals", "run_process": "run_process",
    "strategy": "save_strategy", "strategy_new": "save_strategy", "strategy_preview": "see_processes",
    "strategy_activate": "activate_strategy", "strategy_switch": "activate_strategy", "template": "save_template",
    "template_new": "save_template", "template_activate": "activate_template", "mailing_make": "make_mailing",
    "mailing_drop": "make_mailing", "mailing_posted": "make_mailing", "mailbox": "change_mailbox", "mailbox_new": "change_mailbox",
    "department": "change_mailbox", "department_new": "change_mailbox", "entity_sender": "change_mailbox",
    "clean_up_new": "start_clean_up", "clean_up_again": "start_clean_up", "clean_up_choose": "change_clean_up", "clean_up_accept": "change_clean_up",
    "clean_up_here": "change_clean_up", "clean_up_ask": "ask_clean_up", "clean_up_run": "run_clean_up",
    "reconcile": "apply_fixes", "fix_run": "undo_fixes", "customer_statement": "apply_fixes",
    "payees": "save_payee", "payee_verify": "verify_payee", "payee_retire": "save_payee", "ask_refund": "ask_refund",
    "refund_cancel": "cancel_refund", "refund_confirm": "confirm_refund", "refund_returned": "return_refund", "payout": "make_payout",
    "payout_account": "make_payout", "payout_download": "make_payout", "payout_sent": "make_payout", "payout_undo": "make_payout",
    "receipts": "take_bank_file", "receipt": "process_receipt", "receipt_aside": "process_receipt", "receipt_take": "process_receipt",
    "receipt_undo": "process_receipt", "bank_account": "take_bank_file", "receipt_returned": "process_receipt", "receipt_split": "process_receipt", "receipt_join": "process_receipt",
    "advice_link": "process_receipt", "advice_unlink": "process_receipt", "advice_aside": "process_receipt",
    "issue_document": "issue_document", "credit_document": "credit_document", "rebill": "rebill", "print_document": "print_document",
    "send_issued": "send_message",
    "short_pay": "resolve_dispute", "overpayment": "apply_credit",
    "approval": "decide_approval", "withdraw_approval": "withdraw_approval",
}  # fmt: skip
# A POST that changes nothing but the reader's own cookie, or nothing at all.
HARMLESS = {"me_theme", "design"}
# Address → the verb that reading it needs, where it is not the one of its POST; what is in no table is for everyone.
READS = {
    "measures": "see_measures", "tracking": "see_measures", "team": "see_team", "team_person": "see_team", "call_next": "log_call", "call_skip": "log_call",
    "import_template": "import_file", "import_run": "see_imports", "import_corrections": "see_imports", "imports": "see_imports",
    "settings": "see_settings", "settings_file": "see_settings", "calendars": "see_settings", "periods": "see_settings",
    "rates": "see_settings", "users": "see_settings", "terms_list": "see_settings", "diary": "see_diary",
    "find_customer": "match_mail", "canned_words": "see_inbox", "how_written": "see_own_customers", "inbox": "see_inbox", "conversation": "see_inbox", "mailboxes": "see_inbox", "questions": "see_inbox", "mail_html": "see_inbox",
    "mail_raw": "see_inbox", "mail_file": "see_inbox", "sending": "see_processes", "campaign": "see_processes", "process_run": "see_processes", "outbox": "see_processes",
    "message": "see_processes", "message_html": "see_processes", "message_file": "see_processes", "strategies": "see_processes",
    "strategy": "see_processes", "strategy_text": "see_processes", "templates": "see_processes", "template": "see_processes",
    "template_look": "see_processes", "mailings": "see_processes", "mailing_file": "see_all_customers", "mail_settings": "see_settings",
    "clean_up": "see_clean_up", "clean_up_project": "see_clean_up", "reconcile": "see_own_customers", "fix_run": "see_own_customers",
    "refunds": "see_refunds", "refund": "see_refunds", "credits": "see_refunds", "payees": "see_refunds", "payout_file": "make_payout",
    "receipts": "see_receipts", "receipt": "see_receipts", "bank_files": "see_receipts", "bank_file": "see_receipts",
    "advices": "see_receipts", "advice": "see_receipts",
    "approvals": "see_approvals", "approval": "see_approvals", "short_pays": "see_own_customers", "receipt_closes": "see_receipts",
}  # fmt: skip
# Pages of the sign-in library that a stranger may open; all others lead to the sign-in page.
FOR_STRANGERS = {
    "account_login", "account_signup", "account_inactive", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "account_confirm_email",
    "account_email_verification_sent", "account_request_login_code", "socialaccount_login_cancelled",
    "socialaccount_login_error",
}  # fmt: skip
STAFF = {route.name: route for route in urlpatterns}


def library() -> Iterator[str]:
    """Names of the sign-in library's addresses."""

    def walk(patterns: list[Any], under: str = "") -> Iterator[tuple[str, URLPattern]]:
        for each in patterns:
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, under + str(each.pattern))
            else:
                yield under + str(each.pattern), each

    found = sorted(
        {
            each.name
            for at, each in walk(get_resolver().url_patterns)
            if at.startswith("sign-in/") and each.name
        }
    )
    yield from found


ARGUMENTS = {
    "account_confirm_email": {"key": "x"}, "account_reset_password_from_key": {"uidb36": "1", "key": "x"},
    "mfa_remove_webauthn": {"pk": 1}, "mfa_edit_webauthn": {"pk": 1}, "openid_connect_login": {"provider_id": "x"},
    "openid_connect_callback": {"provider_id": "x"},
}  # fmt: skip


@pytest.fixture
def rows(books: Books) -> dict[str, int]:
    """One row of everything that an address can name: address → key."""
    lake, contact = books.lakeside, books.lakeside.contacts.get()
    dispute = Dispute.objects.create(item=books.late, customer=lake, amount=1, reason="price", opened_on=TODAY, recorded_at=cast.moment(TODAY))  # fmt: skip
    short = Dispute.objects.create(item=books.late, customer=lake, amount=1, reason="price", opened_on=TODAY, recorded_at=cast.moment(TODAY), payment=books.unapplied)  # fmt: skip
    over = Overpayment.objects.create(payment=books.unapplied, customer=lake, amount=1, due_on=TODAY, opened_on=TODAY, recorded_at=cast.moment(TODAY))  # fmt: skip
    promise = Promise.objects.create(customer=lake, currency="USD", due_on=TODAY + timedelta(900), made_on=TODAY, recorded_at=cast.moment(TODAY))  # fmt: skip
    follow_up = FollowUp.objects.create(
        customer=lake, owner=books.alice, what="Ask", due_on=TODAY, created_at=cast.moment(TODAY)
    )
    absence = Absence.objects.create(user=books.bob, backup=books.lena, from_on=TODAY, through_on=TODAY)
    block = Block.objects.create(
        customer=lake, kind="do_not_call", reason="asked", from_on=TODAY, recorded_at=cast.moment(TODAY)
    )
    rule = PortfolioRule.objects.create(name="US", criteria={}, collector=books.alice, active=False)
    run = ImportRun.objects.create(
        file_name="x.csv", sha256="0" * 64, kind="items", state="done", started_at=cast.moment(TODAY)
    )
    use = cast.apply(books.unapplied, books.late, "10.00")
    return _written(books) | {
        "terms": cast.terms().pk, "reverse_application": use.pk, "return_payment": books.unapplied.pk, "change_due_date": books.late.pk, "credit_document": books.late.pk, "rebill": books.late.pk,
        "print_document": books.late.pk, "send_issued": books.late.pk,
        "lift_block": block.pk, "change_contact": contact.pk, "add_point": contact.pk, "change_point": contact.points.first().pk,
        "resolve_dispute": dispute.pk, "short_pay": short.pk, "overpayment": over.pk, "finish_follow_up": follow_up.pk, "cancel_promise": promise.pk, "user": books.bob.pk,
        "team_person": books.bob.pk, "team_backup_end": absence.pk, "team_rule": rule.pk, "import_run": run.pk,
        "import_corrections": run.pk, "import_run_here": run.pk, "": lake.pk,
    }  # fmt: skip


def _written(books: Books) -> dict[str, int]:
    """What was written and received, put away and run: a row of each, all about Lakeside."""
    at, lake = cast.moment(TODAY), books.lakeside
    keep_shipped(at)
    file = StoredFile.objects.create(sha256="1" * 64, bytes=1, type="text/plain", stored_at=at)
    box = Mailbox.objects.create(key="ar", name="AR", address="ar@example.test")
    thread = Conversation.objects.create(kind="mail", mailbox=box, customer=lake, opened_at=at, last_at=at)
    mail = Mail.objects.create(
        mailbox=box,
        dedupe_key="1",
        raw=file,
        kind="message",
        customer=lake,
        conversation=thread,
        received_at=at,
    )
    attached = MailFile.objects.create(mail=mail, file=file, name="a.txt")
    proposal = MailProposal.objects.create(
        mail=mail, intent="promise_to_pay", action="log_promise", confidence="0.9"
    )
    message = Message.objects.create(
        customer=lake, channel="email", purpose="written", day=TODAY, created_at=at
    )
    enclosed = MessageFile.objects.create(message=message, file=file, name="a.txt")
    document = Document.objects.create(
        customer=lake, kind="contract", title="A", file=file, file_name="a.txt", added_at=at
    )
    department = Department.objects.create(key="sales", name="Sales")
    asked = Request.objects.create(
        customer=lake,
        department=department,
        what="?",
        message=message,
        owner=books.alice,
        asked_at=at,
        due_on=TODAY,
    )
    run = ProcessRun.objects.create(process="past_due", period="2026-11-24", due_on=TODAY, started_at=at)
    mailing = Mailing.objects.create(made_at=at, what="Letters", letters_file=file)
    conversation = dict.fromkeys(
        ("conversation", "answer", "canned_words", "take_conversation", "assign_conversation", "snooze_conversation", "close_conversation",
         "reopen_conversation", "merge_conversation", "note_conversation", "find_customer", "whose"), thread.pk,
    )  # fmt: skip
    messages = dict.fromkeys(
        (
            "message",
            "message_html",
            "message_file",
            "approve_message",
            "send_again",
            "settle_message",
            "withdraw_message",
        ),
        message.pk,
    )
    bank = BankFile.objects.create(name="a.xml", sha256="2" * 64, bytes=1, format="camt", taken_at=at)
    receipt = Receipt.objects.create(
        file=bank, key="1", kind="credit", currency="USD", amount=100, booked_on=TODAY, value_on=TODAY, received_at=at, empty_by=at,
        late_after=at, payer_name="Lakeside", customer=lake,
    )  # fmt: skip
    approval = Approval.objects.create(
        kind="refund", customer=lake, title="Refund", reason="r", asked_at=at, expires_at=at + timedelta(9)
    )
    receipts = dict.fromkeys(
        (
            "receipt",
            "receipt_aside",
            "receipt_take",
            "receipt_undo",
            "receipt_returned",
            "receipt_split",
            "receipt_join",
        ),
        receipt.pk,
    )
    project = CleanUpProject.objects.create(name="Year end", owner=books.lena, state="ready", created_at=at)
    listed = CleanUpAccount.objects.create(project=project, customer=lake)
    fixes = FixRun.objects.create(
        customer=lake, made_at=at, made_on=TODAY, proof={"items": [], "before": [], "after": []}
    )
    ours = BankAccount.objects.create(
        entity=books.entity, name="Operating", currency="USD", tail="0000", fingerprint="3" * 64
    )
    payee = PayeeAccount.objects.create(
        customer=lake, kind="ach", holder="Lakeside", tail="1111", fingerprint="4" * 64, entered_at=at
    )
    payout = PayoutFile.objects.create(
        entity=books.entity,
        account=ours,
        format="csv",
        pay_on=TODAY,
        made_at=at,
        currency="USD",
        count=1,
        sum=1,
    )
    refund = Refund.objects.create(
        customer=lake, entity=books.entity, credit=books.unapplied, amount=1, currency="USD", method="check", payee_name="Lakeside", reason="r",
        asked_at=at,
    )  # fmt: skip
    refunds = dict.fromkeys(("refund", "refund_cancel", "refund_confirm", "refund_returned"), refund.pk)
    refunds |= dict.fromkeys(("payout_file", "payout_download", "payout_sent", "payout_undo"), payout.pk)
    refunds |= {
        "payee_verify": payee.pk,
        "payee_retire": payee.pk,
        "payout_account": ours.pk,
        "ask_refund": books.unapplied.pk,
    }
    return conversation | messages | receipts | refunds | {
        "fix_run": fixes.pk, "account": listed.pk, **dict.fromkeys(_OF_PROJECT, project.pk),
        "approval": approval.pk, "withdraw_approval": approval.pk, "bank_file": bank.pk, "mail_file": attached.pk, "mail_html": mail.pk, "mail_raw": mail.pk, "confirm_proposal": proposal.pk,
        "dismiss_proposal": proposal.pk, "close_question": asked.pk, "document": document.pk, "approve_document": document.pk,
        "withdraw_document": document.pk, "process_run": run.pk, "mailing_drop": mailing.pk, "mailing_posted": mailing.pk,
        "mailing_file": mailing.pk, "entity_sender": books.entity.pk, "file": enclosed.pk,
        "strategy_activate": StrategyVersion.objects.first().pk, "template_activate": TemplateVersion.objects.first().pk,
    }  # fmt: skip


_OF_PROJECT = [f"clean_up_{what}" for what in ("project", "again", "ask", "here", "run", "accept", "choose")]
_KEYS = {"mailbox": "ar", "department": "sales", "template": "notice_1"}
_SAID = {"kind": "items", "process": "past_due", "language": "en", "which": "letters"}


def address(name: str, rows: dict[str, int]) -> str:
    kwargs: dict[str, Any] = {}
    for one in STAFF[name].pattern.converters:
        if one == "key":
            kwargs[one] = _KEYS.get(name, "default")
        else:
            kwargs[one] = _SAID.get(one) or (
                rows[one] if one in ("file", "account") else rows.get(name, rows[""])
            )
    return reverse(name, kwargs=kwargs)


def person(role: str) -> User:
    """Someone of that role to whom Lakeside is assigned in every way a customer can be."""
    made = cast.user(role, f"the_{role}")
    Customer.objects.filter(number="L-100").update(collector=made, sales_rep=made, business_manager=made)
    return made


def signed_in(user: User, **more: Any) -> Client:
    client = Client(**more)
    client.force_login(user)
    return client


def rows_of_everything() -> dict[str, int]:
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_app_config("records").get_models()
    }


# Strangers


# It asks for its own secret instead (desk/feed_test.py); without it nothing is found.
BY_SECRET = {"feed"}


@pytest.mark.parametrize("name", sorted(BY_SECRET))
def test_a_page_behind_a_secret_is_not_found_without_it(rows: dict[str, int], name: str) -> None:
    where = address(name, rows)
    for client in (Client(), signed_in(person("ar_manager"))):
        answer = client.get(where)
        assert answer.status_code == 404
        assert b"Lakeside" not in answer.content


# One test for all addresses: nothing may change, so each finds the rows as they were, and they are made once.
def test_a_stranger_is_led_to_the_sign_in_page_and_nowhere_else(rows: dict[str, int]) -> None:
    before = rows_of_everything()
    for name in sorted({*STAFF} - BY_SECRET):
        where = address(name, rows)
        for answer in (
            Client().get(where),
            Client().post(where),
            Client().get(where, headers={"HX-Request": "true"}),
            Client().head(where),
        ):
            assert answer.status_code == 302, name
            assert answer.url.startswith(f"{settings.LOGIN_URL}?next="), name
            assert b"Lakeside" not in answer.content, name
    assert rows_of_everything() == before


@pytest.mark.parametrize("name", list(library()))
def test_the_sign_in_library_opens_only_its_front_pages(db: None, name: str) -> None:
    answer = Client().get(reverse(name, kwargs=ARGUMENTS.get(name, {})))
    if name in FOR_STRANGERS:
        assert answer.status_code in (200, 401)
    else:
        assert answer.status_code in (302, 404)
        assert answer.status_code == 404 or answer.url.startswith(
            ("/sign-in/login/", "/sign-in/3rdparty/login", "/")
        )
        landed = Client().get(reverse(name, kwargs=ARGUMENTS.get(name, {})), follow=True)
        assert landed.status_code == 404 or landed.request["PATH_INFO"].startswith("/sign-in/")


def test_only_these_places_are_outside_the_door() -> None:
    top = {str(each.pattern) for each in get_resolver().url_patterns}
    assert top == {"healthz", "provider/stripe/", "sign-in/", "portal/", ""}
    told = Client().get("/healthz")
    assert b"Lakeside" not in told.content


def test_nobody_signs_up(db: None) -> None:
    for name in ("account_signup", "socialaccount_signup"):
        where = reverse(name)
        Client().get(where)
        typed = {
            "email": "x@example.test",
            "username": "x",
            "password1": cast.PASSWORD,
            "password2": cast.PASSWORD,
        }
        Client().post(where, typed, follow=True)
    assert not User.objects.exists()


def test_who_was_let_out_is_out_at_once(books: Books) -> None:
    client = signed_in(books.alice)
    assert client.get("/accounts/").status_code == 200
    User.objects.filter(pk=books.alice.pk).update(is_active=False)
    assert client.get("/accounts/").status_code == 302
    assert not client.login(username="alice", password=cast.PASSWORD)


# Roles


def test_every_address_that_takes_a_post_is_in_the_table(rows: dict[str, int]) -> None:
    taking = set()
    for role in ("ar_manager", "administrator"):
        client = signed_in(person(role), raise_request_exception=False)
        taking |= {
            name for name in STAFF if client.post(address(name, rows), {"nothing": "1"}).status_code != 405
        }
    assert taking == set(ACTS) | HARMLESS


@pytest.mark.invariant(39)
@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_without_the_verb_is_refused_and_nothing_is_written(rows: dict[str, int], role: str) -> None:
    client = signed_in(person(role), raise_request_exception=False)
    before = rows_of_everything()
    refused = {name for name in ACTS if client.post(address(name, rows), {"wrong": "1"}).status_code == 403}
    assert refused == {name for name, verb in ACTS.items() if not may(role, verb)}
    after = rows_of_everything()
    for table in (
        "Item",
        "Application",
        "Promise",
        "Call",
        "Note",
        "FollowUp",
        "Contact",
        "User",
        "Customer",
    ):
        assert after[table] == before[table], table


@pytest.mark.invariant(39)
@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_opens_the_pages_it_may_and_no_others(rows: dict[str, int], role: str) -> None:
    client = signed_in(person(role), raise_request_exception=False)
    for name in sorted(STAFF):
        status = client.get(address(name, rows)).status_code
        if status == 405:
            continue
        verb = READS.get(name) or ACTS.get(name)
        assert status != 500, name
        assert (status == 403) is (verb is not None and not may(role, verb)), (name, status)


@pytest.mark.invariant(39)
@pytest.mark.parametrize("role", ["collector", "sales", "business_manager"])
def test_who_sees_own_accounts_finds_no_word_of_another_anywhere(
    rows: dict[str, int], books: Books, role: str
) -> None:
    """Every page that this person may open is read for the name, number and invoices of an account of somebody else."""
    client = signed_in(person(role), raise_request_exception=False)
    cast.contact(books.harbour, "Zacharias Unseen")
    opened = 0
    for name in sorted(STAFF):
        for query in (
            "",
            "?q=Harbour",
            "?q=H-200",
            "?q=INV-2001",
            "?customer=H-200",
            "?by=customer",
            "?collector=" + str(books.bob.pk),
        ):
            page = client.get(address(name, rows) + query)
            if page.status_code != 200:
                continue
            text = (b"".join(page.streaming_content) if page.streaming else page.content).decode(
                errors="replace"
            )
            opened += 1
            text = (
                text.replace("?q=Harbour", "")
                .replace('value="Harbour"', "")
                .replace('value="H-200"', "")
                .replace('value="INV-2001"', "")
            )
            for word in ("Söhne", "INV-2001", "Unseen", "Jonas Weber"):
                # What was searched for may be repeated to the one who typed it.
                assert word not in text or word in query, (name, query, word)
    assert opened > 30


# Forged forms and the past


def test_a_form_without_its_token_is_refused(rows: dict[str, int]) -> None:
    client = signed_in(person("ar_manager"), enforce_csrf_checks=True)
    before = rows_of_everything()
    for name in sorted({*ACTS, *HARMLESS} - {"design"}):
        assert client.post(address(name, rows), {"text": "x"}).status_code == 403, name
    assert rows_of_everything() == before


@pytest.mark.req("H2")
def test_a_page_of_a_past_day_takes_nothing(rows: dict[str, int]) -> None:
    client = signed_in(person("ar_manager"))
    before = rows_of_everything()
    for name in sorted(ACTS):
        answer = client.post(
            f"{address(name, rows)}?as_of=2020-05-31", {"text": "x"}, headers={"Accept": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "past_is_read_only"), name
    assert rows_of_everything() == before
