"""Worst errors, by what they show."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.evaluation.figures.worst_errors import FIGURE, plot
from pipeline.models.scores import ClassScores
from tests.support.subjects import only, rows_of, sheet, suited, texts

GREY = np.linspace(0, 1, 4 * 4).reshape(1, 4, 4)


def of_predictions(one, probabilities: np.ndarray):
    with np.errstate(divide="ignore"):
        logarithms = np.log(probabilities)
    return replace(one, scores=ClassScores(one.test.y, logarithms, one.meta.classes))


def test_error_shows_both_classes_and_probabilities():
    figure = plot(GREY, true=[("4", 0.0123)], predicted=[("9", 0.9)], title="toy: worst errors")
    assert texts(figure.axes[0]) == ["predicted 9 (90.0 %)\ntrue 4 (1.2 %)"]
    assert figure.get_suptitle() == "toy: worst errors"


def test_probabilities_are_not_rounded_to_their_limits():
    figure = plot(GREY, true=[("4", 0.0001)], predicted=[("9", 0.9999)], title="")
    assert texts(figure.axes[0]) == ["predicted 9 (above 99.9 %)\ntrue 4 (below 0.1 %)"]


@pytest.mark.parametrize(("errors", "rows"), [(1, [1]), (3, [3]), (5, [3, 2]), (9, [3, 3, 3])])
def test_errors_stand_three_in_a_row(errors, rows):
    figure = plot(np.zeros((errors, 4, 4)), [("a", 0.1)] * errors, [("b", 0.9)] * errors, title="")
    assert rows_of(figure.axes[0]) == rows


def test_lowest_probability_of_the_truth_comes_first(dense_on_images):
    probabilities = 0.9 * np.eye(3)[dense_on_images.test.y]
    probabilities[4], probabilities[9] = [0.8, 0.15, 0.05], [0.02, 0.08, 0.9]
    (axes,) = only(FIGURE, of_predictions(dense_on_images, probabilities)).axes
    assert texts(axes) == [
        "predicted c (90.0 %)\ntrue a (2.0 %)",
        "predicted a (80.0 %)\ntrue b (15.0 %)",
    ]
    assert np.array_equal(sheet(axes)[2:10, :8], dense_on_images.test.x[9, :, :, 0] / 255)


def test_at_most_nine_errors_are_shown(dense_on_images):
    wrong = np.eye(3)[(dense_on_images.test.y + 1) % 3]
    assert len(texts(only(FIGURE, of_predictions(dense_on_images, wrong)).axes[0])) == 9


def test_no_errors_give_no_figure(dense_on_images):
    exact = np.eye(3)[dense_on_images.test.y]
    assert FIGURE.draw(of_predictions(dense_on_images, exact)) == {}


def test_model_without_probabilities_shows_none(dense_on_images):
    assert FIGURE.draw(replace(dense_on_images, gives_probabilities=False)) == {}


def test_classifications_of_images_show_errors(experiments):
    assert suited(FIGURE, experiments) == {"dense_on_images", "convolutional"}
