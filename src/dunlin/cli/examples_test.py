"""`dunlin examples`: passed, failed and unknown are told apart, and a failure is an exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import typed
from tests.typed import differences, documented, dunlin

CASES = """
cases:
- {id: right, topic: dso.simple, inputs: {receivables: '15000', credit_sales: '10000', days: 30}, expected: {dso: '45.00'}}
- {id: wrong, topic: dso.simple, inputs: {receivables: '15000', credit_sales: '10000', days: 30}, expected: {dso: '44.00'}}
- {id: odd, topic: dso.simple, inputs: {receivables: 'much'}, expected: {dso: '44.00'}}
- {id: new, topic: weather.tomorrow, inputs: {}, expected: {rain: true}}
"""


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.yaml"
    path.write_text(CASES, encoding="utf-8")
    return path


def test_passed_failed_and_unknown_are_counted_by_topic(cases: Path) -> None:
    told = dunlin("examples", cases, "--json")
    assert told.status == 1
    assert told.json == {
        "topics": {
            "dso.simple": {"passed": 1, "failed": ["wrong", "odd"], "unknown": 0},
            "weather.tomorrow": {"passed": 0, "failed": [], "unknown": 1},
        }
    }
    assert differences(documented("examples"), told.json) == []
    text = dunlin("examples", cases)
    assert text.status == 1
    assert "failed: wrong, odd" in text.out
    assert "1 unknown" in text.out


def test_an_unknown_topic_alone_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text(
        "cases:\n- {id: new, topic: weather.tomorrow, inputs: {}, expected: {}}\n", encoding="utf-8"
    )
    assert dunlin("examples", path).status == 0


@pytest.mark.parametrize("text", ["- not a mapping", "cases: [", "", "\xff"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text(text, encoding="latin-1")
    assert dunlin("examples", path).refusal == (2, "file_not_understood")


def test_it_needs_no_database(cases: Path, tmp_path: Path) -> None:
    told = typed.process(
        tmp_path / "nothing",
        "examples",
        cases,
        "--json",
        DUNLIN_DATABASE_URL="postgresql://x@127.0.0.1:1/none",
    )
    assert told.status == 1
    assert "dso.simple" in told.json["topics"]
    assert not (tmp_path / "nothing").exists()
