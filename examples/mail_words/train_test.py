"""The shipped weights: learnt from the sentences that stand here, the same again, and good on mails written apart."""

from __future__ import annotations

import numpy as np
import pytest

from dunlin.rules.intents import understand
from dunlin.rules.intents.measure import Known, measured
from dunlin.rules.intents.weights import weights

from . import train
from .corpus import LANGUAGES, digest, lines, written_mails

pytestmark = [pytest.mark.req("D10"), pytest.mark.req("H7")]


def figures(name: str) -> dict:
    cases = [
        (Known(frozenset(wanted), wanted[0], language, None), understand(mail))
        for mail, wanted, language in written_mails(name)
    ]
    return measured(cases)


def test_the_shipped_weights_were_learnt_from_the_sentences_that_stand_here() -> None:
    assert weights().corpus == digest()
    assert train.TARGET.stat().st_size < 2_000_000


def test_every_language_says_every_intent() -> None:
    written = {(line.language, line.intent) for line in lines()}
    missing = {
        (language, intent)
        for language in LANGUAGES
        for intent in train.INTENTS
        if (language, intent) not in written and (language, intent) != ("tl", "bounce")
    }
    assert missing == set()


def test_no_mail_measured_on_is_a_sentence_learnt_from() -> None:
    learnt = {line.text.strip(" .?!").lower() for line in lines()}
    for name in ("unseen.txt", "fresh.txt"):
        assert not [
            mail.body for mail, _, _ in written_mails(name) if mail.body.strip(" .?!").lower() in learnt
        ]


@pytest.mark.parametrize("name, macro, top", [("unseen.txt", 0.95, 0.97), ("fresh.txt", 0.85, 0.88)])
def test_mails_of_other_wording_are_understood(name: str, macro: float, top: float) -> None:
    told = figures(name)
    assert told["macro_f1"] >= macro
    assert told["top1_in_set"] >= top
    assert told["handled_alone"]["precision"] >= 0.95
    for intent in ("legal_threat", "bounce", "out_of_office"):
        assert told["per_intent"][intent]["recall"] == 1.0


@pytest.mark.slow
def test_learning_again_gives_the_same_weights() -> None:
    rows, values, bias, _ = train.learn()
    with np.load(train.TARGET) as shipped:
        assert np.array_equal(shipped["rows"], rows)
        assert np.array_equal(shipped["values"], values)
        assert np.allclose(shipped["bias"], bias)
