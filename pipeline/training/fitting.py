"""Fits the model of an experiment to its data.

Only this module and its imports can change the result, so the run key covers their code. Therefore
it imports neither tracking nor listeners.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.config.experiment import ExperimentConfig
from pipeline.data.prepared import Meta, Split, load_split
from pipeline.models import families
from pipeline.models.augmentation import augmented
from pipeline.models.members import with_members
from pipeline.training import (
    callbacks,
    engines,
    losses,
    measuring,
    optimizers,
    process,
    warm_start,
)
from pipeline.training.callbacks import OwnCallbacks
from pipeline.training.class_weights import class_weights, row_weights
from pipeline.training.engine import Engine, TrainingTask
from pipeline.training.listener import Listener
from pipeline.training.loop import Checkpoints, Rules, StopRequest, TrainingOutcome, train
from pipeline.training.measuring import Measuring
from pipeline.training.program import program_of
from pipeline.training.schedule import Schedule


@dataclass(frozen=True)
class Fit:
    """A training that is ready to run.

    Args:
        start: where the weights come from, if the settings name a source.
    """

    engine: Engine
    schedule: Schedule
    measuring: Measuring
    rules: Rules
    callbacks: OwnCallbacks | None
    start: str = ""

    def run(
        self,
        *,
        listeners: Sequence[Listener],
        checkpoints: Checkpoints | None,
        interruption: StopRequest,
    ) -> TrainingOutcome:
        """Trains; see `pipeline.training.loop.train`."""
        return train(
            self.engine,
            self.schedule,
            measuring=self.measuring,
            rules=self.rules,
            listeners=listeners,
            callbacks=self.callbacks,
            checkpoints=checkpoints,
            interruption=interruption,
        )

    def rest(self) -> None:
        """Says that nothing uses the network any more; see `Engine.rest`."""
        self.engine.rest()


def build(config: ExperimentConfig, meta: Meta, data_folder: Path) -> Fit:
    """Builds schedule, network and engine, and pins threads and determinism.

    Raises:
        PipelineError: the settings do not suit the data.
    """
    config = config.settled(**meta.sizes)
    training = config.training
    process.pin(threads=training.threads)
    schedule = Schedule.of(training, rows=meta.rows["train"], seed=config.seed)
    train_rows, validation = load_split(data_folder, "train"), load_split(data_folder, "validation")
    network = families.build(
        config.model, meta, seed=config.seed, precision=training.precision.value
    )
    source = config.model.weights_from
    start = "" if source is None else warm_start.start(network, source)
    engine = _engine(config, meta, train_rows, schedule, network)
    own = None
    if training.callbacks:
        own = callbacks.build(training, engine.network, engine.optimizer, schedule)
    return Fit(
        engine=engine,
        schedule=schedule,
        measuring=measuring.build(training, meta, train=train_rows, validation=validation),
        rules=Rules(training.early_stopping, training.reduce_on_plateau),
        callbacks=own,
        start=start,
    )


def _engine(
    config: ExperimentConfig, meta: Meta, train: Split, schedule: Schedule, network: Any
) -> Engine:
    training = config.training
    trained, loss = with_members(network, losses.build(training, meta))
    weights = class_weights(training, meta, train.y)
    task = TrainingTask(
        network=network,
        trained=augmented(trained, config.model, meta),
        optimizer=optimizers.build(
            config.optimizer,
            weights=network.trainable_variables,
            steps=schedule.total,
            precision=training.precision,
        ),
        loss=loss,
        train=replace(train, sample_weight=row_weights(train, weights)),
        schedule=schedule,
    )
    program = program_of(config, meta, task)
    return engines.build(replace(task, program=program), training)
