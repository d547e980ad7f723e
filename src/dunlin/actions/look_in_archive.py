"""Settle what was cut off by looking into the archive mailbox, which gets an unseen copy of everything that leaves."""

from __future__ import annotations

from dunlin.actions.doing import Who
from dunlin.actions.mailbox_place import ARCHIVE_KEY, place_of
from dunlin.actions.settle_message import Settled, settle_by_looking
from dunlin.connectors.imap import ImapMailbox, MailboxFailed
from dunlin.records.models import Mailbox
from dunlin.rules.codes import Refused


def settle_by_archive(who: Who) -> Settled:
    """Every message that was cut off more than two minutes ago: sent when the archive has it, else to go again.

    Refused: archive_not_set_up, archive_not_read.
    """
    box = Mailbox.objects.filter(key=ARCHIVE_KEY).first()
    if box is None or not box.host:
        raise Refused("archive_not_set_up")
    try:
        with ImapMailbox(place_of(box)) as opened:
            return settle_by_looking(who, opened.has_message)
    except MailboxFailed as failed:
        raise Refused("archive_not_read", why=str(failed)) from None
