"""Who may do what: the roles of a collections team and the verbs each may use. Limits by amount live elsewhere.

A verb is the name of an action file, or a `see_` scope for reading. A person, an API token and an assistant are bound
by the same table. See docs/rules/roles.md (DOMAIN section 0, P11; REQUIREMENTS people, D4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

# Reading. `see_own_customers`: assigned to one, or covered as backup, or (sales) one's own accounts.
SEE: Mapping[str, str] = MappingProxyType(
    {
        "see_own_customers": "see the accounts assigned to them or covered by them",
        "see_all_customers": "see every account",
        "see_measures": "see the measures",
        "see_team": "see the figures and lists of each person",
        "see_clean_up": "see clean-up projects",
        "see_approvals": "see what waits for approval",
        "see_settings": "see the settings, calendars, periods, rates and users",
        "see_imports": "see the imports and what they refused",
        "see_diary": "read the diary of who did what",
        "see_inbox": "see the shared mailboxes and what must be answered",
        "see_refunds": "see refunds and pay-outs",
        "see_receipts": "see what came in at the bank and how it was applied",
        "see_processes": "see the scheduled processes, their runs and what is sent",
    }
)

# Doing. Each key is an action; the text completes "… may" and "… may not".
DO: Mapping[str, str] = MappingProxyType(
    {
        "activate_strategy": "put a strategy into force",
        "activate_template": "put a template into force",
        "add_document": "put a document into the store",
        "add_follow_up": "plan a follow-up",
        "add_note": "write a note",
        "answer_mail": "answer a mail",
        "apply_credit": "apply a credit to a debit",
        "apply_fixes": "put an account right",
        "approve_document": "approve a document for sending",
        "approve_message": "approve a message before it goes",
        "ask_clean_up": "ask approval of a clean-up project",
        "ask_department": "ask a department",
        "ask_fee_waiver": "ask that a card fee be waived",
        "ask_refund": "ask for a refund",
        "ask_question": "ask us a question in the portal",
        "assign_customers": "assign customers to collectors",
        "cancel_refund": "call a refund off",
        "cancel_promise": "cancel a promise",
        "change_calendar": "change a business calendar",
        "change_clean_up": "choose the corrections of a clean-up project",
        "change_due_date": "change a due date",
        "change_feed": "have a calendar read their follow-ups",
        "change_mailbox": "set up mailboxes, senders and departments",
        "change_number_range": "change the numbers of documents",
        "change_settings": "change settings",
        "choose_payment": "choose what to pay",
        "confirm_refund": "confirm that a refund went out",
        "confirm_proposal": "do what a mail asks for",
        "correct_contact": "correct a contact",
        "correct_customer": "correct a customer",
        "credit_document": "credit an invoice",
        "decide_approval": "decide a request for approval",
        "download_document": "download what is theirs",
        "expire_approvals": "end requests that nobody decided in time",
        "export_books": "export the books",
        "finish_follow_up": "finish a follow-up",
        "handle_conversation": "assign, snooze, merge or close a conversation",
        "follow_online_payment": "bring in what became of an online payment",
        "import_file": "import a file",
        "issue_document": "issue an invoice or memo",
        "lift_auto_pay": "let automatic payment go on again",
        "lock_period": "lock a period",
        "log_call": "log a call",
        "log_promise": "log a promise",
        "make_mailing": "print letters",
        "make_payout": "make pay-out files",
        "manage_users": "manage users and roles",
        "match_mail": "say whose mail it is",
        "open_dispute": "open a dispute",
        "order_worklist": "reorder the worklist",
        "pay_online": "pay by card or bank debit",
        "pin_customer": "pin a customer",
        "post_item": "post a document or a payment",
        "print_document": "print an issued document",
        "process_receipt": "process a receipt",
        "queue_call": "queue a call to return",
        "rebill": "credit an invoice and bill it anew",
        "record_rate": "record an exchange rate",
        "report_finals": "report that final invoicing is complete",
        "resolve_dispute": "resolve a dispute",
        "return_payment": "take back a payment that came back",
        "return_refund": "take back a refund that came back",
        "reverse_application": "reverse an application",
        "run_clean_up": "run an approved clean-up project",
        "run_daily": "run the daily decisions",
        "run_process": "run a scheduled process",
        "save_payee": "enter bank details of customers",
        "save_strategy": "write a strategy",
        "save_template": "write a template",
        "save_terms": "define payment terms",
        "send_due": "send what is due",
        "send_message": "write to a customer",
        "set_backup": "set backup coverage",
        "set_block": "stop or release collection of an item or a customer",
        "settle_message": "settle a message whose sending was cut off",
        "sign_in_to_portal": "sign in to the portal",
        "snooze_customer": "snooze a customer",
        "start_clean_up": "start a clean-up project",
        "take_bank_file": "take in a bank file",
        "take_mail": "take in mail",
        "take_payment": "take in a payment",
        "undo_fixes": "undo corrections of an account",
        "unlock_period": "unlock a period",
        "verify_books": "verify the books",
        "verify_payee": "confirm bank details by a call back",
        "withdraw_approval": "withdraw their own request for approval",
        "withdraw_document": "withdraw a document",
        "withdraw_message": "withdraw a message before it goes",
        "write_off": "write off an amount",
    }
)

VERBS: Mapping[str, str] = MappingProxyType({**SEE, **DO})


def _verbs(names: str) -> frozenset[str]:
    return frozenset(names.split())


_COLLECTOR = _verbs(
    "see_own_customers see_measures apply_fixes undo_fixes log_call log_promise cancel_promise add_note add_follow_up finish_follow_up "
    "correct_contact snooze_customer open_dispute apply_credit see_inbox see_processes send_message answer_mail match_mail "
    "confirm_proposal handle_conversation queue_call ask_department add_document withdraw_message change_feed see_approvals withdraw_approval"
    " see_refunds ask_refund save_payee ask_fee_waiver"
    " credit_document rebill print_document"
)
_SENIOR = _COLLECTOR | _verbs(
    "see_all_customers see_clean_up start_clean_up change_clean_up ask_clean_up resolve_dispute correct_customer reverse_application approve_document withdraw_document settle_message verify_payee"
)
_LEAD = _SENIOR | _verbs(
    "see_team set_backup assign_customers pin_customer order_worklist approve_message make_mailing"
)
_AR_MANAGER = _LEAD | _verbs(
    "see_settings see_imports see_diary run_clean_up post_item take_payment return_payment write_off change_due_date import_file export_books run_daily set_block "
    "lock_period unlock_period verify_books change_settings change_calendar record_rate save_terms "
    "save_strategy activate_strategy save_template activate_template run_process report_finals send_due take_mail change_mailbox "
    "make_payout confirm_refund return_refund cancel_refund see_receipts take_bank_file process_receipt decide_approval lift_auto_pay issue_document change_number_range"
)
_FINANCE = _verbs(
    "see_own_customers see_all_customers see_team see_measures see_settings see_imports see_diary add_note add_follow_up change_feed "
    "finish_follow_up post_item apply_credit "
    "see_clean_up apply_fixes undo_fixes start_clean_up change_clean_up ask_clean_up run_clean_up "
    "take_payment return_payment write_off change_due_date unlock_period open_dispute "
    "reverse_application lock_period import_file export_books resolve_dispute set_block verify_books change_settings "
    "change_calendar record_rate save_terms "
    "see_inbox see_processes send_message answer_mail ask_department add_document approve_document withdraw_document "
    "approve_message withdraw_message settle_message activate_strategy activate_template report_finals "
    "see_refunds ask_refund save_payee verify_payee make_payout confirm_refund return_refund cancel_refund see_receipts take_bank_file process_receipt see_approvals withdraw_approval decide_approval lift_auto_pay credit_document rebill print_document issue_document change_number_range"
)
_OTHER_DEPARTMENT = _verbs(
    "see_own_customers see_all_customers add_note finish_follow_up change_feed resolve_dispute add_document report_finals"
)

ROLES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "collector": _COLLECTOR,
        "senior_collector": _SENIOR,
        "team_lead": _LEAD,
        "ar_manager": _AR_MANAGER,
        "finance_manager": _FINANCE,
        "corporate_controller": _FINANCE,
        "vp_finance": _FINANCE,
        "sales": frozenset({"see_own_customers"}),
        "business_manager": frozenset({"see_own_customers"}),
        "support": _OTHER_DEPARTMENT,
        "operations": _OTHER_DEPARTMENT,
        # An auditor reads everything and proves the books; proving changes nothing.
        "auditor": frozenset(SEE) | {"verify_books"},
        # The administrator keeps the system, not the books: no postings, no promises, no applications.
        "administrator": frozenset(SEE)
        | _verbs(
            "manage_users change_settings change_calendar save_terms import_file export_books run_daily verify_books assign_customers set_backup "
            "run_process send_due take_mail change_mailbox save_template save_strategy settle_message take_bank_file expire_approvals print_document"
        ),
        # The most an API token can be given; its own scopes narrow it.
        "integration": _verbs(
            "see_own_customers see_all_customers see_measures see_imports import_file export_books post_item take_payment return_payment apply_credit open_dispute add_note "
            "log_call log_promise correct_contact correct_customer run_daily verify_books see_inbox see_processes send_message answer_mail "
            "add_document queue_call run_process send_due take_mail confirm_refund return_refund see_receipts take_bank_file process_receipt"
            " issue_document print_document"
        ),
    }
)

# Who is no user: the people of a customer, in the portal (which accounts are theirs says portal/access.py), and the provider of
# cards and bank debits, whose messages are believed once they are signed and asked for again.
OUTSIDE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "customer": _verbs(
            "sign_in_to_portal log_promise open_dispute add_document correct_contact ask_question choose_payment download_document "
            "pay_online"
        ),
        "payment_provider": _verbs(
            "follow_online_payment take_payment post_item return_payment open_dispute resolve_dispute"
        ),
    }
)

LABELS: Mapping[str, str] = MappingProxyType(
    {
        role: role.replace("_", " ").capitalize().replace("Ar ", "AR ").replace("Vp finance", "VP Finance")
        for role in ROLES
    }
)


def may(role: str, verb: str) -> bool:
    """Whether `role` may use `verb`. KeyError for a role or verb that does not exist: a typo must not deny in silence."""
    if verb not in VERBS:
        raise KeyError(f"there is no verb {verb!r} in rules/roles.py")
    return verb in (OUTSIDE[role] if role in OUTSIDE else ROLES[role])


def may_any(roles: Iterable[str], verb: str) -> bool:
    """Whether any of a person's roles may use `verb`."""
    return any(may(role, verb) for role in roles)


def verbs_of(roles: Iterable[str]) -> frozenset[str]:
    """Everything a person with these roles may do or see."""
    return frozenset().union(*(ROLES[role] for role in roles))
