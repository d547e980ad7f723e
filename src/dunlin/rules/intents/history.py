"""What the customer wrote now: quoted history, old headers and the signature's delimiter are found line by line (B5).

The words in a quote are ours: "dispute" in our own reminder is no dispute. Where nothing new stands above a forwarded mail, the
forwarded text is what was sent and is read.
"""

from __future__ import annotations

import re

# Names of the header lines mail programs write above a quote, folded.
_FROM = r"from|von|de|da|van|od|fra|fran|kimden|gonderen|от|差出人|寄件者|发件人|보낸 사람|من|mula kay|expediteur|remitente|mittente|afzender|nadawca"
_OTHERS = (
    r"sent|date|to|subject|cc|gesendet|datum|an|betreff|enviado(?: el| em)?|fecha|para|asunto|envoye(?: le)?|a|objet|inviato|data|"
    r"oggetto|assunto|verzonden|aan|onderwerp|wyslano|do|temat|odeslano|komu|predmet|sendt|til|emne|skickat|till|amne|gonderildi|"
    r"tarih|kime|konu|отправлено|дата|кому|тема|送信日時|宛先|件名|发送时间|收件人|主题|보낸 날짜|받는 사람|제목|petsa|kay|paksa"
)
_HEADER = re.compile(rf"^[ *_]*(?:{_FROM})[ *]*[:：]", re.IGNORECASE)
_OTHER_HEADER = re.compile(rf"^[ *_]*(?:{_OTHERS})[ *]*[:：]", re.IGNORECASE)
_DIVIDER = re.compile(
    r"^[ >]*(?:-{2,}|_{2,}|={2,}|\*{2,})\s*(?:original|ursprung|mensaje|mensagem|message|messaggio|oorspronkelijk|wiadomosc|oprindelig|"
    r"opprinnelig|puvodni|forwarded|weitergeleitet|reenviado|transfere|inoltrato|doorgestuurd|пересл|исходн|orijinal|原始|元の|begin "
    r"forwarded|zitat|reply|antwort|quoted|original)",
    re.IGNORECASE,
)
# "On Monday … wrote:" in the tongues mail programs speak; the verb is what tells it, near the end of the line.
_WROTE = re.compile(
    r"(?:wrote|writes|schrieb(?: am)?|escribio|a ecrit|ha scritto|escreveu|schreef|napisal\(?a?\)?|napsal\(?a?\)?|skrev|yazdi|пишет|"
    r"писал\(?а?\)?|написал\(?а?\)?|写道|書きました|작성|كتب|isinulat|sumulat)[^\n]{0,80}[:：]\s*$"
    r"|(?:^|\s)(?:schrieb|skrev)\s[^\n]{0,80}[:：]\s*$"
)
_OPENS = re.compile(
    r"^[ >]*(?:on|am|el|le|il|em|op|den|dnia|w dniu|dne|pa|tarihinde|em|no|al|on the|[\d<\"]|\d{1,4}[年./-])"
)
_SIGNATURE = re.compile(r"^--\s*$|^_{8,}\s*$|^(?:sent from|gesendet von|enviado desde|envoye de|inviato da|enviado do) (?:my|mei|mi|mon|meu|il mio)")  # fmt: skip
_MARKED = re.compile(r"^\s{0,3}(?:>|\|\s)")


def new_lines(lines: list[str]) -> list[bool]:
    """Which of the folded lines were written now. All False never comes back for a mail with words: then the quote is read."""
    kept = [True] * len(lines)
    in_headers = False
    for at, line in enumerate(lines):
        if _MARKED.match(line):
            kept[at] = False
            continue
        if _starts_quote(lines, at):
            marked_below = any(_MARKED.match(each) for each in lines[at + 1 : at + 4])
            if marked_below and _WROTE.search(_two(lines, at)):
                kept[at] = False
                if not _WROTE.search(line) and at + 1 < len(lines):
                    in_headers = True
                continue
            for rest in range(at, len(lines)):
                kept[rest] = False
            break
        if in_headers:
            kept[at], in_headers = False, False
        if _SIGNATURE.match(line.strip()):
            end = next((n for n in range(at + 1, len(lines)) if _MARKED.match(lines[n])), len(lines))
            for rest in range(at, end):
                kept[rest] = False
            if end == len(lines):
                break
    if any(keep and any(map(str.isalnum, line)) for keep, line in zip(kept, lines)):
        return kept
    return [not _is_header(line) for line in lines]


def _starts_quote(lines: list[str], at: int) -> bool:
    line = lines[at]
    if len(line) > 400:
        return False
    if _DIVIDER.match(line):
        return True
    if _HEADER.match(line):
        below = [each for each in lines[at + 1 : at + 6] if each.strip()][:4]
        return sum(bool(_OTHER_HEADER.match(each)) for each in below) >= 1
    return bool(_OPENS.match(line) and _WROTE.search(_two(lines, at)))


def _two(lines: list[str], at: int) -> str:
    """A "wrote" line, or one broken into two by the mail program."""
    line = lines[at].rstrip()
    if line.endswith((":", "：")) or at + 1 == len(lines):
        return line
    return f"{line} {lines[at + 1].strip()}"[:500]


def _is_header(line: str) -> bool:
    return bool(_HEADER.match(line) or _OTHER_HEADER.match(line) or _DIVIDER.match(line) or not line.strip())
