"""Write down which contact stages items have gone past, before their due date moves (P4; docs/rules/contact-stages.md).

As long as the date stands, the days past due tell what was passed over; a date moved later would offer it once more.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from dunlin.records import bulk
from dunlin.records.items import STAGES
from dunlin.records.models import Item
from dunlin.rules.policy import Policy
from dunlin.rules.stages import stage_passed


def pass_stages(items: Collection[int], today: date, policy: Policy) -> None:
    """Mark the stages these items have passed under the due dates they have now; stages only rise. A query for ten thousand
    items, and one for each stage."""
    for ids in bulk.chunks(sorted(items)):
        passed: dict[int, list[int]] = {}
        for pk, klass, due_on, there in Item.objects.filter(pk__in=ids).values_list(
            "pk", "invoice_class", "due_on", "stage"
        ):
            stage = stage_passed(
                klass, (today - due_on).days, policy.stage_days, policy.stage_suspension_over
            )
            number = STAGES.index(stage) if stage else 0
            if number > there:
                passed.setdefault(number, []).append(pk)
        for number, those in passed.items():
            Item.objects.filter(pk__in=those).update(stage=number, stage_on=today)
