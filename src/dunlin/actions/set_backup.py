"""Name who works a colleague's list while they are away; ownership does not move (B1, P33)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dunlin.actions.doing import Who, doing
from dunlin.records.models import Absence, User
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers


@dataclass(frozen=True)
class BackupSet:
    """The absence as recorded."""

    absence_id: int


def set_backup(
    who: Who, user_id: int, backup_id: int, from_on: date, through_on: date, reason: str = ""
) -> BackupSet:
    """`backup_id` covers from one day through another, both included. The next night deals the lists accordingly.

    Refused: user_unknown, user_is_inactive (the backup), from_after_until, backup_is_absentee.
    """
    with doing(who, "set_backup", cause=reason) as act:
        people = {person.pk: person for person in User.objects.filter(pk__in=[user_id, backup_id])}
        for pk in (user_id, backup_id):
            if pk not in people:
                raise Refused("user_unknown", user=pk)
        if user_id == backup_id:
            raise Refused("backup_is_absentee", user=people[user_id].name)
        if not people[backup_id].is_active:
            raise Refused("user_is_inactive", user=people[backup_id].name)
        if through_on < from_on:
            raise Refused("from_after_until", from_on=from_on.isoformat(), until_on=through_on.isoformat())
        row = Absence.objects.create(
            user_id=user_id,
            backup_id=backup_id,
            from_on=from_on,
            through_on=through_on,
            reason=mask_card_numbers(reason)[:200],
        )
        act.tell(
            about=f"absence:{row.pk}",
            after={"user": user_id, "backup": backup_id, "from_on": from_on, "through_on": through_on},
        )
    return BackupSet(row.pk)


def end_backup(who: Who, absence_id: int) -> None:
    """The absence is over as of yesterday, or never begins: the row goes, the diary keeps it. Refused: absence_unknown."""
    with doing(who, "set_backup") as act:
        row = Absence.objects.filter(pk=absence_id).first()
        if row is None:
            raise Refused("absence_unknown", absence=absence_id)
        before = {
            "user": row.user_id, "backup": row.backup_id, "from_on": row.from_on, "through_on": row.through_on,
        }  # fmt: skip
        act.tell(about=f"absence:{row.pk}", before=before)
        row.delete()
