"""Defaults of settings that are tables: hours by place, rates by bucket, caps by place (rules/policy.py)."""

from __future__ import annotations

# Call windows in the debtor's local time, section 5. "US-*" stands for the states that close at 20:00: it narrows
# the window while the state is not known. `default` serves a known country without a row of its own.
CALL_HOURS = (
    ("EU", "08:00-20:00"),
    ("GB", "08:00-20:00"),
    ("IN", "08:00-19:00"),
    ("PH", "06:00-22:00"),
    ("US", "08:00-21:00"),
    ("US-*", "08:00-20:00"),
    ("default", "08:00-20:00"),
)

# Hours of automatic e-mail in the contact's local time; rows for places as in CALL_HOURS.
EMAIL_HOURS = (("default", "08:00-18:00"),)

# When the desk answers, in the ledger's zone. Kind `hours` has a row `default`; others are not used.
INBOX_HOURS = (("default", "09:00-17:00"),)

# The worked example of lifetime losses in IFRS 9's simplified approach, DOMAIN [20]: a start, not anybody's history.
LOSS_RATES = ("0.3", "1.6", "3.6", "6.6", "10.6")

# The highest card fee, per cent of the payment, where the law says one: DOMAIN section 5. 0: none may be taken.
CARD_FEE_CAPS = (("PR", "0"), ("US-CA", "0"), ("US-CO", "2"), ("US-CT", "0"), ("US-MA", "0"), ("US-ME", "0"))
