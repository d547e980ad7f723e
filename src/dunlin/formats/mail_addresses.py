"""Addresses of people in mail: their shape, whether mail can be sent to them, and what was meant by a mistyped domain."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import OSA

ADDRESS_CHARS = 254
LOCAL_CHARS = 64
_ATEXT = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)

# The mailbox providers whose names are mistyped often, and real domains that look like a mistyped one and are not.
KNOWN_DOMAINS = (
    "gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "hotmail.com", "hotmail.co.uk",
    "hotmail.fr", "outlook.com", "live.com", "msn.com", "aol.com", "icloud.com", "comcast.net", "verizon.net", "att.net",
    "sbcglobal.net", "bellsouth.net", "gmx.de", "gmx.net", "web.de", "t-online.de", "orange.fr", "wanadoo.fr", "free.fr",
    "libero.it", "mail.ru", "yandex.ru", "btinternet.com", "rocketmail.com", "ymail.com", "protonmail.com",
)  # fmt: skip
_REAL = frozenset(
    {
        "mac.com", "me.com", "mail.com", "email.com", "gmx.com", "gmx.at", "gmx.ch", "ymail.com", "aim.com", "cox.net",
        "pm.me", "proton.me", "live.co.uk", "live.fr", "live.de", "live.nl", "outlook.de", "outlook.fr", "outlook.es", "hotmail.de",
        "hotmail.es", "hotmail.it", "yahoo.es", "yahoo.it", "yahoo.in", "yahoo.ca", "yahoo.co.in", "yahoo.co.jp", "yahoo.com.br",
        "yahoo.com.mx", "yahoo.com.au", "att.com", "gail.com", "juno.com", "bt.com", "sky.com", "tele.net", "mail.de", "mail.bg",
        "freenet.de", "web.com", "comcast.com", "verizon.com", "orange.com", "free.com", "gmx.us", "aon.at",
    }
)  # fmt: skip
_NAMES = frozenset(known.partition(".")[0] for known in KNOWN_DOMAINS)
_COUNTRIES = frozenset("ar at au be bg br ca ch cl cn co.id co.il co.in co.jp co.kr co.nz co.th co.uk co.za com.ar com.au com.br com.cn com.hk com.mx com.ph com.sg com.tr com.tw com.vn cz de dk ee es eu fi fr gr hk hr hu id ie in it jp kr lt lv mx my nl no nz ph pl pt ro rs ru se sg sk th tr tw ua us vn".split())  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """One mail address. `name` is the display name, "" when there is none; `address` is local@domain, domain in lower case."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


def address_problem(text: str) -> str:
    """Why `text` is not an address mail can be sent to: a code of PROBLEMS, "" when it is fine. It does not ask the network."""
    if not text.strip():
        return "address_missing"
    if _CONTROL.search(text) or text != text.strip():
        return "address_characters"
    local, at, domain = text.rpartition("@")
    if not at:
        return "address_no_at"
    if not local or not domain:
        return "address_part_missing"
    if len(text) > ADDRESS_CHARS or len(local) > LOCAL_CHARS:
        return "address_too_long"
    if not local.isascii():
        return "address_not_ascii"
    if not _ATEXT.fullmatch(local) and not _QUOTED.fullmatch(local):
        return "address_two" if "@" in local and '"' not in local else "address_characters"
    return "" if _wire_domain(domain) else "address_domain"


def address_on_the_wire(text: str) -> str:
    """The address as SMTP takes it: a domain with letters outside ASCII in its ASCII form. The address must be fine."""
    local, _, domain = text.rpartition("@")
    return f"{local}@{_wire_domain(domain)}"


def _wire_domain(domain: str) -> str:
    """The ASCII form of a domain, "" when it is none. A domain without a dot or of digits only is none: no mail goes there."""
    if domain.startswith("[") or domain.endswith(".") or len(domain) > 253:
        return ""
    try:
        plain = domain.lower() if domain.isascii() else domain.encode("idna").decode().lower()
    except (UnicodeError, ValueError):
        return ""
    labels = plain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return ""
    return plain


def suggested_address(text: str) -> str:
    """The address probably meant where the domain is a mistyped well-known one; "" when nothing is suggested.

    Only a suggestion for a person: `gmial.com` may be somebody's, so nothing is refused or changed by it.
    """
    local, at, domain = text.strip().rpartition("@")
    meant = _meant_domain(domain.lower().strip(" .,")) if at and local else ""
    return f"{local}@{meant}" if meant else ""


def _meant_domain(domain: str) -> str:
    if not domain or len(domain) > 40 or domain in KNOWN_DOMAINS or domain in _REAL:
        return ""
    name, _, ending = (
        domain.removesuffix(".com").partition(".") if domain.endswith(".com.com") else domain.partition(".")
    )
    if name in ("gmail", "googlemail"):  # these have one ending only
        return f"{name}.com"
    if ending in ("com", *_COUNTRIES) and name in _NAMES:  # hotmail.ca is real, hotmail.co is hotmail.com
        return f"{name}.com" if domain.endswith(".com.com") else ""
    best, nearest = "", 99
    for known in KNOWN_DOMAINS:
        distance = _distance(domain, known)
        if distance < nearest:
            best, nearest = known, distance
    return best if nearest <= _allowed(best) else ""


def _distance(domain: str, known: str) -> int:
    """Letters to change, add, drop or swap. A missing ending or missing dot counts as one slip."""
    name = known.partition(".")[0]
    if domain == name or domain == known.replace(".", ""):
        return 1
    return int(OSA.distance(domain, known, score_cutoff=4))


def _allowed(known: str) -> int:
    """How many slips are still the same word: short names are near to many others."""
    return 1 if len(known) <= 7 else 2
