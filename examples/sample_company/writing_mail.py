"""What the sample company writes and is written to: senders, mailboxes, departments, documents, and three days of mail.

The mails are taken in by the product itself as if a mailbox had given them, so that the inbox shows what it makes of them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from dunlin.actions.answer_mail import Answer, answer_mail
from dunlin.actions.doing import Who, the_clock
from dunlin.actions.keep_documents import DocumentAsked, add_document, approve_document
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.queue_call import queue_call
from dunlin.actions.take_raw import take_raw
from dunlin.formats.letter_paper import Letter, letter_pdf
from dunlin.formats.mail_addresses import Address
from dunlin.formats.mail_out import Attached, Outgoing, build_mail
from dunlin.formats.paper_frame import Recipient, Sender
from dunlin.records import models
from dunlin.records.calendars import LEDGER, calendar
from examples.sample_company import mails

_OURS = "marlfield.example"
_ENTITIES = {
    "US": ("310 Tidewater Avenue\nNew York, NY 10013", "+1 212 555 0100", "US EIN 00-0000000"),
    "UK": ("18 Saltmarsh Lane\nBristol BS1 6QF", "+44 117 496 0100", "GB 000 0000 00"),
}
_DEPARTMENTS = (
    ("sales", "Sales", 2),
    ("operations", "Operations", 2),
    ("support", "Support", 1),
    ("legal", "Legal", 5),
)


def write_mail(users: dict[str, int], seed: int, now: datetime) -> None:
    """After everything else is written and `now` is the moment of the demonstration."""
    random = Random(seed + 77)
    box, other = models.Mailbox.objects.get(key="ar"), models.Mailbox.objects.get(key="collections")
    _write_documents(users, random, now)
    for number, mail in enumerate(mails.MAILS):
        at = _ago(now, mail.hours)
        raw, _ = _raw(mail, number, at, random)
        if raw is not None:
            take_raw(the_clock(now.date(), now), other if mail.box == "collections" else box, raw, at)
    _answer_some(users, now)
    _queue_calls(users, random, now)


def write_senders(users: dict[str, int], now: datetime) -> None:
    """Before anything goes out: who writes, from which mailbox, in which words; and whom we ask inside the company."""
    keep_shipped(now)
    models.Mailbox.objects.create(key="ar", name="Accounts receivable", address=f"ar@{_OURS}")
    models.Mailbox.objects.create(key="collections", name="Collections", address=f"collections@{_OURS}")
    for entity in models.Entity.objects.all():
        address, phone, tax = _ENTITIES.get(entity.code, _ENTITIES["US"])
        entity.address, entity.phone, entity.tax_number = address, phone, tax
        entity.sender_name = f"{entity.name}, Accounts Receivable"
        entity.payment_instructions = (
            "Pay by bank transfer to the account on the invoice and state the invoice numbers."
        )
        entity.save()
    models.Department.objects.bulk_create(
        models.Department(
            key=key,
            name=name,
            address=f"{key}@{_OURS}",
            answer_business_days=days,
            escalate_to_id=users["manager"],
        )
        for key, name, days in _DEPARTMENTS
    )


def _ago(now: datetime, hours: float) -> datetime:
    """So many working hours before now; nights and weekends are left out, eight hours a day."""
    days, rest = divmod(hours, 8)
    at = now - timedelta(hours=rest)
    ledger = calendar(LEDGER)
    for _ in range(int(days)):
        at = datetime.combine(ledger.previous_business_day(at.date()), at.timetz())
    return at


def _raw(
    mail: mails.Mail, number: int, at: datetime, random: Random
) -> tuple[bytes | None, models.Customer | None]:
    """The mail as bytes, about the items of a customer that fits; (None, None) when no customer does."""
    customer = _customer(mail, number, random)
    if customer is None and not mail.stranger:
        return None, None
    items = _late_items(customer) if customer else []
    if mail.words.count("{first}") and not items:
        return None, None
    contact = customer.contacts.filter(points__kind="email").first() if customer else None
    point = contact.points.filter(kind="email").first() if contact else None
    name = contact.name if contact else mail.stranger
    first = items[0] if items else None
    facts = {
        "first": first.number if first else "", "second": items[1].number if len(items) > 1 else (first.number if first else ""),
        "amount": f"{first.open / 100:,.2f} {first.currency}" if first else "", "name": name,
        "day": f"{at + timedelta(days=9):%d %B}",
    }  # fmt: skip
    outgoing = Outgoing(
        message_id=f"sample-{number}@customer.example", from_name=name,
        from_address=point.value if point else f"{mail.stranger.split()[0].lower()}@gmail.example",
        to=(Address(f"{mail.box}@{_OURS}"),), subject=mail.subject.format(**facts), text=mail.words.format(**facts), date=at,
        attachments=tuple(Attached(name, type, content) for name, type, content in mail.files),
        automatic=mail.automatic,
    )  # fmt: skip
    return build_mail(outgoing), customer


def _customer(mail: mails.Mail, number: int, random: Random) -> models.Customer | None:
    """One whose collector is there, with an address and something past due, in the mail's language; each mail another one."""
    if mail.stranger:
        return None
    due = models.Item.objects.filter(side=1, open__gt=0, kind="invoice", disputed=0).exclude(number="")
    found = models.Customer.objects.filter(
        language=mail.language, collector__isnull=False, contacts__points__kind="email", contacts__points__state="ok",
        pk__in=due.filter(due_on__lt=models.Customer.objects.order_by("-created_at").values("created_at__date")[:1]).values("customer"),
    ).exclude(pk__in=models.Block.objects.filter(lifted_at=None).values("customer")).distinct().order_by("number")  # fmt: skip
    ids = list(found.values_list("pk", flat=True)[:200])
    if not ids:
        return None
    return models.Customer.objects.get(pk=ids[(number * 7 + random.randrange(3)) % len(ids)])


def _late_items(customer: models.Customer) -> list[models.Item]:
    return list(
        customer.items.filter(side=1, open__gt=0, kind="invoice")
        .exclude(number="")
        .order_by("due_on", "pk")[:2]
    )


def _answer_some(users: dict[str, int], now: datetime) -> None:
    """What came in on the first day was answered by whoever had it."""
    older = models.Conversation.objects.filter(
        state="open", opened_at__lt=now - timedelta(hours=20), customer__isnull=False
    )
    for row in older.select_related("owner").order_by("opened_at")[:6]:
        if row.owner is None:
            continue
        mail = row.mails.order_by("pk").first()
        who = Who(row.owner.pk, row.owner.name, row.owner.role, "desk", now.date(), now)
        text = f"Hello,\n\nthank you for your message. We have looked into it and keep you posted.\n\nKind regards,\n{row.owner.name}"
        answer_mail(who, row.pk, Answer(text=text, subject=f"Re: {mail.subject if mail else row.subject}"))


def _queue_calls(users: dict[str, int], random: Random, now: datetime) -> None:
    phones = list(
        models.ContactPoint.objects.filter(
            kind="phone", state="ok", contact__customer__collector__isnull=False
        )
        .order_by("pk")
        .values_list("value", "contact__name")[:400]
    )
    for hours, about, kind in mails.CALLS:
        phone, name = random.choice(phones)
        at = _ago(now, hours)
        taker = Who(users["ben"], "Ben Okonkwo", "collector", "desk", now.date(), now)
        queue_call(taker, phone, about, caller=name, kind=kind, at=at)


def _write_documents(users: dict[str, int], random: Random, now: datetime) -> None:
    """Certificates that end soon, contracts that wait for approval, a proof or two."""
    customers = list(models.Customer.objects.filter(status="active").order_by("number")[20:400:19])
    adds = Who(users["ana"], "Ana Ferreira-Lund", "collector", "desk", now.date(), now)
    approves = Who(users["manager"], "Mona Ashdown", "ar_manager", "desk", now.date(), now)
    for number, customer in enumerate(customers):
        kind, title, days = mails.DOCUMENTS[number % len(mails.DOCUMENTS)]
        letter = Letter(
            Sender(customer.name, ("1 Sample Street",), customer.country or "US"),
            Recipient("", "Marlfield Systems", ("310 Tidewater Avenue", "New York, NY 10013"), "US"),
            now.date(), "en", title, (f"{title} of {customer.name}.", "Made up for the sample company."),
        )  # fmt: skip
        ends = now.date() + timedelta(days=days) if days else None
        asked = DocumentAsked(
            kind, title, expires_on=ends, jurisdiction=customer.region if kind.startswith("tax") else ""
        )
        row = add_document(
            adds, customer.pk, f"{title.lower().replace(' ', '-')}.pdf", letter_pdf([letter])[0], asked
        )
        if kind == "contract" and number % 3 == 0:
            approve_document(approves, row.pk)
