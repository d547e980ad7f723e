"""The people of the sample company, whom they look after, and how they differ at work."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

# One password for everyone: the company is invented and its books are open to whoever runs it.
PASSWORD = "wading-bird-2026"


class Person(NamedTuple):
    """A user. The figures are for those who call: customers called on a good day, and skill (1.0 is the team's middle) in
    reaching people, in getting a promise, and in getting promises that hold."""

    username: str
    first: str
    last: str
    role: str
    calls: int = 0
    reaches: float = 1.0
    asks: float = 1.0
    holds: float = 1.0


PEOPLE = (
    Person("ana", "Ana", "Ferreira-Lund", "collector", 76, 1.10, 1.15, 1.10),
    Person("ben", "Ben", "Okonkwo", "collector", 68, 0.95, 1.00, 1.00),
    Person("carla", "Carla", "Winterbourne", "collector", 61, 1.05, 0.85, 1.12),
    Person("dev", "Dev", "Raghunathan", "collector", 73, 0.90, 1.20, 0.85),
    Person("elif", "Elif", "Karasu", "collector", 66, 1.20, 1.05, 1.08),
    Person("femi", "Femi", "Adeyemi-Roux", "collector", 52, 0.80, 0.80, 0.92),
    Person("senior", "Grace", "Tolland", "senior_collector", 34, 1.25, 1.10, 1.15),
    Person("lead", "Lena", "Marchetti", "team_lead"),
    Person("manager", "Mona", "Ashdown", "ar_manager"),
    Person("finance", "Farouk", "Delgado", "finance_manager"),
    Person("controller", "Carol", "Vanterpool", "corporate_controller"),
    Person("vp", "Victor", "Ormsby", "vp_finance"),
    Person("sales", "Sofia", "Brandt", "sales"),
    Person("sales2", "Stellan", "Moreau", "sales"),
    Person("sales3", "Sunniva", "Clarke", "sales"),
    Person("business", "Bertrand", "Hale", "business_manager"),
    Person("support", "Suki", "Palmer", "support"),
    Person("operations", "Oren", "Whitfield", "operations"),
    Person("auditor", "Aude", "Lindholm", "auditor"),
    Person("admin", "Adam", "Skerry", "administrator"),
    Person("retired", "Ruth", "Penhallow", "collector"),  # left the company; not active
)
CALLERS = tuple(person for person in PEOPLE if person.calls)
INACTIVE = ("retired",)

_USUAL = ["small", "mid", "enterprise"]
_NORTH = ["AT", "CH", "DE", "DK", "IE", "NL", "PL", "SE"]
_SOUTH = ["BE", "ES", "FR", "GR", "IT", "PT"]
_FAR = ["AU", "BR", "IN", "JP", "MX", "PH"]

# Name, collector, criteria. No two take the same customer, so their order does not matter. `public` has no rule: its
# customers are given out by hand, and some wait for an owner.
RULES: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("Key accounts", "senior", {"segments": ["key"]}),
    (
        "United States, numbers to 13",
        "ana",
        {"countries": ["US"], "segments": _USUAL, "number_from": "10", "number_to": "13"},
    ),
    (
        "United States, numbers 14 to 17",
        "ben",
        {"countries": ["US"], "segments": _USUAL, "number_from": "14", "number_to": "17"},
    ),
    (
        "United States, numbers from 18",
        "carla",
        {"countries": ["US"], "segments": _USUAL, "number_from": "18", "number_to": "29"},
    ),
    ("Canada", "ana", {"countries": ["CA"], "segments": _USUAL}),
    ("Latin America, Asia and Pacific", "carla", {"countries": _FAR, "segments": _USUAL}),
    ("Britain", "dev", {"countries": ["GB"], "segments": _USUAL}),
    ("Ireland, Northern and Central Europe", "elif", {"countries": _NORTH, "segments": _USUAL}),
    ("France, Belgium and the South", "femi", {"countries": _SOUTH, "segments": _USUAL}),
)


def collector_of(country: str, segment: str, number: str) -> str | None:
    """Username of the collector whose rule takes the customer; None when no rule does."""
    for _, collector, criteria in RULES:
        countries, segments = criteria.get("countries"), criteria["segments"]
        low, high = str(criteria.get("number_from", "")), str(criteria.get("number_to", "\uffff"))
        if (
            segment in segments
            and (not countries or country in countries)
            and low <= number <= high + "\uffff"
        ):  # type: ignore[operator]
            return collector
    return None


def absences(today: date) -> list[tuple[str, str, date, date, str]]:
    """Who is away, who covers, from and through which day, and why: one now, some in the past, one to come."""
    return [
        ("femi", "senior", today - timedelta(days=2), today + timedelta(days=6), "Paternity leave"),
        ("ana", "ben", today - timedelta(days=120), today - timedelta(days=108), "Summer holiday"),
        ("dev", "elif", today - timedelta(days=96), today - timedelta(days=85), "Summer holiday"),
        ("ben", "ana", today - timedelta(days=40), today - timedelta(days=38), "Course"),
        ("elif", "dev", today + timedelta(days=26), today + timedelta(days=38), "Year-end holiday"),
    ]
