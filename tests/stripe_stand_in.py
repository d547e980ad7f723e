"""A stand-in for Stripe: Checkout Sessions, payments, refunds, disputes, events and idempotency keys, from the public description.

A real HTTP server on this machine. Its hosted page is plain: a browser, or `pay`, chooses a card or a bank account that behaves as it
says. Webhooks are signed with the library's own code and delivered by `deliver`, so that a test sends them twice, late, in another
order or wrongly signed. The live service has not been tried with Dunlin; where it differs from its description, so does this.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import stripe

KEY, SECRET = "sk_test_stand_in", "whsec_stand_in"
CARDS = {
    "credit": ("visa", "credit", "4242"), "debit": ("visa", "debit", "5556"), "prepaid": ("mastercard", "prepaid", "5100"),
    "amex": ("amex", "credit", "8431"),
}  # fmt: skip
_PAGE = """<!doctype html><html lang="en"><title>Pay</title><meta name="viewport" content="width=device-width"><h1>Pay {total}</h1>
<ul>{lines}</ul><form method="post">{buttons}</form><p><a href="{cancel}">Back</a></p></html>"""


class StandIn:
    """The provider's memory. `trouble`: what the next requests to the API get: a status, "timeout", or "" for no trouble yet.
    `page_most`: how many rows a list gives at most, whatever is asked for."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.keys: dict[str, tuple[Any, int, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.trouble: list[int | str] = []
        self.page_most = 100
        self.base = ""
        self.now: int | None = None
        self._numbers = 0
        self._lock = threading.RLock()

    def clock(self) -> int:
        return self.now if self.now is not None else int(time.time())

    def _id(self, prefix: str) -> str:
        self._numbers += 1
        return f"{prefix}_test_{self._numbers:06}"

    def told(self, kind: str, thing: dict[str, Any]) -> dict[str, Any]:
        """An event about a thing as it is now."""
        event = {"id": self._id("evt"), "object": "event", "type": kind, "created": self.clock(), "data": {"object": json.loads(json.dumps(thing))}}  # fmt: skip
        self.events.append(event)
        return event

    # What a payer, a bank or a person at the provider does

    def pay(self, session_id: str, how: str = "credit") -> None:
        """On the hosted page: a card of CARDS, `declined`, `bank` (on its way until `settle`)."""
        with self._lock:
            session = self.sessions[session_id]
            assert session["status"] == "open", "the page is over"
            intent = self._intent(session)
            if how == "declined":
                intent["status"] = "requires_payment_method"
                intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}  # fmt: skip
                self.told("payment_intent.payment_failed", intent)
                return
            charge = self._charge(intent, how)
            session["status"], session["url"] = "complete", None
            if how == "bank":
                intent["status"], charge["status"] = "processing", "pending"
                self.told("checkout.session.completed", session)
                return
            self._succeed(session, intent, charge)
            self.told("checkout.session.completed", session)

    def settle(self, session_id: str, *, fails: bool = False) -> None:
        """A bank debit comes to its end."""
        session = self.sessions[session_id]
        intent = self.intents[session["payment_intent"]]
        charge = self.charges[intent["latest_charge"]]
        if fails:
            intent["status"], charge["status"] = "requires_payment_method", "failed"
            intent["last_payment_error"] = {"code": "payment_intent_payment_attempt_failed", "decline_code": "insufficient_funds"}  # fmt: skip
            self.told("checkout.session.async_payment_failed", session)
            return
        self._succeed(session, intent, charge)
        self.told("checkout.session.async_payment_succeeded", session)

    def give_back(
        self, session_id: str, amount: int, status: str = "succeeded", about: dict[str, str] | None = None
    ) -> str:
        """A refund made at the provider."""
        intent = self.intents[self.sessions[session_id]["payment_intent"]]
        return str(self._refund(intent, amount, status, about or {})["id"])

    def fail_refund(self, refund_id: str) -> None:
        self.refunds[refund_id]["status"] = "failed"
        self.told("refund.failed", self.refunds[refund_id])

    def dispute(
        self, session_id: str, amount: int | None = None, status: str = "needs_response", reason: str = "fraudulent", due_days: int | None = 20
    ) -> str:  # fmt: skip
        """The card holder, or their bank, objects."""
        intent = self.intents[self.sessions[session_id]["payment_intent"]]
        due = self.clock() + due_days * 86_400 if due_days else None
        row = {
            "id": self._id("dp"), "object": "dispute", "charge": intent["latest_charge"], "payment_intent": intent["id"], "status": status,
            "amount": amount or intent["amount"], "currency": intent["currency"], "reason": reason, "created": self.clock(),
            "evidence_details": {"due_by": due},
        }  # fmt: skip
        self.disputes[row["id"]] = row
        self.told("charge.dispute.created", row)
        return str(row["id"])

    def decide(self, dispute_id: str, status: str) -> None:
        self.disputes[dispute_id]["status"] = status
        self.told("charge.dispute.closed", self.disputes[dispute_id])

    def _intent(self, session: dict[str, Any]) -> dict[str, Any]:
        if session["payment_intent"]:
            return self.intents[session["payment_intent"]]
        row = {
            "id": self._id("pi"), "object": "payment_intent", "amount": session["amount_total"], "currency": session["currency"],
            "status": "requires_payment_method", "latest_charge": None, "last_payment_error": None, "metadata": session["metadata"],
        }  # fmt: skip
        self.intents[row["id"]], session["payment_intent"] = row, row["id"]
        return row

    def _charge(self, intent: dict[str, Any], how: str) -> dict[str, Any]:
        if how == "bank":
            details: dict[str, Any] = {"type": "us_bank_account", "us_bank_account": {"last4": "6789"}}
        else:
            brand, funding, last4 = CARDS[how]
            details = {"type": "card", "card": {"brand": brand, "funding": funding, "last4": last4}}
        row = {
            "id": self._id("ch"), "object": "charge", "payment_intent": intent["id"], "amount": intent["amount"], "status": "pending",
            "currency": intent["currency"], "created": self.clock(), "payment_method_details": details, "balance_transaction": None,
        }  # fmt: skip
        self.charges[row["id"]], intent["latest_charge"] = row, row["id"]
        return row

    def _succeed(self, session: dict[str, Any], intent: dict[str, Any], charge: dict[str, Any]) -> None:
        charge["status"], intent["status"], session["payment_status"] = "succeeded", "succeeded", "paid"
        intent["last_payment_error"] = None
        charge["balance_transaction"] = {"id": self._id("txn"), "object": "balance_transaction", "created": self.clock()}  # fmt: skip

    def _refund(
        self, intent: dict[str, Any], amount: int, status: str, about: dict[str, str]
    ) -> dict[str, Any]:
        back = sum(each["amount"] for each in self.refunds.values() if each["payment_intent"] == intent["id"] and each["status"] != "failed")  # fmt: skip
        if back + amount > intent["amount"]:
            raise _Error(400, "invalid_request_error", "charge_already_refunded")
        row = {
            "id": self._id("re"), "object": "refund", "payment_intent": intent["id"], "charge": intent["latest_charge"], "amount": amount,
            "currency": intent["currency"], "status": status, "created": self.clock(), "metadata": about,
        }  # fmt: skip
        self.refunds[row["id"]] = row
        self.told("charge.refunded", self.charges[intent["latest_charge"]])
        return row

    # The API

    def answer(self, method: str, path: str, given: dict[str, Any], key: str) -> tuple[int, Any]:
        with self._lock:
            if method != "POST" or not key:
                return self._route(method, path, given)
            if key in self.keys:
                before, status, body = self.keys[key]
                if before != (path, given):
                    raise _Error(400, "idempotency_error", "", "Keys for idempotent requests can only be used with the same parameters they were first used with.")  # fmt: skip
                return status, body
            status, body = self._route(method, path, given)
            self.keys[key] = ((path, given), status, body)
            return status, body

    def _route(self, method: str, path: str, given: dict[str, Any]) -> tuple[int, Any]:
        parts = path.strip("/").split("/")[1:]
        if parts[:2] == ["checkout", "sessions"]:
            return 200, self._sessions(method, parts[2:], given)
        if parts == ["refunds"] and method == "POST":
            return 200, self._refund(self.intents[given["payment_intent"]], int(given["amount"]), "succeeded", given.get("metadata", {}))  # fmt: skip
        tables = {"refunds": self.refunds, "disputes": self.disputes}
        if len(parts) == 1 and parts[0] in tables:
            found = [each for each in tables[parts[0]].values() if each["payment_intent"] == given.get("payment_intent")]  # fmt: skip
            return 200, self._list(found, path, given)
        if parts == ["events"]:
            since, kinds = int(given.get("created", {}).get("gte", 0)), given.get("types")
            found = [each for each in self.events if each["created"] >= since and (not kinds or each["type"] in kinds)]  # fmt: skip
            return 200, self._list(found[::-1], path, given)
        raise _Error(404, "invalid_request_error", "resource_missing")

    def _sessions(self, method: str, parts: list[str], given: dict[str, Any]) -> Any:
        if not parts and method == "POST":
            return self._open(given)
        if not parts:
            found = [each for each in self.sessions.values() if each["payment_intent"] == given.get("payment_intent")]  # fmt: skip
            return self._list(found, "/v1/checkout/sessions", given)
        session = self.sessions.get(parts[0])
        if session is None:
            raise _Error(404, "invalid_request_error", "resource_missing")
        if parts[1:] == ["expire"]:
            if session["status"] != "open":
                raise _Error(400, "invalid_request_error", "")
            session["status"], session["url"] = "expired", None
            self.told("checkout.session.expired", session)
        if given.get("expand"):
            return self._expanded(session)
        return session

    def _open(self, given: dict[str, Any]) -> dict[str, Any]:
        lines = given["line_items"]
        currency = lines[0]["price_data"]["currency"]
        if any(int(each["price_data"]["unit_amount"]) <= 0 for each in lines) or len(lines) > 100:
            raise _Error(400, "invalid_request_error", "parameter_invalid_integer")
        session_id = self._id("cs")
        total = sum(int(each["price_data"]["unit_amount"]) * int(each["quantity"]) for each in lines)
        row = {
            "id": session_id, "object": "checkout.session", "status": "open", "payment_status": "unpaid", "amount_total": total,
            "currency": currency, "payment_intent": None, "metadata": given.get("metadata", {}), "url": f"{self.base}/c/pay/{session_id}",
            "success_url": given["success_url"], "cancel_url": given["cancel_url"], "payment_method_types": given["payment_method_types"],
            "line_items": [(each["price_data"]["product_data"]["name"], int(each["price_data"]["unit_amount"])) for each in lines],
            "customer_details": {"email": given.get("customer_email"), "name": "A Payer Who Must Not Be Kept"},
        }  # fmt: skip
        self.sessions[session_id] = row
        return row

    def _list(self, rows: list[Any], path: str, given: dict[str, Any]) -> dict[str, Any]:
        """A page of a list: those after `starting_after`."""
        after = given.get("starting_after")
        start = 1 + next(n for n, row in enumerate(rows) if row["id"] == after) if after else 0
        end = start + min(int(given.get("limit", 10)), self.page_most)
        return {"object": "list", "data": rows[start:end], "has_more": end < len(rows), "url": path}

    def _expanded(self, session: dict[str, Any]) -> dict[str, Any]:
        intent = self.intents.get(session["payment_intent"] or "")
        if intent is None:
            return session
        return session | {"payment_intent": intent | {"latest_charge": self.charges.get(intent["latest_charge"] or "")}}  # fmt: skip


class _Error(Exception):
    def __init__(self, status: int, kind: str, code: str, message: str = "It cannot be done.") -> None:
        self.status, self.body = status, {"error": {"type": kind, "code": code, "message": message}}
        super().__init__(message)


def _nested(pairs: dict[str, list[str]]) -> dict[str, Any]:
    """a[b][0][c]=d as the nested value it stands for."""
    found: dict[str, Any] = {}
    for name, values in pairs.items():
        steps = name.replace("]", "").split("[")
        at = found
        for step in steps[:-1]:
            at = at.setdefault(step, {})
        at[steps[-1]] = values[-1]
    return {name: _lists(value) for name, value in found.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(each.isdigit() for each in value):
        return [_lists(value[each]) for each in sorted(value, key=int)]
    return {name: _lists(each) for name, each in value.items()}


class _Handler(BaseHTTPRequestHandler):
    at: StandIn

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._do("GET")

    def do_POST(self) -> None:
        self._do("POST")

    def _do(self, method: str) -> None:
        where = urlsplit(self.path)
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode() if method == "POST" else where.query  # fmt: skip
        if where.path.startswith("/c/pay/"):
            return self._page(method, where.path.rpartition("/")[2], parse_qs(text))
        self.at.requests.append((method, where.path))
        try:
            if self.at.trouble:
                trouble = self.at.trouble.pop(0)
                if trouble == "timeout":
                    time.sleep(3)
                    return None
                if trouble != "":
                    raise _Error(int(trouble), "api_error" if trouble != 429 else "invalid_request_error", "rate_limit" if trouble == 429 else "")  # fmt: skip
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                raise _Error(401, "invalid_request_error", "")
            status, body = self.at.answer(method, where.path, _nested(parse_qs(text)), self.headers.get("Idempotency-Key") or "")  # fmt: skip
        except _Error as error:
            status, body = error.status, error.body
        self._send(status, json.dumps(body).encode(), "application/json")
        return None

    def _page(self, method: str, session_id: str, given: dict[str, list[str]]) -> None:
        session = self.at.sessions[session_id]
        if method == "POST":
            self.at.pay(session_id, given["how"][0])
            self.send_response(303)
            self.send_header("Location", session["success_url"])
            self.end_headers()
            return
        ways = ("bank",) if session["payment_method_types"] != ["card"] else (*CARDS, "declined")
        buttons = "".join(f'<button name="how" value="{each}">Pay with {each}</button> ' for each in ways)
        lines = "".join(f"<li>{name}: {amount / 100:.2f}</li>" for name, amount in session["line_items"])
        page = _PAGE.format(total=f"{session['amount_total'] / 100:.2f}", lines=lines, buttons=buttons, cancel=session["cancel_url"])  # fmt: skip
        self._send(200, page.encode(), "text/html; charset=utf-8")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving() -> Iterator[StandIn]:
    """The stand-in, on a port of its own, until the block ends."""
    memory = StandIn()
    handler = type("Handler", (_Handler,), {"at": memory})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    memory.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        server.shutdown()
        server.server_close()


def at(memory: StandIn) -> dict[str, str]:
    """settings.STRIPE that leads to it."""
    return {"key": KEY, "webhook_secret": SECRET, "base": memory.base}


def deliver(client: Any, event: dict[str, Any], *, secret: str = SECRET, sent_at: int | None = None) -> Any:
    """Hand a signed event to Dunlin's door, as the provider does."""
    body, signature = signed(event, secret, sent_at)
    return client.post("/provider/stripe/", body, content_type="application/json", headers={"Stripe-Signature": signature})  # fmt: skip


def signed(event: dict[str, Any], secret: str = SECRET, sent_at: int | None = None) -> tuple[str, str]:
    """An event as it is sent, and its signature."""
    body = json.dumps(event)
    return body, stripe.WebhookSignature.generate_signature_header(body, secret, sent_at or int(time.time()))
