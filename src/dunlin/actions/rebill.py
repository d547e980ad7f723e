"""Credit an invoice in full and bill it anew, in one transaction; what was paid on it goes to the new one (A6, P36, P21).

The new document starts its own way through the contact stages. Money follows: what was applied to the old document is used for the
new one, its discount granted as its terms give it; what is over stays unapplied, with a question that somebody owns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dunlin.actions.addresses import owner_of
from dunlin.actions.ask_approval import Asked, ask_approval
from dunlin.actions.credit_document import REASONS, memo_of, seen, use_memo
from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.facts_changed import facts_changed
from dunlin.actions.granted import GRANTED, earned_discount, grant_discount, take_back
from dunlin.actions.issue_document import KIND, may_alone
from dunlin.actions.issuing import Issue, Prepared, prepare, prepare_credit, put_out
from dunlin.actions.postings import apply, customers_of, items_of, named, reverse
from dunlin.actions.print_document import paper_when_it_stands
from dunlin.actions.resolve_dispute import close_dispute
from dunlin.formats.charges import charge_of, plain_charge
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.items import MONEY_KINDS
from dunlin.records.locks import lock_customers
from dunlin.records.models import Application, Dispute, FollowUp, Item
from dunlin.records.policies import current_policy
from dunlin.reports.issue_facts import CREDITED_KINDS, Creditable, creditable
from dunlin.rules.codes import Refused
from dunlin.rules.crediting import credit_whole
from dunlin.rules.invoicing import Charge
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy


@dataclass(frozen=True, kw_only=True)
class Rebill:
    """The document to credit in full, and what the new one says. `po_number` None: as it was; the same for `terms_id`."""

    item_id: int
    charges: tuple[Charge, ...]
    reason: str
    note: str = ""
    po_number: str | None = None
    terms_id: int | None = None
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rebilled:
    """The credit memo and the new document; `moved` of what was paid is used for it, `left` is unapplied now; or the request."""

    memo_id: int | None
    memo_number: str
    item_id: int | None
    number: str
    credited: Money
    billed: Money
    moved: Money
    left: Money
    approval_id: int | None = None


@dataclass(frozen=True)
class RebillPrepared:
    """Both documents as they would be."""

    of: Creditable
    memo: Prepared
    new: Prepared


def rebill(who: Who, asked: Rebill, *, key: str | None = None, policy: Policy | None = None) -> Rebilled:
    """Do both today; beyond what the role may do alone, by the amount that is credited, ask for it.

    Refused: item_unknown, credit_of_credit, reason_missing, credit_nothing_left, and what `prepare` and posting refuse.
    """
    policy = policy or current_policy()
    customers = customers_of(_items_touched(asked.item_id))
    with doing(
        who, "rebill", customers=customers, cause=asked.note, key=key, asked=plain_rebill(asked)
    ) as act:
        if act.answered:
            return _again(act.answer)
        prepared = prepare_rebill(who, asked, policy)
        if may_alone(who, prepared.memo.total):
            return rebill_in(act, prepared, policy, customers)
        return _ask(act, asked, prepared)


def prepare_rebill(who: Who, asked: Rebill, policy: Policy) -> RebillPrepared:
    """Both documents without writing: for the act and for looking at them before."""
    if asked.reason not in REASONS:
        raise Refused("reason_missing")
    item = items_of([asked.item_id])[asked.item_id]
    if item.kind not in CREDITED_KINDS:
        raise Refused("credit_of_credit", document=named(item))
    of = creditable(item)
    memo = prepare_credit(
        memo_of(who, of, asked.reason, asked.note), credit_whole(of.currency, of.left), policy
    )
    first = of.first
    due_on = None
    if policy.invoice_rebill_due == "keep":
        due_on = max(of.items[-1].due_on, who.today)
    new = Issue(
        kind=first.kind, customer_id=first.customer_id, entity_id=first.entity_id, currency=of.currency, charges=asked.charges,
        document_on=who.today, terms_id=asked.terms_id or first.terms_id, due_on=due_on,
        po_number=first.po_number if asked.po_number is None else asked.po_number, order_number=first.order_number,
        reference=first.reference, description=first.description, invoice_class=first.invoice_class,
        service_month=first.service_month, reason=asked.reason if first.kind != "invoice" else "", note=asked.note,
        corrects_id=first.pk, confirmed=asked.confirmed,
    )  # fmt: skip
    return RebillPrepared(of, memo, prepare(who, new, policy, but=[row.pk for row in of.items]))


def rebill_in(act: Act, prepared: RebillPrepared, policy: Policy, customers: set[int]) -> Rebilled:
    """Both inside the frame of an act, which holds the lock of the customer; those whose money was used here are locked too."""
    who, of = act.who, prepared.of
    uses = _uses(of)
    late = {use.credit.customer_id for use in uses} - customers
    lock_customers(late)
    for use in uses:
        reverse(who, use, posted_on=who.today, value_on=use.value_on, why="billed_anew")
    rows = list(Item.objects.filter(pk__in=[row.pk for row in of.items]).order_by("due_on", "pk"))
    memo = put_out(who, prepared.memo, policy)
    use_memo(who, memo.items[0], rows)
    for earlier in Item.objects.filter(pk__in=[each.pk for each in of.memos], open__gt=0).order_by("pk"):
        use_memo(who, earlier, rows)
    new = put_out(who, prepared.new, policy)
    moved = _move(who, uses, [*rows, *new.items])
    left = _left(act, uses, of, new.number, policy)
    for dispute in Dispute.objects.filter(item__in=[row.pk for row in rows], resolved_on=None).order_by("pk"):
        close_dispute(act, dispute, "rebill", f"invoice {new.number}", policy, watch=named(new.items[0]))
    facts_changed(who, customers | late, policy)
    act.answer = _answer(
        memo.items[0].pk, memo.number, new.items[0].pk, new.number, memo.total, new.total, moved, left
    )
    act.tell(
        about=f"item:{new.items[0].pk}", customer_id=of.first.customer_id,
        before={"item": of.first.pk, "number": of.first.number, "open": of.open.minor},
        after={
            "credit_memo": memo.number, "credited": str(memo.total), "number": new.number, "billed": str(new.total), "moved": moved,
            "left": left, "reason": prepared.memo.issue.reason,
        },
    )  # fmt: skip
    for item in (memo.items[0], new.items[0]):
        paper_when_it_stands(who, item.pk)
    return _again(act.answer)


def plain_rebill(asked: Rebill) -> dict[str, Any]:
    """As JSON keeps it."""
    return {
        "item_id": asked.item_id, "reason": asked.reason, "note": asked.note, "po_number": asked.po_number,
        "terms_id": asked.terms_id, "confirmed": sorted(asked.confirmed),
        "charges": [plain_charge(charge) for charge in asked.charges],
    }  # fmt: skip


def rebill_of(plain: Mapping[str, Any]) -> Rebill:
    """Back from JSON."""
    charges = tuple(charge_of(row) for row in plain["charges"])
    return Rebill(**{**plain, "charges": charges, "confirmed": frozenset(plain["confirmed"])})


def _uses(of: Creditable) -> list[Application]:
    """What stands applied to the document, but for the memos that correct it: money and other credits first, then what was granted."""
    found = Application.objects.filter(
        debit__in=[row.pk for row in of.items], reverses__isnull=True, reversal__isnull=True
    ).exclude(credit__in=[memo.pk for memo in of.memos])
    uses = list(found.select_related("credit", "debit").order_by("pk"))
    return sorted(uses, key=lambda use: (use.credit.kind in GRANTED, use.pk))


def _move(who: Who, uses: Sequence[Application], rows: Sequence[Item]) -> int:
    """Use the credits that were reversed for what is open now: the old rows first, where something of them still is, then the new.

    A discount or write-off granted on the old document is taken back; the new one grants what its own terms give.
    """
    moved = 0
    for use in uses:
        credit = Item.objects.get(pk=use.credit_id)
        if credit.kind in GRANTED and credit.open == credit.amount:
            take_back(who, credit.pk, posted_on=who.today, value_on=use.value_on)
            continue
        rest = use.amount
        for row in rows:
            part = min(rest, row.open, credit.open)
            if not part:
                continue
            earned = earned_discount(credit, row, part) if credit.kind in MONEY_KINDS else 0
            apply(
                who, credit, row, part, posted_on=who.today, value_on=use.value_on, why="billed_anew",
                evidence=use.evidence, in_open_period=True,
            )  # fmt: skip
            if earned:
                grant_discount(who, credit, row, earned, posted_on=who.today)
            rest, moved = rest - part, moved + part
    return moved


def _left(act: Act, uses: Sequence[Application], of: Creditable, number: str, policy: Policy) -> int:
    """What of the credits is unapplied now that was not before, and the question about it."""
    who = act.who
    taken: dict[int, int] = {}
    for use in uses:
        if use.credit.kind not in GRANTED:
            taken[use.credit_id] = taken.get(use.credit_id, 0) + use.amount
    credits = {item.pk: item for item in Item.objects.filter(pk__in=taken)}
    over = {pk: min(amount, credits[pk].open) for pk, amount in taken.items() if credits[pk].open}
    left = sum(over.values())
    owner = owner_of(of.first.customer_id)
    owner_id = owner.pk if owner else who.user_id
    if left and owner_id is not None:
        names = ", ".join(named(credits[pk]) for pk in over)
        FollowUp.objects.create(
            customer_id=of.first.customer_id, owner_id=owner_id, created_at=who.now, created_by_id=who.user_id,
            due_on=calendar(LEDGER).next_business_day(who.today, policy.follow_up_not_reached_days),
            what=(
                f"{Money(left, of.currency)} paid on {of.first.number or named(of.first)} ({names}) is more than {number} bills: "
                "what is it for, or does it go back?"
            )[:300],
        )  # fmt: skip
    return left


def _items_touched(item_id: int) -> set[int]:
    item = Item.objects.filter(pk=item_id).first()
    if item is None:
        raise Refused("item_unknown", item=item_id)
    return {item_id, *Application.objects.filter(debit__in=[item_id]).values_list("credit_id", flat=True)}


def _ask(act: Act, asked: Rebill, prepared: RebillPrepared) -> Rebilled:
    of, old = prepared.of, named(prepared.of.first)
    row = ask_approval(act, Asked(
        kind=KIND, about=f"item:{of.first.pk}", customer_id=of.first.customer_id, entity_id=of.first.entity_id,
        amount=prepared.memo.total, title=f"Credit {old} and bill {prepared.new.total} anew", reason=asked.note or REASONS[asked.reason],
        evidence=[
            f"{old}: {of.total}, {of.open} open.",
            f"Credited {prepared.memo.total}, of it tax {Money(prepared.memo.bill.tax, of.currency)}.",
            f"Billed anew {prepared.new.total}, of it tax {Money(prepared.new.bill.tax, of.currency)}, due {prepared.new.due_on}.",
        ],
        if_yes="Both documents are issued; what was paid goes to the new one.", if_no="The invoice stays as it is.",
        facts={"act": "rebill", "rebill": plain_rebill(asked), "seen": seen(of)},
    ))  # fmt: skip
    act.answer = _answer(None, "", None, "", prepared.memo.total, prepared.new.total, 0, 0, row.pk)
    return _again(act.answer)


def _answer(
    memo_id: int | None, memo: str, item_id: int | None, number: str, credited: Money, billed: Money, moved: int, left: int,
    approval_id: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "memo_id": memo_id, "memo_number": memo, "item_id": item_id, "number": number, "currency": credited.currency,
        "credited": credited.minor, "billed": billed.minor, "moved": moved, "left": left, "approval_id": approval_id,
    }  # fmt: skip


def _again(answer: Mapping[str, Any]) -> Rebilled:
    currency = answer["currency"]
    amounts = {name: Money(answer[name], currency) for name in ("credited", "billed", "moved", "left")}
    return Rebilled(**{name: value for name, value in answer.items() if name != "currency"} | amounts)
