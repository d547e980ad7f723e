"""Headers of a mail as people read them: encoded words decoded, addresses, dates and ids picked out. Never an error.

The structured headers of the standard library raise on some hostile values and take quadratic time on long ones; here every
value is cut to a length first and read by patterns that cannot backtrack.
"""

from __future__ import annotations

import base64
import binascii
import email.utils
import quopri
import re
from datetime import UTC, datetime, timedelta, timezone

from dunlin.formats.mail_addresses import Address
from dunlin.formats.mail_charsets import decode_text, guess_text

VALUE_CHARS = 20_000
LIST_CHARS = 200_000
ADDRESSES_MAX = 1_000
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([BbQq])\?([^?]*)\?=")
_FOLD = re.compile(r"[\r\n]+[ \t]*|\t")
# What must not be shown or stored in a one-line value: controls, line separators, and marks that turn the reading direction.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_ESCAPED = re.compile("[\udc80-\udcff]")
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]@]{1,256}@(?:[^\s<>,;:\"()\[\]@]{1,255}|\[[0-9A-Fa-f.:IPv]{1,60}\])")
_QUOTED_LOCAL = re.compile(r'<\s{0,9}("(?:[^"\\\r\n]|\\.){1,80}")@([^\s<>@"]{1,255})\s{0,9}>\s{0,9}$')
_ID = re.compile(r"<([^<>\s]{1,900})>")
_ZONES = {"BST": 1, "WEST": 1, "CET": 1, "MET": 1, "CEST": 2, "MEST": 2, "EET": 2, "SAST": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9, "AEST": 10, "NZST": 12}  # fmt: skip
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(?:\.\d{1,9})?\s*(Z|[+-]\d\d:?\d\d)?")


def raw_bytes(value: str) -> bytes:
    """The bytes a header value or payload had on the wire."""
    return value.encode("utf-8", "surrogateescape")


def decoded(value: str, limit: int = VALUE_CHARS) -> str:
    """A header value as one line of text: unfolded, encoded words decoded, raw bytes guessed, control marks removed."""
    value = value[:limit]
    if _ESCAPED.search(value) or "\x1b" in value:
        value = guess_text(raw_bytes(value))
    value = _FOLD.sub(" ", value)
    if "=?" in value:
        value = _words(value)
    value = _UNSEEN.sub("", _FOLD.sub(" ", value))
    return _ESCAPED.sub("\ufffd", " ".join(value.split(" "))).encode("utf-8", "replace").decode().strip()


def _words(value: str) -> str:
    """Encoded words decoded; neighbours of one charset are joined as bytes first, for a letter may be split between two."""
    out: list[str] = []
    held, charset, end = b"", "", 0
    for found in _WORD.finditer(value):
        between = value[end : found.start()]
        if between.strip() or end == 0:
            out.append(decode_text(held, charset)[0] if held else "")
            out.append(between)
            held = b""
        name = found[1].split("*")[0]  # RFC 2231 puts the language behind a star
        if held and name.lower() != charset.lower():
            out.append(decode_text(held, charset)[0])
            held = b""
        charset = name
        held += _word_bytes(found[2], found[3])
        end = found.end()
    out.append(decode_text(held, charset)[0] if held else "")
    out.append(value[end:])
    return "".join(out)


def _word_bytes(kind: str, body: str) -> bytes:
    if kind in "Qq":
        return quopri.decodestring(raw_bytes(body.replace("_", " ")), header=False)
    body = re.sub(r"[^A-Za-z0-9+/]", "", body)
    body = body[: len(body) - 1] if len(body) % 4 == 1 else body
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return b""


def read_addresses(value: str) -> tuple[Address, ...]:
    """The addresses of a From, To or Cc line, in their order, each once. Groups and comments are passed over; a bare name is none."""
    found: dict[str, Address] = {}
    for entry in _entries(_FOLD.sub(" ", value[:LIST_CHARS])):
        address = _one_address(entry)
        if address is not None:
            found.setdefault(address.address, address)
            if len(found) >= ADDRESSES_MAX:
                break
    return tuple(found.values())


def _entries(value: str) -> list[str]:
    """The line cut at the commas and semicolons that stand outside quotes, angle brackets and comments."""
    out: list[str] = []
    start, quoted, angle, depth, skip = 0, False, False, 0, False
    for at, char in enumerate(value):
        if skip:
            skip = False
        elif char == "\\":
            skip = True
        elif char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif char == "<":
            angle = True
        elif char == ">":
            angle = False
        elif char in ",;" and not angle and not depth:
            out.append(value[start:at])
            start = at + 1
    out.append(value[start:])
    if (
        quoted and len(out) == 1 and value.count("@") > 1
    ):  # a quote that never closes must not swallow the rest
        return value.replace('"', "").split(",")
    return out


def _one_address(entry: str) -> Address | None:
    entry = entry[:2_000]
    quoted = _QUOTED_LOCAL.search(entry)
    if quoted:
        name = decoded(entry[: quoted.start()]).strip().strip('"')
        return Address(f"{quoted[1]}@{quoted[2].lower()}", name[:200])
    angle = entry.rfind("<")
    if angle >= 0 and "@" in entry[angle:]:
        inside = entry[angle + 1 :].split(">")[0]
        name = entry[:angle]
        address = _address_text(inside)
    else:
        found = _ADDRESS.search(entry)
        if found is None:
            return None
        address = _address_text(found[0])
        comment = re.search(r"\(([^()]{0,500})\)", entry)
        name = comment[1] if comment else ""
    if not address:
        return None
    name = (name.split(":")[-1] if ":" in name and '"' not in name else name).strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    name = decoded(name).strip("'\" ")
    return Address(address, "" if name.lower() == address.lower() else name[:200])


def _address_text(text: str) -> str:
    text = (
        re.sub(r"\s", "", decoded(text)).removeprefix("mailto:").strip("'\"<>,;.")
        if '"' not in text
        else decoded(text)
    )
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or len(text) > 320:
        return ""
    local = local.rpartition(":")[2] if local.startswith("@") else local  # an old route: <@relay:name@domain>
    return f"{local}@{domain.lower()}"


def message_ids(value: str) -> tuple[str, ...]:
    """The ids between angle brackets, in their order, each once. A line without brackets is one id if it looks like one."""
    value = value[:LIST_CHARS]
    ids = [re.sub(r"\s", "", found) for found in _ID.findall(_FOLD.sub(" ", value))]
    bare = decoded(value).strip("<> ")
    if not ids and bare and " " not in bare:
        ids = [bare[:900]]
    return tuple(dict.fromkeys(_ESCAPED.sub("\ufffd", one) for one in ids))


def read_date(value: str) -> tuple[datetime | None, str]:
    """The moment a Date line names, and a problem code: unreadable, or without a zone and taken as UTC."""
    text = decoded(value, 200)
    if not text:
        return None, "mail_date_missing"
    moment = _rfc_date(text) or _iso_date(text)
    if moment is None or not 1970 <= moment.year < 2200:
        return None, "mail_date_unreadable"
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC), "mail_date_without_zone"
    return moment.astimezone(UTC), ""


def _rfc_date(text: str) -> datetime | None:
    try:
        parts = email.utils.parsedate_tz(text)
        if parts is None:
            return None
        moment = datetime(*parts[:6])  # noqa: DTZ001  # the zone is set by the lines below
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    named = text.rstrip(")").replace("(", " ").split()[-1].upper()
    offset = parts[9]
    if named in _ZONES and not re.search(r"[+-]\d{4}", text):
        offset = _ZONES[named] * 3600
    elif not re.search(r"[+-]\d{4}|\b(?:GMT|UTC?|Z|[ECMP][SD]T)\b", text) or "-0000" in text:
        return moment
    if offset is None or abs(offset) >= 86_400:
        return moment
    return moment.replace(tzinfo=timezone(timedelta(seconds=offset)))


def _iso_date(text: str) -> datetime | None:
    found = _ISO.search(text)
    if found is None:
        return None
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # the zone is set below
    except ValueError:
        return None
    if not found[7]:
        return moment
    if found[7] == "Z":
        return moment.replace(tzinfo=UTC)
    hours, minutes = int(found[7][1:3]), int(found[7][-2:])
    if hours > 23 or minutes > 59:
        return moment
    shift = timedelta(hours=hours, minutes=minutes)
    return moment.replace(tzinfo=timezone(-shift if found[7][0] == "-" else shift))
