"""Where a request came from: the proxy's word alone counts, and a house is one client."""

from __future__ import annotations

import pytest

from dunlin.formats.client_address import client_address, network_of


@pytest.mark.parametrize(
    "remote, forwarded, behind, client",
    [
        ("192.0.2.1", "203.0.113.9", False, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9, 198.51.100.7", True, "198.51.100.7"),
        ("192.0.2.1", "", True, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9, ", True, "192.0.2.1"),
        ("192.0.2.1", "x" * 500, True, "x" * 100),
    ],
)
def test_behind_a_proxy_the_last_address_it_added_else_the_one_that_called(remote, forwarded, behind, client):
    assert client_address(remote, forwarded, behind) == client


@pytest.mark.parametrize(
    "client, network",
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("somewhere", "somewhere"),
    ],
)
def test_a_limit_counts_a_house_once(client, network):
    assert network_of(client) == network
