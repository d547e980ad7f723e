"""Pay-out files: approved refunds written for the bank, handed out, marked as sent, or undone before that (E6, P26, invariant 38).

The text of a file is not kept. It is written anew from the rows each time and must have the hash it had; every opening of bank
details is a diary line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from dunlin.actions.doing import Act, Who, doing
from dunlin.formats.payout_csv import write_csv
from dunlin.formats.payout_model import Debtor, Payment, Payout, PayoutProblem
from dunlin.formats.payout_nacha import write_nacha
from dunlin.formats.payout_pain001 import write_pain001
from dunlin.records.models import BankAccount, PayoutAccount, PayoutFile, Refund
from dunlin.records.vault import unlock
from dunlin.reports.payouts import FORMS, MOST, payables
from dunlin.reports.refundable import called
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.money import Money
from dunlin.rules.refunds import METHODS

_WRITERS: dict[str, tuple[Callable[[Payout], bytes], str, str]] = {
    "nacha": (write_nacha, "ach", "text/plain"),
    "pain001": (write_pain001, "xml", "application/xml"),
    "csv": (write_csv, "csv", "text/csv"),
}
LIVE = ("in_file", "paid", "confirmed", "returned")


@dataclass(frozen=True)
class PayoutMade:
    """The file as made: minor units of `currency`, and the refunds in it."""

    file_id: int
    number: str
    count: int
    sum: int
    currency: str
    sha256: str


@dataclass(frozen=True)
class PayoutText:
    """A file to hand out."""

    name: str
    content: bytes = b""
    type: str = ""

    def __repr__(self) -> str:
        return f"PayoutText({self.name})"


def make_payout(
    who: Who, account_id: int, form: str, refund_ids: Sequence[int], *, pay_on: date | None = None
) -> PayoutMade:
    """Put approved refunds into one file. Each goes into one file once: two people at once, and the second is refused.

    Refused: payout_format_unknown, bank_account_unknown, payout_account_unset, payout_empty, refund_state_wrong,
    payout_currency_wrong, payee_account_unverified and other reasons to wait, payout_text_wrong, data_key_wrong.
    """
    if form not in FORMS:
        raise Refused("payout_format_unknown", format=form, formats=", ".join(FORMS))
    with doing(who, "make_payout", cause=f"pay-out file, {FORMS[form][0]}") as act:
        account = BankAccount.objects.select_for_update(of=("self",)).filter(pk=account_id).first()
        if account is None:
            raise Refused("bank_account_unknown", account=account_id)
        ours = PayoutAccount.objects.filter(account=account).first()
        if account.entity_id is None or (form != "csv" and (ours is None or ours.kind != FORMS[form][2])):
            raise Refused("payout_account_unset", account=account.name)
        rows = _chosen(who, account, form, refund_ids)
        total = sum(each.amount for each in rows)
        file = PayoutFile.objects.create(
            entity_id=account.entity_id, account=account, format=form, pay_on=pay_on or who.today, made_at=who.now, made_by_id=who.user_id,
            currency=rows[0].currency, count=len(rows), sum=total, ours=ours.locked if ours is not None else "",
            refund_ids=[each.pk for each in rows],
        )  # fmt: skip
        content = _written(act, file, rows, account.name)
        file.sha256 = hashlib.sha256(content).hexdigest()
        file.save(update_fields=["sha256"])
        Refund.objects.filter(pk__in=file.refund_ids).update(state="in_file", file=file)
        made = PayoutMade(file.pk, file.number, file.count, file.sum, file.currency, file.sha256)
        act.tell(
            about=f"payout_file:{file.pk}",
            after={"number": file.number, "count": file.count, "sum": file.sum, "currency": file.currency, "sha256": file.sha256, "refunds": file.refund_ids},
        )  # fmt: skip
        return made


def download_payout(who: Who, file_id: int) -> PayoutText:
    """The file, written anew and proved by its hash. Refused: payout_unknown, payout_undone, payout_changed, data_key_wrong."""
    with doing(who, "make_payout", cause="pay-out file handed out") as act:
        file = _locked(file_id)
        if file.undone_at is not None:
            raise Refused("payout_undone", file=file.number)
        rows = list(
            Refund.objects.filter(pk__in=file.refund_ids)
            .select_related("payee", "credit", "customer")
            .order_by("pk")
        )
        content = _written(act, file, rows, file.account.name)
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise Refused("payout_changed", file=file.number)
        file.downloads = [*file.downloads, {"at": who.now.isoformat(), "by": who.name}]
        file.save(update_fields=["downloads"])
        act.tell(
            about=f"payout_file:{file.pk}", after={"handed_out": len(file.downloads), "sha256": file.sha256}
        )
        _, ending, kind = _WRITERS[file.format]
        return PayoutText(f"{file.number}.{ending}", content, kind)


def mark_payout_sent(who: Who, file_id: int) -> None:
    """It went to the bank: from now on it is neither undone nor made again. Refused: payout_unknown, payout_undone, payout_sent_already."""
    with doing(who, "make_payout", cause="pay-out file sent to the bank") as act:
        file = _open(file_id)
        file.sent_at, file.sent_by_id = who.now, who.user_id
        file.save(update_fields=["sent_at", "sent_by"])
        Refund.objects.filter(file=file, state="in_file").update(state="paid", paid_at=who.now)
        act.tell(about=f"payout_file:{file.pk}", after={"sent": True, "handed_out": len(file.downloads)})


def undo_payout(who: Who, file_id: int, reason: str) -> None:
    """Take the refunds out of a file that did not go to the bank; they wait for the next one.

    Refused: reason_missing, payout_unknown, payout_undone, payout_sent_already.
    """
    if not reason.strip():
        raise Refused("reason_missing")
    with doing(who, "make_payout", cause=reason) as act:
        file = _open(file_id)
        file.undone_at, file.undone_by_id = who.now, who.user_id
        file.undone_why = mask_card_numbers(reason.strip())[:300]
        file.save(update_fields=["undone_at", "undone_by", "undone_why"])
        Refund.objects.filter(file=file, state="in_file").update(state="approved", file=None)
        act.tell(about=f"payout_file:{file.pk}", after={"undone": True, "handed_out": len(file.downloads)})


def _chosen(who: Who, account: BankAccount, form: str, refund_ids: Sequence[int]) -> list[Refund]:
    """The refunds, locked, each fit to be paid out so. The first that is not refuses all."""
    ids = sorted(set(refund_ids))
    if not ids or len(ids) > MOST:
        raise Refused("payout_empty", account=account.name)
    list(Refund.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk").values_list("pk"))
    rows = list(
        Refund.objects.filter(pk__in=ids).select_related("payee", "credit", "customer").order_by("pk")
    )
    words, only, method = FORMS[form]
    for missing in set(ids) - {each.pk for each in rows}:
        raise Refused("refund_unknown", refund=missing)
    currency = only or rows[0].currency
    for each in rows:
        if (
            each.state != "approved"
            or each.entity_id != account.entity_id
            or (method and each.method != method)
        ):
            raise Refused("refund_state_wrong", refund=each.reference, state=each.state.replace("_", " "))
        if each.currency != currency:
            raise Refused("payout_currency_wrong", format=words, needs=currency, currency=each.currency)
    for one in payables(rows, who.today):
        if one.why_not:
            raise Refused("payout_text_wrong", why=f"{one.refund.reference}: {one.why_not.rstrip('.')}")
    return rows


def _written(act: Act, file: PayoutFile, rows: Sequence[Refund], account: str) -> bytes:
    """The text of the file. Tells the diary whose bank details were opened."""
    ours = unlock(file.ours) if file.ours else {"name": account}
    opened = []
    payments = []
    for row in rows:
        details = unlock(row.payee.locked) if row.payee is not None else {}
        if row.payee is not None:
            opened.append(row)
        payments.append(
            Payment(
                row.pk, row.reference, row.payee_name, Money(row.amount, row.currency), details.get("account", ""), details.get("bank", ""),
                row.payee.personal if row.payee else False, row.payee.savings if row.payee else False,
                f"Refund {row.reference} of {called(row.credit)}", METHODS[row.method],
            )
        )  # fmt: skip
    debtor = Debtor(
        ours["name"],
        ours.get("account", ""),
        ours.get("bank", ""),
        ours.get("company_id", ""),
        ours.get("bank_name", ""),
    )
    letter = chr(ord("A") + file.pk % 26)  # tells the files of one day apart
    payout = Payout(file.number, file.made_at, file.pay_on, debtor, payments, letter)
    try:
        content = _WRITERS[file.format][0](payout)
    except PayoutProblem as problem:
        raise Refused("payout_text_wrong", why=problem) from None
    for row in opened:
        act.tell(
            about=f"payee_account:{row.payee_id}",
            customer_id=row.customer_id,
            after={"opened_for": file.number, "refund": row.reference},
        )
    return content


def _locked(file_id: int) -> PayoutFile:
    file = (
        PayoutFile.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(pk=file_id)
        .first()
    )
    if file is None:
        raise Refused("payout_unknown", file=file_id)
    return file


def _open(file_id: int) -> PayoutFile:
    """The file, locked, if it can be changed still."""
    file = _locked(file_id)
    if file.undone_at is not None:
        raise Refused("payout_undone", file=file.number)
    if file.sent_at is not None:
        raise Refused("payout_sent_already", file=file.number)
    return file
