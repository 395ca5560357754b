"""The figure of the report's appendix."""

import numpy as np
import pytest

from pipeline.evaluation.activation_functions import activation_functions
from tests.support.subjects import legend


@pytest.fixture(scope="module")
def figure():
    return activation_functions()


def test_functions_stand_next_to_their_derivatives(figure):
    functions, derivatives = figure.axes
    assert legend(functions) == legend(derivatives) == ["step", "sigmoid", "tanh", "ReLU"]
    assert (functions.get_ylabel(), derivatives.get_ylabel()) == ("$f(z)$", "$f'(z)$")


@pytest.mark.parametrize(
    ("z", "values", "slopes"),
    [
        (-2.0, [0, 0.119203, -0.964028, 0], [0, 0.104994, 0.070651, 0]),
        (2.0, [1, 0.880797, 0.964028, 2], [0, 0.104994, 0.070651, 1]),
        (0.0, [np.nan, 0.5, 0, 0], [np.nan, 0.25, 1, np.nan]),
    ],
)
def test_functions_have_their_values(figure, z, values, slopes):
    for axes, expected in zip(figure.axes, (values, slopes), strict=True):
        drawn = [line.get_ydata()[line.get_xdata() == z][0] for line in axes.get_lines()]
        assert drawn == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_functions_differ_by_more_than_colour(figure):
    for axes in figure.axes:
        assert len({line.get_linestyle() for line in axes.get_lines()}) == 4
