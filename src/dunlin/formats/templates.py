"""Templates: what is written to customers and colleagues, in a small language that can only name values (C7).

There is nothing in a template that runs: it is read into text, variables, conditions and loops over declared lists, and
filled in. `check` says what is wrong and where; `render` makes subject, plain text and e-mail-safe HTML.
See docs/rules/templates.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dunlin.formats.message_blocks import Block


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a template. `part` is subject or body; line and column count from 1; `code` is one of codes.PROBLEMS."""

    part: str
    line: int
    column: int
    code: str
    sentence: str


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
    """Everything that keeps a template of a kind of KINDS from being used, in the order of the text; empty when it may be."""
    raise NotImplementedError


def render(kind: str, subject: str, body: str, values: Mapping[str, Any], language: str) -> Rendered:
    """The message with `values` (names of VARIABLES[kind]) filled in, money and dates in the way of `language` ("pt-BR").

    A variable without a value is empty in an `if` and in `default`, and refused anywhere else: template_value_missing.
    Refused too: template_not_usable (a problem `check` would name), template_value_wrong (another type than declared),
    template_output_too_long.
    """
    raise NotImplementedError
