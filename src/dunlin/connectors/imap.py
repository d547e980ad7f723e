"""Reading a shared mailbox over IMAP. It only looks: the folder is opened for reading, so nothing is flagged, moved or deleted.

Every failure is a MailboxFailed with one plain sentence. A mail larger than asked for, or one that the server cannot give, comes as
its head alone.
"""

from __future__ import annotations

import imaplib
import ipaddress
import re
import select
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType

from imap_tools import (
    BaseMailBox,
    MailBox,
    MailboxFolderSelectError,
    MailboxLoginError,
    MailBoxStartTls,
    MailBoxUnencrypted,
)
from imap_tools.errors import ImapToolsError

TIMEOUT_SECONDS = 60
BATCH_MAILS = 50
BATCH_BYTES = 4 * 1024 * 1024
SIZES_AT_ONCE = 500
IDLE_SECONDS_MAX = 25 * 60  # servers may end a connection that idles for 30 minutes
SECURITIES = ("tls", "starttls", "none")
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]{20,40})"')


class MailboxFailed(Exception):
    """The mailbox could not be read; the message is one plain sentence."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mailbox is and how it is entered. `security` is tls, starttls or, on this machine only, none."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"


@dataclass(frozen=True, slots=True)
class Fetched:
    """One mail of the folder. `size` is its bytes on the server; `head_only` when just its head is in `raw`, and `raw` is empty when
    the server could not even give that."""

    uid: int
    received_at: datetime | None
    size: int
    raw: bytes = field(repr=False)
    head_only: bool = False


class ImapMailbox:
    """An open folder; use it in a `with` statement. `uid_validity` changes when the server numbers its mails anew."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.uid_validity = 0
        self._box: BaseMailBox | None = None

    def __enter__(self) -> ImapMailbox:
        with _plainly(self.place):
            self._box = _connected(self.place)
            try:
                _log_in(self._box, self.place)
                self._box.folder.set(self.place.folder, readonly=True)
                answer = self._box.client.response("UIDVALIDITY")[1]
                self.uid_validity = int(answer[0]) if answer and answer[0] else 0
            except BaseException:
                self.close()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, whatever state it is in."""
        box, self._box = self._box, None
        if box is None:
            return
        try:
            box.client.logout()
        except (imaplib.IMAP4.error, OSError):
            box.client.shutdown()

    def fetch_after(self, uid: int, limit: int) -> Iterator[Fetched]:
        """The mails with a higher UID, in order, some at a time; of one above `limit` bytes only the head."""
        with _plainly(self.place):
            found = self._opened.uids(f"UID {uid + 1}:*", charset=None)
        # "9:*" names the newest mail also when its number is lower.
        uids = sorted({int(each) for each in found if int(each) > uid})
        for begin in range(0, len(uids), SIZES_AT_ONCE):
            with _plainly(self.place):
                envelopes = self._envelopes(uids[begin : begin + SIZES_AT_ONCE])
            for batch in _batches(envelopes, limit):
                with _plainly(self.place):
                    got = self._bodies(batch, limit)
                yield from got

    def newest_uid(self) -> int:
        """The highest UID there is, 0 in an empty folder."""
        with _plainly(self.place):
            self._opened.client.noop()
            found = self._opened.uids("ALL", charset=None)
        return max(map(int, found), default=0)

    def wait(self, seconds: float) -> bool:
        """Until something changes in the folder, at most `seconds`; whether it did. A server that cannot tell is asked afterwards."""
        box = self._opened
        with _plainly(self.place):
            if "IDLE" not in box.client.capabilities:
                before = box.numbers("ALL", charset=None)
                _sleep(box, seconds)
                box.client.noop()
                return box.numbers("ALL", charset=None) != before
            return any(b"EXISTS" in line for line in box.idle.wait(timeout=min(seconds, IDLE_SECONDS_MAX)))

    def has_message(self, message_id: str) -> bool:
        """Whether a mail with this Message-ID (without <>) lies in the folder now."""
        if not message_id or not message_id.isascii() or not message_id.isprintable():
            return False
        quoted = message_id.replace("\\", "\\\\").replace('"', '\\"')
        with _plainly(self.place):
            self._opened.client.noop()
            return bool(self._opened.uids(f'HEADER Message-ID "<{quoted}>"', charset=None))

    @property
    def _opened(self) -> BaseMailBox:
        if self._box is None:
            raise MailboxFailed("The mailbox is not open.")
        return self._box

    def _envelopes(self, uids: Sequence[int]) -> list[Fetched]:
        """Size and moment of receipt of each mail that is still there."""
        found: dict[int, Fetched] = {}
        for line in self._ask(uids, "(UID RFC822.SIZE INTERNALDATE)"):
            text = line[0] + line[1] if isinstance(line, tuple) else line
            uid, size = _UID.search(text), _SIZE.search(text)
            if uid is not None:
                found[int(uid[1])] = Fetched(
                    int(uid[1]), _received_at(text), int(size[1]) if size else 0, b""
                )
        return [found[uid] for uid in uids if uid in found]

    def _bodies(self, batch: Sequence[Fetched], limit: int) -> list[Fetched]:
        """The mails of a batch with their bytes. What was deleted meanwhile is left out."""
        if len(batch) == 1 and batch[0].size > limit:
            return [self._head(batch[0])]
        try:
            raws = self._raws([each.uid for each in batch], "BODY.PEEK[]")
        except (ImapToolsError, imaplib.IMAP4.error) as problem:
            if isinstance(problem, imaplib.IMAP4.abort):
                raise
            if len(batch) == 1:
                return [self._head(batch[0])]
            # One mail the server cannot read must not hold back the others.
            return [got for each in batch for got in self._bodies([each], limit)]
        return [
            Fetched(each.uid, each.received_at, each.size, raws[each.uid])
            for each in batch
            if each.uid in raws
        ]

    def _head(self, of: Fetched) -> Fetched:
        try:
            raw = self._raws([of.uid], "BODY.PEEK[HEADER]").get(of.uid, b"")
        except imaplib.IMAP4.abort:
            raise
        except (ImapToolsError, imaplib.IMAP4.error):
            raw = b""
        return Fetched(of.uid, of.received_at, of.size, raw, head_only=True)

    def _raws(self, uids: Sequence[int], part: str) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        lines = self._ask(uids, f"(UID {part})")
        for at, line in enumerate(lines):
            if not isinstance(line, tuple):
                continue
            # The UID stands before the bytes or after them, as the server likes.
            after = lines[at + 1] if at + 1 < len(lines) and isinstance(lines[at + 1], bytes) else b""
            uid = _UID.search(line[0]) or _UID.search(after)  # type: ignore[arg-type]
            if uid is not None:
                found[int(uid[1])] = line[1]
        return found

    def _ask(self, uids: Sequence[int], what: str) -> list[bytes | tuple[bytes, bytes]]:
        status, lines = self._opened.client.uid("FETCH", ",".join(map(str, uids)), what)
        if status != "OK":
            raise imaplib.IMAP4.error(f"the server answers {status}")
        return [line for line in lines if line]


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its name or number; names are not looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _connected(place: Place) -> BaseMailBox:
    if place.security == "tls":
        return MailBox(
            place.host, place.port, timeout=TIMEOUT_SECONDS, ssl_context=ssl.create_default_context()
        )
    if place.security == "starttls":
        return MailBoxStartTls(
            place.host, place.port, timeout=TIMEOUT_SECONDS, ssl_context=ssl.create_default_context()
        )
    if place.security == "none" and is_loopback(place.host):
        return MailBoxUnencrypted(place.host, place.port, timeout=TIMEOUT_SECONDS)
    raise MailboxFailed(
        f"A mailbox on another machine is read over an encrypted connection only, not on {place.host} without."
    )


def _log_in(box: BaseMailBox, place: Place) -> None:
    if place.username.isascii() and place.password.isascii():
        box.login(place.username, place.password, initial_folder=None)
    else:
        box.login_utf8(place.username, place.password, initial_folder=None)


def _batches(mails: Sequence[Fetched], limit: int) -> Iterator[list[Fetched]]:
    """Small mails together, to save ways to the server; large ones alone, to save memory."""
    batch: list[Fetched] = []
    total = 0
    for each in mails:
        if batch and (len(batch) >= BATCH_MAILS or total + each.size > BATCH_BYTES or each.size > limit):
            yield batch
            batch, total = [], 0
        batch.append(each)
        total += each.size
        if each.size > limit:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def _received_at(line: bytes) -> datetime | None:
    found = _DATE.search(line)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1].decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, UnicodeError, OverflowError):
        return None


def _sleep(box: BaseMailBox, seconds: float) -> None:
    """Wait on the connection, so that its end is noticed at once."""
    select.select([box.client.socket()], [], [], seconds)


@contextmanager
def _plainly(place: Place) -> Iterator[None]:
    """Whatever goes wrong inside, said in one sentence."""
    try:
        yield
    except MailboxFailed:
        raise
    except (ImapToolsError, imaplib.IMAP4.error, OSError, ValueError) as problem:
        raise MailboxFailed(_sentence(place, problem)) from None


def _sentence(place: Place, problem: Exception) -> str:
    at = f"{place.host}:{place.port}"
    if isinstance(problem, MailboxLoginError):
        return f"{at} does not let {place.username} in: the user name or the password is wrong."
    if isinstance(problem, MailboxFolderSelectError):
        return f"{at} has no folder {place.folder} for {place.username}."
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"The certificate of {at} is not trusted: {problem.verify_message}."
    if isinstance(problem, ssl.SSLError):
        return f"{at} does not speak an encrypted connection as set: try another security or port."
    if isinstance(problem, TimeoutError):
        return f"{at} did not answer within {TIMEOUT_SECONDS} seconds."
    if isinstance(problem, socket.gaierror):
        return f"There is no server {place.host}."
    if isinstance(problem, ConnectionRefusedError):
        return f"{at} takes no connections."
    told = " ".join(str(problem).split())[:150] or type(problem).__name__
    return f"The connection to {at} broke: {told}"
