"""Save a mapping under a name, so that the next file of its kind is read without asking."""

from __future__ import annotations

from dataclasses import replace

from dunlin.actions.doing import Who, doing
from dunlin.formats.mappings import Mapping, MappingProblem, from_yaml, to_yaml
from dunlin.records.models import SavedMapping
from dunlin.rules.codes import Refused


def save_mapping(who: Who, mapping: Mapping | str, name: str | None = None) -> Mapping:
    """Save `mapping`, or the YAML text of one, under its own name or `name`; one of that name is replaced.

    The name of a shipped mapping may be taken: the saved one then goes first. Refused: mapping_not_usable.
    """
    with doing(who, "import_file") as act:
        try:
            read = from_yaml(mapping) if isinstance(mapping, str) else mapping
            read = (replace(read, name=name) if name else read).check()
        except MappingProblem as problem:
            raise Refused(
                "mapping_not_usable", mapping=name or "given", file="any file", why=str(problem)
            ) from None

        text = to_yaml(read)
        before = SavedMapping.objects.filter(name=read.name).values_list("text", flat=True).first()
        SavedMapping.objects.update_or_create(
            name=read.name,
            defaults={"kind": read.kind, "text": text, "saved_at": who.now, "by_id": who.user_id},
        )

        act.tell(about=f"mapping:{read.name}", before=before and {"text": before}, after={"text": text})
    return read
