"""Take in a bank file: what it tells becomes receipts, each once, whichever file told of it first (E1, E5, invariants 13 and 14).

The file itself is not kept, as account numbers stand in it. Nothing is posted here; `process_receipts` does that.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Sum

from dunlin.actions.doing import Who, doing
from dunlin.formats.bank_files import read_bank_file
from dunlin.formats.bank_model import BankFile as ReadFile
from dunlin.formats.bank_model import BankFileProblem, Entry, Statement
from dunlin.records.bulk import chunks
from dunlin.records.calendars import LEDGER, calendar
from dunlin.records.fingerprints import fingerprint
from dunlin.records.locks import one_at_a_time
from dunlin.records.models import BankAccount, BankFile, Entity, Receipt
from dunlin.records.policies import current_policy
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy, minutes_of
from dunlin.rules.service import payment_clock


@dataclass(frozen=True)
class FileTaken:
    """A bank file taken in: entries it told of, how many of them no earlier file had told, warnings and damaged records.

    `again`: these very bytes were taken in before, and nothing was done. `pending` entries are not in the account yet and
    are taken when a later file books them.
    """

    file_id: int
    name: str
    format: str
    entries: int
    new: int
    pending: int
    sums: dict[str, int]
    warnings: int
    damaged: int
    again: bool = False


class Due(NamedTuple):
    """The two moments of P15, in UTC."""

    empty_by: datetime
    late_after: datetime


def take_bank_file(who: Who, name: str, content: bytes, *, policy: Policy | None = None) -> FileTaken:
    """Read a bank file and keep each transaction as a receipt. Refused: bank_file_refused when it cannot be understood at all.

    One transaction: a file is taken wholly or not at all. Two people who take the same file at once take it once.
    """
    digest = hashlib.sha256(content).hexdigest()
    try:
        read = read_bank_file(name, content)
    except BankFileProblem as problem:
        raise Refused("bank_file_refused", file=name, why=problem.detail) from None
    with doing(who, "take_bank_file", cause=f"bank file {name}") as act:
        one_at_a_time("take_bank_file")
        known = BankFile.objects.filter(sha256=digest).first()
        if known is not None:
            return _told(known, 0, again=True)
        file = BankFile.objects.create(
            name=name[:200], sha256=digest, bytes=len(content), format=read.format, variant=read.variant[:40],
            taken_at=who.now, taken_by_id=who.user_id, entries=sum(1 for _ in read.entries), sums=_sums(read),
            statements=[_shown(each) for each in read.statements],
            warnings=[asdict(each) for each in read.warnings], damaged=[asdict(each) for each in read.damaged],
        )  # fmt: skip
        pending = sum(1 for each in read.entries if each.status == "pending")
        due = due_by(who.now, policy or current_policy())
        for statement in read.statements:
            account = _account(statement)
            # A key tells transactions of one account apart; two accounts may have the last four signs in common.
            mine = f"{account.fingerprint[:12]}:" if account else ""
            fresh = _fresh(
                replace(
                    each, key=mine + each.key, booking_key=mine + each.booking_key if each.booking_key else ""
                )
                for each in statement.entries
                if each.status != "pending"
            )
            for part in chunks(list(fresh), 500):
                Receipt.objects.bulk_create([_receipt(who, file, account, due, each) for each in part])
                file.new += len(part)
        file.save(update_fields=["new"])
        told = _told(file, pending)
        act.tell(about=f"bank_file:{file.pk}", after=asdict(told))
        return told


def due_by(at: datetime, policy: Policy) -> Due:
    """By when a receipt of that moment is processed (P15); the desk's closing time is also the cutoff. One query."""
    end = minutes_of(dict(policy.inbox_hours)["default"])[1]
    closes = time.max if end >= 24 * 60 else time(*divmod(end, 60))
    clock = payment_clock(at.astimezone(ZoneInfo(policy.ledger_time_zone)), closes, closes, calendar(LEDGER))
    return Due(clock.queue_empty_by.astimezone(UTC), clock.must_process_by.astimezone(UTC))


def _fresh(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries no file told of yet: neither each by itself, nor the bank's line it is a part of, told before as a sum or in parts."""
    wanted = list(entries)
    known = _stored("key", {each.key for each in wanted})
    parts: dict[str, list[Entry]] = defaultdict(list)
    for each in wanted:
        if each.key not in known and each.booking_key:
            parts[each.booking_key].append(each)
    told = _line_sums(parts)
    for each in wanted:
        if each.key in known:
            continue
        known.add(each.key)
        line = parts.get(each.booking_key, [])
        if told.get(each.booking_key) == sum(part.amount.minor for part in line) and line:
            continue
        yield each


def _stored(column: str, values: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for part in chunks(sorted(values)):
        found |= set(Receipt.objects.filter(**{f"{column}__in": part}).values_list(column, flat=True))
    return found


def _line_sums(lines: Iterable[str]) -> dict[str, int]:
    """Minor units already stored of each of the bank's lines."""
    sums: dict[str, int] = {}
    for part in chunks(sorted(lines)):
        rows = Receipt.objects.filter(booking_key__in=part).values_list("booking_key").annotate(Sum("amount"))
        sums |= dict(rows)
    return sums


def _account(statement: Statement) -> BankAccount | None:
    """Our account the statement is of; a new one belongs to the only entity, or to nobody until a person says whose it is."""
    mark = fingerprint(statement.account)
    if not mark:
        return None
    found = BankAccount.objects.filter(fingerprint=mark).first()
    if found is not None:
        return found
    entities: Sequence[Entity] = list(Entity.objects.order_by("pk")[:2])
    return BankAccount.objects.create(
        entity=entities[0] if len(entities) == 1 else None, name=f"Account ..{statement.account_tail}",
        currency=statement.currency[:3], tail=statement.account_tail, fingerprint=mark,
    )  # fmt: skip


def name_bank_account(who: Who, account_id: int, name: str, entity_id: int) -> None:
    """Say what an account is called and whose money comes into it. Refused: not_blank, bank_account_unknown, entity_unknown."""
    if not name.strip():
        raise Refused("not_blank", field="the name of the account")
    with doing(who, "take_bank_file", cause="bank account named") as act:
        row = BankAccount.objects.select_for_update(of=("self",)).filter(pk=account_id).first()
        if row is None:
            raise Refused("bank_account_unknown", account=account_id)
        if not Entity.objects.filter(pk=entity_id).exists():
            raise Refused("entity_unknown", entity=entity_id)
        before = {"name": row.name, "entity": row.entity_id}
        row.name, row.entity_id = name.strip()[:80], entity_id
        row.save(update_fields=["name", "entity"])
        act.tell(
            about=f"bank_account:{row.pk}", before=before, after={"name": row.name, "entity": row.entity_id}
        )


def _receipt(who: Who, file: BankFile, account: BankAccount | None, due: Due, entry: Entry) -> Receipt:
    booked = entry.booked_on or entry.value_on or who.today
    minor = entry.amount.minor
    moves = entry.status == "booked" and entry.kind != "noc" and minor != 0
    # What left the account for a reason of our own (a fee of the bank, a supplier) is shown and is nobody's task here.
    ours = entry.kind == "debit"
    return Receipt(
        file=file, account=account, key=entry.key, booking_key=entry.booking_key, place=entry.place[:80], kind=entry.kind,
        currency=entry.amount.currency, amount=minor, charges=entry.charges.minor if entry.charges is not None else 0,
        booked_on=booked, value_on=entry.value_on or booked, received_at=who.now, empty_by=due.empty_by, late_after=due.late_after,
        payer_name=(entry.payer_ultimate or entry.payer_name)[:140], payer_tail=entry.payer_tail,
        payer_fingerprint=fingerprint(entry.payer_account), text=entry.remittance, references=list(entry.references),
        documents=[_document(each) for each in entry.documents], bank_reference=entry.bank_reference[:140],
        end_to_end_id=entry.end_to_end_id[:140], trace=entry.trace[:80], original_trace=entry.original_trace[:80],
        check_number=entry.check_number[:40], return_code=entry.return_code[:12], doubt=entry.doubt,
        state="waiting" if entry.kind == "noc" or (moves and not ours) else "info",
    )  # fmt: skip


def _document(each: Any) -> dict[str, Any]:
    """What the payer's advice says of a document; minor units, None where it says nothing."""
    amounts = {name: getattr(each, name) for name in ("paid", "due", "discount", "credited")}
    return {"number": each.number, "kind": each.kind} | {
        n: a.minor if a is not None else None for n, a in amounts.items()
    }


def _sums(read: ReadFile) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for statement in read.statements:
        for currency in statement.currencies:
            sums[currency] += statement.booked(currency).minor
    return dict(sums)


def _shown(statement: Statement) -> dict[str, Any]:
    def balance(which: Any) -> dict[str, Any] | None:
        return which and {"minor": which.amount.minor, "on": which.on.isoformat() if which.on else None}

    return {
        "place": statement.place, "tail": statement.account_tail, "currency": statement.currency, "number": statement.number,
        "opening": balance(statement.opening), "closing": balance(statement.closing),
        "entries": len(statement.entries), "adds_up": statement.adds_up,
    }  # fmt: skip


def _told(file: BankFile, pending: int, again: bool = False) -> FileTaken:
    return FileTaken(
        file.pk, file.name, file.format, file.entries, 0 if again else file.new, pending, dict(file.sums),
        len(file.warnings), len(file.damaged), again,
    )  # fmt: skip
