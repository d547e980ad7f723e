"""Which rows, rules, traps and invariants have a test that names them, and which have none.

Reads the marks in the test files; the lists of what should exist come from the tests' own expectations below.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(r"mark\.(req|rule|trap|invariant)\(([^)]*)\)")

# What this version claims to do; what later versions add is listed there when they do.
CLAIMED: dict[str, list[str]] = {
    "req": "A1 A2 A3 A4 A9 B1 B2 B4 B6 B7 B9 D2 D4 F2 F3 H2 H3 H5 H8".split(),
    "rule": "P1 P2 P4 P5 P6 P7 P16 P17 P18".split(),
    "invariant": [str(n) for n in (*range(1, 18), 20, 21, 22, 26, 30, 31, 32, 37, 38, 39, 40)],
    "trap": "3 8 10 11 12 13 14 15 16 17 18 26 38 40 43 44 45 46 47 48 49 50 52 53".split(),
}


def marks() -> dict[str, dict[str, list[str]]]:
    """kind → id → the test files that name it."""
    found: dict[str, dict[str, list[str]]] = {kind: defaultdict(list) for kind in CLAIMED}
    for folder in ("src", "tests", "examples", "bench"):
        for file in sorted((ROOT / folder).rglob("*_test.py")):
            for kind, arguments in MARK.findall(file.read_text(encoding="utf-8")):
                for identity in re.findall(r"[\"']?([A-H]\d+|P\d+|\d+)[\"']?", arguments):
                    name = str(file.relative_to(ROOT))
                    if name not in found[kind][identity]:
                        found[kind][identity].append(name)
    return found


def main() -> int:
    found = marks()
    for kind, claimed in CLAIMED.items():
        proved = [identity for identity in claimed if identity in found[kind]]
        missing = [identity for identity in claimed if identity not in found[kind]]
        more = sorted(set(found[kind]) - set(claimed))
        print(
            f"{kind:<10} {len(proved)}/{len(claimed)} proved"
            + (f"; no proof: {', '.join(missing)}" if missing else "")
        )
        if more:
            print(f"{'':<10} also named: {', '.join(more)}")
    if "-v" in sys.argv:
        for kind, ids in found.items():
            for identity, files in sorted(ids.items()):
                print(f"{kind} {identity}: {', '.join(files)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
