"""Templates: what is written to customers and colleagues, in a small language that can only name values (C7).

There is nothing in a template that runs: it is read into text, variables, conditions and loops over declared lists, and
filled in. `check` says what is wrong and where; `render` makes subject, plain text and e-mail-safe HTML.
See docs/rules/templates.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dunlin.formats.message_blocks import Block, blocks_of, runs_of
from dunlin.formats.message_html import html_page
from dunlin.formats.message_text import plain_text
from dunlin.formats.template_filling import Filling
from dunlin.formats.template_language import Problem, read_template
from dunlin.formats.template_values import clean_text
from dunlin.rules.codes import PROBLEMS, Refused, sentence

__all__ = ["Problem", "Rendered", "check", "render"]

LONGEST_SUBJECT = 300  # characters of the finished subject


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to send. `subject` has no line break, `text` lines of 78 columns, `html` is a whole document.

    `blocks` is the same body for other writers, such as a letter as PDF.
    """

    subject: str
    text: str
    html: str
    blocks: tuple[Block, ...]


def check(kind: str, subject: str, body: str) -> list[Problem]:
    """Everything that keeps a template of a kind of KINDS from being used, in the order of the text; empty when it may be.

    ValueError for an unknown kind.
    """
    problems = [*read_template(kind, "subject", subject)[1], *read_template(kind, "body", body)[1]]
    for part, text in (("subject", subject), ("body", body)):
        if not text.strip() and (part == "body" or kind != "call_guide"):
            code = f"template_{part}_blank"
            assert code in PROBLEMS
            problems.append(Problem(part, 1, 1, code, sentence(code, {})))
    return problems


def render(kind: str, subject: str, body: str, values: Mapping[str, Any], language: str) -> Rendered:
    """The message with `values` (names of VARIABLES[kind]) filled in, money and dates in the way of `language` ("pt-BR").

    Text is a str, money a Money, (minor units, currency) or a list of these, lists are ItemLines or names of files; names
    that the kind does not have are ignored. A variable without a value is empty in an `if` and in `default`, and refused
    anywhere else: template_value_missing. Refused too: template_not_usable (a problem that `check` names),
    template_value_wrong (another type than declared), template_output_too_long.
    """
    problems = check(kind, subject, body)
    if problems:
        first = problems[0]
        raise Refused(
            "template_not_usable", part=first.part, line=first.line, column=first.column, why=first.sentence
        )
    filling = Filling(kind, values, language)
    top = filling.fill(read_template(kind, "subject", subject)[0])
    line = "".join(run.text for run in runs_of(" ".join(top.split()), filling.placed))
    line = clean_text(line, LONGEST_SUBJECT)
    filling = Filling(kind, values, language)
    blocks = blocks_of(filling.fill(read_template(kind, "body", body)[0]), filling.placed)
    return Rendered(line, plain_text(blocks, language), html_page(line, blocks, language), blocks)
