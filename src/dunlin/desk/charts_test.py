"""Charts are drawn for every book: empty, of one point, negative, huge, and with names that want to be markup."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from dunlin.desk import charts, strokes

HOSTILE = """</title><script>alert("1")</script>&'<"""
DAY = date(2026, 1, 31)
values = st.one_of(st.none(), st.floats(-1e15, 1e15), st.just(math.nan), st.just(math.inf))


def drawn(figure: Markup) -> ElementTree.Element:
    """The figure parsed as strict markup: a label that escaped its place would not parse or would add elements."""
    return ElementTree.fromstring(str(figure))


def test_buckets_share_the_whole_bar_in_order_and_are_written_exactly() -> None:
    figure = charts.aging_bar(
        "Open, USD", [("Current", 750_000_00), ("1–30", 250_000_01), ("31–60", 0)], "USD"
    )
    shapes = drawn(figure).findall(".//rect")
    assert [shape.get("class") for shape in shapes] == ["age-0", "age-1"]
    assert [round(float(shape.get("x", "").rstrip("%"))) for shape in shapes] == [0, 75]
    text = "".join(drawn(figure).itertext())
    assert "750,000.00" in text
    assert "250,000.01" in text
    assert "25 %" in text


def test_a_negative_bucket_is_written_and_not_drawn() -> None:
    figure = charts.aging_bar(
        "Open, USD", [("Current", 100_00), ("1–30", -40_00)], "USD", unapplied=5_00, disputed=1_00
    )
    assert len(drawn(figure).findall(".//rect")) == 1
    text = "".join(drawn(figure).itertext())
    for words in ("−40.00", "−5.00", "Of it disputed"):
        assert words in text


def test_more_buckets_than_the_ramp_has_steps_keep_the_last_colour() -> None:
    figure = charts.aging_bar("Open", [(str(n), 100) for n in range(10)], "JPY")
    assert drawn(figure).findall(".//rect")[-1].get("class") == "age-6"


def test_every_figure_of_a_bucket_can_link_to_its_items() -> None:
    figure = charts.aging_bar(
        "Open", [("Current", 1), ("1–30", 2)], "USD", links=["/aging?bucket=0&a=1", "/aging?bucket=1"]
    )
    assert [link.get("href") for link in drawn(figure).iter("a")] == [
        "/aging?bucket=0&a=1",
        "/aging?bucket=1",
    ]


def test_nothing_says_so() -> None:
    for figure in (
        charts.aging_bar("A", [], "USD"),
        charts.trend("A", []),
        charts.trend("A", [charts.Series("x", [(DAY, None)])], target=3),
        charts.forecast("A", []),
        charts.bars("A", []),
    ):
        assert "There are no figures yet." in figure
        assert "<svg" not in figure
    assert charts.spark("A", [1, None]) == ""


def test_a_book_with_nothing_open_still_has_a_bar() -> None:
    assert drawn(charts.aging_bar("A", [("Current", 0)], "USD")).findall(".//rect")[0].get("class") == "track"


def test_one_point_is_a_dot_with_its_name() -> None:
    root = drawn(charts.trend("DSO", [charts.Series("DSO", [(DAY, 34.8)])], target=35, unit="days"))
    assert len(root.findall(".//circle")) == 1
    assert root.findall(".//polyline") == []
    assert any((text.text or "") == "DSO 34.8" for text in root.iter("text"))


def test_a_gap_breaks_the_line() -> None:
    points = [
        (DAY + timedelta(n), value) for n, value in enumerate([1.0, 2.0, None, 3.0, math.nan, 4.0, 5.0])
    ]
    root = drawn(charts.trend("A", [charts.Series("x", points)]))
    assert len(root.findall(".//polyline")) == 2


def test_four_lines_are_refused() -> None:
    with pytest.raises(ValueError, match="three is the most"):
        charts.trend("A", [charts.Series(str(n), [(DAY, 1.0)]) for n in range(4)])


def test_a_bar_says_by_shape_that_the_target_is_met() -> None:
    figure = charts.bars("Calls", [("Ana", 80), ("Ben", 10)], target=75)
    looks = [
        bar.get("class", "").strip() for bar in drawn(figure).iter("rect") if "fill" in bar.get("class", "")
    ]
    assert looks == ["fill good", "fill"]
    assert str(figure).count("✓") == 1


def test_negative_bars_grow_to_the_left_of_zero() -> None:
    bars = [
        bar
        for bar in drawn(charts.bars("Change", [("Up", 50), ("Down", -50)])).iter("rect")
        if "fill" in bar.get("class", "")
    ]
    assert [float(bar.get("x", "").rstrip("%")) for bar in bars] == [50.0, 0.0]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (None, "–"), (math.nan, "–"), (34.8, "34.8"), (1204, "1,204"), (402_118, "402k"), (1_204_118, "1.20M"), (-2_500_000, "−2.50M"), (9.1e15, "9,100T"), (-0.01, "0.0")],
)  # fmt: skip
def test_short_numbers(value: float | None, text: str) -> None:
    assert strokes.short(value) == text


def test_hostile_names_stay_words() -> None:
    figures = [
        charts.aging_bar(HOSTILE, [(HOSTILE, 5)], "USD", links=['"><script>']),
        charts.trend(
            HOSTILE, [charts.Series(HOSTILE, [(DAY, 1.0), (DAY + timedelta(1), 2.0)])], target=1, unit=HOSTILE
        ),
        charts.forecast(HOSTILE, [charts.Band(HOSTILE, 1, 2, 3)], unit=HOSTILE, actual=[2]),
        charts.bars(HOSTILE, [(HOSTILE, 3)], target=2, unit=HOSTILE),
        charts.spark(HOSTILE, [1, 2, 3]),
    ]
    for figure in figures:
        root = drawn(figure)
        assert not list(root.iter("script"))
        assert HOSTILE in "".join(root.itertext())
        assert not re.search(r"<[^>]* (style|on\w+)=", str(figure)), "the content policy would drop it"


@settings(max_examples=60, deadline=None)
@example([[5e-324]], 0.0)
@given(st.lists(st.lists(values, max_size=8), max_size=3), st.one_of(st.none(), st.floats(-1e12, 1e12)))
def test_any_figures_stay_inside_the_drawing(lines: list[list[float | None]], target: float | None) -> None:
    series = [
        charts.Series(f"s{n}", [(DAY + timedelta(7 * at), value) for at, value in enumerate(line)])
        for n, line in enumerate(lines)
    ]
    figure = charts.trend("Any", series, target=target)
    root = drawn(figure)
    assert "nan" not in str(figure)
    assert "inf" not in str(figure)
    for dot in root.iter("circle"):
        assert 0 <= float(dot.get("cx", "").rstrip("%")) <= 100
        assert 0 <= float(dot.get("cy", "")) <= 200


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=9))
def test_stacked_parts_never_leave_the_bar(amounts: list[int]) -> None:
    root = drawn(charts.aging_bar("Any", [(str(n), minor) for n, minor in enumerate(amounts)], "USD"))
    for shape in root.iter("rect"):
        assert float(shape.get("x", "").rstrip("%")) + float(shape.get("width", "").rstrip("%")) <= 100.2
