"""Residuals by prediction, by what they show."""

import pytest

from pipeline.evaluation.figures.residuals_by_prediction import FIGURE, plot
from tests.support.subjects import legend, only, suited


def group(start: float, middle: float) -> dict:
    quantiles = {"0.05": -2.0, "0.25": -1.0, "0.5": middle, "0.75": 1.0, "0.95": 2.0}
    return {"from": start, "to": start + 1, "rows": 5, "mean": 0.0, "quantiles": quantiles}


@pytest.fixture(scope="module")
def figure():
    groups = [group(0.0, 0.5), group(1.0, -0.5)]
    return plot({"validation": groups, "test": groups[:1]}, unit="price", title="toy: residuals")


def test_medians_stand_in_the_middle_of_their_group(figure):
    medians, zero = figure.axes[0].get_lines()
    assert medians.get_xydata().tolist() == [[0.5, 0.5], [1.5, -0.5]]
    assert list(zero.get_ydata()) == [0, 0]


def test_lines_span_the_quantiles(figure):
    wide, narrow = figure.axes[0].collections
    assert [path.vertices[:, 1].tolist() for path in wide.get_paths()] == [[-2.0, 2.0]] * 2
    assert [path.vertices[:, 1].tolist() for path in narrow.get_paths()] == [[-1.0, 1.0]] * 2
    assert legend(figure.axes[0]) == ["5 % to 95 % of the rows", "25 % to 75 %", "median"]


def test_both_splits_have_a_panel_with_the_unit(figure):
    assert [axes.get_title() for axes in figure.axes] == ["validation", "test"]
    assert figure.axes[0].get_ylabel() == "residual: predicted - true\nprice"
    assert {axes.get_xlabel() for axes in figure.axes} == {"predicted price"}


def test_regressions_have_residuals(regressing, experiments):
    assert suited(FIGURE, experiments) == {"regressing"}
    assert only(FIGURE, regressing).get_suptitle() == "toy: residuals by prediction"
