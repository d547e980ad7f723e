"""The customers of the sample company: who they are, how they buy, and the people to call there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from examples.sample_company import names, places, team, temperaments
from examples.sample_company.places import Place
from examples.sample_company.temperaments import Temperament

if TYPE_CHECKING:
    from examples.sample_company.conversations import Promise

# Terms by how often they are given: to recurring bills, and to others.
RECURRING_TERMS = (("N10", 34), ("N15", 30), ("N30", 16), ("DUE", 20))
OTHER_TERMS = (
    ("N30", 29), ("N15", 21), ("N10", 14), ("N45", 5), ("N60", 2), ("2-10-N30", 10), ("1-15-N45-G3", 3), ("EOM", 4), ("EOM15", 3),
    ("PROX10", 4), ("DOM25", 3), ("HALVES20", 3), ("INST3", 3), ("AGREED", 2), ("DUE", 6),
)  # fmt: skip
_SIZES = {
    "small": (60, 460_000),
    "mid": (29, 1_900_000),
    "enterprise": (7, 5_200_000),
    "public": (4, 2_300_000),
}
_TITLES = {
    "ap": ("Accounts Payable", "AP Specialist", "Accounts Payable Clerk"),
    "billing": ("Billing Contact", "Office Manager", "Purchasing"),
    "escalation": ("Controller", "Finance Director", "CFO"),
    "legal": ("General Counsel",),
}


@dataclass(slots=True, eq=False)
class Point:
    """An e-mail address or a telephone number. `index` is its place among all when they are written."""

    kind: str
    value: str
    label: str = ""
    state: str = "ok"
    index: int = -1


@dataclass(slots=True, eq=False)
class Contact:
    """A person at a customer."""

    index: int
    customer: int
    name: str
    title: str
    roles: list[str]
    time_zone: str = ""
    language: str = ""
    do_not_call: bool = False
    cease_contact: bool = False
    active: bool = True
    points: list[Point] = field(default_factory=list)

    @property
    def phone(self) -> Point | None:
        """The number to dial: the first that is not known to be wrong."""
        return next((point for point in self.points if point.kind == "phone" and point.state == "ok"), None)


@dataclass(slots=True, eq=False)
class Account:
    """A customer. `size` is a usual amount in minor units; `rate` bills a month apart from the recurring one."""

    index: int
    number: str
    name: str
    place: Place
    segment: str
    temperament: Temperament
    terms: str
    recurring_terms: str
    size: int
    monthly: int
    rate: float
    takes_discount: bool
    starts_on: date
    ends_on: date | None
    collector: str | None
    by_hand: bool
    sales: str
    parent: int | None = None
    parent_pays: bool = False
    status: str = "active"
    other_name: str = ""
    contacts: list[Contact] = field(default_factory=list)
    # The state of the story.
    quiet_from: date | None = None  # pays nothing from this day on
    blocked: bool = False
    do_not_call: bool = False
    reached_on: date | None = None
    promise: Promise | None = None
    snoozed_until: date | None = None
    skip_until: date | None = None


def make_accounts(random: Random, count: int, first_day: date, today: date) -> list[Account]:
    """`count` customers. The first few are key accounts; then come the strange names; the rest are drawn."""
    taken: set[str] = {name for _, name in names.STRANGE_NAMES}
    keys = max(2, count // 180)
    made: list[Account] = []
    for index in range(count):
        strange = (
            names.STRANGE_NAMES[index - keys] if keys <= index < keys + len(names.STRANGE_NAMES) else None
        )
        account = _draw(random, index, index < keys, strange, taken, first_day, today)
        made.append(account)
    _families(random, made, keys)
    contacts = 0
    for account in made:
        contacts = _give_contacts(random, account, contacts)
    return made


def _draw(
    random: Random,
    index: int,
    key: bool,
    strange: tuple[str, str] | None,
    taken: set[str],
    first_day: date,
    today: date,
) -> Account:
    place = places.pick_place(random)
    while strange and place.country != strange[0]:
        place = places.pick_place(random)
    segment = "key" if key else random.choices(list(_SIZES), [share for share, _ in _SIZES.values()])[0]
    temperament = temperaments.KEY_ACCOUNT if key else random.choices(temperaments.TEMPERAMENTS, _SHARES)[0]
    middle = 2_300_000 if key else _SIZES[segment][1]
    size = int(middle * random.lognormvariate(0, 0.5 if not key else 0.2))
    recurring = random.random() < (0.46 if not key else 0.6)
    number = str(10_007 + 7 * index + random.randrange(6))
    collector, by_hand = team.collector_of(place.country, segment, number), False
    if collector is None or random.random() < 0.02:
        by_hand = random.random() < 0.8
        collector = random.choice(team.CALLERS[:6]).username if by_hand else collector
    starts_on = first_day
    if random.random() < 0.45 and not key:
        starts_on += timedelta(days=random.randrange(20, max(21, (today - first_day).days - 60)))
    gone = random.random() < 0.06 and not key
    ends_on = starts_on + timedelta(days=random.randrange(120, 500)) if gone else None
    if ends_on and ends_on > today - timedelta(days=90):
        ends_on = None
    return Account(
        index=index,
        number=number,
        name=strange[1] if strange else names.company_name(random, place.country, place.language, taken),
        place=place,
        segment=segment,
        temperament=temperament,
        terms=_pick(random, OTHER_TERMS) if not key else random.choice(("N30", "N15", "2-10-N30")),
        recurring_terms=_pick(random, RECURRING_TERMS),
        size=size,
        monthly=int(size * random.uniform(0.12, 0.5)) if recurring else 0,
        rate=random.uniform(7, 12)
        if key
        else random.uniform(0.01, 0.1)
        if recurring
        else random.uniform(0.18, 0.5),
        takes_discount=random.random() < 0.7,
        starts_on=starts_on,
        ends_on=ends_on,
        collector=collector,
        by_hand=by_hand,
        sales=random.choice(("sales", "sales2", "sales3")),
        status="closed" if ends_on else "active",
        other_name=names.company_name(random, place.country, place.language, taken)
        if random.random() < 0.03
        else "",
    )


_SHARES = [each.share for each in temperaments.TEMPERAMENTS]


def _pick(random: Random, weighted: tuple[tuple[str, int], ...]) -> str:
    return random.choices([code for code, _ in weighted], [share for _, share in weighted])[0]


def _families(random: Random, accounts: list[Account], keys: int) -> None:
    """Some customers are branches of another that is placed in the same entity and currency; half of the parents pay."""
    for parent_index in range(0, len(accounts) // 2, max(4, len(accounts) // 60)):
        parent = accounts[parent_index]
        pays = random.random() < 0.5
        free = [
            each
            for each in accounts[max(keys, parent_index + 1) :]
            if each.parent is None and each.place.currency == parent.place.currency
            and each.place.entity == parent.place.entity and not each.ends_on and each.index % max(4, len(accounts) // 60)
        ]  # fmt: skip
        for child in random.sample(free, min(len(free), random.randrange(1, 6))):
            child.parent, child.parent_pays = parent_index, pays
            child.temperament = parent.temperament if pays else child.temperament


def _give_contacts(random: Random, account: Account, made: int) -> int:
    """One to four people with roles; returns how many contacts there are now."""
    place, domain = account.place, names.domain_of(account.name, account.number)
    roles = [["ap"], ["billing"], ["escalation"], ["legal"]][
        : random.choices((1, 2, 3, 4), (30, 40, 24, 6))[0]
    ]
    if len(roles) == 1:
        roles = [["ap", "billing"]]
    if account.segment == "key":
        roles = [["ap"], ["ap"], ["billing"], ["escalation"], ["legal"]]
    for role in roles:
        name = names.person_name(random, place.language)
        points = [Point("email", names.mailbox(name, domain))]
        if role[0] == "ap" and random.random() < 0.5:
            points.append(
                Point(
                    "email", f"ap@{domain}", "shared mailbox", "bounced" if random.random() < 0.04 else "ok"
                )
            )
        if random.random() < 0.95 or role[0] == "ap":
            points.append(Point("phone", places.phone_at(place, random), "direct"))
        if random.random() < 0.3:
            points.append(Point("phone", places.phone_at(place, random), "switchboard"))
        contact = Contact(made, account.index, name, random.choice(_TITLES[role[0]]), role, points=points)
        if random.random() < 0.03:
            other = places.pick_place(random)
            contact.time_zone, contact.language = other.zone, other.language
        account.contacts.append(contact)
        made += 1
    return made
