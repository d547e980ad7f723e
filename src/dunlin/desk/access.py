"""The one door to records: a view reaches a customer, and whatever hangs on one, only through here.

Who may see all customers may see each; everybody else their own: assigned to them, on their list of today, covered by them
while the collector is away, or sold and managed by them. What is out of sight and what does not exist are answered alike, so an address tells
nothing (B1, D4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from dunlin.desk.doors import Standing
from dunlin.records.models import (
    Absence,
    Application,
    Approval,
    Block,
    CleanUpProject,
    Contact,
    ContactPoint,
    Conversation,
    Customer,
    Decision,
    Dispute,
    Document,
    FixRun,
    FollowUp,
    Item,
    Mail,
    MailFile,
    MailProposal,
    Message,
    Overpayment,
    PayeeAccount,
    Promise,
    Refund,
    Request,
    Snooze,
    User,
)
from dunlin.rules.codes import Refused
from dunlin.rules.roles import may

Hanging = TypeVar("Hanging", bound=Model)


def in_sight(door: Standing, path: str = "") -> Q:
    """The customers this person may see, as a condition; `path` leads from the rows asked for to their customer.

    Cover counts on the real day, also while a past day is looked at: who covers today may read what happened before.
    """
    who = door.who
    if may(who.role, "see_all_customers"):
        return Q()
    if who.user_id is None or not may(who.role, "see_own_customers"):
        return Q(pk__in=[])
    to = f"{path}__" if path else ""
    away = Absence.objects.filter(backup=who.user_id, from_on__lte=door.today, through_on__gte=door.today)
    # Whoever was given a customer's call this morning keeps it in sight today, also when the account moves on meanwhile.
    listed = Decision.objects.filter(day=door.today, collector=who.user_id, rank__isnull=False)
    return (
        Q(**{f"{to}collector": who.user_id})
        | Q(**{f"{to}pk__in" if to else "pk__in": listed.values("customer")})
        | Q(**{f"{to}collector__in": away.values("user")})
        | Q(**{f"{to}sales_rep": who.user_id})
        | Q(**{f"{to}business_manager": who.user_id})
    )


def customers_of(request: HttpRequest) -> QuerySet[Customer]:
    """Every customer in sight."""
    return Customer.objects.filter(in_sight(_door(request)))


def customer_for(request: HttpRequest, pk: int) -> Customer:
    """The customer, with terms, parent and people. Refused: customer_unknown, also for one out of sight."""
    related = ("terms", "parent", "collector", "sales_rep", "business_manager")
    found = customers_of(request).filter(pk=pk).select_related(*related).first()
    if found is None:
        raise Refused("customer_unknown", customer=pk)
    return found


def item_for(request: HttpRequest, pk: int) -> Item:
    """A document of a customer in sight, with its customer. Refused: item_unknown."""
    return _hanging(request, Item, pk, "customer", "item_unknown", item=pk)


def application_for(request: HttpRequest, pk: int) -> Application:
    """An application to a document of a customer in sight, with both sides. Refused: application_unknown."""
    return _hanging(request, Application, pk, "debit__customer", "application_unknown", application=pk)


def contact_for(request: HttpRequest, pk: int) -> Contact:
    """A contact of a customer in sight. Refused: contact_point_unknown."""
    return _hanging(request, Contact, pk, "customer", "contact_point_unknown")


def contact_point_for(request: HttpRequest, pk: int) -> ContactPoint:
    """An e-mail address or number at a customer in sight, with its contact. Refused: contact_point_unknown."""
    return _hanging(request, ContactPoint, pk, "contact__customer", "contact_point_unknown")


def promise_for(request: HttpRequest, pk: int) -> Promise:
    """A promise of a customer in sight. Refused: promise_unknown."""
    return _hanging(request, Promise, pk, "customer", "promise_unknown", promise=pk)


def fix_run_for(request: HttpRequest, pk: int) -> FixRun:
    """Corrections of a customer in sight. Refused: fix_run_unknown."""
    return _hanging(request, FixRun, pk, "customer", "fix_run_unknown", run=pk)


def clean_up_for(request: HttpRequest, pk: int) -> CleanUpProject:
    """A clean-up project; who sees them sees all customers. Refused: clean_up_unknown."""
    found = CleanUpProject.objects.filter(pk=pk).select_related("owner", "approval", "run_by").first()
    if found is None or not may(_door(request).who.role, "see_all_customers"):
        raise Refused("clean_up_unknown", project=pk)
    return found


def follow_up_for(request: HttpRequest, pk: int) -> FollowUp:
    """A follow-up about a customer in sight. Refused: follow_up_unknown."""
    return _hanging(request, FollowUp, pk, "customer", "follow_up_unknown", follow_up=pk)


def dispute_for(request: HttpRequest, pk: int) -> Dispute:
    """A dispute of a customer in sight. Refused: dispute_unknown."""
    return _hanging(request, Dispute, pk, "customer", "dispute_unknown", dispute=pk)


def overpayment_for(request: HttpRequest, pk: int) -> Overpayment:
    """Money over of a customer in sight. Refused: overpayment_unknown."""
    return _hanging(request, Overpayment, pk, "customer", "overpayment_unknown", overpayment=pk)


def block_for(request: HttpRequest, pk: int) -> Block:
    """A block on a customer in sight. Refused: block_unknown."""
    return _hanging(request, Block, pk, "customer", "block_unknown", block=pk)


def refund_for(request: HttpRequest, pk: int) -> Refund:
    """A refund of a customer in sight, with its credit, bank details, file and approval. Refused: refund_unknown."""
    related = ("customer", "credit", "payee", "file", "asked_by", "approval__decided_by")
    found = (
        Refund.objects.filter(in_sight(_door(request), "customer"), pk=pk).select_related(*related).first()
    )
    if found is None:
        raise Refused("refund_unknown", refund=pk)
    return found


def payee_for(request: HttpRequest, pk: int) -> PayeeAccount:
    """Bank details of a customer in sight. Refused: payee_account_unknown."""
    return _hanging(request, PayeeAccount, pk, "customer", "payee_account_unknown", payee=pk)


def document_for(request: HttpRequest, pk: int) -> Document:
    """A file of a customer in sight. Refused: document_unknown."""
    return _hanging(request, Document, pk, "customer", "document_unknown", document=pk)


def message_for(request: HttpRequest, pk: int) -> Message:
    """A message to a customer in sight, or one among colleagues for who sees all customers. Refused: message_unknown."""
    door = _door(request)
    found = Message.objects.filter(pk=pk).select_related("customer").first()
    if found is not None and found.customer_id is None and may(door.who.role, "see_all_customers"):
        return found
    return _hanging(request, Message, pk, "customer", "message_unknown", message=pk)


def conversations_in_sight(door: Standing, path: str = "") -> Q:
    """The conversations this person may read, as a condition: those of customers in sight, and what is in triage, which is nobody's
    yet. Nothing at all for a role that does not see the inbox."""
    if not may(door.who.role, "see_inbox"):
        return Q(pk__in=[])
    to = f"{path}__" if path else ""
    if may(door.who.role, "see_all_customers"):
        return Q()  # an empty condition joined by "or" would be swallowed by the other one
    return in_sight(door, f"{to}customer") | Q(**{f"{to}customer": None})


def conversation_for(request: HttpRequest, pk: int) -> Conversation:
    """A conversation in sight, with its customer, owner and mailbox. Refused: conversation_unknown."""
    seen = Conversation.objects.filter(conversations_in_sight(_door(request)), pk=pk)
    found = seen.select_related("customer__collector", "owner", "mailbox", "merged_into").first()
    if found is None:
        raise Refused("conversation_unknown", conversation=pk)
    return found


def mail_for(request: HttpRequest, pk: int) -> Mail:
    """A mail of a conversation in sight; one without a conversation goes by its own customer. Refused: conversation_unknown."""
    door = _door(request)
    found = Mail.objects.filter(pk=pk).select_related("conversation", "raw").first()
    if found is None or not may(door.who.role, "see_inbox"):
        raise Refused("conversation_unknown", conversation=pk)
    if found.conversation_id is not None:
        conversation_for(request, found.conversation_id)
    elif found.customer_id is not None:
        customer_for(request, found.customer_id)
    elif not may(door.who.role, "see_all_customers"):
        raise Refused("conversation_unknown", conversation=pk)
    return found


def mail_file_for(request: HttpRequest, pk: int) -> MailFile:
    """A file of a mail in sight. Refused: file_unknown, conversation_unknown."""
    found = MailFile.objects.filter(pk=pk).select_related("file").first()
    if found is None:
        raise Refused("file_unknown", file=pk)
    mail_for(request, found.mail_id)
    return found


def proposal_for(request: HttpRequest, pk: int) -> MailProposal:
    """A proposal of a mail in sight, with mail and conversation. Refused: proposal_unknown, conversation_unknown."""
    related = ("mail__conversation__customer", "mail__customer")
    found = MailProposal.objects.filter(pk=pk).select_related(*related).first()
    if found is None:
        raise Refused("proposal_unknown", proposal=pk)
    mail_for(request, found.mail_id)
    return found


def request_for(request: HttpRequest, pk: int) -> Request:
    """A question to a department about a customer in sight. Refused: request_unknown."""
    found = (
        Request.objects.filter(in_sight(_door(request), "customer"), pk=pk).select_related("customer").first()
    )
    if found is None:
        raise Refused("request_unknown", request=pk)
    return found


def approvals_in_sight(door: Standing) -> Q:
    """The requests this person may read: about customers in sight, their own, and for who sees all customers those about many."""
    if may(door.who.role, "see_all_customers"):
        return Q()
    return in_sight(door, "customer") | Q(asked_by=door.who.user_id)


def approval_for(request: HttpRequest, pk: int) -> Approval:
    """A request for approval in sight, with its people. Refused: approval_unknown."""
    related = ("customer", "entity", "asked_by", "decided_by")
    found = (
        Approval.objects.filter(approvals_in_sight(_door(request)), pk=pk).select_related(*related).first()
    )
    if found is None:
        raise Refused("approval_unknown", approval=pk)
    return found


def snooze_for(request: HttpRequest, pk: int) -> Snooze:
    """A snooze of a customer in sight. Refused: customer_unknown."""
    return _hanging(request, Snooze, pk, "customer", "customer_unknown", customer=pk)


def list_for(request: HttpRequest, collector_id: int | None) -> int | None:
    """Whose day's list may be read: one's own always, another's (or nobody's: None) by who sees all customers.

    Refused: user_unknown, also for a list that may not be seen.
    """
    door = _door(request)
    if collector_id is not None and collector_id == door.who.user_id:
        return collector_id
    if not may(door.who.role, "see_all_customers"):
        raise Refused("user_unknown", user=collector_id)
    if collector_id is not None and not User.objects.filter(pk=collector_id).exists():
        raise Refused("user_unknown", user=collector_id)
    return collector_id


def lists_of(request: HttpRequest, worked: Sequence[int | None]) -> list[tuple[int | None, str]]:
    """The lists this person may choose among, as (person, name): their own first, then by name; `worked` have one that day."""
    door = _door(request)
    mine = (door.who.user_id, "My list")
    if not may(door.who.role, "see_all_customers"):
        return [mine]
    others = User.objects.filter(pk__in=[pk for pk in worked if pk != door.who.user_id])
    named = sorted(((person.pk, person.name) for person in others), key=lambda pair: pair[1].casefold())
    return [mine, *named, *([(None, "Nobody’s")] if None in worked else [])]


def _hanging(
    request: HttpRequest, table: type[Hanging], pk: int, path: str, code: str, **facts: int
) -> Hanging:
    found = table._default_manager.filter(in_sight(_door(request), path), pk=pk).select_related(path).first()
    if found is None:
        raise Refused(code, **facts)
    return found


def _door(request: HttpRequest) -> Standing:
    return request.door  # type: ignore[attr-defined,no-any-return]
