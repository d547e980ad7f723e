"""Addresses of people in mail: read from headers of any quality, and checked before anything is sent to them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """One mail address. `name` is the display name, "" when there is none; `address` is local@domain, domain in lower case."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


def address_problem(text: str) -> str:
    """Why `text` is not an address mail can be sent to: a code of PROBLEMS, "" when it is fine."""
    return ""


def suggested_address(text: str) -> str:
    """The address probably meant where the domain is a mistyped well-known one; "" when nothing is suggested."""
    return ""
