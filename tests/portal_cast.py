"""Customers in the portal, for tests: a browser of their own, signed in by the link of the mail.

Priya    Lakeside's accounts payable     Jonas    Harbour's
"""

from __future__ import annotations

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from dunlin.records.models import Customer, Message, Setting
from tests import cast
from tests.cast import TODAY

PRIYA, JONAS = "priya@l-100.test", "jonas@h-200.test"
PDF = b"%PDF-1.4\n%%EOF\n"


class Browser(Client):
    """One that reaches the portal by the name of this machine, for links of a mail are encrypted or lead here."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"SERVER_NAME": "localhost", **more})


def ask_for(client: Client, address: str) -> str:
    """Ask for a link; its path, "" when none was sent."""
    before = set(Message.objects.values_list("pk", flat=True))
    answer = client.post("/portal/sign-in", {"address": address})
    assert answer.status_code == 200
    message = Message.objects.exclude(pk__in=before).first()
    if message is None:
        return ""
    found = re.search(r"http://localhost(?::\d+)?(/portal/link/[\w-]+)", message.text)
    assert found is not None
    return found[1]


def signed_in(address: str = PRIYA, **more: Any) -> Browser:
    """A browser that is signed in."""
    client = Browser(**more)
    assert client.post(ask_for(client, address)).status_code == 302
    return client


def words(client: Client, path: str, status: int = 200) -> str:
    """The page as text."""
    answer = client.get(path)
    assert answer.status_code == status, path
    return str(answer.content.decode())


def at(name: str, customer: Customer, **more: Any) -> str:
    """An address of an account."""
    return reverse(name, kwargs={"pk": customer.pk, **more})


def setting(name: str, value: object) -> None:
    """A setting as an administrator changed it."""
    Setting.objects.update_or_create(name=name, defaults={"value": value, "changed_at": cast.moment(TODAY)})
