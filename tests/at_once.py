"""A process of its own in which several people do the same thing at the same moment, each on a connection of their own.

    python -m tests.at_once '{"act": "take_payment", "times": 5, ...}'

Prints "ready" when everyone is set to go, waits for a line, lets all of them go, and prints what each got as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def run(address: str, orders: list[dict[str, Any]]) -> list[Any]:
    """One process for each order against the database at `address`, all let go at once; what all of them got."""
    environment = {
        **os.environ, "DUNLIN_DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "dunlin.config.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }  # fmt: skip
    crews = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.at_once", json.dumps(order)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT,
        )
        for order in orders
    ]  # fmt: skip
    for crew in crews:
        assert crew.stdout is not None
        assert crew.stdout.readline().strip() == "ready"
    for crew in crews:
        assert crew.stdin is not None
        crew.stdin.write("go\n")
        crew.stdin.flush()
    got: list[Any] = []
    for crew in crews:
        out, _ = crew.communicate(timeout=120)
        assert crew.returncode == 0
        got += json.loads(out)
    return got


def main() -> None:
    import django  # noqa: PLC0415  before the tables can be imported

    django.setup()
    from tests import at_once_acts  # noqa: PLC0415

    order = json.loads(sys.argv[1])
    act = getattr(at_once_acts, order["act"])
    times = order["times"]
    got: list[Any] = [None] * times
    gate = threading.Barrier(times + 1)

    def one(index: int) -> None:
        at_once_acts.connect()
        gate.wait()
        got[index] = at_once_acts.outcome(act, order, index)
        at_once_acts.disconnect()

    crew = [threading.Thread(target=one, args=(index,)) for index in range(times)]
    for each in crew:
        each.start()
    print("ready", flush=True)
    sys.stdin.readline()
    gate.wait()
    for each in crew:
        each.join()
    print(json.dumps(got))


if __name__ == "__main__":
    main()
