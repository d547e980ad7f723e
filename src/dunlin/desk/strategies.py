"""Dunning strategies: the ladders in force in plain sentences, their text with every mistake in its place, their versions (C6, H4)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dunlin.actions.save_strategy import activate_strategy, read_strategy, save_strategy, switch_strategy
from dunlin.desk.acts import allow, typed_in
from dunlin.desk.answers import done, show
from dunlin.desk.office import office_act, seeing
from dunlin.formats.placed_yaml import Problem, TextProblems
from dunlin.formats.strategies import from_yaml, to_yaml
from dunlin.formats.strategy_changes import changes
from dunlin.records.models import Customer, StrategyVersion
from dunlin.records.models import Strategy as Row
from dunlin.reports.experiments import experiment_result
from dunlin.reports.strategies import in_force
from dunlin.rules.codes import Refused
from dunlin.rules.experiments import says as says_difference
from dunlin.rules.strategies import CHANNELS, DEFAULT, Segment, Strategy, describe, says

_START = """key: {key}
name: {key}
about: Whom it is for, and what is different about it.
priority: 10
for:
  segments: [{key}]
steps:
- level: 1
  name: First reminder
  from: 5
  channel: email
  template: notice_1
"""


@require_safe
def strategies(request: HttpRequest) -> HttpResponse:
    """Those there are, the first that fits on top, each ladder in a line."""
    seeing(request, "see_processes")
    known = in_force()
    rows = {row.key: row for row in Row.objects.all()}
    named = _named()
    ordered = sorted(known.by_key.values(), key=lambda each: (each.key == DEFAULT, -each.priority, each.key))
    lines = [
        {
            "strategy": each, "row": rows.get(each.key), "for": segment_words(each.segment, each.key), "off": each.key in known.off,
            "steps": [step for step in each.steps if step.on], "named": named.get(each.key, 0),
        }
        for each in ordered
    ]  # fmt: skip
    drafts = [row for key, row in rows.items() if key not in known.by_key]
    facts = {"lines": lines, "drafts": drafts, "says": says, "channels": CHANNELS}
    return show(request, "sending/strategies.html", facts)


def strategy(request: HttpRequest, key: str) -> HttpResponse:
    """One strategy: its ladder in sentences, its text, what a change would change, its versions.

    A POST with `do=look` reads the text and keeps nothing; `do=keep` keeps a version; `do=activate` puts it into force.
    """
    seeing(request, "see_processes")
    row = Row.objects.filter(key=key).first()
    if row is None:
        raise Refused("strategy_unknown", strategy=key)
    versions = list(row.versions.select_related("written_by", "activated_by"))
    active = _active(versions)
    typed = typed_in(request)
    if request.method == "POST":
        allow(request, "save_strategy")
    base = next((each for each in versions if str(each.number) == request.GET.get("version", "")), None)
    base = base or (versions[0] if versions else None)
    text = request.POST.get("text", base.text if base else "").replace("\r\n", "\n")
    meant, problems = read(text)
    if not problems and meant is not None and meant.key != key:
        problems = (Problem(1, 1, "key", f"is {meant.key}, and this is {key}; a key never changes"),)
    if request.method == "POST" and typed.get("do") in ("keep", "activate") and not problems:
        return _keep(request, key, text, typed)
    door = request.door  # type: ignore[attr-defined]
    facts = {
        "result": experiment_result(key, door.today, door.policy) if request.method == "GET" else None, "told": says_difference,
        "row": row, "versions": versions, "active": active, "base": base, "text": text, "problems": problems,
        "strategy": meant, "describe": describe, "for": segment_words(meant.segment, key) if meant else "",
        "changes": _changes(active, meant), "note": typed.get("note", ""), "refused": bool(problems) and request.method == "POST",
    }  # fmt: skip
    status = 422 if problems and typed.get("do") in ("keep", "activate") else 200
    return show(request, "sending/strategy.html", facts, part="looked", status=status)


def _keep(request: HttpRequest, key: str, text: str, typed: Mapping[str, str]) -> HttpResponse:
    door = request.door  # type: ignore[attr-defined]
    version = save_strategy(door.who, text, typed.get("note", ""))
    there = reverse("strategy", args=[key])
    if typed.get("do") != "activate":
        return done(
            request, f"Version {version.number} is kept. It is not in force until it is activated.", there
        )
    activate_strategy(door.who, version.pk)
    return done(request, f"Version {version.number} is in force from the next run on.", there)


@require_POST
def activate(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a version into force."""
    allow(request, "activate_strategy")
    row = activate_strategy(request.door.who, pk)  # type: ignore[attr-defined]
    return done(
        request,
        f"Version {row.number} is in force from the next run on.",
        reverse("strategy", args=[row.strategy.key]),
    )


def switch(request: HttpRequest, key: str) -> HttpResponse:
    """Stop its notices at once, or start them again."""
    row = Row.objects.filter(key=key).first()
    if row is None:
        raise Refused("strategy_unknown", strategy=key)
    on = row.switched_off_at is not None

    def do(typed: Mapping[str, str]) -> str:
        switch_strategy(request.door.who, key, on, typed.get("why", ""))  # type: ignore[attr-defined]
        return f"{row.name} is switched {'on' if on else 'off: nobody gets a notice by it'}."

    return office_act(
        request, "activate_strategy", "sending/strategy_switch.html", reverse("strategy", args=[key]), do,
        beside={"not_blank": "why"}, facts=lambda typed: {"row": row, "on": on},
    )  # fmt: skip


def add(request: HttpRequest) -> HttpResponse:
    """A new strategy: a small ladder to begin with, or the text of one that was exported."""

    def do(typed: Mapping[str, str]) -> str:
        text = request.POST.get("text", "").replace("\r\n", "\n")
        version = save_strategy(request.door.who, text)  # type: ignore[attr-defined]
        return f"{version.strategy.name} is kept as a draft: look at what it would do, then activate it."

    typed = {"text": _START.format(key="special")}
    return office_act(
        request, "save_strategy", "sending/strategy_new.html", reverse("strategies"), do,
        beside={"strategy_not_usable": "text"}, typed=typed,
        facts=lambda typed: {"problems": read(typed.get("text", ""))[1] if request.method == "POST" else ()},
    )  # fmt: skip


@require_safe
def as_text(request: HttpRequest, key: str) -> HttpResponse:
    """The text of a version as a file; in its canonical form with `form=canonical`."""
    seeing(request, "see_processes")
    versions = list(StrategyVersion.objects.filter(strategy__key=key))
    wanted = next((each for each in versions if str(each.number) == request.GET.get("version", "")), None)
    chosen = wanted or _active(versions) or (versions[0] if versions else None)
    if chosen is None:
        raise Refused("strategy_unknown", strategy=key)
    text = to_yaml(from_yaml(chosen.text)) if request.GET.get("form") == "canonical" else chosen.text
    answer = HttpResponse(text, content_type="text/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{key}-{chosen.number}.yaml"'
    return answer


def read(text: str) -> tuple[Strategy | None, tuple[Problem, ...]]:
    """What the text means, or every mistake in it."""
    try:
        return read_strategy(text), ()
    except TextProblems as found:
        return None, found.problems


def segment_words(segment: Segment, key: str) -> str:
    """Whom it is for, in words."""
    if key == DEFAULT:
        return "everybody no other strategy fits"
    parts = [
        f"{label} {', '.join(values)}"
        for label, values in (
            ("segment", segment.segments), ("country", segment.countries), ("entity", segment.entities),
            ("brand", segment.brands), ("risk", segment.risks), ("an open invoice of class", segment.invoice_classes),
        )
        if values
    ]  # fmt: skip
    if segment.oldest_days_from is not None:
        parts.append(f"oldest item {segment.oldest_days_from} days past due or more")
    for label, amount in (
        ("balance from", segment.balance_from), ("balance up to", segment.balance_to), ("past due from", segment.past_due_from),
    ):  # fmt: skip
        if amount is not None:
            parts.append(f"{label} {amount}")
    return "; ".join(parts) or "everybody"


def _named() -> dict[str, int]:
    """Key → customers that name it. One query."""
    named = Customer.objects.exclude(strategy="").order_by().values("strategy")
    return dict(named.annotate(Count("pk")).values_list("strategy", "pk__count"))


def _active(versions: list[StrategyVersion]) -> StrategyVersion | None:
    in_use = [each for each in versions if each.activated_at]
    return max(in_use, key=lambda each: (each.activated_at, each.number), default=None)  # type: ignore[arg-type,return-value]


def _changes(active: StrategyVersion | None, meant: Strategy | None) -> list[str] | None:
    """What differs from the version in force, a sentence each; None when there is nothing to compare."""
    if active is None or meant is None:
        return None
    try:
        return changes(from_yaml(active.text), meant)
    except TextProblems:
        return None
