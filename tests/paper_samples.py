"""Statements and letters for tests: every figure follows from the lines, so that they add up unless a test spoils them."""

from __future__ import annotations

import io
import random
from datetime import date, timedelta
from typing import Any

import pypdf

from dunlin.formats.letter_paper import Letter, LetterTable
from dunlin.formats.paper_frame import Recipient, Sender
from dunlin.formats.statement_paper import AgingBucket, Statement, StatementLine
from dunlin.rules.money import Money

ON, SINCE = date(2026, 3, 16), date(2026, 2, 16)
AMERICAN = Sender(
    "Halden Freight Services, Inc.",
    ("500 Terminal Road", "Tacoma, WA 98421"),
    "US",
    ("Accounts Receivable", "+1 253 555 0142", "ar@haldenfreight.example"),
    ("EIN 91-1234567",),
)
GERMAN = Sender(
    "Halden Logistik GmbH",
    ("Speicherstraße 4", "20457 Hamburg"),
    "DE",
    ("Debitoren", "+49 40 555 0142"),
    ("HRB 1234",),
)
CUSTOMER = Recipient(
    "C-10482", "Northwind Fabrication, Inc.", ("1480 Harbor Avenue, Suite 300", "Seattle, WA 98101"), "US"
)
BANK = (("Bank", "First Harbor Bank"), ("Routing (ACH)", "125000024"), ("Account", "•••• 4471"))
EDGES = ((None, 0), (1, 30), (31, 60), (61, 90), (91, None))


def lines_of(count: int, seed: int = 1) -> tuple[StatementLine, ...]:
    """The documents of a month: mostly invoices, some of them paid or in dispute, payments, credits not yet applied."""
    chance = random.Random(seed)
    made = []
    for index in range(count):
        on = SINCE + timedelta(index * 28 // count)
        amount = chance.randint(5_000, 2_500_000)
        if index % 7 == 5:
            made.append(
                StatementLine(on, "payment", f"PAY-{900 + index}", credit=amount, reference="ACH 0231")
            )
        elif index % 7 == 6:
            made.append(StatementLine(on, "credit_memo", f"CM-{300 + index}", credit=amount, open=-amount))
        else:
            due = on + timedelta(10 if index % 2 else 30)
            made.append(
                StatementLine(
                    on,
                    "invoice",
                    f"INV-{20500 + index}",
                    debit=amount,
                    open=amount if index % 5 else 0,
                    reference=f"PO {4_500_000 + chance.randint(0, 99_999)}",
                    due_on=due,
                    days_past_due=(ON - due).days,
                    disputed=index % 11 == 3,
                )
            )
    return tuple(made)


def earlier_of(*days: int) -> tuple[StatementLine, ...]:
    """Invoices of before the period, so many days past due."""
    return tuple(
        StatementLine(
            ON - timedelta(day + 30),
            "invoice",
            f"INV-{20100 + day}",
            open=100_000 + day,
            due_on=ON - timedelta(day),
            days_past_due=day,
        )
        for day in days
    )


def statement(
    count: int = 30, seed: int = 1, earlier: tuple[int, ...] = (40, 130), **changes: Any
) -> Statement:
    """A statement of `count` lines whose figures agree."""
    lines = changes.pop("lines", None) or lines_of(count, seed)
    before = earlier_of(*earlier)
    opens = [line for line in (*lines, *before) if line.open > 0]
    closing = sum(line.open for line in (*lines, *before))
    given: dict[str, Any] = {
        "sender": AMERICAN,
        "to": CUSTOMER,
        "on": ON,
        "since": SINCE,
        "currency": "USD",
        "language": "en",
        "opening": closing - sum(line.debit - line.credit for line in lines),
        "closing": closing,
        "lines": lines,
        "earlier": before,
        "aging": tuple(
            AgingBucket(
                low,
                high,
                sum(
                    line.open
                    for line in opens
                    if (low is None or (line.days_past_due or 0) >= low)
                    and (high is None or (line.days_past_due or 0) <= high)
                ),
            )
            for low, high in EDGES
        ),
        "bank": BANK,
        "payment_reference": "C-10482 0326",
    }
    return Statement(**given | changes)


def letter(**changes: Any) -> Letter:
    """A reminder of two invoices."""
    rows = (
        ("INV-20101", date(2026, 1, 5), date(2026, 2, 4), 40, Money(545_086, "EUR")),
        ("INV-20102", date(2026, 1, 12), date(2026, 2, 11), 33, Money(425_000, "EUR")),
    )
    given: dict[str, Any] = {
        "sender": GERMAN,
        "to": Recipient("C-20931", "Sägewerk Brückner KG", ("Am Güterbahnhof 17", "79098 Freiburg"), "DE"),
        "on": ON,
        "language": "de",
        "subject": "Zweite Mahnung",
        "body": (
            "Sehr geehrte Damen und Herren,",
            "bitte überweisen Sie **9.700,86 EUR bis zum 30. März 2026**.",
            LetterTable(
                ("Rechnung", "Datum", "Fällig am", "Tage", "Offen EUR"),
                rows,
                ("Summe", None, None, None, Money(970_086, "EUR")),
            ),
        ),
        "place": "Hamburg",
        "details": (("Kundennummer", "C-20931"),),
        "closing": "Mit freundlichen Grüßen",
        "signer": ("Jonas Petersen", "Debitorenbuchhaltung"),
        "enclosures": ("Rechnung INV-20101",),
    }
    return Letter(**given | changes)


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    return "\n".join(pages_of(pdf))
