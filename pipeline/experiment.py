"""One function that runs an experiment: configuration in, finished run out.

Training by hand, by DVC and in sweeps all go through `run`. The test split is never opened here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import resolved
from pipeline.config.experiment import ExperimentConfig
from pipeline.data.prepared import PREPARED, Meta, load_meta, load_part
from pipeline.errors import PipelineError
from pipeline.files import replacing, write_json
from pipeline.models import families, serving
from pipeline.models.fingerprint import fingerprint
from pipeline.tracking import lineage, runs
from pipeline.tracking.tracker import OpenRun, RunFacts, Tracker
from pipeline.training import history, objectives, process
from pipeline.training.engine import Engine
from pipeline.training.engines import build_engine
from pipeline.training.history import Point
from pipeline.training.loop import Listener, Outcome, train
from pipeline.training.progress import progress
from pipeline.training.schedule import Schedule


@dataclass(frozen=True)
class Result:
    """A finished run: `metrics` are those of the weights that were kept."""

    run_id: str
    run_key: str
    fingerprint: str
    metrics: dict[str, float]
    outcome: Outcome
    model: Any


def run(
    config: ExperimentConfig, *, prepared: Path = PREPARED, output: Path | None = None, open_run: OpenRun | None = None
) -> Result:
    """Trains an experiment on its prepared data and records it.

    Args:
        prepared: the folder of prepared data variants.
        output: receives `model.keras`, `history.csv`, `run.json` and `snapshots/`; without it the tracking store
            alone holds them.
        open_run: opens the record; by default in the store that the settings name.

    Raises:
        PipelineError: data that were prepared with other settings, a model that cannot be built for them, or a
            training that diverged.
    """
    folder = prepared / config.data.name
    meta = load_meta(folder)
    settings = resolved.to_values(config)
    _require_same_data(settings["data"], meta, folder)
    process.pin(threads=config.training.threads)
    schedule = Schedule.of(config.training, rows=meta.rows["train"], seed=config.seed)
    engine = _engine(config, meta, folder, schedule)
    key = lineage.run_key(settings, meta)
    git = lineage.git_state()
    facts = RunFacts(
        name=config.name,
        settings=settings,
        tags=lineage.tags(config.name, key, meta, git),
        meta=meta,
        data_folder=folder,
        patch=git.patch if git else "",
    )
    with (open_run or runs.open_run(config.tracking.store))(facts) as tracker:
        recorder = _Recorder(tracker, engine.network, meta, output)
        outcome = train(
            engine,
            schedule,
            validation=load_part(folder, "validation"),
            early_stopping=config.training.early_stopping,
            listeners=[recorder, progress(config.name, schedule)],
        )
        result = Result(
            run_id=tracker.run_id,
            run_key=key,
            fingerprint=fingerprint(engine.variables),
            metrics=outcome.kept.metrics,
            outcome=outcome,
            model=serving.serve(engine.network, meta),
        )
        tracker.set_tag("fingerprint", result.fingerprint)
        if config.tracking.log_model:
            tracker.log_model(result.model, meta, step=outcome.kept.step)
        if output is not None:
            publish(result, output, recorder.snapshots)
    return result


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
    loss = objectives.loss_name(config.training.loss, meta)
    return build_engine(
        config.training,
        network,
        optimizer=objectives.build_optimizer(config.optimizer),
        loss=objectives.build_loss(loss),
        metrics=objectives.build_metrics(meta, loss),
        train=load_part(folder, "train"),
        schedule=schedule,
    )


class _Recorder(Listener):
    """Logs points to the run, and keeps the model as it was at the steps of `evaluate_at`."""

    def __init__(self, tracker: Tracker, network: Any, meta: Meta, output: Path | None) -> None:
        self._tracker, self._network, self._meta, self._output = tracker, network, meta, output
        self.snapshots: list[int] = []

    def on_point(self, point: Point) -> None:
        """Logs metrics, learning rate and time at the point's step."""
        facts = {
            "epoch": point.epoch,
            "seconds": point.seconds,
            "learning_rate": point.learning_rate,
            "examples_per_second": point.examples_per_second,
        }
        self._tracker.log_metrics(point.metrics | facts, step=point.step)

    def on_snapshot(self, step: int) -> None:
        """Saves the model with the weights of this step."""
        if self._output is not None:
            _save_model(serving.serve(self._network, self._meta), snapshot_file(self._output, step))
            self.snapshots.append(step)


def snapshot_file(output: Path, step: int) -> Path:
    """Where the model of a step lies."""
    return output / "snapshots" / f"step_{step:06d}.keras"


def publish(result: Result, output: Path, snapshots: Sequence[int]) -> None:
    """Writes what later stages read."""
    _save_model(result.model, output / "model.keras")
    history.write(result.outcome.history, output / "history.csv")
    write_json(output / "snapshots" / "index.json", {"kept": result.outcome.kept.step, "steps": list(snapshots)})
    write_json(output / "run.json", {"run_id": result.run_id, "run_key": result.run_key, "fingerprint": result.fingerprint})


def _save_model(model: Any, path: Path) -> None:
    with replacing(path) as temporary:
        model.save(temporary)
