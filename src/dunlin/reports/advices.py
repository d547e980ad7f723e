"""Remittance advices beside the money: which receipts one may be of, which advices may be of a receipt, those that wait. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Q, QuerySet

from dunlin.records.cash import OPEN_STATES
from dunlin.records.models import Customer, Item, Receipt, RemittanceAdvice
from dunlin.reports.cash_book import CashBook
from dunlin.rules.cash.advices import NEAR_DAYS, Advised, Came, How, fits, the_one

PAGE_SIZE = 50
CANDIDATES_MAX = 50
NUMBERS_MAX = 200
NAME_SURE = 900  # thousandths: who a name stands for
STATES = ("waiting", "used", "superseded")


@dataclass(frozen=True, slots=True)
class AdvicePage:
    """A page of advices, newest first; `next` is the id to go on after, None at the end."""

    rows: tuple[RemittanceAdvice, ...]
    next: int | None


def advices_page(state: str, *, search: str = "", after: int | None = None) -> AdvicePage:
    """One page of a state. `search`: part of the payer's name, a reference, or a file's name. One query."""
    found: QuerySet[RemittanceAdvice] = RemittanceAdvice.objects.filter(state=state)
    if search:
        found = found.filter(
            Q(payer_name__icontains=search) | Q(trace__icontains=search) | Q(check_number=search) | Q(name__icontains=search)
        )  # fmt: skip
    if after is not None:
        found = found.filter(pk__lt=after)
    rows = list(found.defer("damaged").select_related("customer", "receipt").order_by("-pk")[: PAGE_SIZE + 1])
    return AdvicePage(tuple(rows[:PAGE_SIZE]), rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None)


def waiting_count() -> int:
    """Advices whose money has not come or is not known."""
    return RemittanceAdvice.objects.filter(state="waiting").count()


def whose(numbers: Sequence[str], payer_ids: Sequence[str], payer_name: str) -> int | None:
    """The customer an advice is of: by our own number for them, the documents it names, else their very name; None when in doubt."""
    ids = [each for each in payer_ids if each]
    for found in (
        Customer.objects.filter(number__in=ids).values_list("pk", flat=True) if ids else (),
        _owners(numbers),
        Customer.objects.filter(name__iexact=payer_name).values_list("pk", flat=True) if payer_name else (),
    ):
        few = list(dict.fromkeys(found[:2]))
        if len(few) == 1:
            return int(few[0])
    return None


def _owners(numbers: Sequence[str]) -> list[int]:
    named = [each for each in dict.fromkeys(numbers) if each][:NUMBERS_MAX]
    rows = Item.objects.filter(number__in=named).order_by().values_list("customer", flat=True).distinct()
    return list(rows[:2]) if named else []


def receipts_near(advice: RemittanceAdvice) -> list[Receipt]:
    """Open receipts it may be of: under its numbers, or of its very amount around its day, without an advice of their own."""
    day = _day(advice)
    money = Q(amount=advice.money) | Q(amount=advice.money - F("charges"))
    wanted = money & Q(booked_on__range=(day - timedelta(NEAR_DAYS), day + timedelta(NEAR_DAYS)))
    if advice.trace:
        forms = _forms(advice.trace)
        wanted |= Q(trace__in=forms) | Q(end_to_end_id__in=forms) | Q(bank_reference__in=forms)
    if advice.check_number:
        wanted |= Q(check_number__in=_forms(advice.check_number))
    rows = Receipt.objects.filter(
        kind="credit", currency=advice.currency, state__in=OPEN_STATES, advices=None
    )
    return list(rows.filter(wanted).order_by("-booked_on", "-pk")[:CANDIDATES_MAX])


def advices_near(row: Receipt) -> list[RemittanceAdvice]:
    """Waiting advices that may be of this money: under its numbers or of its very amount."""
    wanted = Q(money__in=[row.amount, row.amount + row.charges])
    numbers = [form for each in _numbers(row) for form in _forms(each)]
    if numbers:
        wanted |= Q(trace__in=numbers)
    if row.check_number:
        wanted |= Q(check_number__in=_forms(row.check_number))
    rows = RemittanceAdvice.objects.filter(state="waiting", currency=row.currency).filter(wanted)
    return list(rows.select_related("customer").order_by("-pk")[:CANDIDATES_MAX])


def advice_for(row: Receipt, book: CashBook) -> tuple[int, How] | None:
    """The one waiting advice of this money, and how that is known; None when none or several fit, or it fits other money as well."""
    came = _came(row, book)
    advices = advices_near(row)
    best = _best([(_advised(each), came) for each in advices], of_advice=True)
    if best is None:
        return None
    advice = next(each for each in advices if each.pk == best[0])
    others = [other for other in receipts_near(advice) if other.pk != row.pk]
    if others:
        advised = _advised(advice)
        back = _best([(advised, came), *((advised, _came(other, book)) for other in others)], of_advice=False)
        if back is None or back[0] != row.pk:
            return None
    return best


def receipt_for(advice: RemittanceAdvice, book: CashBook) -> tuple[int, How] | None:
    """The one open receipt of an advice, when no other advice is of it as well."""
    advised = _advised(advice)
    rows = receipts_near(advice)
    best = _best([(advised, _came(row, book)) for row in rows], of_advice=False)
    if best is None:
        return None
    row = next(each for each in rows if each.pk == best[0])
    back = advice_for(row, book)
    return best if back is not None and back[0] == advice.pk else None


def _best(pairs: Sequence[tuple[Advised, Came]], *, of_advice: bool) -> tuple[int, How] | None:
    found = [
        (advice.id if of_advice else came.id, how, advice.money in (came.amount, came.amount + came.charges))
        for advice, came in pairs
        if (how := fits(advice, came)) is not None
    ]
    return the_one(found)


def _advised(row: RemittanceAdvice) -> Advised:
    return Advised(
        row.pk, row.currency, row.money, _day(row), row.trace, row.check_number, row.payer_name, row.customer_id
    )  # fmt: skip


def _came(row: Receipt, book: CashBook) -> Came:
    known = (
        {int(each.customer) for each in book.by_account(row.payer_fingerprint)}
        if row.payer_fingerprint
        else set()
    )
    if row.payer_name:
        known |= {int(each.customer) for each in book.by_name(row.payer_name) if each.sure >= NAME_SURE}
    if row.customer_id is not None:
        known.add(row.customer_id)
    return Came(
        row.pk, row.currency, row.amount, row.charges, row.booked_on, _numbers(row), row.check_number, row.text, row.payer_name,
        frozenset(known),
    )  # fmt: skip


def _numbers(row: Receipt) -> tuple[str, ...]:
    found = (row.trace, row.end_to_end_id, row.bank_reference, *(str(each) for each in row.references[:20]))
    return tuple(each for each in found if each)


def _forms(number: str) -> list[str]:
    """As written, in capitals, without leading zeros: what the database is asked for."""
    plain = number.strip()
    return list(
        dict.fromkeys([plain, plain.upper(), plain.lstrip("0") or plain, plain.upper().lstrip("0") or plain])
    )


def _day(row: RemittanceAdvice) -> date:
    return row.paid_on or row.received_at.date()
