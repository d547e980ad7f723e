"""Words that warn: threats, false urgency, publicity, third parties, deadlines, card numbers; and plain words that do not."""

import pytest

from dunlin.rules.conduct_words import _PHRASES, warnings

pytestmark = [pytest.mark.req("D10"), pytest.mark.req("C5")]


@pytest.mark.parametrize(
    "text, language, codes",
    [
        ("We will take legal action.", "en", ["legal_threat"]),
        ("We shall hand this over to our debt lawyers.", "en", ["legal_threat"]),
        ("Pay within 5 business days, or else!", "en", ["deadline", "false_urgency"]),
        ("We will inform your customers and put you on a blacklist.", "en", ["third_party", "publicity"]),
        ("Please send your credit card number.", "en", ["card_number"]),
        ("You are a deadbeat", "en", ["disrespect"]),
        ("Emprenderemos acciones legales en 5 días.", "es", ["legal_threat", "deadline"]),
        ("Nous saisirons un huissier sous 8 jours.", "fr", ["legal_threat", "deadline"]),
        ("Andernfalls geben wir den Fall an ein Inkassobüro.", "de", ["false_urgency", "legal_threat"]),
        ("Seguirà un decreto ingiuntivo entro 10 giorni.", "it", ["legal_threat", "deadline"]),
        ("Tomaremos medidas judiciais, sob pena de protesto em cartório.", "pt-BR", ["legal_threat", "false_urgency", "legal_threat"]),
        ("Wij schakelen een deurwaarder in binnen 7 dagen.", "nl", ["legal_threat", "deadline"]),
        ("Sprawa trafi do komornika w ciągu 7 dni.", "pl", ["legal_threat", "deadline"]),
        ("3日以内にお支払いがない場合、法的措置を取ります。", "ja", ["deadline", "legal_threat"]),
        ("Wir leiten legal action ein.", "de", ["legal_threat"]),  # English words in another language
        ("We will take legal\naction", "xx", ["legal_threat"]),
        ("Thank you. Please tell us when we can expect payment, by 12 May if you can.", "en", []),
        ("Please issue the purchase order; the sewing machines arrive in your harbour.", "en", []),  # "sue" inside a word
        ("", "en", []),
    ],
)  # fmt: skip
def test_what_warns(text, language, codes):
    found = warnings(text, language)
    assert [each.code.removeprefix("words_") for each in found] == codes
    assert all(text[each.start : each.end] == each.words for each in found)
    assert all(each.words in each.sentence for each in found)


def test_every_language_that_ships_has_phrases_of_every_sort():
    languages = {
        "en",
        "es",
        "fr",
        "de",
        "it",
        "pt",
        "nl",
        "pl",
        "ja",
    }  # formats/template_files_test.py holds them to it
    assert all(languages <= set(lists) for lists in _PHRASES.values())


def test_a_long_text_is_read_at_once():
    text = "We would be grateful for your payment in the coming days of May. " * 3_000
    assert warnings(text, "de") == []
