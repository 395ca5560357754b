"""Metrics that the rows or the predictions do not define."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline.config.training import EarlyStopping, ReduceOnPlateau, Training
from pipeline.data.prepared import Split
from pipeline.training.engine import Reading
from pipeline.training.loop import Rules, train
from pipeline.training.measuring import Measuring
from pipeline.training.schedule import Schedule
from pipeline.training.stopping import Plateau, Stopping
from tests.support.metas import images, regression
from tests.support.refusals import refusal

FIGURE = "validation/precision/b"


def measuring(meta: Any, truth: list[Any], *names: str) -> Measuring:
    split = Split(np.zeros((len(truth), 1)), np.array(truth), None)
    return Measuring(meta, {"validation": split}, loss=None, metrics=list(names))


def monitoring(figure: str) -> Training:
    return Training(epochs=1, early_stopping=EarlyStopping(monitor=figure))


def rows_loss(_truth: Any, raw: Any) -> Any:
    return np.zeros(len(raw))


def test_class_that_the_data_lack_is_refused():
    measured = measuring(images(), [0, 1, 2], "recall/bb")
    assert refusal(measured.require_suited, monitoring("validation/recall/bb")) == (
        "training.metrics names a metric that does not suit the data. Received: recall/bb. "
        "Did you mean recall/b? Allowed: recall/a, recall/b, recall/c."
    )


@pytest.mark.parametrize(
    ("meta", "truth", "name", "reason"),
    [
        (images(), [0, 2], "recall/b", "no row is of class b"),
        (images(), [0, 2], "roc_auc", "no row is of class b"),
        (regression(), [1.0, 1.0], "r2", "the target is the same in all rows"),
        (regression(), [0.0, 1.0], "mape", "the target is 0 in 1 row"),
    ],
)
def test_monitor_that_the_rows_cannot_define_is_refused(meta, truth, name, reason):
    figure = f"validation/{name}"
    assert refusal(measuring(meta, truth, name).require_suited, monitoring(figure)) == (
        f"training.early_stopping.monitor is not defined on these rows: {reason}. "
        f"Received: {figure}. Monitor another metric, such as validation/loss."
    )


def test_metric_undefined_by_predictions_may_be_monitored():
    measuring(images(), [0, 1, 2], "precision/b").require_suited(monitoring(FIGURE))


def test_undefined_metric_is_left_out_of_the_history():
    split = Split(np.zeros((2, 1)), np.array([0, 1]), None)
    measured = Measuring(
        images(), {"validation": split}, loss=rows_loss, metrics=["precision/b", "recall/b"]
    )
    never_b = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    assert measured.measure(lambda _: never_b) == {
        "validation/loss": 0.0,
        "validation/recall/b": 0.0,
    }


def test_undefined_epoch_is_no_improvement():
    stopping = Stopping(EarlyStopping(monitor=FIGURE, patience=2))
    stopping.rule.settle("validation/loss", key="")
    assert stopping.update(0.5, epoch=1, step=1)
    assert not stopping.update(None, epoch=2, step=2)
    assert not stopping.exhausted
    assert not stopping.update(None, epoch=3, step=3)
    assert stopping.exhausted
    assert (stopping.state.best, stopping.state.best_step) == (0.5, 1)


def test_undefined_epochs_lower_the_rate_of_a_plateau():
    plateau = Plateau(ReduceOnPlateau(monitor=FIGURE, patience=2, factor=0.5))
    plateau.rule.settle("validation/loss", key="")
    assert [plateau.update(value, 1.0) for value in (0.5, None, None)] == [1.0, 1.0, 0.5]


class Engine:
    """Trains nothing."""

    network = SimpleNamespace(get_weights=list, set_weights=lambda _: None)
    optimizer = SimpleNamespace(learning_rate=0.1)
    variables: tuple[Any, ...] = ()

    def get_state(self) -> list[Any]:
        return []

    def set_state(self, values: list[Any]) -> None:
        pass

    def averaged(self) -> Any:
        return nullcontext()

    def reset(self) -> None:
        pass

    def run(self, _start: int, stop: int, *, on_step: Any) -> Reading:
        reading = Reading({"loss": 1.0}, timed_examples=0, seconds=0.0)
        on_step(stop, reading)
        return reading

    def predict(self, split: Split) -> Any:
        return np.zeros((len(split), 1))


class NeverDefined:
    """Measures a figure that no epoch defines."""

    def figures(self) -> list[str]:
        return ["validation/loss", FIGURE]

    def measure(self, _predict: Any) -> dict[str, float]:
        return {"validation/loss": 1.0}


def test_monitor_that_no_epoch_defined_is_an_error():
    training = Training(epochs=5, batch_size=2, early_stopping=EarlyStopping(monitor=FIGURE))
    schedule = Schedule.of(training, rows=4, seed=0)
    rules = Rules(training.early_stopping, training.reduce_on_plateau)
    arguments = {"measuring": NeverDefined(), "rules": rules, "listeners": []}
    assert refusal(train, Engine(), schedule, **arguments) == (
        "training.early_stopping.monitor was not defined after any epoch, so no weights are the "
        f"best. Received: {FIGURE}. Monitor another metric, such as validation/loss."
    )
