"""What the sample company bills: recurring months, work, finals, instalments, memos, finance charges, deposits."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from dunlin.rules.calendars import add_months
from dunlin.rules.money import Money
from dunlin.rules.terms import Terms, discount_until, instalment_plan
from examples.sample_company import payers, temperaments, troubles
from examples.sample_company.accounts import Account
from examples.sample_company.book import Item

if TYPE_CHECKING:
    from examples.sample_company.story import Story

# Code, description, rule. One of every kind of terms.
TERMS: tuple[tuple[str, str, Terms], ...] = (
    ("DUE", "Due on receipt", Terms("DUE", "net_days")),
    ("N10", "Net 10 days", Terms("N10", "net_days", days=10)),
    ("N15", "Net 15 days", Terms("N15", "net_days", days=15)),
    ("N30", "Net 30 days", Terms("N30", "net_days", days=30)),
    ("N45", "Net 45 days", Terms("N45", "net_days", days=45)),
    ("N60", "Net 60 days", Terms("N60", "net_days", days=60)),
    ("2-10-N30", "2 % in 10 days, net 30", Terms("2-10-N30", "net_days", days=30, discount_pct=Decimal(2), discount_days=10)),
    ("1-15-N45-G3", "1 % in 15 days with 3 of grace, net 45",
     Terms("1-15-N45-G3", "net_days", days=45, discount_pct=Decimal(1), discount_days=15, grace_days=3)),
    ("EOM", "End of the invoice month", Terms("EOM", "eom_plus")),
    ("EOM15", "15 days after the end of the month", Terms("EOM15", "eom_plus", days=15)),
    ("PROX10", "10th of next month, cut-off the 25th", Terms("PROX10", "prox", cutoff_day=25, months=1, due_day=10)),
    ("DOM25", "25th of the month, moved to a business day",
     Terms("DOM25", "day_of_month", due_day=25, roll="following")),
    ("HALVES20", "20 days after each half of the month",
     Terms("HALVES20", "range_end_plus", days=20, ranges=((1, 15), (16, "eom")))),
    ("INST3", "Three monthly instalments", Terms("INST3", "instalments", days=15, months=1, count=3)),
    ("AGREED", "Date agreed on each document", Terms("AGREED", "unknown")),
)  # fmt: skip
RULE_OF = {code: rule for code, _, rule in TERMS}

_WORK = (
    "Installation and commissioning", "Extra licences", "On-site support days", "Replacement terminals", "Migration work",
    "Network audit", "Training, two days", "Spare parts", "Engineering change", "Travel and subsistence", "Rush delivery",
)  # fmt: skip
_SERVICES = (
    "Managed network",
    "Platform subscription",
    "Monitoring and on-call",
    "Support plan",
    "Hosted telephony",
)
_EUROPE_SHARE = 0.15  # of what key accounts buy, billed by the other entity in euros


def plan_month(story: Story, month: date) -> None:
    """Put the month's bills of every customer on the days they go out."""
    random, last = story.random, add_months(month, 1) - timedelta(days=1)
    first_open = story.on_business_day(month)
    for account in story.accounts:
        if (
            account.starts_on > last
            or (account.ends_on and account.ends_on < month)
            or _stopped(account, month)
        ):
            continue
        if account.monthly and account.starts_on <= month:
            if random.random() < 0.02:
                account.monthly = int(account.monthly * random.uniform(1.03, 1.25))
            story.on(
                first_open, partial(bill, story, account, "mrr", account.monthly, first_open, month, month)
            )
        season = 1.15 if month.month in (3, 6, 9, 11) else 0.85 if month.month in (8, 12, 1) else 1.0
        for _ in range(_poisson(story, account.rate * season * (0.9 + 0.25 * story.progress(month)))):
            amount = max(4_000, int(account.size * random.lognormvariate(0, 0.6)))
            day = month + timedelta(days=random.randrange((last - month).days + 1))
            if (
                random.random() < 0.13
            ):  # completed in this month, closed with a final at the start of the next
                day = last + timedelta(days=random.randrange(1, 8))
                story.on(day, partial(bill, story, account, "final", int(amount * 1.4), None, None, None))
            elif random.random() < 0.012:
                story.on(day, partial(payers.deposit, story, account, amount))
            else:
                story.on(day, partial(bill, story, account, "standard", amount, None, None, None))
        if random.random() < 0.006:
            day = month + timedelta(days=random.randrange(28))
            story.on(day, partial(memo, story, account, int(account.size * random.uniform(0.02, 0.1))))
    story.on(first_open, partial(finance_charges, story))


def _stopped(account: Account, month: date) -> bool:
    """A customer that pays nothing gets two more months of bills, then none."""
    return account.quiet_from is not None and month > account.quiet_from + timedelta(days=60)


def _poisson(story: Story, rate: float) -> int:
    count, left = 0, story.random.expovariate(1.0)
    while left < rate:
        count += 1
        left += story.random.expovariate(1.0)
    return count


def bill(
    story: Story,
    account: Account,
    invoice_class: str,
    net: int,
    day: date | None,
    document_on: date | None,
    month: date | None,
) -> Item:
    """Issue one invoice, in instalments where the terms say so. Returns its (last) item."""
    random, day = story.random, day or story.day
    document_on = document_on or day
    place = account.place
    entity, currency = place.entity, place.currency
    if account.segment == "key" and entity == "US" and not month and random.random() < _EUROPE_SHARE:
        entity, currency = "UK", "EUR"
    tax = net // 5 if place.country == "GB" else net * 8 // 100 if place.region in ("NY", "TX", "WA") else 0
    code = account.recurring_terms if month else account.terms
    rule = RULE_OF[code]
    if code == "AGREED":
        plan = [(document_on + timedelta(days=random.randrange(20, 50)), Money(net + tax, currency))]
    else:
        plan = instalment_plan(rule, Money(net + tax, currency), document_on, story.calendar)
    number = story.next_number(entity)
    recorded_at = story.recorded(day, late=0.008)
    what = f"{random.choice(_SERVICES)}, {month:%B %Y}" if month else random.choice(_WORK)
    until = discount_until(rule, document_on)
    facts = {
        "entity": entity, "customer": account.index, "kind": "invoice", "side": 1, "currency": currency, "number": number,
        "invoice_class": invoice_class, "document_on": document_on, "posted_on": day, "value_on": document_on,
        "recorded_at": recorded_at, "service_month": month, "terms": code,
        "po_number": f"PO-{random.randrange(10_000, 99_999)}" if random.random() < 0.5 else "",
        "order_number": f"SO{random.randrange(100_000, 999_999)}" if not month and random.random() < 0.7 else "",
        "description": f"Final: {what}" if invoice_class == "final" else what,
    }  # fmt: skip
    item = None
    tax_left = tax
    for index, (due_on, part) in enumerate(plan, 1):
        tax_here = tax_left if index == len(plan) else tax // len(plan)
        tax_left -= tax_here
        item = story.book.post(
            **facts, instalment=index if len(plan) > 1 else 0, amount=part.minor, tax=tax_here, due_on=due_on,
            discount=int(part.minor * rule.discount_pct / 100) if until and rule.discount_pct else 0, discount_until=until,
        )  # fmt: skip
        payers.intend(story, account, item)
    assert item is not None
    troubles.after_billing(story, account, item)
    payers.use_deposit(story, account, item)
    return item


def memo(story: Story, account: Account, amount: int) -> None:
    """A debit memo: freight, a price corrected upwards, work beyond the order."""
    _charge(
        story,
        account,
        "debit_memo",
        max(amount, 2_500),
        story.random.choice(("freight", "price", "quantity")),
    )


def finance_charges(story: Story) -> None:
    """On the first business day, late customers of the American entity whose contract has the clause are charged."""
    for account in story.accounts:
        if account.place.entity != "US" or account.index % 14 or account.quiet_from:
            continue
        late = [
            item
            for item in story.book.open_debits.get(account.index, {}).values()
            if item.kind == "invoice"
            and item.entity == "US"
            and (story.day - item.due_on).days > 30
            and not item.disputed
        ]
        if late:
            _charge(
                story,
                account,
                "finance_charge",
                max(500, sum(item.open for item in late) * 15 // 1000),
                "late_payment",
            )


def _charge(story: Story, account: Account, kind: str, amount: int, reason: str) -> None:
    day = story.day
    item = story.book.post(
        entity=account.place.entity, customer=account.index, kind=kind, side=1, currency=account.place.currency, amount=amount,
        number=f"{'DM' if kind == 'debit_memo' else 'FC'}-{story.next_memo()}", document_on=day,
        due_on=day + timedelta(days=30 if kind == "debit_memo" else 15), posted_on=day, value_on=day,
        recorded_at=story.recorded(day), terms="N30" if kind == "debit_memo" else "N15", reason=reason,
        description="Interest on late payment" if kind == "finance_charge" else f"Correction: {reason}",
    )  # fmt: skip
    payers.intend(story, account, item)


def mean_pay_day(account: Account, item: Item, story: Story) -> date:
    """When the customer means to pay the item."""
    return temperaments.pay_day(account.temperament, item.due_on, story.random, story.progress(item.due_on))
