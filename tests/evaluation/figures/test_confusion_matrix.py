"""Confusion matrices, by what they show."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.evaluation.figures.confusion_matrix import FIGURE, plot
from pipeline.models.scores import ClassScores
from tests.support.metas import table
from tests.support.subjects import dense, subject, suited, texts

COUNTS = np.array([[3, 1], [0, 0]])


@pytest.fixture(scope="module")
def figure():
    return plot(COUNTS, ["no", "yes"], title="toy: test split")


def test_counts_stand_next_to_percentages(figure):
    counts, shares = figure.axes[:2]
    assert texts(counts) == ["3", "1", "0", "0"]
    assert texts(shares) == ["75", "25", "0", "0"]
    assert figure.get_suptitle() == "toy: test split"


def test_rows_are_true_and_columns_predicted(figure):
    for axes in figure.axes[:2]:
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["no", "yes"]
        assert [tick.get_text() for tick in axes.get_yticklabels()] == ["no", "yes"]


def test_percentages_have_colours_from_0_to_100(figure):
    assert [axes.collections[0].get_clim() for axes in figure.axes[:2]] == [(0, 3), (0, 100)]


def test_colour_bars_have_units(figure):
    assert [axes.get_ylabel() for axes in figure.axes[2:]] == ["rows", "% of the true class"]


def test_long_names_are_rotated():
    figure = plot(COUNTS, ["setosa", "other"], title="")
    assert {label.get_rotation() for label in figure.axes[0].get_xticklabels()} == {45.0}


def test_long_names_leave_room_for_the_panels():
    figure = plot(COUNTS, ["a" * 24, "b" * 24], title="")
    figure.draw_without_rendering()
    assert min(axes.get_window_extent().width for axes in figure.axes[:2]) > 120  # an inch


@pytest.mark.parametrize(("classes", "numbers"), [(20, 400), (21, 0)])
def test_many_classes_have_no_numbers(classes, numbers):
    names = [str(number) for number in range(classes)]
    assert len(texts(plot(np.eye(classes, dtype=int), names, title="").axes[0])) == numbers


def test_counts_are_those_of_each_split(plane):
    truth = np.array([0, 0, 1])
    second = np.array([0.1, 0.9, 0.8])
    logarithms = np.log(np.stack([1 - second, second], axis=1))
    scores = ClassScores(truth, logarithms, ["no", "yes"])
    figures = FIGURE.draw(replace(plane, scores=scores, validation_scores=scores.take([0, 1])))
    assert list(figures) == ["validation", "test"]
    assert texts(figures["test"].axes[0]) == ["1", "1", "0", "1"]
    assert texts(figures["validation"].axes[0]) == ["1", "1", "0", "0"]
    assert figures["test"].get_suptitle() == "toy: confusion matrix of the test split"


def test_dollar_signs_are_not_formulas():
    figure = FIGURE.draw(subject(dense(), table(classes=["$5^$", "more"])))["test"]
    figure.draw_without_rendering()
    assert figure.axes[0].get_xticklabels()[0].get_text() == r"\$5^\$"


def test_classifications_have_a_matrix(experiments):
    assert suited(FIGURE, experiments) == {"dense_on_images", "convolutional", "plane"}


@pytest.mark.parametrize(("classes", "figures"), [(64, 2), (65, 0)])
def test_too_many_classes_have_no_matrix(classes, figures):
    names = [f"c{number}" for number in range(classes)]
    assert len(FIGURE.draw(subject(dense(), table(classes=names)))) == figures
