"""Pay one, several or part: what to pay, then how. By card or bank debit where there is a provider (portal/online.py), and always by a
bank transfer with a reference that says what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from dunlin.actions.choose_payment import choose_payment
from dunlin.portal.access import Account, account_for, choices_for, items_for
from dunlin.portal.answers import IDS_MAX, Unclear, act, money_in, numbers_in, show
from dunlin.portal.online import online_way
from dunlin.portal.problems import sentence_of
from dunlin.portal.words import Words
from dunlin.records.models import PaymentChoice
from dunlin.reports.online_payments import on_the_way
from dunlin.reports.portal_account import ids_of, lines_of
from dunlin.rules.creditor_references import in_groups
from dunlin.rules.money import Money


class BankTransfer(NamedTuple):
    """One transfer: what the company says of how to pay, as an administrator wrote it, and the reference to state."""

    choice: PaymentChoice
    instructions: list[str]
    reference: str

    def figure(self, words: Words) -> str:
        """The amount as the form of a bank takes it: without currency and groups."""
        plain = Money(self.choice.amount, self.choice.currency).decimal
        return f"{plain:f}".replace(".", words.paper.point)


def ways_to_pay(choice: PaymentChoice) -> list[BankTransfer]:
    """How a choice can be paid by bank transfer."""
    told = [line for line in choice.entity.payment_instructions.splitlines() if line.strip()]
    return [BankTransfer(choice, told, in_groups(choice.reference or ""))]


@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, pk: int) -> HttpResponse:
    """What is to be paid: the items chosen, or all that is past due or open; of each all or, where it is offered, a part."""
    mine = account_for(request, pk)
    ids = chosen_in(request, pk)
    items = items_for(mine, ids)

    def do(typed: Mapping[str, str]) -> str:
        wanted: dict[int, int | None] = {}
        for item in items:
            amount = money_in(request, typed.get(f"amount-{item.pk}", ""), f"amount-{item.pk}", item.currency)
            if amount is not None and not 0 < amount.minor <= item.open:
                raise Unclear(f"amount-{item.pk}", "amount_beyond")
            wanted[item.pk] = amount.minor if amount is not None else None
        made = choose_payment(mine.who, pk, wanted)
        query = urlencode({"choice": [each.pk for each in made]}, doseq=True)
        return f"{reverse('portal_how_to_pay', args=[pk])}?{query}"

    today = request.portal.today  # type: ignore[attr-defined]
    rows = lines_of(pk, items, today)
    totals: dict[str, int] = {}
    for row in rows:
        totals[row.currency] = totals.get(row.currency, 0) + row.open
    facts = {
        "mine": mine, "rows": rows, "totals": totals, "most": len(ids) >= IDS_MAX,
        "parts": request.portal.policy.portal_part_payments,  # type: ignore[attr-defined]
    }  # fmt: skip
    return act(request, "pay.html", facts, do, beside={}, sentence_of=sentence_of)


@require_safe
def how_to_pay(request: HttpRequest, pk: int) -> HttpResponse:
    """Card, bank debit, and the bank details with the reference, of what was chosen."""
    mine = account_for(request, pk)
    return ways_page(request, mine, choices_for(mine, numbers_in(request, "choice")))


def ways_page(
    request: HttpRequest, mine: Account, found: list[PaymentChoice], error: str = ""
) -> HttpResponse:
    """The ways to pay what was chosen; `error` says why the one tried did not begin."""
    ways = [way for each in found for way in ways_to_pay(each)]
    online = {each.pk: online_way(request, mine, each) for each in found}
    facts = {"mine": mine, "ways": ways, "online": online, "error": error}
    return show(request, "how_to_pay.html", facts, status=422 if error else 200)


def chosen_in(request: HttpRequest, pk: int) -> list[int]:
    """The items a page is about: those ticked, or all of `all` (late, open) for which no payment is on its way."""
    given = request.POST if request.method == "POST" else request.GET
    which = given.get("all", "")
    if which in ("late", "open"):
        ids = ids_of(pk, request.portal.today, which, IDS_MAX)  # type: ignore[attr-defined]
        coming = on_the_way(ids)
        return [each for each in ids if each not in coming]
    return numbers_in(request, "item")
