"""Kill the sender again and again while it sends, and count what arrived: every message once, none twice, none missing.

    python -m tests.kill_sender --messages 2000 --kills 50 [--database postgresql://...]

A real SMTP server keeps what it takes. Each life of the sender is a process of its own, killed with SIGKILL at a random moment
after it began to send. What was cut off after the server had it is listed and then settled by looking for its Message-ID.
Prints one line of JSON; exit 1 when a message is missing or came twice.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run it; the exit status says whether every message arrived once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--database", default="")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    from tests.smtp_server import MailServer  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder, MailServer(Path(folder) / "mails") as server:
        os.environ.update(
            DUNLIN_DATA_DIR=folder, DUNLIN_DATABASE_URL=asked.database, DUNLIN_LOG_LEVEL="ERROR",
            DUNLIN_SMTP_URL=f"smtp+plain://127.0.0.1:{server.port}", DUNLIN_MAIL_FROM="ar@dunlin.test",
            DJANGO_SETTINGS_MODULE="dunlin.config.settings", PYTHONPATH=f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        )  # fmt: skip
        found = _scenario(asked.messages, asked.kills, random.Random(asked.seed), server)
    print(json.dumps(found))
    return int(bool(found["missing"] or found["twice"] or found["unclear_left"]))


def _scenario(messages: int, kills: int, chance: random.Random, server: Any) -> dict[str, Any]:
    import django  # noqa: PLC0415

    django.setup()
    from dunlin.actions.send_due import unclear_messages  # noqa: PLC0415
    from dunlin.actions.settle_message import settle_message  # noqa: PLC0415
    from dunlin.records.models import Message, MessageEvent  # noqa: PLC0415
    from tests import cast  # noqa: PLC0415
    from tests.smtp_server import header  # noqa: PLC0415

    _make(messages)
    began = time.perf_counter()
    killed = lives = unclear = 0
    at: list[int] = []
    while killed < kills and Message.objects.filter(state="decided").exists():
        lives += 1
        before = len(server.mails())
        # So long that the kills spread over the whole run, however fast the machine is.
        stop_after = max(1, int(chance.uniform(0.2, 1.8) * messages / (kills + 1)))
        if _live_until(server.folder, before + stop_after, chance.uniform(0, 0.05)):
            killed += 1
            at.append(len(server.mails()))
    _live_until(server.folder, None, 0)
    taken = {header(mail, "Message-ID").strip("<>") for _, mail in server.mails()}
    for row in unclear_messages():
        unclear += 1
        settle_message(cast.who("administrator"), row.pk, row.message_id in taken, "looked for on the server")
    if Message.objects.filter(state="decided").exists():
        _live_until(server.folder, None, 0)
    ids = Counter(header(mail, "Message-ID").strip("<>") for _, mail in server.mails())
    wanted = set(Message.objects.values_list("message_id", flat=True))
    return {
        "messages": messages, "killed": killed, "lives": lives + 1, "taken_by_the_server": ids.total(), "distinct": len(ids),
        "twice": sum(count > 1 for count in ids.values()), "missing": len(wanted - set(ids)),
        "claims_released": MessageEvent.objects.filter(what="released").count(), "cut_off_and_settled": unclear,
        "unclear_left": len(unclear_messages()), "states": dict(Counter(Message.objects.values_list("state", flat=True))),
        "seconds": round(time.perf_counter() - began, 1), "killed_at": at,
    }  # fmt: skip


def _make(messages: int) -> None:
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import transaction  # noqa: PLC0415

    from dunlin.actions.change_settings import change_settings  # noqa: PLC0415
    from dunlin.actions.doing import doing  # noqa: PLC0415
    from dunlin.actions.messages import Draft, make_message  # noqa: PLC0415
    from tests import cast  # noqa: PLC0415

    call_command("migrate", verbosity=0, interactive=False)
    change_settings(cast.who("administrator"), {"mail.per_minute": 0})
    with transaction.atomic():
        people = [cast.customer() for _ in range(50)]
        for number in range(messages):
            customer = people[number % len(people)]
            draft = Draft(
                customer.pk, "written", subject=f"Your account, {number}", text="Hello.\n" * 20,
                to=[{"name": "Accounts payable", "address": f"ap{number}@customer.test", "point": None}],
            )  # fmt: skip
            with doing(cast.who("ar_manager"), "send_message", customers=[customer.pk]) as act:
                make_message(act, draft)


def _live_until(folder: Path, mails: int | None, more: float) -> bool:
    """One life of the sender; killed some moments after the server has that many mails. Whether it was killed while it lived."""
    life = subprocess.Popen(
        [sys.executable, "-m", "dunlin", "outbox", "send", "--release-after", "0"],
        cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    while life.poll() is None:
        if mails is not None and sum(1 for _ in folder.glob("*.eml")) >= mails:
            time.sleep(more)
            life.send_signal(signal.SIGKILL)
            return life.wait() == -signal.SIGKILL
        time.sleep(0.002)
    return False


if __name__ == "__main__":
    sys.exit(main())
