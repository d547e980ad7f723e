"""Which legal entity rows belong to that name none: asked when the books have several, remembered where it was settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dunlin.actions.import_known_state import Known, known_by_key
from dunlin.actions.import_work import Work
from dunlin.records.models import Entity, Item


def entity_codes() -> list[str]:
    """The codes of all legal entities, sorted."""
    return list(Entity.objects.order_by("code").values_list("code", flat=True))


def usual_entity(source: str) -> str:
    """The one entity all earlier rows of a mapping went to; "" when there are none or several. Guesses are no mapping."""
    if source == "guessed":
        return ""
    brought = Item.objects.filter(source=source[:40], source_key__isnull=False).order_by()
    codes = list(brought.values_list("entity__code", flat=True).distinct()[:2])
    return codes[0] if len(codes) == 1 else ""


def known_without_entity(
    work: Work, keys: Sequence[str], known: Mapping[str, Known], entities: Mapping[str, int]
) -> dict[str, Known]:
    """Rows that are now said to be of an entity and came without one when the books had no other: key → item."""
    column = work.mapping.columns.get("entity")
    if column is None or column.names or not column.default or work.mapping.identity_fields[0] != "entity":
        return {}
    start = f"{column.default}|"
    bare = {
        key[len(start) - 1 :]: key for key in keys if key not in known and key.startswith(start)
    }  # "US|C1|A1|" was "|C1|A1|"
    found = known_by_key([work.source], list(bare)) if bare else {}
    mine = entities.get(column.default)
    return {bare[key]: held for key, held in found.items() if held.entity_id == mine}
