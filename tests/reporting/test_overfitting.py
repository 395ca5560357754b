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
        pytest.param(((0.9, 0.8), (0.7, 0.6), (0.5, 0.659)), id="rises by less than 10 %"),
        pytest.param(((0.9, 0.8), (0.7, 0.6), (0.7, 0.8)), id="training loss is constant"),
        pytest.param(((0.9, 0.8), (0.7, 0.6), (0.64, 0.8)), id="falls by less than 10 %"),
        pytest.param(((0.9, 0.8), (0.7, 0.6), (0.8, 0.8)), id="training loss rises"),
        pytest.param(((0.9, 0.8), (0.7, 0.6), (0.5, 0.9), (0.4, 0.61)), id="falls again"),
    ],
)
def test_other_trainings_do_not_overfit(losses):
    assert overfitting(points(losses)) is None


def test_first_of_equal_lowest_losses_counts():
    result = overfitting(points(((0.9, 0.5), (0.7, 0.5), (0.5, 0.7))))
    assert result == Overfitting(epoch=1, lowest=0.5, last=0.7)


SINKING = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)


@pytest.mark.parametrize(
    ("held_out", "flagged"),
    [((0.9, 0.6, 0.5, 0.62, 0.74, 0.86), True), ((0.9, 0.6, 0.5, 0.86, 0.5, 0.86), False)],
    ids=["steady", "noisy"],
)
def test_rise_must_exceed_the_noise(held_out, flagged):
    # The noise of the second half is 0 for the steady one, and 0.36 / √1.5 for the other.
    history = points(tuple(zip(SINKING, held_out, strict=True)))
    assert (overfitting(history) is not None) == flagged


def test_fall_must_exceed_the_noise():
    fitted, held_out = (0.9, 0.8, 0.9, 0.5, 0.9, 0.5), (0.9, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert overfitting(points(tuple(zip(fitted, held_out, strict=True)))) is None


def test_losses_are_averaged_over_a_tenth():
    held_out = [1.0, 0.8, 0.6, 0.4, *(0.4 + 0.05 * number for number in range(1, 17))]
    fitted = [1.0 - 0.04 * number for number in range(20)]
    result = overfitting(points(tuple(zip(fitted, held_out, strict=True))))
    # The smallest mean of two neighbours is that of the epochs 4 and 5; the last is 1.15 and 1.2.
    expected = (pytest.approx(0.425), pytest.approx(1.175))
    assert (result.epoch, result.lowest, result.last) == (5, *expected)


def test_running_loss_counts_if_train_is_not_measured():
    history = [
        replace(
            one,
            metrics={
                name.replace("train/", "running/"): value for name, value in one.metrics.items()
            },
        )
        for one in points(CLIMBING)
    ]
    assert overfitting(history) == Overfitting(epoch=2, lowest=0.6, last=0.75)


def test_diverged_point_does_not_count():
    *others, last = points((*CLIMBING, (0.3, 0.9)))
    diverged = replace(last, metrics={"train/loss": float("nan"), "validation/loss": float("nan")})
    assert overfitting([*others, diverged]) == Overfitting(epoch=2, lowest=0.6, last=0.75)


def test_points_inside_an_epoch_do_not_count():
    first, second, third = points(((0.9, 0.8), (0.7, 0.6), (0.5, 0.9)))
    inside = replace(second, epoch=1.5, metrics={"train/loss": 0.1, "validation/loss": 0.1})
    start = replace(first, step=0, epoch=0.0, metrics={"validation/loss": 0.1})
    history = [start, first, inside, second, third]
    assert overfitting(history) == Overfitting(epoch=2, lowest=0.6, last=0.9)


def test_training_shorter_than_an_epoch_does_not_overfit():
    short = [replace(point, epoch=0.1 * point.epoch) for point in points(CLIMBING)]
    assert overfitting(short) is None
