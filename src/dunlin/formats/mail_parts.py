"""The tree of a mail taken apart: what is said, what is attached, what a machine reports. Bounded in depth, number and time."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from email import policy
from email.generator import BytesGenerator
from email.message import Message
from email.parser import BytesParser

from dunlin.formats.mail_charsets import decode_text
from dunlin.formats.mail_headers import decoded

DEPTH_MAX = 250
HEAD_BYTES_MAX = 1_000_000
PARTS_MAX = 500
LINES_MAX = 2_000_000
LINE_CHECKS_MAX = 20_000_000
TEXT_CHARS = 1_000_000
REPORT_CHARS = 200_000
# Parts that a machine writes for a machine: kept apart, for they say what became of a mail.
REPORT_TYPES = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "text/rfc822",
        "message/partial",
        "message/global-headers",
    }
)
_BOUNDARY = re.compile(rb"boundary\s*=\s*(?:\"([^\"\r\n]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
# The library makes a message of every block of a delivery status, which takes long when there are a hundred thousand;
# under another name it is text, as it was written.
_STATUS_TYPE, _STATUS_PLAIN = b"message/delivery-status", b"x-report/delivery-status"
_STATUS = re.compile(
    rb"((?:\A|[\r\n])content-type:[ \t]*(?:\r?\n[ \t]+)?)message/delivery-status", re.IGNORECASE
)
# Headers are given back as they were: folding them anew takes quadratic time.
_AS_WRITTEN = policy.default.clone(refold_source="none", linesep="\n")


@dataclass(frozen=True, slots=True)
class Report:
    """One part a machine wrote: its type and its text (of an enclosed mail, its head and the start of its body)."""

    type: str
    text: str


@dataclass(slots=True)
class Pieces:
    """What the walk found. `files` are (name, type said, content)."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    chars: int = 0


def parse_tree(raw: bytes) -> tuple[Message, list[str]]:
    """The mail as a tree of parts, and what had to be cut so that reading it takes a bounded time."""
    raw, problems = _bounded(raw)
    raw = _STATUS.sub(lambda found: found[1] + _STATUS_PLAIN, raw)
    try:
        # The older policy on purpose: with the newer one a malformed Content-Type raises while the tree is still being built.
        tree: Message = BytesParser(policy=policy.compat32).parsebytes(raw)
    except (RecursionError, ValueError, IndexError, KeyError, TypeError, LookupError, AttributeError):
        tree = BytesParser(policy=policy.compat32).parsebytes(raw[:1_000_000], headersonly=True)
        problems.append("mail_structure")
    return tree, problems


def _bounded(raw: bytes) -> tuple[bytes, list[str]]:
    """Cut before the parser would take long: it checks every line against every open boundary, and keeps every part."""
    marks = {found[1] or found[2] for found in _BOUNDARY.finditer(raw)}
    lines = raw.count(b"\n") or raw.count(b"\r")
    size = len(raw)
    ends = [at for at in (raw.find(b"\n\n"), raw.find(b"\r\n\r\n"), raw.find(b"\r\r")) if at >= 0]
    if ends and min(ends) > HEAD_BYTES_MAX:  # a head of megabytes is nobody's mail; what it says first counts
        raw = raw[: raw.rfind(raw[min(ends) : min(ends) + 1], 0, HEAD_BYTES_MAX)] + raw[min(ends) :]
        size = 0
    keep = len(raw)
    allowed = min(LINES_MAX, LINE_CHECKS_MAX // (len(marks) + 1))
    if lines > allowed:
        # The even share is exact enough here: lines of a mail this long are of one kind.
        keep = len(raw) * allowed // lines
    if marks and raw.count(b"\n--") + raw.count(b"\r--") > PARTS_MAX * 4:
        starts = {b"--" + mark for mark in marks}
        parts = 0
        for found in re.finditer(rb"[\r\n]--[^\r\n]{1,200}", raw):
            if found[0][1:].rstrip().removesuffix(b"--") in starts or found[0][1:].rstrip() in starts:
                parts += 1
                if parts > PARTS_MAX * 4:
                    keep = min(keep, found.start())
                    break
    return raw[:keep], ["mail_cut"] if keep < len(raw) or not size else []


def take_apart(tree: Message) -> Pieces:
    """Walk the tree in reading order. Nothing is dropped: what is neither said nor a report is a file."""
    pieces = Pieces()
    waiting: list[tuple[Message, int, bool]] = [(tree, 0, False)]
    seen = 0
    while waiting:
        part, depth, alternative = waiting.pop()
        seen += 1
        if seen > PARTS_MAX or depth > DEPTH_MAX:
            pieces.problems.append("mail_too_many_parts")
            break
        kind = media_type(part)
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            payload = list(part.get_payload())
            inner = kind == "multipart/alternative" or (alternative and kind != "multipart/mixed")
            waiting.extend(
                (child, depth + 1, inner) for child in reversed(payload) if isinstance(child, Message)
            )
            continue
        _take(part, kind, pieces)
    return pieces


def _take(part: Message, kind: str, pieces: Pieces) -> None:
    name = file_name(part)
    disposition = decoded(raw_header(part, "content-disposition"), 200).lower()
    if kind in REPORT_TYPES:
        _take_report(part, kind, name, pieces)
        return
    attached = disposition.startswith("attachment") or bool(name)
    if part.get_content_maintype() == "multipart":
        # A multipart without any boundary in it: what it holds is text.
        kind = "text/plain"
        pieces.problems.append("mail_structure")
    content = payload_bytes(part)
    if not attached and kind in ("text/plain", "text/html", "text/enriched", "text/markdown"):
        text, problem = decode_text(content[: 4 * TEXT_CHARS], str(part.get_content_charset("") or ""))
        if problem and content.strip():
            pieces.problems.append(problem)
        room = max(0, TEXT_CHARS - pieces.chars)
        if len(text) > room or len(content) > 4 * TEXT_CHARS:
            pieces.problems.append("mail_text_cut")
        text = clean_text(text[:room])
        pieces.chars += len(text)
        (pieces.htmls if kind == "text/html" else pieces.texts).append(text)
    elif content or name:
        pieces.files.append((name, kind, content))


def media_type(part: Message) -> str:
    """The media type a part states; of a malformed one what can be read of it."""
    found = re.match(r"[\w.+-]{1,80}/[\w.+-]{1,120}", part.get_content_type())
    kind = found[0] if found else "text/plain"
    return _STATUS_TYPE.decode() if kind == _STATUS_PLAIN.decode() else kind


def raw_header(part: Message, name: str) -> str:
    """A header as it was written: the library replaces bytes outside ASCII, these are still wanted."""
    return next((str(value) for key, value in part.raw_items() if key.lower() == name), "")


def clean_text(text: str) -> str:
    """Line ends made one kind; what no text holds (zeros, stray surrogates) taken out so that it can be stored."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode()


def _take_report(part: Message, kind: str, name: str, pieces: Pieces) -> None:
    content = enclosed_bytes(part)
    pieces.reports.append(Report(kind, clean_text(decode_text(content[:REPORT_CHARS])[0])))
    if kind in ("message/rfc822", "message/global"):
        inner = re.search(rb"^subject:[ \t]*([^\r\n]{1,200})", content[:20_000], re.IGNORECASE | re.MULTILINE)
        title = name or (decoded(inner[1].decode("ascii", "surrogateescape")) if inner else "") or "message"
        pieces.files.append((title if title.lower().endswith(".eml") else f"{title}.eml", kind, content))


def enclosed_bytes(part: Message) -> bytes:
    """The bytes of an enclosed mail or report, whatever the parser made of it. A transfer encoding it must not have is undone."""
    if not part.is_multipart():
        return payload_bytes(part)
    payload = part.get_payload()
    encoding = str(part.get("content-transfer-encoding") or "").strip().lower()
    inners = [inner for inner in payload if isinstance(inner, Message)]
    if encoding in ("base64", "quoted-printable") and len(inners) == 1 and not inners[0].keys():
        shell = Message()
        shell["content-transfer-encoding"] = encoding
        shell.set_payload(payload_bytes(inners[0]).decode("ascii", "surrogateescape"))
        return payload_bytes(shell)
    out = io.BytesIO()
    for at, inner in enumerate(inners):
        if at:
            out.write(b"\n")
        try:
            BytesGenerator(out, mangle_from_=False, policy=_AS_WRITTEN).flatten(inner)  # type: ignore[arg-type]
        except (RecursionError, ValueError, IndexError, KeyError, TypeError, LookupError, AttributeError):
            out.write("\n".join(f"{key}: {value}" for key, value in inner.items()).encode("utf-8", "replace"))
    return out.getvalue().replace(_STATUS_PLAIN, _STATUS_TYPE)


def payload_bytes(part: Message) -> bytes:
    """The content of a part with its transfer encoding undone; of a broken encoding, as much as can be read."""
    if part.is_multipart():
        return enclosed_bytes(part)
    try:
        encoding = part.get("content-transfer-encoding")
        if encoding is not None and str(encoding).strip(" ;\t\"'").lower() != str(encoding).lower():
            part.replace_header("content-transfer-encoding", str(encoding).strip(" ;\t\"'"))
        # Always "decode": without it the library decodes by the charset the mail names, and some of its codecs raise.
        content = part.get_payload(decode=True)
    except (ValueError, TypeError, LookupError, AssertionError, AttributeError):
        content = None
    return content if isinstance(content, bytes) else b""


def file_name(part: Message) -> str:
    """The name a part gives its file, decoded by whichever of the three ways it was written; "" when it gives none."""
    try:
        name = part.get_filename("")
    except (ValueError, TypeError, LookupError, UnicodeError, AttributeError, IndexError):
        name = ""
    name = decoded(str(name), 1_000)
    if not name or "\ufffd" in name:
        # Names with spaces and without quotes, or with quotes in the wrong place, are not parameters to the library.
        for header in ("content-disposition", "content-type"):
            value = decoded(raw_header(part, header), 2_000)
            found = re.search(r"\b(?:file)?name\s*=\s*\"?([^\";\r\n]{1,300})", value, re.IGNORECASE)
            if found:
                return found[1].strip()
    return name
