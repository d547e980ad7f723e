"""The clock's own errand: run the day once it has begun, catch up after a downtime, never twice for nothing.

A job asks every few minutes; it runs when the ledger's day has reached its hour and no run of that day has finished. So a machine
that was off runs the day when it comes back.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings
from django_q.models import Schedule

from dunlin.actions.decide_approval import expire_approvals
from dunlin.actions.doing import the_clock
from dunlin.actions.keep_documents import warn_of_expiry
from dunlin.actions.print_document import print_missing
from dunlin.actions.run_daily import DailyResult, decide_touched
from dunlin.actions.run_day import run_day
from dunlin.actions.run_process import run_campaign_now, run_due
from dunlin.actions.send_due import send_due
from dunlin.actions.take_mail import take_mail
from dunlin.actions.watch_inbox import watch_inbox
from dunlin.records.clock import now, today
from dunlin.records.models import Decision, DecisionRun, Entity, Mailbox
from dunlin.records.policies import current_policy

ERRAND = "dunlin.actions.nightly.nightly"
SENDING = "dunlin.actions.nightly.send_now"
READING = "dunlin.actions.nightly.read_now"
ASKING = "dunlin.actions.take_provider_event.sweep_now"
EVERY_MINUTES = 5
SEND_EVERY_MINUTES = 1
READ_EVERY_MINUTES = 2
ASK_EVERY_MINUTES = 5
# The day is decided before people come in, after the banks' night files have arrived.
FROM_HOUR = 4


def nightly() -> str:
    """What the scheduled job runs; answers what it did, for the job's log."""
    policy = current_policy()
    moment = now()
    day = today(policy.ledger_time_zone)
    if moment.astimezone(ZoneInfo(policy.ledger_time_zone)).hour < FROM_HOUR:
        return "too early"
    result = run_unless_done(day)
    if result is not None:
        warn_of_expiry(the_clock(day, moment))
        print_missing(the_clock(day, moment))
        expire_approvals(the_clock(day, moment))
        return f"{result.customers} customers decided"
    return f"done already; {_through_the_day(day)} messages made"


def _through_the_day(day: date) -> int:
    """What comes due after the night: the e-mail at once after a last attempt, and at the close the rest (P6)."""
    who = the_clock(day, now())
    watch_inbox(who)
    made = sum(each.messages for each in run_due(who))
    at_once = run_campaign_now(who)
    return made + (at_once.messages if at_once else 0)


def send_now() -> str:
    """What the job of every minute runs: send what is due. Two at once send each message once."""
    if not settings.SMTP or not Entity.objects.exists():
        return "no mail server"
    moment = now()
    result = send_due(the_clock(today(current_policy().ledger_time_zone), moment))
    return f"{result.sent} sent, {result.withdrawn} withdrawn"


def read_now() -> str:
    """What the job of every other minute runs: take in what came into the shared mailboxes, each mail once."""
    if not Mailbox.objects.filter(active=True).exclude(host="").exists():
        return "no mailbox"
    moment = now()
    taken = take_mail(the_clock(today(current_policy().ledger_time_zone), moment))
    return "; ".join(f"{each.key}: {each.problem or f'{each.new} new'}" for each in taken.mailboxes)


def run_unless_done(day: date) -> DailyResult | None:
    """Run `day` unless a run of it has finished or there are no books yet; None then."""
    if not Entity.objects.exists() or DecisionRun.objects.filter(day=day, finished_at__isnull=False).exists():
        return None
    return run_day(the_clock(day, now()), day).night


def decide_day_again(day: str) -> str:
    """A job after many customers changed at once: decide again whom the day has decided, unless the day (ISO) is over."""
    current = today(current_policy().ledger_time_zone)
    if current.isoformat() != day:
        return "over already"
    decided = Decision.objects.filter(day=current, revision=0).values_list("customer", flat=True)
    return f"{decide_touched(the_clock(current, now()), list(decided))} decisions revised"


def keep_schedule() -> None:
    """Make sure the jobs are scheduled, each once."""
    for name, errand, minutes in (
        ("the day", ERRAND, EVERY_MINUTES),
        ("sending", SENDING, SEND_EVERY_MINUTES),
        ("mailboxes", READING, READ_EVERY_MINUTES),
        ("payments", ASKING, ASK_EVERY_MINUTES),
    ):
        Schedule.objects.update_or_create(
            name=name,
            defaults={"func": errand, "schedule_type": Schedule.MINUTES, "minutes": minutes, "repeats": -1},
        )
