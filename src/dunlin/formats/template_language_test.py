"""What a template may say: every mistake with its line, column and sentence; nothing hostile gets as far as running."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.template_language import LONGEST_BODY, MOST_PROBLEMS, read_template
from dunlin.formats.template_variables import FIELDS, FILTERS, KINDS, TYPES, VARIABLES
from dunlin.formats.templates import check, render
from dunlin.rules.codes import Refused

pytestmark = pytest.mark.req("C7")


def first(body, kind="email", subject="Open documents"):
    problems = check(kind, subject, body)
    return (
        (problems[0].line, problems[0].column, problems[0].code, problems[0].sentence) if problems else None
    )


# What people and attackers know from larger template languages. Each is refused with its place and a sentence.
HOSTILE = [
    ("Hello\n{{ ''.__class__.__mro__ }}", 2, 4, "template_expression", "Only a variable, perhaps with a filter, can stand here, not"),
    ('{% include "/etc/passwd" %}', 1, 1, "template_tag_foreign", "There is no include in a template: it reads no files"),
    ("{{ cycler.__init__.__globals__ }}", 1, 4, "template_variable_unknown", "There is no variable cycler.__init__.__globals__"),
    ("{{ self._TemplateReference__context }}", 1, 4, "template_variable_unknown", "There is no variable self"),
    ("{{ customer.name.__class__ }}", 1, 4, "template_variable_unknown", "did you mean customer.name"),
    ("{{ customer.__class__ }}", 1, 4, "template_variable_unknown", "There is no variable customer.__class__"),
    ("{% for i in range(10**9) %}x{% endfor %}", 1, 18, "template_call", "calls and computes nothing"),
    ("{{ lipsum() }}", 1, 10, "template_call", "calls and computes nothing"),
    ("{{ 10**9 }}", 1, 4, "template_expression", "not '10**9'"),
    ("{{ customer.name * 1000000 }}", 1, 18, "template_expression", "not '* 1000000'"),
    ("{{ items[0] }}", 1, 9, "template_subscript", "takes nothing out of a value"),
    ("{% set x = 1 %}", 1, 1, "template_tag_foreign", "There is no set in a template"),
    ("{% import 'os' as os %}", 1, 1, "template_tag_foreign", "There is no import"),
    ("{% macro a() %}{% endmacro %}", 1, 1, "template_tag_foreign", "There is no macro"),
    ("{% extends 'base' %}", 1, 1, "template_tag_foreign", "There is no extends"),
    ("{%- if today -%}", 1, 1, "template_tag_unknown", "there are if, else, endif, for and endfor"),
    ("{# secret #}", 1, 1, "template_comment", "has no comments"),
    ("{{ customer.name|attr('x') }}", 1, 17, "template_filter_unknown", "There is no filter attr"),
    ("{{ customer.name|default('a'|upper) }}", 1, 17, "template_filter_argument", "Only default has an argument"),
    ("{% for a in items %}{% for b in items %}{% endfor %}{% endfor %}", 1, 21, "template_loop_nested", "inside another"),
    ("{% if today %}" * 9 + "{% endif %}" * 9, 1, 113, "template_too_deep", "more than 8 deep"),
    ("x" * 1_000_000, 1, 1, "template_too_long", "The template has 1,000,000 characters; 20,000 is the most."),
    ("a\nb\x00", 2, 2, "template_character", "U+0000"),
    ("a \U000f0000", 1, 3, "template_character", "U+F0000"),  # the range that stands for values inside
]  # fmt: skip


@pytest.mark.parametrize(
    "body, line, column, code, words", HOSTILE, ids=[each[3] + each[0][:12] for each in HOSTILE]
)
def test_hostile_templates_are_refused_where_they_stand(body, line, column, code, words):
    found = first(body)
    assert found is not None
    assert found[:3] == (line, column, code)
    assert words in found[3]
    with pytest.raises(Refused, match="The template cannot be used: body, line") as refused:
        render("email", "Open documents", body, {}, "en")
    assert refused.value.facts["why"] == found[3]


@pytest.mark.parametrize(
    "body, line, column, code, words",
    [
        ("Dear {{ custmer.name }}", 1, 9, "template_variable_unknown", "did you mean customer.name."),
        ("{{ total }}", 1, 4, "template_variable_unknown", "did you mean total_open."),
        ("x\n\n {{ customer.name|money }}", 3, 18, "template_filter_type", "The filter money takes money, not text."),
        ("{{ total_open|date }}", 1, 14, "template_filter_type", "takes date, not money"),
        ("{{ total_open|money|money }}", 1, 20, "template_filter_type", "takes money, not text"),
        ("{{ today|datee }}", 1, 9, "template_filter_unknown", "did you mean date"),
        ("{{ contact.name }}", 1, 4, "template_may_be_missing", 'write contact.name|default("…"), or put it inside {% if contact.name %}.'),
        ("{% if pay_by %}a{% else %}{{ pay_by }}{% endif %}", 1, 30, "template_may_be_missing", "pay_by may have no value"),
        ("a\n{% if today %}\nb", 2, 1, "template_not_closed", "{% if %} is opened here and never ends."),
        ("{% endif %}", 1, 1, "template_end_alone", "{% endif %} ends nothing: no {% if … %} is open here."),
        ("{% if today %}{% else %}{% else %}{% endif %}", 1, 25, "template_end_alone", "{% else %} ends nothing"),
        ("{% for a in items %}{% endif %}{% endfor %}", 1, 21, "template_end_alone", "{% endif %}"),
        ("{% for item in customer.name %}{% endfor %}", 1, 15, "template_loop", "{% for entry in list %}"),
        ("{% for today in items %}{% endfor %}", 1, 7, "template_loop", "a name of its own"),
        ("{% for item of items %}{% endfor %}", 1, 7, "template_loop", "{% for entry in list %}"),
        ("{% for a in items %}{{ a.opne }}{% endfor %}", 1, 24, "template_variable_unknown", "did you mean a.open."),
        ("{% for a in items %}{% endfor %}{{ a.open }}", 1, 36, "template_variable_unknown", "There is no variable a.open"),
        ("{{ items }}", 1, 4, "template_list_shown", "items is a list"),
        ("See {{ items_table }}", 1, 8, "template_block_not_alone", "stands alone on its line"),
        ("{% for a in items %}\n[items]\n{% endfor %}", 2, 1, "template_block_not_alone", "outside a loop"),
        ("{{ today", 1, 1, "template_brace_open", "{{ is never closed on its line; write }} after it."),
        ("{{ today\n}}", 1, 1, "template_brace_open", "never closed on its line"),
        ("a }} b", 1, 3, "template_brace_alone", "write {{ … }} or {% … %}"),
        ("{{ }}", 1, 4, "template_expression", "not 'nothing'"),
        ("{{ last_contact.note }}", 1, 4, "template_variable_elsewhere", "last_contact.note does not exist here; it is for: call guide."),
        ("   ", 1, 1, "template_body_blank", "The body is blank."),
    ],
)  # fmt: skip
def test_every_mistake_has_its_place_and_says_what_to_write(body, line, column, code, words):
    found = first(body)
    assert found is not None
    assert found[:3] == (line, column, code)
    assert words in found[3]


@pytest.mark.parametrize(
    "subject, code",
    [
        ("", "template_subject_blank"),
        ("a\nb", "template_subject_lines"),
        ("{{ signature }}", "template_not_in_subject"),
        ("{% for a in items %}{% endfor %}", "template_not_in_subject"),
        ("x" * 301, "template_too_long"),
    ],
)
def test_the_subject_is_one_line_of_plain_values(subject, code):
    assert code in [each.code for each in check("email", subject, "Text")]
    assert all(each.part == "subject" for each in check("email", subject, "Text"))


def test_all_mistakes_are_told_at_once_in_the_order_of_the_text_and_not_without_end():
    problems = check("email", "{{ a }}", "{{ b }}\n{{ today|c }}\n{% if d %}\n")
    assert [(each.part, each.line) for each in problems] == [
        ("subject", 1),
        ("body", 1),
        ("body", 2),
        ("body", 3),
        ("body", 3),
    ]
    assert len(check("email", "s", "{{ x }}" * 2_000)) == MOST_PROBLEMS


@pytest.mark.rule("P38")
def test_what_is_internal_does_not_exist_for_customers():
    for kind in ("email", "letter", "statement"):
        assert not [
            name
            for name in VARIABLES[kind]
            if name.startswith(("last_contact", "request", "bounce", "account_url"))
        ]
        assert check(kind, "s", "{{ request.text }}")[0].code == "template_variable_elsewhere"


def test_the_table_of_variables_is_whole():
    assert set(VARIABLES) == set(KINDS)
    for variables in [*VARIABLES.values(), *FIELDS.values()]:
        for name, variable in variables.items():
            assert variable.type in TYPES, name
            assert variable.meaning
            assert variable.example is not None
    assert {kind for takes, _ in FILTERS.values() for kind in takes} <= set(TYPES)


def test_an_unknown_kind_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="fax"):
        read_template("fax", "body", "x")


pieces = st.sampled_from(
    ["{{", "}}", "{%", "%}", "{#", "#}", " if ", " for ", " in ", "items", "today", "contact.name", "customer.name", "|",
     "default", '("x")', "(", ")", "[", "]", "[items]", "\n", " ", "else", "endif", "endfor", "a", ".", "__class__", "**", "'",
     "\r\n", "- ", "é", "🙂"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(pieces, max_size=60))
def test_whatever_is_written_is_read_and_every_place_lies_in_the_text(parts):
    body = "".join(parts)
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for kind in ("email", "call_guide"):
        for each in check(kind, "s", body):
            assert 1 <= each.line <= len(lines)
            assert 1 <= each.column <= len(lines[each.line - 1]) + 1
            assert each.sentence


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_text_without_marks_is_never_wrong(text):
    plain = "".join(
        letter for letter in text if letter.isprintable() and letter not in "{}%#[]" and letter < "\ue000"
    )
    assert check("email", "s", f"x{plain}") == []


def test_a_hostile_body_of_the_longest_size_is_read_in_one_pass():
    """Twenty thousand characters of open marks, or of conditions on one line: each place is looked at once."""
    for body in (
        "{{" * (LONGEST_BODY // 2),
        "{% if today %}" * (LONGEST_BODY // 14),
        "[items]\n" * (LONGEST_BODY // 8),
    ):
        assert len(read_template("email", "body", body)[1]) <= MOST_PROBLEMS


def test_the_page_of_the_docs_lists_every_variable_as_it_is():
    page = (Path(__file__).parents[3] / "docs" / "rules" / "templates.md").read_text(encoding="utf-8")
    for kind, variables in VARIABLES.items():
        for name, variable in variables.items():
            row = next(line for line in page.split("\n") if line.startswith(f"| `{name}` |"))
            _, _, kinds, type_, meaning, _ = (cell.strip() for cell in row.split("|"))
            assert kinds == "all" or kind in kinds.split(", ")
            assert (type_, meaning.endswith("; may be missing")) == (variable.type, variable.optional)
            assert meaning.removesuffix("; may be missing") == variable.meaning
