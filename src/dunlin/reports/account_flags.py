"""What an account wears as a warning: a payment that came back, auto-pay that stands still, short pays that repeat (DOMAIN sections 4 and 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from dunlin.records.models import ReturnedPayment
from dunlin.reports.moments import day_ends
from dunlin.reports.short_pays import habit_told

MOST = 20  # returns that are told of, newest first


@dataclass(frozen=True, slots=True)
class Flag:
    """One warning with what speaks for it. `kind`: returned_payment, auto_pay or repeated_short_pay; `until` its last day, None: until
    it is lifted or its reasons are past."""

    kind: str
    name: str
    reasons: tuple[str, ...]
    until: date | None = None


def flags_of(customer_id: int, as_of: date, zone: str) -> tuple[Flag, ...]:
    """The flags an account wears on a day. Three queries, however many returns."""
    standing = Q(lifted_at=None) | Q(lifted_at__gte=day_ends(as_of, zone))
    found = ReturnedPayment.objects.filter(customer=customer_id, recorded_at__lt=day_ends(as_of, zone))
    found = found.filter(Q(flag_until__gte=as_of) | (~Q(auto_pay="on") & standing))
    rows = list(found.order_by("-returned_on", "-pk")[:MOST])
    flags = []
    shown = [each for each in rows if each.flag_until >= as_of]
    if shown:
        told = tuple(" ".join(map(_sentence, _evidence(each))) for each in shown)
        flags.append(
            Flag("returned_payment", "Returned payment", told, max(each.flag_until for each in shown))
        )
    still = [each for each in rows if each.auto_pay != "on" and _stands(each, as_of, zone)]
    if still:
        how = "stopped" if any(each.auto_pay == "stopped" for each in still) else "paused"
        told = tuple(_sentence(_evidence(each)[0]) for each in still if each.evidence)
        flags.append(Flag("auto_pay", f"Auto-pay {how}", told))
    habit = habit_told(customer_id, as_of)
    if habit:
        flags.append(Flag("repeated_short_pay", "Repeated short pay", (_sentence("; ".join(habit)),)))
    return tuple(flags)


def _evidence(row: ReturnedPayment) -> list[str]:
    """What speaks for it. What compliance looks at is not named where everybody who sees the account reads it."""
    if row.letter != "L":
        return list(row.evidence)
    return (
        [f"{row.evidence[0].partition(' (')[0]}; with compliance", *row.evidence[1:]] if row.evidence else []
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _stands(row: ReturnedPayment, as_of: date, zone: str) -> bool:
    return row.lifted_at is None or row.lifted_at >= day_ends(as_of, zone)
