"""Which mapping reads a file: the one asked for, else a saved or shipped one that fits its header, else a guess.

A guess with an open question is never used: it is asked, with the answer a person can give. See docs/guides/importing.md.
"""

from __future__ import annotations

from collections.abc import Mapping as Answers
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dunlin.actions.import_entities import entity_codes, usual_entity
from dunlin.formats.guesses import Question, guess_table
from dunlin.formats.mappings import (
    DATE_ORDERS,
    Column,
    Mapping,
    MappingProblem,
    from_yaml,
    shipped,
    shipped_for,
    shipped_names,
)
from dunlin.formats.plans import make_plan
from dunlin.formats.tables import Table, TableProblem, open_table
from dunlin.formats.targets import target_names
from dunlin.formats.unmapped import fills, known_book, unused_columns
from dunlin.formats.values import clean_name
from dunlin.records.models import SavedMapping
from dunlin.rules.codes import Refused

# What tells one row from the next: the same value in every row is nearly always a column that was written wrong.
_FROM_COLUMNS = frozenset(
    ("customer", "customer_name", "number", "name", "amount", "paid", "open", "document_on", "posted_on", "due_on", "value_on",
     "settled_on")
)  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """The mapping for a file, and where it came from: `given`, `saved`, `shipped` or `guessed`.

    `confidence` is 0 to 1 per field; `questions` are open ones: while there are any the file cannot be imported.
    `unused` are columns of the file that no field is made of; `answered` are the fields somebody gave a column or value.
    """

    mapping: Mapping
    origin: str
    confidence: dict[str, float]
    questions: tuple[Question, ...]
    unused: tuple[str, ...]
    answered: frozenset[str] = frozenset()


def read_by(
    path: str | Path,
    kind: str | None = None,
    mapping: Mapping | str | None = None,
    answers: Answers[str, str] | None = None,
    name: str | None = None,
) -> tuple[Table, Chosen]:
    """The file, opened in the form its mapping says, and that mapping. Refused as `opened` and `choose_mapping` say."""
    given = mapping_named(mapping) if isinstance(mapping, str) else mapping
    table = _opened_in_form(path, given, name)
    chosen = choose_mapping(table, kind, given, answers)
    if given is None and any(_form(chosen.mapping).values()):
        table = _opened_in_form(path, chosen.mapping, name)
        if not chosen.questions:
            _check(chosen.mapping, table)
    return table, chosen


def _form(mapping: Mapping) -> dict[str, Any]:
    """What a mapping says about the form of its files; None where it says nothing."""
    return {
        "delimiter": mapping.delimiter, "encoding": mapping.encoding, "sheet": mapping.sheet,
        "header_line": mapping.header_line,
    }  # fmt: skip


def _opened_in_form(path: str | Path, mapping: Mapping | None, name: str | None) -> Table:
    """The file in the form of the mapping; in the form it shows itself when only then the columns are there.

    Corrections are written with commas and in UTF-8, whatever the file they come from had.
    """
    if mapping is None or not any(_form(mapping).values()):
        return opened(path, None, name)
    try:
        told = opened(path, mapping, name)
        if _fits(mapping, told):
            return told
    except Refused as refused:
        if refused.code == "file_unknown":
            raise
    shown = opened(path, None, name)
    return shown if _fits(mapping, shown) else opened(path, mapping, name)


def _fits(mapping: Mapping, table: Table) -> bool:
    try:
        make_plan(mapping, table.header)
    except MappingProblem:
        return False
    return True


def opened(path: str | Path, mapping: Mapping | None = None, name: str | None = None) -> Table:
    """The file as a table, read as the mapping says. Refused: file_unknown, file_not_understood."""
    hints = {} if mapping is None else _form(mapping)
    try:
        return open_table(path, name, **hints)
    except TableProblem as problem:
        raise Refused("file_not_understood", file=name or Path(path).name, why=str(problem)) from None
    except OSError:
        raise Refused("file_unknown", file=str(path)) from None


def choose_mapping(
    table: Table,
    kind: str | None = None,
    mapping: Mapping | str | None = None,
    answers: Answers[str, str] | None = None,
) -> Chosen:
    """The mapping for a table; `mapping` is one, or the name of a saved or shipped one.

    `answers` go before everything: `date_order`, `decimal_comma`, or a field with the name of a column or a constant
    ("currency": "USD"; ":USD" is a constant whatever the columns; empty takes the field out, "currency.default" fills blank
    cells). Refused: mapping_unknown, mapping_other_kind, mapping_not_usable, column_unknown.
    """
    chosen = _chosen(table, kind, mapping)
    if kind is not None and chosen.mapping.kind != kind:
        raise Refused(
            "mapping_other_kind", mapping=chosen.mapping.name, mapping_kind=chosen.mapping.kind, kind=kind
        )
    chosen = _answered(chosen, table, dict(answers or {}))
    chosen = replace(chosen, questions=(*chosen.questions, *_entity_asked(chosen.mapping, table)))
    if not chosen.questions:
        _check(chosen.mapping, table)
    return chosen


def mapping_named(name: str) -> Mapping:
    """A saved mapping, else the shipped one of that name. Refused: mapping_unknown."""
    text = SavedMapping.objects.filter(name=name).values_list("text", flat=True).first()
    if text is not None:
        return from_yaml(text)
    if name not in shipped_names():
        saved = SavedMapping.objects.order_by("name").values_list("name", flat=True)
        raise Refused("mapping_unknown", mapping=name, known=", ".join(sorted({*saved, *shipped_names()})))
    return shipped(name)


def option_for(question: Question) -> str:
    """The option of the command line that answers a question."""
    if question.about == "date_order":
        return f"--date-order {'|'.join(question.choices)}"
    example = "|".join(question.choices) or ("USD" if question.about == "currency" else "COLUMN")
    return f"--set {question.about}={example}"


def refuse_open_questions(chosen: Chosen, file: str) -> None:
    """Refused mapping_question names the first open question and the option that answers it."""
    for question in chosen.questions:
        raise Refused("mapping_question", file=file, question=question.sentence, option=option_for(question))


def _chosen(table: Table, kind: str | None, mapping: Mapping | str | None) -> Chosen:
    if isinstance(mapping, Mapping):
        return _known(mapping, "given", table)
    if mapping is not None:
        return _known(mapping_named(mapping), "given", table)
    fitting = _saved_for(table.header, kind)
    if fitting is not None:
        return _known(fitting, "saved", table)
    delivered = shipped_for(table.header)
    if delivered is not None and kind in (None, delivered.kind):
        return _known(delivered, "shipped", table)
    guess = guess_table(table, kind)
    return Chosen(guess.mapping, "guessed", guess.confidence, guess.questions, guess.unused)


def _known(mapping: Mapping, origin: str, table: Table) -> Chosen:
    unused = unused_columns(mapping, table.header)
    return Chosen(mapping, origin, dict.fromkeys(mapping.columns, 1.0), (), unused)


def _entity_asked(mapping: Mapping, table: Table) -> list[Question]:
    """The question whose rows these are, when the books have several entities and neither file nor mapping says.

    Not of a mapping whose earlier rows all went to one entity: there the next ones go too.
    """
    if (
        mapping.kind not in ("items", "payments")
        or known_book(mapping)
        or fills(mapping, "entity", table.header)
    ):
        return []
    codes = entity_codes()
    if len(codes) < 2 or usual_entity(mapping.name):
        return []
    told = "The file names no legal entity. Which one do its rows belong to?"
    return [Question("entity", told, tuple(codes))]


def _saved_for(header: tuple[str, ...], kind: str | None) -> Mapping | None:
    """The saved mapping of which the file has every column, the one with most columns first."""
    have = set(header)
    best, most = None, 0
    for text in SavedMapping.objects.order_by("name").values_list("text", flat=True):
        mapping = from_yaml(text)
        named = {clean_name(name) for name in mapping.source_columns()}
        if kind in (None, mapping.kind) and len(named) > most and named <= have:
            best, most = mapping, len(named)
    return best


def _answered(chosen: Chosen, table: Table, answers: dict[str, str]) -> Chosen:
    """The mapping with what was answered put in; questions that are answered are gone."""
    mapping = chosen.mapping
    if not answers:
        return chosen
    made_of = set(chosen.mapping.source_columns())
    for about, value in answers.items():
        mapping = _with_answer(mapping, table, about, value)
    # A guess leaves out blank columns too; what an answer set free, or took, is told as it is now.
    known = {*chosen.unused, *map(clean_name, made_of)}
    said = frozenset(about.partition(".")[0] for about in answers) & set(target_names(mapping.kind))
    return replace(
        chosen,
        mapping=mapping,
        questions=tuple(question for question in chosen.questions if question.about not in answers),
        confidence={
            name: 1.0 if name in said else chosen.confidence.get(name, 1.0) for name in mapping.columns
        },
        unused=tuple(name for name in unused_columns(mapping, table.header) if name in known),
        answered=said,
    )


def _with_answer(mapping: Mapping, table: Table, about: str, value: str) -> Mapping:
    def refuse(why: str) -> Refused:
        return Refused("mapping_not_usable", mapping=mapping.name, file=table.name, why=why)

    if about == "date_order":
        if value not in DATE_ORDERS:
            raise refuse(f"date_order: {value!r} is none of {', '.join(DATE_ORDERS)}")
        return replace(mapping, date_order=value)
    if about == "decimal_comma":
        if value not in ("true", "false"):
            raise refuse(f"decimal_comma: {value!r} is neither true nor false")
        return replace(mapping, decimal_comma=value == "true")
    if about == "sign":
        return replace(mapping, sign=value)
    about, _, part = about.partition(".")
    if about not in target_names(mapping.kind):
        raise refuse(
            f"{about!r} is not a field of {mapping.kind}; fields: {', '.join(target_names(mapping.kind))}"
        )
    before = mapping.columns.get(about)
    constant, value = value[:1] == ":", value.removeprefix(":").strip()
    if part == "default" and before is not None and before.names:
        # What a blank cell of the column becomes.
        column = replace(before, default=value or None)
    elif not value:
        return replace(mapping, columns={name: it for name, it in mapping.columns.items() if name != about})
    elif not constant and clean_name(value) in table.header:
        column = Column(names=(value,))
    elif about == "kind" and before is not None and before.names:
        # Only the words that are not known yet become this.
        column = replace(before, otherwise=value)
    elif not constant and about in _FROM_COLUMNS:
        columns = ", ".join(table.header)
        raise Refused("column_unknown", column=value, columns=columns, field=about)
    else:
        column = Column(default=value)
    return replace(mapping, columns={**mapping.columns, about: column})


def _check(mapping: Mapping, table: Table) -> None:
    try:
        make_plan(mapping.check(), table.header)
    except MappingProblem as problem:
        raise Refused("mapping_not_usable", mapping=mapping.name, file=table.name, why=str(problem)) from None
