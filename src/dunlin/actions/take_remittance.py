"""Take in remittance advice, from a file or a mail: each advice once, linked to its money whichever of the two came first (E2, E5).

The file is not kept, as account numbers may stand in it. Nothing is posted here; the receipt it is of is looked at again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from dunlin.actions.doing import Act, Who, doing
from dunlin.actions.link_advice import link_by_rules
from dunlin.actions.take_bank_file import FileTaken, take_bank_file
from dunlin.formats.remittance_files import (
    Advice,
    AdviceFile,
    RemittanceProblem,
    looks_like_advice,
    read_remittance,
)
from dunlin.formats.remittance_plain import kept_apart, kept_lines
from dunlin.records.locks import one_at_a_time
from dunlin.records.models import Entity, Item, Mail, RemittanceAdvice
from dunlin.records.policies import current_policy
from dunlin.reports.advices import whose
from dunlin.reports.cash_book import CashBook
from dunlin.rules.codes import Refused
from dunlin.rules.policy import Policy

FLAWS_KEPT = 200
NUMBERS_LOOKED_AT = 200
_NO_CURRENCY = "remittance_currency_missing"


@dataclass(frozen=True)
class AdviceTaken:
    """A file or mail of remittance advice taken in: advices it holds, how many are new, how many found their money at once.

    `again`: all of it was told before, and nothing was done. `receipts` are to be looked at again. `sums`: minor units by currency.
    """

    name: str
    format: str
    advices: int
    new: int
    documents: int
    sums: dict[str, int]
    warnings: int
    damaged: int
    linked: int = 0
    again: bool = False
    ids: tuple[int, ...] = ()
    receipts: tuple[int, ...] = field(default=())

    @property
    def sentence(self) -> str:
        """What was told, in a sentence for the person who took it in."""
        if self.again:
            return f"{self.name} was taken in before; nothing changed."
        many = f"{self.advices:,} {'advice' if self.advices == 1 else 'advices'}, {self.documents:,} {'document' if self.documents == 1 else 'documents'}"
        parts = [f"{self.name}: {many}"]
        parts += [f"{self.new:,} new"] if self.new != self.advices else []
        parts += [f"{self.linked:,} linked to money that came"] if self.linked else []
        waiting = self.new - self.linked
        parts += [f"{waiting:,} {'waits' if waiting == 1 else 'wait'} for the money"] if waiting else []
        parts += [f"{self.damaged:,} damaged records"] if self.damaged else []
        parts += [f"{self.warnings:,} warnings"] if self.warnings else []
        return "; ".join(parts) + "."


def take_any(who: Who, name: str, content: bytes) -> FileTaken | AdviceTaken:
    """A file of a bank or remittance advice, as its content says. Refused: bank_file_refused, remittance_refused.

    What is no file of a bank may still be an advice as plain text; when it is neither, the bank's refusal stands.
    """
    if looks_like_advice(name, content):
        return take_remittance(who, name, content)
    try:
        return take_bank_file(who, name, content)
    except Refused as refused:
        if refused.code != "bank_file_refused":
            raise
        try:
            _read(name, content)
        except Refused:
            raise refused from None
        return take_remittance(who, name, content)


def take_remittance(who: Who, name: str, content: bytes, *, policy: Policy | None = None) -> AdviceTaken:
    """Read a file of remittance advice and keep each advice. Refused: remittance_refused when it cannot be understood.

    One transaction for the advices, one for each link. The same advice again, in whatever file, changes nothing.
    """
    read = _read(name, content)
    with doing(who, "take_bank_file", cause=f"remittance advice {name}"[:300]) as act:
        taken = record_advices(act, read)
        act.tell(about=f"remittance:{name}"[:80], after=_plain(taken))
    return linked(who, taken, policy)


def record_advices(
    act: Act, read: AdviceFile, *, mail: Mail | None = None, customer_id: int | None = None
) -> AdviceTaken:
    """Keep the advices that are new, inside an act that is under way. `customer_id`: whose they are, where the mail tells."""
    one_at_a_time("take_remittance")
    known = set(
        RemittanceAdvice.objects.filter(key__in=[each.key for each in read.advices]).values_list(
            "key", flat=True
        )
    )
    fresh = [each for each in read.advices if each.key not in known]
    ids = []
    for each in fresh:
        row = _row(act, read, each, mail, customer_id)
        _supersede(act, row)
        row.save()
        ids.append(row.pk)
        act.tell(
            about=f"remittance_advice:{row.pk}",
            customer_id=row.customer_id,
            after={"money": row.money, "currency": row.currency, "documents": len(row.lines)},
        )
    sums: dict[str, int] = defaultdict(int)
    for each in read.advices:
        sums[each.currency] += each.money.minor
    return AdviceTaken(
        read.name, read.format, len(read.advices), len(fresh), sum(1 for _ in read.lines), dict(sums), len(read.warnings),
        len(read.damaged), again=bool(read.advices) and not fresh, ids=tuple(ids),
    )  # fmt: skip


def linked(who: Who, taken: AdviceTaken, policy: Policy | None = None) -> AdviceTaken:
    """The same, its new advices linked to the receipts that were here before them. A dry run links nothing."""
    if who.dry_run or not taken.ids:
        return taken
    book = CashBook(who.today, policy or current_policy())
    receipts = link_by_rules(who.today, who.now, taken.ids, book)
    return replace(taken, linked=len(receipts), receipts=tuple(receipts))


def currency_here() -> str:
    """The currency of an advice that names none: that of the books, where all entities keep the same one; else it is asked for."""
    found = list(Entity.objects.order_by().values_list("currency", flat=True).distinct()[:2])
    return found[0] if len(found) == 1 else ""


def _read(name: str, content: bytes) -> AdviceFile:
    try:
        try:
            return read_remittance(name, content, currency=currency_here())
        except RemittanceProblem as problem:
            found = _currency_of_documents(name, content) if problem.code == _NO_CURRENCY else ""
            if not found:
                raise
            return read_remittance(name, content, currency=found)
    except RemittanceProblem as problem:
        raise Refused("remittance_refused", file=name, why=problem.detail) from None


def _currency_of_documents(name: str, content: bytes) -> str:
    """The one currency of the documents an advice names, as the books have them; "" when they are of several, or none is known.

    It is read in any currency for its numbers alone; its amounts are read again in the one that is found.
    """
    try:
        read = read_remittance(name, content, currency="USD")
    except RemittanceProblem:
        return ""
    numbers = list(dict.fromkeys(each.number for each in read.lines))[:NUMBERS_LOOKED_AT]
    rows = Item.objects.filter(number__in=numbers, side=1).order_by().values_list("currency", flat=True)
    found = list(rows.distinct()[:2])
    return found[0] if len(found) == 1 else ""


def _row(
    act: Act, read: AdviceFile, advice: Advice, mail: Mail | None, customer_id: int | None
) -> RemittanceAdvice:
    numbers = [each.number for each in advice.lines]
    whose_is = customer_id or whose(numbers, advice.payer_ids, advice.payer_name)
    name = read.name if mail is None else mail.subject or read.name
    return RemittanceAdvice(
        key=advice.key, name=name[:200], format=read.format, mail=mail, received_at=act.who.now, taken_by_id=act.who.user_id,
        customer_id=whose_is, payer_name=advice.payer_name, payer_tail=advice.payer_tail, currency=advice.currency,
        amount=advice.amount.minor if advice.amount is not None else None, money=advice.money.minor, adds_up=advice.adds_up,
        paid_on=advice.paid_on, trace=advice.trace, check_number=advice.check_number, number=advice.number,
        lines=kept_lines(advice), apart=kept_apart(advice),
        warnings=_flaws(read.warnings), damaged=_flaws(read.damaged),
    )  # fmt: skip


def _flaws(flaws: Sequence[object]) -> list[dict[str, object]]:
    return [asdict(each) for each in flaws[:FLAWS_KEPT]]  # type: ignore[call-overload]


def _supersede(act: Act, row: RemittanceAdvice) -> None:
    """The same payer tells the same payment anew: what waits of it still is superseded, so that it fits nothing any more."""
    said = {"trace": row.trace, "number": row.number}
    for field_name, value in said.items():
        if not value or not row.payer_name:
            continue
        older = RemittanceAdvice.objects.filter(
            state="waiting", payer_name=row.payer_name, currency=row.currency, **{field_name: value}
        )
        for pk in list(older.values_list("pk", flat=True)[:20]):
            act.tell(about=f"remittance_advice:{pk}", after={"state": "superseded"}, cause="told anew")
        older.update(state="superseded")


def _plain(taken: AdviceTaken) -> dict[str, object]:
    return {"advices": taken.advices, "new": taken.new, "sums": taken.sums, "damaged": taken.damaged}
