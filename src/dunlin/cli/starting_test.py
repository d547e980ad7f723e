"""The commands that start things, as processes of their own in a data folder of their own: init, check, serve, demo."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from dunlin.cli.serve import free_port
from tests import typed

SAFE = {
    "DUNLIN_MODE": "production", "DUNLIN_SECRET_KEY": hashlib.sha512(b"of this test").hexdigest(),
    "DUNLIN_ALLOWED_HOSTS": "ar.example.test", "DUNLIN_TRUSTED_ORIGINS": "https://ar.example.test",
    "DUNLIN_BEHIND_HTTPS_PROXY": "true", "DUNLIN_SMTP_URL": "smtp://mail.example.test:587",
}  # fmt: skip


def rows(data_dir: Path) -> dict[str, int]:
    """Rows of every table."""
    with sqlite3.connect(data_dir / "dunlin.sqlite3") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}


@pytest.mark.req("H8")
def test_init_makes_the_tables_and_again_changes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = typed.process(data, "init")
    assert (first.status, first.out) == (0, f"Ready: SQLite at {data / 'dunlin.sqlite3'}\n"), first.err
    made = rows(data)
    assert made["records_item"] == 0
    again = typed.process(data, "init")
    assert (again.status, again.out) == (0, first.out)
    assert rows(data) == made
    assert typed.process(data, "verify", "--json").json["clean"] is True


def test_check_names_each_unsafe_setting_and_passes_a_safe_one(tmp_path: Path) -> None:
    unsafe = typed.process(tmp_path, "check")
    assert unsafe.status == 1
    for variable in (
        "DUNLIN_MODE",
        "DUNLIN_SECRET_KEY",
        "DUNLIN_ALLOWED_HOSTS",
        "DUNLIN_BEHIND_HTTPS_PROXY",
        "DUNLIN_SMTP_URL",
    ):
        assert variable in unsafe.out
    safe = typed.process(tmp_path, "check", **SAFE)
    assert (safe.status, safe.out.splitlines()[-1]) == (0, "Nothing unsafe found."), safe.err


def test_production_does_not_start_with_an_unsafe_setting(tmp_path: Path) -> None:
    told = typed.process(tmp_path, "init", **(SAFE | {"DUNLIN_ALLOWED_HOSTS": "*"}))
    assert told.refusal == (2, "settings_wrong")
    assert "DUNLIN_ALLOWED_HOSTS" in told.err
    assert not (tmp_path / "dunlin.sqlite3").exists()


def fetched(address: str, seconds: float = 180) -> bytes:
    """What the address answers, as soon as somebody listens there."""
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                assert answer.status == 200
                return bytes(answer.read())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.req("H8")
def test_serve_answers_and_ends_when_asked_to(tmp_path: Path) -> None:
    """Web and jobs are both up, and one signal to `dunlin serve` ends every process it began."""
    port = free_port("127.0.0.1", 18_400)
    server = subprocess.Popen(
        [*typed.PROGRAM, "serve", "--port", str(port)], env=typed.environment(tmp_path, DUNLIN_WORKERS="1"), cwd=typed.ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        assert b'"status": "well"' in fetched(f"http://127.0.0.1:{port}/healthz")
        assert b"<form" in fetched(f"http://127.0.0.1:{port}/accounts/")  # the sign-in page, for a stranger
        asked = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
        assert time.monotonic() - asked < 15
        with pytest.raises(ProcessLookupError):
            os.killpg(server.pid, 0)  # nobody of its session is left
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@pytest.mark.slow
@pytest.mark.req("H8")
def test_the_demo_is_built_once_and_starts_in_seconds_the_second_time(tmp_path: Path) -> None:
    words = ("demo", "--customers", "30", "--months", "4", "--no-serve")
    first = typed.process(tmp_path, *words, timeout=300)
    assert first.status == 0, first.err
    assert "Building a sample company of 30 customers" in first.out
    for role in ("collector", "team lead", "AR manager", "administrator"):
        assert role.lower() in first.out.lower()
    made = rows(tmp_path)
    assert made["records_customer"] >= 30
    began = time.monotonic()
    again = typed.process(tmp_path, *words)
    assert time.monotonic() - began < 20
    assert again.status == 0
    assert "Building" not in again.out
    assert rows(tmp_path) == made
    assert typed.process(tmp_path, "verify", "--json").json["clean"] is True
