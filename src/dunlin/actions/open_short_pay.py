"""What a payment leaves, brought into the books with it: a small difference is granted, what is kept back and what is over become cases.

Runs inside the act that places the payment (E3, P27). The decision itself is `rules/cash/rest.py`, the same for the preview.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from django.db.models import Sum

from dunlin.actions.ask_department import ar_manager, on_duty
from dunlin.actions.doing import Act
from dunlin.actions.granted import credited_and_granted, grant_over, grant_small_difference
from dunlin.actions.open_dispute import ShortPaid, open_dispute
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import Application, Customer, Dispute, Item, Overpayment, User
from dunlin.reports.short_pays import short_pays_of
from dunlin.rules.cash.rest import Given, Paid, Rest, rest_of
from dunlin.rules.cash.short_pays import DEPARTMENTS
from dunlin.rules.cash.tolerances import tolerance_of
from dunlin.rules.discounts import still_offered
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy


def rest_before(
    customer_id: int, paid: Sequence[Paid], unapplied: int, given: Given, *, currency: str, on: date, today: date, policy: Policy
) -> Rest:  # fmt: skip
    """What would become of the rest, for the preview. Two queries."""
    tolerance = tolerance_of(dict(policy.small_under), dict(policy.small_over), currency)
    earlier = short_pays_of(customer_id, today)
    return rest_of(paid, unapplied, given, tolerance, earlier, currency=currency, on=on, today=today)


def paid_by(debit: Item, used: int, discount: int) -> Paid:
    """A document as the rule takes it, before `used` and the discount granted with it were taken off."""
    offered = debit.discount
    if offered and debit.open < debit.amount:
        credited, granted = credited_and_granted([debit.pk]).get(debit.pk, (0, 0))
        offered = still_offered(offered, debit.amount, credited, granted)
    return Paid(
        debit.pk, debit.number or debit.reference, debit.open, debit.open - used - discount, debit.disputed, offered,
        debit.discount_until,
    )  # fmt: skip


def settle_rest(
    act: Act, payment: Item, applications: Sequence[int], given: Given, policy: Policy, advice: str = ""
) -> Rest:
    """Grant and open what the rest of a payment just posted calls for. The caller refreshes the balances."""
    who = replace(act.who, dry_run=False)
    paid = _paid(applications)
    rest = rest_before(
        payment.customer_id, list(paid.values()), payment.open, given,
        currency=payment.currency, on=payment.value_on, today=who.today, policy=policy,
    )  # fmt: skip
    if rest.small is not None:
        if rest.small.item is None:
            grant_over(who, payment, posted_on=payment.posted_on)
        else:
            debit = Item.objects.get(pk=rest.small.item)
            grant_small_difference(
                who, payment, debit, rest.small.amount, code=rest.small.code, posted_on=payment.posted_on
            )
    if not rest.kept and not (rest.over and paid):
        return rest
    customer = Customer.objects.select_related("collector__lead").get(pk=payment.customer_id)
    owner = _owner(customer, who.today)
    due_on = calendar(LEDGER).next_business_day(who.today, policy.case_days)
    said = [advice] if advice else []
    for kept in rest.kept:
        open_dispute(
            who, kept.item, Money(kept.amount, payment.currency), reason=kept.reason, raised_by="the payment", due_on=due_on,
            department=DEPARTMENTS.get(kept.reason, ""), note=f"Kept back from the payment of {payment.value_on}", policy=policy,
            short=ShortPaid(payment.pk, owner.pk if owner else None, (*kept.evidence, *said)),
        )  # fmt: skip
    if rest.over and paid:
        evidence = [
            f"it pays {', '.join(each.number or 'a document' for each in list(paid.values())[:10])} in full",
            *said,
        ]
        row, _ = Overpayment.objects.get_or_create(
            payment=payment,
            defaults={
                "customer": customer, "amount": rest.over, "owner": owner, "due_on": due_on, "opened_on": who.today,
                "recorded_at": who.now, "evidence": evidence,
            },
        )  # fmt: skip
        act.tell(about=f"overpayment:{row.pk}", customer_id=customer.pk, after={"over": rest.over})
    return rest


def withdraw_short_pays(act: Act, payment_id: int, on: date) -> None:
    """The open short pays of a payment that comes back are over: it was not short, it was not paid. Before its uses are reversed."""
    who = act.who
    for case in Dispute.objects.filter(payment=payment_id, resolved_on=None).select_related("item"):
        case.resolved_on = max(on, case.opened_on)
        case.resolved_at, case.resolved_by_id, case.resolution = who.now, who.user_id, "withdrawn"
        case.save(update_fields=["resolved_on", "resolved_at", "resolved_by", "resolution"])
        still = Dispute.objects.filter(item=case.item_id, resolved_on=None).aggregate(sum=Sum("amount"))
        case.item.refresh_from_db()
        case.item.disputed = min(still["sum"] or 0, case.item.open)
        case.item.save(update_fields=["disputed"])
        act.tell(
            about=f"dispute:{case.pk}", customer_id=case.customer_id,
            after={"resolution": "withdrawn", "why": "its payment came back"},
        )  # fmt: skip


def _paid(applications: Sequence[int]) -> Mapping[int, Paid]:
    """The documents a payment was used for, as they were before. Four queries at most."""
    used: dict[int, int] = {}
    debits: dict[int, Item] = {}
    for use in Application.objects.filter(pk__in=applications).select_related("debit"):
        used[use.debit_id] = used.get(use.debit_id, 0) + use.amount
        debits[use.debit_id] = use.debit
    disputed = dict(
        Dispute.objects.filter(item__in=used, resolved_on=None)
        .values_list("item")
        .annotate(sum=Sum("amount"))
        .order_by()
    )
    offered = credited_and_granted([pk for pk, debit in debits.items() if debit.discount])
    paid = {}
    for pk, debit in debits.items():
        credited, granted = offered.get(pk, (0, 0))
        left_of_discount = (
            still_offered(debit.discount, debit.amount, credited, granted) if debit.discount else 0
        )
        paid[pk] = Paid(
            pk, debit.number or debit.reference, debit.open + used[pk], debit.open,
            min(disputed.get(pk, 0), debit.open + used[pk]), left_of_discount, debit.discount_until,
        )  # fmt: skip
    return paid


def _owner(customer: Customer, today: date) -> User | None:
    boss = customer.collector or ar_manager(customer)
    return on_duty(boss, today) if boss is not None else None
