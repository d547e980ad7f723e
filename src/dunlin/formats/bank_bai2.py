"""BAI2 balance reporting: files (01), groups (02), accounts (03), transactions (16), continued by 88, closed by 49, 98, 99.

Real files put several records on a line and cut one over two lines; both are read. Totals and counts of the trailers
are checked and only warn. Why not the library: docs/decisions/0013-bank-files.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from dunlin.formats.bank_codes import bai2_custom, bai2_side, words_say_returned
from dunlin.formats.bank_collect import Collected, Draft, count_of, minor_of, short_date
from dunlin.formats.bank_model import Balance, BankFile, Entry
from dunlin.formats.problems import Unreadable
from dunlin.rules.money import MINOR_DIGITS

# A record on the line of another follows its "/" and blanks, and has the shape of its kind: text holds slashes too.
_FOLLOWS = re.compile(
    r"(?<=/)\s+(?=(?:02,[^,]*,[^,]*,|03,[^,]*,(?:[A-Z]{3})?,|16,\d{3},|49,[+-]?\d*,|98,[+-]?\d*,|99,[+-]?\d*,))"
    r"|(?<=/)(?=16,\d{3},\d{3,},[012ZSVD]?,)"
)
_CODE = re.compile(r"\s*(01|02|03|16|49|88|98|99)(?=,|\s*$)")
_ASSUMED = "USD"  # what the standard says a group without a currency is in
_KEY = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2}\d?|TRID|ENDT):")


@dataclass(slots=True)
class Record:
    """A record with its continuations: fields before the text, and the lines they were read from."""

    code: str
    line: int
    parts: list[str]
    lines: int = 1

    @property
    def text(self) -> str:
        return "\n".join(self.parts)

    def fields(self) -> list[str]:
        """The fields of a record without free text: a "/" ends a part, the next part goes on with the next field."""
        return [each.strip() for part in self.parts for each in part.strip().removesuffix("/").split(",")]


@dataclass(slots=True)
class _Sums:
    """What a trailer is compared with: the algebraic sum of all amounts and the number of records inside."""

    amount: int = 0
    records: int = 0
    children: int = 0
    known: bool = True


@dataclass(slots=True)
class _State:
    into: Collected
    currency: str = ""
    on: date | None = None
    status: str = "booked"
    interim: bool = False
    draft: Draft | None = None
    account: _Sums = field(default_factory=_Sums)
    group: _Sums = field(default_factory=_Sums)
    file: _Sums = field(default_factory=_Sums)
    closed: bool = False


def read_bai2(name: str, text: str) -> BankFile:
    """Read a BAI2 file. A record that cannot be understood is damaged by itself; a file without its end is warned of."""
    state = _State(Collected("bai2", "bai2", "BAI2"))
    handlers = {"01": _file, "02": _group, "03": _account, "16": _transaction}
    trailers = {"49": _account_end, "98": _group_end, "99": _file_end}
    for record in _records(text, state.into):
        state.account.records += record.lines
        place = f"line {record.line}"
        state.closed = record.code == "99"  # a second file behind the first may be cut as well
        try:
            if record.code in handlers:
                handlers[record.code](state, record, place)
            elif record.code in trailers:
                trailers[record.code](state, record, place)
            else:
                state.into.damage(place, record.text, "bank_record_unknown", record=record.code)
        except Unreadable as problem:
            state.account.known = False
            state.into.unreadable(place, record.text, problem)
    if not state.closed:
        state.into.warn("end of file", "bank_file_cut", what="the file trailer (99)")
    return state.into.finish(name)


def _records(text: str, into: Collected) -> Iterator[Record]:
    record: Record | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        for piece in _FOLLOWS.split(line):
            found = _CODE.match(piece)
            if found is None:
                if record is None or record.parts[-1].rstrip().endswith("/") or record.code != "16":
                    into.damage(f"line {number}", piece, "bank_record_unknown", record=piece.strip()[:2])
                else:
                    record.parts[-1] += " " + piece.strip()  # a record cut over two lines
                continue
            rest = piece[found.end() :].removeprefix(",")
            if found[1] == "88" and record is not None:
                record.parts.append(rest)
                record.lines += 1
                continue
            if record is not None:
                yield record
            record = Record(found[1], number, [rest])
    if record is not None:
        yield record


def _file(state: _State, record: Record, place: str) -> None:
    state.file, state.account = _Sums(records=record.lines), _Sums()
    fields = record.fields()
    version = fields[7] if len(fields) > 7 else ""
    if version not in ("2", "3", ""):
        state.into.warn(place, "bank_version_unknown", version=version)


def _group(state: _State, record: Record, place: str) -> None:
    state.group, state.account = _Sums(records=record.lines), _Sums()
    fields = record.fields() + [""] * 7
    state.interim = False
    state.file.children += 1
    state.currency = fields[5] or _ASSUMED
    state.on = None
    state.status = {"2": "info", "4": "info"}.get(fields[2], "booked")  # a deletion, a test
    if state.status == "info":
        state.into.warn(place, "bank_group_not_booked", status=fields[2])
    state.interim = fields[6] in ("1", "3")
    state.on = short_date(fields[3])


def _account(state: _State, record: Record, place: str) -> None:
    state.account = _Sums(records=record.lines)
    state.group.children += 1
    fields = record.fields() + [""] * 2
    draft = state.into.statement(place, account=fields[0], currency=fields[1] or state.currency or _ASSUMED)
    draft.number = state.on.isoformat() if state.on else ""
    state.draft = draft
    if draft.currency not in MINOR_DIGITS:
        raise Unreadable("currency_unknown", value=draft.currency)
    at = 2
    while at < len(fields):
        code, amount, _count, funds = (fields[at : at + 4] + [""] * 4)[:4]
        if not code:  # some banks write one comma too many before the "/"
            at += 1
            continue
        if not re.fullmatch(r"\d{3}", code, re.ASCII):
            raise Unreadable("bank_record_unknown", record=code[:10])
        at += 4 + (_funds_fields(funds, fields[at + 4 :]) if funds else 0)
        if not amount:
            continue
        balance = Balance(minor_of(amount, draft.currency), state.on)
        state.account.amount += balance.amount.minor
        if code == "010":
            draft.opening = balance
        elif code == "015":
            draft.closing = balance


def _funds_fields(funds: str, rest: list[str]) -> int:
    """How many fields the availability takes after the funds type."""
    if funds == "S":
        return 3
    if funds == "V":
        return 2
    if funds == "D":
        if not rest or not re.fullmatch(r"\d{1,3}", rest[0], re.ASCII):
            raise Unreadable("number_not_whole", value=rest[0][:20] if rest else "")
        return 1 + 2 * int(rest[0])
    if funds in ("", "0", "1", "2", "Z"):
        return 0
    raise Unreadable("bank_funds_unknown", value=funds[:10])


def _transaction(state: _State, record: Record, place: str) -> None:
    draft = state.draft
    if draft is None:
        raise Unreadable("bank_record_alone", record="16", inside="an account (03)")
    head, text = _head_and_text(record)
    code, written, funds = (head + [""] * 3)[:3]
    if not re.fullmatch(r"\d{3}", code, re.ASCII):
        raise Unreadable("bank_record_unknown", record=f"16 {code[:6]}")
    if not re.fullmatch(r"\+?\d+", written, re.ASCII):
        # A blank amount is allowed for 890, which tells something and moves nothing.
        if code == "890" and not written:
            return
        raise Unreadable("amount_not_understood", value=written[:40])
    amount = minor_of(written, draft.currency)
    state.account.amount += amount.minor
    kind, sign = bai2_side(code)
    value_on = state.on
    if funds == "V" and len(head) > 3 and head[3]:
        value_on = short_date(head[3])
    skip = 3 + _funds_fields(funds, head[3:])
    bank, customer = (head[skip:] + [""] * 2)[:2]
    stated = dict(_keyed(text))
    entry = Entry(
        place, kind, amount if sign > 0 else -amount, state.status, state.on, value_on, type_code=code,
        bank_reference=bank, end_to_end_id=customer, trace=stated.get("TRID", ""), remittance=text,
        payer_name=stated.get("BO1", ""), payer_account=stated.get("BO", ""),
        check_number=customer if code in ("475", "395", "255") else "",
    )  # fmt: skip
    if code == "890":
        return
    if kind == "debit" and words_say_returned(text):
        entry = replace(entry, kind="return", doubt="bank_return_by_words")
    if bai2_custom(code):
        state.into.warn(place, "bank_type_custom", value=code)
        entry = replace(entry, doubt="bank_type_custom")
    if state.interim and not bank and entry.status == "booked":
        # It could not be recognised in the final report; so it waits for that.
        entry = replace(entry, status="pending")
        state.into.warn(place, "bank_interim", count=1)
    draft.add(entry, (code, bank, customer) if bank else (code, customer, text))


def _head_and_text(record: Record) -> tuple[list[str], str]:
    """The fields up to the customer reference, and the free text, in which commas and slashes are text.

    A "/" at the end of the first part ends the fields: what 88 records add is text.
    """
    first = record.parts[0].rstrip()
    fields = [each.strip() for each in first.removesuffix("/").split(",")]
    funds = fields[2] if len(fields) > 2 else ""
    wanted = 3 + _funds_fields(funds, fields[3:]) + 2
    parts = first.removesuffix("/").split(",", wanted)
    head = [each.strip() for each in parts[:wanted]]
    words = parts[wanted:] + [part.rstrip().removesuffix("/") for part in record.parts[1:]]
    return head, "\n".join(word.strip() for word in words if word.strip())


def _keyed(text: str) -> Iterator[tuple[str, str]]:
    """Parts that some banks write as KEY:value in the text ("BO1:DOE JO")."""
    for line in text.split("\n"):
        found = list(_KEY.finditer(line))
        for at, each in enumerate(found):
            end = found[at + 1].start() if at + 1 < len(found) else len(line)
            yield each[1], line[each.end() : end].strip()


def _account_end(state: _State, record: Record, place: str) -> None:
    _compare(state, record, place, "The account trailer (49)", state.account, records_at=1)
    state.group.amount += state.account.amount
    state.group.records += state.account.records
    state.group.known &= state.account.known
    state.account, state.draft = _Sums(), None


def _group_end(state: _State, record: Record, place: str) -> None:
    state.group.records += record.lines
    _compare(state, record, place, "The group trailer (98)", state.group, records_at=2)
    state.file.amount += state.group.amount
    state.file.records += state.group.records
    state.file.known &= state.group.known
    state.group, state.account, state.draft = _Sums(), _Sums(), None


def _file_end(state: _State, record: Record, place: str) -> None:
    state.file.records += record.lines
    _compare(state, record, place, "The file trailer (99)", state.file, records_at=2)


def _compare(state: _State, record: Record, place: str, what: str, sums: _Sums, records_at: int) -> None:
    fields = record.fields() + [""] * 3
    total, records = fields[0], fields[records_at]
    if total and not re.fullmatch(r"[+-]?\d{1,30}", total, re.ASCII):
        raise Unreadable("amount_not_understood", value=total[:40])
    if total and int(total) != sums.amount:
        state.into.warn(place, "bank_total_wrong", what=what, stated=int(total), found=sums.amount)
    if records and count_of(records) != sums.records:
        state.into.warn(place, "bank_count_wrong", what=what, stated=records, found=sums.records)
    if records_at == 2 and fields[1] and count_of(fields[1]) != sums.children:
        what = f"{what}, inside,"
        state.into.warn(place, "bank_count_wrong", what=what, stated=fields[1], found=sums.children)
