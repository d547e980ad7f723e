"""The linear model: one weight a name of evidence and intent, learnt offline by examples/mail_words/train.py, read once.

Shipped as whole numbers from -127 to 127 with one scale; no arithmetic is done on mail here but sums.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
import numpy.typing as npt

from dunlin.rules.intents.evidence import place_of
from dunlin.rules.intents.kinds import INTENTS


@dataclass(frozen=True, slots=True)
class Weights:
    """`table[name's place, intent]`; `bias`; `slope` and `shift` turn a score into how often it is right."""

    table: npt.NDArray[np.int8]
    scale: float
    bias: npt.NDArray[np.float64]
    slope: float
    shift: float
    corpus: str


@cache
def weights() -> Weights:
    """The shipped weights."""
    with as_file(files("dunlin.rules.intents") / "weights.npz") as path, np.load(path) as stored:
        table = np.zeros((int(stored["space"]), len(INTENTS)), np.int8)
        table[stored["rows"]] = stored["values"]
        return Weights(
            table,
            float(stored["scale"]),
            stored["bias"],
            float(stored["slope"]),
            float(stored["shift"]),
            str(stored["corpus"]),
        )


def scores(names: Collection[str]) -> npt.NDArray[np.float64]:
    """One score an intent (log odds) for a set of names; a name counts once."""
    known = weights()
    rows = np.fromiter({place_of(name) for name in names}, np.int64)
    if not len(rows):
        return known.bias.copy()
    return known.table[rows].sum(0, dtype=np.int64) * (known.scale / len(rows) ** 0.5) + known.bias


def heaviest(names: Sequence[tuple[str, int, int]], intent: int) -> list[tuple[str, int, int]]:
    """The evidence for an intent, the weightiest first."""
    table = weights().table
    weighed = [(int(table[place_of(name), intent]), name, start, end) for name, start, end in names]
    weighed.sort(key=lambda each: -each[0])
    return [(name, start, end) for weight, name, start, end in weighed if weight > 0]
