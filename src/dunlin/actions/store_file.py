"""Keep bytes under their fingerprint in the data folder, and read them back. The same bytes are kept once (A5)."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from dunlin.records.models import StoredFile
from dunlin.rules.codes import Refused


def store_bytes(content: bytes, type: str, at: datetime, refused: str = "") -> StoredFile:
    """The row of these bytes, made when they are new. `type` is their media type by their own signs; `refused` is the code why
    nobody may open them, "" when they may.

    The file is on disk before its row: after a crash there may be a file without a row, never a row without its file.
    """
    digest = hashlib.sha256(content).hexdigest()
    known = StoredFile.objects.filter(sha256=digest).first()
    if known is not None and path_of(known).is_file():
        return known
    path = _path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    arriving = path.with_name(f"{digest[:16]}.{uuid4().hex}.arriving")
    with arriving.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    arriving.replace(path)
    row, _ = StoredFile.objects.get_or_create(
        sha256=digest,
        defaults={"bytes": len(content), "type": type[:80], "refused": refused, "stored_at": at},
    )
    return row


def file_bytes(stored: StoredFile) -> bytes:
    """The bytes of a stored file. Refused: file_unknown when the data folder has lost it."""
    try:
        return path_of(stored).read_bytes()
    except OSError:
        raise Refused("file_unknown", file=stored.sha256[:16]) from None


def path_of(stored: StoredFile) -> Path:
    """Where the bytes lie."""
    return _path(stored.sha256)


def _path(digest: str) -> Path:
    # Two levels, so that no folder ever holds a million files.
    return Path(settings.MEDIA_ROOT) / "store" / digest[:2] / digest
