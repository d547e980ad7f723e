"""A mail in sentences, each with its place: the unit a proposal quotes (B5)."""

from __future__ import annotations

import re

# An end of sentence: a mark before a space, a wide mark, or a line end. "20.08." and "no. 5" are none (see _ABBREVIATED).
_END = re.compile(r"[.!?…]+[\"')\]]*(?=\s|$)|[。！？；;]+|\n+|(?<=[\u3040-\u9fff])[.!?]")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(])(?:no|nr|n|num|inv|invs|approx|st|dr|mr|mrs|ms|m|sr|sra|dra|bzw|z|b|ca|evtl|inkl|zzgl|ggf|d|h|u|a|s|p|o|ref|fact|fac|rg|"
    r"re|vs|etc|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|tel|art|q|ud|uds|vd|vds|co|ltd|inc|int|nro|fra|ft|c)\.$"
)
_WRAPPED = 58
_CLOSING = re.compile(
    r"^\W*(?:(?:kind|best|warm|with|many|mit|met|viele|beste|herzliche|freundliche)?\s?(?:regards|best|sincerely|cheers|yours|br|rgds|thanks|thank you|"
    r"thx|mfg|lg|vg|(?:freundlichen?\s)?gru(?:s|ß)\w*|saludos?|atentamente|atte|cordiales?\s?saludos?|un saludo|cordialement|bien a vous|sinceres salutations|"
    r"salutations|cordiali saluti|distinti saluti|saluti|atenciosamente|att|abracos?|cumprimentos|groet\w*|vriendelijke groet\w*|"
    r"pozdrawiam|z powazaniem|s pozdravem|med vanlig[ea]? halsning\w*|mvh|hilsen|med venlig hilsen|vennlig hilsen|saygilarimla|iyi calismalar|"
    r"с уважением|敬具|此致|よろしく\w*|감사합니다|salamat\w*|merci|gracias|danke|obrigad[oa]|grazie|bedankt|dzieki|dekuji))\b[\w ,]{0,30}[,.!]*\s*$"
)


def sentences(folded: str, start: int, end: int) -> list[tuple[int, int]]:
    """(start, end) of the sentences of folded[start:end], trimmed. A line broken by the mail program goes on in the next."""
    spans: list[tuple[int, int]] = []
    begin = start
    for match in _END.finditer(folded, start, end):
        mark = match[0]
        if mark[0] == "\n" and len(mark) == 1 and _goes_on(folded, match.start(), end):
            continue
        if mark == ".":
            before = folded[max(begin, match.start() - 8) : match.end()]
            if _ABBREVIATED.search(before) and match.end() < end:
                continue
            if before[-2:-1].isdigit() and _figure_goes_on(folded, match.end()):
                continue
        _add(spans, folded, begin, match.end())
        begin = match.end()
    _add(spans, folded, begin, end)
    return spans


# Words that join two things said; what stands on either side is also heard alone.
_JOINED = re.compile(
    r"[,;:]\s|[，、；]|\s(?:and|but|however|also|so|y|e|et|und|pero|mas|mais|ma|aber|sowie|ou|oder|en|maar|ale|i|a|at|pero|tambien|aussi|auch|och|og|men|ve|ama|"
    r"и|но|if|si|wenn|se|kung)\s|\s?[()]\s?"
)


def clauses(folded: str, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of a sentence, where it has more than one and not too many to be a list."""
    spans: list[tuple[int, int]] = []
    begin = start
    for match in _JOINED.finditer(folded, start, end):
        if match.start() - begin >= 8:
            spans.append((begin, match.start()))
            begin = match.end()
    spans.append((begin, end))
    return spans if 1 < len(spans) <= 8 else []


def signature_start(folded: str, start: int) -> int:
    """Where the closing line stands ("Kind regards,"), else the end: figures after it are no invoice numbers."""
    at = len(folded)
    where = start
    lines = folded[start:].split("\n")
    if len([line for line in lines if line.strip()]) < 2:
        return at
    for index, line in enumerate(lines):
        if index and len(line) < 60 and _CLOSING.match(line.strip()):
            return where
        where += len(line) + 1
    return at


def _figure_goes_on(folded: str, at: int) -> bool:
    """ "am 20. August", "am 15. zahlen": a figure with its point, and more of the sentence after it."""
    rest = folded[at : at + 3].lstrip(" ")
    return (
        bool(rest)
        and rest[0].isalpha()
        and folded[at : at + 1] == " "
        and bool(re.match(r"\s(?:[a-z]{3,}|[а-я]{3,})", folded[at : at + 5]))
    )


def _goes_on(folded: str, at: int, end: int) -> bool:
    line = folded.rfind("\n", 0, at) + 1
    if at - line < _WRAPPED or at + 1 >= end:
        return False
    return folded[at + 1].isalnum()


def _add(spans: list[tuple[int, int]], folded: str, start: int, end: int) -> None:
    while start < end and folded[start].isspace():
        start += 1
    while end > start and folded[end - 1].isspace():
        end -= 1
    if any(map(str.isalnum, folded[start:end])):
        spans.append((start, end))
