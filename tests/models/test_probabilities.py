"""What the output of a classifier says."""

import numpy as np
import pytest

from pipeline.models.probabilities import by_class, predicted_classes


def test_predicted_class_is_the_most_probable():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]])
    assert predicted_classes(probabilities).tolist() == [0, 1, 2]


def test_second_class_is_predicted_above_one_half():
    two = np.array([[0.9], [0.2], [0.5], [0.6]])
    assert predicted_classes(two).tolist() == [1, 0, 0, 1]


def test_probability_of_the_first_class_is_added():
    expected = np.array([[0.1, 0.9], [0.8, 0.2]])
    assert by_class(np.array([[0.9], [0.2]])) == pytest.approx(expected)


def test_probabilities_of_all_classes_stay_unchanged():
    probabilities = np.array([[0.7, 0.3]])
    assert by_class(probabilities) is probabilities
