"""What kind of mail this is: an answer of a person, a bounce, an automatic answer, a complaint, our own mail coming back.

Rules P14 (only what a person wrote starts the answer clock) and P28 (a bounce makes an invoice undelivered); traps 57 and 58.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dunlin.formats.bounce_reports import Failure, failure, read_report
from dunlin.formats.bounce_texts import cut_original, read_text_bounce
from dunlin.formats.mail_in import Received
from dunlin.formats.mail_kind_words import (
    AUTO_SUBJECT,
    AUTO_WORD,
    BOUNCE_PHRASE,
    BOUNCE_SUBJECT,
    DELAY_PHRASE,
    FINAL_PHRASE,
    MACHINE_NAME,
    PASSED_ON,
)

Kind = Literal["message", "bounce", "delay", "auto_reply", "feedback_loop", "delivery_report", "loop"]
HOPS_MAX = 50
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ENCLOSED_TYPES = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "text/rfc822",
    "message/global-headers",
)
_ID = re.compile(
    r"^[> \t]{0,4}message-id:[ \t]*(?:\n[ \t]+)?<?([^<>\s]{3,900})>?", re.IGNORECASE | re.MULTILINE
)
_TECHNICAL = re.compile(
    r"(?<![\d.])[45]\.\d\.\d{1,2}(?![\d.])|\bSMTP\b|remote (?:mail )?(?:server|host)|mailing list",
    re.IGNORECASE,
)
_OUR = re.compile(r"^[> \t]{0,4}x-dunlin-message:[ \t]*([^\s]{1,200})", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MailKind:
    """The kind, and of a bounce whom it did not reach, why, and which of our mails it was.

    `because` is the mark that decided, for the diary. `reason` is that of the first failure. `original_ids` are the Message-IDs
    of the mail returned, `our_message` its X-Dunlin-Message header, "" when it is not there. `automatic`: a machine wrote it,
    so nothing may answer it by itself; an order system's notice is a `message` and automatic.
    """

    kind: Kind
    because: str
    failures: tuple[Failure, ...] = ()
    reason: str = ""
    original_ids: tuple[str, ...] = ()
    our_message: str = ""
    automatic: bool = True


def classify(
    received: Received, own_addresses: frozenset[str] = frozenset(), own_domain: str = ""
) -> MailKind:
    """The kind of a mail. `own_addresses` are the addresses we send from, in lower case; `own_domain` is that of our Message-IDs."""
    looped = _loop(received, own_addresses, own_domain)
    if looped:
        return MailKind("loop", looped)
    return (
        _feedback(received)
        or _reported(received)
        or _bounced_in_prose(received)
        or _auto_reply(received)
        or MailKind("message", "no mark of a machine", automatic=bool(_machine_mark(received)))
    )


def _loop(received: Received, own_addresses: frozenset[str], own_domain: str) -> str:
    if received.hops > HOPS_MAX:
        return f"{received.hops} hops"
    from_us = received.from_address.lower() in own_addresses
    if from_us and "x-dunlin-message" in received.headers:
        return "our own mark and our own sender"
    if from_us and own_domain and received.message_id.lower().endswith(f"@{own_domain.lower()}"):
        return "our own Message-ID and our own sender"
    return ""


def _enclosed(received: Received) -> str:
    """The mail that is returned, or its head: as a part of its own, or behind the notice in the text."""
    for report in received.reports:
        if report.type in _ENCLOSED_TYPES and report.text.strip():
            return report.text
    return cut_original(received.text)[1]


def _of_ours(kind: Kind, because: str, received: Received, failures: tuple[Failure, ...]) -> MailKind:
    enclosed = _enclosed(received)[:60_000]
    ids = [found.rstrip(">") for found in _ID.findall(enclosed)][:3]
    # Some systems return nothing and answer in the thread instead.
    ids += [one for one in (received.in_reply_to, *received.references) if one][-3:]
    mark = _OUR.search(enclosed)
    return MailKind(
        kind,
        because,
        failures,
        failures[0].reason if failures else "",
        tuple(dict.fromkeys(ids)),
        mark[1] if mark else received.headers.get("x-dunlin-message", ""),
    )


def _feedback(received: Received) -> MailKind | None:
    reports = [report.text for report in received.reports if report.type == "message/feedback-report"]
    content_type = received.headers.get("content-type", "").lower().replace('"', "")
    because = "feedback report" if reports or "report-type=feedback-report" in content_type else ""
    if not because and re.match(r"(?i)\s*complaint about message from \d", received.subject):
        because = "complaint in the subject"
    if not because and re.match(r'\s*\{\s*"notificationType"\s*:\s*"Complaint"', received.text):
        because = "a notice of complaint"
    if not because and received.headers.get("x-apple-unsubscribe", "").lower() == "true":
        because = "unsubscribed by the reader's program"
    if not because:
        return None
    text = "\n".join(reports) + "\n" + _enclosed(received)[:20_000]
    named = re.findall(
        r"^(?:original-rcpt-to|x-hmxmroriginalrecipient):[ \t]*<?([^\s<>]{3,300})",
        text,
        re.IGNORECASE | re.MULTILINE,
    )
    named += re.findall(
        r'"complainedRecipients":\s*\[\{"emailAddress":\s*"([^"\s]{3,300})"', received.text[:20_000]
    )
    if because.startswith("unsub"):
        named = [received.from_address]
    failures = tuple(failure(one, "complained", "", "") for one in dict.fromkeys(named[:100]))
    return _of_ours("feedback_loop", because, received, failures)


def _reported(received: Received) -> MailKind | None:
    """A delivery status in its own part, or its fields in plain text."""
    failures = tuple(
        one for report in received.reports if report.type in _STATUS_TYPES for one in read_report(report.text)
    )
    if not failures and re.search(r"(?im)^(?:final|original)-recipient:", received.text[:20_000]):
        failures = read_report(_status_fields(received.text[:20_000]))
    if not failures and _machine_sender(received):
        # Some relays wrap the report they got into a notice of their own.
        wrapped = [report.text[:20_000] for report in received.reports if report.type in _ENCLOSED_TYPES]
        failures = tuple(one for text in wrapped for one in read_report(_status_fields(text)))
    if not failures and re.match(r'\s*\{\s*"notificationType"\s*:\s*"Delivery"', received.text):
        return _of_ours("delivery_report", "a notice of delivery", received, ())
    if not failures:
        receipt = any(report.type == "message/disposition-notification" for report in received.reports)
        return _of_ours("delivery_report", "disposition notification", received, ()) if receipt else None
    actions = {one.action for one in failures}
    if "failed" in actions:
        return _of_ours("bounce", "delivery status: failed", received, failures)
    if "delayed" in actions:
        return _of_ours("delay", "delivery status: delayed", received, failures)
    return _of_ours("delivery_report", "delivery status: delivered", received, failures)


def _status_fields(text: str) -> str:
    """Status fields in prose, with the block they stand in kept together."""
    found = re.search(r"(?im)^(?:action|final-recipient|original-recipient|status):", text)
    return text[found.start() :] if found else ""


def _machine_sender(received: Received) -> str:
    if MACHINE_NAME.search(received.from_address.partition("@")[0]) or MACHINE_NAME.search(
        received.from_name
    ):
        return "sender is a mail system"
    path = received.return_path
    if path is not None and (path in ("", "<>") or MACHINE_NAME.search(path.partition("@")[0])):
        return "empty return path"
    return ""


def _bounced_in_prose(received: Received) -> MailKind | None:
    notice, _ = cut_original(received.text)
    machine = _machine_sender(received)
    subject = BOUNCE_SUBJECT.search(received.subject) is not None
    phrase = BOUNCE_PHRASE.search(notice[:6_000]) is not None
    said = [one for one in re.split(r"[,\s]+", received.headers.get("x-failed-recipients", "")) if one][:100]
    passed_on = PASSED_ON.match(received.subject) is not None and not machine
    notified = '"notificationType":"Bounce"' in received.text[:400].replace(" ", "")
    # People write about deliveries that failed, too: without a machine as sender it takes a server's words.
    technical = subject and phrase and not passed_on and _TECHNICAL.search(notice[:6_000]) is not None
    if not (said or notified or technical or (machine and (subject or phrase))):
        return None
    if machine == "empty return path" and not subject and AUTO_SUBJECT.search(received.subject):
        return None
    ours = [received.from_address, *(one.address for one in received.to)]
    head = next((report.text for report in received.reports if report.type in _ENCLOSED_TYPES), "")
    sender = re.search(r"(?im)^from:[^\n]*?([^\s<>\"]{1,200}@[^\s<>\"]{1,200})", _enclosed(received)[:20_000])
    failures = read_text_bounce(received.text, said, head, [*ours, sender[1].lower() if sender else ""])
    if not (failures or subject or said):
        return None
    words = f"{received.subject}\n{notice[:6_000]}"
    if DELAY_PHRASE.search(words) and not FINAL_PHRASE.search(words):
        failures = tuple(failure(one.address, "delayed", one.status, one.diagnostic) for one in failures)
        return _of_ours("delay", "a warning in prose", received, failures)
    return _of_ours(
        "bounce", f"a bounce in prose: {machine or 'by its subject and words'}", received, failures
    )


def _auto_reply(received: Received) -> MailKind | None:
    """A machine's answer on behalf of a person. A notice that a machine sends by itself is a message all the same."""
    heads = received.headers
    submitted = heads.get("auto-submitted", "").lower()
    precedence = heads.get("precedence", "").lower()
    answers = bool(received.in_reply_to) or AUTO_SUBJECT.search(received.subject) is not None
    marks = {
        "Auto-Submitted: auto-replied": submitted.startswith("auto-replied"),
        "Auto-Submitted and an answer": submitted not in ("", "no") and answers,
        "X-Auto-Response-Suppress: All": heads.get("x-auto-response-suppress", "").lower() == "all"
        and answers,
        "X-Apple-Action: vacation": "vacation" in heads.get("x-apple-action", "").lower(),
        "Precedence: auto_reply": precedence in ("auto_reply", "auto-reply", "autoreply"),
        "Precedence and an answer": precedence in ("bulk", "junk") and answers,
        "a header of an answering program": any(
            name in heads
            for name in (
                "x-autoreply",
                "x-autorespond",
                "x-mail-autoreply",
                "x-vacation",
                "x-autogenerated-reply",
            )
        ),
        "a rule of the mailbox": "x-ms-exchange-inbox-rules-loop" in heads and answers,
        "empty return path": received.return_path == "",
        "a word of its subject, on an answer": bool(received.in_reply_to)
        and AUTO_WORD.search(received.subject) is not None,
        "its subject": AUTO_SUBJECT.search(received.subject) is not None
        and PASSED_ON.match(received.subject) is None,
    }
    because = next((mark for mark, holds in marks.items() if holds), "")
    return MailKind("auto_reply", because) if because else None


def _machine_mark(received: Received) -> str:
    """The header that says a machine wrote it although a person may have to read it, "" when none does."""
    heads = received.headers
    if heads.get("auto-submitted", "no").lower() not in ("", "no"):
        return "auto-submitted"
    if heads.get("precedence", "").lower() in ("bulk", "junk", "list"):
        return "precedence"
    for name in ("list-id", "list-unsubscribe", "x-auto-response-suppress", "x-autogenerated", "feedback-id"):
        if name in heads:
            return name
    local = received.from_address.partition("@")[0].lower()
    return (
        "sender" if re.fullmatch(r"(?:no|do-?not|never)[._-]?reply.*|mailer-daemon|postmaster", local) else ""
    )
