"""Whose may it be? The accounts a conversation in triage points to, each with what points to it (B5, trap 58)."""

from __future__ import annotations

from dataclasses import dataclass

from dunlin.records import mail_evidence
from dunlin.records.models import Conversation, Customer, Mail
from dunlin.rules.mail_numbers import references_in

MOST = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account, and why it is offered."""

    customer_id: int
    number: str
    name: str
    why: str


def candidates_of(row: Conversation) -> tuple[Candidate, ...]:
    """Accounts by the address, by numbers named, by the domain, by the telephone number; the strongest first. At most eight queries."""
    whys: dict[int, str] = {}
    mail = Mail.objects.filter(conversation=row).order_by("-received_at", "-pk").first()
    if mail is not None:
        for pk in mail_evidence.customers_with_address(mail.from_address):
            whys.setdefault(pk, f"has the address {mail.from_address}")
        for number, owners in mail_evidence.owners_of_numbers(
            references_in(f"{mail.subject}\n{mail.text[:20_000]}")
        ).items():
            for pk in sorted(owners):
                whys.setdefault(pk, f"has the document or order {number}")
        for pk in mail_evidence.neighbours(mail.from_address):
            whys.setdefault(pk, f"has an address at {mail.from_address.rpartition('@')[2]}")
    if row.phone:
        for pk in mail_evidence.customers_with_phone("".join(filter(str.isdigit, row.phone))):
            whys.setdefault(pk, f"has the number {row.phone}")
    known = Customer.objects.in_bulk(list(whys)[: MOST * 4])
    return tuple(
        Candidate(pk, known[pk].number, known[pk].name, why)
        for pk, why in list(whys.items())[: MOST * 4]
        if pk in known
    )
