"""How well mail is understood, measured on mails whose meaning is known: figures with their definitions (D10).

A mail counts as handled alone when its primary proposal is as sure as wanted and may act without a person. See docs/rules/intents.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dunlin.rules.intents.kinds import ALONE_FROM, INTENTS, Entities, Understanding

KINDS = ("invoice_numbers", "amounts", "dates", "promise")
_BINS = 10


@dataclass(frozen=True, slots=True)
class Known:
    """A mail's true meaning: intents, the first one to answer, and per kind the entities as text ("2500.00 USD", "2026-01-20")."""

    intents: frozenset[str]
    primary: str
    language: str
    entities: Mapping[str, Sequence[str]] | None


def named(entities: Entities) -> dict[str, list[str]]:
    """Entities as the texts that are compared."""
    promise = entities.promise
    told = promise is not None and (promise.on is not None or promise.amount is not None)
    return {
        "invoice_numbers": list(entities.invoice_numbers),
        "amounts": [f"{each.plain} {each.currency}" for each in entities.amounts],
        "dates": [each.isoformat() for each in entities.dates],
        "promise": [f"{promise.on} {promise.amount.plain if promise.amount is not None else None}"]
        if promise is not None and told
        else [],
    }


def measured(pairs: Iterable[tuple[Known, Understanding]]) -> dict[str, Any]:
    """All figures over the pairs; shares are 0..1, None where nothing was there to be found."""
    cases = list(pairs)
    per_intent = {intent: _counts(cases, intent) for intent in INTENTS}
    present = [told["f1"] for told in per_intent.values() if told["mails"]]
    proposals = [
        (each.confidence, each.intent in known.intents) for known, got in cases for each in got.intents
    ]
    return {
        "mails": len(cases),
        "macro_f1": _share(sum(present), len(present)),
        "top1_in_set": _share(sum(got.primary in known.intents for known, got in cases), len(cases)),
        "primary_accuracy": _share(sum(got.primary == known.primary for known, got in cases), len(cases)),
        "handled_at_95": _handled(cases),
        "handled_alone": _alone(cases),
        "calibration_error": _calibration(proposals),
        "entity_f1": {kind: _entity(cases, kind) for kind in KINDS},
        "per_intent": per_intent,
        "by_language": {
            language: _language([each for each in cases if each[0].language == language])
            for language in sorted({known.language for known, _ in cases})
        },
        "confusion": _confusion(cases),
    }


def _counts(cases: Sequence[tuple[Known, Understanding]], intent: str) -> dict[str, Any]:
    true = found = both = 0
    for known, got in cases:
        here, there = intent in known.intents, any(each.intent == intent for each in got.intents)
        true, found, both = true + here, found + there, both + (here and there)
    return {
        "mails": true,
        "found": found,
        "precision": _share(both, found),
        "recall": _share(both, true),
        "f1": round(2 * both / (true + found), 4) if true + found else None,
    }


def _handled(cases: Sequence[tuple[Known, Understanding]]) -> float | None:
    """The largest share of mails, the surest first, of whose primary proposals 95 in 100 are right."""
    ranked = sorted(cases, key=lambda case: -case[1].intents[0].confidence)
    right, best = 0, 0
    for count, (known, got) in enumerate(ranked, 1):
        right += got.primary in known.intents
        if right >= 0.95 * count:
            best = count
    return _share(best, len(cases))


def _alone(cases: Sequence[tuple[Known, Understanding]]) -> dict[str, Any]:
    """What the shipped limit lets go by itself, and how often that is right."""
    gone = [(known, got) for known, got in cases if got.intents[0].may_act_alone]
    right = sum(got.primary in known.intents for known, got in gone)
    return {
        "confidence": ALONE_FROM,
        "share": _share(len(gone), len(cases)),
        "precision": _share(right, len(gone)),
    }


def _calibration(proposals: Sequence[tuple[float, bool]]) -> float | None:
    """Expected calibration error in ten bins: the mean distance of what is said from what is so."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in proposals:
        bins.setdefault(min(int(confidence * _BINS), _BINS - 1), []).append((confidence, right))
    off = sum(abs(sum(said for said, _ in each) - sum(right for _, right in each)) for each in bins.values())
    return _share(off, len(proposals))


def _entity(cases: Sequence[tuple[Known, Understanding]], kind: str) -> float | None:
    """F1 of exact values, each counted as often as it stands."""
    true = found = both = 0
    for known, got in cases:
        if known.entities is None:
            continue
        wanted, had = Counter(known.entities[kind]), Counter(named(got.entities)[kind])
        true, found, both = true + wanted.total(), found + had.total(), both + (wanted & had).total()
    return round(2 * both / (true + found), 4) if true + found else None


def _language(cases: Sequence[tuple[Known, Understanding]]) -> dict[str, Any]:
    return {
        "mails": len(cases),
        "top1_in_set": _share(sum(got.primary in known.intents for known, got in cases), len(cases)),
        "primary_accuracy": _share(sum(got.primary == known.primary for known, got in cases), len(cases)),
        "recognised": _share(sum(got.language == known.language for known, got in cases), len(cases)),
    }


def _confusion(cases: Sequence[tuple[Known, Understanding]]) -> dict[str, dict[str, int]]:
    table: dict[str, Counter[str]] = {}
    for known, got in cases:
        table.setdefault(known.primary, Counter())[got.primary] += 1
    return {intent: dict(sorted(table[intent].items())) for intent in INTENTS if intent in table}


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
