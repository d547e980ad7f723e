"""The profiles: the strictest of all that may hold, dated and named, and warned about once they are old."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.conduct import Place, window_for
from dunlin.rules.conduct_profiles import (
    COLLECTORS,
    DEBTORS,
    KEYS,
    PROFILES,
    matching,
    profile_for,
    rule_fact,
    stale,
)
from dunlin.rules.policy import Policy, minutes_of

pytestmark = pytest.mark.req("D10")

PLACES = [
    ("US", "TX"),
    ("US", "CT"),
    ("US", ""),
    ("GB", ""),
    ("DE", ""),
    ("PH", ""),
    ("IN", ""),
    ("BR", ""),
    ("", ""),
]


def value(key, *who, **kinds):
    chosen = profile_for(*who, **kinds).get(key)
    return chosen and (chosen.profile, chosen.value.value)


@pytest.mark.parametrize(
    "key, who, kinds, expected",
    [
        ("call_window", ("US", "TX"), {}, ("US", "08:00-21:00")),
        ("call_window", ("US",), {}, ("US-*", "08:00-20:00")),
        ("call_window", (), {}, ("IN", "08:00-19:00")),
        ("call_window", ("BR",), {}, ("default", "08:00-20:00")),
        ("calls_per_week_unreached", ("FR",), {}, ("EU", 3)),
        ("calls_per_week_unreached", ("US", "TX"), {}, None),
        ("calls_per_week", ("US", "TX"), {}, None),
        ("calls_per_week", ("US", "TX"), {"debtor": "consumer"}, ("US consumer", 7)),
        ("calls_per_week", ("US", "TX"), {"collector": "agency"}, ("US agency", 7)),
        ("calls_per_week", ("US", "TX"), {"debtor": ""}, ("US consumer", 7)),
        ("recording", ("US", "TX"), {}, ("US", "announce")),
        ("recording", (), {}, ("EU", "consent_of_all")),
        ("limitation_years", ("GB",), {}, ("GB", Decimal(6))),
        ("limitation_years", (), {}, ("US", Decimal(3))),
        ("card_surcharge_max_pct", ("US", "TX"), {}, ("US", Decimal(3))),
        ("card_surcharge_max_pct", ("US", "US-CO"), {}, ("US-CO", Decimal(2))),
        ("card_surcharge_max_pct", ("US",), {}, ("US without surcharge", Decimal(0))),
        ("card_surcharge_max_pct", ("DE",), {"debtor": "sole_trader"}, ("EU consumer", Decimal(0))),
    ],
)
def test_the_strictest_value_and_the_profile_it_comes_from(key, who, kinds, expected):
    assert value(key, *who, **kinds) == expected


@given(st.sampled_from(PLACES), st.sampled_from(["", *DEBTORS]), st.sampled_from(["", *COLLECTORS]))
def test_knowing_less_never_makes_a_rule_milder(place, debtor, collector):
    known = profile_for(*place, debtor, collector)
    for country, region in {place, (place[0], ""), ("", "")}:
        for kinds in product({debtor, ""}, {collector, ""}):
            vague = profile_for(country, region, *kinds)
            for key, chosen in known.items():
                strictness = KEYS[key][1]
                assert strictness(vague[key].value.value) <= strictness(chosen.value.value), key


def test_every_value_is_dated_sourced_and_of_a_known_key():
    for profile in PROFILES:
        for key, each in profile.values.items():
            assert key in KEYS
            assert each.binding in ("law", "practice", "default")
            assert each.source
            assert each.valid_from <= each.last_verified < each.review_by
            KEYS[key][1](each.value)  # it can be compared


def test_the_default_hours_of_calls_are_those_of_the_profiles():
    for country, region in PLACES:
        window = profile_for(country, region)["call_window"].value.value
        assert window_for(Place(country=country, region=region), Policy()) == minutes_of(window), (
            country,
            region,
        )


def test_a_value_past_its_review_date_warns_and_still_holds():
    today = PROFILES[0].values["recording"].review_by
    assert stale(today) == []
    assert len(stale(today + timedelta(1))) == sum(len(each.values) for each in PROFILES)
    old = replace(
        PROFILES[1],
        values={"recording": PROFILES[1].values["recording"]._replace(review_by=date(2020, 1, 1))},
    )
    assert [tuple(each) for each in stale(today, [old])] == [("US", "recording", date(2020, 1, 1))]


def test_a_rule_names_its_source():
    fact = rule_fact("calls_per_week", "US", debtor="consumer")
    assert fact == {
        "key": "calls_per_week", "profile": "US consumer", "source": "12 CFR 1006.14(b) (Regulation F)", "binding": "law",
    }  # fmt: skip
    assert [each.name for each in matching("DE")] == ["EU"]
    with pytest.raises(ValueError, match="person"):
        matching("DE", debtor="person")
