"""Bounces that are only prose: four in ten. Where the notice ends and our mail begins, whom it did not reach, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from dunlin.formats.bounce_reasons import status_in
from dunlin.formats.bounce_reports import ADDRESS, RECIPIENTS_MAX, Failure, failure, plain_address

NOTICE_CHARS = 30_000
_ORIGINAL = re.compile(
    r"^[ \t>*#=\-]{0,60}(?:"
    r"original message(?: follows| headers?)?\b|below (?:this line )?is a copy|this is a copy of (?:the|your) message|(?:the )?message headers? follow"
    r"|(?:the )?headers? of the original|(?:body of )?(?:the )?(?:returned|unsent|undelivered|rejected|failed) message (?:follows|text|below|is)|copy of (?:the|your) message"
    r"|included is a copy|bounced e-?mail:|unsent message below|forwarded message|original mail|the original message|message text:|a copy of your (?:message|mail)"
    r"|start of (?:the )?(?:returned|original)|your original message|begin message header|returned mail follows|----- ?message header"
    r").{0,80}$",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER_LINE = re.compile(
    r"^(?:Received|Return-Path|DKIM-Signature|Message-ID|MIME-Version|Date|From|To|Subject|X-[\w-]{1,40}|Content-Type|ARC-[\w-]{1,40}):",
    re.IGNORECASE,
)
_HEADS_START = re.compile(
    r"^(?:Received|Return-Path|DKIM-Signature|DomainKey-Signature|ARC-Seal|X-Received|Message-ID|MIME-Version):[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_MACHINE = re.compile(
    r"^(?:mailer-?daemon|post_?master|mail-?daemon|mdaemon|abuse|no-?reply|support|help(?:desk)?|mail\.delivery\.system|daemon|bounces?)@",
    re.IGNORECASE,
)
# A recipient standing at the head of a line, alone or before what the server said.
_AT_HEAD = re.compile(
    r"^[ \t]*(?:[*>•#-]{1,4}[ \t]*)?(?:<[ \t]*)?("
    + ADDRESS.pattern
    + r")[ \t]*>?[ \t]*(?=$|[:,;(\[<]|\.\.\.|on |error|failed|\.[ \t]*$)",
    re.IGNORECASE | re.MULTILINE,
)
_NAMED = re.compile(
    r"(?:rcpt to|recipients?(?: address)?|final-recipient|deliver(?:y|ed|ing)?[^\n@]{0,30} to|mail to|message to|delivery failed|undeliver\w* to|addresse?(?:s|d to)?|address failed|user"
    r"|failed recipient|destinataire|empf[aä]nger|destinatario|target mail address|to address|sent to|宛先|メールアドレス|email|unknown|rejected|unavailable|account|invalid)"
    r"[ \t]*(?::|=|is|;)?[ \t'\"(]*(?:rfc822;)?[ \t]*<?[ \t]*(" + ADDRESS.pattern + r")",
    re.IGNORECASE,
)
_FOR = re.compile(r"\bfor\s{1,20}<?(" + ADDRESS.pattern + r")>?\s{0,5};", re.IGNORECASE)
_TO = re.compile(
    r"^(?:to|x-actual-recipient|delivered-to):[ \t]*([^\n]{1,2000}(?:\n[ \t][^\n]{1,1000}){0,20})",
    re.IGNORECASE | re.MULTILINE,
)


def cut_original(text: str) -> tuple[str, str]:
    """The notice, and the mail it returns as far as it is in the text."""
    text = text[: NOTICE_CHARS * 4]
    cuts = [
        found.start()
        for found in (_ORIGINAL.search(text, 1), _first_heads(text))
        if found is not None and found.start() > 0
    ]
    at = min(cuts) if cuts else len(text)
    return text[:at][:NOTICE_CHARS], text[at:]


def _first_heads(text: str) -> re.Match[str] | None:
    """Where a run of mail headers begins: three header lines, with folded ones, in a row."""
    for at, found in enumerate(_HEADS_START.finditer(text)):
        following = [
            line
            for line in text[found.start() : found.start() + 3_000].split("\n")[:14]
            if line[:1] not in (" ", "\t")
        ]
        if len(following) >= 3 and all(_HEADER_LINE.match(line) for line in following[:3]):
            return found
        if at > 50:
            break
    return None


def read_text_bounce(
    text: str, said: Iterable[str] = (), enclosed: str = "", ours: Iterable[str] = ()
) -> tuple[Failure, ...]:
    """Whom a bounce in prose says was not reached.

    `said` are recipients a header names (X-Failed-Recipients), `enclosed` the head of the returned mail, `ours` addresses
    that cannot be the recipient: who wrote the bounce, and whom it was sent to.
    """
    notified = _notification(text)
    if notified:
        return notified
    notice, rest = cut_original(text)
    head = (enclosed or rest)[:20_000]
    not_these = {address.lower() for address in ours if address}
    named = [plain_address(one) for one in said]
    places = _places(notice, not_these)
    if not places and not any(named):
        places = [(address, 0, 0) for address in _from_head(head, not_these)] or [
            (address, 0, 0) for address in _from_head(text, not_these)
        ]
    known = [address for address in dict.fromkeys(named) if address]
    if known:
        found = {address.lower(): (start, end) for address, start, end in places}
        places = [(address, *found.get(address.lower(), (0, len(notice)))) for address in known]
    out = []
    for address, start, end in places[:RECIPIENTS_MAX]:
        words = notice[start:end] if end > start else notice
        own = words if status_in(words) or len(words) > len(address) + 30 else f"{words} {notice}"
        one = failure(address, "failed", "", _diagnostic(own))
        whole = failure(address, "failed", "", notice) if one.reason == "other" else one
        out.append(one if whole.reason == "other" else whole)
    return tuple(out)


def _places(notice: str, not_these: set[str]) -> list[tuple[str, int, int]]:
    """Each recipient with the stretch of the notice that speaks of it: up to the next one."""
    heads = [(found[1], found.start()) for found in _AT_HEAD.finditer(notice)]
    named = [(found[1], found.start(1)) for found in _NAMED.finditer(notice)]
    anywhere = [(found[0], found.start()) for found in ADDRESS.finditer(notice)]
    spots = next((fit for spots in (heads, named, anywhere) if (fit := _fitting(spots, not_these))), [])
    spots = spots or _fitting(heads, not_these, machines=True)
    ends = [start for _, start in spots[1:]] + [len(notice)]
    places: dict[str, tuple[str, int, int]] = {}
    for (address, start), end in zip(spots, ends):
        low = address.lower()
        if low not in places:
            places[low] = (address, start, end)
        elif places[low][2] == start:  # named again at once: the same stretch goes on
            places[low] = (places[low][0], places[low][1], end)
    return list(places.values())


def _fitting(
    spots: list[tuple[str, int]], not_these: set[str], machines: bool = False
) -> list[tuple[str, int]]:
    fitting = [(plain_address(address), start) for address, start in spots]
    fitting = [
        (address, start) for address, start in fitting if address and "." in address.rpartition("@")[2]
    ]
    return [
        (address, start)
        for address, start in fitting
        if address.lower() not in not_these and (machines or not _MACHINE.match(address))
    ]


def _from_head(head: str, not_these: set[str]) -> list[str]:
    """The recipients by the returned mail itself: the hop that took it for somebody, else its To line."""
    hops = [found[1] for found in _FOR.finditer(head)]
    lines = [found[0] for line in _TO.findall(head) for found in ADDRESS.finditer(line)]
    return list(
        dict.fromkeys(address for address, _ in _fitting([(one, 0) for one in hops + lines], not_these))
    )[:20]


def _diagnostic(words: str) -> str:
    """What the server said: from the reply code on when there is one, else the words after the address."""
    code = re.search(r"(?<![\d.])[45]\d\d[ -][^\n]{3,}(?:\n[ \t]+[^\n]+|\n[^\n]{20,}){0,4}", words)
    return code[0] if code and len(words) > 400 else words[:1_000]


def _notification(text: str) -> tuple[Failure, ...]:
    """A bounce as JSON, as Amazon's mail service sends it through its notification service."""
    if not text.lstrip().startswith("{") or '"notificationType"' not in text:
        return ()
    try:
        said = json.JSONDecoder().raw_decode(text.lstrip().replace("\n", " "))[0]
        if said.get("notificationType") != "Bounce":
            return ()
        return tuple(
            failure(
                str(one.get("emailAddress", "")),
                str(one.get("action", "failed")),
                str(one.get("status", "")),
                str(one.get("diagnosticCode", "")),
            )
            for one in said["bounce"]["bouncedRecipients"][:RECIPIENTS_MAX]
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()
