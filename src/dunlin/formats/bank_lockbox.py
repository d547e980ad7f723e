"""BAI lockbox: checks a bank received, imaged and deposited for us, in records of fixed columns.

1 file, 2 service, 5 lockbox and day, 6 one check, 4 what the check pays, 7 batch total, 8 lockbox total, 9 end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from dunlin.formats.bank_collect import Collected, Draft, count_of, long_date, minor_of, short_date
from dunlin.formats.bank_model import BankFile, Document, Entry
from dunlin.formats.problems import Unreadable
from dunlin.rules.money import Money

_CURRENCY = "USD"  # the format is of banks of the United States and names none
_DOCUMENT = re.compile(r"(\S.*?)\s+(\d{9,12})\Z", re.ASCII)


@dataclass(slots=True)
class _State:
    into: Collected
    on: date | None = None
    draft: Draft | None = None
    check: tuple[Entry, tuple[str, ...]] | None = None
    batch: list[Money] = field(default_factory=list)
    box: list[Money] = field(default_factory=list)
    records: int = 0
    ended: bool = False


def read_lockbox(name: str, text: str) -> BankFile:
    """Read a lockbox file. A check that cannot be read is damaged by itself; totals that differ warn."""
    state = _State(Collected("lockbox", "lockbox", "BAI lockbox"))
    handlers = {"5": _box, "6": _check, "4": _overflow, "7": _batch_total, "8": _box_total, "9": _end}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        state.records += 1
        place = f"line {number}"
        try:
            if line[0] in handlers:
                handlers[line[0]](state, line, place)
            elif line[0] not in "12":
                state.into.damage(place, line, "bank_record_unknown", record=line[0])
        except Unreadable as problem:
            state.into.unreadable(place, line, problem)
    _keep(state)
    if not state.ended:
        state.into.warn("end of file", "bank_file_cut", what="the file trailer (9)")
    return state.into.finish(name)


def _box(state: _State, line: str, place: str) -> None:
    _keep(state)
    state.draft = state.into.statement(place, currency=_CURRENCY, number=line[7:14].strip())
    state.on, state.box, state.batch = None, [], []
    state.on = short_date(line[14:20])


def _check(state: _State, line: str, place: str) -> None:
    _keep(state)
    if state.draft is None:
        state.draft = state.into.statement(place, currency=_CURRENCY)
        state.into.warn(place, "bank_record_alone", record="A check (6)", inside="a lockbox (5)")
    amount = minor_of(line[7:17].strip(), _CURRENCY)
    if amount.minor < 0:
        raise Unreadable("amount_not_understood", value=line[7:17])
    routing, account, check = line[17:26].strip(), line[26:36].strip(), line[36:46].strip()
    written_on = line[46:52].strip()
    value_on = long_date(f"20{written_on[4:]}{written_on[:4]}") if written_on.strip("0") else None
    entry = Entry(
        place, "credit", amount, "booked", state.on, value_on, type_code="check", bank_reference=line[1:7],
        payer_name=line[52:82].strip(), payer_account=f"{routing}-{account}".strip("-"), check_number=check.lstrip("0"),
    )  # fmt: skip
    state.check = (entry, (state.draft.number, line[1:4], line[4:7], routing[-4:], account[-4:], check))
    state.batch.append(amount)
    state.box.append(amount)


def _overflow(state: _State, line: str, place: str) -> None:
    """What a check pays: a number, often with its amount in cents. It names the batch and item of its check."""
    if state.check is None or state.check[0].bank_reference != line[1:7]:
        state.into.damage(place, line, "bank_record_alone", record="A detail (4)", inside="its check (6)")
        return
    entry, identity = state.check
    words = line[11:].strip()
    found = _DOCUMENT.match(words)
    number, paid = (found[1].strip(), minor_of(found[2], _CURRENCY)) if found else (words, None)
    if not number:
        return
    state.check = (
        replace(
            entry,
            documents=(*entry.documents, Document(number, paid=paid)),
            remittance=f"{entry.remittance} {number}".strip(),
        ),
        identity,
    )


def _keep(state: _State) -> None:
    """The check is complete: its details are known."""
    if state.check is None:
        return
    assert state.draft is not None
    entry, identity = state.check
    stated = [each.paid for each in entry.documents if each.paid is not None]
    if stated and len(stated) == len(entry.documents):
        made = sum(each.minor for each in stated)
        if made != entry.amount.minor:
            told = str(Money(made, _CURRENCY))
            state.into.warn(entry.place, "bank_details_differ", booked=str(entry.amount), details=told)
            entry = replace(entry, doubt="bank_details_differ")
    state.draft.add(entry, identity)
    state.check = None


def _batch_total(state: _State, line: str, place: str) -> None:
    _keep(state)
    _compare(state, place, "The batch total (7)", line[20:23], line[23:33], state.batch)
    state.batch = []


def _box_total(state: _State, line: str, place: str) -> None:
    _keep(state)
    _compare(state, place, "The lockbox total (8)", line[20:24], line[24:34], state.box)
    state.box, state.draft = [], None


def _compare(state: _State, place: str, what: str, count: str, amount: str, found: list[Money]) -> None:
    stated = minor_of(amount.strip(), _CURRENCY)
    made = Money(sum(each.minor for each in found), _CURRENCY)
    if made != stated:
        state.into.warn(place, "bank_total_wrong", what=what, stated=str(stated), found=str(made))
    if count_of(count) != len(found):
        state.into.warn(place, "bank_count_wrong", what=what, stated=count.strip(), found=len(found))


def _end(state: _State, line: str, place: str) -> None:
    _keep(state)
    state.ended = True
    stated = line[1:7].strip()
    if count_of(stated) != state.records:
        state.into.warn(
            place, "bank_count_wrong", what="The file trailer (9)", stated=stated, found=state.records
        )
