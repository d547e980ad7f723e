"""Pay by card or bank debit: the fee is shown before the payer leaves for the provider's page, and here they come back to (E7, E8, P12)."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dunlin.actions.doing import payment_provider
from dunlin.actions.follow_online_payment import follow_online_payment
from dunlin.actions.pay_online import PayingWanted, methods_for, pay_online
from dunlin.portal.access import Account, account_for, choices_for, online_payment_for
from dunlin.portal.answers import show
from dunlin.portal.problems import sentence_of
from dunlin.portal.words import Words
from dunlin.records.models import OnlinePayment, PaymentChoice
from dunlin.records.online_payments import UNDER_WAY
from dunlin.reports.online_payments import card_price, on_the_way
from dunlin.rules.codes import Refused
from dunlin.rules.creditor_references import in_groups

LOCALES = frozenset({"en", "de", "fr", "es", "pt", "it", "nl"})  # of ours, those the provider has
# State → the sentence a customer reads of it.
SAID = {"won": "paid", "disputed": "taken_back", "lost": "taken_back"}
_ASK_AFTER_SECONDS = 3


class OnlineWay(NamedTuple):
    """How a choice can be paid online; minor units. No methods: not at all. `pending` of it is on its way already."""

    choice: PaymentChoice
    methods: tuple[str, ...]
    fee: int
    waived: int
    pending: int

    @property
    def total(self) -> int:
        return self.choice.amount + self.fee


def online_way(request: HttpRequest, mine: Account, choice: PaymentChoice) -> OnlineWay:
    """The ways and what they cost. Three queries where there is a provider, else none."""
    methods = methods_for(choice.currency)
    if not methods:
        return OnlineWay(choice, (), 0, 0, 0)
    standing = request.portal  # type: ignore[attr-defined]
    pending = sum(on_the_way(line.item_id for line in choice.items.all()).values())
    price = card_price(choice, mine.customer, standing.policy, standing.now)
    return OnlineWay(choice, methods, price.fee, price.waived, pending)


@require_POST
def begin(request: HttpRequest, pk: int, choice: int) -> HttpResponse:
    """Open the provider's page for a choice, with the fee that was shown; a refusal leads back to the ways to pay, with its sentence."""
    mine = account_for(request, pk)
    chosen = choices_for(mine, [choice])[0]
    standing = request.portal  # type: ignore[attr-defined]
    words: Words = standing.words
    shown = request.POST.get("fee", "")
    lines = list(chosen.items.all())
    wanted = PayingWanted(
        choice_id=chosen.pk, method=request.POST.get("method", "")[:20], email=standing.address, fee_name=words("card_fee"),
        fee_shown=int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 16 else -1,
        back=lambda number: _outside(request, "portal_payment", pk, number),
        cancel=f"{_outside(request, 'portal_how_to_pay', pk)}?{urlencode({'choice': chosen.pk})}",
        locale=words.tag if words.tag in LOCALES else "auto",
        all_name=words("all_of_them", n=len(lines), reference=chosen.reference),
        names={each.item_id: f"{words.kind(each.item.kind)} {each.item.number or each.item_id}" for each in lines},
    )  # fmt: skip
    try:
        return redirect(pay_online(mine.who, pk, wanted).url)
    except Refused as refused:
        if refused.code.endswith("_unknown"):
            raise
        from dunlin.portal.pay import ways_page  # noqa: PLC0415  each page leads to the other

        return ways_page(request, mine, [chosen], error=sentence_of(request, refused))


@require_safe
def payment(request: HttpRequest, pk: int, online: int) -> HttpResponse:
    """What became of a payment. While it is under way the provider is asked, so that nobody waits for its message."""
    mine = account_for(request, pk)
    row = online_payment_for(mine, online)
    row = _asked(request, row)
    state = SAID.get(row.state, row.state)
    items = choices_for(mine, [row.choice_id])[0].items.all()
    without_fee = row.fee > 0 and row.refunded >= row.fee and row.card_kind not in ("", "credit")
    facts = {
        "mine": mine,
        "it": row,
        "state": state,
        "items": items,
        "fee_back": without_fee,
        "reference": in_groups(row.choice.reference or ""),
    }
    return show(request, "payment.html", facts)


def _asked(request: HttpRequest, row: OnlinePayment) -> OnlinePayment:
    standing = request.portal  # type: ignore[attr-defined]
    if row.state not in UNDER_WAY or row.session_id is None or settings.STRIPE is None:
        return row
    if row.asked_at is not None and (standing.now - row.asked_at).total_seconds() < _ASK_AFTER_SECONDS:
        return row
    try:
        who = payment_provider(standing.today, standing.now, standing.who.request_id)
        return follow_online_payment(who, row.pk)
    except Refused:
        return row  # the page says what is known; the sweep asks again


def _outside(request: HttpRequest, name: str, *args: int) -> str:
    """An address of the portal as the customer's browser reaches it."""
    path = reverse(name, args=args)
    if settings.PORTAL_URL:
        return settings.PORTAL_URL + path.removeprefix(reverse("portal"))
    return request.build_absolute_uri(path)
