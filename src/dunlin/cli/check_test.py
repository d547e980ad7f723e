"""dunlin check: rules of conduct past their review date are told, and refuse nothing."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from click.testing import CliRunner

from dunlin.cli.check import check
from dunlin.rules.conduct_profiles import PROFILES, stale

pytestmark = pytest.mark.req("D10")
LAST = max(value.review_by for profile in PROFILES for value in profile.values.values())


@pytest.fixture
def _nothing_unsafe(settings):
    settings.UNSAFE = ()


@pytest.mark.usefixtures("_nothing_unsafe")
def test_values_past_their_review_date_are_told():
    with time_machine.travel(date(LAST.year + 1, 1, 1)):
        told = CliRunner().invoke(check)
    assert told.exit_code == 0
    lines = [line for line in told.output.splitlines() if line.startswith("Conduct: ")]
    assert len(lines) == len(stale(date(LAST.year + 1, 1, 1))) > 0
    assert "it still holds" in lines[0]


@pytest.mark.usefixtures("_nothing_unsafe")
def test_values_within_it_are_not():
    with time_machine.travel(date(2026, 1, 1)):
        assert "Conduct: " not in CliRunner().invoke(check).output
