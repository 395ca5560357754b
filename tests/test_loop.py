"""The loop over an engine that computes nothing: values and weights are what a test says."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline.config.training import Direction, EarlyStopping
from pipeline.data.prepared import Part
from pipeline.errors import ConfigError, PipelineError
from pipeline.training.engine import Segment
from pipeline.training.history import Point
from pipeline.training.loop import Listener, Outcome, train
from pipeline.training.schedule import Schedule

PART = Part(np.zeros((4, 1)), np.zeros(4), None)


class Network:
    """Its only weight is the number of steps it was trained."""

    weights = 0

    def get_weights(self) -> list[int]:
        return [self.weights]

    def set_weights(self, weights: list[int]) -> None:
        (self.weights,) = weights


@dataclass
class FakeEngine:
    """Training loss is the step reached; validation loss is taken from `losses` by step."""

    schedule: Schedule
    losses: dict[int, float] = field(default_factory=dict)
    network: Network = field(default_factory=Network)
    optimizer: Any = field(default_factory=lambda: SimpleNamespace(learning_rate=0.1))
    segments: list[tuple[int, int]] = field(default_factory=list)

    def run(self, start: int, stop: int, *, on_step: Any) -> Segment:
        self.segments.append((start, stop))
        self.network.weights = stop
        on_step(stop, {"loss": float(stop)})
        examples = len(self.schedule.indices(start, stop))
        return Segment({"loss": float(stop)}, examples=examples, timed_examples=examples - 1, seconds=0.5)

    def evaluate(self, part: Part) -> dict[str, float]:
        return {"loss": self.losses.get(self.network.weights, 1.0), "rows": float(len(part))}


class Diary(Listener):
    """Writes down what it hears."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.heard: list[Any] = []

    def on_step(self, step: int, means: dict[str, float]) -> None:
        self.heard.append(("step", step, means["loss"]))

    def on_point(self, point: Point) -> None:
        self.heard.append(("point", point.step))

    def on_snapshot(self, step: int) -> None:
        self.heard.append(("snapshot", step, self.network.weights))

    def on_end(self) -> None:
        self.heard.append("end")


def schedule(epochs: int = 3, evaluate_at: tuple[int, ...] = ()) -> Schedule:
    """Epochs of two steps, of 4 rows and of 1."""
    return Schedule(rows=5, batch_size=4, total=2 * epochs, seed=1, evaluate_at=list(evaluate_at))


def stopping(**rule: Any) -> EarlyStopping:
    return EarlyStopping(**{"direction": Direction.min, "patience": 1} | rule)


def trained(engine: FakeEngine, rule: EarlyStopping | None = None, listeners: list[Listener] | None = None) -> Outcome:
    ticks = iter(range(1000))
    return train(
        engine,
        engine.schedule,
        validation=PART,
        early_stopping=rule,
        listeners=listeners or [],
        clock=lambda: float(next(ticks)),
    )


def test_validation_is_measured_at_the_end_of_every_epoch():
    assert [point.step for point in trained(FakeEngine(schedule())).history] == [2, 4, 6]


def test_validation_is_measured_at_the_steps_asked_for_too():
    outcome = trained(FakeEngine(schedule(epochs=1, evaluate_at=(0, 1, 2))))
    assert [point.step for point in outcome.history] == [0, 1, 2]


def test_before_the_first_step_only_validation_is_known():
    outcome = trained(FakeEngine(schedule(epochs=1, evaluate_at=(0,))))
    assert outcome.history[0].metrics == {"validation/loss": 1.0, "validation/rows": 4.0}
    assert outcome.history[0].examples_per_second == 0.0


def test_means_of_an_epoch_are_weighted_by_examples():
    outcome = trained(FakeEngine(schedule(epochs=1, evaluate_at=(1,))))
    assert [point.metrics["train/loss"] for point in outcome.history] == [1.0, pytest.approx((4 * 1 + 1 * 2) / 5)]


def test_means_begin_anew_in_every_epoch():
    assert [point.metrics["train/loss"] for point in trained(FakeEngine(schedule())).history] == [2.0, 4.0, 6.0]


def test_a_point_holds_time_rate_and_learning_rate():
    assert trained(FakeEngine(schedule(epochs=1))).history == [
        Point(
            step=2,
            epoch=1.0,
            seconds=1.0,
            training_seconds=0.5,
            timed_examples=4,
            learning_rate=0.1,
            metrics={"train/loss": 2.0, "validation/loss": 1.0, "validation/rows": 4.0},
        )
    ]


def test_without_early_stopping_the_last_weights_are_kept():
    engine = FakeEngine(schedule(), losses={2: 0.1})
    outcome = trained(engine)
    assert (outcome.kept.step, outcome.stopped_early, engine.network.weights) == (6, False, 6)


def test_training_stops_after_its_patience():
    engine = FakeEngine(schedule(epochs=9), losses={2: 0.5, 4: 0.3, 6: 0.4, 8: 0.4})
    outcome = trained(engine, stopping(patience=2))
    assert (outcome.history[-1].step, outcome.stopped_early) == (8, True)
    assert engine.segments[-1] == (6, 8)


def test_the_weights_of_the_best_epoch_are_restored():
    engine = FakeEngine(schedule(epochs=9), losses={4: 0.3})
    outcome = trained(engine, stopping())
    assert (engine.network.weights, outcome.kept.step, outcome.kept.metrics["validation/loss"]) == (4, 4, 0.3)


def test_the_best_weights_are_restored_also_where_training_ran_to_its_end():
    engine = FakeEngine(schedule(epochs=3), losses={4: 0.3})
    outcome = trained(engine, stopping(patience=5))
    assert (engine.network.weights, outcome.stopped_early) == (4, False)


def test_a_metric_may_be_better_the_larger_it_is():
    engine = FakeEngine(schedule(epochs=9), losses={2: 2.5, 4: 2.9})
    assert trained(engine, stopping(direction=Direction.max)).kept.step == 4


def test_evaluations_inside_an_epoch_do_not_count_for_early_stopping():
    engine = FakeEngine(schedule(epochs=2, evaluate_at=(1, 3)), losses={1: 0.0, 2: 0.5, 3: 9.0, 4: 0.4})
    assert trained(engine, stopping()).kept.step == 4


def test_a_metric_that_is_not_there_cannot_be_watched():
    with pytest.raises(ConfigError) as caught:
        trained(FakeEngine(schedule()), stopping(monitor="validation/accuracy"))
    assert str(caught.value) == (
        "training.early_stopping.monitor is no metric of this training. Received: validation/accuracy. "
        "Expected: train/loss, validation/loss, validation/rows."
    )


def test_a_loss_that_is_no_number_ends_training():
    with pytest.raises(PipelineError) as caught:
        trained(FakeEngine(schedule(), losses={4: float("nan")}))
    assert str(caught.value) == (
        "training diverged: validation/loss is no longer a number after step 4. Received: validation/loss=nan. "
        "Try a smaller optimizer.learning_rate or optimizer.clipnorm."
    )


def test_listeners_hear_everything_in_order():
    engine = FakeEngine(schedule(epochs=2, evaluate_at=(3,)))
    diary = Diary(engine.network)
    trained(engine, listeners=[diary])
    assert diary.heard == [
        ("step", 2, 2.0),
        ("point", 2),
        ("step", 3, 3.0),
        ("point", 3),
        ("snapshot", 3, 3),
        ("step", 4, 4.0),
        ("point", 4),
        "end",
    ]


def test_listeners_hear_of_the_point_at_which_training_diverged():
    engine = FakeEngine(schedule(), losses={2: float("inf")})
    diary = Diary(engine.network)
    with pytest.raises(PipelineError):
        trained(engine, listeners=[diary])
    assert diary.heard == [("step", 2, 2.0), ("point", 2), "end"]
