"""Refunds of the tests: Harbour paid too much long ago and owes nothing; alice asks, the controller approves, lena confirms bank details."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dunlin.actions.ask_refund import RefundAsked, RefundRequested, ask_refund
from dunlin.actions.decide_approval import decide_approval
from dunlin.actions.doing import Who
from dunlin.actions.save_payee import PayeeDetails, save_payee, save_payout_account, verify_payee
from dunlin.records.fingerprints import fingerprint
from dunlin.records.models import BankAccount, Item, PayeeAccount, Refund
from dunlin.rules.money import Money
from tests import cast
from tests.cast import TODAY, Books

ACCOUNT, ROUTING, IBAN = "9876543210123", "091000019", "FR1420041010050500013M02606"
OUR_ROUTING, OUR_IBAN = "021000021", "DE89370400440532013000"


def old_payment(books: Books, amount: str = "400.00", days: int = 60, **more: Any) -> Item:
    """A payment of Harbour long past its window; what Harbour owed is paid."""
    if books.part_paid.open:
        cast.payment(books.harbour, books.part_paid.open, applied_to=books.part_paid)
        books.part_paid.refresh_from_db()
    more.setdefault("reference", "ACH 5521")
    return cast.payment(books.harbour, amount, on=TODAY - timedelta(days), **more)


def boss(books: Books) -> Who:
    return cast.who(cast.user("corporate_controller", "clara"))


def harbour_payee(books: Books, kind: str = "ach", *, verified: bool = True) -> PayeeAccount:
    """Harbour's bank details, confirmed by Lena."""
    found = PayeeAccount.objects.filter(customer=books.harbour, kind=kind, retired_at=None).first()
    if found is None:
        account, bank = (ACCOUNT, ROUTING) if kind == "ach" else (IBAN, "")
        details = PayeeDetails(
            kind=kind, holder="Harbour & Söhne", account=account, bank=bank, came_by="letter of 3 November"
        )
        found = save_payee(cast.who(books.alice), books.harbour.pk, details)
        if verified:
            found = verify_payee(cast.who(books.lena), found.pk, "Jonas Weber at +1 312 555 0188")
    return found


def asked(
    books: Books,
    credit: Item,
    amount: str,
    method: str = "ach",
    waived: Mapping[str, str] | None = None,
    **more: Any,
) -> RefundRequested:
    """Alice asks for part of a credit back."""
    payee = harbour_payee(books, method).pk if method in ("ach", "sepa") else None
    money = Money(cast.minor(amount, credit.currency), credit.currency)
    more.setdefault("rail", "ach_company" if method == "ach" else "transfer" if method == "sepa" else "check")
    want = RefundAsked(
        method=method, reason="paid twice", amount=money, payee_id=payee, waived=waived or {}, **more
    )
    return ask_refund(cast.who(books.alice), credit.pk, want)


def approved(
    books: Books,
    credit: Item,
    amount: str,
    method: str = "ach",
    waived: Mapping[str, str] | None = None,
    **more: Any,
) -> Refund:
    """Asked for and approved by the controller."""
    wanted = asked(books, credit, amount, method, waived, **more)
    decide_approval(boss(books), wanted.approval_id, True)
    return Refund.objects.select_related("item", "approval").get(pk=wanted.refund_id)


def our_account(books: Books, kind: str = "ach") -> BankAccount:
    """An account of ours to pay out from."""
    account = "001122334455" if kind == "ach" else OUR_IBAN
    row, _ = BankAccount.objects.get_or_create(
        fingerprint=fingerprint(account),
        defaults={
            "entity": books.entity,
            "name": f"Operating {kind}",
            "currency": "USD" if kind == "ach" else "EUR",
            "tail": account[-4:],
        },
    )
    bank = (
        {"bank": OUR_ROUTING, "company_id": "1234567890", "bank_name": "First Bank"}
        if kind == "ach"
        else {"bank": "DEUTDEFF"}
    )
    save_payout_account(
        cast.who(books.mona), row.pk, kind, {"name": "Dunlin Trading", "account": account, **bank}
    )
    return row
