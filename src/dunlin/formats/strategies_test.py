"""A strategy as text reads back as it was written, and every mistake is named with its line and column."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.formats.strategies import (
    TEMPLATES,
    TextProblems,
    from_yaml,
    problems_in,
    shipped,
    shipped_names,
    shipped_text,
    to_yaml,
)
from dunlin.formats.strategy_changes import changes
from dunlin.rules.money import Money
from dunlin.rules.roles import ROLES
from dunlin.rules.strategies import CHANNELS, Escalation, Experiment, Fee, Segment, Step, Strategy, describe

GOOD = """\
key: try
name: Trial
days_between: 7
steps:
- level: 1
  name: First
  from: 5
  template: notice_1
- level: 2
  name: Second
  from: 15
  template: notice_2
"""


@pytest.mark.req("C6")
@pytest.mark.req("H4")
@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_strategy_is_valid_named_as_its_file_and_reads_back(name):
    text = shipped_text(name)
    assert problems_in(text, templates=TEMPLATES, strategies=shipped_names(), home_currency="USD") == ()
    strategy = shipped(name)
    assert strategy.key == name
    assert from_yaml(to_yaml(strategy)) == strategy
    assert all(describe(step) for step in strategy.steps)


@pytest.mark.rule("P35")
def test_the_default_ladder_is_the_one_of_the_rules():
    default = shipped("default")
    assert [(step.level, step.from_days, step.on) for step in default.steps] == [
        (0, -5, False), (1, 5, True), (2, 15, True), (3, 31, True), (4, None, True),
    ]  # fmt: skip
    assert default.min_days_between == 7
    assert set(shipped_names()) == {"default", "finals", "mrr", "firm", "courtesy"}


@pytest.mark.req("H4")
@pytest.mark.parametrize(
    "change, line, column, place, words",
    [
        pytest.param(("name: Trial", "naem: Trial"), 2, 1, "naem", "did you mean name?", id="an unknown key"),
        pytest.param(("name: Trial\n", ""), 1, 1, "name", "is missing", id="a missing key"),
        pytest.param(("  from: 15", "  form: 15"), 11, 3, "steps[1].form", "did you mean from?", id="in a step"),
        pytest.param(("notice_2", "notice_two"), 12, 3, "steps[1].template", "did you mean notice_3?", id="template"),
        pytest.param(("from: 15", "from: 5"), 11, 3, "steps[1].from", "is not after 5 days past due", id="overlap"),
        pytest.param(("level: 2", "level: 1"), 9, 3, "steps[1].level", "number the steps upwards", id="level order"),
        pytest.param(("from: 15", "from: soon"), 11, 3, "steps[1].from", "whole number from -365", id="no number"),
        pytest.param(("from: 15", "from: 1.5"), 11, 3, "steps[1].from", "whole number", id="half a day"),
        pytest.param(("  from: 15\n", ""), 9, 3, "steps[1]", "says nothing about when", id="no time"),
        pytest.param(("from: 15", "minimum: {XXZ: 5}\n  from: 15"), 11, 13, "steps[1].minimum.XXZ", "ISO 4217", id="currency"),
        pytest.param(("from: 15", "minimum: {USD: 5.001}\n  from: 15"), 11, 13, "steps[1].minimum.USD", "more digits", id="amount"),
        pytest.param(("from: 15", "minimum: 5\n  from: 15"), 11, 3, "steps[1].minimum", "{USD: 25.00}", id="bare amount"),
        pytest.param(("from: 15", "minimum: {USD: -1}\n  from: 15"), 11, 13, "steps[1].minimum.USD", "more than zero", id="negative"),
        pytest.param(("from: 15", "channel: fax\n  from: 15"), 11, 3, "steps[1].channel", "write one of email", id="channel"),
        pytest.param(("from: 15", "approval: boss\n  from: 15"), 11, 3, "steps[1].approval", "not known here", id="role"),
        pytest.param(("from: 15", "by: decision\n  from: 15"), 11, 3, "steps[1].by", "by decision has no days", id="both"),
        pytest.param(("from: 15", "through: 4\n  from: 15"), 11, 3, "steps[1].through", "is before `from`", id="through"),
        pytest.param(("days_between: 7", "days_between: 0"), 3, 1, "days_between", "from 1 to 90", id="days between"),
        pytest.param(("days_between: 7", "name: Again"), 3, 1, "name", "stands here twice", id="a key twice"),
        pytest.param(("days_between: 7", "for: {balance_from: {EUR: 5}}"), 3, 22, "for.balance_from.EUR", "home currency, USD", id="wrong currency"),
        pytest.param(("days_between: 7", "for: {countries: [usa]}"), 3, 19, "for.countries[0]", "two letters", id="country"),
        pytest.param(("days_between: 7", "experiment: {name: a, share_pct: 50, other: gone}"), 3, 38, "experiment.other", "there is no strategy gone", id="points nowhere"),
        pytest.param(("days_between: 7", "experiment: {name: a, share_pct: 50, other: try}"), 3, 38, "experiment.other", "is this strategy itself", id="points at itself"),
        pytest.param(("days_between: 7", "about: &a text\ncredits: *a"), 4, 10, "", "references", id="a reference"),
        pytest.param(("days_between: 7", "about: [unclosed"), 4, 6, "", "not YAML", id="broken"),
        pytest.param(("days_between: 7", "about: !!python/object:os.system x"), 3, 8, "", "not YAML", id="a tag that runs code"),
        pytest.param(("key: try", "key: Try it"), 1, 1, "key", "small letters", id="key"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_what_to_do(change, line, column, place, words):
    assert change[0] in GOOD
    text = GOOD.replace(change[0], change[1], 1)
    (problem,) = problems_in(text, templates=TEMPLATES, strategies=["try", "default"], home_currency="USD")
    assert (problem.line, problem.column, problem.place) == (line, column, place)
    assert words in problem.detail


def test_all_mistakes_are_told_at_once_in_the_order_of_lines():
    text = (
        GOOD.replace("from: 5", "from: x").replace("name: Trial", "name: ''").replace("level: 2", "level: 12")
    )
    assert [problem.line for problem in problems_in(text)] == [2, 7, 9]
    with pytest.raises(TextProblems, match=r"line 2, column 1: name: must be text"):
        from_yaml(text)


@pytest.mark.parametrize(
    "text", ["", "- 1", "text", "{", "a: b", "? [x]\n: y", "key: 1\nsteps: 5", "\0", "[" * 5000]
)
def test_a_text_that_is_no_strategy_says_so(text):
    assert problems_in(text)


_TEXT = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20
).filter(lambda text: text == text.strip() and text.isprintable())
_AMOUNTS = st.dictionaries(st.sampled_from(["USD", "EUR", "JPY", "KWD"]), st.integers(1, 10**9), min_size=1)
_FEES = st.builds(
    Fee, _AMOUNTS, st.integers(0, 9_999).map(lambda n: Decimal(n) / 100), st.sampled_from(["notice", "item"])
)
_TASKS = st.builds(Escalation, st.sampled_from(sorted(ROLES)), st.integers(0, 30), _TEXT)


@st.composite
def _strategies(draw):
    starts = sorted(draw(st.sets(st.integers(1, 400), min_size=1, max_size=6)))
    steps = [
        Step(
            level, draw(_TEXT), draw(_TEXT), draw(st.sampled_from(sorted(CHANNELS))), start, None,
            draw(st.one_of(st.none(), st.integers(1, 60))) if level > 1 else None,
            level == 1 or draw(st.booleans()), draw(st.one_of(st.just({}), _AMOUNTS)),
            draw(st.sampled_from(["", *sorted(ROLES)])), draw(st.one_of(st.none(), _TASKS)),
            draw(st.one_of(st.none(), _FEES)), draw(st.integers(0, 60)), draw(st.one_of(st.just(""), _TEXT)),
            tuple(draw(st.lists(_TEXT, max_size=2))),
        )
        for level, start in enumerate(starts, start=1)
    ]  # fmt: skip
    words = st.lists(_TEXT, max_size=2).map(tuple)
    segment = Segment(
        draw(words), draw(st.lists(st.sampled_from(["US", "DE"]), max_size=2).map(tuple)), draw(words), draw(words),
        draw(words), draw(st.lists(st.sampled_from(["final", "mrr"]), max_size=2).map(tuple)),
        draw(st.one_of(st.none(), st.integers(1, 400))),
        draw(st.one_of(st.none(), st.integers(1, 500).map(lambda n: Money(n, "USD")))),
        draw(st.one_of(st.none(), st.integers(500, 900).map(lambda n: Money(n, "USD")))),
        draw(st.one_of(st.none(), st.integers(1, 500).map(lambda n: Money(n, "JPY")))),
    )  # fmt: skip
    experiment = st.builds(Experiment, _TEXT, st.integers(1, 99), st.just("other"))
    return Strategy(
        "key", draw(_TEXT), tuple(steps), draw(st.integers(0, 1000)), segment, draw(st.one_of(st.just(""), _TEXT)),
        draw(st.integers(1, 90)), draw(st.sampled_from(["net", "show"])), draw(st.sampled_from(["show", "hide"])),
        draw(st.one_of(st.none(), experiment)),
    )  # fmt: skip


@pytest.mark.req("H4")
@settings(max_examples=150, deadline=None)
@given(_strategies())
def test_what_is_written_reads_back_the_same_and_has_no_changes(strategy):
    again = from_yaml(to_yaml(strategy))
    assert again == strategy
    assert to_yaml(again) == to_yaml(strategy)
    assert changes(strategy, again) == []


def test_the_text_says_when_each_step_is_due():
    assert "# From 15 days past due.\n- level: 2\n" in to_yaml(from_yaml(GOOD))


@pytest.mark.req("H4")
def test_changes_are_told_in_sentences():
    old = shipped("default")
    first, second = old.steps[1], old.steps[2]
    new = replace(
        old,
        priority=5,
        min_days_between=10,
        segment=Segment(countries=("US",), past_due_from=Money(100_000, "USD")),
        experiment=Experiment("earlier", 20, "early"),
        steps=(
            old.steps[0],
            replace(first, from_days=3, minimum={"USD": 2_500}),
            replace(second, level=5, name="Extra"),
        ),
    )
    assert changes(old, new) == [
        "Priority: 0 becomes 5.",
        "Days between two notices: 7 becomes 10.",
        "For: everyone becomes countries US; past due from 1,000.00 USD.",
        "Comparison: none becomes “earlier”, 20 % of the customers with early.",
        "Step 1, First reminder: when, from 5 days past due becomes from 3 days past due.",
        "Step 1, First reminder: least amount, none becomes 25.00 USD.",
        "Step 2, Second reminder, is gone.",
        "Step 3, Final demand, is gone.",
        "Step 4, Legal or agency, is gone.",
        "New: Level 5, Extra. From 15 days past due: e-mail (notice_2).",
    ]
    assert changes(old, old) == []
    assert len(changes(shipped("default"), shipped("firm"))) > 5


def test_the_format_page_names_every_key():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "strategy-format.md").read_text(
        encoding="utf-8"
    )
    from dunlin.formats import strategies as module  # noqa: PLC0415

    for key in (*module._HEAD, *module._FOR, *module._STEP):
        assert f"`{key}`" in page, key


_TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=6), st.sampled_from(["default", "email", "5"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["key", "name", "for", "steps", "level", "from", "fee", "flat", "USD", "minimum", "experiment",
                             "other", "countries", "escalation", "to", "copies", "balance_from", "x"]),
            inner, max_size=5,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(_TREES, st.integers(0, len(GOOD)), st.integers(0, 12), st.text(max_size=4))
def test_no_text_whatever_does_more_than_be_refused(tree, at, length, put):
    import yaml  # noqa: PLC0415

    texts = (yaml.safe_dump(tree), yaml.safe_dump({"key": "a", "name": "A", "steps": [tree], "for": tree, "experiment": tree}),
             GOOD[:at] + put + GOOD[at + length :])  # fmt: skip
    for text in texts:
        for problem in problems_in(text, templates=TEMPLATES, strategies=["a"], home_currency="USD"):
            assert problem.detail
            assert 0 <= problem.line <= text.count("\n") + 2
