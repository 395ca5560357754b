"""Early stopping and the learning rate on a plateau, compared with Keras's callbacks."""

import json
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import keras
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.config.metrics import Direction
from pipeline.config.training import EarlyStopping, ReduceOnPlateau
from pipeline.errors import ConfigError
from pipeline.training.stopping import Plateau, PlateauState, Stopping, StoppingState
from tests.support import pinned_threads as pinned  # noqa: F401 - pins TensorFlow's threads before its first operation

# Multiples of an eighth: sums of them are exact, also in the float32 in which Keras compares.
VALUES = st.lists(st.integers(-16, 16).map(lambda number: number / 8), min_size=1, max_size=20)
GAINS = st.sampled_from([0.0, 0.125, 0.5, 2.0])
DIRECTIONS = st.sampled_from(list(Direction))


def after(values, **rule) -> Stopping:
    """Early stopping after one value for each epoch of ten steps."""
    stopping = Stopping(EarlyStopping(**{"direction": Direction.min, "patience": 2} | rule))
    for epoch, value in enumerate(values, start=1):
        stopping.update(value, epoch=epoch, step=10 * epoch)
    return stopping


def rates(values, rate: float = 1.0, **rule) -> list[float]:
    """The learning rate after each epoch."""
    plateau = Plateau(
        ReduceOnPlateau(
            **{"direction": Direction.min, "patience": 2, "factor": 0.5, "min_delta": 0.0} | rule
        )
    )
    learning_rates = []
    for value in values:
        learning_rates.append(rate := plateau.update(value, rate))
    return learning_rates


def test_early_stopping_waits_for_its_patience():
    assert not after([1.0, 2.0]).exhausted
    assert after([1.0, 2.0, 2.0]).exhausted


def test_early_stopping_without_patience_never_stops():
    assert not after([1.0, *[2.0] * 1000], patience=None).exhausted


def test_best_is_remembered_without_patience():
    assert after([1.0, 0.5, 2.0], patience=None).state.best_step == 20


def test_patience_of_no_epoch_is_refused():
    with pytest.raises(ConfigError) as caught:
        EarlyStopping(direction=Direction.min, patience=0)
    assert str(caught.value) == (
        "training.early_stopping.patience is invalid. Received: 0. Expected: at least 1, or null."
    )


def test_better_value_restarts_the_waiting():
    stopping = after([1.0, 2.0, 0.5, 2.0])
    assert (stopping.state.best, stopping.state.best_step, stopping.state.wait) == (0.5, 30, 1)


def test_equal_value_is_not_better():
    assert after([1.0, 1.0]).state.best_step == 10


def test_larger_is_better_with_direction_max():
    assert after([0.5, 0.9, 0.7], direction=Direction.max).state.best == 0.9


@pytest.mark.parametrize(("value", "best"), [(0.75, 1.0), (0.5, 0.5)])
def test_gain_must_exceed_min_delta(value, best):
    assert after([1.0, value], min_delta=0.25).state.best == best


def test_epochs_before_start_epoch_do_not_count():
    stopping = after([0.1, 0.2, 5.0, 6.0], start_epoch=3)
    assert (stopping.state.best, stopping.state.best_step, stopping.state.wait) == (5.0, 30, 1)


def test_see_returns_whether_a_value_is_best():
    stopping = Stopping(EarlyStopping(direction=Direction.min))
    assert [stopping.update(value, epoch=1, step=1) for value in (3.0, 4.0, 2.0)] == [
        True,
        False,
        True,
    ]


@given(values=st.lists(st.floats(allow_nan=False), min_size=1))
def test_best_is_the_first_smallest_value(values):
    stopping = after(values)
    assert stopping.state.best == min(values)
    assert stopping.state.best_step == 10 * (values.index(min(values)) + 1)


def test_two_rules_do_not_share_their_state():
    after([1.0, 2.0, 2.0])
    assert Stopping(EarlyStopping(direction=Direction.min)).state.best is None


@settings(max_examples=50, deadline=None)
@given(
    values=VALUES,
    direction=DIRECTIONS,
    patience=st.integers(1, 4),
    gain=GAINS,
    start=st.integers(1, 4),
)
@example(values=[1.0, 1.0], direction=Direction.min, patience=1, gain=0.0, start=1)
def test_early_stopping_equals_that_of_keras(values, direction, patience, gain, start):
    ours = Stopping(
        EarlyStopping(direction=direction, patience=patience, min_delta=gain, start_epoch=start)
    )
    keras_own = keras.callbacks.EarlyStopping(
        monitor="loss",
        mode=direction.value,
        patience=patience,
        min_delta=gain,
        start_from_epoch=start - 1,
    )
    model = SimpleNamespace(stop_training=False)
    keras_own.set_model(model)
    keras_own.on_train_begin()
    for epoch, value in enumerate(values, start=1):
        ours.update(value, epoch=epoch, step=epoch)
        keras_own.on_epoch_end(epoch - 1, {"loss": value})
        assert ours.exhausted == model.stop_training
        if ours.state.best is not None:
            assert (ours.state.best_step, ours.state.best) == (
                keras_own.best_epoch + 1,
                keras_own.best,
            )
        if ours.exhausted:
            break


def test_learning_rate_falls_after_the_patience():
    assert rates([1.0, 1.0, 1.0, 1.0, 1.0]) == [1.0, 1.0, 0.5, 0.5, 0.25]


def test_gain_keeps_the_learning_rate():
    assert rates([1.0, 1.0, 0.5, 0.5, 0.25]) == [1.0] * 5


def test_too_small_gain_does_not_count():
    assert rates([1.0, 0.75, 0.75], min_delta=0.25) == [1.0, 1.0, 0.5]


def test_epochs_of_cooldown_do_not_count():
    assert rates([1.0] * 7, patience=1, cooldown=2) == [1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]


def test_learning_rate_stops_at_the_lowest():
    assert rates([1.0] * 4, patience=1, lowest=0.4) == [1.0, 0.5, 0.4, 0.4]


def test_low_learning_rate_is_not_raised():
    assert rates([1.0] * 3, rate=0.1, patience=1, lowest=0.4) == [0.1, 0.1, 0.1]


def test_larger_value_can_be_the_gain():
    assert rates([1.0, 2.0, 1.0, 1.0], direction=Direction.max) == [1.0, 1.0, 1.0, 0.5]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (
            {"factor": 1.0},
            "factor is invalid. Received: 1.0. Expected: a number above 0 and below 1.",
        ),
        ({"patience": 0}, "patience is invalid. Received: 0. Expected: at least 1, or null."),
        ({"min_delta": -1.0}, "min_delta is invalid. Received: -1.0. Expected: 0 or more."),
        ({"cooldown": -1}, "cooldown is invalid. Received: -1. Expected: 0 or more."),
        ({"lowest": -1.0}, "lowest is invalid. Received: -1.0. Expected: 0 or more."),
    ],
)
def test_invalid_plateau_is_refused(setting, expected):
    with pytest.raises(ConfigError) as caught:
        ReduceOnPlateau(direction=Direction.min, **setting)
    assert str(caught.value) == f"training.reduce_on_plateau.{expected}"


@settings(max_examples=50, deadline=None)
@given(
    values=VALUES,
    direction=DIRECTIONS,
    patience=st.integers(1, 3),
    cooldown=st.integers(0, 3),
    factor=st.sampled_from([0.1, 0.3, 0.5]),
    gain=GAINS,
    lowest=st.sampled_from([0.0, 0.001, 0.02, 0.2]),
)
@example(
    values=[1.0] * 8,
    direction=Direction.min,
    patience=1,
    cooldown=1,
    factor=0.1,
    gain=0.0,
    lowest=0.02,
)
def test_plateau_equals_that_of_keras(values, direction, patience, cooldown, factor, gain, lowest):
    shared = {"factor": factor, "patience": patience, "cooldown": cooldown, "min_delta": gain}
    ours = Plateau(ReduceOnPlateau(direction=direction, lowest=lowest, **shared))
    keras_own = keras.callbacks.ReduceLROnPlateau(
        monitor="loss", mode=direction.value, min_lr=lowest, **shared
    )
    rate, model = keras.Variable(0.1), SimpleNamespace(optimizer=keras.optimizers.SGD(0.1))
    keras_own.set_model(model)
    keras_own.on_train_begin()
    for epoch, value in enumerate(values):
        rate.assign(ours.update(value, float(rate)))
        keras_own.on_epoch_end(epoch, {"loss": value})
        assert float(rate) == float(model.optimizer.learning_rate)


@given(values=VALUES, cut=st.integers(0, 20), patience=st.integers(1, 3))
def test_early_stopping_resumes_from_its_state(values, cut, patience):
    whole = after(values, patience=patience)
    first = after(values[:cut], patience=patience)
    rest = Stopping(first.rule, StoppingState(**stored(first.state)))
    for epoch, value in list(enumerate(values, start=1))[cut:]:
        rest.update(value, epoch=epoch, step=10 * epoch)
    assert rest == whole


@given(
    values=VALUES, cut=st.integers(0, 20), patience=st.integers(1, 3), cooldown=st.integers(0, 3)
)
def test_plateau_resumes_from_its_state(values, cut, patience, cooldown):
    rule = ReduceOnPlateau(direction=Direction.min, patience=patience, cooldown=cooldown)
    whole, first = Plateau(rule), Plateau(rule)
    for value in values[:cut]:
        first.update(value, 1.0)
    rest = Plateau(rule, PlateauState(**stored(first.state)))
    assert [rest.update(value, 1.0) for value in values[cut:]] == [
        whole.update(value, 1.0) for value in values
    ][cut:]


def stored(state: Any) -> dict[str, Any]:
    """The state as a checkpoint holds it."""
    return dict(json.loads(json.dumps(asdict(state))))
