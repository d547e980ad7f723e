"""The words of :86:: sub-fields of German and Polish banks (?20, <20), codes between slashes, plain lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dunlin.formats.bank_codes import GVC_RETURNS

_STRUCTURED = re.compile(r"\s*(\d{3})\s*(?=\?\d\d)")
_PART = re.compile(r"\?(\d\d)([^?]*)")
_WORDS = {*(f"{number}" for number in range(20, 30)), *(f"{number}" for number in range(60, 64))}
_MARKED = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|RREF|RTRN)\s?\+|(MTLG):")
_SLASHED = re.compile(
    r"/(EREF|REMI|ORDP|BENM|CNTP|RTRN|MARF|PREF|IREF|KREF|SVWZ|TRCD|NAME|IBAN|BIC|ID|ADDR|ORDB|CSID|PURP|ULTD|ULTB|USTD|STRD|ISDT|CHGS|OCMT|EXCH|INIT)/"
)


@dataclass(frozen=True, slots=True)
class Details:
    """What :86: tells; `came_back` when its transaction code is that of a return."""

    text: str = ""
    name: str = ""
    ultimate: str = ""
    account: str = ""
    end_to_end_id: str = ""
    return_code: str = ""
    came_back: bool = False


def details_of(words: list[str]) -> Details:
    """What the :86: lines of one entry tell."""
    if not words:
        return Details()
    # Sub-fields are broken at a fixed width, anywhere in a word; so their lines join without a blank.
    joined = words[0].replace("\n", "")
    start = _STRUCTURED.match(joined)
    if start is not None:
        return _structured(start[1], joined[start.end() :])
    text = "\n".join(words)
    marks = _split(_SLASHED, text.replace("\n", ""))
    if len(marks) > 1:
        return _slashed(marks, text)
    return Details(text=text)


def _structured(code: str, rest: str) -> Details:
    parts: dict[str, list[str]] = {}
    for number, words in _PART.findall(rest):
        parts.setdefault(number, []).append(words)
    purpose = "".join(words for number, many in parts.items() if number in _WORDS for words in many)
    marks = _split(_MARKED, purpose)
    came_back = code in GVC_RETURNS
    words = (
        [marks.get(mark, "").strip() for mark in ("SVWZ", "MTLG")] if len(marks) > 1 else [purpose.strip()]
    )
    words = [marks[""].strip(), *words] if len(marks) > 1 else words
    return Details(
        text=" ".join(filter(None, words)) or _first(parts, "00"),
        name="".join(_joined(parts, number) for number in ("32", "33")).strip(),
        ultimate=marks.get("ABWA", "").strip(),
        account=_first(parts, "31").strip() or _first(parts, "38").strip(),
        end_to_end_id=_given(marks.get("EREF", "")),
        return_code=_first(parts, "34").strip() if came_back else "",
        came_back=came_back,
    )


def _slashed(marks: dict[str, str], whole: str) -> Details:
    party = marks.get("CNTP", "").split("/")
    name = marks.get("NAME", "") or (party[2] if len(party) > 2 else "")
    account = marks.get("IBAN", "") or party[0]
    words = marks.get("REMI", "") or marks.get("USTD", "") or marks.get("SVWZ", "")
    words = re.sub(r"\A/?(USTD|STRD)?/+|/+\Z", "", words.strip())
    return Details(
        text=words or whole,
        name=name.strip("/ "),
        ultimate=marks.get("ULTD", "").strip("/ "),
        account=account.strip("/ "),
        end_to_end_id=_given(marks.get("EREF", "").strip("/ ")),
        return_code=marks.get("RTRN", "").strip("/ "),
        came_back="RTRN" in marks,
    )


def _split(marks: re.Pattern[str], text: str) -> dict[str, str]:
    """Mark → the words after it; under "" what stands before the first one. The first of a mark counts, unless it is empty."""
    found = list(marks.finditer(text))
    parts = {"": text[: found[0].start()] if found else text}
    for at, each in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        mark = next(group for group in each.groups() if group)
        if not parts.get(mark):
            parts[mark] = text[each.end() : end]
    return parts


def _first(parts: dict[str, list[str]], number: str) -> str:
    return parts.get(number, [""])[0]


def _joined(parts: dict[str, list[str]], number: str) -> str:
    return "".join(parts.get(number, []))


def _given(text: str) -> str:
    text = text.strip()
    return "" if text.upper() in ("NOTPROVIDED", "NONREF") else text
