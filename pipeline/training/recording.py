"""Trains a run in this process, with its record, checkpoints and listeners."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.config import own_code
from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.evaluation.tables import tables
from pipeline.models import serving
from pipeline.models.fingerprint import fingerprint
from pipeline.models.scores import scores_of
from pipeline.own import copies, features
from pipeline.runs import git, identity
from pipeline.runs import result as run_result
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.folder import RunFolder
from pipeline.runs.history import Point, divergence
from pipeline.runs.lineage import lineage
from pipeline.runs.model_card import ModelCard
from pipeline.runs.result import Result
from pipeline.runs.run import Run
from pipeline.signals import Interrupted, Interruption
from pipeline.tracking.stores import Store
from pipeline.tracking.tracker import Measurement, RunFacts, Tracker
from pipeline.training import fitting, losses
from pipeline.training.fitting import Fit
from pipeline.training.listener import Listener
from pipeline.training.listeners.keras_callbacks import KerasCallbacks
from pipeline.training.listeners.progress import progress
from pipeline.training.listeners.recorder import Recorder
from pipeline.training.listeners.snapshots import Snapshots
from pipeline.training.listeners.tensorboard import Summaries, summaries_folder
from pipeline.training.loop import Checkpoints, TrainingOutcome

VALIDATION = "validation.json"  # the name of a file in the record
RESUMED_AT = "resumed.at"  # a tag


@dataclass(frozen=True, kw_only=True)
class RecordedTraining:
    """The training of one run.

    Args:
        tags: tags to add to the record.
        files: texts that a new record stores, by name.
    """

    run: Run
    store: Store
    folder: RunFolder
    interruption: Interruption
    callbacks: Sequence[Any]
    tags: Mapping[str, str]
    files: Mapping[str, str]

    def train(self) -> Result:
        """Trains from the last checkpoint, or from the start, and writes the result.

        Raises:
            Interrupted: a signal was received, and the state is saved.
        """
        code = copies.contents(own_code.model_code(self.run.config))
        features.import_all(self.run.meta.functions)
        fit = fitting.build(self.run.config, self.run.meta, self.run.data_folder)
        if fit.start:
            log(f"{self.run.name}: {fit.start}")
        latest = self._latest(fit)
        run_id = latest.facts["run_id"] if latest is not None else None
        cpus = self.run.cpus(latest, self.folder.path)
        with (
            nullcontext() if self.callbacks else _resting(fit),  # they may keep the network
            self.interruption.deferring(),
            self.store.open_run(self._facts(), run_id=run_id, new=self.run.config.force) as tracker,
        ):
            for name, value in self.tags.items():
                tracker.set_tag(name, value)
            if latest is not None:
                _add_resumption(tracker, int(latest.facts["step"]))
            if len(cpus) > 1:
                tracker.set_tag("cpu", ", then ".join(cpus))
            outcome = fit.run(
                listeners=self._listeners(fit, tracker),
                checkpoints=self._checkpoints(fit, tracker, latest, cpus),
                interruption=self.interruption,
            )
            self.interruption.check()
            self._say_if_diverged(outcome)
            if outcome.undone:
                log(
                    f"{self.run.name}: warning: a callback changed the weights in on_train_end. "
                    "This was undone, because they were not measured. Change them in on_epoch_end"
                )
            result = Result(
                run_id=tracker.run_id,
                run_key=self.run.key,
                fingerprint=fingerprint(fit.engine.variables),
                metrics=outcome.final.metrics,
                history=outcome.history,
                cpus=cpus,
                paused=outcome.paused,
            )
            if outcome.paused:
                tracker.end("SCHEDULED")
                return result
            self._record(fit, outcome, result, tracker, code)
        self.folder.end()
        return result

    def _latest(self, fit: Fit) -> Checkpoint | None:
        latest = self.folder.latest()
        if latest is not None:
            self.run.require_own(latest, self.folder.path)
            step, schedule = latest.facts["step"], fit.schedule
            epoch = step / schedule.steps_per_epoch
            log(
                f"{self.run.name}: resumes from step {step:,} of {schedule.total:,}, "
                f"epoch {epoch:.4g} of {schedule.epochs:.4g}"
            )
            if any(not callback.exact for callback in self.run.config.training.callbacks):
                log(
                    f"{self.run.name}: warning: a checkpoint may not hold the state of a callback "
                    "with exact: false, so the bits may differ from those of one training"
                )
        return latest

    def _facts(self) -> RunFacts:
        run = self.run
        work_tree = git.state(needed=run.own_paths)
        return RunFacts(
            name=run.name,
            settings=run.settings,
            tags=identity.tags(run.name, run.key, run.meta, work_tree),
            meta=run.meta,
            data_folder=run.data_folder,
            patch=work_tree.patch if work_tree else b"",
            lineage=lineage(run, work_tree),
            files=self.files,
            system_metrics=run.config.tracking.system_metrics,
        )

    def _listeners(self, fit: Fit, tracker: Tracker) -> list[Listener]:
        name, network = self.run.name, fit.engine.network
        listeners: list[Listener] = [
            Recorder(tracker),
            Snapshots(network, self.run.meta, self.folder.path, partial(self._card, tracker)),
            progress(name, fit.schedule),
        ]
        if self.run.config.tracking.tensorboard:
            listeners.append(Summaries(summaries_folder(name, tracker.run_id)))
        if self.callbacks:
            keras = KerasCallbacks(self.callbacks, network, fit.engine.optimizer, fit.schedule)
            listeners.append(keras)
        return listeners

    def _checkpoints(
        self, fit: Fit, tracker: Tracker, latest: Checkpoint | None, cpus: list[str]
    ) -> Checkpoints | None:
        """None for a temporary folder, because its run can neither resume nor pause."""
        if not self.folder.lasting:
            return None
        settings = self.run.config.checkpoint
        owner = {"identity": self.run.identity, "run_id": tracker.run_id, "cpus": cpus}
        return Checkpoints(
            save=lambda state: self.folder.save(Checkpoint(owner | state.facts, state.arrays)),
            every_seconds=settings.every_seconds,
            latest=latest,
            pause_at=settings.pause_at and settings.pause_at * fit.schedule.steps_per_epoch,
            keep=lambda state: self.folder.keep(Checkpoint(owner | state.facts, state.arrays)),
            keep_every=settings.keep_every and settings.keep_every * fit.schedule.steps_per_epoch,
        )

    def _record(
        self,
        fit: Fit,
        outcome: TrainingOutcome,
        result: Result,
        tracker: Tracker,
        code: Mapping[str, bytes],
    ) -> None:
        """Writes the result to the folder, then fingerprint and model to the record."""
        step, snapshots = outcome.final.step, fit.schedule.evaluate_at
        diverged = divergence(outcome.history)
        run_result.write(
            self.folder.result,
            model=serving.serve(fit.engine.network, self.run.meta),
            card=self._card(tracker, step),
            points=outcome.history,
            origin={
                "run_id": result.run_id,
                "run_key": result.run_key,
                "fingerprint": result.fingerprint,
                "settings": self.run.composed,
                "data": self.run.meta.identity,
                "environment": {
                    "versions": self.run.identity["versions"],
                    **self.run.identity["environment"],
                },
                "cpus": result.cpus,
            },
            snapshots={
                point.step: run_result.snapshot_file(self.folder.path, point.step)
                for point in outcome.history
                if point.step in snapshots and point is not diverged
            },
            code=code,
        )
        self.interruption.check()
        tracker.set_tag("fingerprint", result.fingerprint)
        tracker.log_metrics([_figures_of_saved_weights(outcome.final)])
        if diverged is not None:
            tracker.set_tag("diverged", f"after step {diverged.step}")
        tracker.log_json(VALIDATION, self._validation(fit, step))
        if self.run.config.tracking.log_model:
            tracker.log_model(self.folder.result, step=step)
        tracker.write_note()
        self.interruption.check()

    def _say_if_diverged(self, outcome: TrainingOutcome) -> None:
        if (point := divergence(outcome.history)) is not None:
            log(
                f"{self.run.name}: training diverged in epoch {math.ceil(point.epoch)}; "
                f"the model has the weights of epoch {outcome.final.epoch:g}, the best before it"
            )

    def _validation(self, fit: Fit, step: int) -> dict[str, Any]:
        """The tables of the validation split, for the saved weights."""
        run, split = self.run, fit.measuring.splits["validation"]
        scores = scores_of(fit.engine.predict(split), split.y, run.meta)
        gives_probabilities = losses.gives_probabilities(run.config.training, run.meta)
        return {"step": step, **tables(scores, gives_probabilities=gives_probabilities)}

    def _card(self, tracker: Tracker, step: int) -> ModelCard:
        run = self.run
        return ModelCard.of(
            run.meta,
            experiment=run.name,
            run_id=tracker.run_id,
            run_key=run.key,
            step=step,
            gives_probabilities=losses.gives_probabilities(run.config.training, run.meta),
        )


@contextmanager
def _resting(fit: Fit) -> Iterator[None]:
    """Lets a later training use the engine, also if this one diverged or was interrupted."""
    try:
        yield
    except (PipelineError, Interrupted):
        fit.rest()
        raise
    fit.rest()


def _add_resumption(tracker: Tracker, step: int) -> None:
    """Notes the step from which the training resumes, so that a fault can be traced to it."""
    steps = (tracker.tag(RESUMED_AT) or "").split()
    tracker.set_tag(RESUMED_AT, " ".join([*steps, str(step)]))


def _figures_of_saved_weights(point: Point) -> Measurement:
    """The figures of the saved weights, so that a list of runs can be sorted by them."""
    figures = {f"best/{name}": value for name, value in point.metrics.items()}
    return Measurement(point.step, point.timestamp, {"best/step": float(point.step), **figures})
