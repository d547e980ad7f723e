"""The words of the portal: every language has every sentence, with the same facts in it; which language serves whom."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from dunlin.portal import home, online, words
from dunlin.portal.dispute import REASONS
from dunlin.portal.words import LANGUAGES, language_of, words_in
from dunlin.records.documents import DOCUMENT_KINDS
from dunlin.records.online_payments import ONLINE_STATES
from dunlin.reports.portal_account import GROUPS

pytestmark = pytest.mark.req("E7")

HERE = Path(words.__file__).parent
ENGLISH = words_in("en").known


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_language_has_every_sentence_with_the_same_facts(tag: str) -> None:
    table = words._table(tag)
    assert set(table) == set(ENGLISH)

    def facts(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert {name: facts(text) for name, text in table.items()} == {name: facts(text) for name, text in ENGLISH.items()}  # fmt: skip
    assert all(text.strip() for text in table.values())


def test_the_folder_holds_these_languages_and_no_others() -> None:
    assert {each.stem for each in (HERE / "words").glob("*.yaml")} == set(LANGUAGES)


def test_every_sentence_a_page_or_view_names_exists_and_each_is_used() -> None:
    files = [*HERE.glob("*.py"), *(HERE / "pages").glob("*")]
    text = "\n".join(each.read_text(encoding="utf-8") for each in files if each.is_file() and not each.name.endswith("_test.py"))  # fmt: skip
    named = set(re.findall(r"(?:say|words)\([\"'](\w+)[\"']", text))
    named |= {
        f"{name}_{end}" for name in re.findall(r"say\.count\(\"(\w+)\"", text) for end in ("one", "many")
    }
    named |= set(re.findall(r"Unclear\([^,]+, \"(\w+)\"", text)) | set(re.findall(r"\"(menu_\w+)\"", text))
    named |= {f"group_{each}" for each in GROUPS} | {f"reason_{each}" for each in REASONS}
    named |= {f"document_{each}" for each in DOCUMENT_KINDS} | {f"done_{each}" for each in home.DONE}
    named |= {"contacts_at_once", "contacts_asked"}
    named |= {f"payment_{online.SAID.get(each, each)}" for each in ONLINE_STATES}
    for status in (400, 403, 404, 413, 500):
        named |= {f"problem_{status}", f"problem_{status}_title"}
    named = {each for each in named if not each.endswith("_")}
    assert named <= set(ENGLISH), named - set(ENGLISH)
    unused = {each for each in ENGLISH if each not in named and not each.startswith("refused")}
    assert unused == {"language"}


@pytest.mark.parametrize(
    "chosen, own, accepted, tag",
    [
        ("nl", ["de"], "fr", "nl"),
        ("", ["de"], "fr", "de"),
        ("", ["pt-BR"], "fr", "pt"),
        ("", [], "fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("", ["tlh"], "xx,it", "it"),
        ("../x", [], "", "en"),
        ("", [], ";;;,,, q=", "en"),
    ],
)
def test_whose_language_it_is(chosen: str, own: list[str], accepted: str, tag: str) -> None:
    assert language_of(chosen, own, accepted) == tag


def test_amounts_and_days_are_written_as_on_paper() -> None:
    german, swiss = words_in("de", "DE"), words_in("de", "CH")
    assert german.money(123_450, "EUR") == "1.234,50\u00a0EUR"
    assert swiss.money(123_450, "CHF") == "1’234.50\u00a0CHF"
    assert words_in("en", "US").money(-123_450, "USD") == "−1,234.50\u00a0USD"
    assert words_in("ar").direction == "rtl"
