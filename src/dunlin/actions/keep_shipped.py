"""Keep the strategies and templates that come with Dunlin in their tables, where they are not yet; activated by the clock.

A key that is there stays as people left it, whatever later versions of Dunlin ship. Safe to run again. (C6, C7)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from dunlin.formats.strategies import shipped, shipped_names, shipped_text
from dunlin.formats.template_files import Source, shipped_templates
from dunlin.records.locks import one_at_a_time
from dunlin.records.models import Strategy, StrategyVersion, Template, TemplateVersion


def keep_shipped(now: datetime) -> tuple[int, int]:
    """How many strategies and template versions were added."""
    with transaction.atomic():
        one_at_a_time("keep shipped")
        return _strategies(now), _templates(now)


def keep_shipped_unless_there(now: datetime) -> None:
    """For the night: only when one of the tables is empty."""
    if not (Strategy.objects.exists() and Template.objects.exists()):
        keep_shipped(now)


def _strategies(now: datetime) -> int:
    there = set(Strategy.objects.values_list("key", flat=True))
    added = 0
    for key in shipped_names():
        if key in there:
            continue
        row = Strategy.objects.create(key=key, name=shipped(key).name)
        StrategyVersion.objects.create(
            strategy=row, number=1, text=shipped_text(key), note="shipped", written_at=now, activated_at=now
        )
        added += 1
    return added


def _templates(now: datetime) -> int:
    there = set(TemplateVersion.objects.values_list("template__key", "language"))
    rows: dict[str, Template] = {row.key: row for row in Template.objects.all()}
    shipped_rows: Mapping[tuple[str, str], Source] = shipped_templates()
    added = []
    for (key, language), source in sorted(shipped_rows.items()):
        if (key, language) in there:
            continue
        if key not in rows:
            english = shipped_rows.get((key, "en"), source)
            rows[key] = Template.objects.create(key=key, kind=source.kind, name=english.name)
        added.append(
            TemplateVersion(
                template=rows[key], language=language, number=1, subject=source.subject, body=source.body,
                note="shipped", written_at=now, activated_at=now,
            )
        )  # fmt: skip
    TemplateVersion.objects.bulk_create(added, batch_size=200)
    return len(added)
