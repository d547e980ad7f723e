"""Receipts of a book with the truth beside them: how payers pay, in three levels of tidiness. Same seed, same files.

Kinds: exact with a reference, without one; several with a list, a text, part of a text, nothing; references with a digit wrong or cut
off; short pays with and without a reason; discounts; bank charges; overpayments; parts; credit memos taken; parents for children;
payment services; duplicates; stale references; prepayments; money that is not ours.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench.cash_book import Book, Customer, Invoice

REASONS = (
    "PRICE DIFF",
    "SHORT SHIP",
    "DAMAGED GOODS",
    "RETURN RMA",
    "FREIGHT CLAIM",
    "TAX EXEMPT",
    "PROMO ALLOW",
)
STRANGERS = (
    ("INTEREST CREDIT", "INTEREST"),
    ("ADP PAYROLL", "REFUND 88211"),
    ("IRS TREAS 310", "TAX"),
    ("ZENITH HOLDINGS PLC", "SETTLEMENT"),
)
SERVICES = (
    ("TIPALTI INC", "AC9100000001"),
    ("AVIDXCHANGE INC", "AC9100000002"),
    ("AMEX VPAY", "AC9100000003"),
)
# What happens to a payment, by level: clean, mixed, dirty. Chances are of a thousand.
LEVELS: dict[str, dict[str, int]] = {
    "clean": {"no_reference": 60, "cut": 30, "slip": 15, "service": 15, "short": 30, "fee": 20, "over": 12, "part": 8, "credit": 15,
              "bad_name": 150, "no_account": 60, "duplicate": 4, "stale": 5, "prepaid": 6, "stranger": 4, "list": 450},
    "mixed": {"no_reference": 160, "cut": 100, "slip": 50, "service": 25, "short": 50, "fee": 35, "over": 25, "part": 20, "credit": 30,
              "bad_name": 350, "no_account": 150, "duplicate": 8, "stale": 20, "prepaid": 12, "stranger": 10, "list": 300},
    "dirty": {"no_reference": 260, "cut": 190, "slip": 90, "service": 40, "short": 70, "fee": 45, "over": 35, "part": 35, "credit": 35,
              "bad_name": 550, "no_account": 300, "duplicate": 12, "stale": 40, "prepaid": 15, "stranger": 15, "list": 150},
}  # fmt: skip


@dataclass
class Receipt:
    """A payment being made up, and its truth."""

    on: date
    customer: Customer
    items: list[Invoice]
    scenario: str
    lines: dict[str, int]
    kept: list[tuple[str, int, str]] = field(default_factory=list)
    over: int = 0
    memo: str = ""
    remittance: list[dict[str, Any]] = field(default_factory=list)
    name: str = ""
    account: str = ""
    channel: str = "ACH"
    must_review: bool = False
    loose: bool = False


class Simulator:
    """Makes the receipts of a book, one group of invoices of a customer and a day after the other."""

    def __init__(self, book: Book, level: str, random: Random) -> None:
        self.book, self.level, self.random = book, LEVELS[level], random
        self.extra: list[Invoice] = []
        self.children: dict[str, list[str]] = defaultdict(list)
        for each in book.customers.values():
            if each.parent:
                self.children[each.parent].append(each.id)

    def chance(self, what: str) -> bool:
        return self.random.randrange(1000) < self.level[what]

    def receipts(self) -> list[Receipt]:
        """All receipts in order of their days."""
        groups: dict[tuple[str, date], list[Invoice]] = defaultdict(list)
        for invoice in self.book.invoices:
            if invoice.until is not None:
                groups[invoice.customer, invoice.until].append(invoice)
        made: list[Receipt] = []
        for (customer, on), items in groups.items():
            items.sort(key=lambda each: (each.due, each.id))
            for start in range(0, len(items), 25):
                made += self._pay(self.book.customers[customer], on, items[start : start + 25])
        made.sort(key=lambda each: (each.on, each.customer.id))
        return made

    def _pay(self, customer: Customer, on: date, items: list[Invoice]) -> Iterator[Receipt]:
        receipt = Receipt(on, customer, items, "", {each.id: each.amount for each in items})
        receipt.name, receipt.account = self._name(customer.name), customer.account
        receipt.channel = self.random.choice(("ACH", "ACH", "ACH", "WIRE", "CHECK", "CARD"))
        kind = self._amounts(receipt)
        refs = self._references(receipt)
        receipt.scenario = kind if kind != "exact" else refs
        if kind in ("part", "short", "over") and refs in ("exact_noref", "multi_noref"):
            receipt.must_review = True
        self._payer(receipt)
        yield receipt
        if refs in ("exact_ref", "multi_ref", "multi_remit") and self.chance("duplicate"):
            yield self._again(receipt)
        if self.chance("prepaid"):
            yield self._other(
                customer, on, "on_account", self.random.choice(("PREPAYMENT", "DEPOSIT", "ON ACCOUNT"))
            )
        if self.chance("stranger"):
            name, memo = self.random.choice(STRANGERS)
            yield self._other(
                Customer("", name, account=f"AC{self.random.randrange(10**10):010d}"), on, "not_ours", memo
            )

    def _amounts(self, receipt: Receipt) -> str:
        """What the payer makes of the amount due."""
        random, items = self.random, receipt.items
        item = random.choice(items)
        if receipt.customer.discount and random.random() < 0.7:
            for each in items:
                less = (2 * each.amount * receipt.customer.discount + 10_000) // 20_000
                receipt.lines[each.id] -= less
                receipt.kept.append((each.id, less, "DISCOUNT"))
            return "discount"
        if self.chance("short") and item.amount > 3_000:
            less = random.randrange(item.amount // 50 + 1, item.amount // 4 + 2)
            receipt.lines[item.id] -= less
            receipt.kept.append((item.id, less, random.choice(REASONS)))
            receipt.loose = len(items) > 1
            return "short"
        if self.chance("fee") and item.amount > 20_000:
            less = random.choice((1_000, 1_500, 2_000, 2_500, 3_500))
            receipt.channel, receipt.loose = "WIRE", len(items) > 1
            receipt.lines[item.id] -= less
            receipt.kept.append((item.id, less, "BANK_FEE"))
            return "bank_fee"
        if self.chance("over"):
            receipt.over = random.choice((1, 9, 90, 100, 1_000, item.amount // 7 + 13))
            return "over"
        if self.chance("part") and len(items) == 1:
            receipt.lines[item.id] = item.amount * random.choice((1, 1, 1, 3)) // random.choice((2, 4))
            receipt.lines[item.id] = min(receipt.lines[item.id], item.amount - 1) or 1
            return "part"
        if self.chance("credit") and sum(receipt.lines.values()) > 2_000:
            self._credit(receipt, item)
            return "net_credit"
        return "exact"

    def _credit(self, receipt: Receipt, item: Invoice) -> None:
        amount = max(100, item.amount // self.random.choice((10, 20, 33)))
        number = str(1_700_000_000 + self.random.randrange(10**8))
        since = max(item.since, receipt.on - timedelta(self.random.randrange(20)))
        memo = Invoice(
            number, item.customer, since, since, -amount, item.currency, item.order, since, receipt.on, "CM"
        )
        self.extra.append(memo)
        receipt.items = [*receipt.items, memo]
        receipt.lines[number] = -amount

    def _references(self, receipt: Receipt) -> str:
        """How the payer says what it is for."""
        random, items = self.random, receipt.items
        several = len(items) > 1
        if several and receipt.customer.lists and self.chance("list"):
            self._list(receipt)
            return "multi_remit"
        invoices = [each for each in items if each.kind == "INV"]
        if self.chance("no_reference"):
            receipt.memo = random.choice(
                ("PAYMENT", "", "INVOICE PAYMENT", f"AP RUN {random.randrange(10**4):04d}")
            )
            return "multi_noref" if several else "exact_noref"
        if self.chance("stale"):
            receipt.memo = self._written(str(int(invoices[0].id) - random.randrange(3_000, 90_000)))
            receipt.must_review = True
            return "stale_ref"
        if len(invoices) == 1 and self.chance("cut"):
            number = invoices[0].id
            receipt.memo = random.choice(("PAYMENT ", "WIRE IN ")) + random.choice(
                (number[-6:], number[-5:], number[:8], number[-7:])
            )
            return "ref_cut"
        if len(invoices) == 1 and self.chance("slip"):
            receipt.memo = "INV " + self._slip(invoices[0].id)
            return "ref_slip"
        text = random.choice((" ", ", ", "/", "+")).join(self._written(each.id) for each in invoices)
        if not several and random.random() < 0.15:
            text = random.choice((f"PO {invoices[0].order}", f"{text} PO {invoices[0].order}"))
        receipt.memo = random.choice(("", "PAYMENT ", "ACH CREDIT ", "/ROC/7712345/URI/")) + text
        if several and (self.chance("cut") or len(receipt.memo) > 140):
            receipt.memo = receipt.memo[: max(18, min(140, len(receipt.memo) * 2 // 3))]
            return "multi_part_ref"
        return "multi_ref" if several else "exact_ref"

    def _list(self, receipt: Receipt) -> None:
        said = {item: reason for item, _, reason in receipt.kept if reason in REASONS}
        for item in receipt.items:
            line: dict[str, Any] = {
                "ref": self._written(item.id),
                "paid": receipt.lines[item.id],
                "reason": said.get(item.id, ""),
            }
            if self.random.random() < 0.4:
                line["gross"] = item.amount
            receipt.remittance.append(line)

    def _written(self, number: str) -> str:
        forms = ("{}", "{}", "{}", "INV{}", "INV {}", "#{}", "000{}", "RE {}", "FACT {}")
        return self.random.choice(forms).format(number)

    def _slip(self, number: str) -> str:
        at = self.random.randrange(3, len(number) - 1)
        return self.random.choice(
            (
                number[:at] + str((int(number[at]) + self.random.randrange(1, 9)) % 10) + number[at + 1 :],
                number[:at] + number[at + 1 :],
                number[:at] + number[at + 1] + number[at] + number[at + 2 :],
                number.replace("0", "O"),
            )
        )

    def _payer(self, receipt: Receipt) -> None:
        customer, named = receipt.customer, receipt.scenario.endswith("_ref") or bool(receipt.remittance)
        if named and not receipt.must_review and self.chance("service"):
            receipt.name, receipt.account = self.random.choice(SERVICES)
            receipt.scenario = "service"
        elif customer.parent and named and self.random.random() < 0.5:
            parent = self.book.customers[customer.parent]
            receipt.name, receipt.account, receipt.scenario = (
                self._name(parent.name),
                parent.account,
                "parent",
            )
        elif self.chance("no_account"):
            receipt.account = self.random.choice(("", f"AC{self.random.randrange(10**10):010d}"))

    def _name(self, name: str) -> str:
        random, upper = self.random, name.upper()
        if not self.chance("bad_name"):
            return upper
        words = upper.split()
        at = random.randrange(1, len(upper) - 2)
        return random.choice(
            (
                upper[: max(10, len(upper) - random.randrange(2, 9))],
                " ".join(words[:2]),
                " ".join([*words[1:], words[0]]),
                upper[:at] + upper[at + 1] + upper[at] + upper[at + 2 :],
                upper.replace("SUPPLY", "SPLY")
                .replace("BEVERAGES", "BEV")
                .replace("PARTNERS", "PTNRS")
                .replace("SYSTEMS", "SYS"),
                f"{upper} DBA {random.choice(('NORTHERN STAR', 'BLUE DOOR'))}",
            )
        )

    def _again(self, receipt: Receipt) -> Receipt:
        on = receipt.on + timedelta(self.random.randrange(1, 5))
        again = Receipt(
            on,
            receipt.customer,
            [],
            "duplicate",
            {},
            over=sum(receipt.lines.values()) + receipt.over,
            must_review=True,
        )
        again.memo, again.remittance = receipt.memo, receipt.remittance
        again.name, again.account, again.channel = receipt.name, receipt.account, receipt.channel
        return again

    def _other(self, customer: Customer, on: date, scenario: str, memo: str) -> Receipt:
        other = Receipt(
            on,
            customer,
            [],
            scenario,
            {},
            over=self.random.randrange(50, 5_000) * 1_000,
            memo=memo,
            must_review=True,
        )
        other.name, other.account = customer.name.upper(), customer.account
        return other


def write(book: Book, simulator: Simulator, out: Path, history_share: float = 0.3) -> None:
    """The files of `dunlin apply files`, and truth.jsonl for those that are to be decided."""
    receipts = simulator.receipts()
    out.mkdir(parents=True, exist_ok=True)
    _table(out / "customers.csv", ("customer_id", "name", "parent_id", "currency"),
           ((each.id, each.name, each.parent, each.currency) for each in book.customers.values()))  # fmt: skip
    columns = (
        "invoice_id",
        "customer_id",
        "invoice_date",
        "due_date",
        "amount",
        "currency",
        "po_number",
        "kind",
        "open_from",
        "open_to",
    )
    _table(out / "invoices.csv", columns, (
        (i.id, i.customer, i.issued, i.due, i.amount, i.currency, i.order, i.kind, i.since, i.until or "")
        for i in (*book.invoices, *simulator.extra)
    ))  # fmt: skip
    first = int(len(receipts) * history_share)
    twins = _Twins(book)
    with (
        (out / "history.jsonl").open("w") as history,
        (out / "payments.jsonl").open("w") as payments,
        (out / "truth.jsonl").open("w") as truths,
    ):
        for number, receipt in enumerate(receipts, 1):
            record, truth = _record(f"S{number:06d}", receipt), _truth(f"S{number:06d}", receipt)
            if number <= first:
                history.write(json.dumps(record | {"truth": truth}) + "\n")
            else:
                payments.write(json.dumps(record) + "\n")
                truths.write(json.dumps(truth | {"ambiguous": twins.of(receipt)}) + "\n")


class _Twins:
    """Items as good as those of a receipt: same customer, same amount, open on its day, not told apart by what the payer writes."""

    def __init__(self, book: Book) -> None:
        self.alike: dict[tuple[str, int], list[Invoice]] = defaultdict(list)
        for each in book.invoices:
            self.alike[each.customer, each.amount].append(each)

    def of(self, receipt: Receipt) -> dict[str, list[str]]:
        if receipt.remittance:
            return {}
        found = {}
        for item in receipt.items:
            if item.id in receipt.memo:
                continue
            twins = [
                each.id
                for each in self.alike[item.customer, item.amount]
                if each is not item
                and each.since <= receipt.on
                and (each.until is None or receipt.on <= each.until)
            ]
            if twins:
                found[item.id] = twins
        return found


def _record(id_: str, receipt: Receipt) -> dict[str, Any]:
    return {
        "payment_id": id_, "date": receipt.on.isoformat(), "amount": sum(receipt.lines.values()) + receipt.over, "currency": receipt.customer.currency,
        "payer_name": receipt.name, "payer_account": receipt.account, "channel": receipt.channel, "memo": receipt.memo, "remittance": receipt.remittance,
    }  # fmt: skip


def _truth(id_: str, receipt: Receipt) -> dict[str, Any]:
    return {
        "payment_id": id_, "scenario": receipt.scenario, "customer_ids": [receipt.customer.id] if receipt.customer.id else [],
        "lines": [{"invoice_id": item, "amount": amount} for item, amount in receipt.lines.items()],
        "deductions": [{"invoice_id": item, "amount": amount, "reason": reason} for item, amount, reason in receipt.kept],
        "unapplied": receipt.over, "must_review": receipt.must_review, "loose": receipt.loose,
    }  # fmt: skip


def _table(path: Path, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(rows)
