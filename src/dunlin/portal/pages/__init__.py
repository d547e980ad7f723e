"""The Jinja environment of the portal's pages: its words, how amounts and days are written, its files."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from dunlin.portal.words import LANGUAGES, language_of, words_in


def environment(**options: Any) -> Environment:
    """Autoescape on; an unknown name is an error, not an empty place."""
    options["undefined"] = StrictUndefined
    options["autoescape"] = True
    options["trim_blocks"] = options["lstrip_blocks"] = True
    env = Environment(**options)  # noqa: S701  autoescape is set above
    env.globals.update(
        asset=asset, url=reverse, LANGUAGES=LANGUAGES, named=language_name, urlencode=urlencode
    )
    env.filters.update(iso=iso)
    return env


def context(request: HttpRequest) -> dict[str, Any]:
    """What every page has: the words as `say`, the standing (None where the door did not come), the token of its forms."""
    standing = getattr(request, "portal", None)
    accepted = request.headers.get("Accept-Language", "")
    say = standing.words if standing is not None else words_in(language_of("", (), accepted))
    token = get_token(request)
    return {
        "portal": standing,
        "say": say,
        "here": request.get_full_path() if request.method in ("GET", "HEAD") else request.path,
        "csrf": Markup('<input type="hidden" name="csrfmiddlewaretoken" value="{}">').format(token),
    }


def iso(value: date | None) -> str:
    return value.isoformat() if value else ""


def language_name(tag: str) -> str:
    """A language in its own words."""
    return words_in(tag)("language")


@cache
def asset(name: str) -> str:
    """The address of a static file with a mark of its content, so that an upgrade is seen at once."""
    found = finders.find(name)
    if found is None:
        raise FileNotFoundError(f"no static file {name!r}")
    return f"{static(name)}?v={hashlib.sha256(Path(found).read_bytes()).hexdigest()[:8]}"
