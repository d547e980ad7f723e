"""The documentation holds what it says: generated pages are fresh, links lead somewhere, every rule has its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dunlin import __version__
from tests import write_reference

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("name", ["environment.md", "settings.md", "codes.md", "roles.md", "commands.md"])
def test_generated_page_is_fresh(name):
    stored = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert stored == write_reference.GENERATED + write_reference.pages()[name], "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = [
        link
        for link in LINK.findall(text)
        if not link.startswith(("http:", "https:", "mailto:")) and not (page.parent / link).exists()
    ]
    assert broken == []


def test_changelog_starts_with_this_version():
    assert re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE).group(1) == __version__


def test_every_decision_has_title_tags_and_reasons():
    for page in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        lines = page.read_text(encoding="utf-8").splitlines()
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name), page.name
        assert lines[0].startswith("# "), page.name
        assert any(line.lower().startswith("tags:") for line in lines[:5]), page.name


def test_decision_numbers_are_used_once():
    numbers = [page.name[:4] for page in (ROOT / "docs" / "decisions").glob("*.md")]
    assert sorted(set(numbers)) == sorted(numbers)


@pytest.mark.parametrize("word", ["TODO", "FIXME", "lorem ipsum"])
def test_nothing_is_left_half_written(word):
    # In code the mark stands in a comment; a constant may be named TODO, the state of an entry nobody has worked yet.
    files = [*PAGES, *(ROOT / "src").rglob("*.html")]
    code = list((ROOT / "src").rglob("*.py"))
    found = [f for f in files if word in f.read_text(encoding="utf-8")]
    found += [f for f in code if re.search(rf"(#|\"\"\").*\b{word}\b", f.read_text(encoding="utf-8"))]
    assert [str(f.relative_to(ROOT)) for f in found] == []
