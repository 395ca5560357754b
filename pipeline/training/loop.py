"""The loop: runs the schedule's segments on an engine, evaluates between them, keeps its state, decides when to stop."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.config.training import EarlyStopping, ReduceOnPlateau
from pipeline.data.prepared import Part
from pipeline.errors import ConfigError, PipelineError
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.history import Point
from pipeline.signals import Interruption
from pipeline.training.engine import Engine, Progress
from pipeline.training.schedule import Schedule
from pipeline.training.stopping import Plateau, Stopping

_LARGEST_SHARE = 0.02  # of the time of training, for keeping and logging it; what that slows beside comes to as much


class Listener:
    """Hears what happens in a training; each method may be overridden."""

    @property
    def stops(self) -> bool:
        """Whether it asks for the end of training."""
        return False

    def on_begin(self, history: Sequence[Point]) -> None:
        """Before the first step of this process; `history` is what earlier ones reached."""

    def on_segment(self, start: int) -> None:
        """Before a run of steps."""

    def on_step(self, step: int, means: dict[str, float]) -> None:
        """After a step (or a slice of them): `means` over the running segment."""

    def on_point(self, point: Point) -> None:
        """After an evaluation."""

    def on_snapshot(self, step: int) -> None:
        """At a step of `evaluate_at`, while the network has that step's weights."""

    def on_commit(self, points: Sequence[Point]) -> None:
        """When points can no longer be lost, because a checkpoint holds them."""

    def on_end(self) -> None:
        """When training is over, also after a failure."""


@dataclass(frozen=True)
class Outcome:
    """A finished training: its history, and the point whose weights the network now has.

    One that is `paused` is not finished: `kept` is the point whose weights it would now keep.
    """

    history: list[Point]
    kept: Point
    stopped_early: bool
    paused: bool = False


@dataclass(frozen=True)
class Rules:
    """What is decided at the end of each epoch."""

    early_stopping: EarlyStopping | None = None
    reduce_on_plateau: ReduceOnPlateau = field(default_factory=ReduceOnPlateau)


@dataclass(frozen=True)
class Keeping:
    """How a training is kept: `save` commits a checkpoint, at least every `every_seconds`; `latest` is where to go on.

    At the evaluation after step `pause_at` a checkpoint is committed and the training left, to go on later.
    """

    save: Callable[[Checkpoint], None]
    every_seconds: float
    latest: Checkpoint | None = None
    pause_at: int | None = None


@dataclass
class _EpochMeans:
    """Means over the segments of the running epoch, weighted by their examples."""

    examples: int = 0
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, metrics: dict[str, float], examples: int) -> None:
        self.examples += examples
        for name, value in metrics.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * examples

    def means(self) -> dict[str, float]:
        return {f"train/{name}": value / self.examples for name, value in self.sums.items()}


def train(
    engine: Engine,
    schedule: Schedule,
    *,
    validation: Part,
    rules: Rules,
    listeners: Sequence[Listener],
    keeping: Keeping | None = None,
    interruption: Interruption | None = None,
    clock: Callable[[], float] = time.perf_counter,
    now: Callable[[], float] = time.time,
) -> Outcome:
    """Trains to the end of `schedule` or until early stopping, then restores the best weights where it watched.

    With a checkpoint in `keeping` it goes on from there, to the same bits as if it had never ended. One that `keeping`
    pauses ends earlier and restores nothing.

    Args:
        clock: seconds, for durations.
        now: seconds since 1970, for the time stamps of points.

    Raises:
        ConfigError: a rule monitors a metric that is not there.
        Interrupted: a signal was received; the state is kept.
        PipelineError: the loss is no longer a finite number.
    """
    training = _Training(
        engine,
        schedule,
        validation,
        rules,
        listeners,
        keeping,
        interruption or Interruption(),
        clock,
        now,
    )
    try:
        return training.run()
    finally:
        for listener in listeners:
            listener.on_end()


class _Training:
    """The state of one training."""

    def __init__(
        self,
        engine: Engine,
        schedule: Schedule,
        validation: Part,
        rules: Rules,
        listeners: Sequence[Listener],
        keeping: Keeping | None,
        interruption: Interruption,
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self.engine, self.schedule, self.validation, self.listeners = (
            engine,
            schedule,
            validation,
            listeners,
        )
        self.keeping, self.interruption, self.clock, self.now = keeping, interruption, clock, now
        self.stopping = Stopping(rules.early_stopping) if rules.early_stopping else None
        self.plateau = Plateau(rules.reduce_on_plateau)
        self.best_weights: list[Any] = []
        self.step, self.told_to_stop = 0, False
        self.history: list[Point] = []
        self.epoch = _EpochMeans()
        self.timed_examples, self.training_seconds = 0, 0.0
        self.segment_stop = 0
        self.began = self.committed_at = clock()
        self.commit_took, self.logged = 0.0, 0

    def run(self) -> Outcome:
        self._require_monitored()
        if self.keeping is not None and self.keeping.latest is not None:
            self._restore(self.keeping.latest)
        for listener in self.listeners:
            listener.on_begin(self.history)
        if 0 in self.schedule.evaluate_at and not self.history:
            self._evaluate()
        for start, stop in self.schedule.segments():
            if self.over or self.paused:
                break
            if not self.history or stop > self.history[-1].step:
                self._run_segment(start, stop)
                self._evaluate()
        return self._finish()

    @property
    def over(self) -> bool:
        """Whether no step is left to train."""
        exhausted = self.stopping is not None and self.stopping.exhausted
        return exhausted or self.told_to_stop or self.step == self.schedule.total

    @property
    def paused(self) -> bool:
        """Whether the rest is left for later."""
        pause_at = self.keeping.pause_at if self.keeping is not None else None
        return pause_at is not None and pause_at <= self.step and not self.over

    def _run_segment(self, start: int, stop: int) -> None:
        """Runs a segment, or the rest of one in whose midst the checkpoint was written."""
        if self.step == start:
            self.engine.reset()
            if start % self.schedule.steps_per_epoch == 0:
                self.epoch = _EpochMeans()
        self.segment_stop = stop
        examples, seconds = self.timed_examples, self.training_seconds

        def on_step(step: int, progress: Progress) -> None:
            self.step = step
            self.timed_examples = examples + progress.timed_examples
            self.training_seconds = seconds + progress.seconds
            self._slice_ended(progress)

        for listener in self.listeners:
            listener.on_segment(self.step)
        progress = self.engine.run(self.step, stop, on_step=on_step)
        self.epoch.add(progress.metrics, self.schedule.examples(start, stop))

    def _slice_ended(self, progress: Progress) -> None:
        for listener in self.listeners:
            listener.on_step(self.step, progress.metrics)
        if self.step == self.segment_stop:
            return  # its evaluation comes first
        overdue = (
            self.keeping is not None
            and self.clock() - self.committed_at >= self.keeping.every_seconds
        )
        if overdue or self.interruption.requested:
            self._commit()
        self.interruption.check()

    def _evaluate(self) -> None:
        is_snapshot = self.step in self.schedule.evaluate_at
        with self.engine.averaged():
            point = self._measure()
            self.history.append(point)
            if self.schedule.ends_epoch(self.step):
                self._decide(point)
            for listener in self.listeners:
                listener.on_point(point)
                if is_snapshot:
                    listener.on_snapshot(self.step)
        self.told_to_stop = any(listener.stops for listener in self.listeners)
        diverged = not all(map(math.isfinite, point.metrics.values()))
        awaited = self.over or self.paused or self.interruption.requested is not None
        if is_snapshot or diverged or awaited or self._commit_is_due():
            self._commit()
        _require_finite(point)
        self.interruption.check()

    def _measure(self) -> Point:
        validation = {
            f"validation/{name}": value
            for name, value in self.engine.evaluate(self.validation).items()
        }
        return Point(
            step=self.step,
            epoch=self.step / self.schedule.steps_per_epoch,
            timestamp=round(1000 * self.now()),
            seconds=self.clock() - self.began,
            training_seconds=self.training_seconds,
            timed_examples=self.timed_examples,
            learning_rate=float(self.engine.optimizer.learning_rate),
            metrics=self.epoch.means() | validation,
        )

    def _decide(self, point: Point) -> None:
        if self.stopping is not None:
            epoch = -(-point.step // self.schedule.steps_per_epoch)
            if self.stopping.see(
                point.metrics[self.stopping.rule.monitor], epoch=epoch, step=point.step
            ):
                self.best_weights = self.engine.network.get_weights()
        rate = self.plateau.see(point.metrics[self.plateau.rule.monitor], point.learning_rate)
        if rate != point.learning_rate:
            self.engine.optimizer.learning_rate = rate

    def _commit_is_due(self) -> bool:
        """Every evaluation is kept, unless epochs are so short that keeping them would take more than its share."""
        return (self.clock() - self.committed_at) * _LARGEST_SHARE >= self.commit_took

    def _commit(self) -> None:
        """Keeps the state first and logs then, so that no point is logged which a later process would reach again."""
        began = self.clock()
        if self.keeping is not None:
            self.keeping.save(self._state())
        if points := self.history[self.logged :]:
            for listener in self.listeners:
                listener.on_commit(points)
        self.logged = len(self.history)
        self.committed_at = self.clock()
        self.commit_took = self.committed_at - began

    def _state(self) -> Checkpoint:
        facts = {
            "step": self.step,
            "told_to_stop": self.told_to_stop,
            "history": [asdict(point) for point in self.history],
            "epoch": asdict(self.epoch),
            "seconds": self.clock() - self.began,
            "training_seconds": self.training_seconds,
            "timed_examples": self.timed_examples,
            "stopping": self.stopping and self.stopping.numbers(),
            "plateau": self.plateau.numbers(),
        }
        return Checkpoint(
            facts, {"engine": self.engine.get_state(), "best_weights": self.best_weights}
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        facts = checkpoint.facts
        self.engine.set_state(checkpoint.arrays["engine"])
        self.best_weights = checkpoint.arrays["best_weights"]
        self.step, self.told_to_stop = facts["step"], facts["told_to_stop"]
        self.history = [Point(**point) for point in facts["history"]]
        self.logged = len(self.history)  # listeners hear of these in `on_begin`
        self.epoch = _EpochMeans(**facts["epoch"])
        self.began -= facts["seconds"]
        self.training_seconds, self.timed_examples = (
            facts["training_seconds"],
            facts["timed_examples"],
        )
        if self.stopping is not None:
            self.stopping.restore(facts["stopping"])
        self.plateau.restore(facts["plateau"])
        for point in self.history[-1:]:
            _require_finite(point)

    def _finish(self) -> Outcome:
        last = self.history[-1]
        if self.paused:
            return Outcome(self.history, self._best() or last, stopped_early=False, paused=True)
        stopped_early = last.step < self.schedule.total
        best = self._best()
        if best is None:
            with self.engine.averaged():
                weights = self.engine.network.get_weights()
            self.engine.network.set_weights(weights)
            return Outcome(self.history, last, stopped_early)
        self.engine.network.set_weights(self.best_weights)
        return Outcome(self.history, best, stopped_early)

    def _best(self) -> Point | None:
        """The point whose weights early stopping keeps, if it has seen one."""
        if self.stopping is None or not self.best_weights:
            return None
        return next(point for point in self.history if point.step == self.stopping.best_step)

    def _require_monitored(self) -> None:
        names = [
            f"{split}/{name}"
            for split in ("train", "validation")
            for name in self.engine.metric_names
        ]
        for key, machine in (
            ("early_stopping", self.stopping),
            ("reduce_on_plateau", self.plateau),
        ):
            if machine is not None and machine.rule.monitor not in names:
                raise ConfigError(
                    f"training.{key}.monitor",
                    "is no metric of this training",
                    received=machine.rule.monitor,
                    expected=f"Expected: {', '.join(names)}",
                )


def _require_finite(point: Point) -> None:
    for name, value in point.metrics.items():
        if not math.isfinite(value):
            raise PipelineError(
                f"training diverged: {name} is no longer a number after step {point.step:,}",
                received=f"{name}={value}",
                expected="Try a smaller optimizer.learning_rate or optimizer.clipnorm",
            )
