"""What a message that has not gone would say now: the content of its sending, decided and undone."""

from __future__ import annotations

from django.db import transaction

from dunlin.actions.doing import Who
from dunlin.actions.message_content import Content, Stop, fresh_content
from dunlin.records.models import Message
from dunlin.records.policies import current_policy


def preview_message(who: Who, message_id: int) -> Content | Stop:
    """Subject, text and HTML as they would go this moment, or why nothing would. Nothing is kept."""
    with transaction.atomic():
        message = Message.objects.select_related("customer", "entity").get(pk=message_id)
        content = fresh_content(who, message, current_policy())
        transaction.set_rollback(True)
    return content
