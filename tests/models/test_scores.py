"""Scores: truth and prediction of some rows, from the raw output of a network."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.prepared import Target
from pipeline.models.scores import ClassScores, NumberScores, scores_of
from tests.support.metas import images, regression, table

LOGITS = st.lists(st.floats(-1e4, 1e4, width=32), min_size=3, max_size=3)


def of_three(*rows: list[float], truth: list[int] | None = None) -> ClassScores:
    return scores_of(np.array(rows, dtype=np.float32), np.array(truth or [0] * len(rows)), images())


def test_probabilities_are_the_softmax_of_raw_outputs():
    scores = of_three([np.log(2), np.log(3), np.log(5)])
    assert scores.probabilities == pytest.approx(np.array([[0.2, 0.3, 0.5]]))
    assert scores.log_probabilities.dtype == np.float64
    assert scores.classes == ["a", "b", "c"]


def test_first_of_equal_classes_is_predicted():
    assert of_three([1, 1, 0], [0, 2, 2], [0, 0, 9]).predicted.tolist() == [0, 1, 2]


@given(raw=LOGITS)
def test_log_probabilities_are_finite_and_sum_to_1(raw):
    scores = of_three(raw)
    assert np.isfinite(scores.log_probabilities).all()
    assert scores.probabilities.sum() == pytest.approx(1)


def test_single_output_is_the_second_log_odds():
    scores = scores_of(np.array([[np.log(3)], [-1000.0]]), np.array([1, 1]), table())
    assert scores.probabilities[0] == pytest.approx([0.25, 0.75])
    assert scores.log_probabilities[1, 1] == -1000.0


def test_even_odds_predict_the_first_class():
    raw = np.array([[0.0], [1e-6], [-1e-6]])
    assert scores_of(raw, np.zeros(3), table()).predicted.tolist() == [0, 1, 0]


def test_numbers_are_in_the_unit_of_the_target():
    meta = replace(regression(), targets=[Target("price", 1000.0, mean=200.0, scale=50.0)])
    scores = scores_of(np.array([[1.0], [-2.0]], np.float32), np.array([0.0, 1.0]), meta)
    assert scores.truth.tolist() == [200.0, 250.0]
    assert scores.prediction.tolist() == [250.0, 100.0]


def test_target_far_from_zero_keeps_its_digits():
    meta = replace(regression(), targets=[Target("y", 1.0, mean=1e8, scale=1.0)])
    scores = scores_of(np.array([[0.25]], np.float32), np.array([0.5], np.float32), meta)
    assert (scores.truth[0] - 1e8, scores.prediction[0] - 1e8) == (0.5, 0.25)


def test_some_rows_are_taken_in_order():
    classes = of_three([1, 0, 0], [0, 1, 0], [0, 0, 1], truth=[0, 1, 2]).take([2, 0])
    assert (classes.truth.tolist(), classes.predicted.tolist(), len(classes)) == ([2, 0], [2, 0], 2)
    numbers = NumberScores(np.array([1.0, 2.0]), np.array([3.0, 4.0])).take([1])
    assert (numbers.truth.tolist(), numbers.prediction.tolist(), len(numbers)) == ([2.0], [4.0], 1)
