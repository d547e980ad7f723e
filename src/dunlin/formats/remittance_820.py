"""Remittance advice as X12 820: one advice a transaction set (ST to SE), its documents in RMR, what was kept back in ADX.

The separators are those the interchange header (ISA) uses. Counts that do not agree (SE, GE, IEA) warn; a segment that cannot be
read is kept with its place and stops nothing. Segments that say nothing of who paid what are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from dunlin.formats.bank_collect import amount_of, count_of, long_date, short_date
from dunlin.formats.problems import Unreadable
from dunlin.formats.remittance_collect import Draft, Gathered
from dunlin.formats.remittance_model import AdviceFile, AdviceLine, Kept, RemittanceProblem
from dunlin.rules.cash.deductions import code_of_x12
from dunlin.rules.money import MINOR_DIGITS, Money

FIRST = re.compile(r"\s*(?:ISA[^A-Za-z0-9\s]|GS([^A-Za-z0-9\s])RA\1|ST([^A-Za-z0-9\s])820\2)")
_ASSUMED = "USD"
_NAME = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_ISA_ELEMENTS = 16
_ELEMENTS = 17
_DOCUMENT_DATES = ("003", "097")


@dataclass(frozen=True, slots=True)
class _Segment:
    place: str
    name: str
    elements: tuple[str, ...]
    text: str

    def __getitem__(self, number: int) -> str:
        """Element by its number as the standard counts, from 1; "" where there is none."""
        return self.elements[number] if number < len(self.elements) else ""


def read_820(name: str, text: str) -> AdviceFile:
    """Read an interchange, or a bare transaction set. RemittanceProblem when it holds no 820."""
    into = Gathered("820")
    reading = _Envelopes(into)
    for segment in _segments(text, into):
        reading.take(segment)
    reading.end()
    return into.finish(name)


def _segments(text: str, into: Gathered) -> Iterator[_Segment]:
    separator, terminator = _separators(text)
    for number, piece in enumerate(text.split(terminator), 1):
        plain = piece.strip()
        if not plain:
            continue
        elements = tuple(each.strip() for each in plain.split(separator))
        name = elements[0].upper()
        place = f"segment {number}, {name[:3]}"
        if _NAME.fullmatch(name):
            yield _Segment(place, name, elements, plain)
        else:
            into.damage(place, plain, "bank_record_unknown", record=name[:3])


def _separators(text: str) -> tuple[str, str]:
    """(between elements, after a segment), as the header has them: the terminator follows the sub-element separator, ISA16."""
    start = text.lstrip()
    if not FIRST.match(start):
        raise RemittanceProblem("remittance_unknown")
    if start.startswith("ISA"):
        at, separator = 3, start[3]
        for _ in range(_ISA_ELEMENTS - 1):
            at = start.find(separator, at + 1)
            if at < 0:
                raise RemittanceProblem("remittance_header_cut")
        if at + 2 >= len(start) or start[at + 2].isalnum() or start[at + 2] == separator:
            raise RemittanceProblem("remittance_header_cut")
        return separator, start[at + 2]
    terminator = next((each for each in ("~", "\n", "'", "\\") if each in start), "")
    if not terminator:
        raise RemittanceProblem("remittance_header_cut")
    return start[2], terminator


@dataclass(slots=True)
class _Envelopes:
    """Interchange, group and set, with what their ends state against what was found. Each set is read when it ends."""

    into: Gathered
    inside: list[_Segment] = field(default_factory=list)  # of the set that is open, ST first
    sets: int = 0
    groups: int = 0
    enveloped: bool = False

    def take(self, segment: _Segment) -> None:
        into, name, place = self.into, segment.name, segment.place
        if name == "ST":
            self._cut(place)
            self.sets += 1
            self.inside = [segment]
        elif name == "SE":
            self._end_of_set(segment)
        elif name in ("GE", "IEA"):
            self._cut(place)
            found = self.sets if name == "GE" else self.groups
            if count_of(segment[1]) != found:
                into.warn(place, "bank_count_wrong", what=name, stated=segment[1][:12], found=found)
            self.enveloped = self.enveloped and name == "GE"
        elif name == "ISA":
            self._cut(place)
            self.enveloped, self.groups = True, 0
        elif name == "GS":
            self._cut(place)
            self.sets, self.groups = 0, self.groups + 1
            into.variant = into.variant or segment[8][:12]
        elif self.inside:
            self.inside.append(segment)
        elif name in ("BPR", "RMR", "ADX"):
            into.damage(
                place, segment.text, "bank_record_alone", record=name, inside="a transaction set (ST)"
            )

    def end(self) -> None:
        """The text is through: what is open still was cut."""
        self._cut("file")
        if self.enveloped:
            self.into.warn("file", "bank_file_cut", what="the end of the interchange (IEA)")

    def _end_of_set(self, segment: _Segment) -> None:
        if not self.inside:
            self.into.warn(segment.place, "bank_record_alone", record="SE", inside="a transaction set (ST)")
            return
        found = len(self.inside) + 1
        if count_of(segment[1]) != found:
            self.into.warn(segment.place, "bank_count_wrong", what="SE", stated=segment[1][:12], found=found)
        if segment[2] != self.inside[0][2]:
            self.into.warn(segment.place, "remittance_control_differs")
        self._read()

    def _cut(self, place: str) -> None:
        if self.inside:
            self.into.warn(place, "bank_file_cut", what="the end of the transaction set (SE)")
            self._read()

    def _read(self) -> None:
        first, self.inside = self.inside, []
        if first[0][1] == "820":
            _Set(self.into, first).read()
        else:
            self.into.warn(first[0].place, "remittance_set_other", set=first[0][1][:3])


class _Set:
    """One transaction set: the payment, its payer, its lines."""

    def __init__(self, into: Gathered, segments: list[_Segment]) -> None:
        self.into, self.segments = into, segments
        start = segments[0]
        self.draft: Draft = into.advice(start.place, currency=self._currency())
        self.line: AdviceLine | None = None
        self.entity = False  # behind ENT names are of the payer's own units

    def _currency(self) -> str:
        stated = next((each for each in self.segments if each.name == "CUR"), None)
        if stated is not None and stated[2].upper() in MINOR_DIGITS:
            return stated[2].upper()
        place = (stated or self.segments[0]).place
        why = "the advice names none" if stated is None else "the one named is none of ISO 4217"
        self.into.warn(place, "bank_currency_assumed", currency=_ASSUMED, why=why)
        return _ASSUMED

    def read(self) -> None:
        acts = {
            "BPR": self._payment, "TRN": self._trace, "N1": self._party, "ENT": self._entity, "RMR": self._document,
            "ADX": self._adjustment, "REF": self._reference, "DTM": self._date,
        }  # fmt: skip
        for segment in self.segments[1:]:
            if segment.name in acts:
                try:
                    acts[segment.name](segment)
                except Unreadable as problem:
                    self.into.unreadable(segment.place, segment.text, problem)
        self._line_done()
        self._settle()

    def _payment(self, segment: _Segment) -> None:
        draft = self.draft
        if draft.amount is not None:
            self.into.warn(segment.place, "bank_record_twice", what="BPR")
            return
        draft.method, draft.account = segment[4], segment[9]
        draft.payer_ids += [segment[10]] if segment[10] else []
        draft.amount = amount_of(segment[2], draft.currency)
        if segment[3].upper() == "D":
            self.into.warn(segment.place, "remittance_debit")
        if segment[16]:
            draft.paid_on = _day(segment[16])

    def _trace(self, segment: _Segment) -> None:
        if not self.draft.trace:
            self.draft.trace = segment[2]
            if self.draft.method.upper() in ("CHK", "CHECK"):
                self.draft.check_number = segment[2]

    def _party(self, segment: _Segment) -> None:
        if segment[1].upper() == "PR" and not self.entity:
            self.draft.payer_name = self.draft.payer_name or segment[2]
            self.draft.payer_ids += [segment[4]] if segment[4] else []

    def _entity(self, segment: _Segment) -> None:
        self._line_done()
        self.entity = True

    def _document(self, segment: _Segment) -> None:
        self._line_done()
        currency = self.draft.currency
        paid = amount_of(segment[4], currency)
        gross = amount_of(segment[5], currency) if segment[5] else None
        discount = amount_of(segment[6], currency) if segment[6] else None
        if not segment[2]:
            raise Unreadable("remittance_without_number")
        self.line = AdviceLine(segment.place, segment[2], paid, segment[1][:3], gross, discount)

    def _adjustment(self, segment: _Segment) -> None:
        amount = amount_of(segment[1], self.draft.currency)
        code = segment[2].upper()
        # The standard writes what the payment is made less as a negative amount; kept back is what we count.
        kept = Kept(-amount, code_of_x12(code), f"X12 {code}" if code else "", segment[4])
        if self.line is None:
            self.draft.apart.append(kept)
        else:
            self.line = replace(self.line, kept=(*self.line.kept, kept))

    def _reference(self, segment: _Segment) -> None:
        if self.line is not None and segment[2] and len(self.line.others) < 20:
            other = f"{segment[1]} {segment[2]}"
            self.line = replace(self.line, others=(*self.line.others, other))

    def _date(self, segment: _Segment) -> None:
        if self.line is not None and self.line.on is None and segment[1] in _DOCUMENT_DATES:
            self.line = replace(self.line, on=_day(segment[2]))

    def _line_done(self) -> None:
        if self.line is not None:
            self.into.line(self.draft, self.line)
            self.line = None

    def _settle(self) -> None:
        """Some payers state a line before what was kept back, most after it: the amount of the payment proves which."""
        draft = self.draft
        if draft.amount is None:
            self.into.warn(draft.place, "remittance_without_amount")
            return
        stated = draft.amount.minor + sum(each.amount.minor for each in draft.apart)
        listed = sum(line.paid.minor for line in draft.lines)
        less = sum(kept.amount.minor for line in draft.lines for kept in line.kept)
        if listed != stated and listed - less == stated:
            draft.lines = [_less_kept(line) for line in draft.lines]


def _less_kept(line: AdviceLine) -> AdviceLine:
    less = sum(kept.amount.minor for kept in line.kept)
    return replace(line, paid=Money(line.paid.minor - less, line.paid.currency)) if less else line


def _day(text: str) -> date:
    return short_date(text) if len(text) == 6 else long_date(text)
