"""What ships: every template in every language can be used, says nothing it must not, and reaches people in their language."""

from __future__ import annotations

import re

import pytest

from dunlin.formats.message_text import width
from dunlin.formats.message_words import WORDS
from dunlin.formats.template_files import choose_language, shipped_templates
from dunlin.formats.template_language import For, If, Show, read_template
from dunlin.formats.template_variables import KINDS, VARIABLES, examples
from dunlin.formats.templates import check, render
from dunlin.rules.conduct_words import warnings

SHIPPED = shipped_templates()
LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt")
KEYS = """notice_1 notice_2 notice_3 notice_final courtesy finals_receipt mrr_reminder firm_1 firm_2 firm_3 letter_final_demand
campaign_not_reached statement_cover copies portal_link debit_failed answer_blank answer_payment_received_thanks answer_will_check answer_dispute_received
answer_bank_details request_internal bounce_notice call_guide_past_due call_guide_finals suspension_notice suspension_warning issued_document""".split()
IN_ALL_LANGUAGES = KEYS[: KEYS.index("answer_blank")]

pytestmark = [pytest.mark.req("C7"), pytest.mark.rule("P35")]
every = pytest.mark.parametrize("key, language", sorted(SHIPPED), ids=lambda each: each)


def test_all_that_is_promised_ships():
    assert sorted({key for key, _ in SHIPPED}) == sorted(KEYS)
    assert all((key, "en") in SHIPPED for key in KEYS)
    for key in IN_ALL_LANGUAGES:
        assert sorted(language for each, language in SHIPPED if each == key) == list(LANGUAGES)
    assert set(LANGUAGES) <= set(WORDS)
    for key in KEYS:
        assert len({(each.kind, each.name) for (name, _), each in SHIPPED.items() if name == key}) == 1
    assert {each.kind for each in SHIPPED.values()} == set(KINDS)


def named(nodes):
    for node in nodes:
        if isinstance(node, Show):
            yield node.name
        elif isinstance(node, For):
            yield node.over
            yield from (name for name in named(node.body) if name != node.name)
        elif isinstance(node, If):
            yield node.name
            yield from named(node.then)
            yield from named(node.otherwise)


@every
@pytest.mark.req("C5")
@pytest.mark.req("D10")
def test_it_can_be_used_and_says_nothing_it_must_not(key, language):
    source = SHIPPED[key, language]
    assert check(source.kind, source.subject, source.body) == []
    made = render(source.kind, source.subject, source.body, examples(source.kind), language)
    assert made.subject
    assert max(width(line) for line in made.text.split("\n")) <= 78
    assert not re.search(r"\{[{%]|[}%]\}|\bNone\b", made.subject + made.text)
    for text in (source.subject, source.body, made.subject, made.text):
        assert warnings(text, language) == []
    assert not re.search(r"\b(?:IBAN|BIC|SWIFT)\b", source.body), "bank numbers never stand in a mail"


@every
def test_it_reads_well_when_only_what_always_exists_is_known(key, language):
    """Without anything optional: no blank where a value would be, no hole in the punctuation, no empty paragraph."""
    source = SHIPPED[key, language]
    values = {
        name: value
        for name, value in examples(source.kind).items()
        if not VARIABLES[source.kind][name].optional
    }
    made = render(source.kind, source.subject, source.body, values, language)
    for line in [made.subject, *made.text.split("\n")]:
        prose = line.replace("\u00a0:", ":") if language == "fr" else line
        if "  " not in prose.strip():
            assert not re.search(r" [,.、。](?:\s|$)|\(\s*\)|: *,|,,", prose), line
    assert "\n\n\n" not in made.text


@every
@pytest.mark.trap(20)
@pytest.mark.trap(56)
def test_reminders_show_the_documents_and_the_amount_that_is_open(key, language):
    source = SHIPPED[key, language]
    if key not in IN_ALL_LANGUAGES or key in ("statement_cover", "copies", "portal_link", "debit_failed"):
        return
    made = render(source.kind, source.subject, source.body, examples(source.kind), language)
    assert all(each in made.text and each in made.html for each in ("INV-20931", "INV-20987", "INV-E-117"))
    used = set(named(read_template(source.kind, "body", source.body)[0]))
    assert {"items_table", "payment_instructions", "signature"} <= used


def test_the_languages_of_a_template_name_the_same_values():
    """A translation that lost the amount or the date would ask for nothing."""
    for key in IN_ALL_LANGUAGES:
        of = {
            language: set(
                named(read_template(SHIPPED[key, language].kind, "body", SHIPPED[key, language].body)[0])
            )
            for language in LANGUAGES
        }
        optional = {"contact.name", "customer.name"}  # greetings differ
        assert len({frozenset(names - optional) for names in of.values()}) == 1, (key, of)


@pytest.mark.rule("P3")
@pytest.mark.rule("P7")
@pytest.mark.rule("P29")
def test_the_messages_of_a_process_ask_what_the_process_asks():
    assert "confirm that you have received them" in SHIPPED["finals_receipt", "en"].body
    assert "prevent payment on the due date" in SHIPPED["finals_receipt", "en"].body
    assert "months_aged" in SHIPPED["mrr_reminder", "en"].body
    assert "never send bank details" in SHIPPED["answer_bank_details", "en"].body
    assert "No decision has been taken" in SHIPPED["suspension_warning", "en"].body
    assert "restored as soon as payment is in" in SHIPPED["suspension_notice", "en"].body


@pytest.mark.parametrize(
    "wanted, available, chosen",
    [
        ("pt-BR", ["en", "pt", "pt-BR"], "pt-BR"),
        ("pt-BR", ["en", "pt", "pt-PT"], "pt"),
        ("pt-BR", ["en", "pt-PT"], "pt-PT"),
        ("pt_br", ["en", "pt-BR"], "pt-BR"),
        ("zh-Hant-TW", ["en", "zh-Hant"], "zh-Hant"),
        ("sv", ["de", "en"], "en"),
        ("", ["de", "en"], "en"),
        ("sv", ["fr", "de"], "de"),
        ("de", [], ""),
        ("p", ["pt", "en"], "en"),
    ],
)
def test_the_language_that_serves_best(wanted, available, chosen):
    assert choose_language(wanted, available) == chosen
