"""Search from anywhere: a customer's number or name, an invoice or PO number, an amount, a contact's name, address or number.

Each source is one query on an index of its own, so the time does not grow with the book.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Model, Q, QuerySet, Value
from django.db.models.functions import Concat
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from dunlin.records.customers import sort_name
from dunlin.records.models import Contact, ContactPoint, Customer, CustomerName, Item
from dunlin.rules.money import MINOR_DIGITS, minor_digits

LIMIT = 20
_LAST_CHARACTER = "\U0010ffff"
_AMOUNT = re.compile(r"\d{1,3}(?:[ ,.'’]\d{3})+(?:[.,]\d{1,4})?|\d+(?:[.,]\d{1,4})?")


@dataclass(frozen=True, slots=True)
class Found:
    """One hit. `kind` is customer, item or contact; `why` says what fitted: number, name, PO number, amount, e-mail,
    phone, contact.

    `item_id`, `item_number`, `due_on`, `open` (minor units of `currency`) are an item's; `text` what was found.
    """

    kind: str
    why: str
    exact: bool
    customer_id: int
    customer_number: str
    customer_name: str
    text: str
    item_id: int | None = None
    item_kind: str = ""
    due_on: date | None = None
    currency: str = ""
    amount: int | None = None
    open: int | None = None


def search(text: str, *, scope: QuerySet[Customer] | None = None, limit: int = LIMIT) -> tuple[Found, ...]:
    """The best hits for what was typed, exact ones first; at most `limit`. `scope` is the customers the reader may see.

    Nothing for fewer than two characters. At most nine queries.
    """
    typed = " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())
    if len(typed) < 2:
        return ()
    if scope is not None and not scope.query.where:
        scope = None  # everything is in sight
    hits: dict[tuple[str, int], Found] = {}
    for source in (
        _customers_by_number, _items_by_number, _by_order, _by_amount, _by_point, _customers_by_name, _by_contact,
    ):  # fmt: skip
        for found in source(typed, scope, limit):
            key = (found.kind, found.item_id or found.customer_id)
            if key not in hits or (found.exact and not hits[key].exact):
                hits[key] = found
    ranked = sorted(hits.values(), key=lambda found: not found.exact)  # stable: sources stay in their order
    return tuple(ranked[:limit])


def prefix(field: str, text: str) -> Q:
    """Beginning with `text`, in the form each engine walks its index for: a LIKE on PostgreSQL, a range on SQLite."""
    if connection.vendor == "postgresql":
        return Q(**{f"{field}__startswith": text})
    return Q(**{f"{field}__gte": text, f"{field}__lt": text + _LAST_CHARACTER})


def amounts_in(text: str) -> list[tuple[int, int]]:
    """(digits, minor units) that an amount may mean, one for each number of minor digits: "18,200.00", "18200", "18.200,5"."""
    digits_only = text.strip().strip("$€£¥ ")
    if not _AMOUNT.fullmatch(digits_only):
        return []
    readings = _readings(digits_only)
    found = []
    for digits in sorted(set(MINOR_DIGITS.values())):
        for number in readings:
            minor = number.scaleb(digits)
            if minor == int(minor) and 0 < minor < 2**63:
                found.append((digits, int(minor)))
    return found


def _readings(text: str) -> set[Decimal]:
    """The last mark is the decimal one unless three digits follow it, when it may be either."""
    plain = re.sub(r"[ '’]", "", text)
    marks = re.findall(r"[.,]", plain)
    if not marks:
        return {Decimal(plain)}
    head, tail = plain[: plain.rindex(marks[-1])], plain[plain.rindex(marks[-1]) + 1 :]
    whole = Decimal(re.sub(r"[.,]", "", plain))
    fraction = Decimal(re.sub(r"[.,]", "", head) + "." + tail)
    if len(tail) != 3:
        return {fraction}
    return {whole} if marks.count(marks[-1]) > 1 else {whole, fraction}


def _spellings(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((text, text.upper(), text.lower())))


def _in_scope(found: QuerySet[Model], scope: QuerySet[Customer] | None, path: str) -> QuerySet[Model]:
    return found if scope is None else found.filter(**{f"{path}__in": scope.order_by().values("pk")})


def _customers_by_number(text: str, scope: QuerySet[Customer] | None, limit: int) -> Iterator[Found]:
    wanted = Q()
    for each in _spellings(text):
        wanted |= prefix("number", each)
    found = _in_scope(Customer.objects.filter(wanted), scope, "pk").order_by("number")
    for pk, number, name in found.values_list("pk", "number", "name")[:limit]:
        yield Found("customer", "number", number.lower() == text.lower(), pk, number, name, number)


def _customers_by_name(text: str, scope: QuerySet[Customer] | None, limit: int) -> Iterator[Found]:
    """The beginning of the name, then the beginning of any words of it, then other names the account carried."""
    wanted = sort_name(text)
    if not wanted:
        return
    seen: set[int] = set()
    customers = _in_scope(Customer.objects.all(), scope, "pk")
    others = _in_scope(CustomerName.objects.all(), scope, "customer")
    for found, fields in (
        (customers.filter(prefix("sort_name", wanted)), ("pk", "number", "name", "sort_name", "name")),
        (
            others.filter(prefix("sort_name", wanted)),
            ("customer_id", "customer__number", "customer__name", "sort_name", "name"),
        ),
        (_with_words(customers, wanted), ("pk", "number", "name", "sort_name", "name")),
    ):
        if len(seen) >= limit:
            return
        for pk, number, name, sorted_name, shown in found.order_by("sort_name").values_list(*fields)[:limit]:
            if pk not in seen:
                seen.add(pk)
                yield Found("customer", "name", sorted_name == wanted, pk, number, name, shown)


def _with_words(found: QuerySet[Model], wanted: str) -> QuerySet[Model]:
    """Names in which every word typed begins a word."""
    spaced = found.annotate(spaced=Concat(Value(" "), "sort_name"))
    for word in wanted.split():
        spaced = spaced.filter(spaced__contains=f" {word}")
    return spaced


_ITEM = (
    "id",
    "kind",
    "number",
    "due_on",
    "currency",
    "amount",
    "open",
    "customer_id",
    "customer__number",
    "customer__name",
)


def _items_by_number(text: str, scope: QuerySet[Customer] | None, limit: int) -> Iterator[Found]:
    wanted = Q()
    for each in _spellings(text):
        wanted |= prefix("number", each)
    found = _in_scope(Item.objects.filter(wanted), scope, "customer").order_by("number", "id")
    for pk, kind, number, due, currency, amount, open_, customer, *who in found.values_list(*_ITEM)[:limit]:
        yield Found(
            "item",
            "number",
            number.lower() == text.lower(),
            customer,
            *who,
            number,
            pk,
            kind,
            due,
            currency,
            amount,
            open_,
        )  # type: ignore[call-arg]


def _by_order(text: str, scope: QuerySet[Customer] | None, limit: int) -> Iterator[Found]:
    """Documents that answer exactly that purchase order."""
    # Saying that there is one lets the engines use the index of those that have one; so does the order.
    found = _in_scope(
        Item.objects.filter(po_number__gt="", po_number__in=_spellings(text)), scope, "customer"
    )
    found = found.order_by("po_number", "id")
    for pk, kind, number, due, currency, amount, open_, customer, *who in found.values_list(*_ITEM)[:limit]:
        yield Found("item", "PO number", True, customer, *who, number, pk, kind, due, currency, amount, open_)  # type: ignore[call-arg]


def _by_amount(text: str, scope: QuerySet[Customer] | None, limit: int) -> Iterator[Found]:
    """Items of which exactly that much is open."""
    readings = amounts_in(text)
    if not readings:
        return
    found = Item.objects.filter(open__gt=0, open__in=sorted({minor for _, minor in readings}))
    for pk, kind, number, due, currency, amount, open_, customer, *who in (
        _in_scope(found, scope, "customer").order_by("open", "id").values_list(*_ITEM)[: 3 * limit]
    ):
        if (minor_digits(currency), open_) in readings:
            yield Found(
                "item", "amount", True, customer, *who, number, pk, kind, due, currency, amount, open_
            )  # type: ignore[call-arg]


def _by_point(text: str, scope: QuerySet[Customer] | None, limit: int) -> Iterator[Found]:
    """E-mail addresses that begin so; telephone numbers by their digits, however either side wrote them."""
    plain = re.sub(r"[ ()./-]", "", text)
    wanted, order = Q(), "value"
    if re.fullmatch(r"\+?\d{5,}", plain):
        order = "digits"
        digits = plain.lstrip("+").removeprefix("00")
        national = digits.lstrip("0")
        # Without its country code a number is looked for under every country's.
        whole = [f"{code}{national}" for code in COUNTRY_CODE_TO_REGION_CODE] if len(national) > 6 else []
        wanted = Q(digits__gt="") & (prefix("digits", digits) | Q(digits__in=[national, *whole]))
    elif "@" in text or re.fullmatch(r"[\w.+-]{3,}", text):
        for each in _spellings(text):
            wanted |= prefix("value", each)
    else:
        return
    found = _in_scope(ContactPoint.objects.filter(wanted), scope, "contact__customer").order_by(order, "id")
    fields = (
        "kind",
        "value",
        "contact__name",
        "contact__customer_id",
        "contact__customer__number",
        "contact__customer__name",
    )
    for kind, value, contact, customer, number, name in found.values_list(*fields)[:limit]:
        why = "e-mail" if kind == "email" else "phone"
        exact = value.lower() == text.lower() if kind == "email" else _written(value).endswith(_written(text))
        yield Found("contact", why, exact, customer, number, name, f"{contact}: {value}")


def _written(number: str) -> str:
    return re.sub(r"\D", "", number).lstrip("0")


def _by_contact(text: str, scope: QuerySet[Customer] | None, limit: int) -> Iterator[Found]:
    """People whose name begins so."""
    wanted = text.lower()
    found = _in_scope(Contact.objects.filter(prefix("search_name", wanted), active=True), scope, "customer")
    fields = ("name", "title", "customer_id", "customer__number", "customer__name")
    for name, title, customer, number, of in found.order_by("search_name", "id").values_list(*fields)[:limit]:
        yield Found(
            "contact",
            "contact",
            name.lower() == wanted,
            customer,
            number,
            of,
            f"{name}, {title}" if title else name,
        )
