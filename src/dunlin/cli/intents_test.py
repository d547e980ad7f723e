"""`dunlin intents eval`: the figures on mails whose meaning is known, and lines that are not as they should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import shared_data
from tests.typed import documented, dunlin

LINE = {
    "id": "A", "received": "2025-09-22T10:00:00", "from": "ap@c.example", "subject": "Re: INV-1", "body": "INV-1044 will be paid on Friday, $400.",
    "attachments": [], "lang": "en", "intents": ["promise_to_pay"], "primary": "promise_to_pay",
    "entities": {"invoice_numbers": ["INV-1044"], "amounts": [{"value": 400, "currency": "USD"}], "dates": ["2025-09-26"], "contacts": [],
                 "promise": {"date": "2025-09-26", "amount": 400}},
}  # fmt: skip
OTHER = LINE | {
    "body": "We dispute this.", "lang": "en", "intents": ["already_paid"], "primary": "already_paid", "subject": "x", "entities": None,
}  # fmt: skip

pytestmark = [pytest.mark.req("D10"), pytest.mark.req("B5")]


def written(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "mails.jsonl"
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8"
    )
    return path


def test_the_figures_are_what_they_say(tmp_path: Path) -> None:
    told = dunlin("intents", "eval", written(tmp_path, LINE, "", OTHER), "--json").json
    assert (told["mails"], told["top1_in_set"], told["primary_accuracy"], told["macro_f1"]) == (
        2,
        0.5,
        0.5,
        0.5,
    )
    assert told["entity_f1"] == {"invoice_numbers": 1.0, "amounts": 1.0, "dates": 1.0, "promise": 1.0}
    assert told["per_intent"]["promise_to_pay"] == {
        "mails": 1,
        "found": 1,
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
    }
    assert told["per_intent"]["already_paid"]["recall"] == 0.0
    assert told["per_intent"]["bounce"] == {
        "mails": 0,
        "found": 0,
        "precision": None,
        "recall": None,
        "f1": None,
    }
    assert told["confusion"] == {"promise_to_pay": {"promise_to_pay": 1}, "already_paid": {"dispute": 1}}
    assert told["by_language"]["en"]["mails"] == 2
    assert set(told) == set(documented("intents eval"))


def test_people_get_a_table(tmp_path: Path) -> None:
    out = dunlin("intents", "eval", written(tmp_path, LINE, OTHER)).out
    assert "2 mails" in out
    assert "already_paid                 1          -    0.000   0.000   dispute: 1" in out


def test_no_mail_is_no_figure(tmp_path: Path) -> None:
    told = dunlin("intents", "eval", written(tmp_path), "--json").json
    assert (told["mails"], told["macro_f1"], told["handled_at_95"], told["mails_per_second"]) == (
        0,
        None,
        None,
        None,
    )
    assert dunlin("intents", "eval", written(tmp_path)).status == 0


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        "null",
        {key: value for key, value in LINE.items() if key != "body"},
        LINE | {"body": 5},
        LINE | {"received": "soon"},
        LINE | {"intents": ["joy"]},
        LINE | {"intents": []},
        LINE | {"entities": {"amounts": [{"value": "much", "currency": "USD"}]}},
        LINE | {"entities": {"amounts": [{"value": 1, "currency": "XXX"}]}},
        LINE | {"attachments": 5},
    ],
)
def test_a_line_that_is_not_as_it_should_be_is_named(tmp_path: Path, line: object) -> None:
    told = dunlin("intents", "eval", written(tmp_path, LINE, line))
    assert told.refusal == (2, "file_not_understood")
    assert "line 2" in told.err


def test_a_missing_file_and_a_wrong_currency_are_refused(tmp_path: Path) -> None:
    assert dunlin("intents", "eval", tmp_path / "none.jsonl").refusal == (2, "file_unknown")
    assert dunlin("intents", "eval", written(tmp_path, LINE), "--currency", "XXX").status == 2


def test_the_visible_sample_none_of_which_was_learnt_from_is_understood() -> None:
    told = dunlin("intents", "eval", shared_data.require("data/emails_intent.jsonl"), "--json").json
    assert told["top1_in_set"] >= 0.95
    assert told["macro_f1"] >= 0.95
    assert told["handled_at_95"] >= 0.9
    assert told["handled_alone"]["precision"] >= 0.95
    assert told["calibration_error"] <= 0.05
    for intent in ("legal_threat", "bounce", "out_of_office"):
        assert told["per_intent"][intent]["recall"] == 1.0
    for kind in ("invoice_numbers", "amounts", "dates"):
        assert told["entity_f1"][kind] >= 0.95
