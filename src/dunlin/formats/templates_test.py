"""Messages made from templates: typed values in the way of a language, good plain text, safe HTML, and values that stay values."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.message_blocks import Bullets, Items, Paragraph
from dunlin.formats.message_text import MOST_LINES, width, wrapped
from dunlin.formats.message_words import WORDS
from dunlin.formats.template_filling import LONGEST_OUTPUT
from dunlin.formats.template_values import (
    ItemLine,
    ItemTable,
    LeftOut,
    clean_text,
    item_values,
    money_text,
    short_date,
)
from dunlin.formats.template_variables import EXAMPLE_TABLE, examples
from dunlin.formats.templates import render
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

pytestmark = pytest.mark.req("C7")

USD = Money.exact
NBSP = "\u00a0"


def text_of(body, language="en", kind="email", **values):
    made = examples(kind) | {name.replace("__", "."): value for name, value in values.items()}
    return render(kind, "Subject", body, made, language).text.replace(NBSP, " ")


@pytest.mark.parametrize(
    "language, money, day, short",
    [
        ("en", "18,200.00 USD", "June 9, 2026", "9 Jun 2026"),
        ("en-GB", "18,200.00 USD", "9 June 2026", "9 Jun 2026"),
        ("de", "18.200,00 USD", "9. Juni 2026", "09.06.2026"),
        ("fr", "18\u202f200,00 USD", "9 juin 2026", "09/06/2026"),
        ("pt-BR", "18.200,00 USD", "9 de junho de 2026", "09/06/2026"),
        ("ja", "18,200.00 USD", "2026年6月9日", "2026/06/09"),
        ("xx", "18,200.00 USD", "June 9, 2026", "9 Jun 2026"),
    ],
)
def test_money_and_dates_in_the_way_of_the_language(language, money, day, short):
    made = text_of("{{ promise.amount }} | {{ pay_by|default('') }}", language)
    assert made == f"{money} | {day}\n"
    assert short_date(date(2026, 6, 9), language) == short


def test_the_digits_of_a_currency_are_those_of_the_books():
    amounts = [Money.exact("1.234", "KWD"), Money(1200, "JPY"), Money.exact("-5", "EUR")]
    assert [money_text(each, "en").replace(NBSP, " ") for each in amounts] == [
        "1.234 KWD",
        "1,200 JPY",
        "-5.00 EUR",
    ]
    assert text_of("{{ total_open }}", total_open=amounts[:2]) == "1.234 KWD and 1,200 JPY\n"
    assert text_of("{{ total_open }}", total_open=(123456, "USD")) == "1,234.56 USD\n"


def test_conditions_loops_filters_and_missing_values():
    body = (
        "{% if pay_by %}\nby {{ pay_by }}\n{% else %}\nsoon\n{% endif %}\n"
        "{% for each in documents %}\n- {{ each.name|upper }}\n{% endfor %}\n"
        "{{ contact.name|default('Sir or Madam') }}, {{ customer.name|lower }}"
    )
    with_all = text_of(body, documents=("a.pdf", "b.pdf"))
    assert with_all == "by June 9, 2026\n\n- A.PDF\n- B.PDF\n\nPriya Raman, harbor & finch ltd\n"
    without = text_of(body, pay_by=None, documents=(), contact__name="  ")
    assert without == "soon\nSir or Madam, harbor & finch ltd\n"
    assert text_of("{% if credit_total %}yes{% else %}no{% endif %}", credit_total=Money(0, "USD")) == "no\n"
    assert text_of("{% if item_count %}yes{% else %}no{% endif %}", item_count=0) == "no\n"
    assert (
        text_of("{{ item_count }} {{ total_open }}", item_count=0, total_open=Money(0, "USD"))
        == "0 0.00 USD\n"
    )
    with pytest.raises(Refused, match=re.escape("names customer.name, which has no value here")):
        text_of("{{ customer.name }}", customer__name="")
    with pytest.raises(Refused, match="names total_open"):
        text_of("{{ total_open }}", total_open=())


@pytest.mark.parametrize(
    "name, value",
    [("total_open", "12.50"), ("total_open", 12.5), ("pay_by", "2026-06-09"), ("item_count", True), ("customer.name", 7),
     ("items", ["INV-1"]), ("documents", "INV-1.pdf"), ("portal_url", "http://x.example"), ("portal_url", "javascript:alert(1)"),
     ("portal_url", "https://x.example/ onclick")],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_and_not_shown(name, value):
    body = {
        "items": "{% for a in items %}x{% endfor %}", "documents": "{% for a in documents %}x{% endfor %}",
        "pay_by": "{% if pay_by %}x{% endif %}", "portal_url": "{% if portal_url %}x{% endif %}",
    }.get(name, f"{{{{ {name} }}}}")  # fmt: skip
    with pytest.raises(Refused) as refused:
        render("email", "s", body, examples("email") | {name: value}, "en")
    assert (refused.value.code, refused.value.facts["name"]) == ("template_value_wrong", name)


def line(number, amount, open_=None, **more):
    return ItemLine(
        number,
        USD(amount, "USD"),
        USD(open_ or amount, "USD"),
        date(2026, 5, 9),
        date(2026, 4, 9),
        17,
        **more,
    )


@pytest.mark.trap(20)
@pytest.mark.trap(2)
@pytest.mark.trap(53)
@pytest.mark.trap(56)
def test_the_table_shows_what_is_open_and_says_what_was_paid_disputed_and_left_out():
    lines = (
        line("INV-1", "1000.00", "400.00"),
        line("INV-2", "500.00", disputed=USD("120.00", "USD"), reference="PO 7"),
    )
    table = ItemTable(
        lines, (LeftOut("disputed", USD("60.00", "USD")), LeftOut("promised", USD("70.00", "USD"), 3))
    )
    made = text_of("[items]", items_table=table)
    assert made == (
        "Document  Your ref.  Dated       Due         Days late        Open\n"
        "--------  ---------  ----------  ----------  ---------  ----------\n"
        "INV-1                9 Apr 2026  9 May 2026         17  400.00 USD\n"
        "  part paid: 400.00 USD of 1,000.00 USD still open\n"
        "INV-2     PO 7       9 Apr 2026  9 May 2026         17  500.00 USD\n"
        "  in dispute, not asked for now: 120.00 USD\n"
        "\n"
        "Total open        900.00 USD\n"
        "less in dispute  -120.00 USD\n"
        "To be paid        780.00 USD\n"
        "\n"
        "Open, but not asked for here:\n"
        "- in dispute: 60.00 USD\n"
        "- promised: 70.00 USD (documents: 3)\n"
    )
    values = item_values(table)
    assert values["total_open"] == (USD("780.00", "USD"),)
    assert (values["item_count"], values["days_past_due"], values["oldest_due_on"]) == (
        2,
        17,
        date(2026, 5, 9),
    )
    assert values["left_out_total"] == (USD("130.00", "USD"),)


@pytest.mark.trap(23)
def test_netted_credit_is_shown_and_never_asks_for_less_than_nothing():
    table = ItemTable((line("INV-1", "100.00"),), credits=(USD("30.00", "USD"), Money.exact("9.00", "EUR")))
    made = text_of("[items]", items_table=table)
    assert "less your unused credit  -30.00 USD\nTo be paid                70.00 USD\n" in made
    assert "EUR" not in made, "currencies never mix"
    [row] = replace(table, credits=(USD("500.00", "USD"),)).totals
    assert (row.credit, row.asked) == (USD("100.00", "USD"), Money(0, "USD"))


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_line_of_the_text_fits_78_columns_in_every_language(language):
    wide = [
        replace(EXAMPLE_TABLE.lines[0], number="N" * 30, reference="ご注文番号" * 6),
        replace(EXAMPLE_TABLE.lines[1], amount=Money(10**16, "USD"), open=Money(10**16 - 1, "USD")),
        replace(EXAMPLE_TABLE.lines[2], number="INVOICE/2026/" + "9" * 60, dated_on=None),
    ]
    for lines in (EXAMPLE_TABLE.lines, tuple(wide), tuple(wide[:1]), ()):
        made = text_of(
            "[items]\n\n{{ customer.name }}", language, items_table=replace(EXAMPLE_TABLE, lines=lines)
        )
        assert max(width(each) for each in made.split("\n")) <= 78
        squeezed = re.sub(r"[\u2066-\u2069]", "", made)
        assert all(each.number in squeezed for each in lines), "a number is never cut"


def test_wide_letters_break_between_and_never_before_a_full_stop():
    lines = wrapped("請" * 39 + "。" + "求" * 3)
    assert lines == ["請" * 38, "請。求求求"]
    assert wrapped("a" * 100) == ["a" * 100], "an address stays whole"
    assert wrapped("x " * 60, "- ", "  ")[1].startswith("  x")


def test_a_long_table_names_two_hundred_and_counts_the_rest_in_the_totals():
    table = ItemTable(tuple(line(f"INV-{number}", "1.00") for number in range(2_574)))
    made = render("email", "s", "[items]", examples("email") | {"items_table": table}, "en")
    assert made.text.count("INV-") == made.html.count("INV-") == MOST_LINES
    for each in (made.text, made.html):
        assert "and 2374 more documents" in each
        assert "2,574.00" in each
    assert made.blocks == (Items(table),), "a page sets them all"


class Safe(HTMLParser):
    """Fails on anything a mail program could load, run or be confused by; keeps the text."""

    VOID = frozenset({"meta", "br"})
    TAGS = frozenset(
        "html head meta title body div p br ul li strong a table thead tbody tr th td span bdi".split()
    )

    def __init__(self):
        super().__init__()
        self.open, self.text, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        assert tag in self.TAGS
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in ("src", "background", "id", "class", "action")
            assert "url(" not in value
            assert "@import" not in value
        self.links += [value for name, value in attrs if name == "href"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(html):
    safe = Safe()
    safe.feed(html)
    assert safe.open == []
    return safe


EVIL = "<script>alert(1)</script>\r\nBcc: all@example.org\n- not a list **not bold** {{ customer.name }} {% if x %} &amp; \"'"


@pytest.mark.parametrize("language", ["en", "de", "ja", "ar"])
def test_hostile_values_are_inert_in_subject_text_and_html(language):
    values = examples("email") | {
        "customer.name": EVIL,
        "contact.name": EVIL,
        "documents": (EVIL,),
        "sender.name": "a\u202eb\x1b[31m",
    }
    lines = (replace(EXAMPLE_TABLE.lines[0], number=EVIL, reference=EVIL),)
    values["items_table"] = replace(EXAMPLE_TABLE, lines=lines)
    body = (
        "**{{ customer.name }}**\n{{ contact.name|default('x') }} {{ sender.name }}\n\n[items]\n\n"
        "{% for each in documents %}\n- {{ each.name }}\n{% endfor %}"
    )
    made = render("email", "About {{ customer.name }}", body, values, language)
    assert not re.search(r"[\r\n\x00-\x1f\u202e]", made.subject)
    assert len(made.subject) <= 300
    assert not re.search(r"[\r\x00-\x09\x1b\u202e\U000f0000-\U0010ffff]", made.text)
    assert "\nBcc" not in made.text
    safe = parsed(made.html)
    assert safe.links == []
    inert = clean_text(EVIL)
    assert inert in "".join(safe.text)
    kinds = [type(each) for each in made.blocks]
    assert kinds == [Paragraph, Items, Bullets], "nothing in a value became a mark"
    assert [run.bold for run in made.blocks[0].lines[0]] == [True]


def test_the_page_carries_language_direction_and_no_colours():
    html = render("email", "s & t", "{{ portal_url|default('') }}\n\n[items]", examples("email"), "ar").html
    assert '<html lang="ar" dir="rtl">' in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "<title>s &amp; t</title>" in html
    assert not re.search(r"style=\"(?:[^\"]*;)?(?:color|background)", html)
    assert parsed(html).links == ["https://pay.northlight.example/a"]
    assert '<html lang="pt-BR" dir="ltr">' in render("email", "s", "x", {}, "pt-BR").html


def test_marks_make_paragraphs_lists_bold_and_blocks():
    made = render(
        "email",
        "s",
        "One\ntwo\n\n- a **b**\n- c\nThree\n\n{{ signature }}\n\n{{ payment_instructions }}",
        examples("email"),
        "en",
    )
    assert made.text == (
        "One\ntwo\n\n- a b\n- c\n\nThree\n\nDana Whitfield\nAccounts Receivable\nNorthlight Systems Inc.\n\n"
        "Pay by bank transfer and state the invoice numbers.\n"
    )
    assert "<li>a <strong>b</strong></li>" in made.html
    assert "2 ** 3 ** 4" in text_of("2 ** 3 ** 4")
    assert text_of("a\n\n{{ signature }}", signature="") == "a\n", "a block without a value leaves no gap"


def test_a_message_is_never_longer_than_the_limit():
    lines = tuple(line(f"INV-{number}", "1.00") for number in range(3_000))
    body = "{% for a in items %}" + "word " * 3_000 + "{% endfor %}"
    with pytest.raises(Refused) as refused:
        render("email", "s", body, examples("email") | {"items": lines}, "en")
    assert refused.value.code == "template_output_too_long"
    empty = "{% for a in items %}{% endfor %}" * 600
    with pytest.raises(Refused, match="longer than 500,000"):
        render("email", "s", empty, examples("email") | {"items": lines}, "en")
    with pytest.raises(Refused, match="longer than 500,000"):
        render("email", "s", "[items]\n" * 2_000, examples("email") | {"items_table": ItemTable(lines)}, "en")
    assert LONGEST_OUTPUT == 500_000


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["en", "de", "ja", "ar", "he", "th", "xx"]))
def test_any_text_is_a_value_and_stays_one(text, language):
    values = examples("email") | {"customer.name": text or "x", "signature": text, "sender.title": text}
    body = "{{ customer.name|default('none') }}\n\n{% if sender.title %}\n- {{ sender.title }}\n{% endif %}\n\n{{ signature }}"
    made = render("email", "A {{ customer.name|default('none') }}", body, values, language)
    assert made.subject.isprintable() or not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", made.subject)
    assert "\n" not in made.subject
    safe = parsed(made.html)
    shown = re.sub(r"[\u2066-\u2069]", "", "".join(safe.text))
    assert (clean_text(text or "x") or "none") in shown
