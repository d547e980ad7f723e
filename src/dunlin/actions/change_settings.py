"""Change settings of the rules, or set them back to their defaults; the diary keeps what each was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dunlin.actions.doing import Who, doing
from dunlin.records import balance_sums
from dunlin.records.models import Setting
from dunlin.rules.aging import buckets_of
from dunlin.rules.codes import Refused
from dunlin.rules.policy import SETTINGS, NotASetting, Policy

# Balances are cut by these; a change of one writes all of them anew in the same act.
CUT_BY = frozenset({"aging.basis", "aging.bucket_uppers", "aging.late_bucket_from"})


@dataclass(frozen=True)
class SettingsChanged:
    """The settings that differ now from before; `balances` were rewritten because of it."""

    changed: tuple[str, ...]
    balances: int = 0


def change_settings(who: Who, values: Mapping[str, Any]) -> SettingsChanged:
    """Give settings by name new plain values, as JSON or YAML gives them; None sets one back to its default.

    All or nothing. Refused: setting_not_usable with the first that is unknown, out of bounds or does not fit the others.
    """
    with doing(who, "change_settings") as act:
        stored = dict(Setting.objects.select_for_update().values_list("name", "value"))
        before = usable(stored)
        wanted = {name: value for name, value in {**stored, **values}.items() if value is not None}
        for name in values:
            if name not in SETTINGS:
                raise Refused("setting_not_usable", setting=name, why=f"There is no setting {name!r}.")
        after = usable(wanted)
        was, now = before.as_mapping(), after.as_mapping()
        changed = tuple(name for name in SETTINGS if was[name] != now[name])
        differs = after.changed()
        for name in {*changed, *values}:
            if name in differs:
                Setting.objects.update_or_create(
                    name=name, defaults={"value": now[name], "changed_at": who.now}
                )
            else:
                Setting.objects.filter(name=name).delete()
        for name in changed:
            act.tell(about=f"setting:{name}", before=was[name], after=now[name])
        if not changed:
            act.tell(about="settings", after={"changed": 0})
        balances = balance_sums.rebuild(who.today, after) if CUT_BY & set(changed) else 0
    return SettingsChanged(changed, balances)


def usable(values: Mapping[str, Any]) -> Policy:
    """The policy of these values. Refused: setting_not_usable."""
    name = ""
    try:
        for name, value in values.items():
            Policy.from_mapping({name: value})
        policy = Policy.from_mapping(values)
        name = "aging.bucket_uppers"
        buckets_of(policy.aging_basis, policy.aging_bucket_uppers)  # type: ignore[arg-type]
    except NotASetting as problem:
        raise Refused("setting_not_usable", setting=name, why=str(problem)) from None
    except ValueError as problem:
        raise Refused("setting_not_usable", setting=name, why=f"aging.bucket_uppers: {problem}") from None
    return policy
