"""The loop: runs the segments of a schedule, and evaluates between them.

It decides when to save and when to stop. The engine computes the steps, and listeners report them.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.config.training import EarlyStopping, ReduceOnPlateau
from pipeline.errors import ConfigError, PipelineError
from pipeline.runs import history
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.history import Point
from pipeline.training.callbacks import OwnCallbacks
from pipeline.training.engine import Engine, Reading
from pipeline.training.listener import Listener
from pipeline.training.measuring import Predict
from pipeline.training.schedule import Schedule
from pipeline.training.state import EpochMeans, State
from pipeline.training.stopping import Plateau, Stopping

# Checkpointing and logging may take this share of training time; indirect costs about double it.
_LARGEST_SHARE = 0.02


@dataclass(frozen=True)
class TrainingOutcome:
    """How a training ended.

    Args:
        final: the point of the weights that the network has; the best so far if paused.
        stopped_early: whether it ended before the last step, for any reason.
        paused: whether a later process must train the remaining steps.
        undone: whether a callback changed the weights at the end. The change was undone.
    """

    history: list[Point]
    final: Point
    stopped_early: bool = False
    paused: bool = False
    undone: bool = False


@dataclass(frozen=True)
class Rules:
    """The rules that apply at the end of each epoch. The settings name the figures they watch."""

    early_stopping: EarlyStopping | None
    reduce_on_plateau: ReduceOnPlateau


@dataclass(frozen=True)
class Checkpoints:
    """When a training is saved, and the checkpoint that it resumes from.

    Args:
        save: writes a checkpoint.
        every_seconds: the longest time between two checkpoints, also inside an epoch.
        latest: the checkpoint to resume from.
        pause_at: the training pauses at the first evaluation after this step.
        keep: writes a checkpoint that stays when the training has ended.
        keep_every: the steps between two of these. It is a whole number of epochs.
    """

    save: Callable[[Checkpoint], None]
    every_seconds: float
    latest: Checkpoint | None = None
    pause_at: int | None = None
    keep: Callable[[Checkpoint], None] | None = None
    keep_every: int | None = None

    def keeps(self, step: int) -> bool:
        """Whether the checkpoint of a step stays."""
        if self.keep is None or self.keep_every is None:
            return False
        return step > 0 and step % self.keep_every == 0


class Measure(Protocol):
    """Measures splits, as `pipeline.training.measuring.Measuring` does."""

    def figures(self) -> list[str]:
        """The names of all figures."""
        ...

    def measure(self, predict: Predict) -> dict[str, float]:
        """The values by figure."""
        ...


class StopRequest(Protocol):
    """Requests to stop, such as signals."""

    @property
    def requested(self) -> object | None:
        """The request, or None."""
        ...

    def check(self) -> None:
        """Raises an exception if there is a request."""
        ...


class NoStopRequest:
    """Requests nothing."""

    requested = None

    def check(self) -> None:
        pass


def train(
    engine: Engine,
    schedule: Schedule,
    *,
    measuring: Measure,
    rules: Rules,
    listeners: Sequence[Listener],
    callbacks: OwnCallbacks | None = None,
    checkpoints: Checkpoints | None = None,
    interruption: StopRequest | None = None,
    clock: Callable[[], float] = time.perf_counter,
    now: Callable[[], float] = time.time,
) -> TrainingOutcome:
    """Trains until the schedule ends, early stopping ends it, it diverges, or it pauses.

    A resumed training ends with the same bits as an uninterrupted one. With early stopping the
    network ends with the best weights, also if the training diverges after them.

    Args:
        measuring: the splits and metrics to measure at each evaluation.
        callbacks: those of the settings. Checkpoints hold their state.
        checkpoints: None if the training is not saved.
        interruption: requests to stop. The state is saved before its exception is raised.
        clock: seconds, for durations.
        now: seconds since 1970, for time stamps.

    Raises:
        ConfigError: a rule monitors a metric that the training does not have.
        PipelineError: the training diverged, and there are no best weights.
    """
    training = _Training(
        engine=engine,
        schedule=schedule,
        measuring=measuring,
        rules=rules,
        listeners=listeners if callbacks is None else [callbacks, *listeners],
        callbacks=callbacks,
        checkpoints=checkpoints,
        interruption=interruption or NoStopRequest(),
        clock=clock,
        now=now,
    )
    try:
        return training.run()
    finally:
        for listener in listeners:
            listener.on_end()


@dataclass(kw_only=True)
class _Training:
    """One training in this process."""

    engine: Engine
    schedule: Schedule
    measuring: Measure
    rules: Rules
    listeners: Sequence[Listener]
    callbacks: OwnCallbacks | None
    checkpoints: Checkpoints | None
    interruption: StopRequest
    clock: Callable[[], float]
    now: Callable[[], float]

    def __post_init__(self) -> None:
        latest = self.checkpoints.latest if self.checkpoints is not None else None
        self.state = state = State() if latest is None else State.from_checkpoint(latest)
        stopping = self.rules.early_stopping
        self.stopping = None if stopping is None else Stopping(stopping, state.stopping)
        self.plateau = Plateau(self.rules.reduce_on_plateau, state.plateau)
        self.committed_points = len(state.history)
        self.committed_at = self.clock()
        self.commit_seconds = 0.0
        self.began = self.committed_at - state.seconds

    def run(self) -> TrainingOutcome:
        self._require_monitored()
        state = self.state
        if self.checkpoints is not None and self.checkpoints.latest is not None:
            self.engine.set_state(self.checkpoints.latest.arrays["engine"])
            self._require_usable()
        for listener in self.listeners:
            listener.on_begin(state.history)
        self._restore_callbacks()
        if 0 in self.schedule.evaluate_at and not state.history:
            self._evaluate()
        for start, stop in self.schedule.segments():
            if self._over or self._paused:
                break
            if not state.history or stop > state.history[-1].step:
                self._run_segment(start, stop)
                self._evaluate()
        return self._outcome()

    def _restore_callbacks(self) -> None:
        """Restores the callbacks after `on_train_begin`. That method sets them up from scratch."""
        latest = self.checkpoints.latest if self.checkpoints is not None else None
        if self.callbacks is not None and latest is not None:
            self.callbacks.set_state(latest.facts["callbacks"], latest.arrays["callbacks"])

    @property
    def _over(self) -> bool:
        """Whether no step is left to train."""
        state = self.state
        exhausted = self.stopping is not None and self.stopping.exhausted
        diverged = history.divergence(state.history) is not None
        return exhausted or diverged or state.stop_requested or state.step == self.schedule.total

    @property
    def _paused(self) -> bool:
        """Whether a later process must train the remaining steps."""
        pause_at = self.checkpoints.pause_at if self.checkpoints is not None else None
        return pause_at is not None and pause_at <= self.state.step and not self._over

    def _run_segment(self, start: int, stop: int) -> None:
        """Runs a segment, or the rest of it if the checkpoint was written inside."""
        state = self.state
        if state.step == start:
            self.engine.reset()
            if start % self.schedule.steps_per_epoch == 0:
                state.epoch = EpochMeans()
        timed_rows, seconds = state.timed_examples, state.training_seconds

        def on_step(step: int, progress: Reading) -> None:
            state.step = step
            state.timed_examples = timed_rows + progress.timed_examples
            state.training_seconds = seconds + progress.seconds
            for listener in self.listeners:
                listener.on_step(step, progress.metrics)
            if step < stop:  # after the last slice, the evaluation saves
                self._save_inside_segment()

        for listener in self.listeners:
            listener.on_segment(state.step)
        progress = self.engine.run(state.step, stop, on_step=on_step)
        state.epoch.add(progress.metrics, self.schedule.row_count(start, stop))

    def _save_inside_segment(self) -> None:
        overdue = (
            self.checkpoints is not None
            and self.clock() - self.committed_at >= self.checkpoints.every_seconds
        )
        if overdue or self.interruption.requested:
            self._commit()
        self.interruption.check()

    def _evaluate(self) -> None:
        state = self.state
        with self.engine.averaged():
            point = self._measure()
            state.history.append(point)
            diverged = history.divergence(state.history) is not None
            is_snapshot = state.step in self.schedule.evaluate_at and not diverged
            if self.schedule.ends_epoch(state.step) and not diverged:
                self._decide(point)
            for listener in self.listeners:
                listener.on_point(point)
                if is_snapshot:
                    listener.on_snapshot(state.step)
        state.stop_requested = any(listener.stops for listener in self.listeners)
        ends_here = self._over or self._paused or self.interruption.requested is not None
        keeps = self.checkpoints is not None and self.checkpoints.keeps(state.step) and not diverged
        if is_snapshot or ends_here or keeps or self._commit_is_cheap():
            self._commit(keeps=keeps)
        self._require_usable()
        self.interruption.check()

    def _measure(self) -> Point:
        state = self.state
        figures = self.measuring.measure(self.engine.predict)
        state.seconds = self.clock() - self.began
        return Point(
            step=state.step,
            epoch=state.step / self.schedule.steps_per_epoch,
            timestamp=round(1000 * self.now()),
            seconds=state.seconds,
            training_seconds=state.training_seconds,
            timed_examples=state.timed_examples,
            learning_rate=float(self.engine.optimizer.learning_rate),
            metrics=state.epoch.means() | figures,
        )

    def _decide(self, point: Point) -> None:
        if self.stopping is not None:
            epoch = -(-point.step // self.schedule.steps_per_epoch)
            value = point.metrics.get(self.stopping.rule.figure)
            if self.stopping.update(value, epoch=epoch, step=point.step):
                self.state.best_weights = self.engine.network.get_weights()
        value = point.metrics.get(self.plateau.rule.figure)
        rate = self.plateau.update(value, point.learning_rate)
        if rate != point.learning_rate:
            self.engine.optimizer.learning_rate = rate

    def _commit_is_cheap(self) -> bool:
        """Whether a commit now stays within its share of the time."""
        return (self.clock() - self.committed_at) * _LARGEST_SHARE >= self.commit_seconds

    def _commit(self, *, keeps: bool = False) -> None:
        """Saves the state, then lets listeners log it, so that nothing is logged twice."""
        began = self.clock()
        self.state.seconds = began - self.began
        if self.checkpoints is not None:
            checkpoint = self._checkpoint()
            if keeps and self.checkpoints.keep is not None:
                self.checkpoints.keep(checkpoint)  # first, so that a kill in between skips none
            self.checkpoints.save(checkpoint)
        if points := self.state.history[self.committed_points :]:
            for listener in self.listeners:
                listener.on_commit(points)
        self.committed_points = len(self.state.history)
        self.committed_at = self.clock()
        self.commit_seconds = self.committed_at - began

    def _checkpoint(self) -> Checkpoint:
        whole = self.state.to_checkpoint(self.engine.get_state())
        if self.callbacks is None:
            return whole
        facts, arrays = self.callbacks.get_state()
        return Checkpoint(whole.facts | {"callbacks": facts}, whole.arrays | {"callbacks": arrays})

    def _outcome(self) -> TrainingOutcome:
        points, best = self.state.history, self._best()
        last = points[-1]
        if self._paused:
            return TrainingOutcome(points, best or last, paused=True)
        self._require_defined()
        stopped_early = last.step < self.schedule.total
        if best is not None:
            weights = self.state.best_weights
        else:
            with self.engine.averaged():
                weights = self.engine.network.get_weights()
        self.engine.network.set_weights(weights)
        undone = self.callbacks is not None and self.callbacks.finish()
        return TrainingOutcome(points, best or last, stopped_early, undone=undone)

    def _best(self) -> Point | None:
        """The point with the best weights; None if early stopping has none."""
        if self.stopping is None or not self.state.best_weights:
            return None
        best_step = self.stopping.state.best_step
        return next(point for point in self.state.history if point.step == best_step)

    def _require_monitored(self) -> None:
        names = ["running/loss", *self.measuring.figures()]
        rules = {"early_stopping": self.stopping, "reduce_on_plateau": self.plateau}
        for key, rule in rules.items():
            if rule is not None and rule.rule.figure not in names:
                raise ConfigError(
                    f"training.{key}.monitor",
                    "is not measured by this training",
                    received=rule.rule.figure,
                    expected=f"Expected: {', '.join(names)}",
                )

    def _require_defined(self) -> None:
        """Refuses the weights if early stopping could not compare any."""
        figure = self.stopping and self.stopping.rule.figure
        if figure and not any(figure in point.metrics for point in self.state.history):
            raise ConfigError(
                "training.early_stopping.monitor",
                "was not defined after any epoch, so no weights are the best",
                received=figure,
                expected="Monitor another metric, such as validation/loss",
            )

    def _require_usable(self) -> None:
        """Raises `PipelineError` if the training diverged before it had best weights."""
        point = history.divergence(self.state.history)
        if point is None or self._best() is not None:
            return
        name = next(name for name, value in point.metrics.items() if not math.isfinite(value))
        raise PipelineError(
            f"training diverged: {name} is not a finite number after step {point.step:,}",
            received=f"{name}={point.metrics[name]}",
            expected="Set a smaller optimizer.learning_rate, or set optimizer.clipnorm",
        )
