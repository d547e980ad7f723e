"""`dunlin strategy` and `dunlin processes`: files in, words or JSON out, no database."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from tests import typed
from tests.typed import differences, documented, dunlin

SHIPPED = Path(str(files("dunlin.formats"))) / "shipped_strategies"
CASES = SHIPPED / "cases"
SEVEN = (CASES / "three_steps.yaml", CASES / "two_steps.yaml", CASES / "seven_runs.yaml")


@pytest.mark.req("C6")
@pytest.mark.req("H4")
def test_the_seven_runs_pass() -> None:
    told = dunlin("strategy", "test", *SEVEN, "--json")
    assert told.status == 0
    (case,) = told.json["cases"]
    assert (case["passed"], case["items"], case["notices"], len(case["rows"])) == (True, 20, 20, 28)
    assert differences(documented("strategy test"), told.json) == []
    text = dunlin("strategy", "test", *SEVEN)
    assert text.out == "passed  Seven runs of two policies (20 items, 20 notices, 28 rows compared)\n"


def test_a_difference_is_shown_side_by_side_and_is_an_exit_status(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        SEVEN[2].read_text(encoding="utf-8").replace("| N2:3 N3:3 N4:1 ", "| N2:3 N3:2 N4:1 "),
        encoding="utf-8",
    )
    told = dunlin("strategy", "test", *SEVEN[:2], wrong)
    assert told.status == 1
    assert told.out.splitlines() == [
        "FAILED  Seven runs of two policies (20 items, 20 notices, 28 rows compared)",
        "        run 6, 13 Apr 2026, North",
        "                     expected        got",
        "          level      3               3",
        "          to pay     1,550.00 USD    1,550.00 USD",
        "        ≠ items      N2:3 N3:2 N4:1  N2:3 N3:3 N4:1",
    ]


def test_a_strategy_that_ships_is_named_by_its_key() -> None:
    assert dunlin("strategy", "test", "default", CASES / "default.yaml").status == 0
    assert dunlin("strategy", "check", "default", "firm").status == 0


@pytest.mark.req("H4")
def test_check_tells_the_place_of_every_mistake(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "key: mine\nname: Mine\nsteps:\n- level: 1\n  name: First\n  form: 5\n  template: notice_1\n",
        encoding="utf-8",
    )
    told = dunlin("strategy", "check", path)
    assert (told.status, told.out) == (1, f"{path}:6:3: steps[0].form: not known here; did you mean from?\n")
    shown = dunlin("strategy", "check", path, SHIPPED / "default.yaml", "--json")
    assert shown.status == 1
    assert [each["key"] for each in shown.json["strategies"]] == [None, "default"]
    assert differences(documented("strategy check"), shown.json) == []
    good = dunlin("strategy", "check", *sorted(SHIPPED.glob("*.yaml")))
    assert good.status == 0
    assert "Level 1, First reminder. From 5 days past due: e-mail (notice_1)." in good.out


def test_an_experiment_is_checked_against_the_files_beside_it(tmp_path: Path) -> None:
    text = (SHIPPED / "default.yaml").read_text(encoding="utf-8")
    path = tmp_path / "tried.yaml"
    path.write_text(
        text.replace("steps:", "experiment: {name: a, share_pct: 50, other: gone}\nsteps:"), encoding="utf-8"
    )
    assert dunlin("strategy", "check", path).status == 0
    told = dunlin("strategy", "check", path, SHIPPED / "firm.yaml")
    assert told.status == 1
    assert "there is no strategy gone; there are: default, firm" in told.out


def test_diff_tells_changes_in_sentences() -> None:
    told = dunlin("strategy", "diff", "default", "finals", "--json")
    assert differences(documented("strategy diff"), told.json) == []
    assert "For: everyone becomes invoice classes final." in told.json["changes"]
    assert dunlin("strategy", "diff", "default", "default").out == "Nothing differs.\n"


@pytest.mark.parametrize(
    "words, refusal",
    [
        (("check", "gone.yaml"), (2, "file_unknown")),
        (("test", "gone", CASES / "default.yaml"), (2, "file_unknown")),
        (("test", "default", SHIPPED / "default.yaml"), (2, "file_not_understood")),
        (("diff", "default", CASES / "default.yaml"), (2, "file_not_understood")),
    ],
)
def test_what_cannot_be_read_is_refused(words: tuple[object, ...], refusal: tuple[int, str]) -> None:
    assert dunlin("strategy", *words).refusal == refusal


@pytest.mark.req("C1")
@pytest.mark.req("C2")
@pytest.mark.rule("P1")
@pytest.mark.rule("P2")
def test_the_dates_of_two_years_with_us_holidays() -> None:
    told = dunlin("processes", "dates", "--from", "2026-01-01", "--count", 24, "--json")
    assert differences(documented("processes dates"), told.json) == []
    dates = {each["key"]: each["dates"] for each in told.json["processes"]}
    assert all(len(each) == 24 for each in dates.values())
    assert dates["statements"][12:] == [
        "2027-01-15", "2027-02-16", "2027-03-15", "2027-04-15", "2027-05-14", "2027-06-15",
        "2027-07-15", "2027-08-16", "2027-09-15", "2027-10-15", "2027-11-15", "2027-12-15",
    ]  # fmt: skip
    assert dates["finals"][12:] == [
        "2027-01-11", "2027-02-08", "2027-03-08", "2027-04-08", "2027-05-10", "2027-06-08",
        "2027-07-09", "2027-08-09", "2027-09-09", "2027-10-08", "2027-11-08", "2027-12-08",
    ]  # fmt: skip
    text = dunlin("processes", "dates", "--from", "2026-02-01", "--count", 1)
    assert text.out.splitlines()[-1].startswith("Tue 17 Feb 2026  Mon 09 Feb 2026  Mon 02 Feb 2026")


def test_calendars_and_settings_of_the_table() -> None:
    def first(*words: object) -> str:
        told = dunlin("processes", "dates", "--from", "2026-02-01", "--count", 1, "--json", *words)
        return told.json["processes"][0]["dates"][0]

    assert first("--set", "statement.holiday_policy=literal") == "2026-02-16"
    assert first("--holidays", "none") == "2026-02-16"
    assert first("--closed", "2026-02-17") == "2026-02-13"
    assert dunlin("processes", "dates", "--from", "soon").refusal == (2, "date_not_understood")
    assert dunlin("processes", "dates", "--from", "2026-01-01", "--holidays", "XX").refusal == (
        2,
        "place_without_holidays",
    )
    assert dunlin("processes", "dates", "--from", "2026-01-01", "--set", "x=1").refusal == (
        2,
        "setting_not_usable",
    )


def test_neither_needs_a_database(tmp_path: Path) -> None:
    told = typed.process(tmp_path, "strategy", "check", SHIPPED / "default.yaml")
    assert (told.status, list(tmp_path.iterdir())) == (0, [])
