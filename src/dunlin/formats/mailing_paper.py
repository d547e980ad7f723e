"""What goes to the post room with a batch of letters: the mailing manifest as PDF and CSV, and the sheets of address labels."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel import Locale

from dunlin.formats.csv_out import write_csv
from dunlin.formats.paper import Printed, print_paper
from dunlin.formats.paper_frame import Recipient, Sender, address, breakable, frame, shown
from dunlin.formats.paper_language import paper_language, sheet_of

# Tenths of a gram: a sheet of A4 at 80 g/m2, of US Letter at 20 lb bond; a window envelope for folded sheets, a large one.
SHEET_TENTHS = {"a4": 50, "us-letter": 45}
ENVELOPE_TENTHS, LARGE_ENVELOPE_TENTHS, FOLDED_SHEETS_MAX = 50, 200, 6
PIECES_MAX = 5_000  # envelopes of one manifest; a post room takes no more at once


@dataclass(frozen=True, slots=True)
class MailPiece:
    """One envelope: its running number in the batch, who gets it, what is in it and on how many pages."""

    number: int
    to: Recipient
    what: str
    pages: int


@dataclass(frozen=True, slots=True)
class Mailing:
    """A batch of mail: its name, the day it goes out, whether sheets are printed on both sides, its pieces in order."""

    name: str
    sender: Sender
    on: date
    pieces: tuple[MailPiece, ...]
    both_sides: bool = True

    def __post_init__(self) -> None:
        if len(self.pieces) > PIECES_MAX:
            raise ValueError(
                f"{len(self.pieces):,} envelopes are more than the {PIECES_MAX:,} of one manifest"
            )

    def sheets(self, piece: MailPiece) -> int:
        """Sheets of paper in the envelope."""
        return (piece.pages + 1) // 2 if self.both_sides else piece.pages

    def grams(self, piece: MailPiece) -> int:
        """About what the envelope weighs, rounded up to the gram; the post room's scales have the last word."""
        sheets = self.sheets(piece)
        envelope = ENVELOPE_TENTHS if sheets <= FOLDED_SHEETS_MAX else LARGE_ENVELOPE_TENTHS
        return -(-(sheets * SHEET_TENTHS[sheet_of(self.sender.country)] + envelope) // 10)

    def country(self, piece: MailPiece) -> str:
        """Where the envelope goes, as a country code."""
        return (piece.to.country or self.sender.country).upper()


_CSV_HEAD = ("number", "customer", "name", "address", "country", "what", "pages", "sheets", "grams")


def manifest_csv(mailing: Mailing) -> bytes:
    """The manifest as CSV (UTF-8), one line a piece, guarded against formulas."""
    rows = (
        (
            piece.number,
            piece.to.number,
            piece.to.name,
            ", ".join(address(mailing.sender, piece.to)[1:]),
            mailing.country(piece),
            piece.what,
            piece.pages,
            mailing.sheets(piece),
            mailing.grams(piece),
        )
        for piece in mailing.pieces
    )
    stream = io.StringIO(newline="")
    write_csv(stream, list(_CSV_HEAD), rows)
    return stream.getvalue().encode()


def print_manifest(mailing: Mailing) -> Printed:
    """The manifest as PDF: totals by country first, then each piece in order. In English: it stays in the house."""
    language = paper_language("en", mailing.sender.country)
    totals: dict[str, list[int]] = {}
    for piece in mailing.pieces:
        sums = totals.setdefault(mailing.country(piece), [0, 0, 0, 0])
        for place, figure in enumerate((1, piece.pages, mailing.sheets(piece), mailing.grams(piece))):
            sums[place] += figure
    countries = Locale("en").territories
    data: dict[str, Any] = {
        **frame(mailing.sender, None, language),
        "title": f"Mailing manifest {mailing.name}",
        "running_head": [f"Mailing manifest · {shown(language, mailing.name)}", language.day(mailing.on)],
        "name": shown(language, mailing.name),
        "day": language.day(mailing.on),
        "sides": "both sides" if mailing.both_sides else "one side",
        "totals": [
            [countries.get(code, code), *(f"{figure:,}" for figure in sums)]
            for code, sums in sorted(totals.items())
        ],
        "all": [f"{sum(sums[place] for sums in totals.values()):,}" for place in range(4)],
        "rows": [
            [
                str(piece.number),
                shown(language, piece.to.number),
                breakable(shown(language, piece.to.name), 20),
                breakable(shown(language, ", ".join(address(mailing.sender, piece.to)[1:])), 24),
                mailing.country(piece),
                shown(language, piece.what),
                f"{piece.pages:,}",
                f"{mailing.sheets(piece):,}",
                f"{mailing.grams(piece):,}",
            ]
            for piece in mailing.pieces
        ],
    }
    return print_paper("manifest", data, on=mailing.on)


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """A sheet of labels: how many across and down, and its measures in points."""

    across: int
    down: int
    width: float
    height: float
    left: float
    top: float
    gap: float


_MM = 72 / 25.4
LABELS = {
    "a4": LabelSheet(3, 7, 63.5 * _MM, 38.1 * _MM, 7.2 * _MM, 15.1 * _MM, 2.5 * _MM),  # as L7160
    "us-letter": LabelSheet(3, 10, 189.0, 72.0, 13.5, 36.0, 9.0),  # as 5160
}


def print_labels(sender: Sender, recipients: Sequence[Recipient], on: date, skip: int = 0) -> Printed:
    """Address labels for `recipients` in order, 21 on a sheet of A4, 30 on US Letter. `skip` leaves used ones out."""
    sheet = LABELS[sheet_of(sender.country)]
    language = paper_language("en", sender.country)
    data = {
        **frame(sender, None, language),
        "title": "Address labels",
        "running_head": ["", ""],
        "sheet": {name: getattr(sheet, name) for name in LabelSheet.__slots__},
        "labels": [[]] * skip
        + [[shown(language, line) for line in address(sender, to)] for to in recipients],
    }
    return print_paper("labels", data, on=on)
