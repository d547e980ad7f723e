"""Bank files, broken in a thousand ways: `python -m tests.fuzz_bank --minutes 10`.

Whatever the bytes, a file is read or refused within two seconds. When it is read, the amounts are those a simple count of
the text finds (`simple_sum`, which knows nothing of the readers), or something warns or is shown as damaged.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from decimal import Decimal, InvalidOperation

from dunlin.formats.bank_files import BankFile, BankFileProblem, read_bank_file
from tests.bank_samples import SAMPLES
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


# --- the simple count -----------------------------------------------------------------------------------------------


def simple_sum(file: BankFile, content: bytes) -> Decimal | None:
    """Sum of what looks like an amount of a transaction, by a pattern a format; None when the text does not decode plainly."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if "\0" in text:  # wide letters
        return None
    text = re.sub("^[\x01-\x04\x1a]+", "", text.replace("\r\n", "\n").replace("\r", "\n"), flags=re.M)
    try:
        return _COUNTS[file.format](text)
    except (InvalidOperation, ValueError):
        return (
            None  # what looks like an amount is none; the reader says so too, which `wrong_amount` asks for
        )


def _bai2(text: str) -> Decimal:
    found = re.findall(r"(?:^|/)\s*16,\s*(\d{3})\s*,\s*\+?(\d+)\s*,", text, re.M)
    return Decimal(
        sum(
            int(amount) * (1 if int(code) < 400 or 720 <= int(code) < 760 else -1)
            for code, amount in found
            if code != "890"
        )
    )


def _mt940(text: str) -> Decimal:
    found = re.findall(r"^\s*:61:\s*\d{6}(?:\d{4})?\s*(R?)([CD])[A-Z]?\s*(\d+,\d*)", text, re.M)
    return sum(
        (
            Decimal(amount.replace(",", ".")) * (1 if (side == "C") != bool(back) else -1)
            for back, side, amount in found
        ),
        Decimal(0),
    )


def _ofx(text: str) -> Decimal:
    return sum(
        (Decimal(each.replace(",", ".")) for each in re.findall(r"<TRNAMT\s*>\s*([^<\s]+)", text, re.I)),
        Decimal(0),
    )


def _camt(text: str) -> Decimal:
    whole = Decimal(0)
    for entry in re.findall(r"<Ntry\s*>(.*?)</Ntry\s*>", text, re.S):
        entry = re.sub(
            r"<Bal\s*>.*?</Bal\s*>", "", entry, flags=re.S
        )  # a balance that lines moved about put inside
        amount = re.search(r"<Amt\s+Ccy\s*=\s*[\"'][A-Z]{3}[\"']\s*>\s*([\d.]+)\s*</Amt\s*>", entry)
        side = re.search(r"<CdtDbtInd\s*>\s*(CRDT|DBIT)\s*<", entry)
        if amount and side:
            whole += Decimal(amount[1]) * (1 if side[1] == "CRDT" else -1)
    return whole


def _nacha(text: str) -> Decimal:
    whole, wide = 0, False  # advice batches have two columns more
    for line in text.split("\n"):
        for at in range(0, len(line), 94):
            record = line[at : at + 94]
            if record[:1] == "5":
                wide = record[50:53] == "ADV"
            if record[:1] == "6":
                whole += int(record[27 if wide else 29 : 39]) * (
                    1 if record[2] in ("1357" if wide else "1234") else -1
                )
    return Decimal(whole)


def _lockbox(text: str) -> Decimal:
    return Decimal(sum(int(line[7:17]) for line in text.split("\n") if line[:1] == "6"))


def _fedwire(text: str) -> Decimal:
    return Decimal(sum(int(each) for each in re.findall(r"\{2000\}\s*(\d{12})", text)))


_COUNTS = {
    "bai2": _bai2, "mt940": _mt940, "ofx": _ofx, "camt": _camt, "nacha": _nacha, "lockbox": _lockbox, "fedwire": _fedwire,
}  # fmt: skip
_IN_MINOR = ("bai2", "nacha", "lockbox", "fedwire")


def wrong_amount(file: BankFile, content: bytes) -> str:
    """ "" when the amounts are those of the simple count, or the reader says that something is not as it should be."""
    counted = simple_sum(file, content)
    said = {flaw.code for flaw in file.warnings} - {"bank_ach_forward", "bank_interim"}
    if counted is None or said or file.damaged:
        return ""
    minor = file.format in _IN_MINOR
    read = sum((Decimal(e.amount.minor) if minor else e.amount.decimal for e in file.entries), Decimal(0))
    return "" if read == counted else f"{file.format}: read {read}, counted {counted}"


def tried(content: bytes) -> str:
    """What came of it: the format, or the code of the refusal. AssertionError when it was slow or an amount is wrong."""
    began = time.perf_counter()
    try:
        file = read_bank_file("fuzz", content)
    except BankFileProblem as problem:
        outcome = problem.code
    else:
        outcome = file.format
        assert not (wrong := wrong_amount(file, content)), wrong
        keys = [each.key for each in file.entries]
        assert len(set(keys)) == len(keys), "two entries of one key"
        assert all(flaw.place and flaw.detail for flaw in (*file.warnings, *file.damaged))
    seconds = time.perf_counter() - began
    assert seconds < SECONDS_MAX, f"{seconds:.1f} s"
    return outcome


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=10)
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    whole = sources()
    everything = [content for many in whole.values() for content in many]
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in whole}
    ends, number, slowest = time.monotonic() + given.minutes * 60, given.seed, 0.0
    while time.monotonic() < ends:
        chance = random.Random(number)
        name = chance.choice(sorted(whole))
        content = mutated(chance.choice(whole[name]), chance, chance.choice(everything))
        began = time.perf_counter()
        try:
            outcomes[name][tried(content)] += 1
        except Exception as problem:
            print(f"seed {number}, {name}: {type(problem).__name__}: {problem}\n{content[:3000]!r}")
            return 1
        slowest = max(slowest, time.perf_counter() - began)
        number += 1
    print(f"{number - given.seed} files, the slowest {slowest:.3f} s")
    for name, found in outcomes.items():
        print(
            f"{name:<8} {sum(found.values()):>7}  "
            + ", ".join(f"{code} {count}" for code, count in found.most_common())
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
