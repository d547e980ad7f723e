"""Whether two account numbers are the same, without keeping either (invariant 38)."""

from __future__ import annotations

import re

from django.utils.crypto import salted_hmac


def fingerprint(account: str) -> str:
    """64 hexadecimal signs that are the same for the same account number, however it is written; "" for none.

    Keyed with the installation's secret, so that trying all numbers against a stolen table finds nothing. With another
    DUNLIN_SECRET_KEY every payer is learnt anew.
    """
    plain = re.sub(r"[^0-9A-Z]", "", account.upper())
    return salted_hmac("dunlin.account", plain, algorithm="sha256").hexdigest() if plain else ""
