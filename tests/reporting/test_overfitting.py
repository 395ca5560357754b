"""From where on a training overfits."""

from dataclasses import replace

import pytest

from pipeline.reporting.overfitting import Overfitting, overfitting
from tests.support.results import CLIMBING, FALLING, points


def test_validation_loss_that_climbs_while_training_loss_falls_is_named_from_its_lowest_epoch():
    assert overfitting(points(CLIMBING)) == Overfitting(epoch=2, lowest=0.6, last=0.75)


def test_it_reads_as_a_few_words():
    assert str(Overfitting(epoch=12, lowest=0.1, last=0.2)) == "overfits from epoch 12"


@pytest.mark.parametrize(
    "losses",
    [
        FALLING,
        ((0.9, 0.8),),
        ((0.9, 0.8), (0.7, 0.6), (0.5, 0.629)),  # not yet 5 %
        ((0.9, 0.8), (0.7, 0.6), (0.7, 0.8)),  # training loss stands
        ((0.9, 0.8), (0.7, 0.6), (0.8, 0.8)),  # and rises
        ((0.9, 0.8), (0.7, 0.6), (0.5, 0.9), (0.4, 0.61)),  # it came back
    ],
)
def test_other_trainings_do_not_overfit(losses):
    assert overfitting(points(losses)) is None


def test_of_equal_lowest_losses_the_first_counts():
    found = overfitting(points(((0.9, 0.5), (0.7, 0.5), (0.5, 0.7))))
    assert found is not None
    assert found.epoch == 1


def test_the_log_loss_goes_before_the_loss_that_was_trained():
    losses, log_losses = points(FALLING), points(CLIMBING, name="log_loss")
    both = [
        replace(one, metrics=one.metrics | other.metrics)
        for one, other in zip(losses, log_losses, strict=True)
    ]
    assert overfitting(both) == Overfitting(epoch=2, lowest=0.6, last=0.75)


def test_points_inside_an_epoch_do_not_count():
    first, second, third = points(((0.9, 0.8), (0.7, 0.6), (0.5, 0.9)))
    inside = replace(second, epoch=1.5, metrics={"train/loss": 0.1, "validation/loss": 0.1})
    begin = replace(first, step=0, epoch=0.0, metrics={"validation/loss": 0.1})
    assert overfitting([begin, first, inside, second, third]) == Overfitting(
        epoch=2, lowest=0.6, last=0.9
    )


def test_a_training_shorter_than_an_epoch_does_not_overfit():
    assert (
        overfitting([replace(point, epoch=0.1 * point.epoch) for point in points(CLIMBING)]) is None
    )
