"""A year of nights over the sample company: `python -m examples.year_of_nights --folder /tmp/year` in an empty place.

Each day is played as it comes, by the product's own actions with that day's clock, so on no day do the books hold anything of a
later one: bills, payments, calls, promises, disputes, blocks, replies. The night runs as `dunlin run daily` does, mails go to a real
SMTP server, and what comes back (replies, bounces) is read from a real IMAP server where Dovecot is there. Afterwards
examples/check_mailbox.py, which shares no code with the rules, reads the mails and the books.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time as stopwatch
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if __name__ == "__main__":  # as a program it sets Django up before the tables are imported
    root = Path(__file__).resolve().parents[1]
    sys.path[:0] = [str(root / "src"), str(root)]
    _wanted = argparse.ArgumentParser(add_help=False)
    _wanted.add_argument("--folder", default="")
    _folder = _wanted.parse_known_args()[0].folder
    if _folder and "DUNLIN_DATABASE_URL" not in os.environ:
        os.environ["DUNLIN_DATA_DIR"] = str(Path(_folder).resolve() / "data")
    os.environ.setdefault("DUNLIN_LOG_LEVEL", "WARNING")
    os.environ.setdefault("DUNLIN_MAILBOX_PASSWORDS", json.dumps({"ar": "mailbox-password"}))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dunlin.config.settings")
    import django

    django.setup()

from django.conf import settings

from dunlin.actions.approve_message import approve_message, withdraw_message
from dunlin.actions.change_due_date import change_due_date
from dunlin.actions.doing import Who, the_clock
from dunlin.actions.handle_conversation import close
from dunlin.actions.log_call import log_call
from dunlin.actions.log_promise import PromiseAsked
from dunlin.actions.make_mailing import make_mailing, post_mailing
from dunlin.actions.open_dispute import open_dispute
from dunlin.actions.post_item import post_item
from dunlin.actions.postings import Draft
from dunlin.actions.resolve_dispute import resolve_dispute
from dunlin.actions.run_day import run_day
from dunlin.actions.run_process import run_campaign_now, run_due
from dunlin.actions.send_due import send_due
from dunlin.actions.set_block import lift_block, set_block
from dunlin.actions.take_mail import take_mail
from dunlin.actions.take_payment import Use, take_payment
from dunlin.actions.take_raw import take_raw
from dunlin.cli.init import prepare
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.models import (
    Block,
    Contact,
    ContactPoint,
    Conversation,
    Customer,
    Decision,
    Dispute,
    Entity,
    Item,
    Mailbox,
    Message,
    Promise,
    Setting,
    User,
)
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from examples.check_mailbox import check, report
from examples.sample_company import build as company
from tests.mail_servers import imap_server
from tests.smtp_server import MailServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.mail_servers import ImapServer

NEVER = date(2999, 1, 1)


class World:
    """The customers as they behave, the team as it works, and the day it is."""

    def __init__(self, seed: int, smtp: MailServer, imap: ImapServer | None, day: date) -> None:
        self.random, self.smtp, self.imap = Random(seed), smtp, imap
        self.day, self.zone = day, ZoneInfo(company.ZONE)
        self.pay_on: dict[int, date] = {}
        self.seen_mails: set[str] = set()
        self.did: Counter[str] = Counter()
        self.numbers = 0
        self.ledger = calendar(LEDGER)
        self.people = {user.role: user for user in User.objects.filter(is_active=True).order_by("-pk")}
        self.box = Mailbox.objects.get(key="ar")

    def at(self, hour: int, minute: int = 0) -> datetime:
        """A moment of the day where the company is."""
        return datetime.combine(self.day, time(hour, minute), self.zone).astimezone(UTC)

    def clock(self, hour: int, minute: int = 0) -> Who:
        return the_clock(self.day, self.at(hour, minute))

    def who(self, role: str, hour: int, minute: int = 0) -> Who:
        user = self.people[role]
        return Who(user.pk, user.name, user.role, "desk", self.day, self.at(hour, minute))

    def live(self) -> None:
        """One day, hour by hour."""
        run_day(self.clock(4, 30), self.day)
        open_day = self.ledger.is_business_day(self.day)
        self.send(8, 15)
        if open_day:
            self.bill()
            self.pay()
            self.approve()
            self.call()
            self.trouble()
            self.send(12)
            self.hear()
            self.answer()
            self.call(hour=14)
            run_campaign_now(self.clock(16))
        self.send(16, 5)
        run_due(self.clock(17, 2))
        self.send(17, 4)
        if open_day and self.day.weekday() == 4:
            self.post_letters()

    def send(self, hour: int, minute: int = 0) -> None:
        sent = send_due(self.clock(hour, minute))
        self.did["sent"] += sent.sent
        self.did["withdrawn as it went"] += sent.withdrawn

    def tried(self, what: str, act: Callable[[], Any]) -> Any:
        """An act a person wants; the product may refuse it, which is its right."""
        try:
            done = act()
        except Refused as refused:
            self.did[f"refused {refused.code}"] += 1
            return None
        self.did[what] += 1
        return done

    def bill(self) -> None:
        """Most bills come in the first days of a month, some on any day."""
        entities = {entity.currency: entity.pk for entity in Entity.objects.all()}
        chance = 0.30 if self.day.day <= 5 else 0.035
        for pk, currency, status in Customer.objects.values_list("pk", "currency", "status"):
            if status == "closed" or self.random.random() > chance:
                continue
            self.numbers += 1
            klass = self.random.choices(("standard", "mrr", "final"), (5, 3, 2))[0]
            draft = Draft(
                customer_id=pk, entity_id=entities.get(currency, entities["USD"]), kind="invoice",
                amount=Money(self.random.randrange(4_000, 2_500_000), currency), document_on=self.day,
                due_on=self.day + timedelta(self.random.choice((14, 30, 30, 45))), number=f"YN-{self.numbers:05d}", invoice_class=klass,
                service_month=self.day.replace(day=1) if klass == "mrr" else None, source="year", source_key=f"bill-{self.numbers}",
            )  # fmt: skip
            self.tried("billed", lambda draft=draft: post_item(self.who("ar_manager", 9, 10), draft))

    def pay(self) -> None:
        """Customers pay what they mean to pay that day: whole, in part, or without saying for what."""
        rows = Item.objects.filter(side=1, open__gt=0, due_on__lte=self.day + timedelta(10))
        for item in rows.order_by("pk"):
            wanted = self.pay_on.get(item.pk)
            if wanted is None:
                late = self.random.choices((-2, 2, 9, 18, 33, 70, 0), (20, 25, 22, 14, 10, 4, 5))[0]
                days = late + self.random.randrange(-2, 3)
                wanted = NEVER if late == 0 else max(item.due_on, self.day) + timedelta(max(0, days))
                self.pay_on[item.pk] = wanted
            if wanted > self.day:
                continue
            how = self.random.random()
            minor = item.open if how < 0.85 else max(1, item.open * self.random.randrange(30, 80) // 100)
            uses = () if how > 0.95 else (Use(item.pk, Money(minor, item.currency)),)
            self.numbers += 1
            self.tried("paid", lambda item=item, minor=minor, uses=uses: take_payment(
                self.who("ar_manager", 10, 5), item.customer_id, Money(minor, item.currency), uses,
                entity_id=item.entity_id, source="year", source_key=f"pay-{self.numbers}",
            ))  # fmt: skip
            self.pay_on[item.pk] = self.day + timedelta(self.random.randrange(5, 25))

    def call(self, hour: int = 11, most: int = 8) -> None:
        """The top of the list is called; who is reached often promises."""
        listed = Decision.objects.filter(day=self.day).order_by("customer", "-revision")
        newest: dict[int, Decision] = {}
        for row in listed:
            newest.setdefault(row.customer_id, row)
        calling = sorted(
            (row for row in newest.values() if row.step == "call"), key=lambda row: row.rank or 9_999
        )
        for place, row in enumerate(calling[:most]):
            outcome = self.random.choices(
                ("reached", "voicemail", "no_answer", "busy", "refused", "wrong_number"),
                (38, 25, 22, 9, 4, 2),
            )[0]
            promise = None
            if outcome == "reached" and self.random.random() < 0.55:
                promise = PromiseAsked(self.ledger.next_business_day(self.day, self.random.randrange(1, 9)))
            minute = place * 5
            done = self.tried("called", lambda row=row, outcome=outcome, promise=promise, minute=minute: log_call(
                self.who("collector", hour, minute), row.customer_id, outcome, promise=promise
            ))  # fmt: skip
            if done is not None and promise is not None and self.random.random() < 0.7:
                for item in Promise.objects.get(pk=done.promise_id).items.values_list("item", flat=True):
                    self.pay_on[item] = promise.due_on

    def trouble(self) -> None:
        """Disputes, plans, extensions, hands off, moved due dates; most are over some weeks later."""
        late = list(Item.objects.filter(side=1, open__gt=0, disputed=0, due_on__lt=self.day).order_by("pk"))
        if late and self.random.random() < 0.55:
            item = self.random.choice(late)
            part = Money(max(1, item.open // 2), item.currency) if self.random.random() < 0.3 else None
            self.tried(
                "disputed", lambda: open_dispute(self.who("collector", 11, 45), item.pk, part, reason="price")
            )
        for dispute in Dispute.objects.filter(resolved_on=None).order_by("pk"):
            if self.random.random() < 0.06:
                self.tried("resolved", lambda dispute=dispute: resolve_dispute(self.who("senior_collector", 11, 46), dispute.pk, "refused"))  # fmt: skip
        if late and self.random.random() < 0.22:
            item, kind = self.random.choice(late), self.random.choice(("plan", "extension", "undelivered"))
            until = self.day + timedelta(self.random.randrange(5, 30))
            self.tried("blocked item", lambda: set_block(self.who("ar_manager", 11, 47), item.customer_id, kind, "agreed", item_id=item.pk, until_on=until))  # fmt: skip
        if late and self.random.random() < 0.05:
            item, kind = (
                self.random.choice(late),
                self.random.choice(("legal", "insolvency", "agency", "cease_contact")),
            )
            self.tried(
                "hands off",
                lambda: set_block(self.who("ar_manager", 11, 48), item.customer_id, kind, "told us"),
            )
        for block in Block.objects.filter(
            item=None, lifted_at=None, kind__in=("agency", "cease_contact", "legal")
        ):
            if self.random.random() < 0.02:
                self.tried(
                    "lifted", lambda block=block: lift_block(self.who("ar_manager", 11, 49), block.pk, "over")
                )
        if late and self.random.random() < 0.08:
            item = self.random.choice(late)
            self.tried("due date moved", lambda: change_due_date(self.who("ar_manager", 11, 50), item.pk, self.day + timedelta(14), reason="agreed"))  # fmt: skip

    def approve(self) -> None:
        """The manager approves what waits, most of it."""
        for pk in Message.objects.filter(state="waiting").values_list("pk", flat=True):
            if self.random.random() < 0.85:
                self.tried("approved", lambda pk=pk: approve_message(self.who("ar_manager", 10, 30), pk))
            else:
                self.tried(
                    "dropped", lambda pk=pk: withdraw_message(self.who("ar_manager", 10, 31), pk, "not now")
                )

    def hear(self) -> None:
        """Some of whom we wrote to answer, some mails come back; then the mailbox is read."""
        incoming = []
        for file in sorted(self.smtp.folder.glob("*.eml")):
            if file.name in self.seen_mails:
                continue
            self.seen_mails.add(file.name)
            head, _, content = file.read_bytes().partition(b"\n")
            address = head.decode().split(",")[0]
            chance = self.random.random()
            if chance < 0.05:
                incoming.append(self._reply(content, address))
            elif chance < 0.065:
                incoming.append(self._bounce(content, address))
        for raw in incoming:
            if self.imap is not None:
                self.imap.deliver(raw)
            else:
                take_raw(self.clock(13), self.box, raw)
        if self.imap is not None and incoming:
            taken = take_mail(self.clock(13))
            if taken.problems:
                raise RuntimeError("; ".join(taken.problems))
        self.did["mails taken in"] += len(incoming)

    def _reply(self, content: bytes, address: str) -> bytes:
        original = message_from_bytes(content)
        mail = EmailMessage()
        mail["From"], mail["To"] = address, _one_line(original["Reply-To"] or original["From"])
        mail["Subject"] = "Re: your message"
        mail["Message-ID"], mail["In-Reply-To"] = (
            make_msgid(domain="customer.example"),
            _one_line(original["Message-ID"]),
        )
        mail["References"], mail["Date"] = _one_line(original["Message-ID"]), format_datetime(self.at(12, 30))
        mail.set_content(self.random.choice((
            "We are looking into it and come back to you.", "Please send us copies of the invoices.",
            "Who placed this order? We do not find it.", "Our accounts department is closed this week.",
        )))  # fmt: skip
        return mail.as_bytes()

    def _bounce(self, content: bytes, address: str) -> bytes:
        original = message_from_bytes(content)
        text = (
            f"From: MAILER-DAEMON@customer.example\r\nTo: {_one_line(original['From'])}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
            f"Message-ID: {make_msgid(domain='customer.example')}\r\nDate: {format_datetime(self.at(12, 31))}\r\n"
            "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.customer.example\r\n\r\n"
            f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 unknown user\r\n\r\n"
            f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {_one_line(original['Message-ID'])}\r\nTo: {address}\r\n"
            f"X-Dunlin-Message: {original['X-Dunlin-Message']}\r\n\r\n--b--\r\n"
        )
        self.did["bounced later"] += 1
        return text.encode()

    def answer(self) -> None:
        """What was asked is handled some days later; somebody finds new addresses for those that failed."""
        for pk in Conversation.objects.filter(state__in=("open", "snoozed")).values_list("pk", flat=True):
            if self.random.random() < 0.3:
                self.tried(
                    "handled",
                    lambda pk=pk: close(self.who("senior_collector", 13, 30), pk, "answered by phone"),
                )
        for point in ContactPoint.objects.filter(kind="email", state="bounced").order_by("pk"):
            if self.random.random() < 0.05:
                ContactPoint.objects.create(
                    contact=point.contact,
                    kind="email",
                    value=f"new{point.pk}.{self.day:%m%d}@customer.example",
                )
                ContactPoint.objects.filter(pk=point.pk).update(state="wrong")

    def post_letters(self) -> None:
        made = make_mailing(self.who("ar_manager", 15))
        if made.mailing_id is not None:
            post_mailing(self.who("ar_manager", 15, 30), made.mailing_id)
            self.did["letters posted"] += made.letters


def _one_line(value: object) -> str:
    """A header as it reads when it is not folded."""
    return " ".join(str(value or "").split())


def play(
    folder: Path, start: date, days: int, customers: int, seed: int, imap: bool, tell: Callable[[str], None]
) -> Counter[str]:
    """Build the company as of `start` and live so many days; what happened, counted. The mails lie in folder/mails."""
    with ExitStack() as stack:
        smtp = stack.enter_context(MailServer(folder / "mails"))
        inbox = stack.enter_context(imap_server()) if imap else None
        settings.SMTP, settings.MAIL_DOMAIN, settings.MAIL_ARCHIVE = smtp.at, "marlfield.example", ""
        settings.DEFAULT_FROM_EMAIL = "ar@marlfield.example"
        settings.MEDIA_ROOT = folder / "files"
        began = datetime.combine(start, time(8), UTC)
        Setting.objects.get_or_create(
            name="ledger.time_zone", defaults={"value": company.ZONE, "changed_at": began}
        )
        Setting.objects.get_or_create(name="mail.per_minute", defaults={"value": 0, "changed_at": began})
        company.build(start, began, seed, customers, 8, tell)
        # The company's own mailboxes are pictures; this one is read.
        Mailbox.objects.update(host="")
        Mailbox.objects.update_or_create(
            key="ar",
            defaults={
                "name": "Accounts receivable", "address": "ar@marlfield.example", "host": "127.0.0.1" if inbox else "",
                "port": inbox.port if inbox else 993, "security": "none", "username": "ar", "active": True,
                "uid_validity": None, "last_uid": 0,
            },
        )  # fmt: skip
        # Some addresses the other server refuses outright.
        some = Random(seed).sample(
            list(Contact.objects.values_list("pk", flat=True)), max(1, customers // 25)
        )
        for point in ContactPoint.objects.filter(contact__in=some, kind="email", state="ok"):
            ContactPoint.objects.filter(pk=point.pk).update(value=f"nobody.{point.pk}@customer.example")
        world = World(seed, smtp, inbox, start)
        for number in range(days):
            world.day = start + timedelta(number)
            world.live()
            if number % 30 == 29:
                tell(f"{world.day}: {world.did['sent']:,} mails sent")
    return world.did


def main() -> None:
    """Play it, check it, print both."""
    parser = argparse.ArgumentParser(description="Play a year of nights and check every mail of it.")
    parser.add_argument(
        "--folder", type=Path, required=True, help="An empty place for the books, the files and the mails."
    )
    parser.add_argument("--start", type=date.fromisoformat, default=date(2026, 1, 2))
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--customers", type=int, default=150)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--check-only", action="store_true", help="Check what a play left in the folder.")
    parser.add_argument("--no-imap", action="store_true", help="Take replies in without an IMAP server.")
    asked = parser.parse_args()
    if asked.check_only:
        found = check(
            asked.folder / "mails", asked.start, asked.start + timedelta(asked.days - 1), company.ZONE
        )
        print(report(found))
        sys.exit(1 if found.violations else 0)
    started = stopwatch.perf_counter()
    asked.folder.mkdir(parents=True, exist_ok=True)
    prepare()
    did = play(asked.folder, asked.start, asked.days, asked.customers, asked.seed, not asked.no_imap, lambda text: print(text, file=sys.stderr, flush=True))  # fmt: skip
    print(f"Played {asked.days} days in {stopwatch.perf_counter() - started:.0f} s: " + ", ".join(f"{count:,} {what}" for what, count in sorted(did.items())))  # fmt: skip
    found = check(asked.folder / "mails", asked.start, asked.start + timedelta(asked.days - 1), company.ZONE)
    print(report(found))
    sys.exit(1 if found.violations else 0)


if __name__ == "__main__":
    main()
