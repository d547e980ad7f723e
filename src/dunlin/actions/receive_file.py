"""Take in an uploaded file: kept under its fingerprint, out of the way of the web, and only when it can be read as a table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from dunlin.actions.choose_mapping import opened
from dunlin.actions.doing import Who
from dunlin.actions.import_file import may_import, store_file
from dunlin.records.models import ImportRun
from dunlin.rules.codes import Refused

UPLOAD_BYTES_MAX = 256 << 20
_MEGABYTE = 1 << 20
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def receive_file(who: Who, stream: BinaryIO, name: str, size: int) -> str:
    """The fingerprint under which the file is kept. `size` in bytes.

    Refused: not_permitted, file_too_big, file_not_understood; what was refused is not kept.
    """
    may_import(who)
    if size > UPLOAD_BYTES_MAX:
        raise Refused("file_too_big", file=name, size=size // _MEGABYTE, limit=UPLOAD_BYTES_MAX // _MEGABYTE)
    kept = store_file(stream)
    try:
        opened(kept, None, name)
    except Refused:
        if not ImportRun.objects.filter(sha256=kept.name).exists():
            kept.unlink(missing_ok=True)
        raise
    return kept.name


def received(fingerprint: str) -> Path:
    """Where a received file is kept. Refused: file_unknown, also for anything that is no fingerprint."""
    path = Path(settings.MEDIA_ROOT) / "imports" / fingerprint
    if not _FINGERPRINT.fullmatch(fingerprint) or not path.is_file():
        raise Refused("file_unknown", file=fingerprint[:64] or "without a name")
    return path
