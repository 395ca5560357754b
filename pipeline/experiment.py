"""Runs an experiment: from its configuration to a finished run.

`train`, `repeat`, sweeps and searches all call `run`. It resumes a killed run from its last
checkpoint. It returns a finished run as it is, even one that came with DVC's outputs. It never
opens the test split.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import environment
from pipeline.config.experiment import ExperimentConfig
from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.layout import PREPARED, mlruns
from pipeline.models import backend
from pipeline.runs import carried
from pipeline.runs import folder as run_folder
from pipeline.runs import result as run_result
from pipeline.runs.folder import RunFolder
from pipeline.runs.result import Result
from pipeline.runs.run import Run
from pipeline.signals import Interrupted, Interruption
from pipeline.tracking import stores
from pipeline.tracking.stores import Store
from pipeline.tracking.tracker import RunFacts, Tracker
from pipeline.training import memory

if TYPE_CHECKING:
    from pipeline.training.recording import RecordedTraining


def run(
    config: ExperimentConfig,
    *,
    prepared: Path = PREPARED,
    output: Path | None = None,
    store: Store | None = None,
    interruption: Interruption | None = None,
    callbacks: Sequence[Any] = (),
    run_name: str = "",
    tags: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    wait: bool = False,
) -> Result:
    """Trains an experiment on its prepared data and records the run.

    A run pauses after the epoch `checkpoint.pause_at`. Its record is then SCHEDULED.

    Args:
        prepared: the folder of prepared data variants.
        output: receives `model.keras`, `history.csv`, `run.json` and `snapshots/`.
        store: records the run; by default the one that `tracking.store` names.
        interruption: the signals of this process; by default the caller handles them.
        callbacks: `keras.callbacks.Callback` objects. Checkpoints do not hold their state.
        run_name: the name of a new record, if it is not that of the experiment.
        tags: added to the record, even if the run is already finished.
        files: texts by name that a new record stores, such as the notebook that trains.
        wait: waits for another process that trains the same run, and returns its result.

    Raises:
        PipelineError: the settings, data or checkpoints are invalid, the training diverged, or
            another process trains the same run.
        Interrupted: a signal was received. The same call resumes the run.
    """
    store = store or stores.load(config.tracking.store)
    this = Run.of(config, prepared / config.data.name)
    with _folder(this, store, wait=wait) as folder:
        if config.force:
            folder.clear()
        elif folder.lasting and folder.is_new:
            carried.restore_result(this.key, folder.result)
        result = _finished(this, store, folder, tags or {})
        if result is None:
            memory.require_enough(config, this.meta)
            # Everything above takes a second, TensorFlow takes many.
            backend.load()
            from pipeline.training.recording import RecordedTraining

            training = RecordedTraining(
                run=this,
                store=store,
                folder=folder,
                interruption=interruption or Interruption(),
                callbacks=callbacks,
                tags={**({"mlflow.runName": run_name} if run_name else {}), **(tags or {})},
                files=files or {},
            )
            result = _train(training)
        if output is not None:
            _publish(this, result, folder, output)
    return result


def _folder(run: Run, store: Store, *, wait: bool) -> AbstractContextManager[RunFolder]:
    """The folder of a run; a temporary one if the store keeps no records."""
    if not store.lasting:
        return run_folder.temporary()
    return run_folder.held(mlruns() / "checkpoints" / run.key, wait=wait)


def _finished(run: Run, store: Store, folder: RunFolder, tags: Mapping[str, str]) -> Result | None:
    """Returns the result if the run is finished and the store still has its record."""
    result = _undamaged(run, folder) if folder.finished else None
    if result is None:
        return None
    step = run_result.saved_step(folder.result) if run.config.tracking.log_model else None
    is_complete = store.is_complete(result.run_id, model_step=step)
    if not is_complete and store.missing([result.run_id]):
        log(
            f"{run.name}: this run is finished, but the tracking store does not have its record "
            f"({result.run_id}), so it is trained again"
        )
        return None
    folder.end()  # an earlier process may have been killed during this cleanup
    if tags or not is_complete:
        tracker = store.attach(result.run_id)
        for name, value in tags.items():
            tracker.set_tag(name, value)
        _complete(run, folder, tracker)
    if run.config.tracking.tensorboard:  # the training may not have written it
        _write_summaries(run, result)
    log(
        f"{run.name}: this run is already finished ({result.run_id}); "
        "to train it from scratch: force=true"
    )
    if run.config.checkpoint.keep_every and not run_folder.kept_steps(folder.path):
        log(f"{run.name}: it kept no checkpoints; checkpoint.keep_every needs force=true")
    if result.cpus != [str(environment.cpu())]:
        log(f"{run.name}: it was trained on another kind of CPU: {', then '.join(result.cpus)}")
    return result


def _undamaged(run: Run, folder: RunFolder) -> Result | None:
    """The finished result. Removes a damaged one and returns None."""
    try:
        result = run_result.read(folder.result)
        if result.run_key != run.key:
            raise PipelineError(f"{folder.result} is of another run", received=result.run_id)
    except PipelineError as error:
        log(f"{run.name}: warning: the finished result is damaged, so it is trained again. {error}")
        folder.clear()
        return None
    return result


def _write_summaries(run: Run, result: Result) -> None:
    backend.load()
    from pipeline.training.listeners import tensorboard

    folder = tensorboard.summaries_folder(run.name, result.run_id)
    tensorboard.write_summaries(result.history, folder)


def _complete(run: Run, folder: RunFolder, tracker: Tracker) -> None:
    """Logs the settings and the model again if someone deleted their files from the record."""
    tracker.log_facts(RunFacts(run.name, run.settings, {}, run.meta, run.data_folder))
    step = run_result.saved_step(folder.result)
    if run.config.tracking.log_model and not tracker.has_model(step):
        tracker.log_model(folder.result, step=step)
        log(f"{run.name}: the record had no files of the model; it is logged again")


def _train(training: "RecordedTraining") -> Result:
    name = training.run.name
    try:
        result = training.train()
    except Interrupted:
        log(f"{name}: interrupted; the same command resumes it")
        raise
    if result.paused:
        epoch = result.history[-1].epoch
        log(f"{name}: paused after epoch {epoch:g}; another checkpoint.pause_at resumes it")
    return result


def _publish(run: Run, result: Result, folder: RunFolder, output: Path) -> None:
    if result.paused:
        raise PipelineError(
            f"{run.name}: a paused run has no model yet",
            received=f"checkpoint.pause_at={run.config.checkpoint.pause_at}",
            expected="Resume it with: checkpoint.pause_at=null",
        )
    run_result.publish(folder.result, output)
