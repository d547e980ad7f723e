"""Bank details that must be written out whole one day: locked before they are stored, opened only by an action, which tells the diary.

Fernet (AES-128-CBC with HMAC-SHA256) of the library `cryptography`, its key derived from DUNLIN_DATA_KEY. Several keys, separated by
commas, let a key be changed: the first locks, all open.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from dunlin.rules.codes import Refused


def lock(details: Mapping[str, Any]) -> str:
    """The details as a text that says nothing without the key; the same details give another text each time."""
    return _fernet(settings.DATA_KEY).encrypt(json.dumps(dict(details), sort_keys=True).encode()).decode()


def unlock(locked: str) -> dict[str, str]:
    """The details. The caller writes a diary line. Refused: data_key_wrong, also when the details were left out of a copy of the books."""
    try:
        return dict(json.loads(_fernet(settings.DATA_KEY).decrypt(locked.encode())))
    except (InvalidToken, ValueError):
        raise Refused("data_key_wrong") from None


@lru_cache(maxsize=4)
def _fernet(keys: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(each.strip())) for each in keys.split(",") if each.strip()])


def _derived(key: str) -> bytes:
    made = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"dunlin bank details").derive(
        key.encode()
    )
    return base64.urlsafe_b64encode(made)
