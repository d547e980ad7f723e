"""Lock a stretch of an entity's books, and unlock it again. Nothing is posted into a locked one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

from dunlin.actions.doing import Who, doing
from dunlin.records.models import Entity, Period
from dunlin.rules.codes import Refused


@dataclass(frozen=True)
class Locking:
    """A period and whether it is locked now."""

    period_id: int
    locked: bool


def lock_period(who: Who, entity_id: int, starts_on: date, ends_on: date, *, cause: str = "") -> Locking:
    """Lock the days from `starts_on` through `ends_on`; the period is made when it is not there yet.

    It waits for postings under way and stops new ones until it is done, so none slips in behind it. Refused:
    period_ends_first, period_overlaps, period_locked_already.
    """
    if ends_on < starts_on:
        raise Refused("period_ends_first", starts_on=starts_on, ends_on=ends_on)
    with doing(who, "lock_period", cause=cause) as act:
        _stop_postings()
        entity = Entity.objects.get(pk=entity_id)
        overlapping = Period.objects.filter(entity=entity, starts_on__lte=ends_on, ends_on__gte=starts_on)
        period = Period(entity=entity, starts_on=starts_on, ends_on=ends_on)
        for other in overlapping:
            if (other.starts_on, other.ends_on) != (starts_on, ends_on):
                raise Refused("period_overlaps", entity=entity.code, period=_days(other))
            if other.locked_at is not None:
                raise Refused("period_locked_already", entity=entity.code, period=_days(other))
            period = other

        period.locked_at, period.locked_by_id = who.now, who.user_id
        period.save()
        act.tell(
            about=f"period:{period.pk}",
            after={"entity": entity.code, "period": _days(period), "locked": True},
        )
        return Locking(period.pk, locked=True)


def unlock_period(who: Who, entity_id: int, starts_on: date, ends_on: date, *, reason: str) -> Locking:
    """Open a locked period again; the reason goes into the diary. Refused: reason_missing, period_not_locked."""
    if not reason.strip():
        raise Refused("reason_missing")
    with doing(who, "unlock_period", cause=reason) as act:
        period = (
            Period.objects.select_for_update(of=("self",))
            .select_related("entity")
            .filter(entity_id=entity_id, starts_on=starts_on, ends_on=ends_on, locked_at__isnull=False)
            .first()
        )
        if period is None:
            code = Entity.objects.get(pk=entity_id).code
            raise Refused("period_not_locked", entity=code, starts_on=starts_on, ends_on=ends_on)

        before = {"locked_at": period.locked_at}
        period.locked_at, period.locked_by_id = None, None
        period.save()
        after = {"entity": period.entity.code, "period": _days(period), "locked": False}
        act.tell(about=f"period:{period.pk}", before=before, after=after)
        return Locking(period.pk, locked=False)


def _stop_postings() -> None:
    """Every posting holds a customer's row lock while it checks its period and posts; this lock waits for all of them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE records_customer IN EXCLUSIVE MODE")


def _days(period: Period) -> str:
    return f"{period.starts_on} to {period.ends_on}"
