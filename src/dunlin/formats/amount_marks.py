"""Which mark divides the decimals, decided over the amounts of a whole file: a comma, a point, or still open."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dunlin.formats.values import Cell, clean_text

_LAST_MARK = re.compile(r"(\d)([.,])(\d+)\D*\Z")


@dataclass(slots=True)
class MarkEvidence:
    """What the amounts of a file say of its decimal mark. Constant memory."""

    point: list[tuple[int, str]] = field(default_factory=list)
    comma: list[tuple[int, str]] = field(default_factory=list)
    open_cases: list[tuple[int, str]] = field(default_factory=list)
    negative: int = 0

    def add(self, line: int, cell: Cell) -> None:
        """Take one amount into account."""
        if not isinstance(cell, str):
            self.negative += isinstance(cell, (int, float)) and cell < 0
            return
        text = clean_text(cell.replace("\x00", ""))
        if not text:
            return
        if text[0] in "-−(" or text[-1] in "-−)" or text[-2:].upper() == "CR":
            self.negative += 1
        found = _LAST_MARK.search(text)
        if not found:
            return
        mark, other = found[2], "," if found[2] == "." else "."
        if other in text or len(found[3]) != 3:
            proofs = self.comma if mark == "," else self.point
        elif text.count(mark) > 1:
            proofs = self.point if mark == "," else self.comma
        else:
            proofs = self.open_cases
        if len(proofs) < 3:
            proofs.append((line, text))

    def decimal_comma(self, digits: int) -> bool | None:
        """Whether a comma divides the decimals of a currency with so many; None while nothing or both is proved.

        Three digits behind the only mark are decimals of a currency with three and thousands of any other.
        """
        point, comma = bool(self.point), bool(self.comma)
        if self.open_cases and digits != 3:
            last = [_LAST_MARK.search(text) for _, text in self.open_cases]
            point = point or any(found is not None and found[2] == "," for found in last)
            comma = comma or any(found is not None and found[2] == "." for found in last)
        if point and comma:
            return None
        if not (point or comma):
            return None if self.open_cases else False
        return comma
