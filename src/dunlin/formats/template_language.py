"""The language of templates: text, {{ variable|filter }}, {% if %}, {% for %}, and nothing else, read with exact places.

It looks like a small part of Jinja on purpose, because many know that. It is read here, by hand, into four kinds of nodes that
can only name declared values: there is no expression, attribute, call or import to forbid, and a reading takes one pass.
See docs/rules/templates.md.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapidfuzz import process

from dunlin.formats.template_variables import FIELDS, FILTERS, KINDS, LISTS, VARIABLES, Variable
from dunlin.rules.codes import PROBLEMS, sentence

LONGEST_SUBJECT = 300
LONGEST_BODY = 20_000
DEEPEST = 8
MOST_PROBLEMS = 50

# Types that cannot stand in a subject: they have several lines or a form of their own.
_NOT_IN_SUBJECT = ("lines", "block", "link")
# Tags of the larger language that people try; none of them exists here.
_FOREIGN = frozenset(
    "autoescape block call debug do embed extends filter from import include load macro raw set trans with".split()
)

_OPEN = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|#\}|^[ \t]*\[items\][ \t]*$", re.MULTILINE)
_NAME = re.compile(r"\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*", re.ASCII)
_FILTER = re.compile(r"\|\s*([A-Za-z_]\w*)\s*(?:\(\s*(\"[^\"\n]*\"|'[^'\n]*')?\s*\)\s*)?", re.ASCII)
_FOR = re.compile(r"\s*([a-z_]\w*)\s+in\b", re.ASCII)
_STRANGE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ue000-\uf8ff\U000f0000-\U0010ffff\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a template. `part` is subject or body; line and column count from 1; `code` is one of codes.PROBLEMS."""

    part: str
    line: int
    column: int
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words as they stand."""

    text: str


@dataclass(frozen=True, slots=True)
class Show:
    """A value. `field` is set inside a loop: the field of the entry `name` stands for. `filters` are (name, argument)."""

    name: str
    field: str
    type: str
    filters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class If:
    """Words that stand only when a value is there, and others when it is not."""

    name: str
    field: str
    then: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class For:
    """Once for each entry of the list `over`, which `name` stands for inside."""

    name: str
    over: str
    body: tuple[Node, ...]


Node = Text | Show | If | For


@lru_cache(maxsize=512)
def read_template(kind: str, part: str, source: str) -> tuple[tuple[Node, ...], tuple[Problem, ...]]:
    """The nodes of a subject or body and what is wrong with it, in the order of the text. ValueError: an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind of template")
    reader = _Reader(kind, part, source.replace("\r\n", "\n").replace("\r", "\n"))
    reader.read()
    problems = sorted(reader.problems, key=lambda each: (each.line, each.column))
    return tuple(reader.top), tuple(problems[:MOST_PROBLEMS])


@dataclass
class _Open:
    """A tag that waits for its end: what it is, where it began, and where its nodes go."""

    tag: str
    at: int
    name: str
    field: str
    into: list[Node]
    then: list[Node] | None = None  # of an `if` whose `else` was read
    variable: str = ""


class _Reader:
    """One pass over the source. Whatever is wrong is noted with its place, and reading goes on behind it."""

    def __init__(self, kind: str, part: str, source: str) -> None:
        self.kind, self.part, self.source = kind, part, source
        self.starts = [0, *(found.end() for found in re.finditer("\n", source))]
        self.top: list[Node] = []
        self.problems: list[Problem] = []
        self.open: list[_Open] = []

    def read(self) -> None:
        limit = LONGEST_SUBJECT if self.part == "subject" else LONGEST_BODY
        if len(self.source) > limit:
            return self.wrong(0, "template_too_long", limit=f"{limit:,}", size=f"{len(self.source):,}")
        if strange := _STRANGE.search(self.source):
            return self.wrong(strange.start(), "template_character", number=f"U+{ord(strange[0]):04X}")
        if self.part == "subject" and "\n" in self.source.strip():
            self.wrong(self.source.index("\n"), "template_subject_lines")
        at = 0
        while found := _OPEN.search(self.source, at):
            if len(self.problems) >= MOST_PROBLEMS:
                return None
            at = self.mark(found, at)
        self.into.append(Text(self.source[at:]))
        for each in self.open:
            self.wrong(each.at, "template_not_closed", tag=each.tag)

    @property
    def into(self) -> list[Node]:
        return self.open[-1].into if self.open else self.top

    def wrong(self, at: int, code: str, **facts: Any) -> None:
        line = bisect_right(self.starts, at)
        assert code in PROBLEMS
        self.problems.append(
            Problem(self.part, line, at - self.starts[line - 1] + 1, code, sentence(code, facts))
        )

    def mark(self, found: re.Match[str], at: int) -> int:
        """Read one mark; the place where reading goes on."""
        begin, opening = found.start(), found[0].strip()
        if opening == "[items]":
            self.into.append(Text(self.source[at:begin]))
            self.show(found.start(), found.end(), "items_table", found.start())
            return found.end()
        closing = {"{{": "}}", "{%": "%}"}.get(opening)
        if closing is None:
            code = "template_comment" if opening == "{#" else "template_brace_alone"
            self.wrong(begin, code, found=opening)
            return found.end()
        line_end = self.source.find("\n", begin)
        end = self.source.find(closing, begin + 2, len(self.source) if line_end < 0 else line_end)
        if end < 0:
            self.wrong(begin, "template_brace_open", found=opening, closing=closing)
            return found.end()
        inner = self.source[begin + 2 : end]
        if opening == "{{":
            self.into.append(Text(self.source[at:begin]))
            self.show(begin, end + 2, inner, begin + 2)
            return end + 2
        start, after = self._whole_line(begin, end + 2)
        self.into.append(Text(self.source[at : max(start, at)]))
        self.tag(begin, inner)
        return after

    def _whole_line(self, begin: int, end: int) -> tuple[int, int]:
        """A tag alone on its line takes the line with it, so that conditions leave no gaps."""
        line_start = self.source.rfind("\n", 0, begin) + 1
        line_end = self.source.find("\n", end)
        line_end = len(self.source) if line_end < 0 else line_end
        if self.source[line_start:begin].strip() or self.source[end:line_end].strip():
            return begin, end
        return line_start, min(line_end + 1, len(self.source))

    # --- {{ variable|filter }}

    def show(self, begin: int, end: int, inner: str, offset: int) -> None:
        read = self.name_at(inner, offset)
        if read is None:
            return
        name, field, variable, position = read
        filters = self.filters(inner, position, offset, variable.type)
        if filters is None:
            return
        offset += len(inner) - len(inner.lstrip())
        if variable.type in LISTS:
            return self.wrong(offset, "template_list_shown", name=name)
        if self.part == "subject" and variable.type in _NOT_IN_SUBJECT:
            return self.wrong(offset, "template_not_in_subject", name=name)
        if variable.type == "block" and not self.alone(begin, end):
            return self.wrong(offset, "template_block_not_alone", name=name)
        excused = any(each == "default" for each, _ in filters) or self.guarded(name, field)
        if variable.optional and not excused:
            return self.wrong(offset, "template_may_be_missing", name=name)
        self.into.append(Show(name, field, variable.type, filters))

    def name_at(self, inner: str, offset: int) -> tuple[str, str, Variable, int] | None:
        """(name, field of a loop entry, variable, end) of the name that `inner` begins with; a problem if there is none."""
        found = _NAME.match(inner)
        start = offset + len(inner) - len(inner.lstrip())
        if found is None:
            self.not_a_variable(inner.lstrip(), start)
            return None
        if found.end() < len(inner) and inner[found.end()] != "|":
            self.not_a_variable(inner[found.end() :], offset + found.end())
            return None
        name = found[1]
        first, _, rest = name.partition(".")
        entry = next((each for each in self.open if each.tag == "for" and each.variable == first), None)
        if entry is None:
            variable = VARIABLES[self.kind].get(name)
            if variable is not None:
                return name, "", variable, found.end()
            known = [*VARIABLES[self.kind], *self.entries()]
        else:
            fields = FIELDS[VARIABLES[self.kind][entry.name].type]
            if rest in fields:
                return first, rest, fields[rest], found.end()
            known = [f"{first}.{each}" for each in fields]
        self.unknown(name, known, start)
        return None

    def entries(self) -> list[str]:
        """Every name that the loops around this place make."""
        loops = [each for each in self.open if each.tag == "for" and each.name]
        return [
            f"{loop.variable}.{field}"
            for loop in loops
            for field in FIELDS[VARIABLES[self.kind][loop.name].type]
        ]

    def unknown(self, name: str, known: list[str], at: int) -> None:
        elsewhere = [kind for kind in KINDS if name in VARIABLES[kind]]
        if elsewhere:
            kinds = " and ".join(each.replace("_", " ") for each in elsewhere)
            return self.wrong(at, "template_variable_elsewhere", name=name, kinds=kinds)
        near = process.extractOne(name[:60].lower(), known, score_cutoff=70)
        hint = f"; did you mean {near[0]}" if near else ""
        self.wrong(at, "template_variable_unknown", name=name[:60], hint=hint)

    def not_a_variable(self, rest: str, at: int) -> None:
        if rest[:1] == "(":
            return self.wrong(at, "template_call")
        if rest[:1] == "[":
            return self.wrong(at, "template_subscript")
        self.wrong(at, "template_expression", found=rest.strip()[:20] or "nothing")

    def filters(
        self, inner: str, position: int, offset: int, kind: str
    ) -> tuple[tuple[str, str], ...] | None:
        """The filters from `position` on, each checked against the type it gets; None after a problem."""
        found: list[tuple[str, str]] = []
        while position < len(inner):
            match = _FILTER.match(inner, position)
            at = offset + position
            if match is None:
                self.not_a_variable(inner[position:].strip(), at)
                return None
            name, argument = match[1], match[2]
            if name not in FILTERS:
                near = process.extractOne(name[:60].lower(), list(FILTERS), score_cutoff=60)
                hint = f"did you mean {near[0]}" if near else f"there are {', '.join(FILTERS)}"
                self.wrong(at, "template_filter_unknown", name=name[:60], hint=hint)
                return None
            if (name == "default") != (argument is not None) or ("(" in match[0] and argument is None):
                self.wrong(at, "template_filter_argument", name=name)
                return None
            if kind not in FILTERS[name][0]:
                self.wrong(
                    at, "template_filter_type", name=name, kind=kind, takes=" or ".join(FILTERS[name][0])
                )
                return None
            kind = "text" if name in ("money", "date") else kind
            found.append((name, argument[1:-1] if argument else ""))
            position = match.end()
        return tuple(found)

    def alone(self, begin: int, end: int) -> bool:
        """Whether a mark stands alone on its line, outside loops."""
        line_start = self.source.rfind("\n", 0, begin) + 1
        line_end = self.source.find("\n", end)
        after = self.source[end : len(self.source) if line_end < 0 else line_end]
        return (
            self.part == "body"
            and not self.source[line_start:begin].strip()
            and not after.strip()
            and not any(each.tag == "for" for each in self.open)
        )

    def guarded(self, name: str, field: str) -> bool:
        """Whether the value is known to be there: inside the `if` that asks for it, before its `else`."""
        return any(
            each.tag == "if" and (each.name, each.field) == (name, field) and each.then is None
            for each in self.open
        )

    # --- {% tag %}

    def tag(self, begin: int, inner: str) -> None:
        word = inner.split()[0] if inner.split() else ""
        offset = begin + 2
        rest_at = inner.find(word) + len(word)
        rest = inner[rest_at:]
        if word in ("if", "for"):
            if len(self.open) >= DEEPEST:
                self.wrong(begin, "template_too_deep", deepest=DEEPEST)
                self.open.append(_Open(word, begin, "", "", []))  # so that its end finds it
            elif word == "if":
                self.begin_if(begin, rest, offset + rest_at)
            else:
                self.begin_for(begin, rest, offset + rest_at)
        elif word in ("else", "endif", "endfor") and not rest.strip():
            self.end(begin, word)
        elif word.rstrip("-+").lower() in _FOREIGN:
            self.wrong(begin, "template_tag_foreign", tag=word)
        else:
            self.wrong(begin, "template_tag_unknown", tag=inner.strip()[:40])

    def begin_if(self, begin: int, rest: str, offset: int) -> None:
        read = self.name_at(rest, offset)
        name, field = (read[0], read[1]) if read else ("", "")
        if read and read[3] < len(rest):
            self.not_a_variable(rest[read[3] :], offset + read[3])
        self.open.append(_Open("if", begin, name, field, []))

    def begin_for(self, begin: int, rest: str, offset: int) -> None:
        opened = _Open("for", begin, "", "", [])
        found = _FOR.match(rest)
        taken = {name.partition(".")[0] for name in VARIABLES[self.kind]}
        if self.part == "subject":
            self.wrong(begin, "template_not_in_subject", name="for")
        elif any(each.tag == "for" for each in self.open):
            self.wrong(begin, "template_loop_nested")
        elif found is None or found[1] in taken:
            self.wrong(offset, "template_loop", lists=" or ".join(LISTS))
        elif read := self.name_at(rest[found.end() :], offset + found.end()):
            name, _, variable, position = read
            if variable.type not in LISTS or position < len(rest[found.end() :]):
                self.wrong(offset + found.end(), "template_loop", lists=" or ".join(LISTS))
            else:
                opened = _Open("for", begin, name, "", [], variable=found[1])
        self.open.append(opened)

    def end(self, begin: int, word: str) -> None:
        wanted = "for" if word == "endfor" else "if"
        opened = self.open[-1] if self.open else None
        if opened is None or opened.tag != wanted or (word == "else" and opened.then is not None):
            return self.wrong(begin, "template_end_alone", tag=word, opener=wanted)
        if word == "else":
            opened.then, opened.into = opened.into, []
            return None
        self.open.pop()
        if opened.tag == "for":
            self.into.append(For(opened.variable, opened.name, tuple(opened.into)))
        else:
            then, otherwise = (opened.into, []) if opened.then is None else (opened.then, opened.into)
            self.into.append(If(opened.name, opened.field, tuple(then), tuple(otherwise)))
