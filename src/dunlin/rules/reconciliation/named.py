"""Which documents of an account a text names: by their whole number, or by the order or purchase order they belong to."""

from __future__ import annotations

from collections.abc import Iterable

from dunlin.rules.cash.references import form_of, forms_of, mentions_in
from dunlin.rules.reconciliation.facts import Entry


class Names:
    """The documents of an account by what their numbers look like. A form that two numbers share says nothing."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.by_number: dict[str, list[Entry]] = {}
        self.by_order: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.side != 1:
                continue
            if len(entry.number) > 2:
                for form in forms_of(entry.number):
                    self.by_number.setdefault(form, []).append(entry)
            for order in {entry.po_number, entry.order_number} - {""}:
                self.by_order.setdefault(form_of(order), []).append(entry)

    def documents(self, text: str) -> list[Entry]:
        """The debits whose number stands in the text, each once, in the order of the text."""
        found: dict[int, Entry] = {}
        for form in forms_in(text):
            fits = self.by_number.get(form, [])
            if len({each.number for each in fits}) == 1:
                found.update((each.id, each) for each in fits)
        return list(found.values())

    def of_order(self, text: str) -> set[int]:
        """The debits whose order stands in the text."""
        forms = {form_of(mention.text) for mention in mentions_in(text)}
        return {each.id for form in forms for each in self.by_order.get(form, ())}


def forms_in(text: str) -> list[str]:
    """The numbers of documents a text names, as forms; an order's or an account's number is none."""
    if not any(sign.isdigit() for sign in text):
        return []
    found = [form_of(each.text) for each in mentions_in(text) if each.label in ("", "document")]
    return [form for form in dict.fromkeys(found) if len(form) > 2]
