"""The one door to records in the portal: an account is reached only by its own contact, and all that hangs on one only through here.

What is somebody else's and what does not exist are answered alike (E7, D4). Who is a contact of what is read anew on every request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import HttpRequest

from dunlin.actions.doing import Who
from dunlin.records.models import Contact, Customer, Document, Item, OnlinePayment, PaymentChoice
from dunlin.rules.codes import Refused


@dataclass(frozen=True)
class Account:
    """An account of the one signed in: the customer, the contact they are there, and who acts for it."""

    customer: Customer
    contact: Contact
    who: Who

    @property
    def pk(self) -> int:
        return self.customer.pk


def accounts_of(request: HttpRequest) -> list[Account]:
    """Every account of the one signed in, by name."""
    standing = request.portal  # type: ignore[attr-defined]
    return [
        Account(each.customer, each, replace(standing.who, name=each.name, contact_id=each.pk))
        for each in standing.people
    ]


def account_for(request: HttpRequest, pk: int) -> Account:
    """The account; from here on the page speaks the language of its person. Refused: customer_unknown, also for somebody else's."""
    found = next((each for each in accounts_of(request) if each.pk == pk), None)
    if found is None:
        raise Refused("customer_unknown", customer=pk)
    standing = request.portal  # type: ignore[attr-defined]
    request.portal = replace(standing, words=standing.words_for(found.contact))  # type: ignore[attr-defined]
    return found


def items_for(account: Account, ids: Sequence[int]) -> list[Item]:
    """Open debits of the account, oldest due first. Refused: item_unknown when one of them is not."""
    found = Item.objects.filter(pk__in=list(ids), customer=account.pk, side=1, open__gt=0)
    items = list(found.select_related("entity").order_by("due_on", "pk"))
    if len(items) != len(set(ids)):
        raise Refused("item_unknown", item=min(set(ids) - {item.pk for item in items}))
    return items


def document_for(account: Account, pk: int) -> Document:
    """A document that may be sent to the account. Refused: document_unknown."""
    found = Document.objects.filter(pk=pk, customer=account.pk, withdrawn_at=None).first()
    if found is None or not found.may_be_sent:
        raise Refused("document_unknown", document=pk)
    return found


def choices_for(account: Account, ids: Sequence[int]) -> list[PaymentChoice]:
    """What was chosen to pay, with its items. Refused: payment_choice_unknown when one is not the account's."""
    found = PaymentChoice.objects.filter(pk__in=list(ids), customer=account.pk, reference__isnull=False)
    rows = list(found.select_related("entity").prefetch_related("items__item").order_by("pk"))
    if not rows or len(rows) != len(set(ids)):
        raise Refused("payment_choice_unknown", choice=min(ids, default=0))
    return rows


def online_payment_for(account: Account, pk: int) -> OnlinePayment:
    """A payment by card or bank debit of the account. Refused: online_payment_unknown."""
    found = (
        OnlinePayment.objects.filter(pk=pk, customer=account.pk).select_related("choice", "entity").first()
    )
    if found is None:
        raise Refused("online_payment_unknown", payment=pk)
    return found


def contact_for(account: Account, pk: int) -> Contact:
    """A person of the account who is there. Refused: contact_of_other_customer."""
    found = Contact.objects.filter(pk=pk, customer=account.pk, active=True).first()
    if found is None:
        raise Refused("contact_of_other_customer")
    return found
