"""Pay what was chosen by card or bank debit: a page of the provider is opened, with the fee the payer has seen as its own line (E8, P12).

Nothing is posted here; what becomes of the page is brought in by actions/follow_online_payment.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.conf import settings

from dunlin.actions.doing import Who, doing, payment_provider
from dunlin.actions.follow_online_payment import follow_online_payment
from dunlin.actions.postings import named
from dunlin.connectors.stripe import (
    BANK_DEBITS,
    LINES_MAX,
    OTHER_UNITS,
    Line,
    PageWanted,
    ProviderAway,
    ProviderRefuses,
    Seen,
    Stripe,
)
from dunlin.records.models import OnlinePayment, PaymentChoice
from dunlin.records.online_payments import UNDER_WAY
from dunlin.records.policies import current_policy
from dunlin.reports.online_payments import card_price, on_the_way
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

METHODS = ("card", "bank_debit")


@dataclass(frozen=True)
class PayingWanted:
    """How a choice is to be paid. `fee_shown`: minor units of the fee the payer saw; `back` answers where the page leads afterwards,
    `cancel` where without paying. `names`: the payer's own words for an item; `fee_name` and `all_name` those of the other lines."""

    choice_id: int
    method: str
    fee_shown: int
    back: Callable[[int], str]
    cancel: str
    locale: str = "auto"
    email: str = ""
    fee_name: str = "Card fee"
    all_name: str = ""
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Paying:
    """The payment begun, and the address of the provider's page."""

    online_id: int
    url: str


def methods_for(currency: str) -> tuple[str, ...]:
    """The ways a currency can be paid online: none without a provider, no bank debit where it has none."""
    if settings.STRIPE is None or currency in OTHER_UNITS:
        return ()
    return METHODS if currency in BANK_DEBITS else METHODS[:1]


def pay_online(who: Who, customer_id: int, wanted: PayingWanted) -> Paying:
    """Begin, or go on with the page there is for the same. An open page for some of the same items is closed first, so that nothing can
    be paid twice.

    Refused: payment_choice_unknown, payment_provider_not_set_up, payment_way_not_offered, card_fee_changed, online_payment_changed,
    online_payment_under_way, payment_provider_away, payment_provider_refuses.
    """
    if settings.STRIPE is None:
        raise Refused("payment_provider_not_set_up")
    provider = Stripe(settings.STRIPE)
    choice = _choice(customer_id, wanted.choice_id)
    _close_others(who, choice, wanted, provider)
    row = _begin(who, choice, wanted)
    try:
        seen = provider.see(row.session_id) if row.session_id else _open(provider, row, choice, wanted)
    except ProviderAway as problem:
        raise Refused("payment_provider_away", why=str(problem)) from None
    except ProviderRefuses as problem:
        raise Refused("payment_provider_refuses", why=str(problem)) from None
    if not row.session_id:
        OnlinePayment.objects.filter(pk=row.pk).update(session_id=seen.session_id)
    elif seen.status != "open":
        follow_online_payment(payment_provider(who.today, who.now, who.request_id), row.pk, seen=seen)
        raise Refused("online_payment_under_way")
    return Paying(row.pk, seen.url)


def _choice(customer_id: int, choice_id: int) -> PaymentChoice:
    found = PaymentChoice.objects.filter(pk=choice_id, customer=customer_id)
    choice = found.select_related("customer").prefetch_related("items__item").first()
    if choice is None:
        raise Refused("payment_choice_unknown", choice=choice_id)
    return choice


def _under_way(choice: PaymentChoice) -> list[OnlinePayment]:
    """Payments begun for some of the same items."""
    items = [line.item_id for line in choice.items.all()]
    found = OnlinePayment.objects.filter(choice__items__item__in=items, state__in=UNDER_WAY).distinct()
    return list(found.order_by("pk"))


def _close_others(who: Who, choice: PaymentChoice, wanted: PayingWanted, provider: Stripe) -> None:
    """Close the open pages of other payments of the same items; one that was paid meanwhile is brought in and refuses this one."""
    ours = payment_provider(who.today, who.now, who.request_id)
    for row in _under_way(choice):
        if row.session_id is None or (row.choice_id, row.method, row.fee, row.state) == (
            choice.pk, wanted.method, wanted.fee_shown, "started",
        ):  # fmt: skip
            continue
        try:
            if row.state == "started":
                provider.expire_page(row.session_id)
        except ProviderRefuses:
            pass  # paid or over: the provider knows
        except ProviderAway as problem:
            raise Refused("payment_provider_away", why=str(problem)) from None
        follow_online_payment(ours, row.pk, provider=provider)


def _begin(who: Who, choice: PaymentChoice, wanted: PayingWanted) -> OnlinePayment:
    """The row of the payment: the one there is for the same, else a new one."""
    with doing(who, "pay_online", customers=[choice.customer_id]) as act:
        choice = _choice(choice.customer_id, choice.pk)  # as it is under the lock
        if wanted.method not in methods_for(choice.currency):
            raise Refused(
                "payment_way_not_offered", method=wanted.method.replace("_", " "), currency=choice.currency
            )
        waiting = on_the_way(line.item_id for line in choice.items.all())
        if waiting:
            raise Refused("online_payment_under_way")
        if any(line.item.open < line.amount for line in choice.items.all()):
            raise Refused("online_payment_changed")
        price = card_price(choice, choice.customer, current_policy(), who.now)
        fee = price.fee if wanted.method == "card" else 0
        if fee != wanted.fee_shown:
            shown, now = Money(wanted.fee_shown, choice.currency), Money(fee, choice.currency)
            raise Refused("card_fee_changed", fee=now, shown=shown)
        waiver = price.waiver_id if wanted.method == "card" else None
        same = OnlinePayment.objects.filter(choice=choice, method=wanted.method, fee=fee, waiver=waiver, state="started").first()  # fmt: skip
        others = [each for each in _under_way(choice) if same is None or each.pk != same.pk]
        if any(each.session_id for each in others):
            raise Refused("online_payment_under_way")  # begun at the same moment; closed when tried again
        if same is not None:
            act.answered = True  # nothing new to tell
            return same
        row = OnlinePayment.objects.create(
            choice=choice, customer_id=choice.customer_id, entity_id=choice.entity_id, contact_id=who.contact_id, method=wanted.method,
            currency=choice.currency, amount=choice.amount, fee=fee, waiver_id=waiver, started_at=who.now,
        )  # fmt: skip
        act.tell(
            about=f"online_payment:{row.pk}",
            after={"method": row.method, "amount": row.amount, "fee": fee, "currency": row.currency, "waiver": waiver},
        )  # fmt: skip
    return row


def _open(provider: Stripe, row: OnlinePayment, choice: PaymentChoice, wanted: PayingWanted) -> Seen:
    lines = [
        Line(wanted.names.get(each.item_id) or named(each.item), each.amount)
        for each in choice.items.all()
    ]  # fmt: skip
    if len(lines) > LINES_MAX:
        lines = [Line(wanted.all_name or f"{len(lines)} documents", choice.amount)]
    if row.fee:
        lines.append(Line(wanted.fee_name, row.fee))
    about = {"payment": str(row.pk), "reference": choice.reference or ""}
    told = json.dumps([row.pk, row.method, row.currency, [(each.name, each.amount) for each in lines], wanted.email, wanted.locale])  # fmt: skip
    return provider.open_page(PageWanted(
        key=f"dunlin-page-{row.pk}-{hashlib.sha256(told.encode()).hexdigest()[:16]}", method=row.method, currency=row.currency,
        lines=lines, email=wanted.email, about=about, success_url=wanted.back(row.pk), cancel_url=wanted.cancel, locale=wanted.locale,
    ))  # fmt: skip
