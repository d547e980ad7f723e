"""Who is called, who answers, and what comes of it: promises, disputes, follow-ups, remarks, corrected contacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dunlin.rules.stages import stage_reached
from examples.sample_company import deciding, payers, places, troubles, words
from examples.sample_company.accounts import Account, Contact, Point
from examples.sample_company.book import Item
from examples.sample_company.team import Person

if TYPE_CHECKING:
    from examples.sample_company.story import Story

REST_DAYS = 5
_ROUGHLY_IN_DOLLARS = {"USD": 1.0, "EUR": 1.1, "GBP": 1.3}


@dataclass(slots=True, eq=False)
class Promise:
    index: int
    customer: int
    contact: int | None
    call: int | None
    source: str
    currency: str
    amount: int | None
    due_on: date
    made_on: date
    recorded_at: datetime
    by: str
    items: list[tuple[Item, int]]
    note: str = ""
    status: str = "open"
    level: int = 1
    paid: int = 0
    judged_on: date | None = None
    replaced_by: Promise | None = None
    judgements: list[tuple[date, datetime, str, int, str]] = field(default_factory=list)

    @property
    def promised(self) -> int:
        return self.amount if self.amount is not None else sum(then for _, then in self.items)


@dataclass(slots=True, eq=False)
class FollowUp:
    customer: int
    owner: str
    what: str
    due_on: date
    created_at: datetime
    call: Call | None
    done_at: datetime | None = None
    outcome: str = ""

    def is_open(self, on: date) -> bool:
        """Whether it still stood on the morning of a day."""
        return self.created_at.date() < on and (self.done_at is None or self.done_at.date() >= on)


@dataclass(slots=True, eq=False)
class Call:
    index: int
    customer: int
    contact: Contact
    number: str
    direction: str
    outcome: str
    day: date
    started_at: datetime
    seconds: int
    by: str
    note: str = ""
    next_step: str = ""


def call_day(story: Story, person: Person, owned: list[Account], share: float) -> None:
    """One person works the list of one day. `share` of the usual number of calls; the list is in the order of P5."""
    random = story.random
    wanted = round(person.calls * share * random.gauss(1, 0.07))
    listed = deciding.list_of(story, person) if story.day in story.decided else _list_of(story, owned)
    for account, items in listed[: max(0, wanted)]:
        work(story, person, account, items)


def call_in(story: Story, account: Account, person: Person) -> None:
    """The customer calls before anybody calls it: a question, or news of the money."""
    standing = story.book.open_debits.get(account.index)
    contact = account.contacts[0]
    if not standing or contact.phone is None or account.do_not_call or story.is_blocked(account):
        return
    item = next(iter(standing.values()))
    first, last = _hours(contact.time_zone or account.place.zone, story.day, story.zone)
    at = story.moment(story.day, 0) + timedelta(minutes=min(first + story.random.randrange(20), last))
    call = _log(story, person, account, contact, "reached", at, "in")
    call.note, call.next_step = words.inbound_note(story.random, item.number), words.next_step(story.random)
    account.reached_on = story.day
    if (
        item.due_on < story.day
        and not item.held
        and item.open > item.disputed
        and story.random.random() < 0.5
    ):
        payers.intend(story, account, item, story.day + timedelta(days=story.random.randrange(2, 8)))


def _list_of(story: Story, owned: list[Account]) -> list[tuple[Account, list[Item]]]:
    """Customers with something to ask for today, in the order of P5, roughly: chosen for speed over two years of days."""
    ranked = []
    for account in owned:
        if account.skip_until is not None and story.day < account.skip_until:
            continue
        standing = story.book.open_debits.get(account.index)
        if not standing or account.do_not_call or story.is_blocked(account):
            continue
        items = askable(story, account, standing)
        if not items:
            account.skip_until = story.day + timedelta(days=1 if len(standing) > 2 else 2)
            continue
        oldest = min(item.due_on for item in items)
        worth = sum(item.open - item.disputed for item in items) * _ROUGHLY_IN_DOLLARS[items[0].currency]
        ranked.append((_tier(story.day, items, oldest), -worth, account.index, account, items))
    ranked.sort(key=lambda row: row[:3])
    return [(row[3], row[4]) for row in ranked]


def askable(story: Story, account: Account, standing: dict[int, Item]) -> list[Item]:
    """Past-due items that no dispute, block or promise holds; none in the days of rest after a conversation."""
    day, promise = story.day, account.promise
    broken = (
        promise is not None
        and promise.status == "broken"
        and account.reached_on
        and promise.due_on >= account.reached_on
    )
    if account.reached_on and (day - account.reached_on).days < REST_DAYS and not broken:
        return []
    if account.snoozed_until and day < account.snoozed_until:
        return []
    covered = (
        {item.index for item, _ in promise.items}
        if promise and promise.status == "open" and promise.due_on >= day
        else ()
    )
    found = [
        item
        for item in standing.values()
        if item.due_on < day and item.open > item.disputed and item.index not in covered
        and not (item.index in story.item_blocks and story.item_blocks[item.index].holds(day))
    ]  # fmt: skip
    credit = story.book.open_credits.get(account.index)
    if found and credit:  # nobody is asked for money that lies here unapplied
        unused = sum(item.open for item in credit.values() if item.currency == found[0].currency)
        if unused >= sum(item.open - item.disputed for item in found if item.currency == found[0].currency):
            return []
    return found


def _tier(day: date, items: list[Item], oldest: date) -> int:
    if any(item.invoice_class == "final" and (day - item.due_on).days <= 30 for item in items):
        return 0
    recurring = [item for item in items if item.invoice_class == "mrr"]
    if len(recurring) > 1 or (recurring and (day - recurring[0].due_on).days > 60):
        return 1
    days = (day - oldest).days
    return 2 if days > 30 else 3 if 5 <= days <= 15 else 4


def work(story: Story, person: Person, account: Account, items: list[Item]) -> None:
    """Up to three attempts on one customer, hours apart, inside its calling hours."""
    random = story.random
    contact = account.contacts[0]
    if len(account.contacts) > 1 and random.random() < 0.2:
        contact = random.choice(account.contacts)
    if not contact.active or contact.do_not_call or contact.cease_contact or not contact.phone:
        contact = account.contacts[0]
    if not contact.phone:
        return
    first, last = _hours(contact.time_zone or account.place.zone, story.day, story.zone)
    minute = random.randrange(first, max(first + 1, last - 60))
    chance = min(0.8, account.temperament.picks_up * person.reaches * 0.23)
    tries = 1 + (random.random() < 0.34) + (random.random() < 0.2)
    for _ in range(tries):
        if minute >= last:
            return
        at = story.moment(story.day, 0) + timedelta(minutes=minute, seconds=random.randrange(60))
        if random.random() < chance:
            refused = random.random() < (0.10 if account.temperament.kept < 0.3 else 0.012)
            call = _log(story, person, account, contact, "refused" if refused else "reached", at)
            _talk(story, person, account, contact, items, call, refused)
            return
        outcome = random.choices(
            ("voicemail", "no_answer", "gatekeeper", "busy", "wrong_number"), (44, 30, 15, 9, 1)
        )[0]
        call = _log(story, person, account, contact, outcome, at)
        if outcome == "wrong_number":
            _wrong_number(story, person, account, contact, at)
            return
        call.note = words.short_note(random, outcome)
        minute += 65 + random.randrange(90)


@lru_cache(maxsize=20_000)
def _hours(zone: str, day: date, ours: str) -> tuple[int, int]:
    """First and last minute of our day at which it is between 9:00 and 16:45 at the place."""
    noon = datetime.combine(day, time(12))
    ahead = (ZoneInfo(zone).utcoffset(noon) or timedelta()) - (ZoneInfo(ours).utcoffset(noon) or timedelta())
    shift = int(ahead.total_seconds() // 60)
    return max(0, 9 * 60 - shift), min(1439, 16 * 60 + 45 - shift)


def _log(
    story: Story,
    person: Person,
    account: Account,
    contact: Contact,
    outcome: str,
    at: datetime,
    direction: str = "out",
) -> Call:
    seconds = (
        story.random.randrange(70, 540)
        if outcome in ("reached", "refused")
        else story.random.randrange(15, 60)
    )
    call = Call(
        len(story.calls),
        account.index,
        contact,
        contact.phone.value if contact.phone else "",
        direction,
        outcome,
        story.day,
        at,
        seconds,
        person.username,
    )
    story.calls.append(call)
    return call


def _talk(
    story: Story,
    person: Person,
    account: Account,
    contact: Contact,
    items: list[Item],
    call: Call,
    refused: bool,
) -> None:
    """What a conversation brings. Talking about the items fulfils their contact stage (P4)."""
    random = story.random
    account.reached_on = story.day
    if random.random() < 0.03:
        story.remark(account, words.remark(random), person.username, None)
    for item in items:
        days = (story.day - item.due_on).days
        stage = stage_reached(days) + 1
        if stage > item.stage and (stage > 1 or item.invoice_class == "final"):
            item.stage, item.stage_on = stage, story.day
    if refused:
        call.note, call.next_step = words.refusal(random), "Ask the lead"
        story.follow_up(account, "Talk to the lead about the refusal", story.next_day(2), call)
        return
    if random.random() < account.temperament.disputes * 0.35:
        item = items[0]
        if troubles.contest(story, item, person.username, call.started_at):
            call.note, call.next_step = words.dispute_note(random, item.number), "Dispute opened"
            return
    if random.random() < min(0.85, 0.34 * person.asks + 0.1 * (account.temperament.kept < 0.5)):
        promise = make_promise(story, person, account, contact, items, call)
        call.note = words.promise_note(random, contact.name, items[0].number, promise.due_on)
        call.next_step = f"Money by {promise.due_on:%d %b}"
        if random.random() < 0.35:
            story.follow_up(
                account,
                f"Has the promise of {promise.due_on:%d %b} come in?",
                story.next_day_from(promise.due_on, 1),
                call,
            )
        return
    call.note, call.next_step = words.talk_note(random, items[0].number), words.next_step(random)
    if random.random() < 0.3:
        for item in items:
            soon = story.day + timedelta(days=random.randrange(3, 12))
            if item.pay_on is None or item.pay_on > soon:
                payers.intend(story, account, item, soon)
    if random.random() < 0.40:
        story.follow_up(account, call.next_step, story.next_day(random.randrange(3, 8)), call)
    if random.random() < 0.012:
        until = story.day + timedelta(days=random.randrange(5, 20))
        account.snoozed_until = until
        story.snoozes.append(
            (account.index, story.day, until, words.snooze_reason(random), person.username, call.started_at)
        )


def make_promise(
    story: Story, person: Person, account: Account, contact: Contact, items: list[Item], call: Call
) -> Promise:
    """A promise about the items asked for, and what the payer really means to do about it."""
    random = story.random
    items = [item for item in items if item.currency == items[0].currency and item.entity == items[0].entity][
        :8
    ]
    whole = sum(item.open - item.disputed for item in items)
    chance = random.random()
    amount = (
        None
        if chance < 0.14
        else whole
        if chance < 0.86 or whole < 20_000
        else whole * 6 // 10 // 10_000 * 10_000 or whole
    )
    due_on = story.on_business_day(
        story.day + timedelta(days=random.choice((1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 9, 12, 15)))
    )
    promise = Promise(
        len(story.promises), account.index, contact.index, call.index, "call", items[0].currency, amount, due_on, story.day,
        call.started_at, person.username, [(item, item.open - item.disputed) for item in items],
        note="Waits for their payment run" if random.random() < 0.15 else "",
    )  # fmt: skip
    story.replace_promises(promise)
    story.promises.append(promise)
    account.promise = promise
    _mean(story, person, account, promise)
    story.judge_on.setdefault(due_on + timedelta(days=3), []).append(promise)
    return promise


def _mean(story: Story, person: Person, account: Account, promise: Promise) -> None:
    """Kept, kept in part, or broken: the days on which the money will really come."""
    random, temperament = story.random, account.temperament
    kept = min(0.98, temperament.kept * (0.6 + 0.4 * person.holds) * story.keeping())
    chance, left = random.random(), promise.promised
    for item, then in promise.items:
        if chance < kept:
            day = max(
                story.day + timedelta(days=1),
                promise.due_on + timedelta(days=random.choice((-2, -1, 0, 0, 0, 1))),
            )
            if left > 0:
                payers.intend(story, account, item, day, 0 if then <= left else left)
            left -= then
        elif chance < kept + temperament.kept_in_part:
            part = max(1, min(then, left) * random.randrange(30, 75) // 100)
            payers.intend(story, account, item, promise.due_on, part)
        else:
            late = 5 + int(random.expovariate(1 / 16))
            payers.intend(story, account, item, promise.due_on + timedelta(days=late))


def _wrong_number(story: Story, person: Person, account: Account, contact: Contact, at: datetime) -> None:
    """The number is marked; some days later somebody finds the right one. The diary keeps both."""
    old = contact.phone
    if old is None:
        return
    old.state = "wrong"
    story.tell(at, person.username, "log_call", account, old, {"state": "ok"}, {"state": "wrong"})
    story.on(
        story.day + timedelta(days=story.random.randrange(1, 9)),
        partial(_corrected, story, account, contact, old),
    )


def _corrected(story: Story, account: Account, contact: Contact, old: Point) -> None:
    new = Point("phone", places.phone_at(account.place, story.random), "direct")
    contact.points.append(new)
    by = account.collector or "senior"
    before = {"value": old.value, "point": old}
    story.tell(
        story.recorded(story.day),
        by,
        "correct_contact",
        account,
        new,
        before,
        {"kind": "phone", "value": new.value},
    )
