"""Which metrics are shown with the headline."""

import pytest

from pipeline.evaluation.assessment import beside
from tests.support.compared import classifier, regressor


@pytest.mark.parametrize(
    ("scores", "names"),
    [
        (regressor([1, 2, 3], 0.1), ["mae"]),
        (classifier(9, []), []),
        (classifier(9, []).take([0, 1, 2, 3, 6]), ["balanced_accuracy"]),
        (classifier(9, []).take([0, 1, 2, 3]), ["balanced_accuracy"]),  # twice as many rows
        (classifier(9, []).take([0, 1, 2, 3, 4, 5, 6]), []),
    ],
)
def test_headline_is_never_by_itself_if_it_could_mislead(scores, names):
    assert beside(scores) == names
