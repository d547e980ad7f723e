"""What the frame around every staff page needs: its rail, its addresses, its files, its theme, its toasts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.messages import get_messages
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from dunlin.desk.tables import Head
from dunlin.rules.roles import may

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "dunlin_theme"
PARTS = ("controls", "fields", "data", "feedback")


@dataclass(frozen=True)
class Entry:
    """One place in the rail. `name` is its URL name; it shows when that exists and the role may see `verb`."""

    name: str
    label: str
    icon: str
    key: str
    verb: str = ""


RAIL = (
    Entry("today", "Today", "today", "g t", "log_call"),
    Entry("accounts", "Accounts", "accounts", "g a", "see_own_customers"),
    Entry("inbox", "Inbox", "inbox", "g b", "see_inbox"),
    Entry("follow_ups", "Follow-ups", "clock", "g f", "see_own_customers"),
    Entry("approvals", "Approvals", "check", "g v", "see_approvals"),
    Entry("sending", "Sending", "mail", "g n", "see_processes"),
    Entry("aging", "Aging", "aging", "g g", "see_own_customers"),
    Entry("measures", "Measures", "measures", "g m", "see_measures"),
    Entry("tracking", "Tracking", "tracking", "g r", "see_measures"),
    Entry("receipts", "Receipts", "cash", "g p", "see_receipts"),
    Entry("clean_up", "Clean-up", "edit", "g c", "see_clean_up"),
    Entry("refunds", "Refunds", "cash", "g u", "see_refunds"),
    Entry("imports", "Import", "import", "g i", "see_imports"),
    Entry("team", "Team", "team", "g e", "see_team"),
    Entry("settings", "Settings", "settings", "g s", "see_settings"),
)
_LEVELS = {"debug": "info", "info": "info", "success": "good", "warning": "warn", "error": "bad"}


@dataclass(frozen=True)
class Toast:
    """A sentence about what happened; `undo` is the address that a POST undoes it at, `link` the record."""

    kind: str
    text: str
    undo: str = ""
    link: str = ""


def equip(env: Environment) -> None:
    """Give the pages their components (`ui.button(...)`) and the functions of the shell."""
    components = SimpleNamespace()
    env.globals.update(
        ui=components,
        asset=asset,
        attrs=attrs,
        url_or_none=url_or_none,
        company_sign_in=company_sign_in,
        to=to,
        rail=rail,
        head=Head,
        THEMES=THEMES,
    )
    for part in PARTS:
        module = env.get_template(f"parts/{part}.html").module
        for name, component in vars(module).items():
            if not name.startswith("_"):
                setattr(components, name, component)


def url_or_none(name: str, *args: Any) -> str | None:
    """The address of `name`, or None while no page has that name."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


def company_sign_in() -> bool:
    """Whether a company account can be used to sign in."""
    return bool(settings.SOCIALACCOUNT_PROVIDERS)


@pass_context
def to(context: Context, name: str, *args: Any, **query: Any) -> str:
    """The address of a page with `query`, staying on the past day that is being looked at."""
    door = context.get("door")
    if door is not None and door.in_past:
        query.setdefault("as_of", door.as_of.isoformat())
    kept = {key: value for key, value in query.items() if value not in (None, "")}
    return reverse(name, args=args) + (f"?{urlencode(kept, doseq=True)}" if kept else "")


def rail(door: Any, path: str) -> list[tuple[Entry, str, bool]]:
    """The places this person may see, as (entry, address, whether `path` is within it)."""
    places = []
    for entry in RAIL:
        address = url_or_none(entry.name)
        if address and (not entry.verb or may(door.who.role, entry.verb)):
            inside = path == address or (address != "/" and path.startswith(address.rstrip("/") + "/"))
            if door.in_past:
                address += f"?as_of={door.as_of.isoformat()}"
            places.append((entry, address, inside))
    return places


@cache
def asset(name: str) -> str:
    """The address of a static file with a mark of its content, so that an upgrade is seen at once."""
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"no static file {name!r}")
    return f"{static(name)}?v={hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8]}"


def attrs(values: Mapping[str, Any]) -> Markup:
    """HTML attributes from names: hx_get → hx-get; True stands alone, None and False are left out.

    `style` and `on...` are refused: the content policy would drop them in silence.
    """
    parts = []
    for name, value in values.items():
        written = _attribute(name)
        if value is True:
            parts.append(f" {written}")
        elif value is not None and value is not False:
            parts.append(f' {written}="{escape(value)}"')
    return Markup("".join(parts))  # noqa: S704  names and values are escaped above


@cache
def _attribute(name: str) -> str:
    if name == "style" or (name.startswith("on") and name != "on"):
        raise ValueError(f"{name} attributes are not allowed by the content policy")
    return str(escape(name.rstrip("_").replace("_", "-")))


def theme(request: HttpRequest) -> str:
    """auto, light or dark, from this browser's cookie."""
    chosen = request.COOKIES.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def toasts(request: HttpRequest) -> list[Toast]:
    """Messages not shown yet. `extra_tags` may carry `undo=ADDRESS` or `link=ADDRESS`."""
    found = []
    for message in get_messages(request):
        extra = dict(part.split("=", 1) for part in (message.extra_tags or "").split() if "=" in part)
        kind = _LEVELS.get(message.level_tag, "info")
        found.append(Toast(kind, str(message), extra.get("undo", ""), extra.get("link", "")))
    return found
