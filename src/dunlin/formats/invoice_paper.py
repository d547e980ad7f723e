"""An invoice, debit memo or credit memo on paper, in the customer's language (A6). The figures are handed in and must agree.

One document is one PDF. Lines run over pages with their heads repeated and the sum carried forward; the tax summary names each
exemption with its certificate. Amounts are whole minor units of the document's currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any, NamedTuple

from dunlin.formats.paper import Printed, print_paper
from dunlin.formats.paper_frame import Recipient, Sender, breakable, frame, room_of, shown
from dunlin.formats.paper_glyphs import text_width
from dunlin.formats.paper_language import PaperLanguage, paper_language, printable
from dunlin.formats.statement_paper import pay_lines
from dunlin.rules.invoicing import Bill, Line, TaxGroup
from dunlin.rules.money import minor_digits

SIZE, GUTTER, BOLD = 8, 6.0, 1.08  # points; how wide bold is against regular


class Amounts(NamedTuple):
    """The sums as they are in the books."""

    net: int
    tax: int
    total: int


@dataclass(frozen=True, slots=True)
class InvoicePaper:
    """What the paper says. `due`: each due date with its amount, several for instalments; `discount`: amount and last day;
    `certificates`: number and place by id; `corrects`: kind, number and date of what this one corrects."""

    kind: str
    number: str
    on: date
    language: str
    sender: Sender
    to: Recipient
    bill: Bill
    amounts: Amounts
    po_number: str = ""
    order_number: str = ""
    terms: str = ""
    due: tuple[tuple[date, int], ...] = ()
    discount: tuple[int, date] | None = None
    certificates: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    corrects: tuple[str, str, date] | None = None
    note: str = ""
    pay: tuple[str, ...] = ()
    reference: str = ""

    @property
    def title(self) -> str:
        """How a person names it."""
        return f"{self.kind.replace('_', ' ')} {self.number}"


class InvoiceDoesNotAdd(ValueError):
    """Lines that do not make the sums of the books; such a paper is never printed."""


def print_invoice(paper: InvoicePaper, *, system_fonts: bool = False) -> Printed:
    """The document as PDF. InvoiceDoesNotAdd when its lines do not make its sums, PaperRefused when it is too long."""
    return print_paper("invoice", invoice_data(paper), on=paper.on, system_fonts=system_fonts)


def invoice_data(paper: InvoicePaper) -> dict[str, Any]:
    """What the source of the paper is given: texts, ready to be shown. Checks the figures first."""
    made = (paper.bill.net, paper.bill.tax, paper.bill.total)
    if made != tuple(paper.amounts):
        raise InvoiceDoesNotAdd(
            f"{paper.title}: the lines make {made}, the books hold {tuple(paper.amounts)}"
        )
    language = paper_language(paper.language, paper.sender.country)
    cells = _Cells(language, paper)
    heading = (
        language.word("corrected_invoice")
        if paper.corrects and paper.kind == "invoice"
        else language.kind(paper.kind)
    )
    rows = [cells.row(line) for line in paper.bill.lines]
    running = [
        cells.amount(minor) for minor in accumulate((line.net for line in paper.bill.lines), initial=0)
    ]
    total = language.money(paper.amounts.total, paper.bill.currency)
    credit = paper.kind == "credit_memo"
    return {
        **frame(paper.sender, paper.to, language),
        "title": f"{heading} {printable(paper.number)}",
        "running_head": [f"{heading} {shown(language, paper.number)}", f"{shown(language, paper.to.name)} · {language.day(paper.on)}"],
        "heading": f"{heading} {shown(language, paper.number)}",
        "corrects": cells.corrects(),
        "meta": cells.meta(),
        "amount": [language.word("amount_credited" if credit else "amount_due"), total],
        "facts": cells.facts(),
        "note": [language.word("reason"), shown(language, paper.note)] if paper.note and paper.kind != "invoice" else [],
        "amounts_in": language.word("amounts_in", currency=paper.bill.currency),
        "columns": [language.word(name) for name in ("description", "quantity", "unit_price", "tax", "net")],
        "widths": cells.widths(rows, running),
        "rows": rows,
        "running": running,
        "tax_columns": [language.word(name) for name in ("tax_summary", "tax_base", "tax")],
        "taxes": [[cells.group(group), cells.amount(group.base), cells.amount(group.tax)] for group in paper.bill.groups],
        "sums": [
            [language.word("net_total"), cells.amount(paper.amounts.net)],
            [language.word("tax"), cells.amount(paper.amounts.tax)],
            [language.word("total"), total],
        ],
        "pay": pay_lines(language, (), paper.reference),
        "pay_text": [shown(language, line) for line in paper.pay],
    }  # fmt: skip


class _Cells:
    """The texts of one document in its language and currency."""

    def __init__(self, language: PaperLanguage, paper: InvoicePaper) -> None:
        minor_digits(paper.bill.currency)
        self.language, self.paper = language, paper

    def amount(self, minor: int) -> str:
        return self.language.amount(minor, self.paper.bill.currency)

    def corrects(self) -> str:
        if self.paper.corrects is None:
            return ""
        kind, number, on = self.paper.corrects
        return self.language.word(
            "corrects", kind=self.language.kind(kind), number=shown(self.language, number), date=self.language.day(on)
        )  # fmt: skip

    def meta(self) -> list[list[str]]:
        """Beside the address: dates and the numbers people ask for."""
        language, paper = self.language, self.paper
        pairs = [
            [language.word("number"), shown(language, paper.number)],
            [language.word("statement_date"), language.day(paper.on)],
            [language.word("customer_number"), shown(language, paper.to.number)],
            [language.word("po_number"), breakable(shown(language, paper.po_number or paper.order_number))],
        ]
        if len(paper.due) == 1:
            pairs.append([language.word("due_date"), language.day(paper.due[0][0])])
        if paper.terms and language.tag == "en":  # the terms are kept in English words alone
            pairs.append([language.word("terms"), shown(language, paper.terms)])
        return [pair for pair in pairs if pair[1]]

    def facts(self) -> list[str]:
        """Under the amount: instalments, and what paying early earns."""
        language, paper = self.language, self.paper
        told = []
        if len(paper.due) > 1:
            told += [
                f"{language.word('due_date')} {language.day(on)}: {language.money(minor, paper.bill.currency)}"
                for on, minor in paper.due
            ]
        if paper.discount:
            minor, until = paper.discount
            amount = language.money(minor, paper.bill.currency)
            told.append(language.word("discount_until", amount=amount, date=language.day(until)))
        return told

    def row(self, line: Line) -> list[str]:
        """Description, what is to know of it, quantity, price, rate, net."""
        language = self.language
        more = []
        if line.service:
            first, last = line.service
            more.append(language.word("service", first=language.day(first), last=language.day(last)))
        if line.of_days and line.days != line.of_days:
            more.append(language.word("prorated", days=line.days, of_days=line.of_days))
        return [
            breakable(shown(language, line.description), 24),
            " · ".join(more),
            self.number(line.quantity),
            self.number(line.unit_price, minor_digits(self.paper.bill.currency)),
            self.rate(line.tax_pct if line.jurisdiction else None),
            self.amount(line.net),
        ]

    def rate(self, pct: Decimal | None) -> str:
        return "" if pct is None else self.language.isolated(f"{self.number(pct)}\u00a0%", ltr=True)

    def number(self, value: Decimal | None, least: int = 0) -> str:
        """A quantity, price or rate as the language writes it, with the digits it has, `least` at least."""
        if value is None:
            return ""
        digits = max(least, -int(value.normalize().as_tuple().exponent), 0)
        whole, _, rest = f"{abs(value):.{digits}f}".partition(".")
        figure = self.language._grouped(whole) + (f"{self.language.point}{rest}" if rest else "")
        return self.language.isolated(f"−{figure}" if value < 0 else figure, ltr=True)

    def group(self, group: TaxGroup) -> str:
        """A line of the tax summary: the place and its rate, or why there is none."""
        language = self.language
        if group.certificate is not None:
            number, place = self.paper.certificates.get(
                group.certificate.id, (group.certificate.number, group.jurisdiction)
            )
            return language.word(
                "exempt", number=shown(language, number), place=shown(language, place or group.jurisdiction)
            )
        if not group.jurisdiction:
            return language.word("not_taxed") if group.tax_pct is not None else ""
        return f"{shown(language, group.jurisdiction)} {self.rate(group.tax_pct)}".strip()

    def widths(self, rows: list[list[str]], running: list[str]) -> list[float]:
        """Points of each column; the description takes what the figures leave."""
        titles = [self.language.word(name) for name in ("quantity", "unit_price", "tax", "net")]
        figures = [
            max(
                min(text_width(title, 7.5) + 1, 60),
                max((text_width(row[at], SIZE) for row in rows), default=0) + 1,
            )
            for at, title in enumerate(titles, 2)
        ]
        figures[3] = max(
            figures[3],
            *(
                text_width(each, SIZE) * BOLD + 1
                for each in (*running, self.amount(self.paper.amounts.total))
            ),
        )
        room = room_of(self.paper.sender) - sum(figures) - GUTTER * len(figures)
        return [round(width, 1) for width in (max(room, 80.0), *figures)]
