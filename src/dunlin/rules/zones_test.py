"""Every zone of the table is one, and a place nobody knows takes the ledger's, marked as assumed."""

from zoneinfo import available_timezones

import pytest

from dunlin.rules import zones
from dunlin.rules.zones import Zone, zone_at

LEDGER = "America/Los_Angeles"


@pytest.mark.req("B3")
@pytest.mark.trap(30)
@pytest.mark.parametrize(
    "stated, country, region, zone, assumed",
    [
        pytest.param("Asia/Manila", "US", "CA", "Asia/Manila", False, id="what is stated wins"),
        pytest.param("", "DE", "", "Europe/Berlin", False, id="a country with one zone"),
        pytest.param("", "DE", "BY", "Europe/Berlin", False, id="and any region of it"),
        pytest.param("", "US", "CA", "America/Los_Angeles", False, id="a state with one zone"),
        pytest.param("", "US", "us-ny", "America/New_York", False, id="however it is written"),
        pytest.param("", "CA", "AB", "America/Edmonton", False, id="a province"),
        pytest.param("", "US", "TX", "America/Chicago", True, id="a state with two: where most live"),
        pytest.param("", "ES", "", "Europe/Madrid", True, id="a country with islands"),
        pytest.param("", "US", "", LEDGER, True, id="a wide country, state unknown"),
        pytest.param("", "BR", "SP", LEDGER, True, id="a wide country without a table"),
        pytest.param("", "", "", LEDGER, True, id="nothing known"),
    ],
)
def test_the_zone_of_a_place(stated, country, region, zone, assumed):
    assert zone_at(stated, country, region, LEDGER) == Zone(zone, assumed)


def test_the_table_names_zones_that_exist_and_places_it_has():
    assert set(zones._ZONES.values()) <= available_timezones()
    assert set(zones._ZONES) >= zones._SPLIT
    assert len([place for place in zones._ZONES if place.startswith("US-")]) == 53  # states, DC, PR and VI
    assert len([place for place in zones._ZONES if place.startswith("CA-")]) == 12  # Nunavut spans three
