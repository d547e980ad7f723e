"""The frame every action runs in: permission, transaction, lock, idempotency key, diary line. A dry run is undone.

with doing(who, "log_call", customers=[customer_id], key=key) as act:
    if act.answered: return act.answer
    ... gather the facts, ask the rule, record what was decided ...
    act.tell(about=f"call:{call.pk}", after={...})
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from dunlin.records.locks import lock_customers
from dunlin.records.models import DiaryLine
from dunlin.rules.codes import Refused
from dunlin.rules.masking import mask_card_numbers
from dunlin.rules.roles import may


@dataclass(frozen=True)
class Who:
    """Who acts, through which door, and what day and moment it is for them. `today` is the ledger's day."""

    user_id: int | None
    name: str
    role: str
    door: str
    today: date
    now: datetime
    request_id: str = ""
    dry_run: bool = False
    contact_id: int | None = None  # the customer's own person, in the portal

    def dry(self) -> Who:
        """The same person trying it out: everything happens, then is undone."""
        return replace(self, dry_run=True)


def the_clock(today: date, now: datetime, dry_run: bool = False) -> Who:
    """What happens by itself at night is done by the clock, with the administrator's rights and its own name in the diary."""
    return Who(None, "the clock", "administrator", "clock", today, now, dry_run=dry_run)


def automatic_application(today: date, now: datetime, dry_run: bool = False) -> Who:
    """What Dunlin posts by itself of a bank file, with an integration's rights: the administrator, whose rights the clock has,
    keeps the system and not the books."""
    return Who(None, "automatic application", "integration", "clock", today, now, dry_run=dry_run)


def payment_provider(today: date, now: datetime, request_id: str = "") -> Who:
    """What follows from what Stripe told or was asked is posted in its name, with no more rights than that needs."""
    return Who(None, "Stripe", "payment_provider", "provider", today, now, request_id)


@dataclass
class Act:
    """One act under way: what it tells the diary, and the answer a repeat of its key gets."""

    who: Who
    verb: str
    customer_id: int | None
    cause: str
    key: str | None
    key_content: str
    answered: bool = False
    answer: Any = None
    lines: list[DiaryLine] = field(default_factory=list)

    def tell(
        self,
        *,
        about: str = "",
        before: Any = None,
        after: Any = None,
        customer_id: int | None = None,
        cause: str = "",
    ) -> None:
        """One diary line; written when the act ends, in its transaction."""
        self.lines.append(
            DiaryLine(
                at=self.who.now,
                by_id=self.who.user_id,
                contact_id=self.who.contact_id,
                role=self.who.role,
                door=self.who.door,
                verb=self.verb,
                customer_id=customer_id or self.customer_id,
                about=about,
                cause=(mask_card_numbers(cause) or self.cause)[:300],
                before=_json(before),
                after=_json(after),
                request_id=self.who.request_id,
            )
        )


@contextmanager
def doing(
    who: Who,
    verb: str,
    *,
    customers: Iterable[int] = (),
    cause: str = "",
    key: str | None = None,
    asked: Any = None,
) -> Iterator[Act]:
    """Run one act. `customers` are locked in number order; `key` makes a repeat answer what the first answered.

    `asked` is what the key stands for: the same key with other content is refused. Refused when the role may not do the
    verb; nothing is written then, nor when the body raises.
    """
    if not may(who.role, verb):
        raise Refused(
            "not_permitted", who=who.name, role=who.role.replace("_", " "), verb=verb.replace("_", " ")
        )
    ids = sorted(set(customers))
    content = (
        hashlib.sha256(json.dumps(asked, cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()
        if key
        else ""
    )
    act = Act(who, verb, ids[0] if len(ids) == 1 else None, mask_card_numbers(cause), key, content)
    with transaction.atomic():
        lock_customers(ids)
        if key:
            _recall(act)
        yield act
        if not act.answered:
            _write(act)
        if who.dry_run:
            transaction.set_rollback(True)


def _recall(act: Act) -> None:
    """A key used before answers its first answer, if it stood for the same thing."""
    line = DiaryLine.objects.filter(key=act.key).first()
    if line is None:
        return
    if line.key_content != act.key_content:
        raise Refused("same_key_other_content", key=act.key)
    act.answered, act.answer = True, line.answer


def _write(act: Act) -> None:
    if not act.lines:
        act.tell()
    act.lines[0].key, act.lines[0].key_content, act.lines[0].answer = (
        act.key,
        act.key_content,
        _json(act.answer),
    )
    if len(act.lines) == 1:
        act.lines[0].save(force_insert=True)
    else:
        DiaryLine.objects.bulk_create(act.lines, batch_size=1000)


def _json(value: Any) -> Any:
    """Dates, moments and decimals as text, so that the column takes them."""
    return None if value is None else json.loads(json.dumps(value, cls=DjangoJSONEncoder))
