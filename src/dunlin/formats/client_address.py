"""Where a request came from, as both doors for people count it: its address, and the network that a limit is for."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

_HOUSE_BITS = 64  # of an IPv6 address that one household or office has; it may change the others as it likes


def client_address(remote: str, forwarded_for: str, behind_proxy: bool) -> str:
    """The client's address. Behind our own proxy that is the last one it added; earlier ones anybody may have written."""
    added = forwarded_for.rpartition(",")[2].strip()[:100] if behind_proxy else ""
    return added or remote


def network_of(client: str) -> str:
    """What a limit counts: an IPv4 address, the network of an IPv6 one; what is no address, as it is."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address.packed, _HOUSE_BITS), strict=False))
