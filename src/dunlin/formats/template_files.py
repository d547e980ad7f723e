"""The templates that ship, one YAML file a template with its languages; and which language serves whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

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
    known = {_tag(each): each for each in sorted(available, reverse=True)}
    tag = _tag(wanted)
    while tag:
        if tag in known:
            return known[tag]
        tag = tag.rpartition("-")[0]
    base = _tag(wanted).partition("-")[0]
    near = sorted(key for key in known if base and key.partition("-")[0] == base)
    if near or DEFAULT_LANGUAGE in known:
        return known[near[0] if near else DEFAULT_LANGUAGE]
    return min(available, default="")


def _tag(language: str) -> str:
    return language.strip().replace("_", "-").lower()


@cache
def shipped_templates() -> Mapping[tuple[str, str], Source]:
    """{(key, language): source} of every template that ships, from the files of shipped_templates/."""
    found: dict[tuple[str, str], Source] = {}
    folder = files("dunlin.formats") / "shipped_templates"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".yaml"):
            continue
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        for language, text in data["languages"].items():
            source = Source(data["kind"], data["name"], text["subject"], text["body"])
            found[file.name.removesuffix(".yaml"), language] = source
    return MappingProxyType(found)
