"""Reliability diagrams, by what they show."""

from dataclasses import replace

import pytest

from pipeline.evaluation.figures.reliability_diagram import FIGURE, plot
from tests.support.subjects import legend, only, suited

BINS = [
    {"from": 0.4, "to": 0.5, "rows": 3, "confidence": 0.45, "accuracy": 0.2},
    {"from": 0.9, "to": 1.0, "rows": 7, "confidence": 0.95, "accuracy": 1.0},
]


@pytest.fixture(scope="module")
def figure():
    return plot({"validation": BINS, "test": BINS[1:]}, title="toy: reliability diagram")


def test_accuracy_stands_against_confidence(figure):
    diagonal, points = figure.axes[0].get_lines()
    assert points.get_xydata().tolist() == [[0.45, 0.2], [0.95, 1.0]]
    assert diagonal.get_xydata().tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert legend(figure.axes[0]) == ["calibrated", "gap", "rows"]


def test_bars_count_the_rows_of_each_bin(figure):
    bars = figure.axes[2].patches
    assert [bar.get_height() for bar in bars] == [3, 7]
    assert [bar.get_x() for bar in bars] == [0.4, 0.9]


def test_both_splits_have_a_panel(figure):
    assert [axes.get_title() for axes in figure.axes[:2]] == ["validation", "test"]


def test_only_probabilities_have_a_diagram(dense_on_images, experiments):
    assert suited(FIGURE, experiments) == {"dense_on_images", "convolutional", "plane"}
    assert FIGURE.draw(replace(dense_on_images, gives_probabilities=False)) == {}


def test_experiment_has_one_figure(plane):
    assert only(FIGURE, plane).get_suptitle() == "toy: reliability diagram"
