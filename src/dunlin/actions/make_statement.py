"""A customer's statement as of today, as PDF, for whom it is of (E7, P1). It is made when asked for and kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from dunlin.actions.doing import Who, doing
from dunlin.actions.process_statements import file_name
from dunlin.connectors import print_shop
from dunlin.records.models import Document
from dunlin.records.policies import current_policy
from dunlin.reports.filters import Filters
from dunlin.reports.recipients import recipients
from dunlin.reports.statements import Account, figures, statements
from dunlin.rules.codes import Refused

ACTIVITY_DAYS = 90


@dataclass(frozen=True)
class MadeStatement:
    """The file to hand out."""

    name: str
    content: bytes


def make_statement(
    who: Who, customer_id: int, entity_id: int, currency: str, language: str = ""
) -> MadeStatement:
    """The statement of one entity and currency: what is open today, and what happened in the last 90 days.

    `language` of the words, that of the customer when empty. Refused: document_unknown when nothing is open there,
    paper_not_printed.
    """
    with doing(who, "download_document", customers=[customer_id]) as act:
        wanted = Account(customer_id, entity_id, currency)
        books = figures(who.today - timedelta(ACTIVITY_DAYS), who.today, Filters(customer=customer_id))
        people = recipients([customer_id])
        found = dict(statements(books, [customer_id], people, current_policy()))
        paper = found.get(wanted)
        if paper is None:
            raise Refused("document_unknown", document="statement")
        if language:
            paper = replace(paper, language=language)
        try:
            made = print_shop.print_one(paper)
        except ValueError as problem:
            raise Refused("paper_not_printed", document=paper.title, why=str(problem)) from None
        act.tell(about="statement", after={"on": who.today, "entity": entity_id, "currency": currency})
    return MadeStatement(file_name(paper), made.pdf)


def hand_out(who: Who, document_id: int, customer_id: int) -> Document:
    """The document, and the line that says who took it. Refused: document_unknown, also for one that must not be sent or is another
    customer's; file_refused."""
    with doing(who, "download_document", customers=[customer_id]) as act:
        row = Document.objects.filter(pk=document_id, customer=customer_id).select_related("file").first()
        if row is None or not row.may_be_sent:
            raise Refused("document_unknown", document=document_id)
        if row.file.refused:
            raise Refused("file_refused", file=row.file_name, why="it may run when it is opened.")
        act.tell(about=f"document:{row.pk}", after={"title": row.title})
    return row
