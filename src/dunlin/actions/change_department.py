"""Set up a department that is asked about accounts: its address, its time to answer, who hears of its silence (B7, P8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dunlin.actions.doing import Who, doing
from dunlin.formats.mail_addresses import address_problem
from dunlin.records.models import Department, User
from dunlin.rules.codes import Refused, sentence

FIELDS = {"name": 80, "address": 254, "answer_business_days": 0, "escalate_to": 0}
DAYS_MAX = 60
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,19}")


@dataclass(frozen=True)
class DepartmentChanged:
    """The department and the fields that differ now."""

    department_id: int
    key: str
    made: bool
    changed: tuple[str, ...]


def change_department(who: Who, key: str, changes: Mapping[str, Any]) -> DepartmentChanged:
    """Change the department of that key, or make it. `escalate_to` is a person's id or None; `answer_business_days` 1 to 60.

    An empty address is allowed: nobody can ask it by mail then. Requests that are under way keep their day. Refused:
    department_key_wrong, field_not_editable, field_too_long, not_blank, address_not_usable, department_days_wrong, user_unknown,
    user_is_inactive.
    """
    with doing(who, "change_mailbox", cause=f"department {key[:40]}") as act:
        if not _KEY.fullmatch(key):
            raise Refused("department_key_wrong", key=key[:40])
        row = Department.objects.select_for_update().filter(key=key).first()
        made = row is None
        row = row or Department(key=key, name=key.capitalize())
        before = {name: _value(row, name) for name in FIELDS}
        for name, value in changes.items():
            _set(row, name, value)
        changed = tuple(name for name in FIELDS if made or _value(row, name) != before[name])
        row.save()
        act.tell(
            about=f"department:{row.pk}", before=None if made else {name: before[name] for name in changed},
            after={name: _value(row, name) for name in changed},
        )  # fmt: skip
    return DepartmentChanged(row.pk, key, made, changed)


def _value(row: Department, name: str) -> Any:
    return row.escalate_to_id if name == "escalate_to" else getattr(row, name)


def _set(row: Department, name: str, value: Any) -> None:
    if name not in FIELDS:
        raise Refused("field_not_editable", field=name.replace("_", " "))
    if name == "escalate_to":
        person = User.objects.filter(pk=value).first() if value is not None else None
        if value is not None and person is None:
            raise Refused("user_unknown", user=value)
        if person is not None and not person.is_active:
            raise Refused("user_is_inactive", user=person.name)
        row.escalate_to = person
        return
    if name == "answer_business_days":
        if not isinstance(value, int) or not 1 <= value <= DAYS_MAX:
            raise Refused("department_days_wrong", days=value, most=DAYS_MAX)
        row.answer_business_days = value
        return
    text = str(value).strip()
    if len(text) > FIELDS[name] or not text.isprintable():
        raise Refused("field_too_long", field=f"the {name}", limit=FIELDS[name])
    if name == "name" and not text:
        raise Refused("not_blank", field="the name")
    problem = address_problem(text) if name == "address" and text else ""
    if problem:
        raise Refused(
            "address_not_usable", address=text[:100], why=sentence(problem, {"address": text[:100]})
        )
    setattr(row, name, text)
