"""The chart of all experiments: its groups, axes and marks."""

from typing import Any

import pytest

from pipeline.reporting.chart import charts
from tests.support.results import METRICS, planned, rows_of, write_plan, write_result, write_seeds
from tests.support.toy import params_of

PARAMS = params_of(
    sources=["shapes", "homes"],
    data={"shapes": "shapes", "small": "shapes", "homes": "homes"},
    experiments={"low": "shapes", "high": "small", "homes": "homes", "missing": "shapes"},
)


def metrics(name: str, value: float | None, low: float = 0.0, high: float = 0.0) -> dict[str, Any]:
    entry = {"value": value} if high == 0.0 else {"value": value, "low": low, "high": high}
    return METRICS | {"headline": name, "test": {name: entry}}


def baseline(value: float) -> dict[str, Any]:
    return {"title": "guess", "place": 0, "test": {"accuracy": {"value": value}}}


@pytest.fixture
def drawn(tmp_path):
    """The charts of two experiments on `shapes`, one on `homes` and one without a result."""
    low = metrics("accuracy", 0.8, 0.7, 0.9) | {
        "baselines": {"near": baseline(0.5), "far": baseline(-4.0)}
    }
    write_result(tmp_path, "low", metrics=low)
    write_result(tmp_path, "high", metrics=metrics("accuracy", 0.9, 0.85, 0.95))
    write_result(tmp_path, "homes", metrics=metrics("mse", 0.4))
    write_seeds(tmp_path / "high")
    claims = [{"metric": "test/accuracy", "at_least": 0.6}, {"metric": "parameters", "at_most": 9}]
    write_plan(
        tmp_path,
        low=planned(claims=claims, reported="about 0.75"),
        **{name: planned() for name in ("high", "homes", "missing")},
    )
    return charts(rows_of(tmp_path, *PARAMS.experiments, params=PARAMS))


def test_each_source_and_metric_has_a_chart(drawn):
    assert [(chart.source, chart.metric, chart.better) for chart in drawn] == [
        ("homes", "mse", "smaller"),
        ("shapes", "accuracy", "larger"),
    ]


def test_best_result_comes_first(drawn):
    lines = drawn[1].lines
    assert [(line.row.experiment, line.variant) for line in lines] == [
        ("high", "small"),
        ("low", ""),
    ]


def test_places_are_shares_of_the_axis(drawn):
    high, low = drawn[1].lines
    # The axis: from the baseline at 0.5 to the mean of the seeds, 0.977, and 6 % at each end.
    start, width = 0.5 - 0.06 * 0.477, 1.12 * 0.477
    assert low.result.place == pytest.approx(100 * (0.8 - start) / width, abs=0.01)
    assert low.result.start == pytest.approx(100 * (0.7 - start) / width, abs=0.01)
    assert low.result.stop == pytest.approx(100 * (0.9 - start) / width, abs=0.01)
    assert high.series[0].place == pytest.approx(100 * (0.971 - start) / width, abs=0.01)


def test_marks_are_baselines_published_figure_and_claim(drawn):
    assert [(mark.kind, mark.value) for mark in drawn[1].lines[1].marks] == [
        ("baseline", 0.5),
        ("baseline", -4.0),
        ("published", 0.75),
        ("claim", 0.6),
    ]
    assert drawn[1].kinds == {"baseline", "published", "claim", "series"}


def test_far_mark_does_not_flatten_the_results(drawn):
    near, far, *_ = drawn[1].lines[1].marks
    assert (near.outside, far.outside, far.place) == ("", "below", 0.0)


def test_ticks_are_round(drawn):
    assert [label for _, label in drawn[1].ticks] == ["0.6", "0.8", "1.0"]


def test_single_figure_without_interval_is_in_the_middle(drawn):
    (line,) = drawn[0].lines
    assert (line.result.place, line.result.start, line.result.width) == (50.0, 50.0, 0.0)
    assert len(drawn[0].ticks) > 1


def test_undefined_result_is_left_out(tmp_path):
    write_result(tmp_path, "low", metrics=metrics("accuracy", None))
    write_plan(tmp_path, low=planned())
    assert charts(rows_of(tmp_path, "low", params=PARAMS)) == []


def only(tmp_path, result: dict[str, Any], *baselines: float, **plan: Any):
    """The chart of one experiment."""
    named = {str(place): baseline(value) for place, value in enumerate(baselines)}
    write_result(tmp_path, "low", metrics=result | {"baselines": named})
    write_plan(tmp_path, low=planned(**plan))
    (chart,) = charts(rows_of(tmp_path, "low", params=PARAMS))
    return chart


def test_smallest_error_comes_first(tmp_path):
    for name, value in (("low", 0.5), ("high", 0.2)):
        write_result(tmp_path, name, metrics=metrics("mse", value))
    write_plan(tmp_path, low=planned(), high=planned())
    (chart,) = charts(rows_of(tmp_path, "low", "high", params=PARAMS))
    assert [line.row.experiment for line in chart.lines] == ["high", "low"]


@pytest.mark.parametrize(
    ("mark", "place", "outside"),
    [
        # The results reach from 0.5 to 0.6, and five times as far is still near.
        (0.5 - 0.49, None, ""),
        (0.5 - 0.51, 0.0, "below"),
        (0.6 + 0.49, None, ""),
        (0.6 + 0.51, 100.0, "above"),
    ],
)
def test_mark_is_far_after_five_spans_of_the_results(tmp_path, mark, place, outside):
    (line,) = only(tmp_path, metrics("accuracy", 0.55, 0.5, 0.6), mark).lines
    (drawn_mark,) = line.marks
    assert drawn_mark.outside == outside
    if place is not None:
        assert drawn_mark.place == place


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 1.0, ["0.0", "0.5", "1.0"]),
        (0.9, 1.0, ["0.90", "0.95", "1.00"]),
        (1000.0, 8000.0, ["2,000", "4,000", "6,000", "8,000"]),
        (100.0, 104.0, ["100", "102", "104"]),
        (-1.0, 1.0, ["-1", "0", "1"]),
    ],
)
def test_ticks_have_the_digits_of_their_step(tmp_path, low, high, labels):
    chart = only(tmp_path, metrics("accuracy", (low + high) / 2, low, high))
    assert [label for _, label in chart.ticks] == labels


def test_ticks_stand_at_their_values(tmp_path):
    chart = only(tmp_path, metrics("accuracy", 0.5, 0.0, 1.0))
    assert chart.ticks == [(5.36, "0.0"), (50.0, "0.5"), (94.64, "1.0")]


def test_ends_of_an_axis_stay_empty(tmp_path):
    (line,) = only(tmp_path, metrics("accuracy", 0.5, 0.4, 0.6)).lines
    assert (line.result.start, line.result.stop) == (5.36, 94.64)  # 6 of 112 %


def test_claim_on_another_figure_is_no_mark(tmp_path):
    claims = [
        {"metric": "test/accuracy", "at_least": 0.5, "at_most": 0.5},
        {"metric": "validation/accuracy", "at_least": 0.4},
    ]
    (line,) = only(tmp_path, metrics("accuracy", 0.5), claims=claims).lines
    assert [(mark.kind, mark.value) for mark in line.marks] == [("claim", 0.5)]


def test_chart_without_series_has_no_series_in_its_legend(tmp_path):
    assert only(tmp_path, metrics("accuracy", 0.5), 0.4).kinds == {"baseline"}
