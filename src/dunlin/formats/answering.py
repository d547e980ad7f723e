"""An answer as mail programs expect it: "Re:" once, and the words that are answered below ours, quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence

SUBJECT_CHARS = 300
QUOTED_LINES = 400  # of the mail that is answered; the rest is cut and says so
_LINE = 76
# What mail programs of many languages put before the subject of an answer or of a mail passed on, perhaps with a number.
_MARKS = re.compile(
    r"(?:\s*(?:re|aw|antw|antwort|sv|vs|ref|rv|res|odp|ynt|回复|回覆|答复|답장|fwd?|wg|tr|vb|enc|rif|i|doorst|vl|转发|轉寄)(?:\[\d{1,3}\]|\^\d{1,3}|\(\d{1,3}\))?\s*[:：])+\s*",
    re.IGNORECASE,
)


def answer_subject(subject: str) -> str:
    """ "Re: …" once, whatever stands before it: "AW: RE[2]: Invoice" gives "Re: Invoice"; of none "Re: your message"."""
    plain = " ".join(subject.split())
    match = _MARKS.match(plain)
    rest = plain[match.end() :] if match else plain
    return f"Re: {rest or 'your message'}"[:SUBJECT_CHARS]


def quoted_below(text: str, who: str, when: str) -> str:
    """The words answered, each line marked, under one that says who wrote them when: what stands below an answer."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    cut = lines[:QUOTED_LINES]
    marked = [f"> {line}".rstrip() if line.strip() else ">" for long in cut for line in _folded(long)]
    if len(lines) > len(cut):
        marked.append("> […]")
    return "\n".join([f"On {when}, {who} wrote:", *marked])


def with_quote(answer: str, quote: str) -> str:
    """An answer as it is sent: our words, a blank line, the quote."""
    return f"{answer.rstrip()}\n\n{quote}\n" if quote else f"{answer.rstrip()}\n"


def chain(ids: Sequence[str]) -> tuple[str, ...]:
    """The References of an answer: the first id, which begins the thread, and the last nineteen, each once."""
    known = [each for each in dict.fromkeys(ids) if each]
    return tuple(known if len(known) <= 20 else [known[0], *known[-19:]])


def _folded(line: str) -> list[str]:
    """A long line in lines that stay readable when quoted; words without blanks stay whole."""
    if len(line) <= _LINE or line.startswith(">"):
        return [line]
    found, now = [], ""
    for word in line.split(" "):
        if now and len(now) + 1 + len(word) > _LINE:
            found.append(now)
            now = word
        else:
            now = f"{now} {word}" if now else word
    return [*found, now]
