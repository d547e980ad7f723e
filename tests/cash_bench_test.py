"""A small simulated book through the whole road: the figures stay above the floors, and the scorer counts what is wrong."""

import json

import pytest

from bench.cash import main
from bench.cash_score import score

pytestmark = [pytest.mark.req("E2"), pytest.mark.trap(62)]
TRUTH = {
    "payment_id": "1", "scenario": "x", "lines": [{"invoice_id": "a", "amount": 70}, {"invoice_id": "b", "amount": 30}],
    "deductions": [], "unapplied": 5, "must_review": False, "ambiguous": {"b": ["c"]},
}  # fmt: skip


def told(decision="auto", a=70, other="b", unapplied=5):
    lines = [{"invoice_id": "a", "amount": a}, {"invoice_id": other, "amount": 30}]
    return {"payment_id": "1", "decision": decision, "lines": lines, "deductions": [], "unapplied": unapplied}


def test_every_invoice_and_every_cent():
    assert score([told()], [TRUTH])["all"]["precision_pct"] == 100
    assert score([told(other="c")], [TRUTH])["all"]["precision_pct"] == 100  # an equal twin
    assert score([told(other="d")], [TRUTH])["all"]["wrong_value_pct"] == 28.571
    assert score([told(a=71, unapplied=4)], [TRUTH])["all"]["wrong"] == 1
    assert score([told()], [TRUTH | {"must_review": True}])["all"]["precision_pct"] == 0
    assert score([told("review")], [TRUTH])["all"]["right_first_pct"] == 100
    assert score([], [TRUTH])["all"] | {} == score([], [TRUTH])["x"]
    assert score([], [TRUTH])["all"]["review"] == 1


@pytest.mark.parametrize(
    ("level", "auto", "more"), [("mixed", 80, []), ("dirty", 70, ["--cold", "--learning"])]
)
def test_a_simulated_book_stays_above_its_floor(level, auto, more, tmp_path, capsys):
    main(
        [
            "run",
            "--level",
            level,
            "--seed",
            "7",
            "--made-up",
            "--invoices",
            "900",
            "--out",
            str(tmp_path),
            "--json",
            *more,
        ]
    )
    figures = json.loads(capsys.readouterr().out)["figures"]["all"]
    assert figures["auto_pct"] >= auto
    assert figures["precision_pct"] >= 99.2
    assert figures["wrong_value_pct"] <= 0.3


def test_the_same_seed_makes_the_same_files(tmp_path):
    for name in ("one", "two"):
        main(["simulate", "--seed", "5", "--made-up", "--invoices", "200", "--out", str(tmp_path / name)])
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
