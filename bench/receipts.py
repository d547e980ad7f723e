"""One worker of the receipts benchmark: applies a receipt to an invoice, `count` times, each in its own transaction."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime

import django

django.setup()

from dunlin.actions.doing import Who  # noqa: E402
from dunlin.actions.take_payment import Use, take_payment  # noqa: E402
from dunlin.records.models import Item, User  # noqa: E402
from dunlin.records.policies import current_policy  # noqa: E402
from dunlin.rules.money import Money  # noqa: E402


def main(worker: int, count: int) -> None:
    manager = User.objects.get_or_create(
        username=f"cash{worker}", defaults={"role": "ar_manager", "password": "!"}
    )[0]
    who = Who(manager.pk, manager.username, "ar_manager", "cli", datetime.now(UTC).date(), datetime.now(UTC))
    policy = current_policy()
    rows = list(
        Item.objects.filter(side=1, open__gt=0, pk__gt=worker * count * 3)
        .order_by("pk")
        .values_list("pk", "customer_id", "open", "currency", "entity_id")[: count * 3 : 3]
    )
    started = time.time()
    for item, customer, open_, currency, entity in rows:
        take_payment(who, customer, Money(open_, currency), [Use(item)], entity_id=entity, policy=policy)
    print(json.dumps({"done": len(rows), "started": started, "ended": time.time()}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
