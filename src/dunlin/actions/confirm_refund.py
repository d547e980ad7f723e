"""The bank's statement shows that a refund went: by itself when the entry says which, else by a person (E6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dunlin.actions.doing import Act, Who, doing
from dunlin.records.bulk import chunks
from dunlin.records.models import PayoutFile, Receipt, Refund
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money


def confirm_refund(who: Who, refund_id: int, on: date, *, receipt_id: int | None = None) -> None:
    """It left our account on that day, as a person saw. With a bank entry its amount must be the refund's.

    Refused: refund_unknown, refund_state_wrong, receipt_unknown, refund_receipt_differs, posting_in_future.
    """
    customer = Refund.objects.filter(pk=refund_id).values_list("customer", flat=True).first()
    if customer is None:
        raise Refused("refund_unknown", refund=refund_id)
    with doing(who, "confirm_refund", customers=[customer], cause="seen on the statement") as act:
        row = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
        if row.state != "paid":
            raise Refused("refund_state_wrong", refund=row.reference, state=row.state.replace("_", " "))
        if on > who.today:
            raise Refused("posting_in_future", posted_on=on, today=who.today)
        if receipt_id is not None:
            entry = Receipt.objects.filter(pk=receipt_id, kind="debit").first()
            if entry is None:
                raise Refused("receipt_unknown", receipt=receipt_id)
            told, ours = Money(entry.amount, entry.currency), Money(-row.amount, row.currency)
            if told != ours:
                raise Refused("refund_receipt_differs", receipt=told, refund=ours)
        _confirm(act, [row], on, receipt_id)


def confirm_by_bank(who: Who) -> int:
    """Confirm what entries of the bank tell without doubt: one with a refund's own reference and amount, or with a file's number and
    its sum. Returns how many refunds. Run again it finds what came since."""
    gone = list(
        Refund.objects.filter(state="paid").values_list("pk", "amount", "currency", "file_id").order_by("pk")
    )
    if not gone:
        return 0
    done = 0
    by_reference = {f"RFD{pk:08d}": (pk, amount, currency) for pk, amount, currency, _ in gone}
    for part in chunks(sorted(by_reference)):
        entries = Receipt.objects.filter(kind="debit", end_to_end_id__in=part).order_by("pk")
        for entry in entries:
            pk, amount, currency = by_reference[entry.end_to_end_id]
            if (entry.amount, entry.currency) == (-amount, currency):
                done += _by_itself(who, [pk], entry)
    for file in PayoutFile.objects.filter(
        pk__in={file for *_, file in gone if file is not None}, sent_at__isnull=False
    ):
        whole = _of_file(file)
        if whole is not None:
            done += _by_itself(who, file.refund_ids, whole)
    return done


def _of_file(file: PayoutFile) -> Receipt | None:
    """The one entry of the bank over the sum of a file that bears its number."""
    like = Receipt.objects.filter(
        kind="debit", amount=-file.sum, currency=file.currency, booked_on__gte=file.made_at.date()
    )
    found = [
        each
        for each in like.order_by("pk")[:50]
        if file.number
        in " ".join((each.end_to_end_id, each.bank_reference, each.text, *map(str, each.references)))
    ]
    return found[0] if len(found) == 1 else None


def _by_itself(who: Who, refund_ids: Sequence[int], entry: Receipt) -> int:
    customers = Refund.objects.filter(pk__in=refund_ids, state="paid").values_list("customer", flat=True)
    with doing(who, "confirm_refund", customers=list(customers), cause="told by the bank") as act:
        rows = list(
            Refund.objects.select_for_update(of=("self",))
            .filter(pk__in=refund_ids, state="paid")
            .order_by("pk")
        )
        _confirm(act, rows, entry.booked_on, entry.pk)
        return len(rows)


def _confirm(act: Act, rows: Sequence[Refund], on: date, receipt_id: int | None) -> None:
    for row in rows:
        row.state, row.confirmed_on, row.receipt_id = "confirmed", on, receipt_id
        row.save(update_fields=["state", "confirmed_on", "receipt"])
        act.tell(
            about=f"refund:{row.pk}",
            customer_id=row.customer_id,
            before={"state": "paid"},
            after={"state": "confirmed", "on": on, "receipt": receipt_id},
        )
    if receipt_id is not None and rows:
        said = rows[0].reference if len(rows) == 1 else f"{len(rows):,} refunds"
        Receipt.objects.filter(pk=receipt_id).update(question=f"Pays out {said}")
