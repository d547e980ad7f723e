"""Voicemails that come by mail: an audio file with few words, from a telephone system, with the number to call back (P14, B5)."""

from __future__ import annotations

import re
from collections.abc import Iterable

FEW_WORDS = 60
_SAYS_SO = re.compile(
    r"voice[ -]?mail|voice message|voicemessage|missed call|new message from|sprachnachricht|anrufbeantworter|mailbox-nachricht"
    r"|message vocal|messagerie vocale|buz[oó]n de voz|mensaje de voz|correo de voz|segreteria|messaggio vocale|messaggio di voce"
    r"|voicebericht|mensagem de voz|correio de voz|ボイスメール|留守番電話|语音留言|语音邮件",
    re.IGNORECASE,
)
_AUDIO_NAME = re.compile(r"\.(?:wav|mp3|m4a|amr|ogg|opus|aac|gsm|flac|wma|3gp)$", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.-])\+?\(?\d[\d\s().\u00a0/-]{5,22}\d(?![\w-])")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}:\d{2}(?::\d{2})?")


def is_voicemail(subject: str, sender: str, text: str, files: Iterable[tuple[str, str]]) -> bool:
    """Whether a mail is a voicemail. `files` are (name, media type). A sound with a long letter is a letter with a sound."""
    sound = any(kind.startswith("audio/") or _AUDIO_NAME.search(name) for name, kind in files)
    says_so = bool(_SAYS_SO.search(subject) or _SAYS_SO.search(sender))
    if sound:
        return says_so or len(text.split()) <= FEW_WORDS
    # A system that writes down what was said instead of enclosing it.
    return (
        says_so
        and bool(phone_in(f"{subject}\n{text[:500]}"))
        and not subject.lower().startswith(("re:", "aw:", "fw:"))
    )


def phone_in(text: str) -> str:
    """The first telephone number in the text, as written; "" when there is none."""
    for found in _NUMBER.finditer(_DATE.sub(" ; ", text[:5_000])):
        digits = digits_of(found[0])
        if 7 <= len(digits) <= 15:
            return " ".join(found[0].split()).strip(" -./")
    return ""


def digits_of(phone: str) -> str:
    """Only its digits."""
    return "".join(mark for mark in phone if mark.isascii() and mark.isdigit())
