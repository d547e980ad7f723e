"""Rows that are in the books already: what differs is handled by new entries, and nothing posted is edited.

A due date gets a logged change, more paid gets a further settlement, another amount gets a debit or credit memo that
names what it corrects; references are amended with a diary line. What the file said last time is read back from those
entries, so that what people did since stands and the same file twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dunlin.actions.import_known_posting import Posting, Suspect, write_due_dates
from dunlin.actions.import_known_state import Known, Ledger, due_dates_said
from dunlin.actions.import_parties import Parties
from dunlin.actions.import_work import Work, kind_of
from dunlin.formats.rows import ItemRow
from dunlin.records import bulk
from dunlin.records.models import Item
from dunlin.rules.money import Money

# Fields that say something about a document without being its posting: target → longest.
_DETAILS = {"po_number": 64, "order_number": 64, "reference": 140, "description": 200}
_AMENDED = ("invoice_class", "service_month", "terms_id", *_DETAILS)


class KnownItems:
    """The known rows of one chunk."""

    def __init__(self, work: Work, parties: Parties, corrected: set[int]) -> None:
        self.work = work
        self.parties = parties
        self.corrected = corrected
        columns = work.mapping.columns
        # A field without a column says nothing about an item that is there; nor does a blank cell.
        self.details = [name for name in _DETAILS if name in columns]
        self.classes = "invoice_class" in columns and bool(columns["invoice_class"].names)
        self.open_only = "amount" not in columns
        self.suspects: list[Suspect] = []

    def compare(self, row: ItemRow, key: str, held: Known, siblings: Sequence[Known] = ()) -> None:
        """Count the row as the same, refuse it, or keep it for a closer look (`settle`).

        `siblings`: the further instalments, when the terms put the document into several; the row is about all of them,
        and each is due when the terms say.
        """
        if self._contradicts(row, held):
            return
        suspect = Suspect(row, key, held, siblings)
        suspect.due = held.side == 1 and not siblings and row.due_on is not None and row.due_on != held.due_on
        amount, still_open = held.amount, held.open
        if siblings:
            amount, still_open = (
                amount + sum(s.amount for s in siblings),
                still_open + sum(s.open for s in siblings),
            )
        if self.open_only:
            suspect.money = row.open is not None and row.open.minor != still_open
        else:
            suspect.money = row.amount.minor != amount or (
                row.paid is not None and row.paid.minor != amount - still_open
            )
            # A document that was corrected says its amount together with its corrections.
            suspect.money = suspect.money or held.id in self.corrected
        self._compare_details(suspect)
        if suspect.due or suspect.money or suspect.details:
            self.suspects.append(suspect)
        else:
            self.work.tally.same += 1
            self.work.count_in(row)

    def _contradicts(self, row: ItemRow, held: Known) -> bool:
        """Refuse a row that says another customer, entity, kind, currency or day of what is posted."""
        parties = self.parties
        facts: list[tuple[str, Any, Any]] = []
        if parties.customers.get(row.customer) != held.customer_id:
            facts.append(("customer", "another customer", row.customer))
        if row.entity and parties.entities.get(row.entity) != held.entity_id:
            facts.append(("entity", "another entity", row.entity))
        if kind_of(row) != held.kind:
            facts.append(("kind", held.kind, row.kind))
        if row.amount.currency != held.currency:
            facts.append(("currency", held.currency, row.amount.currency))
        if row.document_on != held.document_on:
            facts.append(("document_on", held.document_on, row.document_on))
        elif row.posted_on != held.posted_on:
            facts.append(("posted_on", held.posted_on, row.posted_on))
        for target, before, after in facts:
            told = {
                "document": held.named,
                "target": target.replace("_on", " date"),
                "before": before,
                "after": after,
            }
            self.work.refuse(row, target, after, "fact_changed", **told)
            return True
        return False

    def _compare_details(self, suspect: Suspect) -> None:
        row, held, details = suspect.row, suspect.held, suspect.details
        for name in self.details:
            after = getattr(row, name)[: _DETAILS[name]]
            if after and after != getattr(held, name):
                details[name] = (getattr(held, name), after)
        if self.classes and held.kind == "invoice" and row.invoice_class != held.invoice_class:
            details["invoice_class"] = (held.invoice_class, row.invoice_class)
        if row.service_month is not None and row.service_month != held.service_month:
            details["service_month"] = (held.service_month, row.service_month)
        if row.terms and self.parties.terms.get(row.terms) != held.terms_id:
            before = next((code for code, pk in self.parties.terms.items() if pk == held.terms_id), "")
            details["terms"] = (before, row.terms)

    # --- the closer look ----------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Ask the books about the suspects, a few statements for all, and decide what each comes to."""
        suspects, self.suspects = self.suspects, []
        said = due_dates_said(s.held.id for s in suspects if s.due)
        ledger = Ledger([each.id for s in suspects if s.money for each in (s.held, *s.siblings)])
        for suspect in suspects:
            row, held = suspect.row, suspect.held
            # What a person changed since stands until the file itself says something else than last time.
            suspect.due = suspect.due and row.due_on != said.get(held.id)
            if suspect.money and not self._settle_money(suspect, ledger):
                continue
            if not (suspect.due or suspect.details or suspect.corrected or suspect.paid_more):
                self.work.tally.same += 1
            elif self._posting_today_refused(suspect):
                continue
            else:
                self.suspects.append(suspect)
                self.work.tally.changed += 1
                self._report(suspect)
            self.work.count_in(row)

    def _settle_money(self, suspect: Suspect, ledger: Ledger) -> bool:
        """What is to be corrected and paid for the books to say what the row says; False when that is refused."""
        row, held = suspect.row, suspect.held
        state = ledger.of(held, suspect.siblings)
        amount = row.amount.minor
        paid = None if row.paid is None else row.paid.minor
        if self.open_only and row.open is not None:
            amount = max(state.amount, row.open.minor)
            paid = amount - row.open.minor
        suspect.corrected = amount - state.amount
        suspect.parts = state.parts
        if paid is None:
            return True
        if paid < state.paid_by_import:
            facts = {
                "document": held.named,
                "before": Money(state.paid_by_import, held.currency),
                "after": Money(paid, held.currency),
            }
            self.work.refuse(row, "paid", paid, "paid_fell", **facts)
            return False
        # A settlement people took back stays taken back until the file says more than it did.
        suspect.paid_more = max(0, paid - max(state.paid, state.paid_by_import))
        return True

    def _posting_today_refused(self, suspect: Suspect) -> bool:
        if not (suspect.due or suspect.corrected or suspect.paid_more):
            return False
        today, entity_id = self.work.who.today, suspect.held.entity_id
        entity = next(code for code, pk in self.parties.entities.items() if pk == entity_id)
        return not self.work.may_post(suspect.row, entity_id, entity, today)

    def _report(self, suspect: Suspect) -> None:
        row, held, work = suspect.row, suspect.held, self.work
        today = work.who.today

        def money(minor: int) -> str:
            return str(Money(minor, held.currency))

        if suspect.due:
            work.change(row, held.named, "due_on", held.due_on, row.due_on, f"Due date changed as of {today}")
        for name, (before, after) in suspect.details.items():
            work.change(row, held.named, name, before, after, "Amended")
        if suspect.corrected:
            memo = "debit memo" if held.side * suspect.corrected > 0 else "credit memo"
            before = row.amount.minor - suspect.corrected
            if self.open_only:
                before = sum(each.amount for each in (held, *suspect.siblings))
            told = f"Corrected by a {memo} of {money(abs(suspect.corrected))}, posted {today}"
            work.change(row, held.named, "amount", money(before), money(before + suspect.corrected), told)
        if suspect.paid_more:
            left = sum(part.open for part in suspect.parts) + suspect.corrected
            told = f"Further settlement of {money(suspect.paid_more)}, posted {today}"
            work.change(row, held.named, "open", money(left), money(max(0, left - suspect.paid_more)), told)

    # --- writing it ---------------------------------------------------------------------------------------------------

    def write(self) -> set[int]:
        """Write what `settle` decided; the customers whose balances changed."""
        suspects, work = self.suspects, self.work
        posting = Posting(work)
        for suspect in suspects:
            posting.post(suspect)
            if suspect.corrected:
                self.corrected.add(suspect.held.id)
            self._tell(suspect)
        posting.write()
        write_due_dates(work, [s for s in suspects if s.due])
        self._write_details([s for s in suspects if s.details])
        return {s.held.customer_id for s in suspects if s.due or s.corrected or s.paid_more}

    def _write_details(self, suspects: list[Suspect]) -> None:
        rows = []
        for suspect in suspects:
            if "terms" in suspect.details:
                suspect.details["terms_id"] = (
                    suspect.held.terms_id,
                    self.parties.terms_id(suspect.row.terms),
                )
            for held in (suspect.held, *suspect.siblings):
                values = [suspect.details.get(name, (None, getattr(held, name)))[1] for name in _AMENDED]
                rows.append((held.id, *values))
        bulk.update(Item, _AMENDED, rows)

    def _tell(self, suspect: Suspect) -> None:
        held, row = suspect.held, suspect.row
        before: dict[str, Any] = {name: value for name, (value, _) in suspect.details.items()}
        after: dict[str, Any] = {name: value for name, (_, value) in suspect.details.items()}
        if suspect.due:
            before["due_on"], after["due_on"] = held.due_on, row.due_on
        if suspect.corrected:
            after["corrected_by"] = suspect.corrected
        if suspect.paid_more:
            before["open"], after["settled_further"] = held.open, suspect.paid_more
        self.work.tell(f"item:{held.id}", held.customer_id, before, after)
