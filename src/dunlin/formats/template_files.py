"""The templates that ship, one YAML file a template with its languages; and which language serves whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Source:
    """A template as written: `kind` of template_variables.KINDS, `name` for people, subject line and body."""

    kind: str
    name: str
    subject: str
    body: str


def choose_language(wanted: str, available: Collection[str]) -> str:
    """The language of `available` that serves `wanted` best: pt-BR, else pt, else another pt-…, else English, else the first.

    "" only when nothing is available. Case and `_` for `-` do not matter.
    """
    known = {each.replace("_", "-").lower(): each for each in sorted(available, reverse=True)}
    tag = wanted.strip().replace("_", "-").lower()
    while tag:
        if tag in known:
            return known[tag]
        tag = tag.rpartition("-")[0]
    base = wanted.strip().replace("_", "-").lower().partition("-")[0]
    near = [each for key, each in sorted(known.items()) if base and key.partition("-")[0] == base]
    return (near or [known[DEFAULT_LANGUAGE]] if DEFAULT_LANGUAGE in known else near or sorted(available) or [""])[0]


def shipped_templates() -> Mapping[tuple[str, str], Source]:
    """{(key, language): source} of every template that ships."""
    raise NotImplementedError
