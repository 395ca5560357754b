"""Residuals, by what they show."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.data.prepared import Target
from pipeline.evaluation.figures.residuals import FIGURE, plot
from tests.support.subjects import only, suited

TRUTH, PREDICTION = np.array([1.0, 2.0, 5.0]), np.array([1.5, 2.0, 4.0])


@pytest.fixture(scope="module")
def figure():
    return plot(TRUTH, PREDICTION, unit="price / 1000", title="toy: test split")


def test_predictions_stand_against_the_truth(figure):
    predictions = figure.axes[0]
    offsets = predictions.collections[0].get_offsets().tolist()
    assert offsets == [[1.0, 1.5], [2.0, 2.0], [5.0, 4.0]]
    assert (predictions.get_xlabel(), predictions.get_ylabel()) == (
        "true price / 1000",
        "predicted price / 1000",
    )
    assert predictions.get_aspect() == 1
    assert figure.get_suptitle() == "toy: test split"


def test_line_shows_exact_predictions(figure):
    (line,) = figure.axes[0].get_lines()
    assert line.get_xydata().tolist() == [[1.0, 1.0], [5.0, 5.0]]


def test_residuals_are_prediction_minus_truth(figure):
    residuals = figure.axes[1]
    assert residuals.collections[0].get_offsets().tolist() == [[1.5, 0.5], [2.0, 0.0], [4.0, -1.0]]
    assert residuals.get_ylabel() == "residual: predicted - true\nprice / 1000"
    assert residuals.get_lines()[0].get_ydata() == [0, 0]


def test_axes_have_the_unit_of_the_served_model(regressing):
    meta = replace(regressing.meta, targets=[Target("value", unit=1000.0)])
    figure = only(FIGURE, replace(regressing, meta=meta))
    assert figure.axes[0].get_xlabel() == "true value / 1,000"
    assert figure.get_suptitle() == "toy: predictions of the test split and their errors"


def test_regressions_have_residuals(experiments):
    assert suited(FIGURE, experiments) == {"regressing"}
