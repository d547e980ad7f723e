"""The new words of an answer, apart from quoted history and signature. Rule P14 and the clocks rest on new words only.

A quote repeats our own mail: amounts, dates and the words "dispute" and "paid" in it are ours, not the customer's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dunlin.formats.mail_html import text_of_html
from dunlin.formats.quote_marks import (
    CONTAINER,
    DISCLAIMER,
    QUOTE_BEGINS,
    RULE,
    SIGNATURE,
    attribution_lines,
    header_lines,
    is_attribution,
    is_device_line,
    is_passed_on,
    is_separator,
)

LINES_MAX = 5_000
_SIGNATURE_LINES = 20
_QUOTED = re.compile(r"^[ \t]{0,3}(?:>|[|] )")
# Below a ruled line may stand what was paid; that is no signature.
_FIGURES = re.compile(
    r"\d[.,]\d\d\b(?![.,\d])|\b(?:inv|rechnung|facture|fattura|factura|total|betrag|montant|amount|paid|payment)",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"^[A-Za-z]{1,10}>(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Split:
    """`reply` are the sender's new words alone: read intents, amounts and dates from it. `quoted` is what they answer or pass on,
    `signature` the block below. `shown` is the reply with the quoted lines that stand between the answers: show it to a person.
    `sure` is False where the marks could be read in two ways, so that a person is shown the whole.
    """

    reply: str
    quoted: str
    signature: str
    sure: bool
    shown: str = ""


@dataclass(slots=True)
class _Parts:
    own: list[tuple[str, bool]]  # lines kept, and whether each is a quote that stands between answers
    quoted: list[str]
    sure: bool = True

    def has_words(self) -> bool:
        return any(line.strip() and not quote and not RULE.match(line) for line, quote in self.own)


def split_reply(text: str, html: str = "") -> Split:
    """Split the text of an answer. `html` is asked when there is no text, or when the text shows no mark and the HTML does.

    A forward without own words keeps what is passed on as its reply: that is what the sender wants read.
    """
    if not text.strip() and html:
        return _split(_marked_text(html))
    found = _split(text)
    if html and not found.quoted and CONTAINER.search(html):
        by_html = _split(_marked_text(html))
        if by_html.quoted and by_html.reply:
            return by_html
    return found


def _marked_text(html: str) -> str:
    """The text of the HTML, with a mark where a mail program says that its quote begins."""
    return text_of_html(CONTAINER.sub(lambda found: f"<p>{QUOTE_BEGINS}</p>{found[0]}", html[:2_000_000]))


def _split(text: str) -> Split:
    clean = re.sub(
        "[\u200b\u200e\u200f\u2060\ufeff]", "", text.replace("\r\n", "\n").replace("\r", "\n")
    ).replace("\xa0", " ")
    lines = [line.rstrip() for line in clean.split("\n")]
    rest = lines[LINES_MAX:]
    parts = _walk(lines[:LINES_MAX])
    if rest:
        parts.quoted += rest
        parts.sure = False
    own, signature, dropped = _cut_signature(parts)
    parts.quoted += dropped
    shown = _joined(line for line, _ in own)
    reply = _joined(line for line, quote in own if not quote)
    if not reply:
        shown = ""
    return Split(reply, _joined(parts.quoted), _joined(signature), parts.sure, shown)


def _joined(lines: Iterable[str]) -> str:
    text = "\n".join(line for line in lines if line.strip() != QUOTE_BEGINS)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n").rstrip()


def _walk(lines: list[str]) -> _Parts:
    """Read down: own lines, quote blocks between them, and the first mark after which all is quoted."""
    parts = _Parts([], [])
    at = 0
    while at < len(lines):
        length, kinds = _heading(lines, at)
        if length:
            at = _take_heading(lines, at, length, kinds, parts)
        elif _is_quote(lines, at):
            at = _take_quote(
                lines,
                at,
                parts,
                headed=is_attribution(lines[at].lstrip(" \t>|")) or bool(_folded_in_quote(lines, at)),
            )
        else:
            parts.own.append((lines[at], False))
            at += 1
    return parts


def _folded_in_quote(lines: list[str], at: int) -> int:
    block = [line.lstrip(" \t>|") for line in lines[at : at + 4]]
    return attribution_lines(block, 0) or (header_lines(block, 0) if block else 0)


def _heading(lines: list[str], at: int) -> tuple[int, set[str]]:
    """The lines from `at` on that only announce a quote, blank ones between them included, and of what kinds they are."""
    kinds: set[str] = set()
    end = at
    position = at
    while position < len(lines) and len(kinds) < 6:
        line = lines[position]
        kind, length = "", 0
        if line.strip() == QUOTE_BEGINS:
            kind, length = "mark", 1
        elif is_separator(line):
            kind, length = ("passed on" if is_passed_on(line) else "separator"), 1
        elif RULE.match(line) and not kinds and header_lines(lines, _next_words(lines, position + 1)):
            kind, length = "rule", 1
        elif found := header_lines(lines, position):
            kind, length = "head", found
        elif found := attribution_lines(lines, position):
            kind, length = "attribution", found
        if not length or kind in kinds:
            break
        kinds.add(kind)
        end = position + length
        position = _next_words(lines, end)
        if position >= len(lines):
            break
    return end - at, kinds


def _next_words(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return min(at, len(lines) - 1) if at >= len(lines) else at


def _take_heading(lines: list[str], at: int, length: int, kinds: set[str], parts: _Parts) -> int:
    heading = lines[at : at + length]
    following = at + length
    while following < len(lines) and not lines[following].strip():
        following += 1
    parts.quoted += heading
    if following < len(lines) and _is_quote(lines, following):
        return _take_quote(lines, following, parts, headed=True)
    if parts.has_words():
        parts.quoted += lines[at + length :]
        return len(lines)
    # Nothing of their own stands above: a forward, or an answer below a quote that carries no marks.
    if "passed on" not in kinds:
        parts.sure = following >= len(lines)
    return at + length


def _is_quote(lines: list[str], at: int) -> bool:
    if _QUOTED.match(lines[at]):
        return True
    following = lines[at + 1] if at + 1 < len(lines) else ""
    return bool(_INITIALS.match(lines[at]) and _INITIALS.match(following))


def _take_quote(lines: list[str], at: int, parts: _Parts, headed: bool) -> int:
    """A block of quoted lines, with the blank ones within it. Between own words it is kept for the reader."""
    end = at
    while end < len(lines):
        if _QUOTED.match(lines[end]) or _INITIALS.match(lines[end]):
            end += 1
            continue
        following = _next_words(lines, end) if not lines[end].strip() else end
        if following > end and _QUOTED.match(lines[following]):
            end = following
            continue
        break
    block = lines[at:end]
    answered = _words_follow(lines[end:])
    between = answered and (parts.has_words() or not headed) and not _INITIALS.match(block[0])
    if between:
        parts.own += [(line, True) for line in block]
    parts.quoted += block
    return end


def _words_follow(lines: list[str]) -> bool:
    for line in lines:
        if SIGNATURE.match(line) or RULE.match(line) or is_device_line(line):
            return False
        if line.strip() and not _QUOTED.match(line):
            return True
    return False


def _cut_signature(parts: _Parts) -> tuple[list[tuple[str, bool]], list[str], list[str]]:
    """Own lines without the signature, the signature, and what stands below a phone's line: that is a quote without marks."""
    own = list(parts.own)
    while own and (not own[-1][0].strip() or own[-1][1]):
        own.pop()  # a quote at the end stands between nothing
    spoken = [at for at, (line, quote) in enumerate(own) if line.strip() and not quote]
    words = 0
    for number, at in enumerate(spoken):
        line = own[at][0]
        below = len(spoken) - number - 1
        # Only a short tail is looked at, so that a long text costs one pass.
        tail = [own[other][0] for other in spoken[number + 1 :]] if below <= _SIGNATURE_LINES else None
        if is_device_line(line) and (words or not below):
            return _cut_device(own, at, tail, parts)
        if words and (_begins_signature(line, tail) or DISCLAIMER.match(line)):
            return _without_rules(own[:at]), [other for other, _ in own[at:]], []
        words += 0 if RULE.match(line) or SIGNATURE.match(line) else 1
    return _without_rules(own), [], []


def _cut_device(
    own: list[tuple[str, bool]], at: int, tail: list[str] | None, parts: _Parts
) -> tuple[list[tuple[str, bool]], list[str], list[str]]:
    """A phone writes its line below the new words: a few short lines under it are a signature, more are a quote without marks."""
    if tail is not None and len(tail) <= 3 and all(len(line) <= 100 for line in tail):
        return _without_rules(own[:at]), [line for line, _ in own[at:]], []
    parts.sure = False
    return _without_rules(own[:at]), [own[at][0]], [line for line, _ in own[at + 1 :]]


def _without_rules(own: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    while own and (not own[-1][0].strip() or RULE.match(own[-1][0])):
        own.pop()
    return own


def _begins_signature(line: str, below: list[str] | None) -> bool:
    """Two dashes alone begin a signature. A longer rule does when what stands below looks like an address block, not like text."""
    if below is None or not (SIGNATURE.match(line) or RULE.match(line)):
        return False
    if SIGNATURE.match(line):
        return True
    return len(below) <= 10 and all(
        len(other.strip()) <= 80 and not _FIGURES.search(other) for other in below
    )
