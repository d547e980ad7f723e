"""Tables on screen: their heads, the order asked for, and the page of rows shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.http import HttpRequest

SIZE = 100


@dataclass(frozen=True)
class Head:
    """A column head. `sort` is the name the address uses; `unit` (a currency, "days") stands beside the label once."""

    label: str
    sort: str = ""
    number: bool = False
    unit: str = ""
    hint: str = ""
    unseen: bool = False  # a column of buttons has a name for screen readers only


@dataclass(frozen=True)
class Pages:
    """Which rows of `total` are shown. `number` starts at 1 and never leaves the range."""

    total: int
    number: int = 1
    size: int = SIZE

    @property
    def count(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.offset + self.size, self.total)


def pages_of(request: HttpRequest, total: int, size: int = SIZE) -> Pages:
    """The page asked for with `?page=`; a page that does not exist is the nearest one that does."""
    text = request.GET.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
    return Pages(total, max(1, min(number, Pages(total, 1, size).count)), size)


def sort_of(request: HttpRequest, allowed: Collection[str], default: str) -> str:
    """The order asked for with `?sort=name` or `?sort=-name`; anything not in `allowed` is the `default`."""
    asked = request.GET.get("sort", "")
    return asked if asked.removeprefix("-") in allowed else default


def next_sort(current: str, name: str, number: bool) -> str:
    """What a click on the head of `name` asks for: numbers start with the largest, then it turns round."""
    first, second = (f"-{name}", name) if number else (name, f"-{name}")
    return second if current == first else first
