"""The program as a whole: exit status, reason codes on standard error, help for every command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dunlin import __version__
from dunlin.cli.main import _COMMANDS
from tests import typed
from tests.typed import dunlin

COMMANDS = {"init", "demo", "serve", "import", "export", "run", "aging", "measures", "tracking", "worklist", "why", "log", "verify", "examples",
            "apply", "approvals", "provider", "refunds", "issue", "reconcile", "bank", "bench", "user", "check", "intents", "mail", "outbox", "processes", "strategy"}  # fmt: skip


@pytest.mark.req("H8")
def test_every_command_stands_in_the_help_with_what_it_is_for() -> None:
    told = dunlin("--help")
    assert told.status == 0
    assert set(_COMMANDS) == COMMANDS
    for name, (_, line) in _COMMANDS.items():
        assert f"  {name} " in told.out
        assert line in told.out


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(command: str) -> None:
    told = dunlin(command, "--help")
    assert (told.status, told.err) == (0, "")
    assert f"Usage: dunlin {command}" in told.out


def test_the_version_is_told() -> None:
    assert dunlin("--version").out == f"dunlin, version {__version__}\n"


@pytest.mark.parametrize(
    "words, code",
    [
        (["nonsense"], "usage"),
        (["aging", "--no-such-option"], "usage"),
        (["aging", "--basis", "weather"], "usage"),
        (["aging", "--as-of", "31.05.2020"], "date_not_understood"),
        (["aging", "--known-at", "yesterday"], "date_not_understood"),
        (["aging", "--entity", "XX"], "entity_unknown"),
        (["aging", "--customer", "XX"], "customer_unknown"),
        (["aging", "--collector", "nobody"], "user_unknown"),
        (["measures", "--months", "13"], "usage"),
        (["why", "XX"], "customer_unknown"),
        (["worklist", "--collector", "nobody"], "user_unknown"),
        (["worklist", "--date", "2020-01-01"], "day_not_run"),
        (["run", "daily", "--date", "2999-01-01"], "run_in_future"),
        (["log", "call", "XX", "reached", "--as", "alice"], "customer_unknown"),
        (["log", "call", "XX", "shouted", "--as", "alice"], "usage"),
        (["export", "/tmp/x", "--as", "nobody"], "user_unknown"),
        (["import", "items", "/no/such/file.csv"], "file_unknown"),
        (["import", "weather", "x.csv"], "usage"),
        (["examples", "/no/such/file.yaml"], "file_unknown"),
        (["user", "change", "nobody", "--inactive"], "user_unknown"),
        (["user", "add", "x", "--role", "king"], "usage"),
        (["bench", "--size", "huge"], "usage"),
    ],
)
def test_what_cannot_be_done_as_asked_ends_with_2_and_its_code(db: None, words: list[str], code: str) -> None:
    assert dunlin(*words).refusal == (2, code)


def test_an_error_is_json_for_who_asked_for_json(db: None) -> None:
    told = dunlin("aging", "--entity", "XX", "--json")
    assert (told.status, told.out) == (2, "")
    assert json.loads(told.err) == {"error": {"code": "entity_unknown", "message": "There is no entity XX."}}


def test_exit_status_and_streams_of_a_real_process(tmp_path: Path) -> None:
    """Without tables a reading command ends with 1 and says what to do; a wrong setting ends with 2."""
    no_tables = typed.process(tmp_path, "aging", "--json")
    assert no_tables.refusal == (1, "database")
    assert "dunlin init" in no_tables.err
    wrong = typed.process(tmp_path, "aging", DUNLIN_WORKERS="0")
    assert wrong.refusal == (2, "settings_wrong")
    assert "workers" in wrong.err.lower()
