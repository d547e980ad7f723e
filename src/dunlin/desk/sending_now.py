"""On request, from the account: its statement, or the notice the strategy would send today with its words looked at first (C1, C6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from dunlin.actions.process_statements import send_statement
from dunlin.actions.send_notice_now import PASSES_GAP, Looked, preview_notice_now, send_notice_now
from dunlin.desk.access import customer_for
from dunlin.desk.acts import Unclear, act, allow, typed_in
from dunlin.desk.doors import Standing
from dunlin.reports.process_days import Turns
from dunlin.rules.calendars import month_after
from dunlin.rules.codes import Refused

_MONTHS = 6
_CHANNELS = {"email": "by e-mail", "letter": "by letter", "call": "as a call to make"}
_BESIDE = {
    "period_in_future": "month", "period_not_usable": "month", "item_not_open": "month", "customer_unknown": "form",
    "template_unknown": "form",
}  # fmt: skip


def send_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Both on one page. A POST with `do=statement` or `do=notice` sends; `despite_gap` is the reason a lead gives."""
    allow(request, "send_message")
    customer = customer_for(request, pk)
    door: Standing = request.door  # type: ignore[attr-defined]

    def do(typed: Mapping[str, str]) -> str:
        if typed.get("do") == "statement":
            made = send_statement(door.who, pk, typed.get("month", ""))
            copies = sum(bool(each.facts.get("copy")) for each in made)
            what = "statement" if len(made) == 1 else f"{len(made)} statements"
            ways = " and ".join(sorted({_CHANNELS[each.channel] for each in made}))
            return f"{what.capitalize()} for {customer.name}, {ways}{', marked as a copy' if copies else ''}: it goes with the next sending."
        if typed.get("do") != "notice":
            raise Unclear("form", "Choose what to send.")
        notices = send_notice_now(door.who, pk, despite_gap=typed.get("despite_gap", ""))
        waits = next((each.approval for each in notices if each.state == "waiting"), "")
        how = f"a {waits.replace('_', ' ')} approves it first" if waits else "it goes with the next sending"
        return f"Notice for {customer.name}, {' and '.join(sorted({_CHANNELS[each.channel] for each in notices}))}: {how}."

    typed = typed_in(request)
    looked, why_none, gap = (
        _looked(door, pk, typed.get("despite_gap", "")) if request.method != "POST" else ((), "", False)
    )
    facts: dict[str, Any] = {
        "looked": looked, "why_none": why_none, "months": _months(door), "ways": _CHANNELS,
        "may_pass": door.may(PASSES_GAP) and (gap or bool(typed.get("despite_gap"))), "despite_gap": typed.get("despite_gap", ""),
    }  # fmt: skip
    return act(request, customer, "send_message", "send_now", do, beside=_BESIDE, facts=facts)


def _looked(door: Standing, pk: int, despite_gap: str) -> tuple[tuple[Looked, ...], str, bool]:
    """The notices as they would read, or why there are none, and whether only the days since the last one stand against it."""
    try:
        return tuple(preview_notice_now(door.who, pk, despite_gap=despite_gap)), "", False
    except Refused as refused:
        gap = refused.code == "notice_not_due" and not despite_gap and _only_gap(door, pk)
        return (), str(refused), gap


def _only_gap(door: Standing, pk: int) -> bool:
    """Whether a notice would go if the days between two were passed."""
    if not door.may(PASSES_GAP):
        return False
    try:
        return bool(preview_notice_now(door.who, pk, despite_gap="tried"))
    except Refused:
        return False


def _months(door: Standing) -> list[tuple[str, str]]:
    """The newest statement months, as (2026-11, words)."""
    newest = Turns.read(door.today, door.who.now, door.policy).newest("statements")
    year, month = int(newest[:4]), int(newest[5:])
    months = []
    for back in range(_MONTHS):
        at_year, at_month = month_after(year, month, -back)
        months.append(
            (
                f"{at_year}-{at_month:02d}",
                f"{'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()[at_month - 1]} {at_year}",
            )
        )
    return months
