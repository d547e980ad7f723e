"""Every threshold is a setting with a default, a unit and bounds."""

import json
import pickle
from dataclasses import FrozenInstanceError, fields
from decimal import Decimal

import pytest

from dunlin.rules.policy import SETTINGS, NotASetting, Policy, minutes_of


@pytest.mark.parametrize(
    "name, default",
    [
        ("campaign.size", 75),
        ("campaign.max_attempts", 3),
        ("campaign.spacing_minutes", 60),
        ("stage.days", (5, 15)),
        ("stage.suspension_over", 30),
        ("aging.late_bucket_from", 31),
        ("mrr.priority_months", 2),
        ("promise.tolerance_days", 2),
        ("target.late_total", Decimal(2_000_000)),
        ("target.dso_days", 35),
        ("report.large_debit_over", Decimal(50_000)),
        ("statement.day", 15),
        ("finals.nth_business_day", 6),
    ],
)
def test_the_defaults_of_the_domain(name, default):
    assert SETTINGS[name].default == default
    assert getattr(Policy(), SETTINGS[name].attribute) == default


def test_every_field_is_a_documented_setting():
    assert {setting.attribute for setting in SETTINGS.values()} == {each.name for each in fields(Policy)}
    assert all(setting.help.endswith(".") for setting in SETTINGS.values())


def test_there_and_back_as_plain_values():
    policy = Policy(campaign_size=40, promise_tolerance_pct=Decimal("2.5"), stage_days=(3, 10))
    plain = json.loads(json.dumps(policy.as_mapping()))
    assert Policy.from_mapping(plain) == policy
    assert policy.changed() == {"campaign.size": 40, "promise.tolerance_pct": "2.5", "stage.days": [3, 10]}
    assert pickle.loads(pickle.dumps(policy)) == policy
    assert Policy().changed() == {}


@pytest.mark.parametrize(
    "values, words",
    [
        ({"campaign.sise": 3}, "There is no setting 'campaign.sise'."),
        ({"campaign.size": 0}, "campaign.size: 0 is below 1 customers."),
        ({"campaign.max_attempts": 4}, "campaign.max_attempts: 4 is above 3 calls."),
        ({"campaign.size": "many"}, "campaign.size: “many” is not a whole number."),
        ({"campaign.size": 7.5}, "campaign.size: 7.5 is not a whole number."),
        ({"campaign.size": True}, "campaign.size: True is neither a number nor a text."),
        ({"call.on": 1}, "There is no setting 'call.on'."),
        ({"conduct.call_on_weekends": 1}, "conduct.call_on_weekends: 1 is not true or false."),
        (
            {"promise.tolerance_pct": 2.5},
            "promise.tolerance_pct: 2.5 must be written as text, such as '2.5'.",
        ),
        (
            {"stage.days": [15, 5]},
            "stage.days: “15, 5” must be rising days, two of them unless they are buckets.",
        ),
        ({"worklist.tier_order": ["late", "late"]}, "must name each of"),
        ({"home.currency": "XXX"}, "home.currency: “XXX” is not a currency code"),
        ({"ledger.time_zone": "Mars/Base"}, "is not a time zone such as Europe/Berlin."),
        ({"aging.basis": "posting"}, "is not one of due_date, invoice_date."),
        ({"conduct.call_hours": {"US": "08:00-21:00"}}, "has no row `default`."),
        ({"inbox.act_alone": {"dispute": "0.99"}}, "is not done without a person"),
        ({"inbox.act_alone": {"bounce": "1.2"}}, "for bounce is not a share above 0 and up to 1."),
        ({"inbox.act_alone": {"bounce": 0.95}}, "must have its numbers written as text"),
        ({"conduct.call_hours": {"default": "21:00-08:00"}}, "for default is not hours such as 08:00-20:00."),
    ],
)
def test_what_is_wrong_is_named(values, words):
    with pytest.raises(NotASetting) as refused:
        Policy.from_mapping(values)
    assert words in str(refused.value)


def test_bounds_hold_for_code_too():
    with pytest.raises(NotASetting):
        Policy(campaign_size=0)
    with pytest.raises(FrozenInstanceError):
        Policy().campaign_size = 5  # type: ignore[misc]


def test_windows_end_at_midnight_at_the_latest():
    assert minutes_of("00:00-24:00") == (0, 1440)
    for wrong in ("08:00-25:00", "8:00-20:00", "08:00 20:00", "08:70-20:00", ""):
        with pytest.raises(ValueError):
            minutes_of(wrong)


@pytest.mark.rule("P17")
@pytest.mark.parametrize(
    "rates, why",
    [
        ([], "one to 8 rates"),
        (["1"] * 9, "one to 8 rates"),
        (["-1"], "below 0"),
        (["101"], "above 100"),
        (["NaN"], "not a number"),
        ([2.5], "written as text"),
        ("5", "written as text"),
        (["much"], "a list of numbers"),
    ],
)
def test_loss_rates_are_one_to_eight_per_cents(rates, why) -> None:
    with pytest.raises(NotASetting, match=why):
        Policy.from_mapping({"loss.rates_pct": rates})


def test_loss_rates_are_exact_and_read_back() -> None:
    made = Policy.from_mapping({"loss.rates_pct": ["0.25", 2, "100"]})
    assert made.loss_rates_pct == (Decimal("0.25"), Decimal(2), Decimal(100))
    assert made.changed() == {"loss.rates_pct": ["0.25", "2", "100"]}
    assert Policy.from_mapping(made.as_mapping()) == made
