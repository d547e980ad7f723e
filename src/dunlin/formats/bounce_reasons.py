"""Why a mail did not arrive: one of eight classes, from what the server said first and from its status second.

Statuses are often wrong (5.0.0 for everything, 5.1.1 for a full mailbox), so words that are plain win over numbers.
"""

from __future__ import annotations

import re

REASONS = ("mailbox_unknown", "mailbox_full", "domain", "blocked", "policy", "too_large", "delayed", "other")
DIAGNOSTIC_CHARS = 1_000

# In the order they are asked: what is rarely said by chance first.
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern, re.IGNORECASE))
    for reason, pattern in (
        (
            "too_large",
            r"(?:message|mail|size|data)[^.\n]{0,40}(?:too (?:big|large)|exceed[^.\n]{0,40}(?:size|maximum)|larger than)"
            r"|size (?:limit )?exceed|exceed[^.\n]{0,20}(?:message |maximum )?size|message size|too big for system|messagetoolarge"
            r"|zu gro(?:ß|ss)|trop volumineux|demasiado grande|サイズ",
        ),
        (
            "mailbox_full",
            r"(?:mail)?box[^.\n]{0,20} (?:is )?full|mailbox full|mailfolder is full|over ?quota|quota (?:is )?(?:exceed|limit|full)"
            r"|exceed[^.\n]{0,30}(?:quota|storage|mailbox|local limit|allowed space)|out of (?:storage|disk|space)|not enough (?:space|storage)"
            r"|insufficient (?:disk|storage|system storage)|mailbox (?:size )?(?:limit|exceed)|storage (?:allocation|limit)|full mailbox"
            r"|inbox is full|mailbox_full|postfach (?:ist )?voll|bo[iî]te (?:aux lettres )?pleine|buz[oó]n lleno|casella[^.\n]{0,12}piena|容量|いっぱい",
        ),
        (
            "blocked",
            r"black ?list|block ?list|\bblocked\b|spamhaus|\brbl\b|dnsbl|spamcop|barracuda|reputation|\bptr\b|reverse dns|\brdns\b|poor sender"
            r"|(?:is|considered|classified|detected|identified|rejected|marked|looks? like|suspected) (?:as |to be )?(?:an? )?(?:spam|unsolicited)"
            r"|spam (?:message|content|detected|mail|score|filter)|unsolicited|access (?:from your|denied[^.\n]{0,20}ip)|too many (?:connections|messages from)"
            r"|rate ?limit|bad (?:reputation|ip)|senders? (?:ip|address) (?:has been )?(?:rejected|refused)|(?:domain|address|content)[- ]filter"
            r"|bulk mail|deferred due to user complaints",
        ),
        (
            "mailbox_unknown",
            r"(?:user|recipient|mailbox|address|account|local part)[^.\n]{0,24}(?:unknown|not found|unavailable|does ?n[o']t exist|not exist"
            r"|invalid|inactive|disabled|suspended|locked|deactivated|closed|discontinued|expired|not recogni[sz]ed|not available|rejected)"
            r"|(?:unknown|invalid|no such|bad destination|illegal|non-?exist\w*|inactive|disabled|undefined) (?:local )?(?:part |virtual )?"
            r"(?:user|recipient|mailbox|address|account|alias)|no (?:mailbox|such (?:user|person|mailbox)|valid recipient)|userunknown|unrouteable address"
            r"|(?:account|mailbox|recipient|address)[^\n]{0,60}(?:does ?n[o']t exist|is (?:disabled|inactive))|does(?:n't| not) have an? [^\n]{0,40} ?account"
            r"|not (?:a known|listed in)|no longer (?:on|valid|available|exist|active|accept)|(?:this )?account has been|not our customer|unknown address"
            r"|recipnotfound|recipient\.notfound|resolver\.adr|5\.1\.10|malformed address|user unknown|recipient address rejected|addresses? (?:failed|rejected)[^\n]{0,20}unknown"
            r"|unbekannt|\binconnue?\b|sconosciut|onbekend|existiert nicht|nicht gefunden|n['’]existe pas|inexistant|desconocid|no existe|inesistente|non esiste|не существует|не найден|存在し|宛先不明|ユーザ",
        ),
        (
            "domain",
            r"host (?:or domain name )?(?:is )?(?:unknown|not found)|unknown (?:mail )?(?:host|domain)|domain (?:name )?(?:does ?n[o']t exist|not found|is invalid|not exist)"
            r"|no (?:mx|mail exchanger|such (?:domain|host))|name (?:or )?(?:service|server) (?:error|not known)|nxdomain|null ?mx|dns (?:error|lookup|fail|server)"
            r"|unrouteable mail domain|(?:find|found|resolve)[^.\n]{0,20} (?:a )?(?:gateway|route|host|domain)|domain must exist|mx (?:record )?(?:not|lookup)"
            r"|illegal host|doesn't receive|does not accept mail",
        ),
        (
            "policy",
            r"dmarc|\bspf\b|\bdkim\b|polic(?:y|ies)|relay(?:ing)?(?: access)? (?:denied|not)|unable to relay|not (?:authori[sz]ed|permitted|allowed)|authentication (?:is )?required"
            r"|virus|malware|content (?:rejected|filter)|prohibited|forbidden|access denied|permission|restricted|refused|security|smtputf8|not accepted",
        ),
        (
            "delayed",
            r"\bexpired|tim(?:ed|e)[ -]?out|retry|retries|try again|temporar|connection (?:refused|dropped|lost|reset|was dropped)|unreachable|not reachable|unable to connect|could not connect"
            r"|no (?:route|answer|response)|delayed|gave up|aborted after|greylist|busy|resources|congest|queue|\b4\.4\.\d|did not respond|delivery failed \d+ attempts|socket error|accept our requests to connect",
        ),
    )
)  # fmt: skip
_STATUS_REASON = (
    (r"[245]\.1\.[0136]|[245]\.1\.10|[245]\.2\.[01]|[245]\.5\.0", "mailbox_unknown"),
    (r"[245]\.1\.2|[245]\.4\.4|[245]\.1\.8|[245]\.4\.3", "domain"),
    (r"[245]\.2\.2", "mailbox_full"),
    (r"[245]\.3\.4|[245]\.2\.3", "too_large"),
    (r"[245]\.7\.\d+|[245]\.6\.\d", "policy"),
    (r"[245]\.4\.(?:6|14)", "other"),  # a loop
    (r"[245]\.4\.\d+|4\.\d+\.\d+", "delayed"),
)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,2}\.\d{1,3})(?![\d.]*\.?\d)")
_REPLY = re.compile(r"(?<![\d.:/-])([45]\d\d)(?=[ \-:\],]|$)(?!\.\d)", re.MULTILINE)
# 550 alone says only "no": it is no proof against the mailbox.
_CODE_STATUS = {
    "421": "4.4.2",
    "450": "4.2.0",
    "451": "4.4.0",
    "452": "4.2.2",
    "551": "5.1.6",
    "552": "5.2.2",
    "553": "5.1.3",
}


def status_in(text: str) -> str:
    """The enhanced status (5.1.1) named in a text; of a plain reply code only its first digit is sure, so "5.0.0"; "" for none."""
    text = text[:DIAGNOSTIC_CHARS]
    found = _ENHANCED.search(text)
    if found:
        return found[1]
    code = _REPLY.search(text)
    return f"{code[1][0]}.0.0" if code else ""


def reason_of(diagnostic: str, status: str) -> str:
    """The class of a failure: by plain words, then by the status, then by the reply code in the words."""
    text = re.sub(r"\s{1,200}", " ", diagnostic[:DIAGNOSTIC_CHARS])
    for reason, words in _WORDS:
        if words.search(text):
            return reason
    for pattern, reason in _STATUS_REASON:
        if re.fullmatch(pattern, status):
            return reason
    if status and not status.endswith(".0.0"):
        return "other"
    code = _REPLY.search(text)
    stated = _CODE_STATUS.get(code[1], "") if code else ""
    return next(
        (reason for pattern, reason in _STATUS_REASON if stated and re.fullmatch(pattern, stated)), "other"
    )


def is_permanent(action: str, status: str, reason: str) -> bool:
    """Whether trying again is useless. A full mailbox and an expired try are not the address's fault, whatever the status says."""
    if action != "failed" or reason in ("mailbox_full", "delayed"):
        return False
    if reason == "mailbox_unknown":
        return True
    return not status.startswith("4")
