"""NACHA files: payments that came back (addenda 99), notices of change (98), and entries with their remittance (05).

Records are 94 columns wide; real files pad them, cut their blanks off, or have no line ends at all. Amounts are cents of
US dollars and seen from the account the entry is for: a returned debit of ours takes money out. DOMAIN section 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from dunlin.formats.bank_codes import NACHA_BETWEEN_BANKS, NACHA_NO_MONEY, nacha_side
from dunlin.formats.bank_collect import Collected, Draft, count_of, minor_of, short_date
from dunlin.formats.bank_masks import tail_of
from dunlin.formats.bank_model import BankFile, Entry
from dunlin.formats.bank_remittance import documents_of_rmr
from dunlin.formats.problems import Unreadable

WIDTH = 94
_CURRENCY = "USD"
_ACCOUNT_CHANGES = ("C01", "C02", "C03", "C06", "C07")  # what a NOC corrects holds account or routing numbers


@dataclass(slots=True)
class _Sums:
    """What a control record is compared with."""

    count: int = 0
    debit: int = 0
    credit: int = 0


@dataclass(slots=True)
class _Open:
    """An entry whose addenda may still follow."""

    entry: Entry
    place: str
    text: str
    addenda: list[str] = field(default_factory=list)
    trace_99: str = ""


@dataclass(slots=True)
class _State:
    into: Collected
    created_on: date | None = None
    on: date | None = None
    sort: str = ""  # standard entry class: CCD, CTX, PPD, COR ...
    company: str = ""
    draft: Draft | None = None
    entry: _Open | None = None
    batch: _Sums = field(default_factory=_Sums)
    file: _Sums = field(default_factory=_Sums)
    batches: int = 0
    forward: int = 0
    lost: bool = False  # the entry was damaged, and with it its addenda
    header: bool = False
    ended: bool = False


def read_nacha(name: str, text: str) -> BankFile:
    """Read a NACHA file. An entry that cannot be read is damaged by itself; what is cut off is warned of."""
    state = _State(Collected("nacha", "ach", "NACHA"))
    handlers = {"1": _file, "5": _batch, "6": _entry, "7": _addenda, "8": _batch_end, "9": _file_end}
    for line, record in _records(text, state.into):
        place = f"line {line}"
        handler = handlers.get(record[0])
        try:
            if handler is None:
                raise Unreadable("bank_record_unknown", record=record[0])
            handler(state, record, place)
        except Unreadable as problem:
            if record[0] == "6":
                state.entry, state.lost = None, True
            state.into.unreadable(place, record, problem)
    _keep(state)
    if not state.header:
        state.into.warn("line 1", "bank_file_cut_before", what="the file header (1)")
    if not state.ended:
        state.into.warn("end of file", "bank_file_cut", what="the file control (9)")
    if state.forward:
        state.into.warn("line 1", "bank_ach_forward", count=state.forward)
    return state.into.finish(name)


def _records(text: str, into: Collected) -> Iterator[tuple[int, str]]:
    """(line, record of 94 columns). A line that is several records long is cut; a fill record of nines is left out."""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip()
        if not line:
            continue
        pieces = [line[at : at + WIDTH] for at in range(0, len(line), WIDTH)]
        if len(line) > WIDTH and (
            len(pieces) == 2 and len(pieces[1]) < WIDTH // 2 and len(text) > 2 * len(line)
        ):
            into.warn(f"line {number}", "bank_line_too_long", length=len(line), width=WIDTH)
            pieces = pieces[:1]
        for piece in pieces:
            if piece.strip("9 "):
                yield number, piece.ljust(WIDTH)


def _file(state: _State, record: str, place: str) -> None:
    state.header = True
    state.file = _Sums()
    written = record[23:29]
    state.created_on = short_date(written) if written.strip("0 ") else None


def _batch(state: _State, record: str, place: str) -> None:
    _keep(state)
    state.batches += 1
    state.batch = _Sums()
    state.sort, state.company = record[50:53].strip(), record[40:50].strip()
    state.draft = state.into.statement(
        f"{place}, batch {record[87:94].strip().lstrip('0') or '0'}",
        currency=_CURRENCY,
        number=record[87:94].strip(),
    )
    state.on = state.created_on
    written = record[69:75].strip()
    if written.strip("0"):
        try:
            state.on = short_date(written)
        except Unreadable as problem:  # the day of the file stands in for it
            state.into.warn(
                place, "bank_date_replaced", why=problem.args[0], day=str(state.created_on or "none")
            )


def _entry(state: _State, record: str, place: str) -> None:
    _keep(state)
    if state.draft is None:
        state.draft = state.into.statement(place, currency=_CURRENCY)
        state.into.warn(place, "bank_record_alone", record="An entry (6)", inside="a batch (5)")
    state.batch.count += 1
    advice = state.sort == "ADV"
    written = record[27:39] if advice else record[29:39]
    if not re.fullmatch(r"\d{10,12}", written, re.ASCII):
        raise Unreadable("amount_not_understood", value=written)
    amount = minor_of(written, _CURRENCY)
    code = record[1:3]
    sign = nacha_side(code)
    if sign > 0:
        state.batch.credit += amount.minor
    else:
        state.batch.debit += amount.minor
    account, name, own, check = _parties(record, state.sort)
    entry = Entry(
        place, "credit" if sign > 0 else "debit", amount if sign > 0 else -amount, "booked" if amount.minor else "info", state.on,
        state.on, type_code=f"{state.sort} {code}".strip(), trace="" if advice else record[79:94].strip(), end_to_end_id=own,
        payer_name=name, payer_account=account, check_number=check,
    )  # fmt: skip
    state.entry = _Open(entry, place, record)


def _parties(record: str, sort: str) -> tuple[str, str, str, str]:
    """(account, name, the originator's number of it, check number): the columns differ by entry class."""
    account, own, name, check = record[12:29].strip(), record[39:54].strip(), record[54:76].strip(), ""
    if sort == "IAT":
        return record[39:74].strip(), "", "", ""
    if sort == "ADV":
        return record[12:27].strip(), name, "", ""
    if sort in ("CTX", "ATX", "ACK"):
        name = record[58:74].strip() if sort != "ACK" else name
    elif sort == "CIE":
        own, name = name, own
    elif sort == "SHR":
        own, name = "", ""  # the number of a card stands where others have the name
    elif sort == "MTE":
        own, name = name, own
    elif sort in ("ARC", "BOC", "RCK", "XCK", "TRC"):
        own, check = "", own.lstrip("0")
    elif sort == "POP":
        own, check = "", record[39:48].strip().lstrip("0")
    return account, name, own, check


def _addenda(state: _State, record: str, place: str) -> None:
    state.batch.count += 1
    if state.entry is None and state.lost:
        return
    if state.entry is None:
        raise Unreadable("bank_record_alone", record="Addenda (7)", inside="their entry (6)")
    sort, opened = record[1:3], state.entry
    if sort == "99":
        _returned(state, opened, record)
    elif sort == "98":
        _notice(opened, record)
    elif sort == "05":
        opened.addenda.append(record[3:83])
    elif sort == "11" and state.sort == "IAT":
        opened.entry = replace(opened.entry, payer_name=record[3:38].strip())


def _returned(state: _State, opened: _Open, record: str) -> None:
    code = record[3:6]
    status = opened.entry.status
    if not re.fullmatch(r"R\d\d", code):
        raise Unreadable("bank_return_unknown", value=code)
    if code in NACHA_BETWEEN_BANKS + NACHA_NO_MONEY:
        status = "info"
        state.into.warn(opened.place, "bank_return_not_money", value=code)
    opened.entry = replace(
        opened.entry, kind="return", status=status, return_code=code, original_trace=record[6:21].strip(),
        remittance=record[35:79].strip(),
    )  # fmt: skip
    opened.trace_99 = record[79:94].strip()


def _notice(opened: _Open, record: str) -> None:
    """A notice of change moves no money: the payment stood. Its new data may be an account number."""
    code, corrected = record[3:6], record[35:64].strip()
    if not re.fullmatch(r"C\d\d", code):
        raise Unreadable("bank_return_unknown", value=code)
    opened.entry = replace(
        opened.entry, kind="noc", status="info", return_code=code, original_trace=record[6:21].strip(), corrected=corrected,
        corrected_tail=tail_of(corrected),
    )  # fmt: skip
    opened.trace_99 = record[79:94].strip()


def _keep(state: _State) -> None:
    """The entry is complete: its addenda are known."""
    opened, state.entry, state.lost = state.entry, None, False
    if opened is None:
        return
    assert state.draft is not None
    entry = opened.entry
    if opened.addenda:
        joined = "".join(opened.addenda)
        structured = "*" in joined or "ISA" in joined[:3]
        words = joined if structured else " ".join(each.strip() for each in opened.addenda)
        entry = replace(entry, remittance=words.strip(), documents=documents_of_rmr(joined, _CURRENCY))
    if entry.kind in ("credit", "debit") and entry.status == "booked":
        state.forward += 1
    identity = (
        state.company,
        entry.type_code,
        entry.trace,
        opened.trace_99,
        entry.return_code,
        entry.original_trace,
    )
    state.draft.add(entry, identity, sure=bool(entry.trace.strip("0")))


def _batch_end(state: _State, record: str, place: str) -> None:
    _keep(state)
    advice = state.sort == "ADV"
    debit, credit = (record[20:40], record[40:60]) if advice else (record[20:32], record[32:44])
    _compare(state, place, "The batch control (8)", state.batch, record[4:10], debit, credit)
    for total, part in ((state.file, state.batch),):
        total.count += part.count
        total.debit += part.debit
        total.credit += part.credit
    state.batch, state.draft = _Sums(), None


def _file_end(state: _State, record: str, place: str) -> None:
    _keep(state)
    if state.ended:
        return
    state.ended = True
    if not record[1:55].strip():
        raise Unreadable("bank_control_blank")
    # What no batch control closed counts as well.
    for name in ("count", "debit", "credit"):
        setattr(state.file, name, getattr(state.file, name) + getattr(state.batch, name))
    advice = state.sort == "ADV"
    debit, credit = (record[31:51], record[51:71]) if advice else (record[31:43], record[43:55])
    _compare(state, place, "The file control (9)", state.file, record[13:21], debit, credit)
    if count_of(record[1:7]) != state.batches:
        state.into.warn(
            place,
            "bank_count_wrong",
            what="The file control (9), batches",
            stated=record[1:7],
            found=state.batches,
        )


def _compare(state: _State, place: str, what: str, sums: _Sums, count: str, debit: str, credit: str) -> None:
    for name, stated, found in (("debits", debit, sums.debit), ("credits", credit, sums.credit)):
        if count_of(stated) != found:
            state.into.warn(
                place, "bank_total_wrong", what=f"{what}, {name},", stated=stated.strip(), found=found
            )
    if count_of(count) != sums.count:
        state.into.warn(place, "bank_count_wrong", what=what, stated=count.strip(), found=sums.count)
