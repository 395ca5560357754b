"""One function that runs an experiment: configuration in, finished run out.

Training by hand, by DVC and in sweeps all go through `run`. A run that was killed goes on from its last checkpoint, a
finished one is returned as it is. The test split is never opened here.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.config import resolved
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.tracking import Store
from pipeline.console import log
from pipeline.data.prepared import Meta, load_meta, load_part
from pipeline.errors import PipelineError
from pipeline.layout import PREPARED, mlruns
from pipeline.models import families, serving
from pipeline.models.augmentation import augmented
from pipeline.models.fingerprint import fingerprint
from pipeline.runs import folder as run_folder
from pipeline.runs import identity as lineage
from pipeline.runs import result
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.folder import RunFolder
from pipeline.runs.git import state as git_state
from pipeline.runs.history import Point
from pipeline.runs.result import Result
from pipeline.signals import Interrupted, Interruption
from pipeline.tracking import runs
from pipeline.tracking.tracker import Measurement, OpenRun, Paused, RunFacts, Tracker
from pipeline.training import objectives, process
from pipeline.training.engine import Engine
from pipeline.training.engines import build_engine
from pipeline.training.listeners.keras_callbacks import KerasCallbacks
from pipeline.training.listeners.progress import progress
from pipeline.training.listeners.tensorboard import Summaries, write_summaries
from pipeline.training.loop import Keeping, Listener, Rules, train
from pipeline.training.schedule import Schedule


def run(
    config: ExperimentConfig,
    *,
    prepared: Path = PREPARED,
    output: Path | None = None,
    open_run: OpenRun | None = None,
    interruption: Interruption | None = None,
    callbacks: Sequence[Any] = (),
    tags: Mapping[str, str] | None = None,
    wait: bool = False,
) -> Result:
    """Trains an experiment on its prepared data and records it.

    With `checkpoint.pause_at` it may pause: its record is SCHEDULED then, and the result says what it has reached.

    Args:
        prepared: the folder of prepared data variants.
        output: receives `model.keras`, `history.csv`, `run.json` and `snapshots/`.
        open_run: opens the record; by default in the store that the settings name.
        interruption: the signals of this process; without it they are left to the caller.
        callbacks: `keras.callbacks.Callback` objects; what they remember is not kept by a checkpoint.
        tags: added to the run's record, also where the run is finished already.
        wait: for another process that trains the same run, whose result is taken then.

    Raises:
        PipelineError: data that were prepared with other settings, a model that cannot be built for them, a training
            that diverged, checkpoints that cannot be used, or another process that trains the same run.
        Interrupted: a signal was received; the same call goes on from there.
    """
    data_folder = prepared / config.data.name
    meta = load_meta(data_folder)
    settings = resolved.to_values(config)
    _require_same_data(settings["data"], meta, data_folder)
    identity = lineage.identity(config, meta)
    key = lineage.run_key(identity)
    with _folder(config.tracking.store, key, wait=wait) as folder:
        if config.force:
            folder.clear()
        if folder.finished and runs.has_run(
            config.tracking.store, run_id := result.read(folder.result).run_id
        ):
            folder.end()  # in whose midst a process may have been killed
            runs.add_tags(config.tracking.store, run_id, tags or {})
            log(f"{config.name}: this very run is finished ({run_id}); force=true trains it anew")
            if config.tracking.tensorboard:  # which may be asked for only now
                write_summaries(
                    result.read(folder.result).history, _summaries_folder(config, run_id)
                )
        else:
            facts = RunFacts(
                name=config.name,
                settings=settings,
                tags=lineage.tags(config.name, key, meta, git := git_state()),
                meta=meta,
                data_folder=data_folder,
                patch=git.patch if git else "",
            )
            opened = open_run or runs.open_run(config.tracking.store)
            try:
                _train(
                    config,
                    facts,
                    identity,
                    folder,
                    opened,
                    interruption or Interruption(),
                    callbacks,
                    tags or {},
                )
            except Paused as pause:
                return _paused(config, pause.reached, output)
            except Interrupted:
                log(f"{config.name}: interrupted; the same command goes on from here")
                raise
        found = result.read(folder.result)
        if output is not None:
            result.publish(folder.result, output)
    return found


def _folder(kind: Store, key: str, *, wait: bool) -> AbstractContextManager[RunFolder]:
    """The run's own folder; a run that memory alone records keeps nothing."""
    if kind is Store.memory:
        return run_folder.temporary()
    return run_folder.held(mlruns() / "checkpoints" / key, wait=wait)


def _train(
    config: ExperimentConfig,
    facts: RunFacts,
    identity: dict[str, Any],
    folder: RunFolder,
    open_run: OpenRun,
    interruption: Interruption,
    callbacks: Sequence[Any],
    tags: Mapping[str, str],
) -> None:
    """Trains, from the last checkpoint if there is one, and leaves the result in the run's folder."""
    process.pin(threads=config.training.threads)
    meta, data_folder = facts.meta, facts.data_folder
    schedule = Schedule.of(config.training, rows=meta.rows["train"], seed=config.seed)
    engine = _engine(config, meta, data_folder, schedule)
    latest = folder.latest()
    if latest is not None:
        _require_same_identity(latest.facts["identity"], identity, folder)
        log(f"{config.name}: goes on from step {latest.facts['step']:,} of {schedule.total:,}")
    run_id = latest.facts["run_id"] if latest else None
    with interruption.deferring(), open_run(facts, run_id=run_id, anew=config.force) as tracker:
        for name, value in tags.items():
            tracker.set_tag(name, value)
        bound = {"identity": identity, "run_id": tracker.run_id}

        def save(state: Checkpoint) -> None:
            folder.save(Checkpoint(bound | state.facts, state.arrays))

        heard: list[Listener] = [
            _Recorder(tracker, engine.network, meta, folder),
            progress(config.name, schedule),
        ]
        if config.tracking.tensorboard:
            heard.append(Summaries(_summaries_folder(config, tracker.run_id)))
        if callbacks:
            heard.append(KerasCallbacks(callbacks, engine.network, engine.optimizer, schedule))
        keeping = _keeping(config, folder, schedule, save, latest)
        outcome = train(
            engine,
            schedule,
            validation=load_part(data_folder, "validation"),
            rules=Rules(config.training.early_stopping, config.training.reduce_on_plateau),
            listeners=heard,
            keeping=keeping,
            interruption=interruption,
        )
        interruption.check()
        known = {
            "run_id": tracker.run_id,
            "run_key": facts.tags["run_key"],
            "fingerprint": fingerprint(engine.variables),
        }
        if outcome.paused:
            raise Paused(
                Result(metrics=outcome.kept.metrics, history=outcome.history, paused=True, **known)
            )
        model = serving.serve(engine.network, meta)
        result.write(model, outcome, known, folder=folder, evaluate_at=schedule.evaluate_at)
        interruption.check()
        tracker.set_tag("fingerprint", known["fingerprint"])
        if config.tracking.log_model:
            tracker.log_model(model, meta, step=outcome.kept.step)
        interruption.check()
    folder.end()


def _keeping(
    config: ExperimentConfig,
    folder: RunFolder,
    schedule: Schedule,
    save: Callable[[Checkpoint], None],
    latest: Checkpoint | None,
) -> Keeping | None:
    """Nothing for a run that memory alone records: it neither goes on nor pauses."""
    if not folder.lasting:
        return None
    epoch = config.checkpoint.pause_at
    pause_at = None if epoch is None else epoch * schedule.steps_per_epoch
    return Keeping(save, config.checkpoint.every_seconds, latest, pause_at)


def _paused(config: ExperimentConfig, reached: Result, output: Path | None) -> Result:
    if output is not None:
        raise PipelineError(
            f"{config.name}: a run that paused has no model yet",
            received=f"checkpoint.pause_at={config.checkpoint.pause_at}",
            expected="Let it go on with: checkpoint.pause_at=null",
        )
    log(
        f"{config.name}: paused at epoch {reached.history[-1].epoch:g}; it goes on with another checkpoint.pause_at"
    )
    return reached


def _summaries_folder(config: ExperimentConfig, run_id: str) -> Path:
    return mlruns() / "tensorboard" / config.name / run_id


def _require_same_identity(
    kept: dict[str, Any], current: dict[str, Any], folder: RunFolder
) -> None:
    if (found := lineage.difference(kept, current)) is not None:
        field, before, now = found
        raise PipelineError(
            f"the checkpoint in {folder.path} is of another run: {field} differs",
            received=f"{before} in the checkpoint, {now} now",
            expected="Remove the folder, or train from the beginning with: force=true",
        )


def _require_same_data(expected: dict[str, Any], meta: Meta, folder: Path) -> None:
    changed = [key for key, value in expected.items() if meta.config.get(key) != value]
    if changed:
        raise PipelineError(
            f"{folder} was prepared with other settings than this experiment has: data.{changed[0]}",
            received=f"{expected[changed[0]]}, prepared with {meta.config.get(changed[0])}",
            expected=f"Prepare it anew with: dvc repro prepare@{meta.name}",
        )


def _engine(config: ExperimentConfig, meta: Meta, folder: Path, schedule: Schedule) -> Engine:
    network = families.build(config.model, meta, seed=config.seed)
    train = load_part(folder, "train")
    training = config.training
    loss = objectives.loss_name(training.loss, meta)
    return build_engine(
        training,
        network,
        trained=augmented(network, config.model),
        optimizer=objectives.build_optimizer(config.optimizer, steps=schedule.total),
        loss=objectives.build_loss(
            loss, reduction=training.loss_reduction, label_smoothing=training.label_smoothing
        ),
        metrics=objectives.build_metrics(meta, loss, loss_is_plain=training.loss_is_plain),
        train=replace(train, sample_weight=objectives.class_weights(training, meta, train.y)),
        schedule=schedule,
    )


class _Recorder(Listener):
    """Logs points to the run, and keeps the model as it was at the steps of `evaluate_at`."""

    def __init__(self, tracker: Tracker, network: Any, meta: Meta, folder: RunFolder) -> None:
        self._tracker, self._network, self._meta, self._folder = tracker, network, meta, folder

    def on_begin(self, history: Sequence[Point]) -> None:
        """Logs what a process kept and could not log any more."""
        self.on_commit(history)

    def on_commit(self, points: Sequence[Point]) -> None:
        """Logs metrics, learning rate and time at each point's step."""
        self._tracker.log_metrics(
            [Measurement(point.step, point.timestamp, _measured(point)) for point in points]
        )

    def on_snapshot(self, step: int) -> None:
        """Saves the model with the weights of this step."""
        result.save_model(
            serving.serve(self._network, self._meta), result.snapshot_file(self._folder.path, step)
        )


def _measured(point: Point) -> dict[str, float]:
    return point.metrics | {
        "epoch": point.epoch,
        "seconds": point.seconds,
        "learning_rate": point.learning_rate,
        "examples_per_second": point.examples_per_second,
    }
