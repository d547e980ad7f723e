"""A mapping guessed from a file nobody has described: by the names of its columns, then by what they hold.

A guess is shown, never silently used: each field with its confidence, and a question wherever the file leaves two
readings open. The order of day and month, and the decimal mark, are decided over the whole file or asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dunlin.formats.amount_marks import MarkEvidence
from dunlin.formats.dates import DateOrder, OrderEvidence
from dunlin.formats.guess_columns import Content, contents_of, fields_of
from dunlin.formats.mappings import Column, Mapping, shipped_for
from dunlin.formats.synonyms import plain
from dunlin.formats.tables import Table
from dunlin.formats.targets import CREDIT_KINDS, KINDS, targets
from dunlin.formats.unmapped import ADDED, not_used
from dunlin.formats.values import Cell, identifier

SAMPLE_ROWS = 500

# What other systems call the kinds of items (casefolded). SAP document types, NetSuite, QuickBooks, Xero, Dynamics.
KIND_WORDS: dict[str, str] = {
    "rv": "invoice", "dr": "invoice", "inv": "invoice", "invoice": "invoice", "custinvc": "invoice", "accrec": "invoice",
    "sales invoice": "invoice", "rechnung": "invoice", "facture": "invoice", "factura": "invoice", "si": "invoice",
    "dg": "credit_memo", "cm": "credit_memo", "credit memo": "credit_memo", "credit": "credit_memo", "sc": "credit_memo",
    "credit note": "credit_memo", "custcred": "credit_memo", "accreccredit": "credit_memo", "gutschrift": "credit_memo",
    "avoir": "credit_memo", "credit_memo": "credit_memo", "debit memo": "debit_memo", "debit note": "debit_memo",
    "dz": "payment", "payment": "payment", "custpymt": "payment", "receipt": "payment", "sa": "payment",
    "customer payment": "payment", "zahlung": "payment", "finance charge": "finance_charge", "deposit": "deposit",
    "fin charge": "finance_charge", "interest": "finance_charge", "write-off": "write_off", "discount": "discount",
}  # fmt: skip
_DC_HEADERS = frozenset(
    ("dc", "sh", "shkzg", "sollhaben", "debitcredit", "debitcreditindicator", "drcr", "sens")
)
_DC_MARKS = {
    "d": 1,
    "dr": 1,
    "debit": 1,
    "s": 1,
    "soll": 1,
    "c": -1,
    "cr": -1,
    "credit": -1,
    "h": -1,
    "haben": -1,
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a person must say: `about` is the setting or field, `choices` the possible answers, `evidence` (line, value)."""

    about: str
    sentence: str
    choices: tuple[str, ...] = ()
    evidence: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Guess:
    """A guessed mapping, the confidence (0 to 1) of each field, what is to be asked, and columns nothing was made of.

    `mapping` may not pass `check()` while a required field is in question; `ready` says it does and nothing is open.
    """

    mapping: Mapping
    confidence: dict[str, float]
    questions: tuple[Question, ...]
    unused: tuple[str, ...]
    date_order: DateOrder
    kind_confidence: float = 1.0

    @property
    def ready(self) -> bool:
        return not self.questions


def guess_table(table: Table, kind: str | None = None) -> Guess:
    """The guess for an opened file, read through once."""
    # The form of the file stays out of the mapping: corrections come with commas, whatever the file had.
    return guess_mapping(table.rows(), table.header, kind)


def guess_mapping(
    rows: Iterable[tuple[int, Sequence[Cell]]], header: Sequence[str], kind: str | None = None
) -> Guess:
    """The guess from (line, cells) of the whole file: names and content from the first rows, date order and decimal
    mark from all of them. A file that a shipped mapping describes column by column gets that mapping.
    """
    known = shipped_for(header)
    if known is not None and kind in (None, known.kind):
        return Guess(known, dict.fromkeys(known.columns, 1.0), (), (), DateOrder(known.date_order, 0))
    rows = iter(rows)
    sample = [row for _, row in zip(range(SAMPLE_ROWS), rows)]
    content = contents_of(sample, len(header))
    chosen, kind_confidence = _kind(header, content, kind)
    fields = fields_of(header, content, chosen)
    order, marks = _whole_file(sample, rows, header, fields, chosen)
    return _assembled(header, sample, content, fields, chosen, kind_confidence, order, marks)


# --- what the file holds -------------------------------------------------------------------------------------------------


def _kind(header: Sequence[str], content: list[Content], kind: str | None) -> tuple[str, float]:
    if kind is not None:
        return kind, 1.0
    scores = {}
    for candidate in KINDS:
        fields = fields_of(header, content, candidate)
        score = sum(confidence for _, confidence in fields.values())
        missing = [
            t for t in targets(candidate) if t.required and t.name not in fields and t.name != "currency"
        ]
        scores[candidate] = score - 1.5 * len(missing)
        if candidate == "items":
            scores[candidate] += 2.0 * ("due_on" in fields) - 3.0 * (not {"amount", "open"} & fields.keys())
        if candidate == "contacts":
            scores[candidate] += 0.5 * ("role" in fields) - 2.0 * (
                not {"email", "phone", "mobile"} & fields.keys()
            )
        if candidate == "payments":
            scores[candidate] += 1.0 * ("method" in fields) + 1.0 * ("invoices" in fields)
    ranked = sorted(KINDS, key=lambda name: -scores[name])
    lead = scores[ranked[0]] - scores[ranked[1]]
    return ranked[0], round(min(1.0, 0.5 + lead / 4), 2)


# --- what only the whole file can say ---------------------------------------------------------------------------------


def _whole_file(
    sample: list[tuple[int, Sequence[Cell]]],
    rest: Iterable[tuple[int, Sequence[Cell]]],
    header: Sequence[str],
    fields: dict[str, tuple[int, float]],
    kind: str,
) -> tuple[DateOrder, MarkEvidence]:
    forms = {target.name: target.form for target in targets(kind)}
    dates = [index for name, (index, _) in fields.items() if forms[name] == "date"]
    amounts = [index for name, (index, _) in fields.items() if forms[name] == "amount"]
    order, marks = OrderEvidence(), MarkEvidence()
    for rows in (sample, rest):
        for line, cells in rows:
            for index in dates:
                if index < len(cells):
                    order.add(line, cells[index])
            for index in amounts:
                if index < len(cells):
                    marks.add(line, cells[index])
    return order.decide(), marks


def _assembled(
    header: Sequence[str],
    sample: list[tuple[int, Sequence[Cell]]],
    content: list[Content],
    fields: dict[str, tuple[int, float]],
    kind: str,
    kind_confidence: float,
    order: DateOrder,
    marks: MarkEvidence,
) -> Guess:
    columns = {t.name: Column(names=(header[fields[t.name][0]],)) for t in targets(kind) if t.name in fields}
    mapping = Mapping(
        name="guessed",
        kind=kind,
        columns=columns,
        date_order="dmy" if order.order == "ambiguous" else order.order,
    )
    used = {index for index, _ in fields.values()}
    unused = tuple(
        name
        for index, name in enumerate(header)
        if index not in used and content[index].filled and name not in ADDED
    )
    questions = _questions(mapping, order, marks, kind_confidence, unused)
    mapping = replace(mapping, decimal_comma=bool(marks.comma) and not marks.point)
    if "kind" in columns:
        mapping, asked = _kinds(mapping, header, sample, fields["kind"][0])
        questions += asked
    mapping = _signs(mapping, header, sample, marks)
    return Guess(
        mapping, {n: c for n, (_, c) in fields.items()}, tuple(questions), unused, order, kind_confidence
    )


def _questions(
    mapping: Mapping,
    order: DateOrder,
    marks: MarkEvidence,
    kind_confidence: float,
    unused: tuple[str, ...],
) -> list[Question]:
    asked = []
    left = f" {not_used(unused)}" if unused else ""
    if kind_confidence < 0.6:
        asked.append(Question("kind", "What does this file hold?", KINDS))
    if order.order == "ambiguous" and order.contradicted:
        told = "Some dates can only be read with the day first and others only with the month first; correct the file."
        asked.append(Question("date_order", told, ("dmy", "mdy", "ymd"), order.against))
    elif order.order == "ambiguous":
        told = "No date in the whole file tells day from month. Which comes first?"
        asked.append(Question("date_order", told, ("dmy", "mdy", "ymd")))
    if marks.point and marks.comma:
        told = "Some amounts have a decimal point and others a decimal comma. Which is it?"
        asked.append(Question("decimal_comma", told, ("false", "true"), (*marks.point[:2], *marks.comma[:2])))
    elif marks.open_cases and not marks.point and not marks.comma:
        told = "Is the mark in these amounts a thousands mark or a decimal mark?"
        asked.append(Question("decimal_comma", told, ("false", "true"), tuple(marks.open_cases)))
    known = mapping.columns
    stands_in = {"customer": "customer_name", "number": "name"}
    for target in targets(mapping.kind):
        if target.required and target.name not in known and stands_in.get(target.name, "") not in known:
            told = (
                "In which currency are the amounts?"
                if target.name == "currency"
                else f"Which column is this: {target.meaning}"
            )
            asked.append(Question(target.name, told + left))
    if mapping.kind == "items" and not {"amount", "open"} & known.keys():
        asked.append(Question("amount", "Which column holds the amounts?" + left))
    if mapping.kind == "items" and not {"document_on", "posted_on"} & known.keys():
        asked.append(Question("document_on", "Which column holds the document date?" + left))
    return asked


def _kinds(
    mapping: Mapping, header: Sequence[str], sample: list[tuple[int, Sequence[Cell]]], index: int
) -> tuple[Mapping, list[Question]]:
    """Translate the words of the kind column; ask for those that are not known."""
    seen = dict.fromkeys(identifier(cells[index]) for _, cells in sample if index < len(cells))
    values = {word: KIND_WORDS[word.casefold()] for word in seen if word.casefold() in KIND_WORDS}
    unknown = [word for word in seen if word and word.casefold() not in KIND_WORDS]
    column = Column(names=(header[index],), values=values)
    asked = [
        Question("kind", f"What kind of item is {word!r}?", (*dict.fromkeys(KIND_WORDS.values()),))
        for word in unknown
    ]
    if len(unknown) > 8:
        # So many words are not document types: the column is something else.
        return replace(mapping, columns={n: c for n, c in mapping.columns.items() if n != "kind"}), []
    return replace(mapping, columns={**mapping.columns, "kind": column}), asked


def _signs(
    mapping: Mapping, header: Sequence[str], sample: list[tuple[int, Sequence[Cell]]], marks: MarkEvidence
) -> Mapping:
    if mapping.kind not in ("items", "payments"):
        return mapping
    for index, name in enumerate(header):
        if plain(name) in _DC_HEADERS:
            seen = {identifier(cells[index]) for _, cells in sample if index < len(cells)} - {""}
            if seen and all(mark.casefold() in _DC_MARKS for mark in seen):
                debit = tuple(sorted(mark for mark in seen if _DC_MARKS[mark.casefold()] > 0)) or ("D",)
                credit = tuple(sorted(mark for mark in seen if _DC_MARKS[mark.casefold()] < 0)) or ("C",)
                return replace(mapping, sign="dc_column", dc_column=name, dc_debit=debit, dc_credit=credit)
    credits_named = any(v in CREDIT_KINDS for c in mapping.columns.values() for v in c.values.values())
    if marks.negative and (mapping.kind == "items" or not credits_named):
        return replace(mapping, sign="negative_is_credit")
    return mapping
