"""A real IMAP server for tests: Dovecot on a free port of this machine, with its folders in a temporary place.

with imap_server() as server:
    server.deliver(b"...")           # a mail arrives
    server.place("ar")               # how the product's connector reaches it
"""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from dunlin.connectors.imap import Place

DOVECOT = shutil.which("dovecot") or "/usr/sbin/dovecot"
PASSWORD = "mailbox-password"  # of no real account

_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
auth_failure_delay = 0
mail_location = maildir:{base}/mail/%u
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = {inner}
default_login_user = {outer}
default_internal_group = {inner_group}
ssl = no
disable_plaintext_auth = no
mail_max_userip_connections = 100
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={base}/mail/%u
}}
"""


@dataclass(frozen=True)
class ImapServer:
    """Every user name is let in with PASSWORD; each has a mailbox of its own."""

    base: Path
    port: int

    def place(self, username: str = "ar", folder: str = "INBOX", password: str = PASSWORD) -> Place:
        """How to reach a mailbox."""
        return Place("127.0.0.1", self.port, "none", username, password, folder)

    def deliver(self, raw: bytes, username: str = "ar") -> None:
        """A mail arrives as a mail server delivers it: a file written whole, then moved to the new ones."""
        home = self.base / "mail" / username
        for part in (home, home / "tmp", home / "new", home / "cur"):
            if not part.exists():
                part.mkdir(parents=True)
                _give(part)
        name = f"{time.time_ns()}.{uuid4().hex}.test"
        (home / "tmp" / name).write_bytes(raw)
        _give(home / "tmp" / name)
        (home / "tmp" / name).rename(home / "new" / name)

    def append(
        self, raw: bytes, username: str = "ar", folder: str = "INBOX", at: datetime | None = None
    ) -> None:
        """A mail is put into a folder by IMAP, received `at`."""
        with imaplib.IMAP4("127.0.0.1", self.port, 30) as link:
            link.login(username, PASSWORD)
            link.create(folder)
            status, answer = link.append(folder, None, at, raw)  # type: ignore[arg-type]
            assert status == "OK", answer

    def forget(self, username: str = "ar") -> None:
        """The server numbers the mails of the folder anew (another UIDVALIDITY), as after a restore."""
        for path in (self.base / "mail" / username).glob("dovecot*"):
            path.unlink()


@contextmanager
def imap_server() -> Iterator[ImapServer]:
    """A running server. Skips the test where Dovecot is not installed."""
    if not Path(DOVECOT).exists():
        pytest.skip("Dovecot is not on this machine (apt-get install dovecot-imapd)")
    # A short path, for the names of sockets have an end; open to the users the server runs its parts as.
    with tempfile.TemporaryDirectory(prefix="dunlin-imap-", ignore_cleanup_errors=True) as folder:
        base = Path(folder)
        base.chmod(0o755)
        (base / "mail").mkdir()
        _give(base / "mail")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        configuration = base / "dovecot.conf"
        configuration.write_text(_CONFIGURATION.format(base=base, port=port, password=PASSWORD, **_people()))
        process = subprocess.Popen(
            [DOVECOT, "-F", "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            _until_it_answers(process, port, base)
            yield ImapServer(base, port)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _give(path: Path) -> None:
    """Started by root, the server keeps mail as another user."""
    if os.getuid() == 0:
        shutil.chown(path, "dovecot", "dovecot")


def _people() -> dict[str, str]:
    """The users the parts of the server run as: Debian's own for it when root starts it, else whoever does."""
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    if os.getuid() == 0:
        user, group = "dovecot", "dovecot"
        return {"user": user, "group": group, "inner": user, "outer": "dovenull", "inner_group": group}
    return {"user": user, "group": group, "inner": user, "outer": user, "inner_group": group}


def _until_it_answers(process: subprocess.Popen[bytes], port: int, base: Path) -> None:
    for _ in range(100):
        if process.poll() is not None:
            assert process.stderr is not None
            pytest.fail(f"Dovecot ended: {process.stderr.read().decode()} {_log(base)}")
        try:
            with imaplib.IMAP4("127.0.0.1", port, 2) as link:
                link.login("nobody", PASSWORD)
                return
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.1)
    pytest.fail(f"Dovecot does not answer: {_log(base)}")


def _log(base: Path) -> str:
    return (base / "log").read_text(errors="replace")[-2000:] if (base / "log").exists() else ""
