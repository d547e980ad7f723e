"""A real SMTP server on the loopback: what it takes goes into a folder, one file a mail; it fails as mail servers do, on demand.

Addresses that begin with these words make it answer so: `nobody` 550, `full` 452, `later` 451 at the end of the data,
`never` 554 at the end of the data, `mute` no answer at the end of the data (the connection is cut, the mail is kept).
`python -m tests.smtp_server PORT FOLDER` runs it on its own.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from email import message_from_bytes
from pathlib import Path
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Keeper:
    """Keeps every mail as a file: the envelope in its first line, then the bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 5.1.1 no such user here"
        if address.startswith("full"):
            return "452 4.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        addresses = [str(each) for each in envelope.rcpt_tos]
        if any(each.startswith("later") for each in addresses):
            return "451 4.3.0 try again later"
        if any(each.startswith("never") for each in addresses):
            return "554 5.6.0 refused"
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        kept = self.folder / f"{uuid4().hex}.eml"
        arriving = kept.with_suffix(".arriving")
        arriving.write_bytes(",".join(addresses).encode() + b"\n" + content)
        arriving.replace(kept)
        if any(each.startswith("mute") for each in addresses):
            server.transport.abort()
        return "250 OK kept"


class MailServer:
    """Start with `with MailServer(folder) as server:`; `server.at` goes into settings.SMTP."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.controller = Controller(
            Keeper(folder), hostname="127.0.0.1", port=port, ready_timeout=20, data_size_limit=64 << 20
        )

    def __enter__(self) -> MailServer:
        if self.controller.port == 0:
            self.controller.port = _free_port()
        self.controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.controller.stop()

    @property
    def port(self) -> int:
        return self.controller.port

    @property
    def at(self) -> dict[str, object]:
        return {"host": "127.0.0.1", "port": self.port, "user": "", "password": "", "security": "none"}

    def mails(self) -> list[tuple[list[str], bytes]]:
        """Everything taken: (addresses of the envelope, bytes), in no order."""
        return kept_in(self.folder)


def kept_in(folder: Path) -> list[tuple[list[str], bytes]]:
    """The mails in a folder."""
    found = []
    for file in sorted(folder.glob("*.eml")):
        head, _, content = file.read_bytes().partition(b"\n")
        found.append((head.decode().split(","), content))
    return found


def header(mail: bytes, name: str) -> str:
    """One header of a mail as text."""
    return str(message_from_bytes(mail)[name] or "")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Serve until stopped."""
    with MailServer(Path(sys.argv[2]), int(sys.argv[1])) as server:
        print(f"SMTP at 127.0.0.1:{server.port}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    asyncio.set_event_loop(asyncio.new_event_loop())
    main()
