"""The loop with a fake engine. Each test sets the values, weights and times."""

import math
import signal
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipeline.config.training import EarlyStopping, ReduceOnPlateau
from pipeline.errors import ConfigError, PipelineError
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.history import Point
from pipeline.signals import Interrupted
from pipeline.training.engine import Reading
from pipeline.training.listener import Listener
from pipeline.training.loop import Checkpoints, Rules, TrainingOutcome, train
from pipeline.training.schedule import Schedule
from tests.support.interruptions import Signalled
from tests.support.rules import rules_of

NAN = float("nan")
NEVER = 1e9
CODES = [(signal.SIGTERM, 143), (signal.SIGINT, 130)]


class Clock:
    """A clock that the engine and the tests move."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Network:
    """Its only weight is the number of its training steps."""

    weights = 0

    def get_weights(self) -> list[Any]:
        return [np.array(self.weights)]

    def set_weights(self, weights: list[Any]) -> None:
        (self.weights,) = map(int, weights)


@dataclass
class FakeEngine:
    """A step takes a second. The running loss is the mean step since `reset`.

    Args:
        losses: the validation loss by step; 1 at the others.
    """

    schedule: Schedule
    losses: dict[int, float] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    network: Network = field(default_factory=Network)
    optimizer: Any = field(default_factory=lambda: SimpleNamespace(learning_rate=0.1))
    segments: list[tuple[int, int]] = field(default_factory=list)
    steps_since_reset: list[int] = field(default_factory=list)

    @property
    def variables(self) -> list[Any]:
        return []

    def get_state(self) -> list[Any]:
        return [
            np.array(self.network.weights),
            np.array(self.optimizer.learning_rate),
            np.array(self.steps_since_reset),
        ]

    def set_state(self, values: list[Any]) -> None:
        weights, learning_rate, steps_since_reset = values
        self.network.weights, self.optimizer.learning_rate = int(weights), float(learning_rate)
        self.steps_since_reset = steps_since_reset.tolist()

    def reset(self) -> None:
        self.steps_since_reset = []

    def averaged(self) -> AbstractContextManager[None]:
        return nullcontext()

    def run(self, start: int, stop: int, *, on_step: Any) -> Reading:
        self.segments.append((start, stop))
        for step in range(start + 1, stop + 1):
            self.clock.now += 1.0
            self.network.weights = step
            self.steps_since_reset.append(step)
            progress = Reading(
                {"loss": sum(self.steps_since_reset) / len(self.steps_since_reset)},
                timed_examples=self.schedule.row_count(start, step),
                seconds=float(step - start),
            )
            on_step(step, progress)
        return progress

    def predict(self, split: Any) -> Any:  # noqa: ARG002 - there is one split
        return self.losses.get(self.network.weights, 1.0)


class FakeMeasuring:
    """Measures what the fake engine predicts."""

    def figures(self) -> list[str]:
        return ["train/loss", "validation/loss", "validation/accuracy"]

    def measure(self, predict: Any) -> dict[str, float]:
        loss = predict("validation")
        return {"train/loss": 0.5, "validation/loss": loss, "validation/accuracy": loss}


class Diary(Listener):
    """Remembers events and checkpoints."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def on_begin(self, history: Sequence[Point]) -> None:
        self.events.append(("begin", [point.step for point in history]))

    def on_step(self, step: int, means: dict[str, float]) -> None:
        self.events.append(("step", step, means["loss"]))

    def on_point(self, point: Point) -> None:
        self.events.append(("point", point.step))

    def on_snapshot(self, step: int) -> None:
        self.events.append(("snapshot", step))

    def on_commit(self, points: Sequence[Point]) -> None:
        self.events.append(("commit", [point.step for point in points]))

    def on_end(self) -> None:
        self.events.append("end")

    def of(self, kind: str) -> list[Any]:
        return [entry[1] for entry in self.events if entry[0] == kind]


class Process:
    """One process of a training: its events, and the checkpoints that it saves."""

    def __init__(
        self,
        engine: FakeEngine,
        rules: Rules | None = None,
        *,
        latest: Checkpoint | None = None,
        signalled: Signalled | None = None,
        every_seconds: float = NEVER,
        commit_takes: float = 0.0,
        starts_at: float = 0.0,
    ) -> None:
        self.engine, self.rules = engine, rules or rules_of()
        self.signalled = signalled or Signalled()
        self.diary = Diary()
        self.saved: list[Checkpoint] = []
        self.commit_takes = commit_takes
        self.checkpoints = Checkpoints(self.save, every_seconds, latest)
        engine.clock.now = starts_at

    def save(self, state: Checkpoint) -> None:
        self.engine.clock.now += self.commit_takes
        self.saved.append(state)
        self.diary.events.append(("save", state.facts["step"]))

    def train(self) -> TrainingOutcome:
        return train(
            self.engine,
            self.engine.schedule,
            measuring=FakeMeasuring(),
            rules=self.rules,
            listeners=[self.signalled, self.diary],
            checkpoints=self.checkpoints,
            interruption=self.signalled.interruption,
            clock=self.engine.clock,
            now=lambda: 1_700_000_000.1234,
        )

    def interrupted(self) -> int | str | None:
        """Its exit code."""
        with pytest.raises(Interrupted) as caught:
            self.train()
        return caught.value.code


def schedule(epochs: int = 3, evaluate_at: tuple[int, ...] = ()) -> Schedule:
    """Epochs of two steps, of 4 rows and of 1."""
    return Schedule(rows=5, batch_size=4, total=2 * epochs, seed=1, evaluate_at=list(evaluate_at))


def long_epoch(evaluate_at: tuple[int, ...] = ()) -> Schedule:
    """One epoch of ten steps of 4 rows."""
    return Schedule(rows=40, batch_size=4, total=10, seed=1, evaluate_at=list(evaluate_at))


def stopping(**rule: Any) -> Rules:
    return rules_of(early_stopping=EarlyStopping(**{"patience": 1} | rule))


def plateau(**rule: Any) -> Rules:
    return rules_of(reduce_on_plateau=ReduceOnPlateau(**{"patience": 1, "factor": 0.5} | rule))


def trained(
    engine: FakeEngine, rules: Rules | None = None, listeners: Sequence[Listener] = ()
) -> TrainingOutcome:
    return train(
        engine,
        engine.schedule,
        measuring=FakeMeasuring(),
        rules=rules or rules_of(),
        listeners=listeners,
        clock=engine.clock,
        now=lambda: 1_700_000_000.1234,
    )


def steps_of(outcome: TrainingOutcome) -> list[int]:
    return [point.step for point in outcome.history]


def test_every_epoch_ends_with_an_evaluation():
    assert steps_of(trained(FakeEngine(schedule()))) == [2, 4, 6]


def test_evaluate_at_adds_evaluations():
    assert steps_of(trained(FakeEngine(schedule(epochs=1, evaluate_at=(0, 1, 2))))) == [0, 1, 2]


def test_first_point_has_no_running_loss():
    outcome = trained(FakeEngine(schedule(epochs=1, evaluate_at=(0,))))
    assert outcome.history[0].metrics == {
        "train/loss": 0.5,
        "validation/loss": 1.0,
        "validation/accuracy": 1.0,
    }
    assert outcome.history[0].examples_per_second == 0.0


def test_means_of_an_epoch_are_weighted_by_examples():
    outcome = trained(FakeEngine(schedule(epochs=1, evaluate_at=(1,))))
    assert [point.metrics["running/loss"] for point in outcome.history] == [
        1.0,
        pytest.approx((4 * 1 + 1 * 2) / 5),
    ]


def test_means_restart_in_every_epoch():
    history = trained(FakeEngine(schedule())).history
    assert [point.metrics["running/loss"] for point in history] == [1.5, 3.5, 5.5]


def test_point_holds_times_and_learning_rate():
    assert trained(FakeEngine(schedule(epochs=1))).history == [
        Point(
            step=2,
            epoch=1.0,
            timestamp=1_700_000_000_123,
            seconds=2.0,
            training_seconds=2.0,
            timed_examples=5,
            learning_rate=0.1,
            metrics={
                "running/loss": 1.5,
                "train/loss": 0.5,
                "validation/loss": 1.0,
                "validation/accuracy": 1.0,
            },
        )
    ]


def test_last_weights_stay_without_early_stopping():
    engine = FakeEngine(schedule(), losses={2: 0.1})
    outcome = trained(engine)
    assert (outcome.final.step, outcome.stopped_early, engine.network.weights) == (6, False, 6)


def test_training_stops_after_its_patience():
    engine = FakeEngine(schedule(epochs=9), losses={2: 0.5, 4: 0.3, 6: 0.4, 8: 0.4})
    outcome = trained(engine, stopping(patience=2))
    assert (outcome.history[-1].step, outcome.stopped_early) == (8, True)
    assert engine.segments[-1] == (6, 8)


def test_weights_of_the_best_epoch_are_restored():
    engine = FakeEngine(schedule(epochs=9), losses={4: 0.3})
    outcome = trained(engine, stopping())
    assert (
        engine.network.weights,
        outcome.final.step,
        outcome.final.metrics["validation/loss"],
    ) == (
        4,
        4,
        0.3,
    )


def test_best_weights_are_restored_after_all_epochs():
    engine = FakeEngine(schedule(epochs=3), losses={4: 0.3})
    outcome = trained(engine, stopping(patience=5))
    assert (engine.network.weights, outcome.stopped_early) == (4, False)


def test_best_weights_are_restored_without_patience():
    engine = FakeEngine(schedule(epochs=9), losses={4: 0.3})
    outcome = trained(engine, stopping(patience=None))
    assert (
        engine.network.weights,
        outcome.final.step,
        outcome.history[-1].step,
        outcome.stopped_early,
    ) == (4, 4, 18, False)


def test_last_weights_stay_before_the_start_epoch():
    engine = FakeEngine(schedule(epochs=3), losses={2: 0.3})
    assert (trained(engine, stopping(start_epoch=4)).final.step, engine.network.weights) == (6, 6)


def test_monitored_accuracy_keeps_the_best_epoch():
    engine = FakeEngine(schedule(epochs=9), losses={2: 0.64, 4: 0.99, 6: 0.95, 8: 0.95})
    outcome = trained(engine, stopping(monitor="validation/accuracy", patience=2))
    assert (outcome.final.step, outcome.history[-1].step, engine.network.weights) == (4, 8, 4)


def test_rising_accuracy_keeps_the_learning_rate():
    accuracies = {2: 0.5, 4: 0.6, 6: 0.7, 8: 0.8, 10: 0.9, 12: 0.92, 14: 0.94}
    rules = plateau(monitor="validation/accuracy", patience=2)
    outcome = trained(FakeEngine(schedule(epochs=7), losses=accuracies), rules)
    assert [point.learning_rate for point in outcome.history] == [0.1] * 7


def test_running_loss_can_be_monitored():
    outcome = trained(FakeEngine(schedule(epochs=9)), stopping(monitor="running/loss"))
    assert (outcome.final.step, outcome.history[-1].step) == (2, 4)


def test_early_stopping_ignores_evaluations_inside_epochs():
    engine = FakeEngine(
        schedule(epochs=2, evaluate_at=(1, 3)), losses={1: 0.0, 2: 0.5, 3: 9.0, 4: 0.4}
    )
    assert trained(engine, stopping()).final.step == 4


def test_plateau_lowers_the_next_learning_rate():
    outcome = trained(FakeEngine(schedule(epochs=4)), plateau())
    assert [point.learning_rate for point in outcome.history] == [0.1, 0.1, 0.05, 0.025]


def test_plateau_ignores_evaluations_inside_epochs():
    outcome = trained(FakeEngine(schedule(epochs=2, evaluate_at=(1, 3))), plateau())
    assert [point.learning_rate for point in outcome.history] == [0.1, 0.1, 0.1, 0.1]


@pytest.mark.parametrize(
    ("rule", "key"), [(stopping, "early_stopping"), (plateau, "reduce_on_plateau")]
)
def test_monitor_that_is_not_measured_is_refused(rule, key):
    with pytest.raises(ConfigError) as caught:
        trained(FakeEngine(schedule()), rule(monitor="validation/log_loss"))
    assert str(caught.value) == (
        f"training.{key}.monitor is not measured by this training. Received: validation/log_loss. "
        "Expected: running/loss, train/loss, validation/loss, validation/accuracy."
    )


def test_monitor_is_refused_before_training():
    engine, diary = FakeEngine(schedule(evaluate_at=(0,))), Diary()
    with pytest.raises(ConfigError):
        trained(engine, stopping(monitor="train/accuracy"), [diary])
    assert (engine.segments, diary.events) == ([], ["end"])


def test_infinite_loss_ends_training():
    with pytest.raises(PipelineError) as caught:
        trained(FakeEngine(schedule(), losses={4: NAN}))
    assert str(caught.value) == (
        "training diverged: validation/loss is not a finite number after step 4. "
        "Received: validation/loss=nan. "
        "Set a smaller optimizer.learning_rate, or set optimizer.clipnorm."
    )


def test_divergence_after_good_epochs_keeps_the_best():
    engine = FakeEngine(schedule(epochs=9), losses={2: 0.4, 4: 0.3, 6: NAN})
    outcome = trained(engine, stopping(patience=None))
    assert (engine.network.weights, outcome.final.step) == (4, 4)
    assert (steps_of(outcome), outcome.stopped_early) == ([2, 4, 6], True)


def test_diverged_weights_are_no_snapshot():
    engine, diary = FakeEngine(schedule(evaluate_at=(2, 4)), losses={2: 0.4, 4: NAN}), Diary()
    trained(engine, stopping(patience=None), [diary])
    assert diary.of("snapshot") == [2]


def test_diverged_value_does_not_move_the_rules():
    process = Process(FakeEngine(schedule(), losses={2: 0.4, 4: NAN}), stopping(patience=9))
    process.train()
    stopped = process.saved[-1].facts["stopping"]
    assert stopped == {"best": 0.4, "best_step": 2, "wait": 0}


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
def test_killed_training_diverges_to_the_same_end(step):
    losses = {2: 0.4, 4: 0.3, 6: NAN}
    whole = FakeEngine(schedule(epochs=9), losses=losses)
    expected = trained(whole, stopping(patience=None))
    _, second = interrupted_and_next(
        schedule(epochs=9), stopping(patience=None), losses=losses, at_step=step
    )
    outcome = second.train()
    assert (outcome.final, steps_of(outcome)) == (expected.final, [2, 4, 6])
    assert second.engine.network.weights == whole.network.weights == 4


def test_diverged_training_with_best_weights_ends_again():
    losses = {2: 0.4, 4: NAN}
    first = Process(FakeEngine(schedule(), losses=losses), stopping(patience=None))
    ended = first.train()
    second = Process(FakeEngine(schedule()), stopping(patience=None), latest=first.saved[-1])
    again = second.train()
    assert (again.final, second.engine.network.weights) == (ended.final, 2)
    assert second.engine.segments == []


def test_listeners_receive_events_in_order():
    process = Process(FakeEngine(schedule(epochs=2, evaluate_at=(3,))))
    process.train()
    assert process.diary.events == [
        ("begin", []),
        ("step", 1, 1.0),
        ("step", 2, 1.5),
        ("point", 2),
        ("save", 2),
        ("commit", [2]),
        ("step", 3, 3.0),
        ("point", 3),
        ("snapshot", 3),
        ("save", 3),
        ("commit", [3]),
        ("step", 4, 4.0),
        ("point", 4),
        ("save", 4),
        ("commit", [4]),
        "end",
    ]


def test_training_without_checkpoints_is_logged():
    diary = Diary()
    trained(FakeEngine(schedule()), listeners=[diary])
    assert diary.of("commit") == [[2], [4], [6]]


def test_diverged_point_is_saved_and_logged():
    process = Process(FakeEngine(schedule(), losses={2: float("inf")}))
    with pytest.raises(PipelineError):
        process.train()
    assert process.diary.events[3:] == [("point", 2), ("save", 2), ("commit", [2]), "end"]


def test_divergence_logs_all_pending_points():
    process = Process(
        FakeEngine(schedule(epochs=9), losses={2: 1, 4: 1, 6: 1, 8: float("nan")}),
        commit_takes=NEVER,
    )
    with pytest.raises(PipelineError):
        process.train()
    assert process.diary.of("commit") == [[2], [4, 6, 8]]


def test_diverged_training_does_not_resume():
    first = Process(FakeEngine(schedule(), losses={2: float("inf")}))
    with pytest.raises(PipelineError) as diverged:
        first.train()
    second = Process(FakeEngine(schedule()), latest=first.saved[-1])
    with pytest.raises(PipelineError) as again:
        second.train()
    assert (str(again.value), second.engine.segments) == (str(diverged.value), [])


def test_cheap_checkpoints_are_saved_every_epoch():
    process = Process(
        FakeEngine(Schedule(rows=50, batch_size=1, total=250, seed=1)), commit_takes=1.0
    )
    process.train()
    assert process.diary.of("save") == [50, 100, 150, 200, 250]


def test_expensive_checkpoints_are_saved_less_often():
    process = Process(
        FakeEngine(Schedule(rows=50, batch_size=1, total=300, seed=1)), commit_takes=1.25
    )
    process.train()
    assert process.diary.of("save") == [50, 150, 250, 300]


def test_pending_points_are_logged_with_the_next():
    process = Process(FakeEngine(schedule(epochs=4)), commit_takes=NEVER)
    process.train()
    assert process.diary.of("commit") == [[2], [4, 6, 8]]


def test_snapshot_is_always_saved():
    process = Process(FakeEngine(schedule(epochs=4, evaluate_at=(5,))), commit_takes=NEVER)
    process.train()
    assert process.diary.of("save") == [2, 5, 8]


def test_end_of_training_is_always_saved():
    process = Process(FakeEngine(schedule(epochs=4)), commit_takes=NEVER)
    process.train()
    assert process.diary.of("save") == [2, 8]


def test_early_stop_is_always_saved():
    process = Process(FakeEngine(schedule(epochs=9)), stopping(patience=3), commit_takes=NEVER)
    process.train()
    assert process.diary.of("save") == [2, 8]


def test_interrupted_evaluation_is_always_saved():
    process = Process(
        FakeEngine(schedule(epochs=9)), signalled=Signalled(at_point=6), commit_takes=NEVER
    )
    process.interrupted()
    assert process.diary.of("save") == [2, 6]


def test_long_segment_is_saved_inside():
    process = Process(FakeEngine(long_epoch()), every_seconds=3.0)
    process.train()
    assert process.diary.of("save") == [3, 6, 9, 10]


def test_checkpoint_inside_a_segment_logs_nothing():
    process = Process(FakeEngine(long_epoch()), every_seconds=3.0)
    process.train()
    assert process.diary.of("commit") == [[10]]


def test_segment_end_is_saved_after_its_evaluation():
    process = Process(FakeEngine(long_epoch()), every_seconds=10.0)
    process.train()
    assert process.diary.events[-4:] == [("point", 10), ("save", 10), ("commit", [10]), "end"]
    assert process.diary.of("save") == [10]


@pytest.mark.parametrize(("number", "code"), CODES)
def test_signal_inside_a_segment_saves_and_ends(number, code):
    process = Process(FakeEngine(long_epoch()), signalled=Signalled(at_step=4, number=number))
    assert process.interrupted() == code
    assert process.diary.events[-3:] == [("step", 4, 2.5), ("save", 4), "end"]


@pytest.mark.parametrize(("number", "code"), CODES)
def test_signal_after_a_segment_waits_for_evaluation(number, code):
    process = Process(FakeEngine(schedule()), signalled=Signalled(at_step=2, number=number))
    assert process.interrupted() == code
    assert process.diary.events[2:] == [
        ("step", 2, 1.5),
        ("point", 2),
        ("save", 2),
        ("commit", [2]),
        "end",
    ]


def test_signal_at_the_last_step_ends_training():
    process = Process(FakeEngine(schedule()), signalled=Signalled(at_point=6))
    assert process.interrupted() == 143


def test_early_signal_ends_training_after_one_step():
    signalled = Signalled()
    signalled.interruption.requested = signal.SIGTERM
    process = Process(FakeEngine(long_epoch()), signalled=signalled)
    assert (process.interrupted(), process.diary.of("save")) == (143, [1])


def test_training_without_checkpoints_can_be_interrupted():
    engine, signalled = FakeEngine(long_epoch()), Signalled(at_step=4)
    with pytest.raises(Interrupted):
        train(
            engine,
            engine.schedule,
            measuring=FakeMeasuring(),
            rules=rules_of(),
            listeners=[signalled],
            interruption=signalled.interruption,
        )
    assert engine.network.weights == 4


def interrupted_and_next(
    plan: Schedule,
    rules: Rules | None = None,
    *,
    losses: dict[int, float] | None = None,
    **signalled: int,
) -> tuple[Process, Process]:
    """A process that a signal ends, and the next process, before it begins."""
    first = Process(FakeEngine(plan, losses=losses or {}), rules, signalled=Signalled(**signalled))
    first.interrupted()
    return first, Process(
        FakeEngine(plan, losses=losses or {}), rules, latest=first.saved[-1], starts_at=1000.0
    )


def test_training_resumes_inside_a_segment():
    _, second = interrupted_and_next(long_epoch(), at_step=4)
    second.train()
    assert second.engine.segments == [(4, 10)]


def test_training_resumes_after_an_evaluation():
    _, second = interrupted_and_next(schedule(), at_point=2)
    second.train()
    assert second.engine.segments == [(2, 4), (4, 6)]


@pytest.mark.parametrize("step", range(1, 10))
def test_resumed_training_has_the_same_history(step):
    plan = long_epoch(evaluate_at=(0, 3, 7))
    _, second = interrupted_and_next(plan, at_step=step)
    assert second.train().history == trained(FakeEngine(plan)).history


def test_first_evaluation_is_not_repeated():
    _, second = interrupted_and_next(long_epoch(evaluate_at=(0,)), at_step=4)
    second.train()
    assert second.diary.of("point") == [10]


def test_listeners_first_receive_the_earlier_history():
    _, second = interrupted_and_next(schedule(), at_point=4)
    second.train()
    assert second.diary.events[0] == ("begin", [2, 4])


def test_resumed_training_logs_nothing_twice():
    first, second = interrupted_and_next(schedule(), at_point=4)
    second.train()
    assert (first.diary.of("commit"), second.diary.of("commit")) == ([[2], [4]], [[6]])


def test_stopped_training_trains_nothing_more():
    _, second = interrupted_and_next(schedule(epochs=9), stopping(), losses={2: 0.3}, at_point=4)
    outcome = second.train()
    assert (second.engine.segments, second.engine.network.weights) == ([], 2)
    assert (steps_of(outcome), outcome.final.step, outcome.stopped_early) == ([2, 4], 2, True)


def test_ended_training_trains_nothing_more():
    _, second = interrupted_and_next(schedule(), at_point=6)
    assert (steps_of(second.train()), second.engine.segments, second.diary.of("save")) == (
        [2, 4, 6],
        [],
        [],
    )


def test_resumed_early_stopping_continues_counting():
    losses = {2: 0.3}
    _, second = interrupted_and_next(
        schedule(epochs=9), stopping(patience=3), losses=losses, at_step=5
    )
    assert (steps_of(second.train()), second.engine.network.weights) == ([2, 4, 6, 8], 2)


def test_resumed_plateau_continues_counting():
    _, second = interrupted_and_next(schedule(epochs=5), plateau(patience=2), at_step=5)
    assert [point.learning_rate for point in second.train().history] == [0.1, 0.1, 0.1, 0.05, 0.05]


def test_durations_add_up_over_processes():
    _, second = interrupted_and_next(long_epoch(), at_step=4)
    point = second.train().history[-1]
    assert (point.seconds, point.training_seconds, point.timed_examples) == (10.0, 10.0, 40)


def test_time_between_processes_does_not_count():
    first, second = interrupted_and_next(schedule(), at_point=4)
    second.train()
    assert [point["seconds"] for point in second.saved[-1].facts["history"]] == [2.0, 4.0, 6.0]
    assert first.saved[-1].facts["seconds"] == 4.0


def test_training_can_be_interrupted_many_times():
    plan, latest = long_epoch(evaluate_at=(0, 3, 7)), None
    for step in range(1, 10):
        process = Process(FakeEngine(plan), latest=latest, signalled=Signalled(at_step=step))
        process.interrupted()
        latest = process.saved[-1]
    last = Process(FakeEngine(plan), latest=latest)
    assert last.train().history == trained(FakeEngine(plan)).history


def test_paused_training_resumes_to_its_end():
    first = Process(FakeEngine(schedule(epochs=4)))
    first.checkpoints = Checkpoints(first.save, NEVER, pause_at=4)
    paused = first.train()
    assert (paused.paused, [point.step for point in paused.history], paused.final.step) == (
        True,
        [2, 4],
        4,
    )
    second = Process(FakeEngine(schedule(epochs=4)), latest=first.saved[-1])
    assert second.train().history[-1].step == 8
    assert (first.engine.segments, second.engine.segments) == ([(0, 2), (2, 4)], [(4, 6), (6, 8)])


def test_training_past_its_pause_pauses_at_once():
    first = Process(FakeEngine(schedule(epochs=4)))
    first.checkpoints = Checkpoints(first.save, NEVER, pause_at=4)
    first.train()
    again = Process(FakeEngine(schedule(epochs=4)))
    again.checkpoints = Checkpoints(again.save, NEVER, first.saved[-1], pause_at=2)
    assert (again.train().paused, again.engine.segments) == (True, [])


def test_training_does_not_pause_at_its_end():
    process = Process(FakeEngine(schedule()))
    process.checkpoints = Checkpoints(process.save, NEVER, pause_at=6)
    assert not process.train().paused


def test_paused_training_returns_its_best_point():
    process = Process(
        FakeEngine(schedule(epochs=4), losses={2: 0.1}),
        stopping(patience=9),
    )
    process.checkpoints = Checkpoints(process.save, NEVER, pause_at=4)
    assert process.train().final.step == 2


def test_kept_checkpoints_are_written_before_the_others():
    process = Process(FakeEngine(schedule(epochs=4, evaluate_at=(0,))))

    def keep(state: Checkpoint) -> None:
        process.diary.events.append(("keep", state.facts["step"]))

    process.checkpoints = Checkpoints(process.save, NEVER, keep=keep, keep_every=4)
    process.train()
    written = [event for event in process.diary.events if event[0] in ("keep", "save")]
    saved = [("save", 0), ("save", 2), ("keep", 4), ("save", 4), ("save", 6), ("keep", 8)]
    assert written == [*saved, ("save", 8)]


def test_state_of_a_diverged_training_is_not_kept():
    process = Process(FakeEngine(schedule(epochs=4), losses={4: math.nan}), stopping(patience=9))
    kept: list[Checkpoint] = []
    process.checkpoints = Checkpoints(process.save, NEVER, keep=kept.append, keep_every=2)
    process.train()
    assert [state.facts["step"] for state in kept] == [2]
