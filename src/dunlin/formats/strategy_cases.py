"""A file of cases for strategies: tables of items, events and expected notices in text, run and compared (C6, H4).

The format stands in docs/reference/strategy-format.md. Everything is compared as the words of the tables, so that what is
shown side by side is what was compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from dunlin.formats.placed_yaml import Reader
from dunlin.rules.calendars import Calendar
from dunlin.rules.codes import REASONS
from dunlin.rules.money import Money, NotMoney
from dunlin.rules.notices import NoticeDecision, held_sums
from dunlin.rules.strategies import INVOICE_CLASSES, NO_LEVEL, Strategy
from dunlin.rules.strategy_trials import EVENTS, Event, NotPossible, Trial, TrialItem

_CASE = ("name", "about", "runs", "holidays", "customers", "items", "events", "expected")
_ITEMS = ("item", "customer", "due", "amount", "class", "entity")
_EVENTS = ("on", "what", "which", "value")
_EXPECTED = ("run", "customer", "entity", "level", "to pay", "items", "left out", "why")
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?: ([A-Z]{3}))?\Z", re.ASCII)
_DAY_EVENTS, _WORD_EVENTS = ("promise", "due"), ("block",)
_AMOUNT_EVENTS = ("pay", "return", "credit", "apply", "dispute")


@dataclass(slots=True)
class Case:
    """One case as written. `customers` is strategy key by customer ("" takes the first); `expected` rows as cells by
    column, of the `columns` that are compared."""

    name: str
    runs: list[date]
    customers: dict[str, str]
    items: list[TrialItem]
    events: list[Event]
    expected: list[dict[str, str]]
    holidays: frozenset[date] = frozenset()
    columns: tuple[str, ...] = ("run", "customer", "level")


class Line(NamedTuple):
    """One customer and run: the cells expected and those that came, by column of the table of expected notices."""

    run: int
    on: date
    customer: str
    expected: dict[str, str]
    got: dict[str, str]

    @property
    def passed(self) -> bool:
        return all(self.got[column] == cell for column, cell in self.expected.items())


class Outcome(NamedTuple):
    """What came of a case. `problem` says why it could not be run to its end."""

    name: str
    lines: tuple[Line, ...]
    notices: int
    items: int
    problem: str = ""

    @property
    def passed(self) -> bool:
        return not self.problem and all(line.passed for line in self.lines)


def read_cases(text: str, strategies: Sequence[str] = ()) -> list[Case]:
    """The cases of a text. TextProblems names every mistake with its line; `strategies` are the keys that exist."""
    reader = Reader(text)
    head = reader.table(reader.tree, "", ("cases",), ("cases",))
    cases = [
        _case(reader, each, f"cases[{at}]", strategies)
        for at, each in enumerate(reader.listed(head.get("cases"), "cases"))
    ]
    if head and not cases and not reader.problems:
        reader.wrong("cases", "holds no case")
    reader.done()
    return cases


def run_case(case: Case, strategies: Mapping[str, Strategy]) -> Outcome:
    """Run a case through the rules and compare each run and customer with what was expected."""
    first = next(iter(strategies.values()))
    trial = Trial(
        {item.number: TrialItem(item.number, item.customer, item.due_on, item.amount, item.currency,
                                item.invoice_class, item.entity) for item in case.items},
        {customer: strategies[key] if key else first for customer, key in case.customers.items()},
        Calendar("trial", case.holidays),
    )  # fmt: skip
    waiting = sorted(case.events, key=lambda event: event.on)
    lines: list[Line] = []
    sent = 0
    for number, today in enumerate(case.runs, start=1):
        while waiting and waiting[0].on <= today:
            event = waiting.pop(0)
            try:
                trial.happen(event)
            except NotPossible as problem:
                why = f"{event.on} {event.what} {' '.join(event.which)}: {problem}"
                return Outcome(case.name, tuple(lines), sent, len(case.items), why)
        wanted = [row for row in case.expected if row["run"] == str(number)]
        for customer, decided in trial.run(today).items():
            sent += sum(each.step is not None for each in decided)
            rows = [row for row in wanted if row["customer"] == customer]
            lines += _compared(number, today, customer, rows, decided, case.columns)
    return Outcome(case.name, tuple(lines), sent, len(case.items))


def _compared(
    run: int, on: date, customer: str, rows: list[dict[str, str]], decided: Sequence[NoticeDecision], columns: Sequence[str],
) -> list[Line]:  # fmt: skip
    """Rows and decisions of one customer and run, matched by entity; whatever is on one side only is a difference."""
    nothing = {column: "" for column in columns if column not in ("run", "customer")} | {"level": "-"}
    found = {str(each.entity): _cells(each) for each in decided}
    by_entity = {row.get("entity") or next(iter(found), "1"): row for row in rows}
    lines = []
    for entity in sorted(found.keys() | by_entity.keys()):
        got = nothing | {column: cell for column, cell in found.get(entity, {}).items() if column in columns}
        row = by_entity.get(entity)
        if row is None:
            if got["level"] == "-":
                continue
            expected = nothing | ({"entity": entity} if "entity" in columns else {})
        else:
            expected = {column: cell for column, cell in row.items() if column not in ("run", "customer")}
            # A row that states no reason, or nothing of what is left out, leaves that open when no notice goes.
            if expected["level"] == "-":
                expected = {column: cell for column, cell in expected.items() if cell}
        lines.append(Line(run, on, customer, expected, got))
    return lines


def _cells(decision: NoticeDecision) -> dict[str, str]:
    """A decision in the words of the table."""
    left_out = [
        f"{Money(each['minor'], each['currency'])} {each['why']}" for each in held_sums(decision.left_out)
    ]
    return {
        "entity": str(decision.entity),
        "level": str(decision.level) if decision.step else "-",
        "to pay": " + ".join(str(Money(decision.to_pay[cur], cur)) for cur in sorted(decision.to_pay)),
        "items": " ".join(
            f"{row.number}:{row.level if row.level != NO_LEVEL else '-'}" for row in decision.carried
        ),
        "left out": ", ".join(left_out),
        "why": "" if decision.step else decision.code,
    }


# --- reading ----------------------------------------------------------------------------------------------------------


def _case(reader: Reader, value: Any, place: str, strategies: Sequence[str]) -> Case:
    tree = reader.table(value, place, _CASE, ("name", "runs", "items", "expected"))
    runs = _days(reader, tree.get("runs"), f"{place}.runs")
    if runs != sorted(runs):
        reader.wrong(f"{place}.runs", "must be in the order of days")
    case = Case(reader.text(tree.get("name", "x"), f"{place}.name", 120), runs, {}, [], [], [])
    case.holidays = frozenset(_days(reader, tree.get("holidays"), f"{place}.holidays"))
    before = len(reader.problems)
    rows = _rows(reader, tree.get("items"), f"{place}.items", _ITEMS, _ITEMS[:4])
    case.items = [_item(row, at) for row, at in rows]
    case.customers = dict.fromkeys((item.customer for item in case.items), "")
    numbers = {item.number: item for item in case.items}
    if len(numbers) != len(case.items):
        reader.wrong(f"{place}.items", "an item stands there twice; give each a number of its own")
    columns = ("customer", "strategy")
    for row, at in _rows(reader, tree.get("customers"), f"{place}.customers", columns, columns):
        case.customers[row["customer"]] = row["strategy"]
        if row["strategy"] and strategies and row["strategy"] not in strategies:
            at.wrong(f"there is no strategy {row['strategy']}; there are: {', '.join(strategies)}")
    # What is said about items nobody could read would be wrong only because they are missing.
    if len(reader.problems) > before:
        return case
    for row, at in _rows(reader, tree.get("events"), f"{place}.events", _EVENTS, _EVENTS[:3]):
        event = _event(row, at, numbers, case.customers)
        if event is not None:
            case.events.append(event)
    for row, at in _rows(reader, tree.get("expected"), f"{place}.expected", _EXPECTED, case.columns):
        case.columns = tuple(row)
        _check_expected(row, at, len(runs), case.customers)
        case.expected.append(row)
    return case


class _At(NamedTuple):
    """A row of a table in the text, to say what is wrong with it."""

    reader: Reader
    place: str
    row: int

    def wrong(self, detail: str) -> None:
        self.reader.wrong_in_block(self.place, self.row, detail)

    def day(self, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.wrong(f"{text or 'nothing'} is not a day; write it as 2026-05-31")
            return date.max

    def amount(self, text: str, currency: str = "") -> tuple[int, str]:
        """Minor units and currency; the currency may be left out where there is one already."""
        match = _AMOUNT.match(text)
        code = (match[2] if match else "") or currency
        try:
            if match and code and code == (currency or code):
                return Money.exact(match[1].replace(",", ""), code).minor, code
        except NotMoney as problem:
            self.wrong(f"{problem}")
            return 0, "USD"
        other = f" in {currency}" if currency else ""
        self.wrong(f"{text or 'nothing'} is not an amount{other}; write it as 1,000.00 USD")
        return 0, code or "USD"


def _rows(
    reader: Reader, value: Any, place: str, known: Sequence[str], needed: Sequence[str]
) -> list[tuple[dict[str, str], _At]]:
    """The rows of a table of bars, cells by column."""
    if value in (None, ""):
        return []
    if not isinstance(value, str):
        reader.wrong(place, "must be a table: `|` after the colon, then rows of cells between bars")
        return []
    header: list[str] = []
    rows = []
    for number, line in enumerate(value.splitlines(), start=1):
        at = _At(reader, place, number)
        if not line.strip() or set(line.strip()) <= set("|-: "):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not header:
            header = cells
            unknown = [column for column in header if column not in known]
            for column in unknown:
                at.wrong(f"{column} is no column here; known: {', '.join(known)}")
            for column in () if unknown else needed:
                if column not in header:
                    at.wrong(f"the column {column} is missing")
            if set(needed) - set(header):
                return []
        elif len(cells) > len(header):
            at.wrong(f"{len(cells)} cells, but the table has {len(header)} columns")
        else:
            rows.append((dict(zip(header, [*cells, *[""] * (len(header) - len(cells))])), at))
    return rows


def _days(reader: Reader, value: Any, place: str) -> list[date]:
    found = []
    for at, each in enumerate(reader.listed(value, place)):
        try:
            found.append(date.fromisoformat(str(each)))
        except ValueError:
            reader.wrong(f"{place}[{at}]", f"{each} is not a day; write it as 2026-05-31")
    return found


def _item(row: dict[str, str], at: _At) -> TrialItem:
    minor, currency = at.amount(row["amount"])
    if not row["item"] or not row["customer"]:
        at.wrong("an item needs a number and a customer")
    klass, entity = row.get("class") or "standard", row.get("entity") or "1"
    if klass not in INVOICE_CLASSES:
        at.wrong(f"{klass} is none of {', '.join(INVOICE_CLASSES)}")
    if not entity.isdecimal():
        at.wrong(f"{entity} is not the number of an entity")
        entity = "1"
    return TrialItem(row["item"], row["customer"], at.day(row["due"]), minor, currency, klass, int(entity))


def _event(
    row: dict[str, str], at: _At, items: Mapping[str, TrialItem], customers: Mapping[str, str]
) -> Event | None:
    what, which, value = row["what"], tuple(row["which"].split()), row.get("value", "")
    on = at.day(row["on"])
    if what not in EVENTS:
        at.wrong(f"{what} is no event; known: {', '.join(EVENTS)}")
        return None
    known: Mapping[str, Any] = customers if what in ("credit", "stop", "resume") else items
    if known is customers:
        which = (row["which"],)
    missing = [each for each in which if each not in known]
    if missing or not which:
        at.wrong(f"there is no {'customer' if known is customers else 'item'} {' '.join(missing) or 'named'}")
        return None
    if what in _DAY_EVENTS:
        return Event(on, what, which, day=at.day(value))
    if what in _WORD_EVENTS:
        if not value:
            at.wrong("a block needs its kind, such as plan")
        return Event(on, what, which, word=value)
    if what in _AMOUNT_EVENTS and (value or what != "dispute"):
        minor, currency = at.amount(value, "" if known is customers else items[which[0]].currency)
        return Event(on, what, which, minor, currency)
    return Event(on, what, which)


def _check_expected(row: dict[str, str], at: _At, runs: int, customers: Mapping[str, str]) -> None:
    if not row["run"].isdecimal() or not 1 <= int(row["run"]) <= runs:
        at.wrong(f"{row['run'] or 'nothing'} is not the number of a run, 1 to {runs}")
    if row["customer"] not in customers:
        at.wrong(f"there is no customer {row['customer']}")
    if row["level"] != "-" and not row["level"].isdecimal():
        at.wrong("a level is a number, or - for no notice")
    if row.get("why") and row["why"] not in REASONS:
        at.wrong(f"{row['why']} is no reason; see docs/reference/codes.md")
