"""Contacts from a file: people at customers, known by customer and name; numbers and addresses are added, never taken away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dunlin.actions.import_customers import split_points
from dunlin.actions.import_parties import Parties
from dunlin.actions.import_work import Work
from dunlin.formats.rows import ContactRow
from dunlin.records import bulk
from dunlin.records.locks import lock_customers
from dunlin.records.models import Contact, ContactPoint, Note


class ContactImport:
    """Takes in the contacts of one file, chunk by chunk."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.parties = Parties(work)

    def take(self, rows: Sequence[ContactRow], write: bool) -> None:
        """Take one chunk: inside the caller's transaction when `write`, else only counted and compared."""
        work, customers = self.work, self.parties.customers
        self.parties.look_up(row.customer for row in rows)
        ids = {customers[row.customer] for row in rows if row.customer in customers}
        if write:
            lock_customers(ids)
        people, points = _people(sorted(ids))
        positions: dict[int, int] = defaultdict(int)
        for customer_id, _ in people:
            positions[customer_id] += 1
        for row in rows:
            pk = customers.get(row.customer)
            if pk is None:
                work.refuse(row, "customer", row.customer, "customer_not_known", value=row.customer)
                continue
            held = people.get((pk, row.name.casefold()))
            if held is None:
                work.tally.new += 1
                made = self._new(row, pk, positions[pk])
                positions[pk] += 1
                people[(pk, row.name.casefold())] = made
                if write:
                    made.save(force_insert=True)
                    self._add_points(row, made, points)
                    self._note(row, pk)
                    work.tell(f"contact:{made.pk}", pk, {}, {"name": made.name, "roles": made.roles})
            else:
                self._compare(row, pk, held, points, write)
            if row.warnings:
                work.warn_read(row)

    def finish(self, write: bool) -> None:
        """Nothing is left to do after the last chunk."""

    def _new(self, row: ContactRow, customer_id: int, position: int) -> Contact:
        return Contact(
            customer_id=customer_id, name=row.name[:200], title=row.title[:100], roles=[row.role],
            time_zone=row.time_zone[:64], language=row.language[:8], do_not_call=row.do_not_call, position=position,
        )  # fmt: skip

    def _compare(
        self, row: ContactRow, customer_id: int, held: Contact, points: dict[int, set[str]], write: bool
    ) -> None:
        """Change what the file says differently. `do not call` is only ever set: lifting it takes a person."""
        said: dict[str, Any] = {
            "title": row.title[:100], "language": row.language[:8], "time_zone": row.time_zone[:64],
            "do_not_call": row.do_not_call or None,
        }  # fmt: skip
        if row.role not in held.roles:
            said["roles"] = [*held.roles, row.role]
        differs = {name: value for name, value in said.items() if value and value != getattr(held, name)}
        before = {name: getattr(held, name) for name in differs}
        for name, value in differs.items():
            self.work.change(row, f"contact {held.name}", name, before[name], value, "Changed")
            setattr(held, name, value)
        fresh = [value for _, value in _points_of(row) if value not in points[held.pk]]
        for value in fresh:
            self.work.change(row, f"contact {held.name}", "points", "", value, "Added")
        if not differs and not fresh:
            self.work.tally.same += 1
            return
        self.work.tally.changed += 1
        if write:
            if differs:
                held.save(update_fields=list(differs))
            self._add_points(row, held, points)
            after = {**differs, "points": fresh} if fresh else differs
            self.work.tell(f"contact:{held.pk}", customer_id, before, after)

    def _add_points(self, row: ContactRow, contact: Contact, points: dict[int, set[str]]) -> None:
        known = points[contact.pk]
        fresh = [(kind, value) for kind, value in _points_of(row) if value not in known]
        ContactPoint.objects.bulk_create(
            [
                ContactPoint(contact=contact, kind=kind, value=value, position=len(known) + place)
                for place, (kind, value) in enumerate(fresh)
            ]
        )
        known.update(value for _, value in fresh)

    def _note(self, row: ContactRow, customer_id: int) -> None:
        if row.note:
            text = f"{row.name}: {row.note}"
            Note.objects.create(
                customer_id=customer_id, text=text, at=self.work.who.now, by_id=self.work.who.user_id
            )


def _points_of(row: ContactRow) -> list[tuple[str, str]]:
    return [("email", value) for value in split_points(row.email)] + [
        ("phone", value) for cell in (row.phone, row.mobile) for value in split_points(cell)
    ]


def _people(customer_ids: list[int]) -> tuple[dict[tuple[int, str], Contact], dict[int, set[str]]]:
    """Contacts of these customers by (customer, name), and the values of their points by contact."""
    people: dict[tuple[int, str], Contact] = {}
    points: dict[int, set[str]] = defaultdict(set)
    for chunk in bulk.chunks(customer_ids):
        for contact in Contact.objects.filter(customer_id__in=chunk).order_by("-position", "-id"):
            people[(contact.customer_id, contact.name.casefold())] = contact
        found = ContactPoint.objects.filter(contact__customer_id__in=chunk).values_list("contact_id", "value")
        for contact_id, value in found:
            points[contact_id].add(value)
    return people, points
