"""Settings of the rules, made from their registry: each with unit, default, bounds, help, and who changed it last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dunlin.actions.change_settings import SettingsChanged, change_settings
from dunlin.desk.acts import allow, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.doors import Standing
from dunlin.desk.office import seeing
from dunlin.records.models import DiaryLine
from dunlin.rules.codes import Refused
from dunlin.rules.policy import SETTINGS, NotASetting, Policy, Setting
from dunlin.rules.reasons import TIER_NAMES

# The page's groups, by the first word of a setting's name; a word that is not here makes a group of its own.
GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("company", "Company", ("home", "ledger")),
    ("aging", "Aging", ("aging",)),
    ("targets", "Targets", ("target",)),
    ("order", "Order of the list", ("worklist", "mrr")),
    ("campaign", "Calls of a day", ("campaign",)),
    ("promises", "Promises", ("promise",)),
    ("follow-ups", "Rest and follow-ups", ("contact", "follow_up")),
    ("hours", "Calling hours", ("conduct",)),
    ("inbox", "Inbox", ("inbox",)),
    ("portal", "Customer portal and cards", ("portal", "card")),
    ("cash", "Cash and returned payments", ("cash", "return")),
    ("stages", "Stages", ("stage",)),
    ("invoices", "Invoices and memos", ("invoice",)),
    ("month", "The month", ("statement", "finals")),
    ("reports", "Reports", ("report",)),
    ("reconciliation", "Reconciliation", ("reconcile",)),
    ("losses", "Expected loss", ("loss",)),
    ("refunds", "Refunds and credits", ("refund", "credit")),
)
_YAML_LONGEST = 20_000
# Where the words of a name alone would not do.
_LABELS = {
    "aging.bucket_uppers": "Buckets", "aging.basis": "Age counts from", "campaign.max_attempts": "Attempts a day",
    "cash.small_under": "Small differences under", "cash.small_over": "Small differences over", "cash.case_days": "Short pays decided within",
    "return.debits_sixty_days": "Debits in sixty days", "campaign.size": "Customers on a day’s list", "campaign.spacing_minutes": "Between two attempts",
    "conduct.call_hours": "Call windows", "finals.nth_business_day": "Finals from business day",
    "follow_up.days": "Follow-up without a date", "follow_up.dispute_days": "After a dispute",
    "follow_up.not_reached_days": "After nobody was reached", "home.currency": "Home currency",
    "mrr.priority_months": "Aged months of recurring invoices", "stage.days": "Stages d5 and d15",
    "stage.suspension_over": "Suspension above", "statement.day": "Statement day", "target.dso_days": "DSO",
    "target.epayment_business_days": "E-payments", "target.answer_business_days": "Answers",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One setting as shown: what is typed now, whether it differs from the default, and the last change."""

    of: Setting
    label: str
    typed: Any
    changed: bool
    default: str
    bounds: str
    error: str
    by: str
    at: datetime | None


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Every setting by group. A POST saves one group, or sets one setting back."""
    seeing(request, "see_settings")
    door: Standing = request.door  # type: ignore[attr-defined]
    typed = typed_in(request)
    errors: dict[str, str] = {}
    if request.method == "POST":
        allow(request, "change_settings")
        wanted, errors = _wanted(typed, door.policy)
        if not errors:
            try:
                did = change_settings(door.who, wanted)
            except Refused as refused:
                if refused.code != "setting_not_usable":
                    raise
                errors[refused.facts["setting"]] = _plainly(str(refused), refused.facts["setting"])
            else:
                return done(request, _told(did), reverse("settings") + f"#{typed.get('group', '')}")
    lines = _lines(door.policy, typed if errors else {}, errors)
    facts = {"groups": lines, "errors": errors, "changed": len(door.policy.changed()), "tiers": TIER_NAMES}
    return show(request, "settings.html", facts, status=422 if errors else 200)


def _told(did: SettingsChanged) -> str:
    if not did.changed:
        return "Nothing was different; nothing was changed."
    names = ", ".join(_label(SETTINGS[name]) for name in did.changed)
    also = f" {did.balances:,} balances were written anew." if did.balances else ""
    return f"Saved: {names}.{also} Lists that were made today stay; the next night uses the new values."


def _wanted(typed: Mapping[str, str], policy: Policy) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of the fields that were sent, and what is wrong with each. `reset` sets one back."""
    if typed.get("reset"):
        return {typed["reset"]: None}, {}
    current = policy.as_mapping()
    wanted, errors = {}, {}
    for name, setting in SETTINGS.items():
        if f"sent.{name}" not in typed:
            continue
        value = value_of(setting, typed)
        try:
            read = Policy.from_mapping({name: value}).as_mapping()[name]
        except NotASetting as problem:
            errors[name] = _plainly(str(problem), name)
        else:
            if read != current[name]:
                wanted[name] = read
    return wanted, errors


def value_of(setting: Setting, typed: Mapping[str, str]) -> Any:
    """What was typed for a setting as a plain value; what cannot be read stays text, and the rules say why it will not do."""
    text = typed.get(setting.name, "")
    if setting.kind == "bool":
        return text == "1"
    if setting.kind in ("int", "decimal"):
        return text.replace(",", "").replace(" ", "")
    if setting.kind in ("days", "rates"):
        return text.replace(",", " ").split()
    if setting.kind == "order":
        return sorted(
            setting.choices,
            key=lambda each: (typed.get(f"{setting.name}.{each}", "9"), setting.choices.index(each)),
        )
    if setting.kind in ("hours", "shares", "table", "tolerances"):
        pairs = (line.split(None, 1) for line in text.splitlines() if line.strip())
        return {pair[0].rstrip(":"): pair[1].strip() if len(pair) > 1 else "" for pair in pairs}
    return text.upper() if setting.kind == "currency" else text


def _plainly(problem: str, name: str) -> str:
    text = problem.removeprefix(f"{name}: ")
    return text[:1].upper() + text[1:]


def _label(setting: Setting) -> str:
    words = setting.name.partition(".")[2].replace("_", " ").replace(" pct", "")
    return _LABELS.get(setting.name, words[:1].upper() + words[1:])


def _lines(
    policy: Policy, typed: Mapping[str, str], errors: Mapping[str, str]
) -> list[tuple[str, str, list[Line], int]]:
    """(id, title, lines, how many differ from their default) of each group. One query."""
    current, changed = policy.as_mapping(), policy.changed()
    last = last_changes()
    groups: dict[str, tuple[str, list[Line]]] = {key: (title, []) for key, title, _ in GROUPS}
    for name, setting in SETTINGS.items():
        word = name.partition(".")[0]
        key = next((key for key, _, words in GROUPS if word in words), word)
        by, at = last.get(name, ("", None))
        sent = f"sent.{name}" in typed
        value = _sent(setting, typed) if sent else _written(setting, current[name])
        groups.setdefault(key, (word.replace("_", " ").capitalize(), []))[1].append(
            Line(
                setting, _label(setting), value, name in changed, default_of(setting), _bounds(setting),
                errors.get(name, ""), by, at,
            )
        )  # fmt: skip
    return [
        (key, title, lines, sum(line.changed for line in lines))
        for key, (title, lines) in groups.items()
        if lines
    ]


def _sent(setting: Setting, typed: Mapping[str, str]) -> Any:
    value = value_of(setting, typed)
    return value if setting.kind in ("bool", "order") else typed.get(setting.name, "")


def _written(setting: Setting, value: Any) -> Any:
    """A plain value as it stands in its field."""
    if setting.kind in ("bool", "order"):
        return value
    if setting.kind in ("days", "rates"):
        return ", ".join(map(str, value))
    if setting.kind in ("hours", "shares", "table", "tolerances"):
        return "\n".join(f"{place} {hours}" for place, hours in value.items())
    return thousands(setting, value)


def thousands(setting: Setting, value: Any) -> str:
    """A number as people write it: 2,000,000. Everything else as it is."""
    whole, point, part = str(value).partition(".")
    grouped = setting.kind in ("int", "decimal") and whole.isdecimal()
    return f"{int(whole):,}{point}{part}" if grouped else str(value)


def default_of(setting: Setting) -> str:
    """The default in words."""
    plain = Policy().as_mapping()[setting.name]
    if setting.kind == "bool":
        return "yes" if plain else "no"
    if setting.kind in ("hours", "shares", "table", "tolerances"):
        return "; ".join(f"{place} {hours}" for place, hours in plain.items()) or "none"
    if setting.kind == "order":
        return ", then ".join(TIER_NAMES[each] for each in plain)
    return (
        ", ".join(map(str, plain))
        if setting.kind in ("days", "rates")
        else thousands(setting, plain).replace("_", " ")
    )


def _bounds(setting: Setting) -> str:
    if setting.low is None and setting.high is None:
        return ""
    if setting.high is None:
        return f"{setting.low} or more"
    return f"{setting.low} to {setting.high}"


def last_changes() -> dict[str, tuple[str, datetime]]:
    """Setting → who changed it last and when, from the diary. One query."""
    lines = DiaryLine.objects.filter(
        customer__isnull=True, verb="change_settings", about__startswith="setting:"
    )
    found: dict[str, tuple[str, datetime]] = {}
    for about, first, last, username, at in lines.order_by("-at", "-pk").values_list(
        "about", "by__first_name", "by__last_name", "by__username", "at"
    )[:500]:
        found.setdefault(
            about.removeprefix("setting:"),
            (f"{first or ''} {last or ''}".strip() or username or "the clock", at),
        )
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def settings_file(request: HttpRequest) -> HttpResponse:
    """The changed settings as text: to keep, compare and review; and back in, with what would change shown first (H4)."""
    seeing(request, "see_settings")
    door: Standing = request.door  # type: ignore[attr-defined]
    if request.GET.get("form") == "yaml":
        answer = HttpResponse(_yaml(door.policy), content_type="application/yaml; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="dunlin-settings.yaml"'
        return answer
    typed, problem, changes = typed_in(request), "", None
    if request.method == "POST":
        allow(request, "change_settings")
        try:
            wanted = _read_yaml(typed.get("text", ""))
            after = Policy.from_mapping(wanted).as_mapping()
            before = door.policy.as_mapping()
            changes = [
                (name, _shown(before[name]), _shown(after[name]))
                for name in SETTINGS
                if before[name] != after[name]
            ]
            if typed.get("do") == "apply":
                did = change_settings(door.who, {name: wanted.get(name) for name in SETTINGS})
                return done(request, _told(did), reverse("settings_file"))
        except (NotASetting, Refused) as refused:
            if isinstance(refused, Refused) and refused.code != "setting_not_usable":
                raise
            problem, changes = str(refused), None
    facts = {"text": typed.get("text") or _yaml(door.policy), "problem": problem, "changes": changes}
    return show(request, "settings_file.html", facts, status=422 if problem else 200)


def _yaml(policy: Policy) -> str:
    changed = policy.changed()
    head = "# The settings that differ from their defaults; what is not here has its default.\n"
    return head + (yaml.safe_dump(changed, sort_keys=False, allow_unicode=True) if changed else "{}\n")


def _read_yaml(text: str) -> dict[str, Any]:
    """NotASetting when it is no YAML of names and values."""
    if len(text) > _YAML_LONGEST:
        raise NotASetting("The text is too long for settings.")
    try:
        tree = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise NotASetting(f"That is not YAML: {str(problem)[:200]}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict) or not all(isinstance(name, str) for name in tree):
        raise NotASetting("Write a setting and its value on each line, such as campaign.size: 80.")
    return tree


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
