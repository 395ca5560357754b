"""Runs one stretch of a training again: from a kept checkpoint, or from the start."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.config import usual
from pipeline.config.experiment import ExperimentConfig
from pipeline.errors import PipelineError
from pipeline.models.fingerprint import fingerprint
from pipeline.replaying import fault, probes
from pipeline.replaying.messages import Replayed, Request, Values
from pipeline.replaying.moment import Moment
from pipeline.replaying.watching import FaultFound, WatchedEngine
from pipeline.reproducing.differences import figures_of
from pipeline.runs import checkpoint
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.folder import kept_file
from pipeline.runs.history import Point, divergence
from pipeline.runs.run import Run
from pipeline.signals import Interruption
from pipeline.training import fitting, losses
from pipeline.training.fitting import Fit
from pipeline.training.listener import Listener
from pipeline.training.listeners.progress import progress
from pipeline.training.loop import Checkpoints


@dataclass
class Stretch:
    """A stretch of a training.

    Args:
        run: built in this process from the settings and the data of the request.
        start: 0, or the step of a kept checkpoint.
        stop: the training continues to the first evaluation at or after this step.
    """

    request: Request
    run: Run
    start: int
    stop: int
    values: Values = field(default_factory=dict, init=False)
    other_state: list[str] = field(default_factory=list, init=False)

    def replay(self) -> Replayed:
        """Trains the stretch, and looks at it.

        Raises:
            PipelineError: a checkpoint is missing, damaged or of another run, or a metric or a
                probe does not suit the run.
        """
        latest = self._checkpoint(self.start) if self.start else None
        config = _with_metrics(self.run, self.request.metrics)
        fit = fitting.build(config, self.run.meta, self.run.data_folder)
        engine = WatchedEngine(
            fit.engine,
            steps=self.request.steps if self.request.probes else [],
            watch=lambda step: self._watch(Moment(fit.engine, step)),
            find_fault=self.request.find_fault,
        )
        checkpoints = Checkpoints(
            save=lambda _: None,
            every_seconds=float("inf"),
            latest=latest,
            pause_at=self.stop,
            keep=lambda state: self._compare(state, fit),
            keep_every=fit.schedule.steps_per_epoch,
        )
        seen = _Seen()
        description = mark = None
        try:
            outcome = replace(fit, engine=engine).run(
                listeners=[seen, progress(self.run.name, fit.schedule)],
                checkpoints=checkpoints,
                interruption=Interruption(),
            )
        except FaultFound as error:
            description = fault.describe(fit, Moment(fit.engine, error.step))
        except PipelineError:
            if divergence(seen.history) is None:
                raise  # any other error: a diverged training has a history
        else:
            mark = None if outcome.paused else fingerprint(fit.engine.variables)
        return Replayed(
            start=self.start,
            stop=seen.history[-1].step if seen.history else self.start,
            figures=figures_of(seen.history),
            other_state=self.other_state,
            fingerprint=mark,
            values=self.values,
            fault=description,
        )

    def _checkpoint(self, step: int) -> Checkpoint:
        """The kept checkpoint of a step, if it is of this run."""
        path = self._file(step)
        state = checkpoint.read(path)
        self.run.require_own(state, path)
        run_id, kept_step = state.facts["run_id"], state.facts["step"]
        if (run_id, kept_step) != (self.request.run_id, step):
            raise PipelineError(
                f"{path} is the checkpoint of another run or step",
                received=f"step {kept_step} of run {run_id}",
            )
        return state

    def _file(self, step: int) -> Path:
        return kept_file(Path(self.request.kept), step)

    def _watch(self, moment: Moment) -> None:
        for name, layer in self.request.probes:
            value = probes.value_of(moment, name, layer)
            self.values.setdefault(probes.metric_of(name, layer), {})[moment.step] = value

    def _compare(self, state: Checkpoint, fit: Fit) -> None:
        """Compares the state of a step with its kept checkpoint, if it has one."""
        step = int(state.facts["step"])
        if self._file(step).is_file():
            paths = [variable.path for variable in fit.engine.variables]
            differing = _differing(self._checkpoint(step), state, {"engine": paths})
            self.other_state += [f"step {step:,}: {name}" for name in differing]


def _with_metrics(run: Run, more: Sequence[str]) -> ExperimentConfig:
    """The settings of a run with more metrics. Metrics do not change the bits of a training."""
    training, meta = run.config.training, run.meta
    loss = losses.name_of(training, meta)
    usual_ones = usual.measured_metrics(training, run.config.data.task, [loss], meta.several)
    return replace(run.config, training=replace(training, metrics=[*usual_ones, *more]))


def _differing(stored: Checkpoint, now: Checkpoint, names: dict[str, list[str]]) -> Iterator[str]:
    """The arrays that differ in a bit between two states.

    Args:
        names: those of the arrays of a kind, if they are known.
    """
    for kind in sorted(stored.arrays.keys() | now.arrays.keys()):
        before, after = stored.arrays.get(kind, []), now.arrays.get(kind, [])
        if len(before) != len(after):
            yield f"the number of arrays of {kind}"
            continue
        paths = names.get(kind, [])
        for number, (one, two) in enumerate(zip(before, after, strict=True)):
            if one.tobytes() != two.tobytes():
                yield paths[number] if number < len(paths) else f"{kind} {number + 1}"


class _Seen(Listener):
    """The history so far."""

    def __init__(self) -> None:
        self.history: list[Point] = []

    def on_begin(self, history: Sequence[Point]) -> None:
        self.history = list(history)

    def on_point(self, point: Point) -> None:
        self.history.append(point)
