"""Handing mail to the mail server, in two steps, so that the moment before the last byte can be written down.

`offer` says from whom and to whom and learns who is refused; `hand_over` gives the mail itself. A connection is kept for many
mails. Every failure is one of three: try again later, not this mail, or nobody knows (the answer to the last byte was lost).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 30
_MAILS_A_CONNECTION = 100  # many servers end a connection that goes on for longer


class TryLater(Exception):
    """The server cannot take it now (4xx, no connection): nothing was handed over."""


class NotThis(Exception):
    """The server refuses this mail for good (5xx)."""


class NobodyKnows(Exception):
    """All of the mail was given and the answer never came: it may have been taken or not."""


@dataclass(frozen=True, slots=True)
class RefusedAddress:
    """An address the server does not take, for good or for now."""

    address: str
    answer: str
    for_good: bool


class MailServer:
    """One connection, opened when first needed and again after it broke. `at` is settings.SMTP."""

    def __init__(self, at: dict[str, Any]) -> None:
        self._at = at
        self._link: smtplib.SMTP | None = None
        self._given = 0

    def offer(self, sender: str, recipients: Sequence[str]) -> list[RefusedAddress]:
        """Begin a mail; who is refused. When all are, the mail is not begun. Raises TryLater, NotThis."""
        try:
            link = self._open()
            code, answer = link.mail(sender)
            if code != 250:
                link.rset()
                raise (TryLater if code < 500 else NotThis)(_words(code, answer))
            refused = []
            for address in recipients:
                code, answer = link.rcpt(address)
                if code not in (250, 251):
                    refused.append(RefusedAddress(address, _words(code, answer), code >= 500))
            if len(refused) == len(recipients):
                link.rset()
            return refused
        except (smtplib.SMTPException, OSError) as problem:
            self.close()
            raise TryLater(_told(problem)) from None

    def hand_over(self, mail: bytes) -> str:
        """Give the mail that was offered; the server's answer. Raises TryLater, NotThis, NobodyKnows."""
        link = self._link
        if link is None:
            raise TryLater("no connection")
        try:
            code, answer = link.data(mail)
        except smtplib.SMTPDataError as problem:  # the server did not want to see the mail at all
            self._quietly_reset()
            raise (TryLater if problem.smtp_code < 500 else NotThis)(
                _words(problem.smtp_code, problem.smtp_error)
            ) from None
        except (smtplib.SMTPException, OSError) as problem:
            self.close()
            raise NobodyKnows(_told(problem)) from None
        if code != 250:
            self._quietly_reset()
            raise (TryLater if code < 500 else NotThis)(_words(code, answer))
        self._given += 1
        if self._given >= _MAILS_A_CONNECTION:
            self.close()
        return _words(code, answer)

    def drop(self) -> None:
        """Take back what was offered but not handed over."""
        self._quietly_reset()

    def close(self) -> None:
        """End the connection; it is opened again when needed."""
        link, self._link, self._given = self._link, None, 0
        if link is not None:
            try:
                link.quit()
            except (smtplib.SMTPException, OSError):
                link.close()

    def _quietly_reset(self) -> None:
        try:
            if self._link is not None:
                self._link.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    def _open(self) -> smtplib.SMTP:
        if self._link is not None:
            return self._link
        at = self._at
        if at["security"] == "tls":
            link: smtplib.SMTP = smtplib.SMTP_SSL(
                at["host"], at["port"], timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            link = smtplib.SMTP(at["host"], at["port"], timeout=TIMEOUT_SECONDS)
        if at["security"] == "starttls":
            link.starttls(context=ssl.create_default_context())
        if at["user"]:
            link.login(at["user"], at["password"])
        link.ehlo_or_helo_if_needed()
        self._link, self._given = link, 0
        return link


def _words(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"[:300]


def _told(problem: Exception) -> str:
    return (str(problem) or type(problem).__name__)[:300]
