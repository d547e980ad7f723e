"""Statements: one for each customer, entity and currency on the statement day, as of its end, by e-mail with the PDF or by letter (P1; C1).

A month once. Printed many at a time in processes of their own; what cannot be printed is a line with its reason, and stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from dunlin.actions.doing import Who, doing
from dunlin.actions.message_content import AGAIN, Content, Stop
from dunlin.actions.messages import Draft, make_message
from dunlin.actions.process_rows import Chunk, NewLine, NewMessage, Senders, Told, unreachable
from dunlin.actions.store_file import store_bytes
from dunlin.actions.writing_gate import gate
from dunlin.connectors import print_shop
from dunlin.formats.statement_paper import Statement
from dunlin.records import bulk
from dunlin.records.clock import day_of
from dunlin.records.models import Block, Customer, Entity, Message, StoredFile
from dunlin.records.policies import current_policy
from dunlin.reports.filters import Filters
from dunlin.reports.process_days import Turns
from dunlin.reports.recipients import Recipient, recipients
from dunlin.reports.senders import Sender
from dunlin.reports.statements import Account, Figures, figures, statements
from dunlin.reports.wording import Wordings, values_for
from dunlin.rules.calendars import month_after
from dunlin.rules.codes import Refused, sentence
from dunlin.rules.conduct import FORBIDDING
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.reasons import reason

TEMPLATE = "statement_cover"
_AT_A_TIME = 500


def process_statements(told: Told) -> Iterator[Chunk]:
    """The statements of a month, as of its statement day. Whoever has nothing open that day gets none."""
    since, on = span_of(told.period, told.turns)
    if on > told.day:
        raise Refused("period_in_future", period=told.period, process="statements", due_on=on.isoformat())
    books = figures(since, on)
    senders, wordings = Senders("statement"), Wordings.read([TEMPLATE])
    customers, done = books.customers, 0
    for ids in bulk.chunks(customers, _AT_A_TIME):
        people = recipients(ids)
        why_none = _forbidden(ids, told.day)
        papers = [
            (account, paper)
            for account, paper in statements(books, ids, people, told.policy)
            if account.customer_id not in why_none and people[account.customer_id].channel
        ]
        there = set(Message.objects.filter(once__in=[once_of(told.period, each) for each, _ in papers]).values_list("once", flat=True))  # fmt: skip
        papers = [each for each in papers if once_of(told.period, each[0]) not in there]
        files = {} if told.dry else _printed(told.who, papers)
        chunk: list[NewLine] = []
        for customer in ids:
            recipient = people[customer]
            if customer in why_none:
                chunk.append(NewLine(customer, *why_none[customer]))
            elif not recipient.channel:
                chunk.append(unreachable(recipient, {"on": on.isoformat()}))
        for account, paper in papers:
            made = files.get(account)
            if isinstance(made, print_shop.Refused):
                told_why = {"document": made.document, "why": made.why, "seconds": made.seconds}
                chunk.append(NewLine(account.customer_id, made.code, told_why))
                continue
            chunk.append(
                _line(told, account, paper, books, people[account.customer_id], made, senders, wordings)
            )
        done += len(ids)
        told.tell("statements", done, len(customers))
        yield chunk


def span_of(period: str, turns: Turns) -> tuple[date, date]:
    """The statement day of the month before, and that of the month: what lies between is the activity."""
    month = date.fromisoformat(f"{period}-01")
    year, before = month_after(month.year, month.month, -1)
    return turns.day_of("statements", f"{year}-{before:02d}"), turns.day_of("statements", period)


def once_of(period: str, account: Account) -> str:
    """What makes it the same statement."""
    return f"statement:{period}:{account.entity_id}:{account.customer_id}:{account.currency}"


def _forbidden(ids: Sequence[int], day: date) -> dict[int, tuple[str, dict[str, Any]]]:
    """Customers that nothing goes to, with code and facts. What the gate asks for one at sending, for many."""
    rows = Block.objects.filter(
        customer__in=bulk.one_of(ids), item=None, lifted_at=None, from_on__lte=day, kind__in=(*FORBIDDING, "cease_contact")
    ).exclude(until_on__lt=day)  # fmt: skip
    found: dict[int, tuple[str, dict[str, Any]]] = {}
    for customer, kind, until in rows.values_list("customer", "kind", "until_on"):
        facts = {"today": day.isoformat(), "block": kind, "until": until.isoformat() if until else None}
        found[customer] = ("cease_contact", {}) if kind == "cease_contact" else ("customer_blocked", facts)
    return found


_Papers = Sequence[tuple[Account, Statement]]


def _printed(who: Who, papers: _Papers) -> dict[Account, StoredFile | print_shop.Refused]:
    """Each as a stored PDF, or why it could not be printed."""
    made: dict[Account, StoredFile | print_shop.Refused] = {}
    for place, result in print_shop.print_batch([paper for _, paper in papers]):
        if isinstance(result, print_shop.Refused):
            made[papers[place][0]] = result
        else:
            made[papers[place][0]] = store_bytes(result.pdf, "application/pdf", who.now)
    return made


def _line(
    told: Told, account: Account, paper: Statement, books: Figures, recipient: Recipient, made: StoredFile | None,
    senders: Senders, wordings: Wordings,
) -> NewLine:  # fmt: skip
    wording = wordings.get(TEMPLATE, recipient.language)
    facts = statement_facts(account, paper, books)
    if wording is None:
        return NewLine(account.customer_id, "template_missing", {"template": TEMPLATE})
    message = NewMessage(
        account.customer_id, "statement", recipient.channel, once_of(told.period, account), recipient,
        senders.of(account.entity_id), account.entity_id, (), wording.version_id,
        files=[(made, file_name(paper))] if made is not None else (), facts=facts,
    )  # fmt: skip
    return NewLine(account.customer_id, "statement_due", facts, (message,))


def file_name(paper: Statement) -> str:
    """ "statement-C-10442-2026-11-16-USD.pdf"; nothing of a customer number can leave the folder it is saved in."""
    number = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in paper.to.number)
    return f"statement-{number}-{paper.on}-{paper.currency}.pdf"


def statement_facts(account: Account, paper: Statement, books: Figures) -> dict[str, Any]:
    """The figures of a statement as its message keeps them; amounts in minor units."""

    def amount(minor: int) -> list[dict[str, Any]]:
        return [{"minor": minor, "currency": account.currency}]

    return {
        "on": paper.on.isoformat(), "since": paper.since.isoformat(), "currency": account.currency,
        "opening": amount(paper.opening), "closing": amount(paper.closing),
        "past_due": amount(books.past_due.get(account, 0)), "items": sum(bool(line.open) for line in (*paper.lines, *paper.earlier)),
        "copy": paper.copy,
    }  # fmt: skip


def statement_again(who: Who, message: Message, policy: Policy) -> Content | Stop:
    """The cover of a statement. Its figures are those of its day and stand."""
    if message.customer_id is None:
        return Stop("nothing_open", {})
    wording = Wordings.read([TEMPLATE]).get(TEMPLATE, message.language)
    if wording is None:
        return Stop("template_missing", {"template": TEMPLATE})
    recipient = recipients([message.customer_id])[message.customer_id]
    entity = Entity.objects.filter(pk=message.entity_id or 0).first()
    sender = Sender(message.sender_name, message.sender_address, message.reply_to, "")
    facts = message.facts
    money = {
        name: Money(facts[name][0]["minor"], facts["currency"]) for name in ("opening", "closing", "past_due")
    }
    values = values_for(recipient, entity, sender, day_of(who.now, policy.ledger_time_zone)) | {
        "statement.date": date.fromisoformat(facts["on"]),
        "statement.from": date.fromisoformat(facts["since"]),
        "statement.opening": money["opening"],
        "statement.closing": money["closing"],
        "statement.past_due": money["past_due"] if money["past_due"].minor else None,
        "documents": list(message.files.values_list("name", flat=True)),
    }
    try:
        made = wording.render(values)
    except Refused as problem:
        return Stop("template_fails", {"template": TEMPLATE, "why": str(problem)})
    message.template_id = wording.version_id
    return Content(made.subject, made.text, made.html, blocks=made.blocks)


def send_statement(who: Who, customer_id: int, month: str = "") -> list[Message]:
    """A customer's statement on request: that of the month, by default of the last statement day; marked copy where one went already.

    One message for each entity and currency with anything open then; they go with the next sending. Refused: customer_unknown,
    period_not_usable, period_in_future, item_not_open when nothing was open, nobody_to_write_to, message_not_allowed, document
    problems of make_message.
    """
    policy = current_policy()
    turns = Turns.read(who.today, who.now, policy)
    period = month or turns.newest("statements")
    try:
        since, on = span_of(period, turns)
    except ValueError:
        raise Refused("period_not_usable", period=period, process="statements", example="2026-11") from None
    if on > who.today:
        raise Refused("period_in_future", period=period, process="statements", due_on=on.isoformat())
    with doing(who, "send_message", customers=[customer_id], cause=f"statement {period}") as act:
        if not Customer.objects.filter(pk=customer_id).exists():
            raise Refused("customer_unknown", customer=customer_id)
        recipient = recipients([customer_id])[customer_id]
        books = figures(since, on, Filters(customer=customer_id))
        if not recipient.can_email and not recipient.can_letter:
            raise Refused("nobody_to_write_to")
        verdict = gate(Message(customer_id=customer_id, channel="email", purpose="copies"), who.now, policy)
        if not verdict.allowed:
            raise Refused("message_not_allowed", why=reason(verdict.code, verdict.facts))
        made = []
        for account, paper in statements(books, [customer_id], {customer_id: recipient}, policy):
            once = once_of(period, account)
            before = Message.objects.filter(once__startswith=once).exclude(state="withdrawn").count()
            made.append(make_message(act, _draft(who, account, paper, books, recipient, once, before)))
        if not made:
            raise Refused("item_not_open", document=f"the account of {recipient.number} on {on}")
    return made


def _draft(
    who: Who, account: Account, paper: Statement, books: Figures, recipient: Recipient, once: str, before: int
) -> Draft:
    paper = replace(paper, copy=before > 0)
    try:
        pdf = print_shop.print_one(paper).pdf
    except ValueError as problem:
        raise Refused("message_not_allowed", why=sentence("paper_not_printed", {"document": paper.title, "why": str(problem)})) from None  # fmt: skip
    stored = store_bytes(pdf, "application/pdf", who.now)
    wording = Wordings.read([TEMPLATE]).get(TEMPLATE, recipient.language)
    return Draft(
        account.customer_id, "statement", "email" if recipient.can_email else "letter",
        to=recipient.to, contact_id=recipient.contact_id, entity_id=account.entity_id, files=[(stored, file_name(paper))],
        language=recipient.language, template_id=wording.version_id if wording else None,
        once=f"{once}:copy:{before}" if before else once, facts=statement_facts(account, paper, books),
    )  # fmt: skip


AGAIN["statement"] = statement_again
