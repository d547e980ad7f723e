"""Learn the weights of dunlin.rules.intents from the sentences of this folder: python -m examples.mail_words.train

One logistic model an intent over the same evidence, whole-batch Adam on numpy alone; the same seed gives the same weights. The
confidences are then set on fresh.txt, so that 0.9 means right nine times in ten.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from dunlin.rules.intents.evidence import SPACE, evidence, place_of
from dunlin.rules.intents.kinds import INTENTS, MailText
from dunlin.rules.intents.reading import read
from dunlin.rules.intents.understand import understand
from dunlin.rules.intents.weights import weights

from .corpus import RECEIVED, digest, mails, written_mails

TARGET = Path(__file__).parents[2] / "src/dunlin/rules/intents/weights.npz"
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


def save(
    learnt: tuple[np.ndarray, np.ndarray, np.ndarray, float], slope: float = 1.0, shift: float = 0.0
) -> None:
    """Write the weights where the package has them, and forget those read before."""
    rows, values, bias, scale = learnt
    with TARGET.open("wb") as stream:
        np.savez_compressed(
            stream,
            rows=rows,
            values=values,
            bias=bias,
            scale=scale,
            slope=slope,
            shift=shift,
            space=SPACE,
            corpus=digest(),
        )
    weights.cache_clear()


def confidence() -> tuple[float, float]:
    """(slope, shift) that make a score say how often it is right, on the mails of fresh.txt (Platt, with a ridge towards 1)."""
    scores, right = [], []
    for mail, wanted, _ in written_mails("fresh.txt"):
        for each in understand(mail).intents:
            said = min(max(each.confidence, 1e-4), 1 - 1e-4)
            scores.append(np.log(said / (1 - said)))
            right.append(float(each.intent in wanted))
    design, truth = np.c_[scores, np.ones(len(scores))], np.array(right)
    found = np.array([1.0, 0.0])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ found))
        slope = design.T @ (chance - truth) + 2.0 * (found - [1.0, 0.0]) * [1, 0.2]
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag([2.0, 0.4])
        found = found - np.linalg.solve(curve, slope)
    return round(float(found[0]), 4), round(float(found[1]), 4)


def main() -> None:
    """Learn, set the confidences, write."""
    learnt = learn()
    save(learnt)
    slope, shift = confidence()
    save(learnt, slope, shift)
    sys.stdout.write(f"{len(learnt[0])} names, {TARGET.stat().st_size} bytes, confidence {slope} {shift}\n")


if __name__ == "__main__":
    main()
