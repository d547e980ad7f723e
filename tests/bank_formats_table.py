"""Every real bank file and remittance advice, read: `python -m tests.bank_formats_table` prints a table per format.

Files, transactions (of an advice: documents), sums per currency, what is refused and why, what other programs read differently
and why ours follows the file. What broke other readers is read as a bank file, as an advice and as a table: none may crash or hang.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from dunlin.formats.bank_files import BankFile, BankFileProblem, read_bank_file
from dunlin.formats.bank_table import read_bank_table
from dunlin.formats.remittance_files import AdviceFile, RemittanceProblem, looks_like_advice, read_remittance
from dunlin.formats.tables import TableProblem, open_table
from dunlin.rules.money import Money
from tests.bank_files_test import DIFFERENCES
from tests.shared_data import ROOT

FOLDERS = (
    "bank/bai2",
    "bank/camt",
    "bank/mt940",
    "bank/ofx",
    "bank/ach",
    "bank/lockbox",
    "bank/fedwire",
    "remittance",
    "bad_input",
)
SECONDS_MAX = 2.0


@dataclass
class Told:
    """What a folder of files told."""

    files: int = 0
    read: int = 0
    entries: int = 0
    warnings: int = 0
    damaged: int = 0
    moved: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    refused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    crashed: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def take(self, path: Path) -> None:
        """Read one file as a person would hand it in; a crash is counted and not raised."""
        self.files += 1
        began = time.perf_counter()
        try:
            read = read_any(path.name, contents_of(path))
        except (BankFileProblem, RemittanceProblem) as problem:
            self.refused[problem.code].append(path.name)
        except Exception as problem:
            self.crashed.append(f"{path.name}: {type(problem).__name__}: {problem}")
        else:
            self.read += 1
            self._add(read)
        self.slowest = max(self.slowest, time.perf_counter() - began)

    def _add(self, read: BankFile | AdviceFile) -> None:
        self.warnings += len(read.warnings)
        self.damaged += len(read.damaged)
        amounts = (
            [each.amount for each in read.entries]
            if isinstance(read, BankFile)
            else [each.paid for each in read.lines]
        )
        self.entries += len(amounts)
        for amount in amounts:
            self.moved[amount.currency][amount.minor < 0] += amount.minor

    @property
    def sums(self) -> str:
        """In and out by currency."""
        return "; ".join(
            f"{currency} {Money(came, currency).plain} / {Money(went, currency).plain}"
            for currency, (came, went) in sorted(self.moved.items())
        )


def paths(folder: str) -> list[Path]:
    """The files of a folder that are samples."""
    found = sorted((ROOT / "data" / folder).rglob("*"))
    return [path for path in found if path.is_file() and path.name not in ("README.md", "_expected.json")]


def contents_of(path: Path) -> bytes:
    """Its bytes; of a Go fuzzing corpus the bytes that stand in it as a literal."""
    content = path.read_bytes()
    if content.startswith(b"go test fuzz"):
        literal = content.split(b'string("', 1)[1].rsplit(b'")', 1)[0]
        return literal.decode("unicode_escape").encode("latin-1")
    return content


def read_any(name: str, content: bytes) -> BankFile | AdviceFile:
    """As `dunlin bank read` does: an advice when its content says so, else a file of a bank."""
    if looks_like_advice(name, content):
        return read_remittance(name, content, currency="USD")
    return read_bank_file(name, content)


def as_everything(path: Path) -> list[str]:
    """What came of a file that broke other readers, read in every way there is: the codes, or what crashed."""
    content, said = contents_of(path), []
    ways = {
        "bank": lambda: read_bank_file(path.name, content),
        "advice": lambda: read_remittance(path.name, content, currency="USD"),
        "table": lambda: _as_table(path.name, content),
    }
    for way, do in ways.items():
        try:
            do()
            said.append(f"{way}: read")
        except (BankFileProblem, RemittanceProblem, TableProblem) as problem:
            said.append(f"{way}: {problem.code}")
        except Exception as problem:
            said.append(f"{way}: CRASHED {type(problem).__name__}: {problem}")
    return said


def _as_table(name: str, content: bytes) -> BankFile:
    header = open_table(content, name).header
    columns = {"booked_on": header[0], "amount": header[-1], "currency": ":USD"}
    return read_bank_table(name, content, columns, "ymd", ".")


def table() -> dict[str, Told]:
    """Folder → what its files told."""
    told = {folder: Told() for folder in FOLDERS}
    for folder in FOLDERS:
        for path in paths(folder):
            told[folder].take(path)
    return told


def main() -> int:
    told = table()
    print(
        f"{'folder':<14} {'files':>5} {'read':>5} {'refused':>7} {'entries':>8} {'warn':>5} {'damaged':>7}  in / out"
    )
    for folder, each in told.items():
        refused = sum(map(len, each.refused.values()))
        print(
            f"{folder:<14} {each.files:>5} {each.read:>5} {refused:>7} {each.entries:>8} {each.warnings:>5} {each.damaged:>7}  {each.sums}"
        )
    print("\nRefused:")
    for folder, each in told.items():
        for code, names in sorted(each.refused.items()):
            print(
                f"  {folder:<14} {code:<22} {len(names):>3}  {', '.join(names[:6])}{' …' if len(names) > 6 else ''}"
            )
    print("\nRead differently by another program (`_expected.json`), and why ours follows the file:")
    for name, why in DIFFERENCES.items():
        print(f"  {name}: {why}")
    ways = Counter(line for path in paths("bad_input") for line in as_everything(path))
    print("\nWhat broke other readers, read in every way:")
    for line, count in sorted(ways.items()):
        print(f"  {line:<40} {count:>3}")
    crashed = [line for each in told.values() for line in each.crashed] + [
        way for way in ways if "CRASHED" in way
    ]
    slowest = max(each.slowest for each in told.values())
    print(
        f"\n{sum(each.files for each in told.values())} files, {len(crashed)} crashed, the slowest {slowest:.2f} s"
    )
    for line in crashed:
        print(f"  {line}")
    return 1 if crashed or slowest > SECONDS_MAX else 0


if __name__ == "__main__":
    sys.exit(main())
