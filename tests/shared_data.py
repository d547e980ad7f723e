"""Where real sample files lie, if they are on this machine: the folder DUNLIN_SHARED, or `shared` beside the checkout.

The files carry no licence of ours and are never copied into the project; a test that needs one skips when it is absent.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("DUNLIN_SHARED") or Path(__file__).resolve().parents[2] / "shared")


def require(path: str) -> Path:
    """The sample file or folder at `path` under the shared folder ("data/invoices/x.csv.gz"); skips the test if absent."""
    found = ROOT / path
    if not found.exists():
        pytest.skip(f"sample data {path} is not on this machine (set DUNLIN_SHARED)")
    return found
