"""Card numbers taken out of a mail before anything of it is stored: text, HTML, subject, text files, the raw bytes themselves.

DOMAIN section 5, invariant 38. A mail without one is left byte for byte as it came.
"""

from __future__ import annotations

import base64
import io
from email import policy
from email.generator import BytesGenerator
from email.message import Message

from dunlin.formats.mail_charsets import decode_text
from dunlin.formats.mail_headers import decoded
from dunlin.formats.mail_html import text_of_html
from dunlin.formats.mail_parts import DEPTH_MAX, parse_tree, payload_bytes
from dunlin.rules.masking import mask_card_numbers

# Headers people write or that repeat what they wrote. Ids and dates are left: digits in them are no cards.
_WRITTEN = ("subject", "thread-topic", "comments", "keywords", "from", "to", "cc")


def without_cards(raw: bytes) -> tuple[bytes, bool]:
    """The mail with every card number masked, and whether there was one. Never raises on content.

    Parts that are no text (PDF, pictures) are not looked into.
    """
    tree, _ = parse_tree(raw)
    if not _mask_tree(tree):
        return raw, False
    out = io.BytesIO()
    try:
        BytesGenerator(out, mangle_from_=False, maxheaderlen=0, policy=policy.compat32).flatten(tree)
        written = out.getvalue()
    except (RecursionError, ValueError, IndexError, KeyError, TypeError, LookupError, AttributeError):
        written = b""
    if written:
        again, _ = parse_tree(written)
        if not _mask_tree(again):
            return written, True
    return _text_alone(raw), True


def _mask_tree(tree: Message) -> bool:
    """Mask in place; whether anything was."""
    found = False
    waiting = [(tree, 0)]
    while waiting:
        part, depth = waiting.pop()
        found = _mask_headers(part) or found
        payload = part.get_payload()
        if isinstance(payload, list):
            if depth < 4 * DEPTH_MAX:
                waiting.extend((child, depth + 1) for child in payload if isinstance(child, Message))
        elif (
            part.get_content_maintype() in ("text", "multipart")
            and part.get_content_type() != "text/rfc822-headers"
        ):
            found = _mask_text(part) or found
    return found


def _mask_headers(part: Message) -> bool:
    found = False
    for name in _WRITTEN:
        for value in part.get_all(name, []):
            plain = decoded(str(value))
            masked = mask_card_numbers(plain)
            if masked != plain:
                found = True
                del part[name]
                part[name] = _encoded(masked)
                break
    return found


def _encoded(text: str) -> str:
    if text.isascii():
        return text
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _mask_text(part: Message) -> bool:
    text, _ = decode_text(payload_bytes(part), str(part.get_content_charset("") or ""))
    masked = mask_card_numbers(text)
    is_html = part.get_content_type() == "text/html"
    if is_html:
        shown = text_of_html(masked)
        plain = mask_card_numbers(shown)
        if plain != shown:  # written across tags or entities: only its words are kept
            masked = f"<pre>{plain.replace('&', '&amp;').replace('<', '&lt;')}</pre>"
    if masked == text:
        return False
    for name in ("content-transfer-encoding", "content-type"):
        del part[name]
    part["Content-Type"] = f'{"text/html" if is_html else "text/plain"}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.encodebytes(masked.encode("utf-8", "replace")).decode("ascii"))
    return True


def _text_alone(raw: bytes) -> bytes:
    """Of a mail that cannot be written again part by part: all of it as one text, masked."""
    text, _ = decode_text(raw)
    return mask_card_numbers(text).encode("utf-8", "replace")
