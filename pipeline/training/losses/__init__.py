"""Losses: one module each, named as in the setting `training.loss`.

A module defines `LOSS`. It imports Keras inside functions only, because `compose` reads `LOSS` and
must start fast.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.config import usual
from pipeline.config.training import LOSSES, Reduction, Training
from pipeline.config.usual import TargetKind
from pipeline.data.prepared import Meta
from pipeline.errors import ConfigError


@dataclass(frozen=True)
class Loss:
    """A loss of the network's raw output, before softmax or sigmoid.

    Args:
        suits: the kind of target that it can learn.
        build: builds the Keras loss from `reduction` and `label_smoothing`. The reduction `none`
            gives one value for each row.
        metric: the metric that measures its plain mean over rows, if there is one.
        smooths_labels: whether `build` supports `label_smoothing` above 0.
        gives_probabilities: whether softmax or sigmoid of the output estimates probabilities.
    """

    suits: TargetKind
    build: Callable[[str, float], Any]
    metric: str | None = None
    smooths_labels: bool = False
    gives_probabilities: bool = True


def name_of(training: Training, meta: Meta) -> str:
    """The loss that the settings name, or the usual one of the data.

    Raises:
        ConfigError: the loss does not suit the data.
    """
    target = _target_of(meta)
    if training.loss is None:
        return usual.LOSS[target]
    if LOSSES.load(training.loss, key="training.loss").LOSS.suits != target:
        names = [name for name, module in LOSSES.all().items() if module.LOSS.suits == target]
        raise ConfigError(
            "training.loss",
            f"does not suit {target}",
            received=training.loss,
            expected=f"Choose {' or '.join(names)}",
        )
    return training.loss


def _target_of(meta: Meta) -> TargetKind:
    if meta.task == "regression":
        return "a number"
    return "several classes" if meta.outputs > 1 else "two classes"


def build(training: Training, meta: Meta) -> Any:
    """Builds the Keras loss of the settings.

    Raises:
        ConfigError: the loss does not suit the data.
    """
    reduction = "sum" if training.loss_reduction is Reduction.sum else "sum_over_batch_size"
    return _loss(training, meta).build(reduction, training.label_smoothing)


def by_row(training: Training, meta: Meta) -> Any:
    """Builds the Keras loss that gives one value for each row, without label smoothing.

    Raises:
        ConfigError: the loss does not suit the data.
    """
    return _loss(training, meta).build("none", 0.0)


def gives_probabilities(training: Training, meta: Meta) -> bool:
    """Whether the outputs of a classifier that the settings train estimate probabilities."""
    return _loss(training, meta).gives_probabilities


def _loss(training: Training, meta: Meta) -> Loss:
    loss: Loss = LOSSES.load(name_of(training, meta), key="training.loss").LOSS
    return loss
