"""How often something may be asked for without signing in: counted in the cache by where it comes from, or by what it shows.

Each web process counts for itself unless they share a cache: so many processes, so many times the limit at most.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from dunlin.desk.sign_in import client_of
from dunlin.formats import client_address


class Limit(NamedTuple):
    """`most` times in each span of `seconds`. `what`, in letters, keeps counts of different things apart."""

    what: str
    most: int
    seconds: int


def seconds_to_wait(limit: Limit, by: str, at: datetime) -> int:
    """Count once more for `by`: 0 while it is within the limit, else the seconds until the span is over."""
    span, into = divmod(int(at.timestamp()), limit.seconds)
    # Neither an address nor a secret stands in the cache in clear.
    key = f"limit:{limit.what}:{sha256(by.encode()).hexdigest()}:{span}"
    cache.add(key, 0, limit.seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # a full cache put it out between the two lines
        cache.set(key, 1, limit.seconds)
        count = 1
    return 0 if count <= limit.most else limit.seconds - into


def network_of(request: HttpRequest) -> str:
    """Where the request came from, as a limit counts it: an IPv4 address, or the network of an IPv6 one."""
    return client_address.network_of(client_of(request))


def too_often(wait: int) -> HttpResponse:
    """The answer 429 to a program: when to come again."""
    answer = HttpResponse(
        f"Too often. Come again in {wait} seconds.\n", status=429, content_type="text/plain; charset=utf-8"
    )
    answer["Retry-After"] = str(wait)
    answer["Cache-Control"] = "no-store"
    return answer
