"""Cases of strategies are read with the place of every mistake, run through the rules and compared word for word."""

from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.placed_yaml import TextProblems
from dunlin.formats.strategies import from_yaml, shipped
from dunlin.formats.strategy_cases import read_cases, run_case

CASES = files("dunlin.formats") / "shipped_strategies" / "cases"


def shipped_case(name):
    return (CASES / name).read_text(encoding="utf-8")


def ran(name, *strategies):
    known = {each.key: each for each in strategies}
    return [run_case(case, known) for case in read_cases(shipped_case(name), tuple(known))]


@pytest.mark.req("C6")
@pytest.mark.rule("P35")
@pytest.mark.rule("P13")
@pytest.mark.rule("P18")
@pytest.mark.rule("P28")
@pytest.mark.trap(1)
@pytest.mark.trap(2)
@pytest.mark.trap(7)
def test_seven_runs_of_two_policies_send_what_was_worked_out_by_hand():
    three, two = (from_yaml(shipped_case(name)) for name in ("three_steps.yaml", "two_steps.yaml"))
    (outcome,) = ran("seven_runs.yaml", three, two)
    assert [line for line in outcome.lines if not line.passed] == []
    assert outcome.passed
    assert (outcome.items, len(outcome.lines), outcome.notices) == (20, 28, 20)


@pytest.mark.trap(26)
@pytest.mark.trap(28)
def test_the_default_ladder_night_by_night():
    for outcome in ran("default.yaml", shipped("default")):
        assert [line for line in outcome.lines if not line.passed] == []
        assert outcome.passed


SMALL = """\
cases:
- name: One
  runs: [2026-02-02, 2026-02-16]
  items: |
    | item | customer | due        | amount       |
    | N1   | North    | 2026-01-20 | 1,000.00 USD |
  events: |
    | on         | what | which | value  |
    | 2026-02-10 | pay  | N1    | 400.00 |
  expected: |
    | run | customer | level | to pay       |
    | 1   | North    | 1     | 1,000.00 USD |
    | 2   | North    | 2     | 600.00 USD   |
"""


def test_a_difference_shows_both_sides_and_a_notice_nobody_expected_is_one():
    default = {"default": shipped("default")}
    (case,) = read_cases(SMALL.replace("600.00 USD ", "599.00 USD "))
    outcome = run_case(case, default)
    assert not outcome.passed
    (line,) = [line for line in outcome.lines if not line.passed]
    assert (line.run, line.expected, line.got) == (
        2, {"level": "2", "to pay": "599.00 USD"}, {"level": "2", "to pay": "600.00 USD"},
    )  # fmt: skip
    (case,) = read_cases(SMALL.replace("    | 2   | North    | 2     | 600.00 USD   |\n", ""))
    (line,) = [line for line in run_case(case, default).lines if not line.passed]
    assert (line.expected["level"], line.got["level"]) == ("-", "2")
    (case,) = read_cases(SMALL.split("  expected: |")[0] + "  expected: ''\n")
    assert [(line.expected, line.got) for line in run_case(case, default).lines] == [
        ({"level": "-"}, {"level": "1"}),
        ({"level": "-"}, {"level": "2"}),
    ]
    (case,) = read_cases(SMALL.replace("2026-02-16]", "2026-02-06]"))
    (line,) = [line for line in run_case(case, default).lines if not line.passed]
    assert (line.expected["level"], line.got["level"]) == ("2", "-")


def test_an_event_that_cannot_happen_ends_the_case_and_says_why():
    (case,) = read_cases(SMALL.replace("| 400.00 |", "| 4000 |"))
    outcome = run_case(case, {"default": shipped("default")})
    assert (outcome.passed, outcome.problem) == (False, "2026-02-10 pay N1: only part of that is open on N1")


@pytest.mark.parametrize(
    "change, line, words",
    [
        (("N1   | North    | 2026-01-20", "N1   | North    | 20 Jan"), 6, "20 Jan is not a day"),
        (("| 1,000.00 USD |\n  events", "| 1,00.00 USD |\n  events"), 6, "write it as 1,000.00 USD"),
        (("| 1,000.00 USD |\n  events", "| 1,000.00 |\n  events"), 6, "write it as 1,000.00 USD"),
        (("| due        |", "| dew        |"), 5, "dew is no column here"),
        (("| due        | amount       |", "| due        |"), 5, "the column amount is missing"),
        (("| pay  |", "| paid |"), 9, "paid is no event; known: pay"),
        (("| N1    | 400.00", "| N9    | 400.00"), 9, "there is no item N9"),
        (("| N1    | 400.00", "| N1    | 400.00 EUR"), 9, "is not an amount in USD"),
        (("| 2   | North    | 2 ", "| 3   | North    | 2 "), 13, "3 is not the number of a run, 1 to 2"),
        (("| 2   | North    | 2 ", "| 2   | South    | 2 "), 13, "there is no customer South"),
        (("| 2   | North    | 2 ", "| 2   | North    | x "), 13, "a level is a number"),
        (("- name: One", "- nam: One"), 2, "not known here; did you mean name?"),
        (("2026-02-02, 2026-02-16", "2026-02-16, 2026-02-02"), 3, "in the order of days"),
    ],
)
def test_a_mistake_in_a_table_is_named_with_its_line(change, line, words):
    assert change[0] in SMALL
    with pytest.raises(TextProblems) as found:
        read_cases(SMALL.replace(*change))
    (problem,) = found.value.problems
    assert problem.line == line
    assert words in problem.detail


def test_a_strategy_that_is_not_given_is_named():
    text = SMALL.replace(
        "  items: |", "  customers: |\n    | customer | strategy |\n    | North | gone |\n  items: |"
    )
    with pytest.raises(TextProblems, match="there is no strategy gone"):
        read_cases(text, ("default",))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(SMALL)), st.integers(0, 12), st.text(max_size=4))
def test_a_damaged_file_of_cases_is_refused_or_runs(at, length, put):
    try:
        cases = read_cases(SMALL[:at] + put + SMALL[at + length :])
    except TextProblems:
        return
    for case in cases:
        run_case(case, {"default": shipped("default")})
