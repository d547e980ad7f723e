"""The command line as it is typed: in this process through the real `main`, or as a process of its own.

And what docs/reference/json.md says a command prints, so that the page and the program are compared.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dunlin.cli import main as program

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = [sys.executable, "-c", "from dunlin.cli.main import main; main()"]
_PAGE = ROOT / "docs" / "reference" / "json.md"
_BY_DATA = re.compile(
    r"[A-Z]{3}|[a-z_]+\.[a-z_]+|current|\d+\+?(-\d+)?"
)  # a key that is data: EUR, dso.simple, 31-60


@dataclass(frozen=True)
class Typed:
    """What came of it: exit status, standard output, standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        assert self.out, self.err
        return json.loads(self.out)

    @property
    def refusal(self) -> tuple[int, str]:
        """Exit status and reason code, from either form of an error."""
        assert self.out == "", self.out
        if self.err.startswith("{"):
            return self.status, json.loads(self.err)["error"]["code"]
        return self.status, self.err.split(": ")[1]


def dunlin(*words: object) -> Typed:
    """`dunlin WORDS...` in this process, in the database of the test."""
    out, err = io.StringIO(), io.StringIO()
    status: Any = 0
    with patch.object(sys, "argv", ["dunlin", *map(str, words)]), redirect_stdout(out), redirect_stderr(err):
        try:
            program.main()
        except SystemExit as ended:
            status = ended.code or 0
    return Typed(status, out.getvalue(), err.getvalue())


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of a `dunlin` with a data folder of its own and SQLite in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DUNLIN_")}
    return {
        **kept,
        "DUNLIN_DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "dunlin.config.settings",
        **more,
    }


def process(data_dir: Path, *words: object, timeout: float = 120, **more: str) -> Typed:
    """`dunlin WORDS...` as a process of its own. `more` are environment variables."""
    ended = subprocess.run(
        [*PROGRAM, *map(str, words)],
        env=environment(data_dir, **more), capture_output=True, text=True, timeout=timeout, check=False, cwd=ROOT,
    )  # fmt: skip
    return Typed(ended.returncode, ended.stdout, ended.stderr)


def documented(command: str) -> Any:
    """The JSON that docs/reference/json.md shows under `## dunlin COMMAND`."""
    section = _PAGE.read_text(encoding="utf-8").split(f"\n## dunlin {command}\n", 1)[1].split("\n## ", 1)[0]
    shown = re.search(r"```json\n(.*?)```", section, re.DOTALL) or re.search(r"`(\{.*?\})`", section)
    assert shown, command
    return json.loads(shown.group(1))


def differences(shown: Any, told: Any, at: str = "") -> list[str]:
    """Where the keys of what is told differ from those shown. An object shown with `{}` or `[]` in it is shown in part."""
    if isinstance(shown, dict) and isinstance(told, dict):
        if shown and all(_BY_DATA.fullmatch(key) for key in shown):
            return (
                []
                if not told
                else differences(next(iter(shown.values())), next(iter(told.values())), f"{at}.*")
            )
        missing, more = sorted(set(shown) - set(told)), sorted(set(told) - set(shown))
        in_part = not shown or any(value in ({}, []) for value in shown.values())
        found = [f"{at}: not told {missing}, not shown {more}"] if missing or (more and not in_part) else []
        return found + [
            each for key in shown if key in told for each in differences(shown[key], told[key], f"{at}.{key}")
        ]
    if isinstance(shown, list) and isinstance(told, list):
        return differences(shown[0], told[0], f"{at}[]") if shown and told else []
    if shown is None or told is None:
        return []
    return (
        [] if type(shown) is type(told) else [f"{at}: {type(told).__name__}, shown as {type(shown).__name__}"]
    )
