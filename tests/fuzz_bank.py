"""Bank files, broken in a thousand ways: `python -m tests.fuzz_bank --minutes 10`.

Whatever the bytes, a file is read or refused within two seconds. When it is read, the amounts are those a simple count of
the text finds (`fuzz_counts.py`, which knows nothing of the readers), or something warns or is shown as damaged.
`--only READER` tries one reader; `--seed N` begins at another file, and with the seed of a stop that very file comes first.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable

from dunlin.formats.bank_files import BankFile, BankFileProblem, read_bank_file
from dunlin.formats.bank_table import read_bank_table
from dunlin.formats.remittance_files import RemittanceProblem, read_remittance, read_remittance_text
from dunlin.formats.tables import TableProblem, open_table
from tests.bank_samples import SAMPLES, TABLE, TABLE_COLUMNS
from tests.fuzz_counts import wrong_advice, wrong_amount
from tests.remittance_samples import ADVICES
from tests.shared_data import ROOT

SECONDS_MAX = 2.0
_HOSTILE = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n", b"\x1a", b"\x85", b"\xe2\x80\xa8", b"-", b"+", b",", b".", b"/", b"'", b"\"",
    b"9" * 40, b"0" * 200, b"1E9", b"NaN", b"Infinity", b"\xd9\xa1\xd9\xa2\xd9\xa3", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"<a>" * 300,
    b"]]>", b"<![CDATA[", b"{2000}", b":61:", b"16,", b"88,", b"49,", b"?20", b"//", b"EUR", b"JPY", b"XXX", b"\xc3\x28",
)  # fmt: skip


def sources() -> dict[str, list[bytes]]:
    """Format → whole files: the made-up ones, and the real ones where they are on this machine."""
    found = {name: [text.encode()] for name, text in SAMPLES.items()}
    folders = {
        "bai2": "bai2",
        "mt940": "mt940",
        "camt": "camt",
        "ofx": "ofx",
        "ach": "nacha",
        "lockbox": "lockbox",
        "fedwire": "fedwire",
    }
    for folder, name in folders.items():
        for path in sorted((ROOT / "data" / "bank" / folder).glob("[!_]*")):
            found[name].append(path.read_bytes())
    # Its amounts are counted; the real lists only must not stop the reader.
    found["table"] = [TABLE.encode()] * 32
    lists = [
        path.read_bytes()
        for folder in ("csv", "sheets")
        for path in sorted((ROOT / "data" / "bad_input" / folder).glob("*"))
    ]
    found["table"] += lists
    return found | _advices(lists)


def _advices(lists: list[bytes]) -> dict[str, list[bytes]]:
    """Remittance advice: the made-up ones, the real ones and the words of mails where they are on this machine."""
    found = {name: [text.encode()] * 8 for name, text in ADVICES.items()}
    for name, pattern in (("820", "*.edi"), ("ubl", "*.xml")):
        found[name] += [path.read_bytes() for path in sorted((ROOT / "data" / "remittance").glob(pattern))]
    found["remittance_table"] = found["remittance_table"] * 4 + lists
    mails = ROOT / "data" / "emails_intent.jsonl"
    if mails.exists():
        rows = [json.loads(line) for line in mails.read_text(encoding="utf-8").splitlines()]
        bodies = [str(row["body"]) for row in rows]
        found["remittance_text"] = found["remittance_text"] * 4 + [
            body.encode() for body in bodies if re.search(r"\d", body)
        ]
    return found


def mutated(content: bytes, chance: random.Random, other: bytes = b"") -> bytes:
    """`content` with one to four changes: cut, bytes turned, lines lost, doubled or swapped, digits changed, pieces of others."""
    for _ in range(chance.randint(1, 4)):
        content = chance.choice(_CHANGES)(content, chance, other) or content
    return content


def _cut(content: bytes, chance: random.Random, other: bytes) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] if chance.random() < 0.7 else content[at:]


def _turn(content: bytes, chance: random.Random, other: bytes) -> bytes:
    turned = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        turned[chance.randrange(len(turned))] = (
            chance.randrange(256) if chance.random() < 0.4 else chance.randrange(32, 127)
        )
    return bytes(turned)


def _digit(content: bytes, chance: random.Random, other: bytes) -> bytes:
    places = [found.start() for found in re.finditer(rb"\d", content)]
    if not places:
        return content
    at = chance.choice(places)
    return content[:at] + str(chance.randrange(10)).encode() + content[at + 1 :]


def _lines(content: bytes, chance: random.Random, other: bytes) -> bytes:
    lines = content.split(b"\n")
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    what = chance.randrange(4)
    if what == 0:
        del lines[at]
    elif what == 1:
        lines.insert(to, lines[at])
    elif what == 2:
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines[at : at + 2] = [b"".join(lines[at : at + 2])]
    return b"\n".join(lines)


def _insert(content: bytes, chance: random.Random, other: bytes) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(_HOSTILE) + content[at:]


def _splice(content: bytes, chance: random.Random, other: bytes) -> bytes:
    at, start = chance.randrange(len(content) + 1), chance.randrange(len(other) + 1)
    return content[:at] + other[start : start + chance.randrange(1, 400)] + content[at:]


def _encode(content: bytes, chance: random.Random, other: bytes) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(
        chance.choice(["utf-16", "utf-16-le", "utf-8-sig", "latin-1", "cp500", "utf-7"]), "replace"
    )


def _ends(content: bytes, chance: random.Random, other: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(
        b"\n", chance.choice([b"\r\n", b"\r", b"", b"\n\n", b" \n"])
    )


_CHANGES = (_cut, _turn, _turn, _digit, _digit, _lines, _lines, _insert, _insert, _splice, _encode, _ends)


# --- one try --------------------------------------------------------------------------------------------------------


def as_bank_file(content: bytes) -> BankFile:
    """As a person hands it in: its content says what it is."""
    return read_bank_file("fuzz", content)


def as_table(content: bytes) -> BankFile:
    """As a list with the mapping of the made-up one; of any other list the first column is the day, the last the amount."""
    columns = TABLE_COLUMNS
    if b"Amount" not in content:
        try:
            header = open_table(content, "fuzz").header
        except TableProblem as problem:
            raise BankFileProblem(problem.code, problem.line, **problem.facts) from None
        columns = {"booked_on": header[0], "amount": header[-1], "currency": ":EUR"}
    return read_bank_table("fuzz", content, columns, "dmy", ",")


def tried(content: bytes, read: Callable[[bytes], BankFile] = as_bank_file) -> str:
    """What came of it: the format, or the code of the refusal. AssertionError when it was slow or an amount is wrong."""
    began = time.process_time()
    try:
        file = read(content)
    except BankFileProblem as problem:
        outcome = problem.code
    else:
        outcome = file.format
        assert not (wrong := wrong_amount(file, content)), wrong
        keys = [each.key for each in file.entries]
        assert len(set(keys)) == len(keys), "two entries of one key"
        assert all(flaw.place and flaw.detail for flaw in (*file.warnings, *file.damaged))
    assert outcome
    seconds = time.process_time() - began
    assert seconds < SECONDS_MAX, f"{seconds:.1f} s"
    return outcome


def tried_advice(content: bytes, text: bool = False) -> str:
    """The same of remittance advice; `text` reads it as the words of a mail whatever it looks like."""
    began = time.process_time()
    try:
        if text:
            file = read_remittance_text("fuzz", content.decode("utf-8", "replace"), "USD")
        else:
            file = read_remittance("fuzz", content, currency="EUR")
    except RemittanceProblem as problem:
        outcome = problem.code
    else:
        outcome = file.format
        assert not (wrong := wrong_advice(file, content)), wrong
        for advice in file.advices:
            assert advice.adds_up is not True or advice.listed == advice.amount, "it says it adds up"
            assert len(advice.payer_tail) <= 4
        assert len({each.key for each in file.advices}) == len(file.advices), "two advices of one key"
        assert all(flaw.place and flaw.detail for flaw in (*file.warnings, *file.damaged))
    seconds = time.process_time() - began
    assert seconds < SECONDS_MAX, f"{seconds:.1f} s"
    return outcome


TRIES: dict[str, Callable[[bytes], str]] = {
    "table": lambda content: tried(content, as_table),
    "820": tried_advice,
    "ubl": tried_advice,
    "remittance_table": tried_advice,
    "remittance_text": lambda content: tried_advice(content, text=True),
}


class Hangs(Exception):
    """A reader has had five times the seconds it may take."""


def _hangs(number: int, frame: object) -> None:
    raise Hangs


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=10)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--only", choices=sorted(sources()), help="one reader")
    given = asked.parse_args()
    whole = sources()
    everything = [content for many in whole.values() for content in many]
    names = [given.only] if given.only else sorted(whole)
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in names}
    ends, number, slowest = time.monotonic() + given.minutes * 60, given.seed, 0.0
    signal.signal(signal.SIGVTALRM, _hangs)
    while time.monotonic() < ends:
        chance = random.Random(number)
        name = chance.choice(names)
        content = mutated(chance.choice(whole[name]), chance, chance.choice(everything))
        began = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_MAX * 5)
        try:
            outcomes[name][TRIES.get(name, tried)(content)] += 1
        except (Exception, Hangs) as problem:
            print(f"seed {number}, {name}: {type(problem).__name__}: {problem}\n{content[:3000]!r}")
            traceback.print_exc()
            return 1
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        slowest = max(slowest, time.process_time() - began)
        number += 1
    print(f"{number - given.seed} files in {given.minutes:g} minutes, the slowest {slowest:.3f} s")
    for name, found in outcomes.items():
        print(
            f"{name:<16} {sum(found.values()):>7}  "
            + ", ".join(f"{code} {count}" for code, count in found.most_common())
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
