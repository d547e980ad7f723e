"""Where a mailbox is read, with its password from the environment."""

from __future__ import annotations

import json

from django.conf import settings

from dunlin.connectors.imap import SECURITIES, MailboxFailed, Place
from dunlin.records.models import Mailbox

__all__ = ["ARCHIVE_KEY", "SECURITIES", "lacks", "place_of"]

# The mailbox that gets a copy of everything sent; it is looked into, never taken in as mail of customers.
ARCHIVE_KEY = "archive"


def place_of(mailbox: Mailbox) -> Place:
    """How to reach it. MailboxFailed when DUNLIN_MAILBOX_PASSWORDS has no password for it."""
    try:
        passwords = json.loads(settings.ENVIRONMENT.mailbox_passwords.get_secret_value() or "{}")
    except ValueError:
        passwords = None
    if not isinstance(passwords, dict):
        raise MailboxFailed("DUNLIN_MAILBOX_PASSWORDS is no JSON object of key and password.")
    password = passwords.get(mailbox.key)
    if not isinstance(password, str) or not password:
        raise MailboxFailed(f"DUNLIN_MAILBOX_PASSWORDS has no password for {mailbox.key}.")
    return Place(mailbox.host, mailbox.port, mailbox.security, mailbox.username, password, mailbox.folder)


def lacks(mailbox: Mailbox) -> str:
    """What keeps a mailbox that is switched on from being read, in a sentence; empty when nothing does."""
    if not mailbox.active or not mailbox.host:
        return ""
    try:
        place_of(mailbox)
    except MailboxFailed as failed:
        return str(failed)
    return ""
