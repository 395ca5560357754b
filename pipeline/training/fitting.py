"""Fits the model of an experiment to its data.

Only this module and its imports can change the bits, so the run key covers their code. Therefore it
imports neither tracking nor listeners.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.config.experiment import ExperimentConfig
from pipeline.data.prepared import Meta, Part, load_part
from pipeline.models import families
from pipeline.models.augmentation import augmented
from pipeline.training import objectives, process
from pipeline.training.engine import Engine
from pipeline.training.engines import build_engine
from pipeline.training.listener import Listener
from pipeline.training.loop import Checkpoints, Interruption, Outcome, Rules, train
from pipeline.training.schedule import Schedule


@dataclass(frozen=True)
class Fit:
    """A training that is ready to run."""

    engine: Engine
    schedule: Schedule
    validation: Part
    rules: Rules

    def run(
        self,
        *,
        listeners: Sequence[Listener],
        checkpoints: Checkpoints | None,
        interruption: Interruption,
    ) -> Outcome:
        """Trains; see `pipeline.training.loop.train`."""
        return train(
            self.engine,
            self.schedule,
            validation=self.validation,
            rules=self.rules,
            listeners=listeners,
            checkpoints=checkpoints,
            interruption=interruption,
        )


def build(config: ExperimentConfig, meta: Meta, data_folder: Path) -> Fit:
    """Builds schedule, network and engine, and pins threads and determinism.

    Raises:
        PipelineError: the settings do not suit the data.
    """
    training = config.training
    process.pin(threads=training.threads)
    schedule = Schedule.of(training, rows=meta.rows["train"], seed=config.seed)
    return Fit(
        engine=_engine(config, meta, load_part(data_folder, "train"), schedule),
        schedule=schedule,
        validation=load_part(data_folder, "validation"),
        rules=Rules(training.early_stopping, training.reduce_on_plateau),
    )


def _engine(config: ExperimentConfig, meta: Meta, train: Part, schedule: Schedule) -> Engine:
    training = config.training
    network = families.build(config.model, meta, seed=config.seed)
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
