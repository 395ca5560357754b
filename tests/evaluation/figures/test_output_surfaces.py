"""Output surfaces, by what they show."""

import numpy as np
import pytest

from pipeline.evaluation.figures.output_surfaces import FIGURE, plot
from tests.support.metas import table
from tests.support.subjects import dense, only, subject, suited

ACROSS, UP = np.linspace(0, 4, 5), np.linspace(-1, 1, 3)
RISING = np.tile(ACROSS / 4, (3, 1))


@pytest.fixture(scope="module")
def figure():
    outputs = {"smooth": RISING, "steps": (RISING >= 0.5).astype(float)}
    return plot(ACROSS, UP, outputs, names=("width", "height"), title="toy: output")


def test_surfaces_share_one_scale(figure):
    for axes in figure.axes[:2]:
        assert axes.get_zlim() == (0, 1)
        assert axes.collections[0].get_clim() == (0, 1)


def test_surface_has_the_colour_of_its_output(figure):
    smooth, steps = (axes.collections[0].get_array() for axes in figure.axes[:2])
    assert smooth.tolist() == pytest.approx([0.125, 0.375, 0.625, 0.875] * 2)
    assert steps.tolist() == pytest.approx([0, 0.5, 1, 1] * 2)


def test_surfaces_have_titles_and_labels(figure):
    smooth, steps, bar = figure.axes
    assert [axes.get_title() for axes in (smooth, steps)] == ["smooth", "steps"]
    assert (smooth.get_xlabel(), smooth.get_ylabel()) == ("width", "height")
    assert smooth.get_zlabel() == bar.get_ylabel() == "output"
    assert figure.get_suptitle() == "toy: output"


def test_model_is_shown_with_and_without_steps(plane):
    figure = only(FIGURE, plane)
    smooth, steps, _ = figure.axes
    assert [axes.get_title() for axes in (smooth, steps)] == [
        "with its own activations and a sigmoid",
        "with steps instead",
    ]
    output = np.asarray(smooth.collections[0].get_array())
    assert 0 < output.min() < 0.3 < 0.7 < output.max() < 1
    assert set(np.asarray(steps.collections[0].get_array())) == {0.0, 0.5, 1.0}
    assert figure.get_suptitle() == "toy: output for the class yes"


def test_two_features_have_surfaces(experiments):
    assert suited(FIGURE, experiments) == {"plane"}


def test_three_classes_have_no_surfaces():
    assert FIGURE.draw(subject(dense(), table(classes=["a", "b", "c"]))) == {}
