"""Bank details of customers and of ours: entered by one person, confirmed by a call back of another before money goes there.

A change that came by mail is the usual way of fraud: whoever confirms calls a number that was known before, never one in the mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dunlin.actions.doing import Who, doing
from dunlin.formats.bank_masks import tail_of
from dunlin.records.fingerprints import fingerprint
from dunlin.records.models import BankAccount, Customer, PayeeAccount, PayoutAccount
from dunlin.records.vault import lock
from dunlin.rules.bank_numbers import bic_problem, iban_problem, plain, routing_problem, us_account_problem
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


@dataclass(frozen=True, kw_only=True)
class PayeeDetails:
    """Bank details as typed. `bank` is a routing number (ach), or a BIC or nothing (sepa). `came_by`: the letter, mail or call they came by."""

    kind: str
    holder: str
    account: str
    bank: str = ""
    personal: bool = False
    savings: bool = False
    came_by: str = ""

    def __repr__(self) -> str:
        return f"PayeeDetails({self.kind}, ..{tail_of(self.account)})"


def check_details(kind: str, account: str, bank: str) -> None:
    """Refused payee_account_wrong with the field and what is wrong with it; the number itself is never named."""
    if kind == "ach":
        problems = (
            ("The routing number", routing_problem(bank)),
            ("The account number", us_account_problem(account)),
        )
    else:
        problems = (
            ("The IBAN", iban_problem(account)),
            ("The BIC", bic_problem(bank) if bank.strip() else ""),
        )
    for field, problem in problems:
        if problem:
            raise Refused("payee_account_wrong", field=field, problem=problem)


def save_payee(who: Who, customer_id: int, details: PayeeDetails) -> PayeeAccount:
    """Keep bank details, locked. They can be used once another person has confirmed them.

    Refused: customer_unknown, not_blank, payee_account_wrong.
    """
    if details.kind not in ("ach", "sepa"):
        raise KeyError(details.kind)
    if not details.holder.strip():
        raise Refused("not_blank", field="whose account it is")
    check_details(details.kind, details.account, details.bank)
    with doing(who, "save_payee", customers=[customer_id], cause="bank details entered") as act:
        if not Customer.objects.filter(pk=customer_id).exists():
            raise Refused("customer_unknown", customer=customer_id)
        account = plain(details.account)
        row = PayeeAccount.objects.create(
            customer_id=customer_id, kind=details.kind, holder=mask_card_numbers(details.holder.strip())[:140],
            locked=lock({"account": account, "bank": plain(details.bank)}), tail=tail_of(account), fingerprint=fingerprint(account),
            personal=details.personal, savings=details.savings, entered_by_id=who.user_id, entered_at=who.now,
            came_by=mask_card_numbers(details.came_by.strip())[:140],
        )  # fmt: skip
        act.tell(
            about=f"payee_account:{row.pk}",
            after={"kind": row.kind, "tail": row.tail, "holder": row.holder, "came_by": row.came_by},
        )
        return row


def verify_payee(who: Who, payee_id: int, how: str) -> PayeeAccount:
    """Confirm by a call back: `how` says whom one spoke to at which number known before.

    Refused: payee_account_unknown, payee_account_own_word, payee_account_verified_already, payee_account_retired, not_blank.
    """
    if not how.strip():
        raise Refused("not_blank", field="whom you called, at which number")
    with doing(who, "verify_payee", customers=_customer(payee_id), cause=how) as act:
        row = PayeeAccount.objects.select_for_update(of=("self",)).get(pk=payee_id)
        if row.retired_at is not None:
            raise Refused("payee_account_retired")
        if row.verified_on is not None:
            raise Refused("payee_account_verified_already")
        if who.user_id is None or row.entered_by_id == who.user_id:
            raise Refused("payee_account_own_word")
        row.verified_by_id, row.verified_on = who.user_id, who.today
        row.verified_how = mask_card_numbers(how.strip())[:300]
        row.save(update_fields=["verified_by", "verified_on", "verified_how"])
        act.tell(about=f"payee_account:{row.pk}", after={"verified": row.verified_how})
        return row


def retire_payee(who: Who, payee_id: int, reason: str) -> PayeeAccount:
    """Use bank details no more. What was paid to them stays. Refused: payee_account_unknown, payee_account_retired, reason_missing."""
    if not reason.strip():
        raise Refused("reason_missing")
    with doing(who, "save_payee", customers=_customer(payee_id), cause=reason) as act:
        row = PayeeAccount.objects.select_for_update(of=("self",)).get(pk=payee_id)
        if row.retired_at is not None:
            raise Refused("payee_account_retired")
        row.retired_at = who.now
        row.save(update_fields=["retired_at"])
        act.tell(about=f"payee_account:{row.pk}", after={"retired": True})
        return row


def save_payout_account(who: Who, account_id: int, kind: str, given: Mapping[str, str]) -> PayoutAccount:
    """What an account of ours pays out from: name, account, bank, and for ACH the company id the bank gave us and its name.

    Refused: bank_account_unknown, not_blank, payee_account_wrong.
    """
    if kind not in ("ach", "sepa"):
        raise KeyError(kind)
    details = {
        name: given.get(name, "").strip() for name in ("name", "account", "bank", "company_id", "bank_name")
    }
    if not details["name"]:
        raise Refused("not_blank", field="our name")
    if kind == "ach" and not details["company_id"]:
        raise Refused("not_blank", field="the company id")
    check_details(kind, details["account"], details["bank"])
    details["account"], details["bank"] = plain(details["account"]), plain(details["bank"])
    with doing(who, "make_payout", cause="details to pay out from") as act:
        account = BankAccount.objects.select_for_update(of=("self",)).filter(pk=account_id).first()
        if account is None:
            raise Refused("bank_account_unknown", account=account_id)
        row, _ = PayoutAccount.objects.update_or_create(
            account=account, defaults={"kind": kind, "locked": lock(details), "changed_by_id": who.user_id, "changed_at": who.now}
        )  # fmt: skip
        act.tell(
            about=f"bank_account:{account.pk}", after={"kind": kind, "tail": tail_of(details["account"])}
        )
        return row


def _customer(payee_id: int) -> list[int]:
    customer = PayeeAccount.objects.filter(pk=payee_id).values_list("customer", flat=True).first()
    if customer is None:
        raise Refused("payee_account_unknown", payee=payee_id)
    return [customer]
