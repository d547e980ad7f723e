"""What a file of open items does not bring any more: documents of earlier files that are still open here.

Nothing is closed by that: a file may be one entity's, or a part of the book. It is told, with the list.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable

import numpy as np

from dunlin.actions.import_known_state import Known
from dunlin.actions.import_work import Work
from dunlin.formats.values import clean_name
from dunlin.records import bulk
from dunlin.records.models import Item
from dunlin.reports.imports import NOT_IN_FILE
from dunlin.rules.codes import sentence
from dunlin.rules.money import Money


class Brought:
    """The known documents a file brought, by id: eight bytes each."""

    def __init__(self, work: Work) -> None:
        self.work = work
        column = work.mapping.columns.get("open")
        names = column.names if column else ()
        self.open_items = any(clean_name(name) in work.header for name in names)
        self.ids = array("q")
        self.entities: set[int] = set()

    def add(self, documents: Iterable[Known]) -> None:
        """Count a document and its instalments as brought."""
        if self.open_items:
            for held in documents:
                self.ids.append(held.id)
                self.entities.add(held.entity_id)

    def tell_missing(self, write: bool) -> None:
        """Tell what earlier files of the mapping brought, is open here and is not in this file, of the entities it is about.
        A file that brings nothing again is an addition to the book and misses nothing. Two statements, and one per ten
        thousand documents missing."""
        if not self.ids:
            return
        work = self.work
        here = Item.objects.filter(
            source=work.source, source_key__isnull=False, open__gt=0, recorded_at__lt=work.who.now,
            corrects__isnull=True, entity_id__in=self.entities,
        )  # fmt: skip
        still_open = np.fromiter(here.order_by().values_list("id", flat=True).iterator(), np.int64)
        missing = np.setdiff1d(still_open, np.frombuffer(self.ids, np.int64)).tolist()
        if not missing:
            return
        one = len(missing) == 1
        told = (
            f"{len(missing):,} {'document' if one else 'documents'} of earlier files of this mapping "
            f"{'is' if one else 'are'} not in this one and still open here."
        )
        if work.tally.refused:
            told += " Rows that were refused count as not in it."
        work.tally.notices[told] = None
        work.tally.missing = len(missing)
        if write:
            self._list(missing)

    def _list(self, missing: list[int]) -> None:
        fields = (
            "customer__number", "entity__code", "kind", "number", "instalment", "currency", "open", "document_on", "due_on",
        )  # fmt: skip
        for chunk in bulk.chunks(missing):
            for row in (
                Item.objects.filter(pk__in=chunk)
                .order_by("customer__number", "due_on", "id")
                .values_list(*fields)
            ):
                customer, entity, kind, number, instalment, currency, minor, document_on, due_on = row
                still = Money(minor, currency)
                facts = {
                    "document": f"{kind.replace('_', ' ')} {number}".strip(),
                    "customer": customer,
                    "open": still,
                    "due_on": due_on,
                }
                cells = [
                    entity, customer, kind, number, str(instalment or ""), currency, still.plain, str(document_on), str(due_on),
                ]  # fmt: skip
                self.work.problems.append((
                    self.work.run_id, 0, "number", number, NOT_IN_FILE, sentence(NOT_IN_FILE, facts)[:500], False,
                    json.dumps(cells, ensure_ascii=False),
                ))  # fmt: skip
