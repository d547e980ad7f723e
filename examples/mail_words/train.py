"""Learn the weights of dunlin.rules.intents from the sentences of this folder: python -m examples.mail_words.train

One logistic model an intent over the same evidence, whole-batch Adam on numpy alone; the same seed gives the same weights. The
confidences are then set on unseen.txt, so that 0.9 means right nine times in ten.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import numpy as np

from dunlin.rules.intents.evidence import SPACE, evidence, place_of
from dunlin.rules.intents.kinds import INTENTS, MailText
from dunlin.rules.intents.reading import read

from .corpus import digest, mails

TARGET = Path(__file__).parents[2] / "src/dunlin/rules/intents/weights.npz"
RECEIVED = datetime(2025, 9, 22, 10)  # noqa: DTZ001
SEED, VARIANTS, ROUNDS, STEP, DECAY = 7, 6, 160, 0.12, 2e-5


def learn(rounds: int = ROUNDS) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """(rows, values, bias, scale): the weights as whole numbers, of the rows that are not all zero."""
    rows, starts, truths = _examples()
    used, places = np.unique(rows, return_inverse=True)
    lengths = np.diff(np.append(starts, len(rows)))
    root = 1.0 / np.sqrt(lengths)
    owner = np.repeat(np.arange(len(starts)), lengths)
    order = np.argsort(places, kind="stable")
    owners = owner[order]
    firsts = np.flatnonzero(np.r_[True, np.diff(places[order]) > 0])
    table = np.zeros((len(used), len(INTENTS)))
    bias = np.full(len(INTENTS), -2.0)
    moments = [np.zeros_like(table), np.zeros_like(table), np.zeros_like(bias), np.zeros_like(bias)]
    for step in range(1, rounds + 1):
        odds = np.add.reduceat(table[places], starts) * root[:, None] + bias
        miss = (1 / (1 + np.exp(-odds)) - truths) / len(starts)
        weighed = miss * root[:, None]
        slope = np.add.reduceat(weighed[owners], firsts) + DECAY * table
        for value, change, first, second in (
            (table, slope, moments[0], moments[1]),
            (bias, miss.sum(0), moments[2], moments[3]),
        ):
            first += 0.1 * (change - first)
            second += 0.01 * (change * change - second)
            value -= STEP * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    scale = float(np.abs(table).max()) / 127
    whole = np.rint(table / scale).astype(np.int8)
    kept = np.abs(whole).max(1) > 0
    return used[kept].astype(np.int32), whole[kept], bias, scale


def _examples() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows: list[int] = []
    starts: list[int] = []
    truths: list[list[float]] = []
    for text, intents, words in mails(SEED, VARIANTS):
        laid = read(MailText(RECEIVED, "", "", text, currency="USD"))
        names = {name for sentence in laid.sentences for name, _, _ in evidence(sentence, laid.folded)}
        if not words:
            names = {name for name in names if name[0] not in "wvx"}
        places = sorted({place_of(name) for name in names})
        if places:
            starts.append(len(rows))
            rows += places
            truths.append([float(intent in intents) for intent in INTENTS])
    return np.array(rows), np.array(starts), np.array(truths)


def save(slope: float = 1.0, shift: float = 0.0) -> None:
    """Learn and write."""
    rows, values, bias, scale = learn()
    np.savez_compressed(
        TARGET,
        rows=rows,
        values=values,
        bias=bias,
        scale=scale,
        slope=slope,
        shift=shift,
        space=SPACE,
        corpus=digest(),
    )
    sys.stdout.write(f"{len(rows)} names, {TARGET.stat().st_size} bytes\n")


if __name__ == "__main__":
    save()
