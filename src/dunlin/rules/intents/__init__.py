"""Understanding inbound mail offline: headers, then rules, then words. See docs/rules/intents.md."""

from dunlin.rules.intents.kinds import (
    ACTIONS,
    ALONE_FROM,
    INTENTS,
    NEVER_ALONE,
    Entities,
    Found,
    MailText,
    Promise,
    Understanding,
)
from dunlin.rules.intents.understand import understand

__all__ = [
    "ACTIONS",
    "ALONE_FROM",
    "INTENTS",
    "NEVER_ALONE",
    "Entities",
    "Found",
    "MailText",
    "Promise",
    "Understanding",
    "understand",
]
