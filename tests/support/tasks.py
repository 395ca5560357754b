"""Training tasks on toy data, built from settings as an experiment builds them."""

from dataclasses import replace
from typing import Any

from pipeline.config.model import Model
from pipeline.config.optimizer import Optimizer, settings_of
from pipeline.config.training import Precision, Training
from pipeline.data.prepared import Meta, Split
from pipeline.models import families
from pipeline.models.members import with_members
from pipeline.training import losses, optimizers
from pipeline.training.engine import TrainingTask
from pipeline.training.schedule import Schedule


def optimizer_of(family: str, **settings: Any) -> Optimizer:
    """Settings of an optimizer, such as `optimizer_of("adam", beta_1=0.8)`."""
    return settings_of(family)(**settings)


def task_of(
    settings: Model,
    meta: Meta,
    train: Split,
    optimizer: Optimizer,
    schedule: Schedule,
    *,
    loss: str | None = None,
    seed: int = 1,
    precision: Precision = Precision.float32,
) -> TrainingTask:
    """The task of a network with the loss of the settings."""
    training = Training(epochs=1, loss=loss)
    network = families.build(settings, meta, seed=seed, precision=precision.value)
    trained, of_members = with_members(network, losses.build(training, meta))
    return TrainingTask(
        network=network,
        trained=trained,
        optimizer=optimizers.build(
            optimizer, weights=network.trainable_variables, steps=100, precision=precision
        ),
        loss=of_members,
        train=train,
        schedule=schedule,
    )


def with_network(task: TrainingTask, network: Any) -> TrainingTask:
    """The task for another network."""
    return replace(task, network=network, trained=network)
