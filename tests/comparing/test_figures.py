"""What the figures of a comparison show."""

from dataclasses import replace

import pytest

from pipeline.comparing import figures
from tests.comparing.test_text import ROWS, SEEDS, comparison, part
from tests.support.results import CLIMBING, FALLING, points


def test_each_part_has_values_and_differences():
    figure = figures.differences(comparison(part(SEEDS, "b"), part(ROWS, "")))
    assert len(figure.axes) == 4
    left, right = figure.axes[:2]
    labels = [label.get_text() for label in left.get_yticklabels()]
    assert labels == ["A  model_a", "B  model_b"]
    assert [label.get_text() for label in right.get_yticklabels()] == ["A - B"]
    verdicts = [axes.get_title(loc="left") for axes in figure.axes[1::2]]
    assert verdicts == ["B is better", "not decided"]


def test_interval_and_difference_are_drawn():
    right = figures.differences(comparison(part(ROWS, ""))).axes[1]
    interval, difference, zero = right.lines
    assert list(interval.get_xdata()) == [-0.2, 0.01]
    assert list(difference.get_xdata()) == [-0.1]
    assert list(zero.get_xdata()) == [0, 0]


def test_three_panels_are_drawn_and_the_metric_is_the_first():
    names = ("accuracy", "auc", "f1", "mcc")
    metrics = {f"validation/{name}": 0.5 for name in names}
    history = [replace(point, metrics=metrics) for point in points(CLIMBING)]
    figure = figures.curves({"one": history, "other": history}, "f1")
    assert [axes.get_ylabel() for axes in figure.axes] == ["f1", "accuracy", "auc"]


def test_curves_lie_over_each_other():
    histories = {
        "A  one": points(FALLING, name="accuracy"),
        "B  other": points(CLIMBING, name="accuracy"),
    }
    (axes,) = figures.curves(histories, "accuracy").axes
    assert [list(line.get_ydata()) for line in axes.lines] == [
        [one[1] for one in FALLING],
        [one[1] for one in CLIMBING],
    ]
    assert axes.get_ylabel() == "accuracy"


@pytest.mark.parametrize(("name", "panels"), [("accuracy", None), ("loss", 1)])
def test_loss_is_drawn_only_if_all_have_it(name, panels):
    histories = {"A": points(FALLING, name="loss"), "B": points(FALLING, name=name)}
    figure = figures.curves(histories, "accuracy")
    assert (None if figure is None else len(figure.axes)) == panels
