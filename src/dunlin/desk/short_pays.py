"""Short and over: what payers kept back and what they paid too much, each decided on one page; and how every day closed (E3, P15, P27)."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from dunlin.actions.ask_refund import RefundAsked
from dunlin.actions.decide_overpayment import RestDecided, decide_overpayment
from dunlin.actions.decide_short_pay import decide_short_pay
from dunlin.desk.access import dispute_for, in_sight, overpayment_for
from dunlin.desk.acts import needed
from dunlin.desk.answers import show
from dunlin.desk.office import office_act, seeing
from dunlin.desk.refunds import REFUND_BESIDE, may_be_asked, refund_facts, refund_typed
from dunlin.records.models import Item
from dunlin.reports.receipts import day_closes, unidentified_by_age
from dunlin.reports.short_pays import case_of, case_sums, habit_told, over_page, short_page
from dunlin.rules.cash.short_pays import OUTCOMES, REASONS, REST_OUTCOMES
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

_CLOSES = 90


@require_safe
def short_pays(request: HttpRequest) -> HttpResponse:
    """The open cases by deadline: `kind` short or over."""
    seeing(request, "see_own_customers")
    door = request.door  # type: ignore[attr-defined]
    given = {name: request.GET.get(name, "").strip()[:80] for name in ("kind", "reason", "q", "after")}
    sight = in_sight(door, "customer")
    if given["kind"] == "over":
        page = over_page(sight, door.today, search=given["q"], after=given["after"])
    else:
        page = short_page(sight, door.today, reason=given["reason"], search=given["q"], after=given["after"])
    sums = [(kind, count, Money(minor, currency)) for kind, currency, count, minor in case_sums(sight)]
    ages = unidentified_by_age(door.today) if door.may("see_receipts") else []
    facts = {
        "page": page, "given": given, "kind": "over" if given["kind"] == "over" else "short", "sums": sums, "ages": ages,
        "reasons": [("", "Any reason"), *REASONS.items()],
    }  # fmt: skip
    return show(request, "receipts/short_pays.html", facts, part="results")


@require_http_methods(["GET", "HEAD", "POST"])
def short_pay(request: HttpRequest, pk: int) -> HttpResponse:
    """One short pay: what it rests on, and what becomes of it."""
    dispute = dispute_for(request, pk)
    if dispute.payment_id is None:
        raise Refused("short_pay_not_one", dispute=pk)

    def do(typed: Mapping[str, str]) -> str:
        outcome = needed(typed, "outcome", "Say what becomes of it.")
        decided = decide_short_pay(request.door.who, pk, outcome, note=typed.get("note", ""))  # type: ignore[attr-defined]
        if decided.approval_id:
            return f"{decided.amount} is more than you may decide alone; it was asked for and waits under Approvals."
        return f"{OUTCOMES[outcome].partition(':')[0]}: {decided.amount} is settled."

    def facts(typed: Mapping[str, str]) -> Mapping[str, object]:
        case = case_of(dispute, request.door.today)  # type: ignore[attr-defined]
        left = Money(min(dispute.amount, case.item.open), case.item.currency)
        return {
            "case": case,
            "left": left,
            "outcomes": tuple(OUTCOMES.items()),
            "reason": REASONS.get(dispute.reason, dispute.reason),
        }

    beside = {
        "reason_missing": "note", "short_pay_still_open": "outcome", "short_pay_outcome_unknown": "outcome", "item_not_open": "outcome",
    }  # fmt: skip
    return office_act(
        request,
        "resolve_dispute",
        "receipts/short_pay.html",
        reverse("short_pays"),
        do,
        beside=beside,
        facts=facts,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def overpayment(request: HttpRequest, pk: int) -> HttpResponse:
    """Money over: kept on account, used for other documents, or paid back."""
    row = overpayment_for(request, pk)
    payment = Item.objects.select_related("customer").get(pk=row.payment_id)
    door = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        outcome = needed(typed, "outcome", "Say what becomes of it.")
        note = typed.get("note", "")
        refund = _refund(request, payment, typed, note) if outcome == "refund" else None
        decided = decide_overpayment(door.who, payment.pk, outcome, note=note, refund=refund)
        return f"{REST_OUTCOMES[outcome].partition(':')[0]}: {decided.amount}. {_then(decided)}".strip()

    def facts(typed: Mapping[str, str]) -> Mapping[str, object]:
        about = refund_facts(payment, typed, door.today, door.policy)
        return {
            **about, "refund": payment.open > 0, "can_ask": door.may("ask_refund") and may_be_asked(about),
            "row": row, "payment": payment, "outcomes": tuple(REST_OUTCOMES.items()),
            "habit": habit_told(row.customer_id, request.door.today),  # type: ignore[attr-defined]
        }  # fmt: skip

    beside = {
        "reason_missing": "note", "overpayment_outcome_unknown": "outcome", "item_not_open": "outcome", **REFUND_BESIDE,
    }  # fmt: skip
    return office_act(
        request,
        "apply_credit",
        "receipts/overpayment.html",
        f"{reverse('short_pays')}?kind=over",
        do,
        beside=beside,
        facts=facts,
    )


def _refund(request: HttpRequest, payment: Item, typed: Mapping[str, str], note: str) -> RefundAsked | None:
    """What is asked for at once; None where it cannot be yet, or not by this person, and a follow-up is made instead."""
    door = request.door  # type: ignore[attr-defined]
    if not door.may("ask_refund") or not note:
        return None
    allowed = all(each.waivable for each in refund_facts(payment, typed, door.today, door.policy)["answer"].objections)  # fmt: skip
    return refund_typed(typed, note) if allowed or typed.get("method") else None


def _then(decided: RestDecided) -> str:
    if decided.asked is not None:
        return f"{decided.asked.amount} is asked for; it waits for approval."
    if decided.outcome != "refund":
        return "Apply it on the account." if decided.outcome == "apply" else ""
    when = f" for {decided.later}, when the bank cannot take it back any more" if decided.later else ""
    return f"The AR manager has a follow-up to ask for the refund{when}."


@require_safe
def closes(request: HttpRequest) -> HttpResponse:
    """How each of the last closes found the queue."""
    seeing(request, "see_receipts")
    rows = day_closes(request.door.who.now, _CLOSES)  # type: ignore[attr-defined]
    most = max((each.due for each in rows), default=1)
    empty = sum(each.empty for each in rows)
    return show(request, "receipts/closes.html", {"rows": rows, "most": most, "empty": empty})
