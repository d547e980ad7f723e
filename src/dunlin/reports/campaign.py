"""The call campaign of a day: each list with who was called and reached, and who gets the e-mail, now or at the close, and why (B3, P6).

The lists are those of the worklist. Who gets the e-mail is asked of the same rules as the process that sends it; a test holds the two
against each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from dunlin.records import bulk
from dunlin.records.models import Call, Customer, Decision, Message, Pin, User
from dunlin.reports.notice_facts import Sent, sent_so_far
from dunlin.reports.process_days import Turns, closing
from dunlin.reports.recipients import recipients
from dunlin.reports.reply_pauses import items_waiting
from dunlin.reports.situations import home_rates, situations
from dunlin.rules.asking import asking, silence_of
from dunlin.rules.campaigns import REACHED
from dunlin.rules.notices import held_sums
from dunlin.rules.policy import Policy
from dunlin.rules.processes import campaign_mail
from dunlin.rules.reasons import reason
from dunlin.rules.situations import Situation
from dunlin.rules.strategies import MIN_DAYS_BETWEEN

# What becomes of the e-mail: it went, is on its way, goes with the next look, may go at the close, does not go.
SENT, GOING, NOW, LATER, NONE = "sent", "going", "now", "later", "none"
SHOWS = ("listed", "called", "reached", "not_reached", "instead", "mail", "beyond")


@dataclass(frozen=True, slots=True)
class Row:
    """One customer of the campaign. `collector` has it on the list, or called it beyond one; `attempts` are today's outcomes in order;
    `mail` is one of SENT to NONE, empty where no e-mail is in question, `said` why."""

    customer_id: int
    number: str
    name: str
    collector: int | None
    listed: bool
    attempts: tuple[str, ...] = ()
    last_at: datetime | None = None
    instead: bool = False  # written to instead of being called
    mail: str = ""
    said: str = ""
    message_id: int | None = None

    @property
    def reached(self) -> bool:
        return any(outcome in REACHED for outcome in self.attempts)

    def shows(self, what: str) -> bool:
        """Whether it belongs to one of SHOWS."""
        return {
            "listed": self.listed, "called": bool(self.attempts), "reached": self.reached,
            "not_reached": bool(self.attempts) and not self.reached, "instead": self.instead, "mail": self.mail in (SENT, GOING, NOW),
            "beyond": bool(self.attempts) and not self.listed,
        }[what]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """The day of one collector (None: customers nobody works): how many rows show each of SHOWS, and how many e-mails wait for the
    close."""

    collector: int | None
    name: str
    counts: Mapping[str, int]
    later: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """The campaign of a day. `closes_at` is the end of the day, `closed` whether it has come."""

    day: date
    closes_at: datetime
    closed: bool
    lines: tuple[Line, ...]
    rows: tuple[Row, ...]


@dataclass(slots=True)
class _Calls:
    outcomes: list[str] = field(default_factory=list)
    last_at: datetime | None = None
    by: int | None = None


def campaign(day: date, now: datetime, policy: Policy) -> Campaign:
    """The campaign of `day`, which is today. A fixed number of queries, however many customers there are."""
    turns = Turns.read(day, now, policy)
    people = {pk: (name, size or policy.campaign_size) for pk, name, size in _people()}
    listed = _listed(day, policy, people)
    calls = _calls(day)
    instead = _instead(day)
    wanted = set(calls) | set(instead)
    mails = _mails(day)
    said = _predicted(sorted(wanted - set(mails)), day, policy, turns.end_of_day) | mails
    known = {
        pk: (number, name)
        for ids in bulk.chunks(sorted({*listed, *wanted, *mails}))
        for pk, number, name in Customer.objects.filter(pk__in=bulk.one_of(ids)).values_list(
            "pk", "number", "name"
        )
    }
    rows = []
    for pk, (number, name) in sorted(known.items(), key=lambda pair: pair[1][1].casefold()):
        tried = calls.get(pk, _Calls())
        owner = listed[pk] if pk in listed else tried.by if pk in calls else instead.get(pk)
        mail, why, message = said.get(pk, ("", "", None))
        rows.append(
            Row(
                pk, number, name, owner, pk in listed, tuple(tried.outcomes), tried.last_at, pk in instead and pk not in calls,
                mail, why, message,
            )
        )  # fmt: skip
    zone = ZoneInfo(policy.ledger_time_zone)
    closes_at = datetime.combine(day, closing(policy), zone)
    return Campaign(day, closes_at, turns.end_of_day, _lines(rows, people), tuple(rows))


def _people() -> list[tuple[int, str, int | None]]:
    return [(each.pk, each.name, each.daily_calls) for each in User.objects.all()]


def _lines(rows: Sequence[Row], people: Mapping[int, tuple[str, int]]) -> tuple[Line, ...]:
    by_owner: dict[int | None, list[Row]] = {}
    for row in rows:
        by_owner.setdefault(row.collector, []).append(row)
    lines = [
        Line(
            owner, people[owner][0] if owner is not None and owner in people else "Nobody",
            {what: sum(row.shows(what) for row in theirs) for what in SHOWS}, sum(row.mail == LATER for row in theirs),
        )
        for owner, theirs in by_owner.items()
    ]  # fmt: skip
    return tuple(sorted(lines, key=lambda line: (line.collector is None, line.name.casefold())))


def _listed(day: date, policy: Policy, people: Mapping[int, tuple[str, int]]) -> dict[int, int | None]:
    """Customer → whose list of the day holds it: ranked within the size, pinned ones first, and who joined during the day."""
    pins = dict(Pin.objects.filter(day=day).values_list("customer", "position"))
    most = max((size for _, size in people.values()), default=policy.campaign_size)
    chosen = (
        Q(rank__lte=max(most, policy.campaign_size)) | Q(rank=None, step="call") | Q(customer__in=list(pins))
    )
    ranked: dict[int | None, dict[int, int]] = {}
    joined: dict[int, int | None] = {}
    newest: dict[int, str] = {}
    found: dict[int, int | None] = {}
    for customer, rank, step, collector in Decision.objects.filter(chosen, day=day).order_by("customer", "revision").values_list(
        "customer", "rank", "step", "collector"
    ):  # fmt: skip
        newest[customer] = step
        if rank is not None:
            ranked.setdefault(collector, {})[customer] = rank
        elif step == "call":
            joined[customer] = collector
    for owner, theirs in ranked.items():
        size = people[owner][1] if owner is not None and owner in people else policy.campaign_size
        inside = [customer for customer, rank in theirs.items() if rank <= size or customer in pins]
        last = len(theirs) + max(pins.values(), default=0)
        inside.sort(key=lambda customer: (pins.get(customer, last), theirs[customer], customer))
        found |= dict.fromkeys(inside[:size], owner)
    placed = {customer for theirs in ranked.values() for customer in theirs}
    return found | {customer: collector for customer, collector in joined.items() if customer not in placed and newest[customer] == "call"}  # fmt: skip


def _calls(day: date) -> dict[int, _Calls]:
    found: dict[int, _Calls] = {}
    rows = Call.objects.filter(day=day, direction="out").order_by("started_at", "pk")
    for customer, outcome, at, by in rows.values_list("customer", "outcome", "started_at", "by"):
        one = found.setdefault(customer, _Calls())
        one.outcomes.append(outcome)
        one.last_at, one.by = at, by
    return found


def _instead(day: date) -> dict[int, int | None]:
    """Customer → collector, of those the newest decision of the day says to write to and not to call. Two queries."""
    asked = Decision.objects.filter(day=day, step="email").values_list("customer", flat=True)
    found: dict[int, tuple[str, int | None]] = {}
    for ids in bulk.chunks(sorted(set(asked))):
        rows = Decision.objects.filter(day=day, customer__in=bulk.one_of(ids)).order_by(
            "customer", "revision"
        )
        for customer, step, collector in rows.values_list("customer", "step", "collector"):
            found[customer] = step, collector
    return {customer: collector for customer, (step, collector) in found.items() if step == "email"}


_Said = tuple[str, str, int | None]


def _mails(day: date) -> dict[int, _Said]:
    """Customer → the e-mail of the campaign that was made for it today."""
    found: dict[int, _Said] = {}
    rows = Message.objects.filter(purpose="not_reached", day=day).order_by("pk")
    for pk, customer, state, why, facts in rows.values_list("pk", "customer", "state", "why", "why_facts"):
        if customer is None:
            continue
        if state == "withdrawn":
            found[customer] = NONE, reason(why, facts) if why else "Withdrawn", pk
        else:
            words = {
                "sent": "The e-mail went",
                "bounced": "The e-mail came back",
                "failed": "The e-mail failed",
            }
            found[customer] = (
                SENT if state == "sent" else GOING,
                words.get(state, "The e-mail is on its way"),
                pk,
            )
    return found


def _predicted(ids: Sequence[int], day: date, policy: Policy, closed: bool) -> dict[int, _Said]:
    """What the process would do about these customers now."""
    if not ids:
        return {}
    sent = sent_so_far(day, policy)
    waiting = items_waiting(ids)
    rates = home_rates(day, policy.home_currency)
    found: dict[int, _Said] = {}
    for part in bulk.chunks(ids):
        people = recipients(part)
        for one in situations(0, 0, day, policy, rates, only=part):
            state, code, facts = _would(one, sent, waiting.get(one.customer_id, ()), day, policy, closed)
            if state == NOW and not people[one.customer_id].channel:
                state, code, facts = NONE, people[one.customer_id].code, dict(people[one.customer_id].facts)
            found[one.customer_id] = state, reason(code, {"today": day.isoformat(), **facts}), None
    return found


def _would(
    one: Situation, sent: Sent, waiting: Collection[int], day: date, policy: Policy, closed: bool
) -> tuple[str, str, dict[str, Any]]:
    """The e-mail of one customer, by the rules of the process that makes it: state, code, facts."""
    asked = asking(one, day, policy, lambda item: item.due_on < day, waiting)
    if not asked.asked and not asked.left_out:
        return NONE, "nothing_left_to_ask", {}
    silent = silence_of(one, day)
    if silent is not None:
        return NONE, *silent
    goes, code, facts = campaign_mail(
        one.attempts_today, policy, notice_today=one.emailed_today, do_not_call=one.do_not_call or one.no_phone, end_of_day=closed
    )  # fmt: skip
    if not goes:
        return LATER if code == "campaign_mail_later" else NONE, code, facts
    last = sent.last_notice.get(one.customer_id)
    if not one.attempts_today and last is not None and (day - last).days < MIN_DAYS_BETWEEN:
        return NONE, "mrr_left_to_notice", {"last_on": last.isoformat(), "days": MIN_DAYS_BETWEEN}
    if not asked.asked:
        return NONE, "all_held", {"held": held_sums(asked.left_out)}
    if one.customer_id in sent.waiting or one.customer_id in sent.under_way:
        return NONE, "notice_after_mail", {}
    return NOW, code, facts
