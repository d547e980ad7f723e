"""Stripe: hosted payment pages, what became of them, refunds, and the signature of what it tells us (E8, G7).

Card data never comes here: the payer types it on Stripe's page, and of a card only brand, kind and last four are read. Every failure
is one of three: try again later, the provider refuses, or it is not there. No error carries a key, a body or what a payer typed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the library is large; who takes no cards does not load it
    from stripe import StripeClient

TIMEOUT_SECONDS = 10
RETRIES = 2
LINES_MAX = 90  # a page takes a hundred lines
EVENTS_MAX = 1000  # rows of a list
SIGNATURE_SECONDS = 300  # how old a signed message may be
# Bank debit by currency, as Stripe calls it; another currency has none.
BANK_DEBITS: Mapping[str, str] = {"USD": "us_bank_account", "EUR": "sepa_debit", "GBP": "bacs_debit"}
# Where Stripe counts in other units than ISO 4217, or only in tens; not offered.
OTHER_UNITS = frozenset("BHD IQD ISK JOD KWD LYD MGA OMR TND UGX CLF UYW".split())
_EXPAND = ["payment_intent.latest_charge.balance_transaction"]


class ProviderAway(Exception):
    """It cannot be asked now (no answer, 5xx, too many requests): nothing is known, try again later."""


class ProviderRefuses(Exception):
    """It does not do what was asked; the message is its code."""


class NotSigned(Exception):
    """A message that is not Stripe's, or too old to be believed."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the hosted page; minor units."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class PageWanted:
    """A hosted page to be made. `method` is card or bank_debit; `about` comes back with everything that is told of it."""

    key: str
    method: str
    currency: str
    lines: Sequence[Line]
    email: str
    about: Mapping[str, str]
    success_url: str
    cancel_url: str
    locale: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that went back, or is going; minor units. `status`: pending, succeeded, failed, canceled, requires_action."""

    id: str
    amount: int
    status: str
    created: datetime
    of_fee: bool


@dataclass(frozen=True, slots=True)
class CardDispute:
    """The cardholder's or bank's objection; `status` begins with warning_ while no money moved. `due_by`: when evidence is due."""

    id: str
    amount: int
    status: str
    reason: str
    created: datetime
    due_by: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the provider knows of a page and its payment at this moment. `url` while it can be paid; times in UTC."""

    session_id: str
    url: str
    status: str  # open, complete, expired
    payment_status: str  # paid, unpaid, no_payment_required
    amount: int
    currency: str
    intent_id: str
    intent_status: str
    charge_id: str
    paid_at: datetime | None
    brand: str
    kind: str  # credit, debit, prepaid, unknown; "" for no card
    last4: str
    failure: str  # the provider's code of why it failed
    refunds: tuple[Refund, ...]
    disputes: tuple[CardDispute, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A signed message: what happened to which object. Its content is not believed; it is asked for."""

    event_id: str
    type: str
    created: datetime
    object_id: str
    session_id: str
    intent_id: str


class Stripe:
    """Calls to the API. `at` is settings.STRIPE; `retries` 0 where somebody waits for a quick answer."""

    def __init__(self, at: Mapping[str, str], retries: int = RETRIES, timeout: int = TIMEOUT_SECONDS) -> None:
        import stripe  # noqa: PLC0415

        stripe.enable_telemetry = False
        base = {"api": at["base"]} if at.get("base") else {}
        self._client: StripeClient = stripe.StripeClient(
            at["key"], max_network_retries=retries, http_client=stripe.RequestsClient(timeout=timeout),
            base_addresses=base,  # type: ignore[arg-type]
        )  # fmt: skip

    def open_page(self, wanted: PageWanted) -> Seen:
        """Make the hosted page. The same key again answers the same page. ProviderAway, ProviderRefuses."""
        method = "card" if wanted.method == "card" else BANK_DEBITS[wanted.currency]
        about = dict(wanted.about)
        params: dict[str, Any] = {
            "mode": "payment", "payment_method_types": [method], "success_url": wanted.success_url, "cancel_url": wanted.cancel_url,
            "line_items": [_line(each, wanted.currency) for each in wanted.lines], "metadata": about,
            "payment_intent_data": {"metadata": about}, "client_reference_id": about.get("payment", ""), "locale": wanted.locale,
        }  # fmt: skip
        if wanted.email:
            params["customer_email"] = wanted.email
        with _named():
            made = self._client.v1.checkout.sessions.create(params, {"idempotency_key": wanted.key})  # type: ignore[arg-type]
            return _seen(made.to_dict(), [], [])

    def expire_page(self, session_id: str) -> None:
        """Nobody can pay there any more. ProviderRefuses when it was paid meanwhile, or is over already."""
        with _named():
            self._client.v1.checkout.sessions.expire(session_id)

    def see(self, session_id: str) -> Seen:
        """What is known of a page now, with every refund and dispute of its payment. Three requests at most, where their lists fit
        a page."""
        with _named():
            session = self._client.v1.checkout.sessions.retrieve(session_id, {"expand": _EXPAND}).to_dict()  # type: ignore[typeddict-item]
            intent = session.get("payment_intent") or {}
            if not intent.get("latest_charge"):
                return _seen(session, [], [])
            of: Any = {"payment_intent": intent["id"], "limit": 100}
            refunds = _pages(self._client.v1.refunds.list, of)
            disputes = _pages(self._client.v1.disputes.list, of)
            return _seen(session, refunds, disputes)

    def refund(self, intent_id: str, amount: int, key: str, *, of_fee: bool) -> str:
        """Give money back; the refund's id. The same key again is the same refund. Minor units."""
        about = {"of": "card_fee" if of_fee else "payment"}
        params: Any = {"payment_intent": intent_id, "amount": amount, "metadata": about}
        with _named():
            return self._client.v1.refunds.create(params, {"idempotency_key": key}).id

    def events_since(self, since: datetime, types: Sequence[str]) -> list[Told]:
        """What happened since a moment, oldest first; a thousand at most, the newest."""
        asked: Any = {"created": {"gte": int(since.timestamp())}, "types": list(types)[:20], "limit": 100}
        with _named():
            return [_told(each) for each in _pages(self._client.v1.events.list, asked)][::-1]

    def page_of_intent(self, intent_id: str) -> str:
        """The page a payment was made on; "" for a payment that was made elsewhere."""
        of: Any = {"payment_intent": intent_id, "limit": 1}
        with _named():
            found = self._client.v1.checkout.sessions.list(of).to_dict()["data"]
        return str(found[0]["id"]) if found else ""


def believe(body: bytes, signature: str, secret: str) -> Told:
    """What a signed message says happened. NotSigned for anything that is not signed with our secret within five minutes."""
    import stripe  # noqa: PLC0415

    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, SIGNATURE_SECONDS)
        return _told(json.loads(body))
    except (
        stripe.StripeError,
        UnicodeDecodeError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
    ):
        raise NotSigned from None


def _told(event: Mapping[str, Any]) -> Told:
    thing = event["data"]["object"]
    kind, intent, own = str(thing.get("object", "")), thing.get("payment_intent"), str(thing.get("id", ""))
    return Told(
        str(event["id"])[:255], str(event["type"])[:80], _at(event["created"]), own[:255],
        session_id=own[:255] if kind == "checkout.session" else "",
        intent_id=(own if kind == "payment_intent" else intent if isinstance(intent, str) else "")[:255],
    )  # fmt: skip


@contextmanager
def _named() -> Iterator[None]:
    """The library's errors as ours; of their words only the code goes on."""
    import stripe  # noqa: PLC0415

    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as problem:
        raise ProviderAway(type(problem).__name__) from None
    except stripe.StripeError as problem:
        status = problem.http_status or 0
        if status >= 500 or status == 429 or status == 409:
            raise ProviderAway(f"status {status}") from None
        raise ProviderRefuses(str(problem.code or type(problem).__name__)[:60]) from None


def _pages(ask: Callable[[Any], Any], asked: Mapping[str, Any]) -> list[Any]:
    """All rows of a list, page by page; EVENTS_MAX or a page more at most."""
    found: list[Any] = []
    while True:
        page = ask(dict(asked)).to_dict()
        found += page["data"]
        if not page.get("has_more") or not page["data"] or len(found) >= EVENTS_MAX:
            return found
        asked = {**asked, "starting_after": page["data"][-1]["id"]}


def _line(line: Line, currency: str) -> dict[str, Any]:
    data = {
        "currency": currency.lower(),
        "unit_amount": line.amount,
        "product_data": {"name": line.name[:250]},
    }
    return {"quantity": 1, "price_data": data}


def _seen(session: Mapping[str, Any], refunds: Sequence[Any], disputes: Sequence[Any]) -> Seen:
    given = session.get("payment_intent") or {}
    intent: Mapping[str, Any] = {"id": given} if isinstance(given, str) else given
    charge = intent.get("latest_charge") or {}
    if isinstance(charge, str):
        charge = {"id": charge}
    details = charge.get("payment_method_details") or {}
    card, debit = details.get("card") or {}, details.get(details.get("type") or "") or {}
    moved = charge.get("balance_transaction") or {}
    moment = moved.get("created") if isinstance(moved, Mapping) else None
    problem = intent.get("last_payment_error") or {}
    return Seen(
        session_id=str(session["id"]), url=str(session.get("url") or ""), status=str(session.get("status") or ""),
        payment_status=str(session.get("payment_status") or ""), amount=int(session.get("amount_total") or 0),
        currency=str(session.get("currency") or "").upper(), intent_id=str(intent.get("id") or ""),
        intent_status=str(intent.get("status") or ""), charge_id=str(charge.get("id") or ""),
        paid_at=_at(moment or charge["created"]) if charge.get("created") else None,
        brand=str(card.get("brand") or "")[:24], kind=str(card.get("funding") or "")[:10], last4=str(debit.get("last4") or "")[-4:],
        failure=str(problem.get("decline_code") or problem.get("code") or charge.get("failure_code") or "")[:60],
        refunds=tuple(sorted((_refund(each) for each in refunds), key=lambda each: (each.created, each.id))),
        disputes=tuple(sorted((_dispute(each) for each in disputes), key=lambda each: (each.created, each.id))),
    )  # fmt: skip


def _refund(row: Mapping[str, Any]) -> Refund:
    of_fee = (row.get("metadata") or {}).get("of") == "card_fee"
    return Refund(
        str(row["id"]), int(row["amount"]), str(row.get("status") or ""), _at(row["created"]), of_fee
    )


def _dispute(row: Mapping[str, Any]) -> CardDispute:
    due = (row.get("evidence_details") or {}).get("due_by")
    return CardDispute(
        str(row["id"]), int(row["amount"]), str(row["status"]), str(row.get("reason") or "")[:40], _at(row["created"]),
        _at(due) if due else None,
    )  # fmt: skip


def _at(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
