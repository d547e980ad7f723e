"""Law and custom of contact by place, as dated data: who is called when, how often, how recorded; the strictest one holds.

A profile is (country or state, kind of debtor, kind of collector). Where several match, or the place is not known, each key
takes the strictest of their values. Every value says since when it holds, where it stands, when it was last looked at and by
when to look again. This is configuration with dated defaults, not legal advice. See docs/rules/conduct.md (DOMAIN section 5; D10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

# Countries that the row "EU" serves.
EU = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())

DEBTORS = ("company", "sole_trader", "consumer")
COLLECTORS = ("first_party", "agency")

_LOOKED_AT = date(2026, 11, 26)
_AGAIN_BY = date(2027, 11, 26)


class Value(NamedTuple):
    """One value of a profile. `binding`: law, practice (a regulator's or a trade's floor) or default (ours)."""

    value: Any
    binding: str
    source: str
    valid_from: date
    last_verified: date = _LOOKED_AT
    review_by: date = _AGAIN_BY


@dataclass(frozen=True, slots=True)
class Profile:
    """One row. An empty `places` is any place, `regions` narrows a single country; kinds left empty are any kind."""

    name: str
    values: Mapping[str, Value]
    places: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    debtors: tuple[str, ...] = DEBTORS
    collectors: tuple[str, ...] = COLLECTORS


class Chosen(NamedTuple):
    """A value with the name of the profile it comes from."""

    profile: str
    value: Value


class Stale(NamedTuple):
    """A value that should have been looked at again by now."""

    profile: str
    key: str
    review_by: date


def _minutes(window: str) -> int:
    """Length of a window "08:00-20:00" in minutes; the shorter is the stricter."""
    (h1, m1), (h2, m2) = (map(int, clock.split(":")) for clock in window.split("-"))
    return h2 * 60 + m2 - h1 * 60 - m1


_RECORDING = ("consent_of_all", "announce", "inform")

# Every key, what it says, and how strict a value is: the smallest wins. Windows are cut to the hours they share instead.
KEYS: Mapping[str, tuple[str, Callable[[Any], Any]]] = MappingProxyType({
    "call_window": ("Calls only in these hours of the debtor's local time", _minutes),
    "calls_per_day": ("Most calls to one customer on a day", int),
    "calls_per_week_unreached": ("Most calls in seven days while nobody was reached in them", int),
    "calls_per_week": ("Most calls in seven days, and none within seven days of a conversation", int),
    "recording": ("Before a call is recorded", _RECORDING.index),
    "email": ("What a dunning e-mail needs", ("true_headers_legal_basis", "true_headers").index),
    "limitation_years": ("Years until a contract claim is too old to sue for", Decimal),
    "card_surcharge_max_pct": ("Most that may be added for paying by card", Decimal),
})  # fmt: skip


def _law(value: Any, source: str, since: str) -> Value:
    return Value(value, "law", source, date.fromisoformat(since))


def _practice(value: Any, source: str, since: str) -> Value:
    return Value(value, "practice", source, date.fromisoformat(since))


def _default(value: Any, source: str = "default of Dunlin", since: str = "2026-01-01") -> Value:
    return Value(value, "default", source, date.fromisoformat(since))


_REG_F = "12 CFR 1006.14(b) (Regulation F)"
_NO_SURCHARGE = frozenset("CT MA PR ME CA".split())  # barred, or debated whether it is
_EUROPE = {
    "call_window": _default("08:00-20:00"),
    "calls_per_week_unreached": _default(3),
    "recording": _law("consent_of_all", "Regulation (EU) 2016/679, articles 6 and 13", "2018-05-25"),
    "email": _law("true_headers_legal_basis", "Regulation (EU) 2016/679, article 6(1)(b), (f)", "2018-05-25"),
}
_NO_CONSUMER_SURCHARGE = _law(Decimal(0), "Directive (EU) 2015/2366, article 62(4)", "2018-01-13")

PROFILES: tuple[Profile, ...] = (
    Profile("default", {"call_window": _default("08:00-20:00"), "recording": _default("announce")}),
    Profile("US", {
        "call_window": _practice("08:00-21:00", "12 CFR 1006.6(b)(1), taken as the floor for companies too", "2021-11-30"),
        "recording": _law("announce", "18 U.S.C. 2511(2)(d); some states ask all parties", "1968-06-19"),
        "email": _law("true_headers", "15 U.S.C. 7704 (CAN-SPAM)", "2004-01-01"),
        "limitation_years": _law(Decimal(3), "shortest of the states; sale of goods 4 (UCC 2-725)", "1952-01-01"),
        "card_surcharge_max_pct": _practice(Decimal(3), "card scheme rules", "2023-04-15"),
    }, frozenset({"US"})),
    Profile("US-*", {"call_window": _practice("08:00-20:00", "states that close at 20:00", "2021-11-30")},
            frozenset({"US"}), frozenset({"*"})),
    Profile("US without surcharge", {"card_surcharge_max_pct": _law(Decimal(0), "state law", "2018-01-01")},
            frozenset({"US"}), _NO_SURCHARGE),
    Profile("US-CO", {"card_surcharge_max_pct": _law(Decimal(2), "Colorado Rev. Stat. 5-2-212", "2022-07-01")},
            frozenset({"US"}), frozenset({"CO"})),
    Profile("US consumer", {"calls_per_week": _law(7, _REG_F, "2021-11-30")},
            frozenset({"US"}), debtors=("sole_trader", "consumer")),
    Profile("US agency", {"calls_per_week": _law(7, _REG_F, "2021-11-30")}, frozenset({"US"}), collectors=("agency",)),
    Profile("GB", {
        "call_window": _default("08:00-20:00"),
        "calls_per_week_unreached": _default(3),
        "recording": _law("inform", "UK GDPR, article 13", "2021-01-01"),
        "email": _law("true_headers", "PECR 2003, regulation 23", "2003-12-11"),
        "limitation_years": _law(Decimal(6), "Limitation Act 1980, section 5", "1981-05-01"),
    }, frozenset({"GB"})),
    Profile("GB consumer", {"card_surcharge_max_pct": _law(Decimal(0), "SI 2012/3110, regulation 6A", "2018-01-13")},
            frozenset({"GB"}), debtors=("sole_trader", "consumer")),
    Profile("EU", _EUROPE, EU),
    Profile("EU consumer", {"card_surcharge_max_pct": _NO_CONSUMER_SURCHARGE}, EU, debtors=("sole_trader", "consumer")),
    Profile("PH", {
        "call_window": _practice("06:00-22:00", "SEC Memorandum Circular 18 of 2019; binds lenders", "2019-08-19"),
        "recording": _law("consent_of_all", "Republic Act 4200", "1965-06-19"),
        "email": _law("true_headers_legal_basis", "Republic Act 10173", "2012-09-08"),
        "limitation_years": _law(Decimal(10), "Civil Code, article 1144 (written contract)", "1950-08-30"),
    }, frozenset({"PH"})),
    Profile("IN", {
        "call_window": _practice("08:00-19:00", "RBI circular of 12 August 2022; binds lenders", "2022-08-12"),
        "calls_per_day": _practice(3, "custom of lenders", "2022-08-12"),
        "recording": _law("inform", "Digital Personal Data Protection Act 2023", "2023-08-11"),
        "email": _law("true_headers_legal_basis", "Digital Personal Data Protection Act 2023", "2023-08-11"),
        "limitation_years": _law(Decimal(3), "Limitation Act 1963, article 55", "1964-01-01"),
    }, frozenset({"IN"})),
)  # fmt: skip


def matching(
    country: str = "", region: str = "", debtor: str = "company", collector: str = "first_party"
) -> tuple[Profile, ...]:
    """Every profile that may hold for a place and two kinds. What is not known ("") may be anything, so all of it matches.

    The profile "default" serves a known country without a profile of its own. ValueError for a kind that does not exist.
    """
    if debtor not in ("", *DEBTORS) or collector not in ("", *COLLECTORS):
        raise ValueError(f"{debtor!r} or {collector!r} is not a kind of debtor or collector")
    region = region.upper().removeprefix(f"{country}-")
    found = [
        each
        for each in PROFILES
        if each.places
        and (not country or country in each.places)
        and (not region or not each.regions or region in each.regions)
        and (not debtor or debtor in each.debtors)
        and (not collector or collector in each.collectors)
    ]
    own = any(not each.regions for each in found)
    return tuple(found) if country and own else (PROFILES[0], *found)


def profile_for(
    country: str = "", region: str = "", debtor: str = "company", collector: str = "first_party"
) -> dict[str, Chosen]:
    """Key → the strictest value of all profiles that match, with the profile it comes from. Keys nobody states are missing.

    Call windows are cut to the hours they share, which may be shorter than any of them.
    """
    chosen: dict[str, Chosen] = {}
    for profile in matching(country, region, debtor, collector):
        for key, value in profile.values.items():
            now = chosen.get(key)
            if key == "call_window" and now is not None:
                value = value._replace(value=_shared(now.value.value, value.value))
            if now is None or KEYS[key][1](value.value) < KEYS[key][1](now.value.value):
                chosen[key] = Chosen(profile.name, value)
    return chosen


def rule_fact(
    key: str, country: str = "", region: str = "", debtor: str = "company", collector: str = "first_party"
) -> dict[str, str]:
    """Who says so: {"key", "profile", "source", "binding"} of the value that holds for a place, for the facts of a refusal."""
    name, value = profile_for(country, region, debtor, collector)[key]
    return {"key": key, "profile": name, "source": value.source, "binding": value.binding}


def stale(today: date, profiles: Sequence[Profile] = PROFILES) -> list[Stale]:
    """The values whose review date has passed on `today`, oldest first: they still hold, and a person should look."""
    late = [
        Stale(profile.name, key, value.review_by)
        for profile in profiles
        for key, value in profile.values.items()
        if value.review_by < today
    ]
    return sorted(late, key=lambda each: (each.review_by, each.profile, each.key))


def _shared(one: str, other: str) -> str:
    """The hours that two windows share; the shorter one when they share none."""
    first, last = max(one[:5], other[:5]), min(one[6:], other[6:])
    return f"{first}-{last}" if first < last else min(one, other, key=_minutes)
