"""When a training begins to overfit."""

from dataclasses import replace

import pytest

from pipeline.reporting.overfitting import Overfitting, overfitting
from tests.support.results import CLIMBING, FALLING, points


def test_overfitting_begins_at_the_lowest_validation_loss():
    assert overfitting(points(CLIMBING)) == Overfitting(epoch=2, lowest=0.6, last=0.75)


def test_overfitting_is_shown_in_few_words():
    assert str(Overfitting(epoch=12, lowest=0.1, last=0.2)) == "overfits from epoch 12"


@pytest.mark.parametrize(
    "losses",
    [
        pytest.param(FALLING, id="both fall"),
        pytest.param(((0.9, 0.8),), id="one epoch"),
        pytest.param(((0.9, 0.8), (0.7, 0.6), (0.5, 0.629)), id="rises by less than 5 %"),
        pytest.param(((0.9, 0.8), (0.7, 0.6), (0.7, 0.8)), id="training loss is constant"),
        pytest.param(((0.9, 0.8), (0.7, 0.6), (0.8, 0.8)), id="training loss rises"),
        pytest.param(((0.9, 0.8), (0.7, 0.6), (0.5, 0.9), (0.4, 0.61)), id="falls again"),
    ],
)
def test_other_trainings_do_not_overfit(losses):
    assert overfitting(points(losses)) is None


def test_first_of_equal_lowest_losses_counts():
    result = overfitting(points(((0.9, 0.5), (0.7, 0.5), (0.5, 0.7))))
    assert result == Overfitting(epoch=1, lowest=0.5, last=0.7)


def test_points_inside_an_epoch_do_not_count():
    first, second, third = points(((0.9, 0.8), (0.7, 0.6), (0.5, 0.9)))
    inside = replace(second, epoch=1.5, metrics={"train/loss": 0.1, "validation/loss": 0.1})
    start = replace(first, step=0, epoch=0.0, metrics={"validation/loss": 0.1})
    history = [start, first, inside, second, third]
    assert overfitting(history) == Overfitting(epoch=2, lowest=0.6, last=0.9)


def test_training_shorter_than_an_epoch_does_not_overfit():
    short = [replace(point, epoch=0.1 * point.epoch) for point in points(CLIMBING)]
    assert overfitting(short) is None
